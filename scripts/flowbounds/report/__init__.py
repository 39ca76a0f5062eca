"""What readers open: the page of all results, its summary in Markdown, the README's table.

Nothing here computes a result: it arranges verdicts, figures, captions, code and times that lie in
files. Nothing here imports torch.
"""

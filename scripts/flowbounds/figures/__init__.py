"""One module a figure, named as its rule, its caption and its output.

Each has a function ``draw(**inputs)`` that takes what its rule names (a table as a DataFrame, an
archive as a dict of arrays, several files as a list of these) and returns the figure and a table
of the very numbers drawn. Nothing here imports torch.
"""

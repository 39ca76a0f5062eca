"""Claims of the papers, each judged by one small function from the tables.

A claim function takes the tables it needs and returns a `flowbounds.claims.judging.Verdict`. Its
docstring says the claim in our words, what would refute it, and why this quantity measures it.
"""

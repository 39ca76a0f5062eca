"""Numerics of flowbounds: a plain library, importable and testable alone.

It knows nothing of Snakemake. Symbols are the papers' (see the README): width ``m``, step size
``eta``, ambient dimension ``d``, sample size ``n``, gradient-descent iteration ``t``, flow time
``tau``. "Paper A" is He, Yin, Cao, Fan, Liu, arXiv 2606.10089.
"""

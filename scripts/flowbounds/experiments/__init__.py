"""Experiments: a module each, from settings to tables.

A module ``NAME`` stands for the section ``NAME`` of the configuration. Its docstring says what is
measured, and it has

- ``TABLES``: what it returns, a tuple of columns (:mod:`flowbounds.experiments.columns`) by table;
- ``INPUTS``: files that it reads, by the names that the rules know (``()`` for none);
- ``cells(config)``: what is one job, as mappings of a few keys;
- ``settings(config, cell)``: what the numbers of a cell depend on, and nothing else;
- ``cost(settings, cell)``: operations and memory of that job;
- ``measure(job, **inputs)``: the tables of a cell, from its settings; an archive of arrays where
  ``ARCHIVES`` names one;
- ``check(config)``, where there is anything to check that the schema cannot say;
- ``depends(config)``, where the tables depend on other sections than its own.

Snakemake reads all but ``measure`` as it plans, so what computes is imported there, not at the top.
The experiments ``simulation`` and ``images`` are measured along the chain that the rules spell out
(data, train, sample); the others have one stage, ``scripts/measure.py``.
"""

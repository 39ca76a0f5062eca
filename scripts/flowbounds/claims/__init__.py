"""Claims of the papers, each judged from the tables.

A claim is a function from tables to evidence (:mod:`flowbounds.claims.evidence`) with a
declaration (:func:`flowbounds.claims.claim.claim`) of what is said, by whom, what it allows and how
its control is made. Its docstring says why this quantity measures the claim and what refutes it.
One rule judges all (:mod:`flowbounds.claims.judging`); how often it errs is simulated
(:mod:`flowbounds.claims.calibration`).
"""

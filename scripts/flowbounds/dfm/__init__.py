"""Diffusion flow matching (paper B): couplings, exact laws, bounds, learned drifts.

Time t runs from 0 (base mu) to 1 (target nu*), the reference process is sqrt(2) times a Brownian
motion, and everything exact is NumPy in double precision. Points are rows: arrays of shape (n, d).
"""

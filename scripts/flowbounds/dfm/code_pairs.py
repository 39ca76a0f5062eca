"""Couplings of a base with image codes, as samples that a drift is trained and tested on."""

from collections.abc import Callable

import numpy as np

from flowbounds.dfm.paths import optimal_transport_pairs

Stream = Callable[[str], np.random.Generator]
"""A random stream by its role."""


def starting_points(coupling: str, x1: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one starting point a code from the base of a coupling, shape (n, d).

    Args:
        coupling: ``independent`` and ``optimal_transport`` have the base N(0, I); ``conditional``
            is paper A's, x0 | x1 ~ N(x1, I), whose base is the law of the codes convolved with
            N(0, I).
        x1: codes, shape (n, d); they matter to the conditional coupling only.
        rng: where the noise comes from, the same for all three.
    """
    z = rng.standard_normal(x1.shape)
    return x1 + z if coupling == "conditional" else z


def pairs(
    coupling: str, codes: np.ndarray, n: int, stream: Stream, part: str
) -> tuple[np.ndarray, np.ndarray]:
    """Draw n pairs (x0, x1) of a coupling, x1 being codes drawn without replacement.

    The optimal-transport coupling is that of these n codes with n draws of the base: a coupling of
    samples, which in many dimensions is far from that of the laws.

    Returns:
        Two arrays of shape (n, d).
    """
    x1 = stream(f"{part} x1").choice(codes, n, replace=False)
    x0 = starting_points(coupling, x1, stream(f"{part} x0"))
    if coupling == "optimal_transport":
        x1 = x1[optimal_transport_pairs(x0, x1)]
    return x0, x1


COUPLINGS = ("independent", "conditional", "optimal_transport")

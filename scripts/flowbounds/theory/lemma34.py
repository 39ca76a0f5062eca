"""The bound of Lemma 3.4 of paper A."""

import numpy as np

DELTA = 0.05
"""The bound is to hold with probability 1 - DELTA over the sample."""


def deviation_bound(complexity, sigma, n: int):
    """Return 2 rho R + sigma sqrt(2 log(1/delta) / n), for a loss of Lipschitz constant rho = 1.

    Args:
        complexity: R, the Rademacher complexity of the class; a number or an array.
        sigma: sub-Gaussian constant of the loss, likewise.
        n: sample size.
    """
    return 2 * complexity + sigma * np.sqrt(2 * np.log(1 / DELTA) / n)

"""The largest of many Gaussian vectors: the logarithm in paper A's Lemma A.2."""

from functools import cache

import numpy as np


@cache
def expected_largest_norm(m: int, dimension: int) -> float:
    """Return E max_r |g_r| of m independent standard Gaussian vectors of R^dimension.

    It grows as sqrt(2 log m); for the expectation of a maximum, E max = int_0^inf 1 - F(x)^m dx.
    """
    from scipy.integrate import quad  # slow to import, for what figures of other claims need not
    from scipy.special import gammainc, gammainccinv

    def missed(x: float) -> float:
        with np.errstate(divide="ignore"):  # at x = 0
            return -np.expm1(m * np.log(gammainc(dimension / 2, x**2 / 2)))

    middle = np.sqrt(2 * gammainccinv(dimension / 2, 1 / m) if m > 1 else dimension)
    below, _ = quad(missed, 0, middle, limit=200)
    above, _ = quad(missed, middle, middle + 20, limit=200)
    return float(below + above)

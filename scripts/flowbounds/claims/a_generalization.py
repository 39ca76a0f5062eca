"""Claims of Theorem 3.3 and Lemma 3.4: what training data say of fresh data.

All are judged on the kernel limit (m = inf), where the theorem's conditions on the width and on the
number of iterations hold by construction, and on the paper's own law of flow times, tau_min = 0.
"""

import numpy as np
import pandas as pd

from flowbounds.claims.judging import Estimate, Verdict, bootstrap, conclude, cube, exponents

# An exponent this close to 0 means growth by at most a third over a hundredfold range of n; a
# sequence that is bounded, but still rises to its bound, may show that much.
FLAT = 0.0625


def kernel_limit(table: pd.DataFrame, tau_min: float = 0.0) -> pd.DataFrame:
    """Return the rows of the kernel limit for one law of flow times."""
    return table[np.isinf(table["m"]) & np.isclose(table["tau_min"], tau_min)]


def mean_exponent(table: pd.DataFrame, quantity: str, against: str, cell: str) -> Estimate:
    """Return the exponent of a quantity, averaged over cells."""
    values, fit = exponents(table, quantity, against, cell)
    return bootstrap(values, lambda drawn: fit(drawn).mean())


def lemma_34_bound(generalization: pd.DataFrame) -> Verdict:
    """Uniform deviation is at most 2 rho R + sigma sqrt(2 log(1 / delta) / n) (Lemma 3.4).

    Refuted by a member of the class whose error on fresh points exceeds that on training points by
    more than the bound, in the mean over the seeds. The quantity is the largest ratio of deviation
    to bound over all cells: the deviation is the widest that a search of the class found, a lower
    estimate of the supremum, and sigma is taken as small as it can be.
    """
    limit = generalization[np.isinf(generalization["m"])]
    sides = [cube(limit, side, "d", "n", "tau_min") for side in ("deviation", "deviation_bound")]

    def worst_ratio(values: np.ndarray) -> float:
        deviation, bound = values.mean(axis=-1)
        return (deviation / bound).max()

    return conclude(
        bootstrap(np.stack(sides), worst_ratio),
        high=1,
        claim="lemma 3.4: uniform deviation",
        statement="the uniform deviation of the linearised class is at most "
        "2 rho R + sigma sqrt(2 log(1/delta)/n)",
        figure="a_lemma34_rademacher",
        quantity="largest ratio of measured deviation to bound over (d, n, tau_min)",
        expected="at most 1",
    )


def theorem_33_rate_in_n(generalization: pd.DataFrame) -> Verdict:
    """The test error falls like sqrt(log(n) / n) at fixed d, or faster (Theorem 3.3).

    Refuted by a slower fall. The quantity is the exponent of E|f - v|_2 / sqrt(log n) in n, fitted
    per dimension to the means over the seeds and averaged: dividing by the logarithm leaves the
    power that the theorem names, -1/2.
    """
    limit = kernel_limit(generalization)
    limit = limit.assign(rate=limit["test_error"] / np.sqrt(np.log(limit["n"])))
    return conclude(
        mean_exponent(limit, "rate", against="n", cell="d"),
        high=-0.5,
        claim="theorem 3.3: rate in n",
        statement="the test error of the trained network is at most C sqrt((d/n) log n): "
        "its exponent in n",
        figure="a_thm33_generalization",
        quantity="exponent of E|f - v| / sqrt(log n) in n, kernel limit, tau_min = 0, mean over d",
        expected="at most -1/2",
    )


def theorem_33_rate_in_d(generalization: pd.DataFrame) -> Verdict:
    """The test error grows like sqrt(d) at fixed n, or slower (Theorem 3.3).

    Refuted by a faster growth. The quantity is the exponent of E|f - v|_2 in d, fitted per sample
    size to the means over the seeds and averaged. The error of f = 0, E|v|_2, itself grows almost
    like sqrt(d), so an exponent above 1/2 says that the task gets harder than its scale does.
    """
    return conclude(
        mean_exponent(kernel_limit(generalization), "test_error", against="d", cell="n"),
        high=0.5,
        claim="theorem 3.3: rate in d",
        statement="the test error of the trained network is at most C sqrt((d/n) log n): "
        "its exponent in d",
        figure="a_thm33_generalization",
        quantity="exponent of E|f - v| in d, kernel limit, tau_min = 0, mean over n",
        expected="at most 1/2",
    )


def theorem_33_complexity_bounded(generalization: pd.DataFrame) -> Verdict:
    """sqrt(V' H_inf^{-1} V) is O(B0), whatever n (the step from the theorem's bound to its rate).

    Refuted by growth with n. The quantity is the exponent of the complexity in n, fitted per
    dimension to the means over the seeds and averaged: a bounded sequence has exponent 0 in the
    long run, and FLAT allows for one that is still rising to its bound.
    """
    return conclude(
        mean_exponent(kernel_limit(generalization), "complexity", against="n", cell="d"),
        high=FLAT,
        claim="theorem 3.3: bounded complexity",
        statement="the complexity sqrt(V' H^{-1} V) stays bounded as n grows",
        figure="a_thm33_generalization",
        quantity="exponent of sqrt(V' H^{-1} V) in n, tau_min = 0, mean over d",
        expected=f"0 (at most {FLAT:g})",
    )


CLAIMS = [
    lemma_34_bound,
    theorem_33_rate_in_n,
    theorem_33_rate_in_d,
    theorem_33_complexity_bounded,
]

"""Claims of Theorem 3.5 and Lemma C.1: from a small error to a small distance."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from flowbounds.claims.judging import Estimate, Verdict, bootstrap, conclude, cube, exponents


def slowest_fall(
    sampling: pd.DataFrame, against: str, other: str, promised: Callable[[np.ndarray], np.ndarray]
) -> Estimate:
    """Return the exponent of exact W1 above its floor less the promised one, where it is largest.

    The excess, w1_exact - w1_floor, is averaged over the seeds before its logarithm is taken. A
    cell (d, m, other) in which it is not positive has reached its floor: it has no exponent, and
    the largest is taken over the others.

    Args:
        sampling: the table of the experiment.
        against: the column that the exponent is in.
        other: the column that makes a cell, with d and m.
        promised: the exponent that the theorem promises, as a function of d.
    """
    excess = sampling.assign(excess=sampling["w1_exact"] - sampling["w1_floor"])
    values, fit = exponents(excess, "excess", against, "d", "m", other)
    promise = promised(np.sort(sampling["d"].unique()))[:, None, None]

    def largest(drawn: np.ndarray) -> float:
        if np.isnan(drawn).any():  # a network that diverged is not left out in silence
            return np.nan
        return np.fmax.reduce(fit(drawn) - promise, axis=None)

    return bootstrap(values, largest)


def theorem_35_rate_in_n(sampling: pd.DataFrame) -> Verdict:
    """W1(P1, generated) falls in n at least like n^{-1/(2(d+2))} (Theorem 3.5).

    Refuted by a slower fall. The quantity is the exponent in n of exact W1 less its floor, plus
    1/(2(d+2)), in the cell (d, m, B1) where it is largest: the theorem speaks of all. The floor,
    two fresh samples of the same sizes, is taken off because W1 between samples does not vanish
    when the laws are equal; all generated samples have one size, so that the floor does not move
    with n. Of the two exponents that the paper prints this is the slower: what fails it fails
    1/(d+2) as well. The networks are as wide and as long trained as the configuration says, less
    than the theorem asks for; the figure shows beside them where an exact regression ends, the law
    of E[x1 | x0], which does not depend on n.
    """
    return conclude(
        slowest_fall(sampling, "n", "b1", lambda d: -1 / (2 * (d + 2))),
        high=0,
        claim="theorem 3.5: rate in n",
        statement="W1 between data and generated samples is at most "
        "C(d) (log(n)/n)^{1/(2(d+2))} B1^{-(d+1)/(d+2)}: its exponent in n",
        figure="a_thm35_sampling",
        quantity="exponent of (W1 - floor) in n plus 1/(2(d+2)), largest over (d, m, B1)",
        expected="at most 0",
    )


def theorem_35_rate_in_b1(sampling: pd.DataFrame) -> Verdict:
    """W1(P1, generated) falls in B1 at least like B1^{-(d+1)/(d+2)} (Theorem 3.5).

    Refuted by a slower fall, or by growth. The quantity is the exponent in B1 of exact W1 less its
    floor, plus (d+1)/(d+2), in the cell (d, m, n) where it is largest. It needs two values of B1.
    """
    return conclude(
        slowest_fall(sampling, "b1", "n", lambda d: -(d + 1) / (d + 2)),
        high=0,
        claim="theorem 3.5: rate in B1",
        statement="W1 between data and generated samples is at most "
        "C(d) (log(n)/n)^{1/(2(d+2))} B1^{-(d+1)/(d+2)}: its exponent in B1",
        figure="a_thm35_sampling",
        quantity="exponent of (W1 - floor) in B1 plus (d+1)/(d+2), largest over (d, m, n)",
        expected="at most 0",
    )


def lemma_c1_inequality(sup_norm: pd.DataFrame) -> Verdict:
    """A Lipschitz error with a small mean has a small supremum (Lemma C.1, with D = d + 1).

    Refuted by a supremum above the bound. The quantity is the largest ratio of the two sides over
    all cells. The right side takes the largest derivative that was seen for L, which is at most the
    Lipschitz constant: an inequality that holds with it holds with L.
    """
    ratio = sup_norm.assign(ratio=sup_norm["sup_error"] / sup_norm["bound_low"])
    return conclude(
        bootstrap(cube(ratio, "ratio", "d", "n", "tau_min"), np.max),
        high=1,
        claim="lemma C.1: sup norm",
        statement="a Lipschitz error with a small mean has a small supremum: "
        "sup|f| <= (2^{D+1} L^D E|f| / (beta p_min))^{1/(D+1)}",
        figure="a_lemmaC1_sup_norm",
        quantity="largest ratio of sup|f - v| to the bound over (d, n, tau_min)",
        expected="at most 1",
    )


CLAIMS = [theorem_35_rate_in_n, theorem_35_rate_in_b1, lemma_c1_inequality]

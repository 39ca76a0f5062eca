"""Claims of Theorem 3.5 and Lemma C.1: from a small error to a small distance.

W1 between samples does not vanish when the laws are equal. What two samples of either law have
among themselves is taken off, the mean of both, so that the rest has mean 0 where the laws are
equal. Of single seeds it may be negative, so that no logarithm is taken of it.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from flowbounds.claims.claim import BOUND, RATE, claim
from flowbounds.claims.controls import altered, scaled
from flowbounds.claims.evidence import Evidence, array, nothing, ratios
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import EXCESS_MARGIN, WHY_EXCESS

CELL = ("d", "n", "m", "b1")
Factor = Callable[[np.ndarray, float, float], np.ndarray]


def outside_theorem_35(sampling: pd.DataFrame) -> str:
    """Say how far the best network is from Theorem 3.2's width, on which Theorem 3.5 rests."""
    asked = sampling["n"].astype(float) ** 5
    best = (sampling["m"] / asked).idxmax()
    row = sampling.loc[best]
    return (
        f"m = {row['m']:g} at n = {row['n']:g}; theorem 3.2, on which it rests, asks for n^5 = "
        f"{asked[best]:.2g} and more"
        if row["m"] < asked[best]
        else ""
    )


def excess_over_promise(
    sampling: pd.DataFrame, along: str, promised: Factor, cell: Sequence[str] = CELL
) -> Evidence:
    """Judge debiased W1, less the promised part of what it is at the least value of a grid.

    A test is a cell and a value of ``along`` above the least; the unit is the floor, W1 of two
    fresh samples, as a mean over the two cells that it compares.

    Args:
        promised: factor of the bound from one value of ``along`` to another, for each d.
        cell: the columns that name a row but for its seed; d is one.
    """
    cell = [column for column in cell if column != along]
    distance, names, values = array(sampling, "w1_debiased", cell, along)
    floor, _, _ = array(sampling, "w1_floor", cell, along)
    if len(values) < 2:
        return nothing(f"{along} takes one value only")
    d = sampling[cell].drop_duplicates().sort_values(cell)["d"].to_numpy()
    tests, raw, weights = [], [], []
    for k in range(1, len(values)):
        both = [0, k]
        unit = floor[:, both].mean(axis=(1, 2))[:, None, None]
        raw.append(distance[:, both] / unit)
        factor = promised(d, values[0], values[k])
        weights.append(np.stack([-factor, np.ones_like(factor)], axis=1))
        tests += [f"{name}, {along} = {values[0]:g} to {values[k]:g}" for name in names]
    return Evidence(tests, np.concatenate(raw), np.concatenate(weights))


def promised_in_n(d: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the factor of Theorem 3.5's bound from one n to another, by its slower exponent."""
    return (np.log(high) / high / (np.log(low) / low)) ** (1 / (2 * (d + 2)))


def _theorem_35(of: str) -> dict:
    return {
        "paper": "A",
        "kind": RATE,
        "source": "paper A, v1, Theorem 3.5",
        "figure": "a_thm35_sampling",
        "quantity": f"debiased W1, minus the promised part of it at the least {of}, in units of "
        "the floor, W1 of two fresh samples",
        "allowed": Region(high=0.0, margin=EXCESS_MARGIN),
        "why_margin": WHY_EXCESS,
        "conditions": outside_theorem_35,
        "decided": "after a fall of W1 less its floor with n and its growth with B1 had been seen",
    }


def _flat(along: str):
    """Return a control in which distances stay above ten floors."""

    def alter(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(w1_debiased=rows["w1_debiased"] + 10 * rows["w1_floor"])

    return altered("sampling", f"w1_debiased and ten floors, whatever {along}", alter)


@claim(
    name="theorem 3.5: rate in n",
    statement="W1 between data and generated samples is at most "
    "C(d) (log(n/delta)/n)^{1/(2(d+2))} B1^{-(d+1)/(d+2)}: its fall with n",
    control=_flat("n"),
    **_theorem_35("n"),
)
def theorem_35_rate_in_n(sampling: pd.DataFrame) -> Evidence:
    """At fixed (d, m, B1), W1 at n is to be at most the bound's factor times W1 at the least n.

    Refuted by an n at which more is left. Of the two exponents that the paper prints 1/(2(d+2)) is
    the slower: what fails it fails 1/(d+2) as well. log n in place of log(n/delta) is to the
    theorem's advantage. That C(d) fits the least n exactly is assumed: a bound that is loose there
    could hold with a slower fall, but not for ever.
    """
    return excess_over_promise(sampling, "n", promised_in_n)


@claim(
    name="theorem 3.5: rate in B1",
    statement="W1 between data and generated samples is at most "
    "C(d) (log(n/delta)/n)^{1/(2(d+2))} B1^{-(d+1)/(d+2)}: its fall with B1. By logic alone it "
    "cannot hold as printed: at fixed P1 and n the bound tends to 0 as B1, any bound of the "
    "support, grows, unless C(d) hides B1",
    control=_flat("B1"),
    **_theorem_35("B1"),
)
def theorem_35_rate_in_b1(sampling: pd.DataFrame) -> Evidence:
    """At fixed (d, m, n), W1 at B1 is to be at most the bound's factor times W1 at the least B1.

    Refuted by a B1 at which more is left. Here the support grows with B1, which is when a bound
    could be expected to grow as well.
    """

    def promised(d: np.ndarray, low: float, high: float) -> np.ndarray:
        return (high / low) ** (-(d + 1) / (d + 2))

    return excess_over_promise(sampling, "b1", promised)


@claim(
    name="lemma C.1: sup norm",
    paper="A",
    kind=BOUND,
    source="paper A, v1, Lemma C.1, with D = d + 1",
    statement="a Lipschitz error with a small mean has a small supremum: "
    "sup|f| <= (2^{D+1} L^D E|f| / (beta p_min))^{1/(D+1)}",
    figure="a_lemmaC1_sup_norm",
    quantity="sup|f - v| over the bound with the largest slope that was seen for L",
    allowed=Region(high=1.0),
    why_margin="none: the bound is explicit",
    control=scaled("sup_norm", "sup_error", 100),
)
def lemma_c1_inequality(sup_norm: pd.DataFrame) -> Evidence:
    """Every (d, n, tau_min) is a test; refuted by a supremum above the bound.

    L is at least the largest slope that was seen: what holds with that holds with L. The supremum
    is the largest of many points.
    """
    return ratios(sup_norm, "sup_error", "bound_low", ["d", "n", "tau_min"])

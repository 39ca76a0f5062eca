"""Claims of paper B and its follow-up on exact laws: Theorems 2 and 3.

The bounds hold for all targets at once, so each claim is judged on the worst cell of its grid: what
is measured is that cell's number, and its interval is numerical error alone, for nothing is random.
An exponent is that between two neighbouring values of the grid; at the quick scale, too, it is as
exact as the tables are.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from flowbounds.claims.judging import Estimate, Verdict, conclude, exact

# Relative errors of the tables' columns: tests/test_dfm_quadrature.py and test_dfm_exact.py.
RELATIVE_ERROR = {"kl_marginal": 1e-7, "kl_path": 5e-4}

# Targets without a score in L^8: Theorem 2 says nothing of them, Theorem 3 was made for them.
WITHOUT_SCORE = ["two_points", "uniform"]

# How far from 1 the exponent of the path KL may still be at the smallest step of the grid.
FIRST_ORDER = 0.1


def exponents(x: pd.Series, y: pd.Series) -> np.ndarray:
    """Return the log-log slopes of y between neighbouring x, in increasing x."""
    order = np.argsort(x.to_numpy())
    x, y = np.log(x.to_numpy(float)[order]), np.log(y.to_numpy(float)[order])
    return np.diff(y) / np.diff(x)


def over_cells(table: pd.DataFrame, keys: list[str], x: str, y: str) -> Iterator[np.ndarray]:
    """Yield the exponents in x of each cell that has two values of x."""
    for _, part in table.groupby(keys):
        if len(part) > 1:
            yield exponents(part[x], part[y])


def exponent(values: list[float], column: str, ratio: float, worst=max) -> Estimate:
    """Return the worst exponent with the error that the column's relative error makes in it.

    Args:
        values: exponents, of all cells; none, or one that is not finite, makes the estimate NaN.
        column: the column that they are exponents of.
        ratio: least ratio between neighbours on the horizontal axis.
        worst: picks one of the values.
    """
    error = 2 * RELATIVE_ERROR[column] / np.log(ratio)
    sound = len(values) > 0 and np.isfinite(values).all()
    return exact(worst(values) if sound else np.nan, error)


def least_ratio(values: pd.Series) -> float:
    grid = np.unique(values[values > 0])
    return float((grid[1:] / grid[:-1]).min()) if len(grid) > 1 else np.nan


def theorem_2_marginal_order(dfm_discretization: pd.DataFrame) -> Verdict:
    """KL(nu* | nu_1) is O(h) for the exact drift (Theorem 2).

    Refuted by a target whose KL falls more slowly. The quantity is the smallest exponent in h,
    over targets and dimensions, between the two smallest steps of the grid: a bound of order h says
    nothing of steps that are larger than a target's features.
    """
    table = dfm_discretization
    last = [s[0] for s in over_cells(table, ["target", "d"], "h", "kl_marginal")]
    return conclude(
        exponent(last, "kl_marginal", least_ratio(table["h"]), min),
        low=1,
        paper="B",
        claim="theorem 2: order in h",
        statement="with the exact drift KL(nu* | nu_1) is of order h or smaller",
        figure="b_thm2_step_size",
        quantity="smallest exponent of the marginal KL in h at the smallest steps, over targets",
        expected="at least 1",
    )


def theorem_2_path_order(dfm_discretization: pd.DataFrame) -> Verdict:
    """The KL of the path measures, which the proof bounds, is of order h exactly (Theorem 2).

    Refuted by another order. The quantity is the exponent in h farthest from 1, over targets and
    dimensions, between the two smallest steps. With the marginal's larger exponent it says that the
    theorem's order is that of its method, and not of the quantity that it bounds.
    """
    table = dfm_discretization
    last = [s[0] for s in over_cells(table, ["target", "d"], "h", "kl_path")]
    farthest = exponent(
        last, "kl_path", least_ratio(table["h"]), lambda v: max(v, key=lambda e: abs(e - 1))
    )
    return conclude(
        farthest,
        low=1 - FIRST_ORDER,
        high=1 + FIRST_ORDER,
        paper="B",
        claim="theorem 2: order in h of the paths",
        statement="the path KL that the proof of Theorem 2 bounds is of order h",
        figure="b_thm2_step_size",
        quantity="exponent of the path KL in h at the smallest steps, farthest from 1 over targets",
        expected=f"1 (within {FIRST_ORDER:g})",
    )


def theorem_2_drift_error(dfm_drift_error: pd.DataFrame) -> Verdict:
    """KL grows at most linearly in eps^2, on top of what the step size costs (Theorem 2).

    Refuted by a faster growth. The quantity is the largest ratio of the marginal KL to the additive
    split, path KL without drift error plus eps^2 / 4, over targets, steps, sizes and kinds of drift
    error. By Girsanov's theorem and |a + b|^2 <= 2 |a|^2 + 2 |b|^2 it is at most 2; growth in eps^2
    that is faster than linear passes any number. A local exponent would be the wrong quantity: an
    error that partly undoes the discretisation's has one above 1 and breaks no bound.
    """
    ratio = dfm_drift_error["kl_marginal"] / dfm_drift_error["kl_split"]
    worst = ratio.max(skipna=False)
    return conclude(
        exact(worst, sum(RELATIVE_ERROR.values()) * worst),
        high=2,
        paper="B",
        claim="theorem 2: drift error",
        statement="KL(nu* | nu^theta_1) is at most linear in eps^2, added to the discretisation",
        figure="b_thm2_drift_error",
        quantity="largest ratio of the marginal KL to path KL at eps = 0 plus eps^2 / 4, over "
        "targets, steps, sizes and kinds of error",
        expected="at most 2",
    )


def _order_in_d(table: pd.DataFrame, bound: int, **row: str) -> Verdict:
    last = [s[-1] for s in over_cells(table, ["target", "steps"], "d", "kl_marginal")]
    return conclude(
        exponent(last, "kl_marginal", least_ratio(table["d"])),
        high=bound,
        paper="B",
        figure="b_thm2_dimension",
        quantity="largest exponent of the marginal KL in d at the largest d, over targets and "
        "steps",
        expected=f"at most {bound}",
        **row,
    )


def theorem_2_dimension(dfm_dimension: pd.DataFrame) -> Verdict:
    """KL grows at most like d^4 (Theorem 2, where every term of the bound is of order d^4).

    Refuted by a faster growth. The quantity is the largest exponent in d, over targets and steps,
    between the two largest dimensions. Products have exponent 1 by definition; correlated Gaussians
    need not. Between small dimensions their exponents say little of the order: at d = 1 nothing
    correlates within the target, so that its scores, too, change from d = 1 to d = 2.
    """
    return _order_in_d(
        dfm_dimension,
        4,
        claim="theorem 2: dimension",
        statement="KL(nu* | nu_1) grows at most like d^4 (paper B)",
    )


def followup_theorem_1_dimension(dfm_dimension: pd.DataFrame) -> Verdict:
    """KL grows at most like d^3 (the follow-up's Theorem 1); refuted as for paper B's d^4."""
    return _order_in_d(
        dfm_dimension,
        3,
        claim="follow-up theorem 1: dimension",
        statement="KL(nu* | nu_1) grows at most like d^3 (follow-up to paper B)",
    )


def growth_of_the_constant(table: pd.DataFrame, bound: str) -> list[float]:
    """Return the exponents of C = KL / bound at both ends of the scales, outwards.

    A bound of the right shape needs one constant for all targets. Towards large scales the exponent
    is in the scale, towards small ones in its inverse: a positive one means that C outgrows every
    bound on that side if it goes on.
    """
    table = table[table["scale"] > 0].assign(constant=table["kl_marginal"] / table[bound])
    cells = over_cells(table, ["target", "d", "steps"], "scale", "constant")
    return [v for slopes in cells for v in (slopes[-1], -slopes[0])]


def theorem_2_moments(dfm_moments: pd.DataFrame) -> Verdict:
    """The moment term of Theorem 2 covers targets of every scale with one constant.

    Refuted by a scale beyond which the constant has to grow. The quantity is the largest exponent
    of C at the ends of the grid of scales, outwards, over targets and steps.
    """
    table = dfm_moments[dfm_moments["target"] != "separated"]
    growth = growth_of_the_constant(table, "bound_thm2")
    return conclude(
        exponent(growth, "kl_marginal", least_ratio(table["scale"])),
        high=0,
        paper="B",
        claim="theorem 2: moments",
        statement="one constant serves targets of every scale: eighth moments and scores suffice",
        figure="b_thm2_moments",
        quantity="largest exponent of C = KL / bound in the target's scale or its inverse, at the "
        "ends of the grid",
        expected="at most 0",
    )


def _without_score(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["target"].isin(WITHOUT_SCORE)]


def theorem_3_order(dfm_early_stopping: pd.DataFrame) -> Verdict:
    """At fixed delta KL is finite and O(h), whatever the target's smoothness (Theorem 3).

    Refuted by a slower fall, or none. The quantity is the smallest exponent of KL in h at equal
    steps, over gaps and over targets without a score in L^8, between the two smallest steps that
    are no longer than the gap: a longer last step leaves the region in which the bound, with its
    power of 1 / delta, says anything.
    """
    table = _without_score(dfm_early_stopping)
    table = table[(table["schedule"] == "uniform") & (table["h"] <= table["delta"])]
    last = [s[0] for s in over_cells(table, ["target", "delta"], "h", "kl_marginal")]
    return conclude(
        exponent(last, "kl_marginal", 2, min),
        low=1,
        paper="B",
        claim="theorem 3: order in h",
        statement="stopped at 1 - delta, KL is finite and of order h or smaller, without a score",
        figure="b_thm3_early_stopping",
        quantity="smallest exponent of KL in h at the smallest steps h <= delta, over targets "
        "and gaps",
        expected="at least 1",
    )


def theorem_3_gap(dfm_early_stopping: pd.DataFrame) -> Verdict:
    """At fixed h KL grows at most like delta^-4 as delta falls (follow-up's Theorem 2).

    Refuted by a larger power between any two gaps. Paper B's Theorem 3 has a negative power too;
    the value 4 is the follow-up's. The quantity is the largest exponent of KL in 1 / delta at equal
    steps, over steps and over targets without a score in L^8.
    """
    table = _without_score(dfm_early_stopping)
    table = table[table["schedule"] == "uniform"].assign(inverse=1 / table["delta"])
    cells = over_cells(table, ["target", "steps"], "inverse", "kl_marginal")
    return conclude(
        exponent([v for s in cells for v in s], "kl_marginal", least_ratio(table["delta"])),
        high=4,
        paper="B",
        claim="theorem 3: power of delta",
        statement="stopped at 1 - delta, KL grows at most like delta^-4 (the follow-up's power)",
        figure="b_thm3_early_stopping",
        quantity="largest exponent of KL in 1/delta at equal steps, over targets and steps",
        expected="at most 4",
    )


def followup_theorem_3_steps(dfm_early_stopping: pd.DataFrame) -> Verdict:
    """Steps that shrink with 1 - t beat equal ones at the same number (follow-up's Theorem 3).

    Refuted by a cell in which they do not. The quantity is the largest ratio of the two KLs, over
    steps, gaps and targets without a score in L^8.
    """
    table = _without_score(dfm_early_stopping)
    table = table.pivot(
        index=["target", "d", "steps", "delta"], columns="schedule", values="kl_marginal"
    )
    both = {"uniform", "nonuniform"} <= set(table)
    worst = (table["nonuniform"] / table["uniform"]).max(skipna=False) if both else np.nan
    return conclude(
        exact(worst, 2 * RELATIVE_ERROR["kl_marginal"] * worst),
        high=1,
        paper="B",
        claim="follow-up theorem 3: steps",
        statement="without a score, steps h min(t, 1 - t) beat equal steps at the same number",
        figure="b_thm3_early_stopping",
        quantity="largest ratio of KL, non-uniform over uniform, over targets, steps and gaps",
        expected="below 1",
    )


CLAIMS = [
    theorem_2_marginal_order,
    theorem_2_path_order,
    theorem_2_drift_error,
    theorem_2_dimension,
    followup_theorem_1_dimension,
    theorem_2_moments,
    theorem_3_order,
    theorem_3_gap,
    followup_theorem_3_steps,
]

"""From Theorem 3.3 to 3.5: whether a smaller error makes a smaller distance, in the kernel limit.

A constant input makes the error fall at d = 1; a start after tau = 0, from the law that data have
there, keeps samples away from where the velocity (x_tau - x0) / tau is not Lipschitz.
"""

import numpy as np
import pandas as pd

from flowbounds.claims.a_sampling import excess_over_promise, promised_in_n
from flowbounds.claims.claim import CHECK, OURS, claim
from flowbounds.claims.controls import altered, scaled, tilted
from flowbounds.claims.evidence import Evidence, array, exponents, nothing, orderings, ratios
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import (
    EXCESS_MARGIN,
    RATE_MARGIN,
    RATIO_MARGIN,
    WHY_EXCESS,
    WHY_RATE,
    WHY_RATIO,
)

_FROM_ERROR_TO_DISTANCE = {
    "paper": "A",
    "source": "ours",
    "figure": "a_thm35_causes",
}


def _of(table: pd.DataFrame, constant: bool, later: bool, line: bool = False) -> pd.DataFrame:
    """Return one variant, by the most Euler steps.

    Args:
        table: the experiment's.
        constant: whether the inputs have a constant.
        later: the latest start, which must be after 0; else the start at tau = 0.
        line: at d = 1 only.
    """
    start = table["start"].max() if later else 0
    rows = table[
        (table["constant"].astype(bool) == constant)
        & (table["start"] == start)
        & ((table["start"] > 0) == later)
        & (table["steps"] == table["steps"].max())
    ]
    rows = rows[rows["d"] == 1] if line else rows
    root = np.sqrt(np.log(rows["n"]))
    return rows.assign(
        error_rate=rows["test_error"] / root,
        coupled_rate=rows["coupled"] / root,
        gain=rows["coupled"] / rows["test_error"],
        w1_gain=rows["w1_paired"] / rows["test_error"],
    )


def _exponents(rows: pd.DataFrame, quantity: str, of_means: bool = False) -> Evidence:
    if rows.empty:
        return nothing("the grid has not that start, or not d = 1")
    return exponents(rows, quantity, "n", ["d", "b1"], of_means=of_means)


@claim(
    name="from error to distance: the error falls",
    statement="with a constant 1 among the inputs E|f - v| / sqrt(log n) falls like n^-1/2 at "
    "d = 1, on a bounded target as well",
    quantity="exponent in n of E|f - v| / sqrt(log n), kernel limit",
    allowed=Region(high=-0.5, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("thm35_causes", "test_error", "n", 0.5),
    decided="after an audit had found about -1/2",
    kind=OURS,
    **_FROM_ERROR_TO_DISTANCE,
)
def the_error_falls(thm35_causes: pd.DataFrame) -> Evidence:
    """Without it there is no step from 3.3 to 3.5 to speak of; a slower fall refutes."""
    return _exponents(_of(thm35_causes, constant=True, later=False, line=True), "error_rate")


@claim(
    name="from error to distance: the distance does not fall with it",
    statement="of the same predictor, debiased W1 of samples that start at tau = 0 stays flat at "
    "d = 1: its exponent is 0 give or take 0.1, where Theorem 3.5 promises -1/6 at least",
    quantity="exponent in n of debiased W1, kernel limit with a constant input",
    allowed=Region(low=-0.1, high=0.1),
    why_margin="none: the tenth is the statement",
    control=tilted("thm35_causes", "w1_debiased", "n", -0.5),
    decided="after an audit had found W1 flat",
    kind=OURS,
    **_FROM_ERROR_TO_DISTANCE,
)
def the_distance_does_not(thm35_causes: pd.DataFrame) -> Evidence:
    """The step from 3.3 to 3.5 fails, not the training; refuted by a fall, or by a rise."""
    rows = _of(thm35_causes, constant=True, later=False, line=True)
    return _exponents(rows, "w1_debiased", of_means=True)


@claim(
    name="from error to distance: W1 falls more slowly than the error",
    statement="W1 of samples that start at tau = 0, over E|f - v| of the same predictor, grows at "
    "d = 1 like n^0.1 or more",
    quantity="exponent in n of W1 of samples to their own x1 / E|f - v|, kernel limit with a "
    "constant input",
    allowed=Region(low=0.1),
    why_margin="none: the tenth is the statement",
    control=tilted("thm35_causes", "w1_paired", "n", -1.0),
    decided="after a run had shown W1 to fall at B1 = 4 and not at B1 = 1, and debiased W1 of "
    "independent samples to scatter too much to tell",
    kind=OURS,
    **_FROM_ERROR_TO_DISTANCE,
)
def w1_stays_behind(thm35_causes: pd.DataFrame) -> Evidence:
    """No multiple of the error bounds W1 then; refuted by a W1 that falls as the error does."""
    return _exponents(_of(thm35_causes, constant=True, later=False, line=True), "w1_gain")


@claim(
    name="from error to distance: no function of x0 comes closer",
    statement="a sample that starts at tau = 0 is a function of x0, so that its mean distance to "
    "its own x1 is at least E|x1 - x1'| / 2, x1' another draw given x0, whatever the error",
    quantity="E|x^1 - x1| over half of E|x1 - x1'|, kernel limit",
    allowed=Region(low=1.0),
    control=scaled("thm35_causes", "coupled", 0.01),
    decided="before; judged with a constant input alone after the scatter without one was seen",
    kind=CHECK,
    **_FROM_ERROR_TO_DISTANCE,
)
def no_function_of_x0_comes_closer(thm35_causes: pd.DataFrame) -> Evidence:
    """By the triangle inequality: every (d, B1, n); refuted by a ratio below 1.

    With a constant input: without one the seeds' predictors scatter, which says nothing of it.

    So the coupling along the paths, which turns an error into a distance, ends at tau = 0. W1
    itself it does not bound: a law may be met by a function of x0 that misses every point.
    """
    rows = _of(thm35_causes, constant=True, later=False)
    if rows.empty:
        return nothing("no start at tau = 0")
    return ratios(rows, "coupled", "coupled_floor", ["d", "b1", "n"])


@claim(
    name="from error to distance: a later start restores the fall of W1",
    statement="started at tau_0 > 0 from the law of the data there, debiased W1 falls at d = 1 at "
    "least as Theorem 3.5 promises, like (log n / n)^(1/6)",
    quantity="debiased W1, minus the promised part of it at the least n, in units of the floor, "
    "W1 of two fresh samples",
    allowed=Region(high=0.0, margin=EXCESS_MARGIN),
    why_margin=WHY_EXCESS,
    control=altered(
        "thm35_causes",
        "w1_debiased and ten floors, whatever n",
        lambda rows: rows.assign(w1_debiased=rows["w1_debiased"] + 10 * rows["w1_floor"]),
    ),
    kind=OURS,
    **_FROM_ERROR_TO_DISTANCE,
)
def later_start_restores_the_promise(thm35_causes: pd.DataFrame) -> Evidence:
    """With a constant input, at the latest start; refuted by an n at which more is left."""
    rows = _of(thm35_causes, constant=True, later=True, line=True)
    if rows.empty:
        return nothing("no start after tau = 0, or not d = 1")
    return excess_over_promise(rows, "n", promised_in_n, ["d", "b1", "n"])


@claim(
    name="from error to distance: a later start restores the rate",
    statement="started at tau_0 > 0 from the law of the data there, the mean distance of a sample "
    "to its own x1, which is at least W1, falls like n^-1/2 sqrt(log n) at d = 1",
    quantity="exponent in n of E|x^1 - x1| / sqrt(log n), kernel limit with a constant input",
    allowed=Region(high=-0.5, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("thm35_causes", "coupled", "n", 0.5),
    kind=OURS,
    **_FROM_ERROR_TO_DISTANCE,
)
def later_start_restores_the_rate(thm35_causes: pd.DataFrame) -> Evidence:
    """The singularity at tau = 0 is the cause if the fall is back; a slower one refutes."""
    return _exponents(_of(thm35_causes, constant=True, later=True, line=True), "coupled_rate")


@claim(
    name="from error to distance: after a later start",
    statement="started at tau_0 > 0 from the law of the data there, the mean distance of a sample "
    "to its own x1 falls at least as fast in n as E|f - v| after tau_0, in every dimension",
    quantity="exponent in n of E|x^1 - x1| / E|f - v|, kernel limit with a constant input",
    allowed=Region(high=0.0, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("thm35_causes", "coupled", "n", 0.5),
    kind=OURS,
    **_FROM_ERROR_TO_DISTANCE,
)
def distance_follows_the_error(thm35_causes: pd.DataFrame) -> Evidence:
    """Gronwall's step, with slopes that do not grow in n; refuted by a distance that stays behind.

    Of the velocity itself they are at most 1 / tau_0; what f adds may grow, so that this may fail.
    """
    return _exponents(_of(thm35_causes, constant=True, later=True), "gain")


@claim(
    name="from error to distance: a later start alone is not enough",
    statement="without a constant input, where the error does not fall at d = 1, the mean distance "
    "of a sample to its own x1 falls by less than n^-0.1 from a later start, too",
    quantity="exponent in n of E|x^1 - x1|, kernel limit",
    allowed=Region(low=-0.1),
    why_margin="none: the tenth is the statement",
    control=tilted("thm35_causes", "coupled", "n", -0.5),
    kind=OURS,
    **_FROM_ERROR_TO_DISTANCE,
)
def later_start_alone_is_not_enough(thm35_causes: pd.DataFrame) -> Evidence:
    """Homogeneity and the singularity are causes of their own at d = 1; refuted by a fall."""
    return _exponents(_of(thm35_causes, constant=False, later=True, line=True), "coupled")


_ONE_NUMBER = "one number of Euler steps, or no start at tau = 0"


def _by_steps(table: pd.DataFrame) -> pd.DataFrame:
    """Return what starts at tau = 0 with a constant input, by the two largest numbers of steps."""
    steps = sorted(table["steps"].unique())[-2:]
    rows = table[
        table["constant"].astype(bool) & (table["start"] == 0) & table["steps"].isin(steps)
    ]
    return rows if len(steps) > 1 else rows.iloc[:0]


def _apart(rows: pd.DataFrame) -> pd.DataFrame:
    most = rows["steps"] == rows["steps"].max()
    return rows.assign(w1_debiased=rows["w1_debiased"] + most * rows["w1_floor"])


@claim(
    name="from error to distance: Euler's method is not the cause",
    statement="from tau = 0, debiased W1 by the most Euler steps is that by the next fewer",
    quantity="debiased W1 by the most steps minus that by fewer, in units of the floor, W1 of two "
    "fresh samples",
    allowed=Region(low=0.0, high=0.0, margin=EXCESS_MARGIN),
    why_margin=WHY_EXCESS,
    control=altered("thm35_causes", "w1_debiased by the most steps and a floor", _apart),
    kind=OURS,
    **_FROM_ERROR_TO_DISTANCE,
)
def euler_is_not_the_cause(thm35_causes: pd.DataFrame) -> Evidence:
    """With a constant input, every (d, B1, n), from the same starts; refuted by a difference."""
    rows = _by_steps(thm35_causes)
    if rows.empty:
        return nothing(_ONE_NUMBER)
    distance, names, _ = array(rows, "w1_debiased", ["d", "b1", "n"], "steps")
    floor, _, _ = array(rows, "w1_floor", ["d", "b1", "n"], "steps")
    weights = np.tile([-1.0, 1.0], (len(names), 1))
    return Evidence(names, distance / floor.mean(axis=(1, 2), keepdims=True), weights)


def _doubled(rows: pd.DataFrame) -> pd.DataFrame:
    most = rows["steps"] == rows["steps"].max()
    return rows.assign(coupled=rows["coupled"] * (1 + most))


@claim(
    name="from error to distance: Euler's method moves no sample far",
    statement="from tau = 0, the mean distance of a sample to its own x1 by the most Euler steps "
    "is that by the next fewer",
    quantity="E|x^1 - x1| by the most steps over that by fewer, kernel limit with a constant input",
    allowed=Region(low=1.0, high=1.0, margin=RATIO_MARGIN),
    why_margin=WHY_RATIO,
    control=altered("thm35_causes", "coupled by the most steps doubled", _doubled),
    decided="after a run had shown a change of 2 %, and debiased W1 to scatter too much to tell",
    kind=OURS,
    **_FROM_ERROR_TO_DISTANCE,
)
def euler_moves_no_sample_far(thm35_causes: pd.DataFrame) -> Evidence:
    """The same starts, every (d, B1, n), without fresh samples; refuted by a change."""
    rows = _by_steps(thm35_causes)
    if rows.empty:
        return nothing(_ONE_NUMBER)
    return orderings(rows, "coupled", "steps", ["d", "b1", "n"])

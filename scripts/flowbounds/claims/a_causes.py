"""Why Theorem 3.3's rate fails: causes taken away one at a time, in the kernel limit.

The exponents are those of E|f - v| / sqrt(log n), as for the theorem's own claim.
"""

import numpy as np
import pandas as pd

from flowbounds.claims.claim import OURS, claim
from flowbounds.claims.controls import altered, scaled, tilted
from flowbounds.claims.evidence import Evidence, exponents, nothing, ratios
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import BOUNDED_MARGIN, RATE_MARGIN, WHY_BOUNDED, WHY_RATE

_OF_CAUSES = {
    "paper": "A",
    "kind": OURS,
    "source": "ours",
    "figure": "a_thm33_causes",
}


def _of(table: pd.DataFrame, schedule: str, constant: bool) -> pd.DataFrame:
    """Return the rows of one variant at tau_min = 0, with a column rate."""
    rows = table[
        (table["schedule"] == schedule)
        & (table["constant"].astype(bool) == constant)
        & (table["tau_min"] == 0)
    ]
    return rows.assign(rate=rows["test_error"] / np.sqrt(np.log(rows["n"])))


def _exponents(rows: pd.DataFrame, quantity: str, why: str) -> Evidence:
    return exponents(rows, quantity, "n", ["d"]) if len(rows) else nothing(why)


@claim(
    name="causes: a constant input restores the rate at d = 1",
    statement="with a constant 1 among the inputs E|f - v| / sqrt(log n) falls like n^-1/2 at "
    "d = 1",
    quantity="exponent in n of E|f - v| / sqrt(log n), kernel limit",
    allowed=Region(high=-0.5, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("thm33_causes", "test_error", "n", 0.5),
    decided="after an audit had found about -1/2 with it and -0.11 without",
    **_OF_CAUSES,
)
def constant_input_restores_the_rate(thm33_causes: pd.DataFrame) -> Evidence:
    """Homogeneity is the cause at d = 1 if its removal brings the rate; a slower fall refutes."""
    rows = _of(thm33_causes, "linear", True)
    return _exponents(rows[rows["d"] == 1], "rate", "d = 1 is not in the grid")


def _faster(rows: pd.DataFrame) -> pd.DataFrame:
    factor = np.where(rows["constant"].astype(bool), rows["n"] ** -0.5, 1)
    return rows.assign(test_error=rows["test_error"] * factor)


@claim(
    name="causes: homogeneity is not the cause above d = 1",
    statement="from d = 5 on a constant input changes the exponent of E|f - v| by less than 0.1",
    quantity="exponent in n of E|f - v| with a constant input over that without",
    allowed=Region(low=-0.1, high=0.1),
    why_margin="none: the tenth is the statement",
    control=altered("thm33_causes", "test_error with a constant input times n^-0.5", _faster),
    decided="after an audit had found hardly any change at d = 5 and 20",
    **_OF_CAUSES,
)
def homogeneity_is_not_the_cause(thm33_causes: pd.DataFrame) -> Evidence:
    """Both are on the same points, so that the ratio has little noise; refuted by a change."""
    keys = ["d", "n", "seed"]
    with_it, without = (_of(thm33_causes, "linear", constant) for constant in (True, False))
    rows = with_it[with_it["d"] >= 5].merge(without[[*keys, "test_error"]], on=keys)
    if rows.empty:
        return nothing("no d from 5 on is in the grid")
    return exponents(
        rows.assign(change=rows["test_error_x"] / rows["test_error_y"]), "change", "n", ["d"]
    )


@claim(
    name="causes: another schedule restores the rate at d = 1",
    statement="with the trigonometric schedule, whose velocity is not homogeneous, E|f - v| / "
    "sqrt(log n) falls like n^-1/2 at d = 1 without a constant input",
    quantity="exponent in n of E|f - v| / sqrt(log n), kernel limit",
    allowed=Region(high=-0.5, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("thm33_causes", "test_error", "n", 0.5),
    **_OF_CAUSES,
)
def another_schedule_restores_the_rate(thm33_causes: pd.DataFrame) -> Evidence:
    """The floor is of homogeneous functions under a homogeneous velocity; refuted by a slower fall.

    Its velocity (pi/2) (cos x1 - sin x0), as a function of [x_tau, tau, x0], has tau in it other
    than as a factor. A function without biases still is homogeneous, so that this may fail.
    """
    rows = _of(thm33_causes, "trigonometric", False)
    return _exponents(rows[rows["d"] == 1], "rate", "d = 1 is not in the grid")


@claim(
    name="causes: regularisation does not restore the rate",
    statement="with the ridge that is best on fresh data the error still falls more slowly than "
    "n^-1/2, at every d",
    quantity="exponent in n of the best ridge's E|f - v| / sqrt(log n)",
    allowed=Region(low=-0.5, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("thm33_causes", "ridge_error", "n", -0.6),
    **_OF_CAUSES,
)
def ridge_does_not_restore_the_rate(thm33_causes: pd.DataFrame) -> Evidence:
    """Overfitting is not the cause if no ridge, chosen in hindsight, helps; refuted by the rate."""
    rows = _of(thm33_causes, "linear", False)
    rows = rows.assign(ridge=rows["ridge_error"] / np.sqrt(np.log(rows["n"])))
    return _exponents(rows, "ridge", "the grid is empty")


@claim(
    name="causes: complexity stays bounded with a constant input at d = 1",
    statement="with a constant 1 among the inputs sqrt(V' H^{-1} V) is bounded in n at d = 1",
    quantity="exponent in n of sqrt(V' H^{-1} V)",
    allowed=Region(high=0.0, margin=BOUNDED_MARGIN),
    why_margin=WHY_BOUNDED,
    control=tilted("thm33_causes", "complexity", "n", 0.5),
    **_OF_CAUSES,
)
def complexity_with_constant_input(thm33_causes: pd.DataFrame) -> Evidence:
    """If the target were in the space of the kernel once biases are; refuted by growth.

    The velocity (x_tau - x0) / tau is unbounded at tau = 0, so that this may fail.
    """
    rows = _of(thm33_causes, "linear", True)
    return _exponents(rows[rows["d"] == 1], "complexity", "d = 1 is not in the grid")


@claim(
    name="causes: the random output at t = 0 costs error",
    statement="the limit of networks that keep their own output of kappa = 1 at t = 0 has a larger "
    "error on fresh data than the limit from f = 0",
    quantity="E|f - v| of the limit from a random output over that from 0",
    allowed=Region(low=1.0),
    why_margin="none: who is as good costs nothing",
    control=scaled("thm33_causes", "own_start_error", 0.01),
    decided="after an audit had found 8.6 against 2.9 at d = 20",
    **_OF_CAUSES,
)
def random_output_costs(thm33_causes: pd.DataFrame) -> Evidence:
    """Every (d, n), on the same points; refuted by a cell in which it does not matter."""
    rows = _of(thm33_causes, "linear", False)
    if rows.empty:
        return nothing("the grid is empty")
    return ratios(rows, "own_start_error", "test_error", ["d", "n"])

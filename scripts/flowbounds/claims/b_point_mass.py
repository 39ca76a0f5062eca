"""Claims on early stopping for a point mass, in closed form: what a small delta costs in steps."""

import numpy as np
import pandas as pd

from flowbounds.claims.b_exact import FOLLOWUP
from flowbounds.claims.claim import CHECK, OURS, RATE, claim
from flowbounds.claims.controls import scaled, tilted
from flowbounds.claims.evidence import Evidence, local_exponents, nothing, ratios
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import (
    BOUNDED_MARGIN,
    RATE_MARGIN,
    RATIO_MARGIN,
    WHY_BOUNDED,
    WHY_RATE,
)

_FIGURE = {"paper": "B", "figure": "b_thm3_point_mass"}
H_ERROR = 1e-2
"""Relative, of h^2: a whole number of steps in each half makes one h of two."""


def _first(table: pd.DataFrame, schedule: str, quantity: str) -> pd.DataFrame:
    rows = table[(table["schedule"] == schedule) & (table["quantity"] == quantity)]
    delta = rows["delta"]
    return rows.assign(**{"1/delta": 1 / delta, "log(1/delta)": np.log(1 / delta)})


def _growth(table: pd.DataFrame, schedule: str, quantity: str, against: str) -> Evidence:
    """Judge the exponent of N at the two smallest gaps; N is whole, to half a step."""
    rows = _first(table, schedule, quantity)
    if rows.empty:
        return nothing(f"the grid has no {schedule} steps")
    error = 0.5 / rows["steps"].min()
    return local_exponents(rows, "steps", against, ["d"], last=1, relative_error=error)


@claim(
    name="theorem 3, point mass: equal steps cost 1/delta",
    kind=OURS,
    source="ours: the power of 1/delta of what the proof of Theorem 3 bounds, in closed form",
    statement="with equal steps the N that brings the KL of the paths to a goal grows like 1/delta",
    quantity="exponent of N in 1/delta between the two smallest gaps",
    allowed=Region(low=1.0, high=1.0, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("dfm_first_steps", "steps", "delta", 0.5),
    **_FIGURE,
)
def equal_steps_cost_the_gap(dfm_first_steps: pd.DataFrame) -> Evidence:
    """KL is (h/4) (1/delta - 1) d to first order: delta^-1, not delta^-4. One d refutes."""
    return _growth(dfm_first_steps, "uniform", "kl_path", "1/delta")


@claim(
    name="follow-up theorem 3, point mass: shrinking steps cost logarithms",
    kind=RATE,
    source=f"{FOLLOWUP}, Theorem 3, with N = (1/2 + log(1/(2 delta))) / h",
    statement="with steps h min(t, 1 - t) the N that brings KL to a goal grows at most like "
    "log(1/delta)^2",
    quantity="exponent of N, for the KL of the paths, in log(1/delta), at the two smallest gaps",
    allowed=Region(high=2.0, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("dfm_first_steps", "steps", "delta", -0.5),
    **_FIGURE,
)
def shrinking_steps_cost_logarithms(dfm_first_steps: pd.DataFrame) -> Evidence:
    """One logarithm is the bound's, one the number of steps of a given h. One d refutes."""
    return _growth(dfm_first_steps, "nonuniform", "kl_path", "log(1/delta)")


@claim(
    name="theorem 3, point mass: marginals with shrinking steps",
    kind=OURS,
    source="ours: what of the follow-up's logarithm marginals need",
    statement="with shrinking steps the KL of the marginal at fixed h does not depend on delta",
    quantity="exponent of KL over h^2 in 1/delta at the most steps, at the two smallest gaps",
    allowed=Region(low=0.0, high=0.0, margin=BOUNDED_MARGIN),
    why_margin=WHY_BOUNDED,
    control=tilted("dfm_point_mass", "kl_marginal", "delta", -0.5),
    decided="before, of the first N, a whole number that proved too small to tell; then of KL over "
    "h^2",
    **_FIGURE,
)
def marginals_cost_no_logarithm(dfm_point_mass: pd.DataFrame) -> Evidence:
    """The number of steps of a given h is the only logarithm then. One d refutes."""
    table = dfm_point_mass[dfm_point_mass["schedule"] == "nonuniform"]
    table = table[table["steps"] == table["steps"].max()]
    if table.empty:
        return nothing("the grid has no shrinking steps")
    over = table["kl_marginal"] / table["h"] ** 2
    table = table.assign(over=over, **{"1/delta": 1 / table["delta"]})
    return local_exponents(table, "over", "1/delta", ["d"], last=1, relative_error=H_ERROR)


@claim(
    name="theorem 3, point mass: first order of the paths",
    kind=CHECK,
    source="closed form of the paths' KL, flowbounds.dfm.point_mass",
    statement="at the most steps the KL of the paths is (h/4) (1/delta - 1) d, or "
    "(h/4) (1 + log(1/(2 delta))) d",
    quantity="KL of the paths over its first order, where h is a tenth of delta or less, or the "
    "steps shrink",
    allowed=Region(low=1.0, high=1.0, margin=RATIO_MARGIN),
    why_margin="ten per cent for terms of higher order in h over delta",
    decided="after a first look: (h/4) log(1/delta), of steps h (1 - t) throughout, was 13 % off",
    control=scaled("dfm_point_mass", "kl_path", 2.0),
    **_FIGURE,
)
def first_order_of_the_paths(dfm_point_mass: pd.DataFrame) -> Evidence:
    """One d, schedule and gap with short enough steps refutes."""
    table = dfm_point_mass[dfm_point_mass["steps"] == dfm_point_mass["steps"].max()]
    short = table["h"] <= np.where(table["schedule"] == "uniform", 0.1 * table["delta"], 0.1)
    if not short.any():
        return nothing("no step is short enough")
    cell = ["d", "schedule", "delta"]
    return ratios(table[short], "kl_path", "first_order", cell, relative_error=1e-9)

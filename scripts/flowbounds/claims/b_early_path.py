"""Claims on the paths' KL under early stopping: which power of 1/delta which target costs.

To first order in h the paths' KL is h/4 int E|dbeta_t/dx|^2 dt with equal steps, and that with the
factor 1 - t with shrinking ones. An atom has |dbeta/dx| = 1/(1 - t) throughout: 1/delta, and a
logarithm. A jump of the density has it in a layer of width sqrt(1 - t): delta^-1/2, and a constant.
"""

import numpy as np
import pandas as pd

from flowbounds.claims.b_exact import FOLLOWUP, PAPER_B, WITHOUT_SCORE
from flowbounds.claims.claim import BOUND, CHECK, OURS, RATE, claim
from flowbounds.claims.controls import scaled, tilted
from flowbounds.claims.evidence import Evidence, join, local_exponents, nothing, ratios
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import (
    BOUNDED_MARGIN,
    FIRST_ORDER_MARGIN,
    RATE_MARGIN,
    RATIO_MARGIN,
    WHY_BOUNDED,
    WHY_FIRST_ORDER,
    WHY_RATE,
)

ERROR = 1e-3
"""Relative, of both tables: tests/test_early_path.py."""
SHORT = 0.1
"""Equal steps show a power of delta where h is at most this part of delta."""

_FIGURE = {"paper": "B", "figure": "b_thm3_path"}
_DECIDED = (
    "before, of the KL itself at gaps that proved too large to tell (exponents of 1.5 and 0.8 at "
    "delta = 0.1 and 0.05, still falling); then of KL to first order in h, where any gap is at hand"
)


def _of(table: pd.DataFrame, schedule: str, targets: list[str]) -> pd.DataFrame:
    rows = table[(table["schedule"] == schedule) & table["target"].isin(targets)]
    return rows.assign(**{"1/delta": 1 / rows["delta"]})


def _short(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose steps are short against the gap or shrink with it."""
    return table[table["h"] <= SHORT * np.where(table["schedule"] == "uniform", table["delta"], 1)]


def _power(rows: pd.DataFrame, column: str) -> Evidence:
    """Judge the exponent in 1/delta at the two smallest gaps."""
    if rows.empty:
        return nothing("the grid has neither these targets nor these steps")
    return local_exponents(rows, column, "1/delta", ["target"], last=1, relative_error=ERROR)


@claim(
    name="theorem 3, paths: order in h",
    kind=OURS,
    source=f"ours, of the quantity that the proof of Theorem 3 bounds; {PAPER_B}",
    statement="stopped at 1 - delta the KL of the paths is of order h exactly, score or not",
    quantity="exponent of the paths' KL in h at equal steps, between the two smallest h, which are "
    "at most a tenth of delta",
    allowed=Region(low=1.0, high=1.0, margin=FIRST_ORDER_MARGIN),
    why_margin=WHY_FIRST_ORDER,
    control=tilted("dfm_early_path", "kl_path", "h", 0.5),
    **_FIGURE,
)
def paths_are_of_first_order(dfm_early_path: pd.DataFrame) -> Evidence:
    """Every target and gap is a test; refuted by another order."""
    table = dfm_early_path[dfm_early_path["schedule"] == "uniform"]
    parts = [
        local_exponents(rows, "kl_path", "h", ["target", "delta"], first=1, relative_error=ERROR)
        for delta, rows in table.groupby("delta")
        if rows["h"].min() <= SHORT * delta
    ]
    return join(parts) if parts else nothing("no equal steps are a tenth of a gap")


@claim(
    name="theorem 3, paths: to first order",
    kind=CHECK,
    source="the drift along X to first order: h/4 int E|dbeta_t/dx|^2 dt",
    statement="with short steps the KL of the paths is what the slope of the drift says",
    quantity="KL of the paths over its first order, at the most steps, where h is a tenth of delta "
    "or less, or the steps shrink",
    allowed=Region(low=1.0, high=1.0, margin=RATIO_MARGIN),
    why_margin="ten per cent for terms of higher order in h over delta",
    control=scaled("dfm_early_path", "kl_path", 2.0),
    **_FIGURE,
)
def paths_to_first_order(dfm_early_path: pd.DataFrame) -> Evidence:
    """Two computations, a Fokker-Planck equation and a quadrature; one target or gap refutes."""
    most = dfm_early_path[dfm_early_path["steps"] == dfm_early_path["steps"].max()]
    rows = _short(most)
    if rows.empty:
        return nothing("no step is short enough")
    cell = ["target", "schedule", "delta"]
    return ratios(rows, "kl_path", "first_order", cell, relative_error=ERROR)


@claim(
    name="theorem 3, paths: power of delta",
    kind=RATE,
    source=f"{FOLLOWUP}, Theorem 2; paper B's Theorem 3 has a power, too, which is not at hand",
    statement="with equal steps the KL of the paths, which the proof bounds, grows at most like "
    "delta^-4",
    quantity="exponent of the paths' KL to first order in 1/delta between the two smallest gaps",
    allowed=Region(high=4.0, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("dfm_early_rate", "per_h", "delta", -4.5),
    decided=_DECIDED,
    **_FIGURE,
)
def paths_grow_no_faster(dfm_early_rate: pd.DataFrame) -> Evidence:
    """Every target without a score is a test. Refuted by a larger power.

    The bound is of the paths, so that this is its sharper test.
    """
    return _power(_of(dfm_early_rate, "uniform", WITHOUT_SCORE), "per_h")


_POWER = _FIGURE | {
    "kind": OURS,
    "quantity": "exponent of the paths' KL to first order in 1/delta between the two smallest gaps",
    "decided": _DECIDED,
}


@claim(
    name="theorem 3, paths: atoms cost 1/delta",
    source="ours: |dbeta/dx| = 1/(1 - t) at an atom",
    statement="with equal steps the paths' KL of two points grows like 1/delta, as of one",
    allowed=Region(low=1.0, high=1.0, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("dfm_early_rate", "per_h", "delta", 0.5),
    **_POWER,
)
def atoms_cost_the_gap(dfm_early_rate: pd.DataFrame) -> Evidence:
    """Refuted by another power."""
    return _power(_of(dfm_early_rate, "uniform", ["two_points"]), "per_h")


@claim(
    name="theorem 3, paths: jumps cost delta^-1/2",
    source="ours: the layer at a jump of the density has width sqrt(1 - t)",
    statement="with equal steps the paths' KL of the uniform law grows like delta^-1/2",
    allowed=Region(low=0.5, high=0.5, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("dfm_early_rate", "per_h", "delta", -0.8),
    **_POWER,
)
def jumps_cost_a_root(dfm_early_rate: pd.DataFrame) -> Evidence:
    """Refuted by another power."""
    return _power(_of(dfm_early_rate, "uniform", ["uniform"]), "per_h")


@claim(
    name="theorem 3, paths: a score costs nothing",
    source="ours: dbeta/dx is bounded where Theorem 2's assumptions hold",
    statement="with equal steps the paths' KL of targets with a score does not grow as delta falls",
    allowed=Region(high=0.0, margin=BOUNDED_MARGIN),
    why_margin=WHY_BOUNDED,
    control=tilted("dfm_early_rate", "per_h", "delta", -0.5),
    **_POWER,
)
def scores_cost_nothing(dfm_early_rate: pd.DataFrame) -> Evidence:
    """Every such target is a test; refuted by growth. Early stopping is not needed then."""
    smooth = sorted(set(dfm_early_rate["target"]) - set(WITHOUT_SCORE))
    return _power(_of(dfm_early_rate, "uniform", smooth), "per_h")


@claim(
    name="follow-up theorem 3, paths: a logarithm",
    kind=BOUND,
    source=f"{FOLLOWUP}, Theorem 3",
    statement="with steps h min(t, 1 - t) the KL of the paths is at most C h (log(1/delta) + ...)",
    quantity="exponent in 1/delta of what KL over h gains per log(1/delta), between the two "
    "smallest gaps",
    allowed=Region(high=0.0, margin=BOUNDED_MARGIN),
    why_margin=WHY_BOUNDED,
    control=tilted("dfm_early_rate", "gain", "delta", -0.5),
    decided=f"{_DECIDED}; before a power of log(1/delta), 1.7 at large gaps, which the bound's "
    "other terms leave open",
    **_FIGURE,
)
def shrinking_steps_take_a_logarithm(dfm_early_rate: pd.DataFrame) -> Evidence:
    """Every target without a score is a test; refuted by a gain that grows without bound.

    A logarithm with any constant beside it gains the same for every factor of 1/delta.
    """
    return _power(_of(dfm_early_rate, "nonuniform", WITHOUT_SCORE), "gain")


@claim(
    name="follow-up theorem 3, paths: jumps need no logarithm",
    source="ours: int (1 - t)^-1/2 dt is finite",
    statement="with shrinking steps the paths' KL of the uniform law over h is bounded in 1/delta: "
    "it gains less and less, like delta^1/2",
    allowed=Region(low=-0.5, high=-0.5, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("dfm_early_rate", "gain", "delta", -0.5),
    **_POWER
    | {
        "quantity": "exponent in 1/delta of what KL over h gains per log(1/delta), between the two "
        "smallest gaps",
    },
)
def jumps_need_no_logarithm(dfm_early_rate: pd.DataFrame) -> Evidence:
    """The logarithm is the atoms' alone; refuted by another power."""
    return _power(_of(dfm_early_rate, "nonuniform", ["uniform"]), "gain")

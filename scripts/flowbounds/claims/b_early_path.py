"""Claims on the paths' KL under early stopping: which power of 1/delta which target costs.

To first order in h the paths' KL is h/2 int E|grad beta_t|^2 dt with equal steps, and that with the
factor 1 - t with shrinking ones. An atom has |grad beta| = 1/(1 - t) throughout: 1/delta, and a
logarithm. A jump of the density has it in a layer of width sqrt(1 - t): delta^-1/2, and a constant.
"""

import numpy as np
import pandas as pd

from flowbounds.claims.b_exact import FOLLOWUP, PAPER_B, WITHOUT_SCORE
from flowbounds.claims.claim import OURS, RATE, claim
from flowbounds.claims.controls import tilted
from flowbounds.claims.evidence import Evidence, join, local_exponents, nothing
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import (
    BOUNDED_MARGIN,
    FIRST_ORDER_MARGIN,
    RATE_MARGIN,
    WHY_BOUNDED,
    WHY_FIRST_ORDER,
    WHY_RATE,
)

PATH_ERROR = 2e-3
"""Relative, of the column kl_path: tests/test_early_path.py."""
H_ERROR = 1e-2
"""Relative, of h: a whole number of steps in each half makes one h of two."""
SHORT = 0.1
"""Equal steps show a power of delta where h is at most this part of delta."""
POWER_MARGIN = 0.1
WHY_POWER = (
    "at the gaps here what happens before the last layer is a tenth of the paths' KL, or, where "
    "that is sqrt(delta) wide, more"
)

_FIGURE = {"paper": "B", "figure": "b_thm3_path"}


def _of(table: pd.DataFrame, schedule: str, targets: list[str]) -> pd.DataFrame:
    rows = table[(table["schedule"] == schedule) & table["target"].isin(targets)]
    gap = rows["delta"]
    return rows.assign(**{"1/delta": 1 / gap, "log(1/delta)": np.log(1 / gap)})


def _most(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["steps"] == rows["steps"].max()]


def _power(table: pd.DataFrame, targets: list[str]) -> Evidence:
    """Judge the exponent in 1/delta at equal steps, the most, at the two smallest gaps."""
    rows = _most(_of(table, "uniform", targets))
    rows = rows[rows["h"] <= SHORT * rows["delta"]]
    if rows.empty:
        return nothing("the grid has no equal steps of a tenth of a gap for these targets")
    return local_exponents(
        rows, "kl_path", "1/delta", ["target"], last=1, relative_error=PATH_ERROR
    )


@claim(
    name="theorem 3, paths: order in h",
    kind=OURS,
    source=f"ours, of the quantity that the proof of Theorem 3 bounds; {PAPER_B}",
    statement="stopped at 1 - delta the KL of the paths is of order h exactly, without a score, too",
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
        local_exponents(rows, "kl_path", "h", ["target", "delta"], first=1,
                        relative_error=PATH_ERROR)
        for delta, rows in table.groupby("delta")
        if rows["h"].min() <= SHORT * delta
    ]  # fmt: skip
    return join(parts) if parts else nothing("no equal steps are a tenth of a gap")


@claim(
    name="theorem 3, paths: power of delta",
    kind=RATE,
    source=f"{FOLLOWUP}, Theorem 2; paper B's Theorem 3 has a power, too, which is not at hand",
    statement="with equal steps the KL of the paths, which the proof bounds, grows at most like "
    "delta^-4",
    quantity="exponent of the paths' KL in 1/delta between the two smallest gaps",
    allowed=Region(high=4.0, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("dfm_early_path", "kl_path", "delta", -4.5),
    **_FIGURE,
)
def paths_grow_no_faster(dfm_early_path: pd.DataFrame) -> Evidence:
    """Targets without a score, at the most steps, as long as a tenth of the gap or shorter.

    Refuted by a larger power. The bound is of the paths, so that this is its sharper test.
    """
    return _power(dfm_early_path, WITHOUT_SCORE)


@claim(
    name="theorem 3, paths: atoms cost 1/delta",
    kind=OURS,
    source="ours: |grad beta| = 1/(1 - t) at an atom",
    statement="with equal steps the paths' KL of two points grows like 1/delta, as of one",
    quantity="exponent of the paths' KL in 1/delta between the two smallest gaps",
    allowed=Region(low=1.0, high=1.0, margin=POWER_MARGIN),
    why_margin=WHY_POWER,
    control=tilted("dfm_early_path", "kl_path", "delta", 0.5),
    **_FIGURE,
)
def atoms_cost_the_gap(dfm_early_path: pd.DataFrame) -> Evidence:
    """Refuted by another power."""
    return _power(dfm_early_path, ["two_points"])


@claim(
    name="theorem 3, paths: jumps cost delta^-1/2",
    kind=OURS,
    source="ours: the layer at a jump of the density has width sqrt(1 - t)",
    statement="with equal steps the paths' KL of the uniform law grows like delta^-1/2",
    quantity="exponent of the paths' KL in 1/delta between the two smallest gaps",
    allowed=Region(low=0.5, high=0.5, margin=POWER_MARGIN),
    why_margin=WHY_POWER,
    control=tilted("dfm_early_path", "kl_path", "delta", -0.8),
    **_FIGURE,
)
def jumps_cost_a_root(dfm_early_path: pd.DataFrame) -> Evidence:
    """Refuted by another power."""
    return _power(dfm_early_path, ["uniform"])


@claim(
    name="theorem 3, paths: a score costs nothing",
    kind=OURS,
    source="ours: grad beta is bounded where Theorem 2's assumptions hold",
    statement="with equal steps the paths' KL of targets with a score does not grow as delta falls",
    quantity="exponent of the paths' KL in 1/delta between the two smallest gaps",
    allowed=Region(high=0.0, margin=BOUNDED_MARGIN),
    why_margin=WHY_BOUNDED,
    control=tilted("dfm_early_path", "kl_path", "delta", -0.5),
    **_FIGURE,
)
def scores_cost_nothing(dfm_early_path: pd.DataFrame) -> Evidence:
    """Every such target is a test; refuted by growth. Early stopping is not needed then."""
    smooth = sorted(set(dfm_early_path["target"]) - set(WITHOUT_SCORE))
    return _power(dfm_early_path, smooth)


def _shrinking(table: pd.DataFrame, targets: list[str], against: str) -> Evidence:
    """Judge the exponent of KL over h at the most steps, at the two smallest gaps."""
    rows = _most(_of(table, "nonuniform", targets))
    if rows.empty:
        return nothing("the grid has no shrinking steps for these targets")
    rows = rows.assign(over=rows["kl_path"] / rows["h"])
    error = PATH_ERROR + H_ERROR
    return local_exponents(rows, "over", against, ["target"], last=1, relative_error=error)


@claim(
    name="follow-up theorem 3, paths: shrinking steps",
    kind=RATE,
    source=f"{FOLLOWUP}, Theorem 3",
    statement="with steps h min(t, 1 - t) the KL of the paths is at most C h (log(1/delta) + ...)",
    quantity="exponent of the paths' KL over h in log(1/delta) between the two smallest gaps",
    allowed=Region(high=1.0, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("dfm_early_path", "kl_path", "delta", -1.0),
    **_FIGURE,
)
def shrinking_steps_take_a_logarithm(dfm_early_path: pd.DataFrame) -> Evidence:
    """Every target without a score is a test, at the most steps; refuted by faster growth."""
    return _shrinking(dfm_early_path, WITHOUT_SCORE, "log(1/delta)")


@claim(
    name="follow-up theorem 3, paths: jumps need no logarithm",
    kind=OURS,
    source="ours: int (1 - t)^-1/2 dt is finite",
    statement="with shrinking steps the paths' KL of the uniform law over h is bounded in 1/delta",
    quantity="exponent of the paths' KL over h in 1/delta between the two smallest gaps",
    allowed=Region(high=0.0, margin=BOUNDED_MARGIN),
    why_margin=WHY_BOUNDED,
    control=tilted("dfm_early_path", "kl_path", "delta", -0.5),
    **_FIGURE,
)
def jumps_need_no_logarithm(dfm_early_path: pd.DataFrame) -> Evidence:
    """The logarithm is the atoms' alone; refuted by growth."""
    return _shrinking(dfm_early_path, ["uniform"], "1/delta")

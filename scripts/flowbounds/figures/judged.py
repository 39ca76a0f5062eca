"""What verdicts rest on, drawn: the tests of a claim with their intervals, and what it allows."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from flowbounds.claims.judging import judge

ALLOWED, MARGIN = "#DDE7E3", "#EEF3F1"


def judged_tests(function: Callable, *tables: pd.DataFrame) -> pd.DataFrame:
    """Return the tests of a claim, as they are judged.

    Args:
        function: of a claim (flowbounds.claims).
        tables: its arguments.

    Returns:
        Columns claim, test, mean, low, high (simultaneous 95 % interval), on the scale that is
        reported; and what names a test, as ``d``: of a step from one value to another, the latter.
        No rows where there is nothing to judge.
    """
    evidence = function(*tables)
    found = judge(evidence, function.claim.allowed)
    rows = []
    for k, test in enumerate(evidence.tests):
        names = dict(part.split(" = ", 1) for part in test.split(", ") if " = " in part)
        ends = {key: _number(value.split()[-1]) for key, value in names.items()}
        estimate, low, high = (
            float(evidence.shown(side[k])) for side in (found.estimate, found.low, found.high)
        )
        rows.append({"claim": function.claim.name, "test": test} | ends
                    | {"mean": estimate, "low": low, "high": high})  # fmt: skip
    return pd.DataFrame(rows, columns=None if rows else ["claim", "test", "mean", "low", "high"])


def _number(word: str) -> float | str:
    try:
        return float(word)
    except ValueError:
        return word


def draw_test(axes: Axes, x: float, row, **look) -> None:
    """Draw one test, a row of :func:`judged_tests`, at x with its interval."""
    if np.isfinite(row.mean):
        reach = [[max(0.0, row.mean - row.low)], [max(0.0, row.high - row.mean)]]
        style = {"markersize": 4, "capsize": 1.5, "linestyle": "", "linewidth": 1, "zorder": 3}
        axes.errorbar(x, row.mean, np.where(np.isfinite(reach), reach, 0), **style | look)


def fit_to(axes: Axes, tests: pd.DataFrame, limits: list[float]) -> None:
    """Fit the vertical axis to tests, their intervals and the limits of what is allowed."""
    values = pd.concat([tests["mean"], tests["low"], tests["high"], pd.Series(limits)])
    values = values[np.isfinite(values.astype(float))].astype(float)
    room = 0.08 * (values.max() - values.min()) or 1.0
    axes.set_ylim(values.min() - room, values.max() + room)


def shade_allowed(axes: Axes, left: float, right: float, high: float, margin: float) -> None:
    """Shade what a claim allows from left to right: all below ``high``; paler, its margin.

    The limits of the vertical axis are set before.
    """
    low, _ = axes.get_ylim()
    axes.fill_between([left, right], low, high, color=ALLOWED, linewidth=0, zorder=0)
    if margin > 0:
        ends = {"color": MARGIN, "linewidth": 0, "zorder": 0}
        axes.fill_between([left, right], high, high + margin, **ends)
    axes.plot([left, right], [high, high], color="0.3", linewidth=0.9, zorder=1)

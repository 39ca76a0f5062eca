"""All verdicts in one figure: every estimate and interval against what its claim allows.

The same rows stand below each figure, for the claims that it is about.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from flowbounds.figures import style
from flowbounds.figures.judged import ALLOWED, MARGIN

THEOREM = "Verdicts"

KINDS = {
    "text": "what the paper says of its experiments",
    "bound": "theorems: bounds",
    "rate": "theorems: rates",
    "limit": "theorems: limits",
    "check": "checks: identities that test this code",
    "ours": "our own expectations",
}
# marker, hue, filled: by what the verdict comes to
LOOKS = {
    "held": ("o", "#00694C"),
    "failed": ("X", "#C44E00"),
    "conditions not met": ("s", "#5B3A8C"),
    "inconclusive": ("D", "#6B6B6B"),
}
WORDS = {
    "held": "reproduced, not contradicted, passed, as expected",
    "failed": "not reproduced, contradicted, failed, not as expected",
    "conditions not met": "conditions not met",
    "inconclusive": "inconclusive",
}
REACH = 4.0
"""How far the axis goes, in units."""
ROW = 0.15
"""Height of a row, in inches."""
FOOT = 0.5
"""What the words below a strip take, in inches."""
LEFT, RIGHT = 0.43, 0.70
"""Ends of the axes, in widths of the figure."""

# Where words stand beside the axes, in widths of the axes.
TITLES, MEASURED, VERDICT, ROBUST, BAR = -1.56, 1.06, 1.32, 1.88, 0.17


def look(verdict: str) -> str:
    """Return which look a verdict has."""
    if verdict in LOOKS:
        return verdict
    return "held" if verdict in WORDS["held"].split(", ") else "failed"


def on_common_scale(row: Mapping) -> dict[str, float]:
    """Put a claim on a scale on which its limit is 0 and the forbidden side is positive.

    The unit is the claim's margin or the half width of its interval, whichever is larger, so that
    both can be seen. NaN where nothing was measured.
    """

    def judged(value: float) -> float:
        if not row["ratio"]:
            return value
        return np.log(value) if value > 0 else -np.inf

    low, high = judged(row["allowed_low"]), judged(row["allowed_high"])
    margin = np.log(max(row["margin"], 1.0)) if row["ratio"] else row["margin"]
    estimate, ends = judged(row["measured"]), (judged(row["ci_low"]), judged(row["ci_high"]))
    upper = np.isfinite(high) and (not np.isfinite(low) or high - estimate <= estimate - low)
    limit, sign = (high, 1.0) if upper else (low, -1.0)
    unit = max(margin, (ends[1] - ends[0]) / 2, 1e-9)
    places = sorted(sign * (end - limit) / unit for end in ends)
    width = (high - low) / unit if np.isfinite(high - low) else np.inf
    return {
        "estimate": sign * (estimate - limit) / unit,
        "low": places[0],
        "high": places[1],
        "margin": margin / unit,
        "width": width,
    }


def draw(verdicts: list[pd.DataFrame]) -> tuple[Figure, pd.DataFrame]:
    """Draw a row a claim, by paper and kind; what the claim allows is shaded.

    Args:
        verdicts: results/verdicts.csv.
    """
    table = verdicts[0]
    lines: list[tuple[str, object]] = []
    for paper in sorted(table["paper"].unique()):
        for kind, words in KINDS.items():
            rows = table[(table["paper"] == paper) & (table["kind"] == kind)]
            if len(rows):
                lines += [("title", f"Paper {paper}: {words}")]
                lines += [("claim", row) for row in rows.to_dict("records")]
    height = 1.3 + ROW * len(lines)
    figure, axes = plt.subplots(figsize=(style.WIDTH, height), layout="none")
    # words of fixed size on both sides: places are given, not found
    figure.subplots_adjust(left=LEFT, right=RIGHT, top=1 - 0.05 / height, bottom=0.85 / height)
    drawn = []
    for place, (kind, content) in enumerate(lines):
        if kind == "title":
            axes.text(
                TITLES, place, content, fontsize=7, fontweight="bold", ha="left", va="center",
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip
        else:
            drawn.append({"claim": content["claim"]} | _row(axes, place, content))
            _share(axes, place, content["robust"], LOOKS[look(content["verdict"])][1])
    headings = {MEASURED: "measured", VERDICT: f"verdict ({table['scale'].iloc[0]} scale)"}
    _frame(axes, len(lines), headings | {ROBUST: "robust"})
    handles = [
        Line2D([], [], color=hue, marker=marker, linestyle="-", markersize=4, label=WORDS[name])
        for name, (marker, hue) in LOOKS.items()
    ]
    figure.legend(handles=handles, loc="lower center", ncols=2, fontsize=6)
    return figure, pd.DataFrame(drawn)


def add_below(figure: Figure, rows: Sequence[Mapping]) -> None:
    """Make a figure taller, and draw the claims that it is about below what it shows.

    Args:
        figure: finished, with a layout that is settled.
        rows: of results/verdicts.csv.
    """
    if not rows:
        return
    width, height = figure.get_size_inches()
    strip = FOOT + ROW * (len(rows) + 1.4)
    height += strip
    share = strip / height
    figure.set_size_inches(width, height)
    _lift(figure, share)
    axes = figure.add_axes((LEFT, FOOT / height, RIGHT - LEFT, share - FOOT / height))
    for place, row in enumerate(rows):
        _row(axes, place, row)
    _frame(axes, len(rows), {MEASURED: "measured", VERDICT: "verdict"})


def _lift(figure: Figure, share: float) -> None:
    """Move all of a figure up, so that its lowest share is free."""

    def lifted(box: Bbox) -> Bbox:
        (x0, y0), (x1, y1) = box.get_points()
        return Bbox([[x0, share + (1 - share) * y0], [x1, share + (1 - share) * y1]])

    for axes in figure.axes:
        if axes.figure is figure:
            axes.set_position(lifted(axes.get_position(original=True)))
    for part in figure.subfigs:
        part.bbox_relative.set(lifted(part.bbox_relative))
    for text in figure.texts:
        text.set_y(share + (1 - share) * text.get_position()[1])
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0, share, 1, 1 - share), figure.transFigure)


def _row(axes: Axes, place: int, row: Mapping) -> dict[str, float]:
    """Draw one claim and return its numbers on the common scale."""
    at = on_common_scale(row)
    marker, hue = LOOKS[look(row["verdict"])]
    low = max(-at["width"], -REACH) if np.isfinite(at["width"]) else -REACH
    axes.fill_between([low, 0], place - 0.42, place + 0.42, color=ALLOWED, linewidth=0, zorder=0)
    if at["margin"] > 0:
        ends = [0, min(at["margin"], REACH)]
        axes.fill_between(ends, place - 0.42, place + 0.42, color=MARGIN, linewidth=0, zorder=0)
    if np.isfinite(at["estimate"]):
        interval = np.clip([at["low"], at["high"]], -REACH, REACH)
        axes.plot(interval, [place] * 2, color=hue, linewidth=1.1, zorder=2, solid_capstyle="butt")
        inside = abs(at["estimate"]) <= REACH
        symbol = marker if inside else (">" if at["estimate"] > 0 else "<")
        where = float(np.clip(at["estimate"], -REACH, REACH))
        axes.plot(where, place, marker=symbol, color=hue, markersize=4.5, zorder=3, clip_on=False)
    else:
        axes.text(0.06, place, "not measured", fontsize=6, color=hue, va="center")
    transform = axes.get_yaxis_transform()
    axes.text(-0.02, place, row["claim"], fontsize=6, ha="right", va="center", transform=transform)
    words = f"{row['measured']:.3g}" if np.isfinite(row["measured"]) else "–"
    axes.text(MEASURED, place, words, fontsize=6, va="center", transform=transform)
    axes.text(
        VERDICT, place, row["verdict"], fontsize=6, va="center", color=hue, transform=transform
    )
    return at


def _share(axes: Axes, place: int, share: float, hue: str) -> None:
    """Draw how robust a verdict is as a bar of that length."""
    left, width = ROBUST, BAR
    for length, colour in ((1.0, "0.9"), (share, hue)):
        axes.plot(
            [left, left + width * length], [place] * 2, color=colour, linewidth=3.2,
            transform=axes.get_yaxis_transform(), clip_on=False, solid_capstyle="butt",
        )  # fmt: skip


def _frame(axes: Axes, lines: int, headings: Mapping[float, str]) -> None:
    axes.axvline(0, color="0.2", linewidth=0.9, zorder=1)
    axes.set(xlim=(-REACH, REACH), ylim=(lines - 0.4, -1.4), yticks=[])
    axes.set_xlabel(
        r"allowed $\leftarrow$ limit $\rightarrow$ forbidden"
        + "\n(in units of margin or interval)",
        fontsize=7,
    )
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", visible=False)
    transform = axes.get_yaxis_transform()
    for x, words in headings.items():
        axes.text(x, -1, words, fontsize=6, color="0.35", va="center", transform=transform)

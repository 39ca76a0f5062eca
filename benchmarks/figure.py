"""bench_scaling.png: time against each size on logarithmic axes, and the paper's scale by stage."""

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from benchmarks.scaling import slope
from flowbounds.figures import style
from flowbounds.figures.loglog import rate_axes

TITLES = {
    "seeds": "seeds",
    "m": "width $m$",
    "d": "dimension $d$",
    "n": "sample size $n$",
    "checkpoints": "checkpoints",
}
STAGES = {
    "train": "#0072B2",
    "flow": "#D55E00",
    "sample": "#CC79A7",
    "sliced W1": "#009E73",
    "exact W1": "#E69F00",
    "start-up": "0.6",
}


def draw(
    rows: list[dict], base: dict, predicted: dict[str, float], measured: dict[str, float] | None
) -> Figure:
    """Draw the figure.

    Args:
        rows: what ``scaling.measure`` returned.
        base: the sizes that are held where another one varies.
        predicted: core seconds of the paper's simulation by stage.
        measured: core seconds by rule, or None.
    """
    style.apply()
    figure, axes = plt.subplots(2, 3, figsize=(style.WIDTH, 4.2), sharey=False)
    timed = [r for r in rows if r["quantity"].startswith("seconds_against")]
    for ax, (size, title) in zip(axes.flat, TITLES.items(), strict=False):
        mine = [r for r in rows if r["quantity"] == f"seconds_against_{size}"]
        x, y = ([r[key] for r in mine] for key in (size, "value"))
        ax.fill_between(
            x, [r["low"] for r in mine], [r["high"] for r in mine], color="#0072B2", alpha=0.2,
            linewidth=0,
        )  # fmt: skip
        ax.plot(x, y, color="#0072B2", marker="o")
        ends = [x[0], x[-1]]
        ax.plot(ends, [y[-1] * end / x[-1] for end in ends], color="0.45", lw=0.9, ls="-.")
        rate_axes(ax, x)
        ax.set_ylim(min(r["low"] for r in timed) / 1.3, max(r["high"] for r in timed) * 1.3)
        ax.set_xlabel(title)
        ax.set_title(f"slope {slope(rows, size):.2f}", fontsize=8)
    for ax in axes[:, 0]:
        ax.set_ylabel("seconds of a job")
    bars(axes.flat[-1], predicted, measured)
    held = ", ".join(f"{TITLES[size]} = {value}" for size, value in base.items())
    figure.suptitle(
        f"Median and range of a job's time; dash-dotted: slope 1.\nWhat does not vary: {held}",
        fontsize=8,
    )
    return figure


def bars(ax, predicted: dict[str, float], measured: dict[str, float] | None) -> None:
    """Stack the core minutes of the paper's simulation by stage."""
    groups = {"predicted": predicted, "measured": measured or {}}
    for place, parts in enumerate(groups.values()):
        bottom = 0.0
        for stage, seconds in parts.items():
            minutes = seconds / 60
            ax.bar(place, minutes, bottom=bottom, color=STAGES[stage], width=0.62, linewidth=0)
            bottom += minutes
    if not measured:
        ax.text(1, 0, "not\nmeasured", ha="center", va="bottom", fontsize=7, color="0.35")
    handles = [Patch(color=STAGES[stage], label=stage) for stage in predicted | (measured or {})]
    ax.legend(handles=handles, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    ax.set_xticks(range(len(groups)), list(groups))
    ax.set_xlim(-0.6, 1.6)
    ax.set_ylabel("core minutes")
    ax.set_title("the paper's simulation", fontsize=8)
    ax.grid(axis="x", visible=False)

"""Claims that paper A's text makes of its own experiments (section 5), and of its figure 1.

A cell is (d, m, eta). v = x1 - x0 is standard Gaussian, so that a network that says nothing has the
loss d; at kappa = 1 an untrained one has far more. What falls in these experiments is mostly the
network's random start.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from flowbounds.claims.claim import CHECK, OURS, TEXT, claim
from flowbounds.claims.controls import altered, mirrored, scaled, tilted
from flowbounds.claims.evidence import (
    Evidence,
    array,
    gaps_over_bands,
    levels,
    named,
    nothing,
    orderings,
    ratios,
)
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import (
    FALL_MARGIN,
    PUBLISHED_MARGIN,
    WHY_FALL,
    WHY_PUBLISHED,
    WHY_WIDTH,
    WIDTH_MARGIN,
)
from flowbounds.experiments.summaries import terminal

CELL = ["d", "m", "eta"]
TEXT_OF_A = {"paper": "A", "kind": TEXT}
PUBLISHED_SEEDS = 10
FIFTHS = 5

Statistic = Callable[[np.ndarray], np.ndarray]


def _last(values: np.ndarray) -> np.ndarray:
    return values[:, -1]


def _mean_after_start(values: np.ndarray) -> np.ndarray:
    return values[:, 1:].mean(axis=1)


def _over_published(
    simulation: pd.DataFrame, published: pd.DataFrame, quantity: str, statistic: Statistic
) -> Evidence:
    """Judge, per curve (m, eta), the mean over d of the log ratio of ours to the published values.

    The statistic takes entries (cell, t, seed) to (cell, seed). Only values that were read well
    count. The published mean of ten seeds scatters as one of ours would: deviations of our seeds
    are widened so that the t interval holds both scatters.
    """
    values, _, _ = array(simulation, quantity, CELL, "t")
    cells = simulation[CELL].drop_duplicates().sort_values(CELL).reset_index(drop=True)
    seeds = values.shape[-1]
    logs = np.log(statistic(values))
    centre = logs.mean(axis=-1, keepdims=True)
    logs = centre + (logs - centre) * np.sqrt(1 + seeds / PUBLISHED_SEEDS)
    good = published.loc[published["quality"] == "good", [*CELL, "value"]]
    cells = cells.assign(row=cells.index).merge(good, on=CELL)
    if cells.empty:
        return nothing("no cell of the grid has a published value that can be read")
    curves = list(cells.groupby(["m", "eta"]))
    longest = max(len(curve) for _, curve in curves)
    raw, weights = np.zeros((len(curves), longest, seeds)), np.zeros((len(curves), longest))
    for k, (_, curve) in enumerate(curves):
        raw[k, : len(curve)] = logs[curve["row"]] - np.log(curve["value"].to_numpy())[:, None]
        weights[k, : len(curve)] = 1 / len(curve)
    tests = [named(zip(("m", "eta"), key, strict=True)) for key, _ in curves]
    return Evidence(tests, raw, weights, log=True)


def _figure_1(quantity: str, reading: str) -> dict:
    return {
        "source": "paper A, v1, Figure 1 and its caption",
        "figure": "a_fig1_global_view",
        "quantity": f"{reading} over the published value, geometric mean over d, per (m, eta)",
        "allowed": Region(low=1.0, high=1.0, margin=PUBLISHED_MARGIN),
        "why_margin": WHY_PUBLISHED,
        "control": scaled("simulation", quantity, 10),
    }


@claim(
    name="figure 1: the loss shown is terminal",
    statement="figure 1 (a) shows the loss at the last iteration, as its caption says",
    **TEXT_OF_A | _figure_1("loss", "our loss at T"),
    decided="after the published values had been seen to exceed our terminal ones",
)
def caption_loss(simulation: pd.DataFrame, fig1a_loss: pd.DataFrame) -> Evidence:
    """Were the caption right, ours over theirs would be 1 along every curve.

    A curve's mean over d is judged, not each value: at d = 5 seeds scatter by up to 40 %, ten seeds
    by more than the margin. Refuted by a curve that lies off by more than margin and scatter.
    """
    return _over_published(simulation, fig1a_loss, "loss", _last)


@claim(
    name="figure 1: the sliced W1 shown is terminal",
    statement="figure 1 (b) shows sliced W1 at the last iteration, as its caption says",
    **TEXT_OF_A | _figure_1("sliced_w1", "our sliced W1 at T"),
    decided="after the published values had been seen to exceed our terminal ones",
)
def caption_sliced_w1(simulation: pd.DataFrame, fig1b_sw1: pd.DataFrame) -> Evidence:
    """As :func:`caption_loss`, of sliced W1; refuted alike."""
    return _over_published(simulation, fig1b_sw1, "sliced_w1", _last)


@claim(
    name="figure 1: the loss shown is a mean over the trajectory",
    statement="figure 1 (a) shows the mean of the loss over the checkpoints t > 0",
    **TEXT_OF_A | _figure_1("loss", "our mean loss over t > 0") | {"kind": OURS},
    decided="after the published values had been seen to be near this mean",
)
def figure_1_loss_is_a_mean(simulation: pd.DataFrame, fig1a_loss: pd.DataFrame) -> Evidence:
    """Our explanation of :func:`caption_loss`; refuted by the same rule and margin."""
    return _over_published(simulation, fig1a_loss, "loss", _mean_after_start)


@claim(
    name="figure 1: the sliced W1 shown is a mean over the trajectory",
    statement="figure 1 (b) shows the mean of sliced W1 over the checkpoints t > 0",
    **TEXT_OF_A | _figure_1("sliced_w1", "our mean sliced W1 over t > 0") | {"kind": OURS},
    decided="after the published values had been seen to be near this mean",
)
def figure_1_sliced_w1_is_a_mean(simulation: pd.DataFrame, fig1b_sw1: pd.DataFrame) -> Evidence:
    """Our explanation of :func:`caption_sliced_w1`; refuted by the same rule and margin."""
    return _over_published(simulation, fig1b_sw1, "sliced_w1", _mean_after_start)


def _decrease(simulation: pd.DataFrame, name: str, start: float, end: float) -> pd.DataFrame:
    """Return a column with log L(start) - log L(end) of every network; fractions of T."""
    times = np.sort(simulation["t"].unique())
    first, last = (times[round(part * (len(times) - 1))] for part in (start, end))
    keys = [*CELL, "seed"]
    sides = [
        simulation.loc[simulation["t"] == t, [*keys, "loss"]].set_index(keys)["loss"]
        for t in (first, last)
    ]
    return np.log(sides[0] / sides[1]).rename(name).reset_index()


@claim(
    name="experiments: geometric decay",
    source="paper A, v1, section 5 and Figure 3",
    statement="the training loss decays geometrically in t",
    figure="a_fig3_loss_trajectories",
    quantity="rate of decrease of log L over the last fifth of the iterations over that of the "
    "first",
    allowed=Region(low=0.5, high=2.0),
    why_margin="a factor of two in the rate is still called geometric; no more on top",
    control=altered(
        "simulation",
        "loss = 100 / (1 + t)",
        lambda rows: rows.assign(loss=100 / (1 + rows["t"])),
    ),
    **TEXT_OF_A,
)
def geometric_decay(simulation: pd.DataFrame) -> Evidence:
    """At one geometric rate log L falls by the same in every fifth of the iterations.

    Every (d, m, eta) is a test: a mean over step sizes hides that the smallest is nearly geometric
    and the largest is not at all. Refuted by a cell whose rate changes by more than a factor of 2.
    """
    if simulation["t"].nunique() <= FIFTHS:
        return nothing(f"{simulation['t'].nunique()} checkpoints cannot be cut into fifths")
    early = _decrease(simulation, "early", 0, 1 / FIFTHS)
    late = _decrease(simulation, "late", 1 - 1 / FIFTHS, 1)
    return ratios(early.merge(late, on=[*CELL, "seed"]), "late", "early", CELL)


@claim(
    name="experiments: loss against d",
    source="paper A, v1, section 5 and Figures 1 and 3",
    statement="a larger d gives a strictly larger terminal loss at every (m, eta)",
    figure="a_fig1_global_view",
    quantity="terminal loss over that at the next smaller d",
    allowed=Region(low=1.0),
    why_margin="none: the text says strictly",
    control=mirrored("simulation", "d"),
    **TEXT_OF_A,
)
def loss_grows_with_dimension(simulation: pd.DataFrame) -> Evidence:
    """Every (m, eta) and pair of neighbouring d is a test; refuted by a pair at which it falls.

    The loss of f = 0 is d itself, and that of the random start grows like d^2: growth says little
    of learning.
    """
    return orderings(terminal(simulation, CELL), "loss", "d", ["m", "eta"])


@claim(
    name="experiments: decay against eta",
    source="paper A, v1, section 5 and Figure 3",
    statement="the loss decays faster for larger eta",
    figure="a_fig3_loss_trajectories",
    quantity="log(L(0) / L(T)) less that at the next smaller eta",
    allowed=Region(low=0.0),
    why_margin="none: the text says faster",
    control=mirrored("simulation", "eta"),
    **TEXT_OF_A,
)
def larger_steps_decay_faster(simulation: pd.DataFrame) -> Evidence:
    """Every (d, m) and pair of neighbouring eta is a test; refuted by a pair that is slower.

    Step sizes share data and initialisation, so that the comparison is within seeds.
    """
    decay = _decrease(simulation, "decay", 0, 1)
    return orderings(decay, "decay", "eta", ["d", "m"], log=False)


@claim(
    name="experiments: loss against m",
    source="paper A, v1, section 5 and Figure 1",
    statement="a larger m at fixed (eta, d) gives only marginal improvement",
    figure="a_fig1_global_view",
    quantity="terminal loss at the largest over that at the smallest m",
    allowed=Region(low=0.5, high=1.0, margin=WIDTH_MARGIN),
    why_margin=WHY_WIDTH,
    control=tilted("simulation", "loss", "m", 2),
    **TEXT_OF_A,
    decided="after the loss had been seen to grow with m; that an improvement is at most 1 follows "
    "from the text",
)
def width_improves_marginally(simulation: pd.DataFrame) -> Evidence:
    """An improvement is a ratio of at most 1, a marginal one of no less than 1/2; per (d, eta).

    Refuted by growth as well as by a large improvement. That the loss grows is due to kappa = 1:
    a wider network has more of a random start to unlearn.
    """
    widths = simulation["m"].min(), simulation["m"].max()
    ends = terminal(simulation, CELL)
    return orderings(ends[ends["m"].isin(widths)], "loss", "m", ["d", "eta"])


@claim(
    name="experiments: sliced W1 at T and at 0",
    source="paper A, v1, section 5 and Figure 4",
    statement="sliced W1 falls along the trajectory: it is smaller at T than at 0",
    figure="a_fig4_sliced_w1_trajectories",
    quantity="sliced W1 at T over that at t = 0",
    allowed=Region(high=1.0),
    why_margin="none: the ends are far apart",
    control=mirrored("simulation", "t"),
    **TEXT_OF_A,
)
def distance_falls(simulation: pd.DataFrame) -> Evidence:
    """The weakest reading of the sentence, by end points; refuted by a cell that ends farther."""
    ends = simulation["t"].isin([simulation["t"].min(), simulation["t"].max()])
    return orderings(simulation[ends], "sliced_w1", "t", CELL)


@claim(
    name="experiments: sliced W1 falls throughout",
    source="paper A, v1, section 5 and Figure 4",
    statement="sliced W1 falls along the trajectory, in each fifth of it",
    figure="a_fig4_sliced_w1_trajectories",
    quantity="sliced W1 at the end of a fifth of the iterations over that at its start",
    allowed=Region(high=1.0, margin=FALL_MARGIN),
    why_margin=WHY_FALL,
    control=mirrored("simulation", "t"),
    **TEXT_OF_A,
    decided="after the fall had been seen to end early at the largest eta",
)
def distance_falls_throughout(simulation: pd.DataFrame) -> Evidence:
    """The sentence as it stands; refuted by a cell and a fifth in which the distance rises.

    Fifths, not checkpoints: between neighbouring ones the fall is less than its own noise.
    """
    times = np.sort(simulation["t"].unique())
    if len(times) <= FIFTHS:
        return nothing(f"{len(times)} checkpoints cannot be cut into fifths")
    cuts = times[np.round(np.linspace(0, len(times) - 1, FIFTHS + 1)).astype(int)]
    return orderings(simulation[simulation["t"].isin(cuts)], "sliced_w1", "t", CELL)


@claim(
    name="experiments: sliced W1 against d",
    source="paper A, v1, section 5 and Figures 1 and 4",
    statement="sliced W1 ends larger for larger d at every (m, eta)",
    figure="a_fig1_global_view",
    quantity="terminal sliced W1 over that at the next smaller d",
    allowed=Region(low=1.0),
    why_margin="none: the text says larger",
    control=mirrored("simulation", "d"),
    **TEXT_OF_A,
)
def distance_grows_with_dimension(simulation: pd.DataFrame) -> Evidence:
    """Every (m, eta) and pair of neighbouring d is a test; refuted by a pair at which it falls."""
    return orderings(terminal(simulation, CELL), "sliced_w1", "d", ["m", "eta"])


def _same_at_every_d(quantity: str):
    """Return a control in which curves of different d lie on one another."""

    def alter(rows: pd.DataFrame) -> pd.DataFrame:
        keys = ["m", "eta", "seed", "t"]
        lowest = rows[rows["d"] == rows["d"].min()].set_index(keys)[quantity]
        return rows.assign(**{quantity: lowest.reindex(pd.MultiIndex.from_frame(rows[keys])).array})

    return altered("simulation", f"the {quantity} of the smallest d at every d", alter)


def _bands(quantity: str, of: str) -> dict:
    return {
        "source": "paper A, v1, section 5 and Figures 3 and 4",
        "statement": f"seed bands of {of} are narrow against the gaps between the curves of "
        "different d",
        "quantity": f"gap between the terminal means of {of} at neighbouring d over the sum of "
        "their standard deviations",
        "allowed": Region(low=1.0),
        "why_margin": "none: at 1 bands of one standard deviation touch, which is wide already",
        "control": _same_at_every_d(quantity),
    }


@claim(
    name="experiments: seed bands of the loss",
    figure="a_fig3_loss_trajectories",
    **TEXT_OF_A | _bands("loss", "the loss"),
)
def bands_of_loss_are_narrow(simulation: pd.DataFrame) -> Evidence:
    """Above 1 bands of one standard deviation on either side do not touch; refuted below.

    Every (m, eta) and pair of neighbouring d is a test. The finer the grid in d, the more the claim
    asks for.
    """
    return gaps_over_bands(terminal(simulation, CELL), "loss", "d", ["m", "eta"])


@claim(
    name="experiments: seed bands of sliced W1",
    figure="a_fig4_sliced_w1_trajectories",
    **TEXT_OF_A | _bands("sliced_w1", "sliced W1"),
)
def bands_of_distance_are_narrow(simulation: pd.DataFrame) -> Evidence:
    """As :func:`bands_of_loss_are_narrow`, of sliced W1; refuted alike."""
    return gaps_over_bands(terminal(simulation, CELL), "sliced_w1", "d", ["m", "eta"])


@claim(
    name="experiments: image curves",
    source="paper A, v1, section 5 and Figure 5",
    statement="image curves group by eta, not by m",
    figure="a_fig5_image_dynamics",
    quantity="ratio of terminal losses at neighbouring eta (geometric means over m) over that at "
    "any two m and one of these eta",
    allowed=Region(low=1.0),
    why_margin="none: at 1 the groups are no farther apart than their members",
    control=tilted("images", "loss", "m", 20),
    **TEXT_OF_A,
)
def image_curves_group_by_step_size(images: pd.DataFrame) -> Evidence:
    """Groups are apart when the gap between them is wider than any pair within them.

    A test is a data set, two neighbouring step sizes and an ordered pair of widths at one of them:
    the spread over widths is a largest of pairs, and judging each pair needs no largest. Refuted by
    a pair of widths that differs by more than its group from the next.
    """
    logs, datasets, etas, widths = _image_losses(images)
    if len(etas) < 2 or len(widths) < 2:
        return nothing("groups need two step sizes and two widths")
    tests, raw, weights = [], [], []
    for k in range(len(etas) - 1):
        pair = logs[:, k : k + 2].reshape(len(datasets), -1, logs.shape[-1])
        for e, high, low in np.ndindex(2, len(widths), len(widths)):
            if high == low:
                continue
            contrast = np.array([[1.0], [-1.0]]) * np.ones(len(widths)) / len(widths)
            contrast[e, high] -= 1
            contrast[e, low] += 1
            raw.append(pair)
            weights.append(np.tile(contrast.ravel(), (len(datasets), 1)))
            words = f"m = {widths[high]:g} against {widths[low]:g} at eta = {etas[k + e]:g}"
            gap = f"gap from eta = {etas[k]:g} to {etas[k + 1]:g}"
            tests += [f"{dataset}, {gap}, {words}" for dataset in datasets]
    return Evidence(tests, np.concatenate(raw), np.concatenate(weights), log=True)


def _image_losses(images: pd.DataFrame) -> tuple:
    """Return log terminal losses (dataset, eta, m, seed), and the values of the first three."""
    last = images[images["t"] == images["t"].max()]
    datasets = sorted(last["dataset"].unique())
    etas = np.sort(last["eta"].unique())
    losses, _, widths = array(last, "loss", ["dataset", "eta"], "m")
    logs = np.log(losses).reshape(len(datasets), len(etas), len(widths), -1)
    return logs, datasets, etas, widths


def _at_largest_step(image_classes: pd.DataFrame) -> pd.DataFrame:
    return image_classes[image_classes["eta"] == image_classes["eta"].max()]


@claim(
    **TEXT_OF_A,
    name="experiments: ten classes",
    source="paper A, v1, section 5, figures 6 and 7",
    statement="samples at eta = 1e-2 span all ten classes",
    figure="a_fig6_7_sample_grids",
    quantity="least class share among samples whose five nearest training codes agree, over the "
    "same share of held-out images",
    allowed=Region(low=0.5),
    why_margin="none: half the share of real images is itself a generous limit",
    decided="after counting the classes of nearest neighbours was seen to give ten for Gaussian "
    "noise; the limit lies between real codes (.70 to .91 of digits) and that noise (.13 to .24)",
    control=altered(
        "image_classes",
        "noise with the codes' mean and covariance for the samples",
        lambda rows: rows.assign(clear_least=rows["clear_noise"]),
    ),
)
def samples_span_all_classes(image_classes: pd.DataFrame) -> Evidence:
    """Each (data set, width) is a test; refuted by one in which a class is not clearly there.

    To have a nearest neighbour of every class says nothing: Gaussian noise has. A sample is of a
    class when its five nearest training codes agree on it, which those of four in five real digits
    do and those of one in three noise codes.
    """
    return levels(_at_largest_step(image_classes), "clear_least", ["dataset", "m"])


@claim(
    paper="A",
    kind=CHECK,
    name="experiments: ten classes, of real images",
    source="ours: what the test of ten classes says of held-out images",
    statement="as many held-out images as samples span all ten classes by the same test",
    figure="a_fig6_7_sample_grids",
    quantity="the same for held-out images in place of samples",
    allowed=Region(low=0.5),
    why_margin="none, as for the samples",
    decided="after, with the claim that it guards",
    control=altered(
        "image_classes",
        "noise with the codes' mean and covariance for the images",
        lambda rows: rows.assign(clear_real=rows["clear_noise"]),
    ),
)
def real_images_span_all_classes(image_classes: pd.DataFrame) -> Evidence:
    """The test must let real images pass; refuted by a data set whose own images fail it."""
    rows = _at_largest_step(image_classes).drop_duplicates(["dataset", "seed"])
    return levels(rows, "clear_real", ["dataset"])

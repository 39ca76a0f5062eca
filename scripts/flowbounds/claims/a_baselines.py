"""Whether paper A's training beats doing nothing: f = 0 for a velocity, x = x0 for a sampler.

Each cell is compared in pairs with what no training gives on the very same points, table
``baselines``. v = x1 - x0 is standard Gaussian, so that f = 0 has the loss d and the error
E|N(0, I_d)|; x0 is the data with noise of variance 1.
"""

import pandas as pd

from flowbounds.claims.claim import OURS, claim
from flowbounds.claims.controls import altered, scaled
from flowbounds.claims.evidence import Evidence, levels, nothing, ratios
from flowbounds.claims.judging import Region
from flowbounds.experiments.summaries import terminal

SEEN = "after an audit had found most cells to do worse than nothing"


def _beside(
    table: pd.DataFrame, baselines: pd.DataFrame, experiment: str, cell: list[str]
) -> pd.DataFrame:
    """Add to every row what no training gives on its points."""
    own = baselines.loc[baselines["experiment"] == experiment]
    keys = [*cell, "seed"]
    columns = own.columns.difference([*table.columns, "experiment"]).tolist()
    return table.merge(own[[*keys, *columns]], on=keys)


def _of(experiment: str, figure: str, quantity: str, column: str) -> dict:
    return {
        "paper": "A",
        "kind": OURS,
        "source": "ours",
        "figure": figure,
        "quantity": quantity,
        "allowed": Region(high=1.0),
        "why_margin": "none: who does as well as nothing has learned nothing",
        "control": scaled(experiment, column, 1000),
        "decided": SEEN,
    }


def _over(
    table: pd.DataFrame, above: str, below: str, cell: list[str], why: str = "the grid is empty"
) -> Evidence:
    return ratios(table, above, below, cell) if len(table) else nothing(why)


@claim(
    name="experiments: training beats f = 0",
    statement="the terminal loss of every (d, m, eta) is below that of f = 0",
    **_of("simulation", "a_fig1_global_view", "loss at T over that of f = 0", "loss"),
)
def training_beats_zero(simulation: pd.DataFrame, baselines: pd.DataFrame) -> Evidence:
    """On the training sample itself, where it is easiest; refuted by a cell that is above."""
    ends = _beside(terminal(simulation, ["d", "m", "eta"]), baselines, "simulation", ["d"])
    return _over(ends, "loss", "zero_loss", ["d", "m", "eta"])


@claim(
    name="experiments: samples beat x = x0",
    statement="terminal samples of every (d, m, eta) are closer to the data than their starting "
    "points",
    **_of("simulation", "a_fig1_global_view", "sliced W1 at T over that of x = x0", "sliced_w1"),
)
def samples_beat_start(simulation: pd.DataFrame, baselines: pd.DataFrame) -> Evidence:
    """A sampler that moves nothing returns x0; refuted by a cell that is farther away."""
    ends = _beside(terminal(simulation, ["d", "m", "eta"]), baselines, "simulation", ["d"])
    return _over(ends, "sliced_w1", "sliced_w1_start", ["d", "m", "eta"])


@claim(
    name="images: training beats f = 0",
    statement="on image codes, the terminal loss of every (m, eta) is below that of f = 0",
    **_of("images", "a_fig5_image_dynamics", "loss at T over that of f = 0", "loss"),
)
def image_training_beats_zero(images: pd.DataFrame, baselines: pd.DataFrame) -> Evidence:
    """As :func:`training_beats_zero`; refuted alike."""
    ends = terminal(images, ["dataset", "m", "eta"])
    ends = _beside(ends, baselines, "images", ["dataset"])
    return _over(ends, "loss", "zero_loss", ["dataset", "m", "eta"])


@claim(
    name="images: samples beat x = x0",
    statement="on image codes, terminal samples of every (m, eta) are closer to held-out codes "
    "than their starting points",
    **_of("images", "a_fig5_image_dynamics", "sliced W1 at T over that of x = x0", "sliced_w1"),
)
def image_samples_beat_start(images: pd.DataFrame, baselines: pd.DataFrame) -> Evidence:
    """As :func:`samples_beat_start`; refuted alike."""
    ends = terminal(images, ["dataset", "m", "eta"])
    ends = _beside(ends, baselines, "images", ["dataset"])
    return _over(ends, "sliced_w1", "sliced_w1_start", ["dataset", "m", "eta"])


@claim(
    name="theorem 3.3: networks beat f = 0",
    statement="the error of trained networks on fresh data is below that of f = 0",
    **_of(
        "generalization",
        "a_thm33_generalization",
        "E|f - v| of networks over E|v|, tau uniform on [0, 1]",
        "test_error",
    ),
)
def networks_beat_zero(generalization: pd.DataFrame, baselines: pd.DataFrame) -> Evidence:
    """Every (d, n, m) of finite width; refuted by one that knows less of fresh data than nothing.

    The kernel limit is left out: it starts from f = 0.
    """
    finite = generalization["m"] < float("inf")
    own = generalization[finite & (generalization["tau_min"] == 0)]
    rows = _beside(own, baselines, "generalization", ["d"])
    return _over(rows, "test_error", "zero_error", ["d", "n", "m"], "no width is finite")


def _farther(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(w1_debiased=rows["w1_debiased"] + 10 * rows["w1_floor"])


@claim(
    name="theorem 3.5: samples beat x = x0",
    **_of("sampling", "a_thm35_sampling", "", "w1_debiased")
    | {
        "statement": "generated samples are closer to the data than their starting points",
        "quantity": "debiased W1 less that of x = x0, in units of W1 of two fresh samples",
        "allowed": Region(high=0.0),
        "control": altered("sampling", "w1_debiased and ten floors", _farther),
        "decided": "before, but for what an audit had found of sliced W1 in other experiments",
    },
)
def theorem_35_samples_beat_start(sampling: pd.DataFrame, baselines: pd.DataFrame) -> Evidence:
    """Every (d, n, m, B1); refuted by a cell that is farther away than x0.

    A difference and no ratio, since debiased distances may be negative.
    """
    rows = _beside(sampling, baselines, "sampling", ["d", "b1"])
    if rows.empty:
        return nothing("the grid is empty")
    gap = (rows["w1_debiased"] - rows["w1_start"]) / rows["w1_floor"]
    return levels(rows.assign(gap=gap), "gap", ["d", "n", "m", "b1"])

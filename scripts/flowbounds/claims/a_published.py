"""Claims about the runs that paper A's figures 3, 4 and 5 show, value by value beside our seeds.

Their captions notwithstanding, these figures look like single runs. A single run lies within 2 and
3 standard deviations of the mean of k seeds with probabilities that follow from Student's t (91 and
98 % at ten seeds), but how many of a figure's values do varies far more than that of as many coins:
curves of one run hang together. What is judged is therefore how far out the whole run lies, beside
how far out each of our own runs lies, which hang together alike.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from flowbounds.claims.claim import OURS, claim
from flowbounds.claims.controls import Control, altered
from flowbounds.claims.evidence import Evidence, array, named, nothing
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import RUN_MARGIN, WHY_RUN
from flowbounds.experiments.summaries import beside_published, expected_within

CELL = ["d", "m", "eta", "t"]


def _distances(runs: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Return the distance of a published run over that of each of ours, shape (S,).

    A distance is the mean over the values of |z|, in standard deviations of the other S - 1 of our
    runs about their mean: the same for the published run, to whose scatter the reading error is
    added, and for ours. If the published run is another of ours, both have the same distribution.

    Args:
        runs: ours, shape (N, S).
        value, error: the published run's and its reading error, shape (N,).
    """
    ours, theirs = [], []
    for seed in range(runs.shape[1]):
        others = np.delete(runs, seed, axis=1)
        mean, sd = others.mean(axis=1), others.std(axis=1, ddof=1)
        ours.append(np.mean(np.abs(runs[:, seed] - mean) / sd))
        theirs.append(np.mean(np.abs(value - mean) / np.hypot(sd, error)))
    return np.array(theirs) / np.array(ours)


def _among_our_runs(
    table: pd.DataFrame,
    published: pd.DataFrame,
    cell: Sequence[str],
    quantities: Sequence[str],
    panel: Sequence[str] = (),
) -> Evidence:
    """Judge, per panel and quantity, the distance of the published run over that of ours.

    Only t > 0, where networks have been trained, counts. The published run scatters as one of ours
    would: deviations of our seeds are widened so that the t interval holds both scatters. The note
    has how many values lie within 2 and 3 standard deviations, and how many of our law's would.

    Args:
        published: columns of the cell, metric (a quantity), value, err_est, quality.
    """
    tests, ratios, beside = [], [], []
    published = published[published["t"] > 0]
    for quantity in quantities:
        values = published[published["metric"] == quantity]
        both = table.merge(values[[*cell, "value", "err_est"]], on=list(cell))
        if both["seed"].nunique() < 3:
            continue
        beside.append(beside_published(table, values, cell, quantity))
        for key, part in both.groupby(list(panel)) if panel else [((), both)]:
            runs, value, error = (
                array(part, name, cell)[0][:, 0] for name in (quantity, "value", "err_est")
            )
            ratios.append(_distances(runs, value[:, 0], error[:, 0]))
            tests.append(named([("quantity", quantity), *zip(panel, key, strict=True)]))
    if not tests:
        return nothing("no value of the figure is of a cell of the grid, or of fewer than 3 seeds")
    logs = np.log(ratios)[:, None]
    centre = logs.mean(axis=-1, keepdims=True)
    raw = centre + (logs - centre) * np.sqrt(1 + logs.shape[-1])
    return Evidence(tests, raw, np.ones((len(tests), 1)), log=True, note=_counts(pd.concat(beside)))


def _counts(beside: pd.DataFrame) -> str:
    found = [(beside["z"].abs() <= z).sum() for z in (2, 3)]
    likely = [expected_within(z, beside["seeds"]).sum() for z in (2, 3)]
    return (
        f"{found[0]} and {found[1]} of the {len(beside)} published values lie within 2 and 3 "
        f"standard deviations of our seeds about their mean; of another run of ours "
        f"{likely[0]:.1f} and {likely[1]:.1f} would on average"
    )


def _single_run(number: int, of: str, **more) -> dict:
    return {
        "paper": "A",
        "kind": OURS,
        "source": f"ours, of paper A, v1, Figure {number}",
        "statement": f"figure {number} shows a single run of these experiments, as far from our "
        "means as a run of ours",
        "quantity": f"mean distance of the published {of} from our means at t > 0, in standard "
        "deviations of our seeds, over that of one of our runs from the others'",
        "allowed": Region(high=1.0, margin=RUN_MARGIN),
        "why_margin": WHY_RUN,
        "decided": "after the figure had been seen to look like a single run, and all values of "
        "figure 5 to lie within 3 standard deviations, 97 % within 2",
    } | more


def _farther(figure: str) -> Control:
    """Return a control that moves the published run: ours scaled would take their scatter along."""
    words = "published values times 10"
    return altered(figure, words, lambda rows: rows.assign(value=10 * rows["value"]))


@claim(
    name="figure 3: the loss beside our seeds",
    figure="a_fig3_loss_trajectories",
    control=_farther("fig3_loss"),
    **_single_run(3, "loss"),
)
def figure_3_is_a_run(simulation: pd.DataFrame, fig3_loss: pd.DataFrame) -> Evidence:
    """One test of all (d, m, eta) at t = 500; refuted by a run too far out to be one of ours."""
    return _among_our_runs(simulation, fig3_loss.assign(metric="loss"), CELL, ["loss"])


@claim(
    name="figure 4: sliced W1 beside our seeds",
    figure="a_fig4_sliced_w1_trajectories",
    control=_farther("fig4_sw1"),
    **_single_run(4, "sliced W1"),
)
def figure_4_is_a_run(simulation: pd.DataFrame, fig4_sw1: pd.DataFrame) -> Evidence:
    """As :func:`figure_3_is_a_run`, of sliced W1; refuted alike."""
    return _among_our_runs(simulation, fig4_sw1.assign(metric="sliced_w1"), CELL, ["sliced_w1"])


@claim(
    name="figure 5: loss and sliced W1 beside our seeds",
    figure="a_fig5_image_dynamics",
    control=_farther("fig5_images"),
    **_single_run(5, "loss or sliced W1"),
)
def figure_5_is_a_run(images: pd.DataFrame, fig5_images: pd.DataFrame) -> Evidence:
    """Each of its four panels, two data sets and two quantities, is a test; refuted by one of them.

    Of image sets that the paper does not show there is nothing to judge.
    """
    cell = ["dataset", "m", "eta", "t"]
    return _among_our_runs(images, fig5_images, cell, ["loss", "sliced_w1"], ["dataset"])

"""The claims that paper A's text makes of its own experiments (its section 5)."""

import numpy as np
import pandas as pd

from flowbounds.claims.judging import Verdict, bootstrap, conclude, cube, last_checkpoint, undefined
from flowbounds.claims.orderings import always_increases


def geometric_decay(simulation: pd.DataFrame) -> Verdict:
    """The training loss decays geometrically in t.

    At one geometric rate the decrease of log L per iteration is the same early and late. The
    quantity is the ratio of the rate over the last fifth of the iterations to the rate over the
    first fifth, as geometric mean over all cells; one rate would make it 1. Refuted by a ratio
    outside a factor of two of 1.
    """
    log_loss = np.log(cube(simulation, "loss", "t", "d", "m", "eta"))
    fifth = max(1, len(log_loss) // 5)

    def ratio(values: np.ndarray) -> float:
        values = values.mean(axis=-1)
        early, late = values[0] - values[fifth], values[-1 - fifth] - values[-1]
        return np.exp(np.log(late / early).mean())

    comparable = len(log_loss) > 2  # two checkpoints have one rate
    return conclude(
        bootstrap(log_loss, ratio) if comparable else undefined(log_loss),
        0.5,
        2.0,
        claim="experiments: geometric decay",
        statement="the training loss decays geometrically in t",
        figure="a_fig3_loss_trajectories",
        quantity="late over early rate of decrease of log L, geometric mean over cells",
        expected="1 (within a factor of 2)",
    )


def loss_grows_with_dimension(simulation: pd.DataFrame) -> Verdict:
    """A larger dimension gives a strictly larger terminal loss at every (m, eta).

    The quantity is the share of neighbouring dimensions at which the seed mean of the terminal loss
    increases, over all (m, eta); refuted by any pair at which it does not.
    """
    loss = cube(last_checkpoint(simulation), "loss", "d", "m", "eta")
    return always_increases(
        loss,
        0,
        claim="experiments: loss against d",
        statement="a larger d gives a strictly larger terminal loss at every (m, eta)",
        figure="a_fig1_global_view",
        quantity="share of neighbouring d at which the mean terminal loss increases",
    )


def larger_steps_decay_faster(simulation: pd.DataFrame) -> Verdict:
    """The loss decays faster for larger step sizes.

    The quantity is the share of neighbouring step sizes at which log L(0) - log L(T), averaged over
    seeds, increases, over all (d, m); refuted by any pair at which it does not. Step sizes share
    data and initialisation, so the comparison is paired.
    """
    log_loss = np.log(cube(simulation, "loss", "t", "d", "m", "eta"))
    decrease = log_loss[0] - log_loss[-1]
    return always_increases(
        decrease,
        2,
        claim="experiments: decay against eta",
        statement="the loss decays faster for larger eta",
        figure="a_fig3_loss_trajectories",
        quantity="share of neighbouring eta at which log L(0)/L(T) increases",
    )


def width_improves_marginally(simulation: pd.DataFrame) -> Verdict:
    """A larger width at fixed (eta, d) improves the terminal loss only marginally.

    The quantity is the ratio of the terminal loss at the largest width to that at the smallest, as
    geometric mean over (d, eta). A marginal improvement is a ratio of at most 1 (no harm) and at
    least 1/2 (no more than a factor of two). Refuted by growth as well as by a large improvement.
    """
    log_loss = np.log(cube(last_checkpoint(simulation), "loss", "m", "d", "eta"))

    def ratio(values: np.ndarray) -> float:
        return np.exp((values[-1] - values[0]).mean())

    return conclude(
        bootstrap(log_loss, ratio) if len(log_loss) > 1 else undefined(log_loss),
        0.5,
        1.0,
        claim="experiments: loss against m",
        statement="a larger m at fixed (eta, d) gives only marginal improvement",
        figure="a_fig1_global_view",
        quantity="terminal loss at the largest over the smallest m, geometric mean over (d, eta)",
        expected="0.5 to 1",
    )


def distance_falls(simulation: pd.DataFrame) -> Verdict:
    """Sliced W1 falls along the trajectory.

    The quantity is the share of cells in which the seed mean of sliced W1 is smaller at the last
    checkpoint than at t = 0; refuted by any cell in which it is not.
    """
    distance = cube(simulation, "sliced_w1", "t", "d", "m", "eta")[[-1, 0]]  # T, then 0
    return always_increases(
        distance,
        0,
        claim="experiments: sliced W1 against t",
        statement="sliced W1 falls along the trajectory",
        figure="a_fig4_sliced_w1_trajectories",
        quantity="share of cells in which mean sliced W1 is smaller at T than at 0",
    )


def distance_grows_with_dimension(simulation: pd.DataFrame) -> Verdict:
    """Sliced W1 ends larger for larger dimensions.

    The quantity is the share of neighbouring dimensions at which the seed mean of the terminal
    sliced W1 increases, over all (m, eta); refuted by any pair at which it does not.
    """
    distance = cube(last_checkpoint(simulation), "sliced_w1", "d", "m", "eta")
    return always_increases(
        distance,
        0,
        claim="experiments: sliced W1 against d",
        statement="sliced W1 ends larger for larger d at every (m, eta)",
        figure="a_fig1_global_view",
        quantity="share of neighbouring d at which mean terminal sliced W1 increases",
    )


def bands_are_narrow(simulation: pd.DataFrame) -> Verdict:
    """Seed bands are narrow against the gaps between the curves of neighbouring dimensions.

    The quantity is the gap between the terminal means of neighbouring dimensions over the sum of
    the two standard deviations, in median over cells and over loss and sliced W1. Above 1 the bands
    of one standard deviation do not touch; refuted below.
    """
    last = last_checkpoint(simulation)
    both = np.stack([cube(last, name, "d", "m", "eta") for name in ("loss", "sliced_w1")], axis=1)

    def separation(values: np.ndarray) -> float:
        means, spread = values.mean(axis=-1), values.std(axis=-1, ddof=1)
        with np.errstate(divide="ignore"):  # one seed drawn throughout has no spread
            return float(np.median(np.diff(means, axis=0) / (spread[1:] + spread[:-1])))

    comparable = len(both) > 1 and both.shape[-1] > 1  # one dimension: no gap; one seed: no band
    return conclude(
        bootstrap(both, separation) if comparable else undefined(both),
        1.0,
        claim="experiments: seed bands",
        statement="seed bands are narrow against the gaps between curves",
        figure="a_fig4_sliced_w1_trajectories",
        quantity="gap between neighbouring d over the sum of their sd, median over cells",
        expected="at least 1 (bands do not touch)",
    )


def image_curves_group_by_step_size(images: pd.DataFrame) -> Verdict:
    """The image curves group by step size, not by width.

    The quantity is the widest spread over widths of the mean log terminal loss at one step size
    over the narrowest gap between neighbouring step sizes (means over widths), in the worse of the
    data sets. Below 1 the groups are apart; refuted above.
    """
    log_loss = np.log(cube(last_checkpoint(images), "loss", "dataset", "eta", "m"))

    def spread_over_gap(values: np.ndarray) -> float:
        means = values.mean(axis=-1)
        spread = np.ptp(means, axis=2).max(axis=1)
        gap = np.abs(np.diff(means.mean(axis=2), axis=1)).min(axis=1)
        return float((spread / gap).max())

    comparable = min(log_loss.shape[1:3]) > 1
    return conclude(
        bootstrap(log_loss, spread_over_gap) if comparable else undefined(log_loss),
        -np.inf,
        1.0,
        claim="experiments: image curves",
        statement="image curves group by eta, not by m",
        figure="a_fig5_image_dynamics",
        quantity="spread of log terminal loss over m at one eta over the gap between eta",
        expected="below 1",
    )


def samples_span_all_classes(image_classes: pd.DataFrame) -> Verdict:
    """Samples at eta = 1e-2 span all ten classes.

    Each generated code is given the class of its nearest training codes. The quantity is the
    smallest number of classes, over data sets and widths, that hold at least one hundredth of a
    network's samples at the largest step size, in median over seeds. Refuted below ten.
    """
    largest = image_classes[image_classes["eta"] == image_classes["eta"].max()]
    classes = cube(largest, "classes", "dataset", "m").astype(float)
    return conclude(
        bootstrap(classes, lambda values: np.median(values, axis=-1).min()),
        10,
        claim="experiments: ten classes",
        statement="samples at eta = 1e-2 span all ten classes",
        figure="a_fig6_7_sample_grids",
        quantity="classes with at least 1 % of the samples, smallest over cells, median over seeds",
        expected="10",
    )


CLAIMS = [
    geometric_decay,
    loss_grows_with_dimension,
    larger_steps_decay_faster,
    width_improves_marginally,
    distance_falls,
    distance_grows_with_dimension,
    bands_are_narrow,
    image_curves_group_by_step_size,
    samples_span_all_classes,
]

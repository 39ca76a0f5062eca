"""What judging a claim takes: an estimate, its interval over the seeds, and a rule."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

# With fewer seeds a bootstrap interval is narrower than it should be, so nothing is concluded.
MIN_SEEDS = 5
RESAMPLES = 1000
LEVEL = 0.95

REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE = "reproduced", "not reproduced", "inconclusive"


@dataclass(frozen=True)
class Estimate:
    """A number with its interval: over the seeds, or of numerical error where nothing is random."""

    measured: float
    low: float
    high: float
    seeds: int | None
    """None for an exact number."""


@dataclass(frozen=True)
class Verdict:
    """A row of results/verdicts.csv but for its scale, which the caller knows."""

    claim: str
    """Short name, unique: figure or theorem and what is claimed."""
    paper: str
    """``A`` or ``B``."""
    statement: str
    """The claim in our words."""
    figure: str
    """The figure that shows it."""
    quantity: str
    """What was measured."""
    expected: str
    """What the claim says of the quantity."""
    measured: float
    ci_low: float
    ci_high: float
    verdict: str


def cube(table: pd.DataFrame, quantity: str, *axes: str) -> np.ndarray:
    """Return a quantity as an array with the named axes, in increasing order, and seeds last.

    Diverged networks are NaN in it, and so is whatever is computed from them.

    Raises:
        ValueError: the rows are not one for every combination of the axes' values and the seeds.
    """
    sizes = [table[axis].nunique() for axis in (*axes, "seed")]
    return table.sort_values([*axes, "seed"])[quantity].to_numpy().reshape(sizes)


def last_checkpoint(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["t"] == table["t"].max()]


def bootstrap(values: np.ndarray, statistic: Callable[[np.ndarray], float]) -> Estimate:
    """Return a statistic with its percentile bootstrap interval over the seeds.

    Seeds are resampled whole: a seed brings all its cells along, because the cells of one seed
    share data.

    Args:
        values: shape (..., S): the last axis is the seed.
        statistic: maps such an array to a number.
    """
    seeds = values.shape[-1]
    rng = np.random.default_rng(0)
    draws = [statistic(values[..., k]) for k in rng.integers(seeds, size=(RESAMPLES, seeds))]
    tail = 50 * (1 - LEVEL)
    # an interval from which draws are missing would be too narrow: NaN propagates, and inf - inf
    with np.errstate(invalid="ignore"):
        low, high = np.percentile(draws, [tail, 100 - tail])
    return Estimate(float(statistic(values)), float(low), float(high), seeds)


def undefined(values: np.ndarray) -> Estimate:
    """Return what stands for a statistic that the grid is too small for; values as in bootstrap."""
    return Estimate(np.nan, np.nan, np.nan, values.shape[-1])


def exact(measured: float, error: float) -> Estimate:
    """Return the estimate of a number computed without randomness, with its numerical error."""
    return Estimate(float(measured), float(measured - error), float(measured + error), None)


def judge(estimate: Estimate, low: float = -np.inf, high: float = np.inf) -> str:
    """Say whether an estimate lies in the interval [low, high] that a claim allows.

    Reproduced when its whole confidence interval does, not reproduced when none of it does,
    inconclusive otherwise, and inconclusive whenever there are fewer than MIN_SEEDS seeds (an exact
    number needs none) or the estimate is not finite.
    """
    finite = np.isfinite([estimate.measured, estimate.low, estimate.high]).all()
    few = estimate.seeds is not None and estimate.seeds < MIN_SEEDS
    if few or not finite:
        return INCONCLUSIVE
    if low <= estimate.low and estimate.high <= high:
        return REPRODUCED
    if estimate.high < low or estimate.low > high:
        return NOT_REPRODUCED
    return INCONCLUSIVE


def conclude(
    estimate: Estimate, low: float = -np.inf, high: float = np.inf, *, paper: str = "A", **row: str
) -> Verdict:
    """Return the verdict on a claim that allows an estimate the interval [low, high].

    Args:
        estimate: what was measured.
        low, high: as for :func:`judge`.
        paper: ``A`` or ``B``.
        row: the words: claim, statement, figure, quantity, expected.
    """
    return Verdict(
        paper=paper,
        measured=estimate.measured,
        ci_low=estimate.low,
        ci_high=estimate.high,
        verdict=judge(estimate, low, high),
        **row,
    )


def exponents(
    table: pd.DataFrame, quantity: str, against: str, *cell: str
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Return a quantity as a cube, and its exponents as a statistic of the cube.

    An exponent is p of the least-squares fit log y = c + p log x to the means y over the seeds, x
    being the column ``against``. It is NaN where x takes one value only or a mean is not positive.

    Returns:
        The cube (against, ...cell, S), and a function of it or a resample, of shape (...cell).
    """
    log_x = np.log(np.sort(table[against].unique()))

    def fit(values: np.ndarray) -> np.ndarray:
        means = values.mean(axis=-1)
        if len(log_x) < 2:
            return np.full(means.shape[1:], np.nan)
        centred = log_x - log_x.mean()
        log_y = np.log(np.where(means > 0, means, np.nan))
        return np.tensordot(centred, log_y, axes=1) / (centred @ centred)

    return cube(table, quantity, against, *cell), fit

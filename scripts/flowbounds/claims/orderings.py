"""Claims of the kind "more of this gives more of that, at every pair"."""

from dataclasses import replace

import numpy as np
from scipy.stats import ttest_1samp

from flowbounds.claims.judging import (
    INCONCLUSIVE,
    NOT_REPRODUCED,
    Verdict,
    bootstrap,
    conclude,
    undefined,
)


def always_increases(values: np.ndarray, axis: int, **row) -> Verdict:
    """Judge the claim that the seed mean increases at every neighbouring pair along an axis.

    The number reported is the share of pairs at which it does. Noise alone turns close pairs
    around, so that a share below 1 refutes nothing by itself: the claim is refuted by a pair that
    decreases significantly (one-sided t test over the seeds at 5 %, Bonferroni over all pairs), and
    reproduced when every pair increases in every bootstrap resample of its interval.

    Args:
        values: shape (..., S), seeds last.
        axis: the axis along which the claim orders the means.
        row: the words of the verdict.
    """

    def share(drawn: np.ndarray) -> float:
        steps = np.diff(drawn.mean(axis=-1), axis=axis)
        return float((steps > 0).mean()) if np.isfinite(steps).all() else np.nan

    if values.shape[axis] < 2:  # nothing to compare
        return conclude(undefined(values), expected="1", **row)
    verdict = conclude(bootstrap(values, share), 1.0, 1.0, expected="1", **row)
    steps = np.diff(values, axis=axis)
    if verdict.verdict == NOT_REPRODUCED and not _decreases_somewhere(steps):
        return replace(verdict, verdict=INCONCLUSIVE)
    return verdict


def _decreases_somewhere(steps: np.ndarray) -> bool:
    """Say whether any of many mean steps is significantly negative; steps of shape (..., S)."""
    p = ttest_1samp(steps, 0.0, axis=-1, alternative="less").pvalue
    return bool((p * p.size < 0.05).any())

"""From evidence to a verdict: simultaneous t intervals against what a claim allows.

A claim speaks of every cell. It is contradicted when, at family level 5 %, some cell lies outside
what the claim allows and its margin; it is upheld when the simultaneous interval of every cell lies
inside; otherwise the data decide nothing. Intervals are t intervals over the seeds, which cover 94
to 95 % at five seeds where a percentile bootstrap covers 84 %, with Bonferroni's correction, which
needs nothing of how the cells hang together. No maximum over cells is ever resampled.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import nctdtr, stdtrit

from flowbounds.claims.evidence import Evidence

# With fewer seeds the t quantiles are so far out that nothing can be concluded.
MIN_SEEDS = 5
LEVEL = 0.95
POWER = 0.8
"""With this probability a violation of the size ``seen`` is found."""

UPHELD, REFUTED, OPEN = "upheld", "refuted", "open"

# An exponent that changes by more than this over the last two intervals of a grid is still moving:
# the same as the margin of a rate.
STILL_MOVING = 0.05

# A claim of an exponent is about large n, m or 1/h. One that is outside where the grid ends refutes
# nothing if, going on as it moves there for so many more intervals, it would be inside.
MORE_INTERVALS = 2


@dataclass(frozen=True)
class Region:
    """What a claim allows, on the scale that is reported, and how much beyond still counts.

    For a ratio the margin is a factor (1.1: ten per cent), for other numbers a difference.
    """

    low: float = -np.inf
    high: float = np.inf
    margin: float = 0.0

    def __str__(self) -> str:
        if self.low == self.high:
            text = f"{self.low:g}"
        elif np.isinf(self.low):
            text = f"at most {self.high:g}"
        elif np.isinf(self.high):
            text = f"at least {self.low:g}"
        else:
            text = f"{self.low:g} to {self.high:g}"
        return text

    def judged(self, log: bool) -> tuple[float, float, float]:
        """Return (low, high, margin) on the scale on which evidence is judged."""
        if not log:
            return self.low, self.high, self.margin
        with np.errstate(divide="ignore"):
            low, high = np.log(max(self.low, 0.0)), np.log(self.high)
        return float(low), float(high), float(np.log(max(self.margin, 1.0)))


@dataclass(frozen=True)
class Judgement:
    """What the evidence says, on the scale that is judged."""

    outcome: str
    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    """Simultaneous intervals, shape (K,) each; of gaps over bands the closest test's only."""
    closest: int | None
    """The test that is closest to the limit, or farthest beyond it."""
    slack: float
    """How far inside the limit it is; negative outside."""
    why: str
    """Why nothing is decided, where nothing is."""


def theta(evidence: Evidence, raw: np.ndarray) -> np.ndarray:
    """Return theta of every test and seed, shape (..., K, S), of entries (..., K, X, S)."""
    return np.einsum("kx,...kxs->...ks", evidence.weights, raw)


def _welch(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Compare two groups of unequal spread, shape (..., K) each.

    Returns:
        Welch's t; its degrees of freedom; the gap over the sum of the sds; and what turns such a
        ratio into the non-centrality of t, with the sds' quotient as it is in the sample.
    """
    seeds = raw.shape[-1]
    gap = raw[..., 1, :].mean(axis=-1) - raw[..., 0, :].mean(axis=-1)
    sds = raw.std(axis=-1, ddof=1)
    squares = (sds**2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = (seeds - 1) * squares**2 / (sds**4).sum(axis=-1)
        scale = sds.sum(axis=-1) * np.sqrt(seeds / squares)
        return gap * np.sqrt(seeds / squares), degrees, gap / sds.sum(axis=-1), scale


def _nct_cdf(value: np.ndarray, degrees: int, ncp: float) -> np.ndarray:
    """Return the distribution function of the non-central t; scipy's is NaN at some far tails."""
    found = nctdtr(degrees, ncp, value)  # not from scipy.stats, which is slow to import
    return np.where(np.isnan(found) & np.isfinite(value), np.greater(value, ncp), found)


def _beyond(evidence: Evidence, raw: np.ndarray, low: float, high: float, tail: float):
    """Say of every test whether it is surely outside [low, high], and whether surely inside.

    ``tail`` is the probability of error of each one-sided decision.
    """
    if evidence.effect:
        found, degrees, _, scale = _welch(raw)
        at = lambda limit: _nct_cdf(found, degrees, limit * scale)  # noqa: E731
        below_low = at(low) < tail if np.isfinite(low) else np.zeros(found.shape, bool)
        above_high = at(high) > 1 - tail if np.isfinite(high) else np.zeros(found.shape, bool)
        over_low = at(low) > 1 - tail if np.isfinite(low) else np.ones(found.shape, bool)
        under_high = at(high) < tail if np.isfinite(high) else np.ones(found.shape, bool)
        return below_low | above_high, over_low & under_high
    estimate, half = _interval(evidence, raw, tail)
    outside = (estimate - half > high) | (estimate + half < low)
    return outside, (estimate - half >= low) & (estimate + half <= high)


def _quantile(tail: float, seeds: int) -> float:
    """Return what a t of seeds - 1 degrees of freedom exceeds with probability ``tail``."""
    return -stdtrit(seeds - 1, tail)


def _interval(evidence: Evidence, raw: np.ndarray, tail: float) -> tuple[np.ndarray, np.ndarray]:
    values = theta(evidence, raw)
    if evidence.error is not None:
        return values[..., 0], np.broadcast_to(evidence.error, values.shape[:-1])
    seeds = values.shape[-1]
    quantile = _quantile(tail, seeds) if seeds > 1 else np.inf
    spread = values.std(axis=-1, ddof=1) if seeds > 1 else np.full(values.shape[:-1], np.inf)
    return values.mean(axis=-1), quantile * spread / np.sqrt(seeds)


def tail_of(evidence: Evidence, level: float = LEVEL) -> float:
    """Return the one-sided error of each interval when all hold together with the level."""
    return (1 - level) / 2 / max(len(evidence.tests), 1)


def decide(
    evidence: Evidence, raw: np.ndarray, region: Region, level: float = LEVEL
) -> tuple[np.ndarray, np.ndarray]:
    """Decide on entries of shape (..., K, X, S), all finite: (refuted, upheld), shape (...)."""
    low, high, margin = region.judged(evidence.log)
    outside, inside = _beyond(evidence, raw, low - margin, high + margin, tail_of(evidence, level))
    return outside.any(axis=-1), inside.all(axis=-1)


def _effect_interval(raw: np.ndarray, tail: float) -> tuple[float, float]:
    """Invert the non-central t for one test; raw of shape (2, S)."""
    from scipy.optimize import brentq

    value, degrees, _, scale = (float(each) for each in _welch(raw))
    if not np.isfinite(value):
        return np.nan, np.nan
    reach = 10 + 3 * abs(value)
    low, high = (
        brentq(lambda ncp, p=p: _nct_cdf(value, degrees, ncp) - p, value - reach, value + reach)
        for p in (1 - tail, tail)
    )
    return low / scale, high / scale


def judge(
    evidence: Evidence, region: Region, level: float = LEVEL, min_seeds: int = MIN_SEEDS
) -> Judgement:
    """Judge a claim that allows every test a region; with fewer seeds nothing is concluded."""
    empty = np.empty(0)
    if not len(evidence.tests):
        return Judgement(OPEN, empty, empty, empty, None, np.nan, evidence.why_empty)
    tail = tail_of(evidence, level)
    if evidence.effect:
        estimate = _welch(evidence.raw)[2]
        lows, highs = np.full((2, len(estimate)), np.nan)
    else:
        estimate, half = _interval(evidence, evidence.raw, tail)
        lows, highs = estimate - half, estimate + half
    low, high, _ = region.judged(evidence.log)
    finite = np.isfinite(estimate)
    outcome, why, outside = _outcome(evidence, region, level, min_seeds, finite)
    inside_by = np.minimum(estimate - low, high - estimate)
    # a refutation is shown by a test that refutes, not by a wilder one that proves nothing
    shown = np.where(outside | (outcome != REFUTED), inside_by, np.nan)
    closest = int(np.nanargmin(shown)) if finite.any() else None
    slack = float(shown[closest]) if closest is not None else np.nan
    if evidence.effect and closest is not None:
        lows[closest], highs[closest] = _effect_interval(evidence.raw[closest], tail)
    return Judgement(outcome, estimate, lows, highs, closest, slack, why)


def _outcome(
    evidence: Evidence, region: Region, level: float, min_seeds: int, finite: np.ndarray
) -> tuple[str, str, np.ndarray]:
    """Return the outcome, why nothing is decided, and which tests are surely outside."""
    low, high, margin = region.judged(evidence.log)
    tail = tail_of(evidence, level)
    if evidence.error is None and evidence.seeds < min_seeds:
        why = f"{evidence.seeds} seeds; nothing is concluded from fewer than {min_seeds}"
        return OPEN, why, np.zeros(len(finite), bool)
    with np.errstate(invalid="ignore"):
        outside, inside = _beyond(evidence, evidence.raw, low - margin, high + margin, tail)
    outside &= finite
    refuting = outside & ~_may_still_arrive(evidence, low - margin, high + margin)
    if refuting.any():
        return REFUTED, "", refuting
    if outside.any():
        return OPEN, "outside, but by an exponent that has not settled where the grid ends", outside
    if not finite.all():
        names = [name for name, sound in zip(evidence.tests, finite, strict=True) if not sound]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        why = f"no number in {names[0]}{more}: diverged, missing or without a logarithm"
        return OPEN, why, outside
    if inside.all():
        return UPHELD, "", outside
    undecided = int((~inside).sum())
    why = f"the intervals of {undecided} of {len(evidence.tests)} cells reach over the limit"
    return OPEN, why, outside


def seen(evidence: Evidence, region: Region, level: float = LEVEL) -> tuple[float, int]:
    """Return the violation that is found with probability POWER in the noisiest test, and the test.

    On the judged scale, from the upper limit upwards if there is one, else from the lower one down.
    NaN where nothing can be found.
    """
    low, high, margin = region.judged(evidence.log)
    limit, sign = (high, 1) if np.isfinite(high) else (low, -1)
    tail, seeds = tail_of(evidence, level), evidence.seeds
    if evidence.error is not None:
        worst = int(np.argmax(evidence.error))
        return float(limit + sign * (margin + evidence.error[worst])), worst
    if seeds < MIN_SEEDS or not len(evidence.tests):
        return np.nan, 0
    from scipy.optimize import brentq  # slow to import, and figures need neither
    from scipy.stats import nct

    if evidence.effect:
        _, all_degrees, _, scales = _welch(evidence.raw)
        if not np.isfinite(all_degrees).any():
            return np.nan, 0
        worst = int(np.nanargmin(all_degrees))
        degrees, scale = all_degrees[worst], scales[worst]
        at = (limit + sign * margin) * scale
        critical = nct.isf(tail, degrees, at) if sign > 0 else nct.ppf(tail, degrees, at)
        wanted = 1 - POWER if sign > 0 else POWER
        span = (at, at + 60) if sign > 0 else (at - 60, at)
        root = brentq(lambda ncp: nct.cdf(critical, degrees, ncp) - wanted, *span)
        return float(root / scale), worst
    spread = theta(evidence, evidence.raw).std(axis=-1, ddof=1) / np.sqrt(seeds)
    if not np.isfinite(spread).any():
        return np.nan, 0
    worst = int(np.nanargmax(spread))
    critical = _quantile(tail, seeds)
    needed = brentq(lambda ncp: nct.sf(critical, seeds - 1, ncp) - POWER, 0, 10 * critical + 20)
    return float(limit + sign * (margin + needed * spread[worst])), worst


def interval(evidence: Evidence, level: float = LEVEL) -> dict[str, float]:
    """Return the estimate of the only test with its own interval: columns mean, low, high."""
    if not len(evidence.tests):
        return {"mean": np.nan, "low": np.nan, "high": np.nan}
    estimate, half = _interval(evidence, evidence.raw, (1 - level) / 2)
    return {
        "mean": float(estimate[0]),
        "low": float(estimate[0] - half[0]),
        "high": float(estimate[0] + half[0]),
    }


def _change(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean change of the local exponents where the grid ends, and its error, (K,) each.

    The error is the half width of a t interval over the seeds; none where nothing is random.
    """
    changes = evidence.ends[:, 1] - evidence.ends[:, 0]
    seeds = changes.shape[-1]
    if evidence.error is not None or seeds < 2:
        return changes.mean(axis=-1), np.zeros(len(changes))
    quantile = _quantile((1 - LEVEL) / 2, seeds)
    return changes.mean(axis=-1), quantile * changes.std(axis=-1, ddof=1) / np.sqrt(seeds)


def _may_still_arrive(evidence: Evidence, low: float, high: float) -> np.ndarray:
    """Say of every test whether its exponent would come into [low, high] beyond the grid, (K,)."""
    if evidence.ends is None:
        return np.zeros(len(evidence.tests), bool)
    change, error = _change(evidence)
    ahead = evidence.ends[:, 1].mean(axis=-1) + MORE_INTERVALS * change
    return (low <= ahead) & (ahead <= high) & (np.abs(change) > error)


def still_moving(evidence: Evidence, test: int) -> tuple[float, bool]:
    """Return how much the local exponent of a test changes where the grid ends.

    And whether that is surely more than nothing, and more than STILL_MOVING. NaN where there are
    too few values to say.
    """
    if evidence.ends is None:
        return np.nan, False
    change, error = (values[test] for values in _change(evidence))
    return float(change), bool(abs(change) > max(STILL_MOVING, error))

"""Evidence for a claim: what was measured of each cell and seed, and how sure it is.

A claim makes one statement of many cells. Each cell is a *test*, and what is measured of it is a
number theta: a fixed linear contrast of the logarithms (or of the plain numbers) of table entries
of one seed. An exponent is the least-squares slope of log y in log x, a ratio the difference of two
logarithms, an ordering the difference of neighbours. Every seed gives its own theta, so the seeds'
t interval is one for theta, whatever the entries of a seed share.

Entries and contrast are kept apart so that tables with the same noise and correlation but another
truth can be simulated (flowbounds.claims.calibration).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Evidence:
    """What was measured, on the scale on which it is judged.

    Exact numbers have an ``error`` and a single seed; all others are repeated over seeds.
    """

    tests: Sequence[str]
    """Names of the cells, length K."""
    raw: np.ndarray
    """Entries of the tables, shape (K, X, S): logarithms where ``log``."""
    weights: np.ndarray
    """The contrast, shape (K, X): theta_k = sum_x weights_kx raw_kx."""
    log: bool = False
    """Whether theta is the logarithm of what is reported, a ratio."""
    error: np.ndarray | None = None
    """Numerical error of theta where nothing is random, shape (K,)."""
    ends: np.ndarray | None = None
    """Of exponents that are asked for where the grid ends: those over its last two intervals, the
    last one second, shape (K, 2, S); NaN where there is one interval only."""
    effect: bool = False
    """Two groups (X = 2): theta is the gap of their means over the sum of their sds."""
    why_empty: str = ""
    """Why there is nothing to judge."""
    note: str = ""
    """What of the grid was judged, where that is not all of it."""

    @property
    def seeds(self) -> int:
        return self.raw.shape[-1]

    def shown(self, value: np.ndarray) -> np.ndarray:
        """Turn a number of the judged scale into the one that is reported."""
        with np.errstate(over="ignore"):  # of an interval without end
            return np.exp(value) if self.log else value


def nothing(why: str) -> Evidence:
    """Return the evidence of a grid that is too small for a claim."""
    return Evidence((), np.empty((0, 1, 1)), np.ones((0, 1)), why_empty=why)


def array(
    table: pd.DataFrame, quantity: str, cell: Sequence[str], along: str | None = None
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Arrange a column as an array (cell, along, seed); what is missing or diverged is NaN.

    Returns:
        The array, shape (K, X, S), X being 1 without ``along``; the cells' names; the values of
        ``along``, increasing.

    Raises:
        ValueError: two rows have the same cell, seed and value of ``along``.
    """
    levels = [pd.factorize(table[name], sort=True) for name in cell]
    sizes = [len(values) for _, values in levels]
    flat = np.ravel_multi_index([codes for codes, _ in levels], sizes)
    found, k = np.unique(flat, return_inverse=True)
    values, x = np.unique(table[along], return_inverse=True) if along else (np.zeros(1), 0 * k)
    seeds, s = np.unique(table["seed"], return_inverse=True) if "seed" in table else ([0], 0 * k)
    shape = (len(found), len(values), len(seeds))
    place = np.ravel_multi_index([k, x, s], shape)
    if len(np.unique(place)) < len(place):
        keys = [*cell, *([along] if along else []), "seed"]
        raise ValueError(f"several rows of {quantity} for the same {', '.join(keys)}")
    out = np.full(shape, np.nan)
    out.flat[place] = table[quantity].to_numpy(float)
    columns = [
        values_of[codes]
        for (_, values_of), codes in zip(levels, np.unravel_index(found, sizes), strict=True)
    ]
    names = [named(zip(cell, row, strict=True)) for row in zip(*columns, strict=True)]
    return out, names, values


def named(pairs) -> str:
    """Name a cell: ``d = 5, eta = 0.01``."""
    return ", ".join(
        f"{key} = {value:g}" if isinstance(value, int | float | np.number) else f"{key} = {value}"
        for key, value in pairs
    )


def _log(values: np.ndarray) -> np.ndarray:
    """Logarithm; NaN of what is not positive, so that nothing is concluded from it."""
    return np.log(np.where(values > 0, values, np.nan))


def _log_of_mean(values: np.ndarray) -> np.ndarray:
    mean = values.mean(axis=-1, keepdims=True)
    mean = np.where(mean > 0, mean, np.nan)
    return np.log(mean) + (values - mean) / mean


def _error(weights: np.ndarray, relative: float | None) -> np.ndarray | None:
    return None if relative is None else np.abs(weights).sum(axis=-1) * relative


def levels(
    table: pd.DataFrame,
    quantity: str,
    cell: Sequence[str],
    *,
    log: bool = False,
    relative_error: float | None = None,
) -> Evidence:
    """Judge a number of every cell; its logarithm where it is a ratio.

    Args:
        relative_error: of an exact column; of the number itself where not ``log``.
    """
    raw, names, _ = array(table, quantity, cell)
    raw = _log(raw) if log else raw
    weights = np.ones((len(raw), 1))
    error = _error(weights, relative_error)
    if error is not None and not log:
        error = error * np.abs(raw[:, 0, 0])
    return Evidence(names, raw, weights, log=log, error=error)


def ratios(
    table: pd.DataFrame,
    numerator: str,
    denominator: str,
    cell: Sequence[str],
    *,
    relative_error: float | None = None,
) -> Evidence:
    """Judge the ratio of two columns in every cell."""
    above, names, _ = array(table, numerator, cell)
    below, _, _ = array(table, denominator, cell)
    weights = np.tile([1.0, -1.0], (len(above), 1))
    raw = _log(np.concatenate([above, below], axis=1))
    return Evidence(names, raw, weights, log=True, error=_error(weights, relative_error))


def exponents(
    table: pd.DataFrame,
    quantity: str,
    against: str,
    cell: Sequence[str],
    *,
    of_means: bool = False,
    relative_error: float | None = None,
) -> Evidence:
    """Judge p of the least-squares fit log y = c + p log x in every cell and seed.

    Args:
        of_means: fit the logarithm of the mean over the seeds, for y that single seeds may have
            negative: a seed's entry is log(mean) + (y - mean) / mean, whose mean over the seeds is
            log(mean) and whose spread is that of log(mean) to first order.
        relative_error: of an exact column.
    """
    raw, names, x = array(table, quantity, cell, against)
    if len(x) < 2:
        return nothing(f"{against} takes one value only")
    centred = np.log(x) - np.log(x).mean()
    weights = np.tile(centred / (centred @ centred), (len(raw), 1))
    raw = _log_of_mean(raw) if of_means else _log(raw)
    slopes = np.diff(raw, axis=1) / np.diff(np.log(x))[:, None]
    ends = slopes[:, -2:] if len(x) > 2 else np.full((len(raw), 2, raw.shape[-1]), np.nan)
    return Evidence(names, raw, weights, error=_error(weights, relative_error), ends=ends)


def local_exponents(
    table: pd.DataFrame,
    quantity: str,
    against: str,
    cell: Sequence[str],
    *,
    last: int | None = None,
    first: int | None = None,
    relative_error: float | None = None,
) -> Evidence:
    """Judge the slopes of log y in log x between neighbouring x, each a test of its own.

    Args:
        last, first: only so many intervals from the upper or lower end of x.
    """
    raw, names, x = array(table, quantity, cell, against)
    if len(x) < 2:
        return nothing(f"{against} takes one value only")
    if (first or last) and len(x) < 3:
        return nothing(f"two values of {against} do not show where its exponent tends")
    raw = _log(raw)
    gaps = list(range(len(x) - 1))
    gaps = gaps[-last:] if last else gaps[:first]
    tests, parts, weights, ends = [], [], [], []
    slopes = np.diff(raw, axis=1) / np.diff(np.log(x))[:, None]
    for g in gaps:
        width = np.log(x[g + 1] / x[g])
        tests += [f"{name}, {against} = {x[g]:.4g} to {x[g + 1]:.4g}" for name in names]
        parts.append(raw[:, g : g + 2])
        weights.append(np.tile([-1 / width, 1 / width], (len(raw), 1)))
        # towards the end that the exponent is asked for
        beside = g + 1 if first else g - 1
        inside = 0 <= beside < slopes.shape[1]
        before = slopes[:, beside] if inside else np.nan * slopes[:, g]
        ends.append(np.stack([before, slopes[:, g]], axis=1))
    weights = np.concatenate(weights)
    error = _error(weights, relative_error)
    at_an_end = np.concatenate(ends) if first or last else None
    return Evidence(tests, np.concatenate(parts), weights, error=error, ends=at_an_end)


def orderings(
    table: pd.DataFrame, quantity: str, along: str, cell: Sequence[str], *, log: bool = True
) -> Evidence:
    """Judge y at one value of ``along`` over y at the value before it, in every cell.

    The ratio of the two where ``log``, else their difference.
    """
    raw, names, values = array(table, quantity, cell, along)
    if len(values) < 2:
        return nothing(f"{along} takes one value only")
    raw = _log(raw) if log else raw
    pairs = [raw[:, k : k + 2] for k in range(len(values) - 1)]
    tests = [
        ", ".join(filter(None, [name, f"{along} = {low:g} to {high:g}"]))
        for low, high in pairwise(values)
        for name in names
    ]
    weights = np.tile([-1.0, 1.0], (len(tests), 1))
    return Evidence(tests, np.concatenate(pairs), weights, log=log)


def gaps_over_bands(
    table: pd.DataFrame, quantity: str, along: str, cell: Sequence[str]
) -> Evidence:
    """Judge the gap between neighbouring means over the sum of their standard deviations."""
    both = orderings(table, quantity, along, cell, log=False)
    if not len(both.tests):
        return both
    if both.seeds < 2:
        return nothing("one seed has no band")
    return replace(both, effect=True)


def join(parts: Sequence[Evidence]) -> Evidence:
    """Put the tests of several pieces of evidence of one kind together."""
    parts = [part for part in parts if len(part.tests)] or list(parts[:1])
    if len(parts) < 2:
        return parts[0] if parts else nothing("no cell of the grid has it")
    width = max(part.raw.shape[1] for part in parts)

    def padded(values: np.ndarray) -> np.ndarray:
        missing = [(0, 0)] * values.ndim
        missing[1] = (0, width - values.shape[1])
        return np.pad(values, missing)

    def stacked(name: str, missing: tuple[int, ...] = ()) -> np.ndarray | None:
        given = [getattr(part, name) for part in parts]
        if all(each is None for each in given):
            return None
        return np.concatenate(
            [
                np.full((len(part.tests), *missing), np.nan) if each is None else each
                for part, each in zip(parts, given, strict=True)
            ]
        )

    return replace(
        parts[0],
        tests=[test for part in parts for test in part.tests],
        raw=np.concatenate([padded(part.raw) for part in parts]),
        weights=np.concatenate([padded(part.weights) for part in parts]),
        error=stacked("error"),
        ends=stacked("ends", (2, parts[0].seeds)),
    )

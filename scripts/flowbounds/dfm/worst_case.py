"""The pair that needs the largest constant of Theorem 2, by search: a lower bound of that constant."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from flowbounds.dfm.searched_pairs import GaussianPair, MixturePair

_CLIMBS = 3
"""Random starts that are climbed: the best of those drawn."""
_ROUNDING = 1e-6
"""Of the logarithm of a ratio; a climb ends as near to its top."""


def largest(
    family: type[GaussianPair] | type[MixturePair],
    divergence: Callable,
    reach: float,
    points: int,
    rng: np.random.Generator,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Return z of the pair with the largest divergence over the norms of Theorem 2's right side.

    Its factor of h is the same for all pairs. The best of random pairs are climbed (L-BFGS-B).

    Args:
        family: whose :meth:`of` makes a pair of z.
        divergence: a number from a pair.
        reach: cap of the search, see the family's :meth:`box`.
        points: number of random pairs.
        rng: draws them.
        start: what a search under a smaller cap has found. It is climbed as well, and kept unless
            something is better by more than rounding.
    """

    def loss(z: np.ndarray) -> float:
        pair = family.of(z)
        return float(np.log(pair.norms()) - np.log(max(divergence(pair), 1e-300)))

    box = family.box(reach)
    low, high = box.T
    drawn = low + (high - low) * rng.random((points, len(box)))
    starts = sorted(drawn, key=loss)[:_CLIMBS] + ([] if start is None else [start])
    tops = [minimize(loss, z, method="L-BFGS-B", bounds=box) for z in starts]
    best = min(tops, key=lambda top: top.fun)
    return best.x if start is None or best.fun < loss(start) - _ROUNDING else start

"""The pair that needs the largest constant of Theorem 2: a lower bound of it, by search."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from flowbounds.dfm.searched_pairs import GaussianPair, MixturePair

_CLIMBS = 2
"""Random starts that are climbed: the best of those drawn."""
_ROUNDING = 1e-6
"""Of the logarithm of a ratio; a climb ends as near to its top."""


def largest(
    family: type[GaussianPair] | type[MixturePair],
    divergence: Callable,
    reach: float,
    points: int,
    rng: np.random.Generator,
    start: np.ndarray,
) -> np.ndarray:
    """Return z of the pair with the largest divergence over the norms of Theorem 2's right side.

    Its factor of h is the same for all pairs. Climbed (L-BFGS-B) are the best of random pairs, and
    one that is given: a ratio has several tops, and the highest may not be the widest.

    Args:
        family: whose :meth:`of` makes a pair of z.
        divergence: a number from a pair.
        reach: cap of the search, see the family's :meth:`box`.
        points: number of random pairs.
        rng: draws them.
        start: what a search under a smaller cap has found, or the family's :meth:`near`. It is
            kept unless something is better by more than rounding.
    """

    def loss(z: np.ndarray) -> float:
        pair = family.of(z)
        return float(np.log(pair.norms()) - np.log(max(divergence(pair), 1e-300)))

    box = family.box(reach)
    low, high = box.T
    drawn = low + (high - low) * rng.random((points, len(box)))
    start = np.clip(start, low, high)
    tops = [
        minimize(loss, z, method="L-BFGS-B", bounds=box, options={"ftol": _ROUNDING / 100})
        for z in (start, *sorted(drawn, key=loss)[:_CLIMBS])
    ]
    best = min(tops, key=lambda top: top.fun)
    return best.x if best.fun < loss(start) - _ROUNDING else start

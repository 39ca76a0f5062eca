"""What paper B's exact laws take to compute, for planning: it imports nothing that computes."""

from collections.abc import Sequence

# Panels are halved as densities ask, which no formula foretells: two minutes at 10 GFLOP/s.
_TO_SPARE = 1200


def exact(steps: Sequence[int], laws: int, paths: int = 0) -> int:
    """Return 1e9 operations, or what takes as long at 10 GFLOP/s, of chains on the line.

    Args:
        steps: numbers of steps N of the chains.
        laws: for each N, laws of chains with their KL: measured as 4e8 + 3e6 N^{3/2} operations.
        paths: for each N, path laws, drift errors or W2: measured as at most 4e9 + 6e7 N.
    """
    measured = (laws * (0.4 + 3e-3 * n**1.5) + paths * (4 + 0.06 * n) for n in steps)
    return _TO_SPARE + int(sum(measured))

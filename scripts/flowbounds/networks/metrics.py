"""Wasserstein distances between samples: sliced W1, as paper A measures it, exact W1 and W2."""

import numpy as np
import torch


def random_directions(k: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Draw k directions uniformly on the unit sphere of R^d, shape (k, d)."""
    directions = rng.standard_normal((k, d))
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def merged_quantiles(n_x: int, n_y: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the common refinement of the quantile steps of two samples.

    The empirical quantile functions of n_x and n_y points are constant between multiples of 1/n_x
    and of 1/n_y. On cell k of the common refinement, of length weights[k], they equal the order
    statistics with (zero-based) ranks rank_x[k] and rank_y[k], so that the distance
    W1 = int_0^1 |F^{-1} - G^{-1}| du is exactly sum_k weights[k] |x_(rank_x[k]) - y_(rank_y[k])|.
    The work is in whole multiples of 1 / (n_x n_y), so no breakpoint is lost to rounding.
    """
    breaks = np.union1d(np.arange(n_x + 1) * n_y, np.arange(n_y + 1) * n_x)
    starts = breaks[:-1]
    return starts // n_y, starts // n_x, np.diff(breaks) / (n_x * n_y)


def _sorted(x: torch.Tensor) -> torch.Tensor:
    # NumPy's vectorised sort is some fifty times faster than torch's on a CPU.
    if x.device.type == "cpu":
        return torch.from_numpy(np.sort(x.numpy(), axis=-1))
    return x.sort(dim=-1).values


class SlicedW1:
    """Sliced W1 to a fixed reference sample (paper A, appendix on the experiments).

    The mean over the directions of the one-dimensional W1 between the projections, each exact on
    the merged order statistics: the two samples may differ in size and neither is resampled. The
    projections of the reference are sorted once.
    """

    def __init__(self, reference: torch.Tensor, directions: torch.Tensor, n: int) -> None:
        """
        Args:
            reference: shape (n_reference, d).
            directions: unit vectors, shape (K, d).
            n: size of the samples that will be compared with the reference.
        """
        rank_x, rank_y, weights = merged_quantiles(n, len(reference))
        device = reference.device
        self.directions = directions
        self.rank = torch.from_numpy(rank_x).to(device)
        self.weights = torch.from_numpy(weights).to(reference)
        self.reference = _sorted(directions @ reference.T)[:, torch.from_numpy(rank_y).to(device)]
        self._gap = torch.empty_like(self.reference)

    def per_direction(self, x: torch.Tensor) -> torch.Tensor:
        """Return W1 along each direction, shape (K,), for one sample of shape (n, d)."""
        x = _sorted(self.directions @ x.T)
        torch.index_select(x, 1, self.rank, out=self._gap)
        return self._gap.sub_(self.reference).abs_() @ self.weights

    def __call__(self, x: torch.Tensor) -> float:
        """Return the sliced W1 of one sample of shape (n, d)."""
        return float(self.per_direction(x).mean())


def exact_w1(x: np.ndarray, y: np.ndarray) -> float:
    """Return the exact W1 between two uniform samples.

    Between samples of one size the optimal plan is an assignment, which SciPy finds as fast as the
    network simplex of POT; importing POT takes longer than most distances do. Other sizes take it.

    Args:
        x: shape (n_x, d).
        y: shape (n_y, d).
    """
    return _transport_cost(x, y, "euclidean")


def debiased_w1(between: float, among_x: float, among_y: float) -> float:
    """Return exact W1 of two laws less what samples of equal laws would have.

    W1(x, y) - (W1(x, x') + W1(y, y')) / 2 for independent samples x, x' of one law and y, y' of the
    other, all of one size. Its mean is 0 where the laws are equal; W1(x, y) less W1(y, y') alone is
    negative for a law that is contracted. Of laws that are closer than two samples of one are, it
    is well below their W1.
    """
    return between - (among_x + among_y) / 2


def exact_w2(x: np.ndarray, y: np.ndarray) -> float:
    """Return the exact W2 between two uniform samples; arguments as for :func:`exact_w1`."""
    return _transport_cost(x, y, "sqeuclidean") ** 0.5


def _transport_cost(x: np.ndarray, y: np.ndarray, metric: str) -> float:
    from scipy.spatial.distance import cdist  # only the last checkpoint needs it

    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    cost = cdist(x, y, metric)
    if len(x) != len(y):
        import ot

        return float(ot.emd2([], [], cost, numItermax=1_000_000))
    from scipy.optimize import linear_sum_assignment

    return float(cost[linear_sum_assignment(cost)].mean())

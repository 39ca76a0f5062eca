"""The infinite-width, infinite-time limit of paper A's training, and the class it lives in.

At infinite width gradient descent from a small initialisation ends at the interpolant of least norm
in the space of the kernel K of flowbounds.theory.kernel, f(x) = K(x, X) K^{-1} V. Its squared norm
is V' H_inf^{-1} V, the complexity of Theorem 3.3, so it lies on the edge of the ball

    F = {f = (f_1, ..., f_d): sum_j |f_j|_K^2 <= radius^2},   radius = sqrt(V' H_inf^{-1} V),

which is the linearised class whose Rademacher complexity Lemma 3.4 speaks of.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from flowbounds.theory.kernel import kernels

ROWS = 64  # of a kernel computed at once: its temporaries stay in cache, ten times faster


def gram(x: np.ndarray, kappa: float = 1.0) -> np.ndarray:
    """Return K = B + C of the inputs, shape (n, n) for x of shape (n, p)."""
    k = np.empty((len(x), len(x)))
    for row in range(0, len(x), ROWS):
        rows = slice(row, row + ROWS)
        np.add(*kernels(x[rows], x, kappa), out=k[rows])
    # exact where the angle is 0: B and C are kappa^2 |x|^2 / 2 and |x|^2 / 2
    np.fill_diagonal(k, (1 + kappa**2) / 2 * (x**2).sum(axis=1))
    return k


def expand(
    x: np.ndarray, centres: np.ndarray, coefficients: np.ndarray, kappa: float = 1.0
) -> np.ndarray:
    """Evaluate f(x) = sum_i K(x, centres_i) coefficients_i.

    Args:
        x: inputs, shape (k, p).
        centres: shape (n, p).
        coefficients: shape (n, q).

    Returns:
        Values of shape (k, q).
    """
    blocks = (kernels(x[k : k + ROWS], centres, kappa) for k in range(0, len(x), ROWS))
    return np.concatenate([(b + c) @ coefficients for b, c in blocks])


@dataclass(frozen=True)
class KernelLimit:
    """The interpolant f(x) = K(x, X) coefficients of a training sample."""

    coefficients: np.ndarray
    """K^{-1} V, shape (n, d)."""
    complexity: float
    """sqrt(V' H_inf^{-1} V), the norm of the interpolant."""

    @classmethod
    def fit(cls, gram: np.ndarray, v: np.ndarray) -> "KernelLimit":
        """Solve K c = V by Cholesky's factorisation, without ridge or jitter.

        Args:
            gram: K of the training inputs, shape (n, n).
            v: targets, shape (n, d).

        Raises:
            numpy.linalg.LinAlgError: K is not positive definite to double precision.
        """
        coefficients = cho_solve(cho_factor(gram, lower=True), v)
        return cls(coefficients, float(np.sqrt((v * coefficients).sum())))


def rademacher(
    gram: np.ndarray, radius: float, d: int, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the multi-task Rademacher complexity of the ball F, and its standard error.

    R = (1/n) E sup_{f in F} sum_ij eps_ij f_j(x_i) (Lemma 3.4). By Cauchy and Schwarz the supremum
    is radius * sqrt(sum_j eps_j' K eps_j), reached by f proportional to sum_i eps_i K(x_i, .); the
    mean over the signs eps, each +-1 with probability 1/2, is by Monte Carlo.

    Args:
        gram: K of the inputs, shape (n, n).
        radius: radius of the ball.
        d: number of outputs.
        draws: how many times the n d signs are drawn, at least 2.
        rng: the signs' stream.
    """
    n = len(gram)
    signs = rng.choice([-1.0, 1.0], size=(n, draws, d))
    squares = signs * (gram @ signs.reshape(n, -1)).reshape(signs.shape)
    suprema = radius / n * np.sqrt(squares.sum(axis=(0, 2)))
    return float(suprema.mean()), float(suprema.std(ddof=1) / np.sqrt(draws))


def widest_gap(
    gram: np.ndarray, v: np.ndarray, n: int, radius: float, start: np.ndarray, steps: int = 60
) -> np.ndarray:
    """Search the ball F for a function whose error is larger on fresh points than on training ones.

    Climbs G(f) = mean over fresh points of |f - v|_2 less its mean over training points by the
    method of Frank and Wolfe (step 2 / (k + 3) towards the point of the ball where the linearised G
    is largest). G is not concave, so what is found bounds the supremum of Lemma 3.4 from below.

    Args:
        gram: K of n training inputs followed by k fresh ones, shape (n + k, n + k).
        v: their targets, shape (n + k, d).
        n: number of training points.
        radius: radius of the ball.
        start: coefficients of the first candidate, shape (n + k, d).
        steps: number of steps.

    Returns:
        Coefficients of the best candidate met, shape (n + k, d).
    """
    weight = np.full((len(gram), 1), 1 / (len(gram) - n))
    weight[:n] = -1 / n
    best, highest = start, -np.inf
    candidate, values = start, gram @ start
    for k in range(steps + 1):
        residual = values - v
        distance = np.linalg.norm(residual, axis=1, keepdims=True)
        if (gap := float((weight * distance).sum())) > highest:
            best, highest = candidate, gap
        # 0 is a subgradient of the norm at 0, where the interpolant is on training points
        slope = weight * np.divide(
            residual, distance, out=np.zeros_like(residual), where=distance > 1e-9
        )
        rise = gram @ slope
        pace, reach = 2 / (k + 3), radius / np.sqrt((slope * rise).sum())
        candidate = (1 - pace) * candidate + pace * reach * slope
        values = (1 - pace) * values + pace * reach * rise
    return best

"""The infinite-width limit of paper A's networks: H_inf = K (x) I_d (Lemma 3.1).

K is the sum of the two kernels that training each layer contributes, in closed form (arc-cosine
kernels), with phi the angle between x and y:

    B(x, y) = E[relu(w.x) relu(w.y)] = kappa^2 |x||y| (sin phi + (pi - phi) cos phi) / (2 pi)
    C(x, y) = (x.y) P(w.x > 0, w.y > 0) = (x.y) (pi - phi) / (2 pi)

for w ~ N(0, kappa^2 I); B comes from training a, C from training w with a ~ N(0, I).
"""

from dataclasses import dataclass

import numpy as np


def kernels(x: np.ndarray, y: np.ndarray, kappa: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return B and C between two sets of inputs.

    Args:
        x: shape (n, p).
        y: shape (k, p); the very array x for the Gram matrix, whose diagonal is then exact.
        kappa: standard deviation of the first layer at initialisation.

    Returns:
        B and C, each of shape (n, k).
    """
    norms = np.outer(np.linalg.norm(x, axis=1), np.linalg.norm(y, axis=1))
    inner = x @ y.T
    cosine = np.clip(inner / norms, -1, 1)
    if x is y:
        np.fill_diagonal(cosine, 1)
    phi = np.arccos(cosine)
    b = kappa**2 * norms * (np.sin(phi) + (np.pi - phi) * cosine) / (2 * np.pi)
    return b, inner * (np.pi - phi) / (2 * np.pi)


@dataclass(frozen=True)
class Spectrum:
    """The eigendecomposition of a Gram matrix K of shape (n, n)."""

    values: np.ndarray
    """Eigenvalues in increasing order, shape (n,)."""
    vectors: np.ndarray
    """Eigenvectors as columns, shape (n, n)."""

    @classmethod
    def of(cls, gram: np.ndarray) -> "Spectrum":
        return cls(*np.linalg.eigh(gram))

    def residual(self, start: np.ndarray, eta: float, t: int) -> np.ndarray:
        """Return the residual of the linearised dynamics, exactly and for any t.

        With L = (1/n) sum_i |f(x_i) - v_i|^2 a step of gradient descent is
        Delta(t+1) = (I - (2 eta / n) K) Delta(t) in every output coordinate (Theorem 3.2, whose own
        eta multiplies an unnormalised gradient).

        Args:
            start: residuals f - v at t = 0, shape (n, d).
            eta: step size.
            t: iteration.

        Returns:
            The residuals at t, shape (n, d).
        """
        shrink = (1 - 2 * eta / len(self.values) * self.values) ** t
        return self.vectors @ (shrink[:, np.newaxis] * (self.vectors.T @ start))

    def accumulated(self, start: np.ndarray, eta: float, t: int) -> np.ndarray:
        """Return T_t start with T_t = sum_{s < t} (2 eta / n) (I - (2 eta / n) K)^s (Lemma B.3).

        This is the sum of the residuals of the linearised dynamics, weighted as gradient descent
        weights them: the parameters have moved by minus the Jacobian of the outputs applied to it.

        Args:
            start: residuals at t = 0, shape (n, d).
            eta: step size, of L = (1/n) sum_i |f(x_i) - v_i|^2.
            t: iteration.

        Returns:
            Shape (n, d).
        """
        grown = (1 - (1 - 2 * eta / len(self.values) * self.values) ** t) / self.values
        return self.vectors @ (grown[:, np.newaxis] * (self.vectors.T @ start))

    def movement(self, part: np.ndarray, start: np.ndarray, eta: float, t: int) -> float:
        """Return the Frobenius movement of one layer in the linearised dynamics (Lemma B.3).

        After t steps W has moved by -J_w' T_t Delta(0), whose squared Frobenius norm is
        Delta(0)' T_t C T_t Delta(0); likewise a with B. With ``start`` = V this is the lemma's
        bound sqrt(V' T C T V), which takes Delta(0) = -V; with the residuals that a network really
        starts from it is the exact movement of the infinitely wide one.

        Args:
            part: C for the movement of W, B for that of a (see :func:`kernels`), shape (n, n).
            start, eta, t: as for :meth:`accumulated`.
        """
        moved = self.accumulated(start, eta, t)
        return float(np.sqrt(np.sum(moved * (part @ moved))))

    def complexity(self, v: np.ndarray) -> float:
        """Return sqrt(V' H_inf^{-1} V) for targets of shape (n, d) (Theorem 3.3)."""
        return float(np.sqrt((((self.vectors.T @ v) ** 2).sum(axis=1) / self.values).sum()))

"""Lemma C.1 of paper A: from a small mean to a small supremum, for Lipschitz functions.

A function with |f| L-Lipschitz on a compact K of R^D is at least half its supremum s on a ball of
radius s / (2 L) around where it is reached. If every ball of radius r around a point of K covers at
least beta r^D of K, and the density on K is at least p_min, then
E|f| >= (s / 2) p_min beta (s / (2 L))^D, that is

    s <= (2^{D+1} L^D E|f| / (beta p_min))^{1 / (D+1)}.

The paper applies it to f - v as a function of (x, tau), D = d + 1: this gives the exponent
1 / (d + 2) of its Theorem 3.5. The third input, x0, is held fixed here, at 0; with x0 as a variable
too, D would be 2 d + 1 and the exponents 1 / (2 d + 2).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import ncx2

from flowbounds.data.datasets import two_balls, two_balls_shape


def sup_norm_bound(
    mean: np.ndarray, lipschitz: np.ndarray, beta: float, p_min: float, dimension: int
) -> np.ndarray:
    """Return the right side of Lemma C.1 (see above), for s <= 2 L diam(K)."""
    power = dimension + 1
    return (2**power * mean / (beta * p_min)) ** (1 / power) * lipschitz ** (dimension / power)


def unit_ball_volume(d: int) -> float:
    return math.pi ** (d / 2) / math.gamma(d / 2 + 1)


@dataclass(frozen=True)
class Domain:
    """The compact K on which f - v is looked at, for data from ``two_balls`` and x0 = 0.

    K = {(x, tau): tau_min <= tau <= 1, x = tau x1, x1 in the support of P1}: a union of two
    truncated cones, one over each ball. tau_min must be positive: as tau -> 0 the velocity
    v = (x - x0) / tau is not Lipschitz, so the lemma says nothing of the whole of [0, 1], to which
    paper A applies it.
    """

    d: int
    b1: float
    tau_min: float

    def __post_init__(self) -> None:
        if not 0 < self.tau_min < 1:
            raise ValueError(f"tau_min = {self.tau_min} is not between 0 and 1, both excluded")

    @property
    def beta(self) -> float:
        """Ball-volume constant: every ball of radius r <= diam covers at least beta r^D of K.

        A point of K lies in one of the two cones C, and C is convex: shrinking C towards the point
        by r / diam(C) stays in C and in the ball, so beta = vol(C) / diam(C)^D serves.
        """
        power = self.d + 1
        offset, radius = two_balls_shape(self.d, self.b1)
        volume = unit_ball_volume(self.d) * radius**self.d * (1 - self.tau_min**power) / power
        # the farthest two points lie on the rims: both on the wide one, or one on each
        across = math.hypot(
            offset * (1 - self.tau_min) + radius * (1 + self.tau_min), 1 - self.tau_min
        )
        return volume / max(2 * radius, across) ** power

    @property
    def p_min(self) -> float:
        """The least density of (x_tau, tau) on K given x0 = 0.

        Given x0 = 0, x1 has a density proportional to P1(x1) exp(-|x1|^2 / 2), and x = tau x1 one
        that is larger by tau^{-d}: the least is at tau = 1, where |x1| = B1 sqrt(d). The
        normalisation is the probability of a ball under N(0, I_d), a noncentral chi-square law.
        """
        offset, radius = two_balls_shape(self.d, self.b1)
        gaussian = ncx2.cdf(radius**2, self.d, offset**2)
        least = math.exp(-(self.b1**2) * self.d / 2) / (2 * math.pi) ** (self.d / 2)
        return least / (2 * gaussian * (1 - self.tau_min))

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Draw n points of K: x1 ~ P1 and tau ~ U[tau_min, 1].

        Returns:
            x1 of shape (n, d), tau of shape (n,), and weights of shape (n,) that sum to 1 and turn
            means into means given x0 = 0.
        """
        x1 = two_balls(n, self.d, rng, self.b1)
        tau = self.tau_min + (1 - self.tau_min) * rng.random(n)
        weight = np.exp(-(x1**2).sum(axis=1) / 2)
        return x1, tau, weight / weight.sum()

    def boundary(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw n points on the spheres, a third at tau_min and a third at 1: where extremes are.

        Returns:
            x1 of shape (n, d) and tau of shape (n,).
        """
        offset, radius = two_balls_shape(self.d, self.b1)
        x1 = rng.standard_normal((n, self.d))
        x1 *= radius / np.linalg.norm(x1, axis=1, keepdims=True)
        x1[:, 0] += rng.choice([-offset, offset], size=n)
        tau = self.tau_min + (1 - self.tau_min) * rng.random(n)
        tau[: n // 3], tau[n // 3 : 2 * n // 3] = self.tau_min, 1
        return x1, tau


def error_jacobians(w: np.ndarray, a: np.ndarray, x1: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """Return the derivative of f - v in (x, tau) at x = tau x1 and x0 = 0, v = x / tau.

    Args:
        w: first layer of one network, shape (m, 2 d + 1).
        a: second layer, shape (d, m).
        x1: shape (n, d).
        tau: shape (n,).

    Returns:
        Shape (n, d, d + 1).
    """
    d, m = a.shape
    inner = w[:, : d + 1]
    points = np.concatenate([tau[:, np.newaxis] * x1, tau[:, np.newaxis]], axis=1)
    active = (points @ inner.T > 0).astype(float)
    rank_one = a.T[:, :, np.newaxis] * inner[:, np.newaxis, :]  # (m, d, d + 1)
    jacobian = (active @ rank_one.reshape(m, -1)).reshape(-1, d, d + 1) / math.sqrt(m)
    jacobian[:, :, :d] -= np.eye(d) / tau[:, np.newaxis, np.newaxis]
    jacobian[:, :, d] += x1 / tau[:, np.newaxis]
    return jacobian


def lipschitz_constants(
    w: np.ndarray, a: np.ndarray, domain: Domain, x1: np.ndarray, tau: np.ndarray
) -> tuple[float, float]:
    """Return a lower and an upper bound of the Lipschitz constant of |f - v| on K.

    The lower one is the largest norm of the derivative at given points. The upper one adds the
    product of the layers' norms, |A| |W| / sqrt(m), to the norm of the velocity's derivative,
    sqrt(1 + B1^2 d) / tau_min.
    """
    jacobians = error_jacobians(w, a, x1, tau)
    lower = float(np.linalg.norm(jacobians, ord=2, axis=(1, 2)).max())
    d, m = a.shape
    network = np.linalg.norm(a, 2) * np.linalg.norm(w[:, : d + 1], 2) / math.sqrt(m)
    return lower, float(network + math.sqrt(1 + domain.b1**2 * d) / domain.tau_min)

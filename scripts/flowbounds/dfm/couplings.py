"""Couplings of base and target, with the law and the drift of their interpolant in closed form.

The interpolant of paper B is X_t = (1 - t) X_0 + t X_1 + sqrt(2 t (1 - t)) Z with Z ~ N(0, I)
independent of the pair. Its Markovian projection has the drift

    beta_t(x) = (E[X_1 | X_t = x] - x) / (1 - t).

A coupling knows both, vectorised over points: ``log_density(t, x)`` of X_t, shape (n,), and
``drift(t, x)``, shape (n, d), for x of shape (n, d) and 0 <= t < 1 (t = 1 too
where the target has a density in closed form); ``sample(n, rng)`` draws pairs.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import erfcx, log_ndtr, logsumexp, ndtr

from flowbounds.dfm.mixtures import GaussianMixture, gaussian


class Coupling(Protocol):
    """What every coupling offers."""

    @property
    def d(self) -> int: ...

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw n pairs: X_0 and X_1, each of shape (n, d)."""

    def log_density(self, t: float, x: np.ndarray) -> np.ndarray:
        """Return the log density of X_t at x, shape (n, d), as shape (n,)."""

    def posterior_mean(self, t: float, x: np.ndarray) -> np.ndarray:
        """Return E[X_1 | X_t = x], shape (n, d)."""

    def drift(self, t: float, x: np.ndarray) -> np.ndarray:
        """Return beta_t(x), shape (n, d)."""


@dataclass(frozen=True)
class IndependentMixtures:
    """Independent Gaussian mixtures; the target may have point masses, the base none at t = 0.

    X_t is a mixture over pairs (i, j) of components: mean (1 - t) m_i + t n_j, covariance
    Sigma = (1 - t)^2 S_i + t^2 T_j + 2 t (1 - t) I, and E[X_1 | x, (i, j)] =
    n_j + t T_j Sigma^{-1} (x - mean).
    """

    base: GaussianMixture
    target: GaussianMixture

    @property
    def d(self) -> int:
        return self.target.d

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return self.base.sample(n, rng), self.target.sample(n, rng)

    def interpolant(self, t: float) -> GaussianMixture:
        """Return the law of X_t; its component i K + j belongs to the pair (i, j)."""
        base, target = self.base, self.target
        weights = np.multiply.outer(base.weights, target.weights)
        means = (1 - t) * base.means[:, None] + t * target.means
        covariances = (
            (1 - t) ** 2 * base.covariances[:, None]
            + t**2 * target.covariances
            + 2 * t * (1 - t) * np.eye(self.d)
        )
        d = self.d
        return GaussianMixture(weights.ravel(), means.reshape(-1, d), covariances.reshape(-1, d, d))

    def log_density(self, t: float, x: np.ndarray) -> np.ndarray:
        return self.interpolant(t).log_density(x)

    def drift(self, t: float, x: np.ndarray) -> np.ndarray:
        # beta_t given (i, j) is n_j - m_i + (t T_j - (1 - t) S_i - 2 t I) Sigma^{-1} (x - mean):
        # the difference over 1 - t, divided out, so that t = 1 is no special case
        law = self.interpolant(t)
        base, target = self.base, self.target
        d = self.d
        gaps = (target.means - base.means[:, None]).reshape(-1, d)
        slopes = t * target.covariances - (1 - t) * base.covariances[:, None] - 2 * t * np.eye(d)
        slopes = slopes.reshape(-1, d, d) @ np.linalg.inv(law.covariances)
        shares = law.responsibilities(x)
        centred = x[:, None] - law.means  # (n, pairs, d)
        return shares @ gaps + np.einsum("np,pij,npj->ni", shares, slopes, centred)

    def posterior_mean(self, t: float, x: np.ndarray) -> np.ndarray:
        return x + (1 - t) * self.drift(t, x)


@dataclass(frozen=True)
class GaussianCoupling:
    """A jointly Gaussian pair, correlated or not: X_t is Gaussian and the drift is linear.

    With C_01 = Cov(X_0, X_1), X_t has mean (1 - t) m_0 + t m_1 and covariance
    (1 - t)^2 C_00 + t^2 C_11 + t (1 - t) (C_01 + C_01') + 2 t (1 - t) I, and
    Cov(X_1, X_t) = (1 - t) C_01' + t C_11.

    Leading axes, where there are any, hold a stack of couplings: so can independent coordinates,
    which cost O(d) and not O(d^3). Points (``sample``, ``drift``, ``log_density``) are for one.

    Raises:
        ValueError: the joint covariance has not the shape (2 d, 2 d) or is not positive
            semi-definite.
    """

    mean: np.ndarray
    """Of (X_0, X_1), shape (..., 2 d)."""
    covariance: np.ndarray
    """Of (X_0, X_1), shape (..., 2 d, 2 d)."""

    def __post_init__(self) -> None:
        if self.covariance.shape != (*self.mean.shape, self.mean.shape[-1]):
            raise ValueError("the joint covariance of a coupling has the shape (2 d, 2 d)")
        least = np.linalg.eigvalsh(self.covariance)[..., 0]
        if (least < -1e-12 * np.trace(self.covariance, axis1=-2, axis2=-1)).any():
            raise ValueError("the joint covariance of a coupling is not positive semi-definite")

    @property
    def d(self) -> int:
        return self.mean.shape[-1] // 2

    @property
    def blocks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """C_00, C_01 and C_11, shape (..., d, d) each."""
        d, c = self.d, self.covariance
        return c[..., :d, :d], c[..., :d, d:], c[..., d:, d:]

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        pair = gaussian(self.mean, self.covariance).sample(n, rng)
        return pair[:, : self.d], pair[:, self.d :]

    def moments(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean, shape (..., d), and the covariance, shape (..., d, d), of X_t."""
        base, cross, target = self.blocks
        mean = (1 - t) * self.mean[..., : self.d] + t * self.mean[..., self.d :]
        covariance = (1 - t) ** 2 * base + t**2 * target + 2 * t * (1 - t) * np.eye(self.d)
        return mean, covariance + t * (1 - t) * (cross + cross.mT)

    def linear_drift(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        """Return A, shape (..., d, d), and b, shape (..., d), of beta_t(x) = A x + b."""
        base, cross, target = self.blocks
        mean, covariance = self.moments(t)
        # Cov(X_1, X_t) - Cov(X_t), with the factor 1 - t divided out
        excess = (1 - t) * (cross.mT - base) + t * (target - cross) - 2 * t * np.eye(self.d)
        slope = np.linalg.solve(covariance, excess.mT).mT
        gap = self.mean[..., self.d :] - self.mean[..., : self.d]
        return slope, gap - (slope @ mean[..., None])[..., 0]

    def log_density(self, t: float, x: np.ndarray) -> np.ndarray:
        return gaussian(*self.moments(t)).log_density(x)

    def drift(self, t: float, x: np.ndarray) -> np.ndarray:
        slope, intercept = self.linear_drift(t)
        return x @ slope.T + intercept

    def posterior_mean(self, t: float, x: np.ndarray) -> np.ndarray:
        return x + (1 - t) * self.drift(t, x)


@dataclass(frozen=True)
class IndependentUniform:
    """Base N(0, 1) and an independent target U[-c, c]: posteriors are truncated normals.

    Given X_1, X_t is N(t X_1, 1 - t^2); given X_t = x, X_1 is N(x / t, (1 - t^2) / t^2) cut to
    [-c, c].
    """

    c: float

    # Below this t the posterior is so nearly uniform that the difference of two normal
    # distribution functions loses digits, while Gauss-Legendre quadrature is exact to rounding.
    _NEARLY_UNIFORM = 0.1
    _NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)

    @property
    def d(self) -> int:
        return 1

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return rng.standard_normal((n, 1)), rng.uniform(-self.c, self.c, (n, 1))

    def _log_tilts(self, t: float, x: np.ndarray) -> np.ndarray:
        """Return log N(x; t x1, 1 - t^2) at the nodes x1, shape (n, nodes)."""
        variance = 1 - t**2
        residual = x - t * self.c * self._NODES
        return -(residual**2) / (2 * variance) - np.log(2 * np.pi * variance) / 2

    def log_density(self, t: float, x: np.ndarray) -> np.ndarray:
        if t < self._NEARLY_UNIFORM:
            return logsumexp(self._log_tilts(t, x), b=self._WEIGHTS / 2, axis=1)
        sd = np.sqrt(1 - t**2)
        # by symmetry |x|: both ends of the difference are then in the tail that log_ndtr resolves
        near = log_ndtr((t * self.c - np.abs(x[:, 0])) / sd)
        far = log_ndtr((-t * self.c - np.abs(x[:, 0])) / sd)
        return near + np.log1p(-np.exp(far - near)) - np.log(2 * self.c * t)

    def posterior_mean(self, t: float, x: np.ndarray) -> np.ndarray:
        if t < self._NEARLY_UNIFORM:
            tilts = self._log_tilts(t, x)
            shares = np.exp(tilts - tilts.max(axis=1, keepdims=True)) * self._WEIGHTS
            return shares @ (self.c * self._NODES)[:, None] / shares.sum(axis=1, keepdims=True)
        # In units of sd, measured down from the nearer end c: y in [0, w] with density
        # proportional to exp(-(y - b)^2 / 2).
        sd = np.sqrt(1 - t**2) / t
        w = 2 * self.c / sd
        b = (self.c - np.abs(x) / t) / sd
        fade = np.exp(-w * (w - 2 * b) / 2)  # phi(w - b) / phi(b), at most 1 as b <= w / 2
        outside = np.minimum(b, 0)  # both quotients are overflow-free on their own side
        inside = np.maximum(b, 0)
        mills = np.sqrt(np.pi / 2) * (
            erfcx(-outside / np.sqrt(2)) - fade * erfcx((w - outside) / np.sqrt(2))
        )
        mass = ndtr(w - inside) - ndtr(-inside)
        density = np.exp(-(inside**2) / 2) / np.sqrt(2 * np.pi)
        hazard = np.where(b < 0, 1 / mills, density / mass)
        return np.sign(x) * (self.c - sd * (b + (1 - fade) * hazard))

    def drift(self, t: float, x: np.ndarray) -> np.ndarray:
        return (self.posterior_mean(t, x) - x) / (1 - t)

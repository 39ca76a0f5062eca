"""Gaussian mixtures in any dimension, degenerate components (points) included."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GaussianMixture:
    """A mixture of K Gaussians on R^d; a component of covariance 0 is a point mass.

    Raises:
        ValueError: shapes do not match, or the weights are not a probability vector.
    """

    weights: np.ndarray
    """Shape (K,)."""
    means: np.ndarray
    """Shape (K, d)."""
    covariances: np.ndarray
    """Shape (K, d, d)."""

    def __post_init__(self) -> None:
        count, d = self.means.shape
        if self.weights.shape != (count,) or self.covariances.shape != (count, d, d):
            raise ValueError("weights (K,), means (K, d) and covariances (K, d, d) do not match")
        if not (self.weights > 0).all() or not np.isclose(self.weights.sum(), 1, rtol=1e-12):
            raise ValueError("the weights of a mixture are positive and add up to 1")

    @property
    def d(self) -> int:
        return self.means.shape[1]

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n points, shape (n, d)."""
        values, vectors = np.linalg.eigh(self.covariances)  # a Cholesky factor needs no zeros
        roots = vectors * np.sqrt(np.maximum(values, 0))[:, None, :]
        component = rng.choice(len(self.weights), size=n, p=self.weights)
        noise = rng.standard_normal((n, self.d))
        return self.means[component] + np.einsum("nij,nj->ni", roots[component], noise)

    def mean(self) -> np.ndarray:
        """Return the mean, shape (d,)."""
        return self.weights @ self.means

    def covariance(self) -> np.ndarray:
        """Return the covariance, shape (d, d)."""
        centred = self.means - self.mean()
        within = np.einsum("k,kij->ij", self.weights, self.covariances)
        return within + np.einsum("k,ki,kj->ij", self.weights, centred, centred)

    def log_joint(self, x: np.ndarray) -> np.ndarray:
        """Return log(weight_k N(x; mean_k, covariance_k)), shape (n, K), for x of shape (n, d).

        Raises:
            numpy.linalg.LinAlgError: a component is a point mass.
        """
        factors = np.linalg.cholesky(self.covariances)
        log_scale = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
        centred = (x[None] - self.means[:, None]).swapaxes(1, 2)  # (K, d, n)
        squares = (np.linalg.solve(factors, centred) ** 2).sum(axis=1)
        constant = np.log(self.weights) - log_scale - self.d / 2 * np.log(2 * np.pi)
        return constant - squares.T / 2

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the log density at x, shape (n, d), as shape (n,)."""
        log_joint = self.log_joint(x)
        highest = log_joint.max(axis=1)
        return highest + np.log(np.exp(log_joint - highest[:, None]).sum(axis=1))

    def responsibilities(self, x: np.ndarray) -> np.ndarray:
        """Return P(component k | x), shape (n, K), in log space: tails do not underflow."""
        log_joint = self.log_joint(x)
        shares = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def score(self, x: np.ndarray) -> np.ndarray:
        """Return the gradient of the log density at x, shape (n, d)."""
        centred = (self.means[:, None] - x[None]).swapaxes(1, 2)  # (K, d, n)
        pulls = np.linalg.solve(self.covariances, centred)
        return np.einsum("nk,kdn->nd", self.responsibilities(x), pulls)


def gaussian(mean: np.ndarray, covariance: np.ndarray) -> GaussianMixture:
    """Return N(mean, covariance) as a mixture of one component."""
    return GaussianMixture(np.ones(1), np.asarray(mean)[None], np.asarray(covariance)[None])


def on_the_line(weights, means, variances) -> GaussianMixture:
    """Return a mixture on R from three lists of equal length."""
    weights, means, variances = (np.array(v, dtype=float) for v in (weights, means, variances))
    return GaussianMixture(weights, means[:, None], variances[:, None, None])

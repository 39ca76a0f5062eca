"""Closed forms where everything is Gaussian: laws of the chain, KL, W2, and the path measures.

All functions take stacks of couplings (leading axes, see GaussianCoupling). The coordinates of a
stack are independent, so KL and squared W2 add over it.
"""

import itertools

import numpy as np

from flowbounds.dfm.couplings import GaussianCoupling

Moments = tuple[np.ndarray, np.ndarray]
"""Mean, shape (..., d), and covariance, shape (..., d, d)."""

_SUBSTEPS = 4  # Runge-Kutta steps of the propagator in a step of the chain, and at least ...
_LEAST_SUBSTEPS = 512  # ... so many in a unit of time


def euler_maruyama_moments(coupling: GaussianCoupling, times: np.ndarray) -> Moments:
    """Return mean and covariance at t_N of the Euler-Maruyama chain with the exact drift.

    With beta_t(x) = A x + b a step maps the mean m to m + h (A m + b) and the covariance S to
    (I + h A) S (I + h A)' + 2 h I.
    """
    mean, covariance = coupling.moments(times[0])
    identity = np.eye(coupling.d)
    for t, end in itertools.pairwise(times):
        h = end - t
        slope, intercept = coupling.linear_drift(t)
        step = identity + h * slope
        mean = (step @ mean[..., None])[..., 0] + h * intercept
        covariance = step @ covariance @ step.mT + 2 * h * identity
    return mean, covariance


def kl(p: Moments, q: Moments) -> np.ndarray:
    """Return KL(p | q) of Gaussians, in nats, shape (...)."""
    gap = (p[0] - q[0])[..., None]
    ratio = np.linalg.solve(q[1], p[1])
    # eigenvalues r of the ratio: r - 1 - log r loses no digits where the two are close
    r = np.linalg.eigvals(ratio).real
    mahalanobis = (gap.mT @ np.linalg.solve(q[1], gap))[..., 0, 0]
    return ((r - 1 - np.log1p(r - 1)).sum(axis=-1) + mahalanobis) / 2


def w2_squared(p: Moments, q: Moments) -> np.ndarray:
    """Return the squared Wasserstein distance of Gaussians, shape (...) (Bures' formula)."""
    root = _root(p[1])
    bures = p[1] + q[1] - 2 * _root(root @ q[1] @ root)
    return ((p[0] - q[0]) ** 2).sum(axis=-1) + np.trace(bures, axis1=-2, axis2=-1)


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0))[..., None, :] @ vectors.mT


def path_kl(coupling: GaussianCoupling, times: np.ndarray) -> np.ndarray:
    """Return KL of the path measures of X and of the chain with the exact drift, shape (...).

    By Girsanov it is 1/4 sum_k int E|beta_t(X_t) - beta_{t_k}(X_{t_k})|^2 dt over the diffusion
    dX = beta_t(X) dt + sqrt(2) dB, whose propagator Phi' = A_t Phi gives Cov(X_t, X_{t_k}) =
    Phi Cov(X_{t_k}). The interpolant has other pairs (X_{t_k}, X_t): the two agree where it is
    Markov itself, a mixture of bridges whose coupling is the Schrödinger bridge's. The mean of
    beta_t(X_t) is E[X_1 - X_0] at every t and drops out.

    The propagator is integrated by the classical Runge-Kutta method, time by Simpson's rule.
    """
    identity = np.eye(coupling.d)
    total = 0.0
    for t, end in itertools.pairwise(times):
        steps = 2 * int(np.ceil(max(_SUBSTEPS, _LEAST_SUBSTEPS * (end - t)) / 2))
        tau = (end - t) / steps
        start_slope, start = coupling.linear_drift(t)[0], coupling.moments(t)[1]
        of_start = np.trace(start_slope @ start @ start_slope.mT, axis1=-2, axis2=-1)
        propagator, slope = identity, start_slope
        for k in range(1, steps + 1):
            middle = coupling.linear_drift(t + (k - 0.5) * tau)[0]
            after = coupling.linear_drift(t + k * tau)[0]
            k1 = slope @ propagator
            k2 = middle @ (propagator + tau / 2 * k1)
            k3 = middle @ (propagator + tau / 2 * k2)
            k4 = after @ (propagator + tau * k3)
            propagator, slope = propagator + tau / 6 * (k1 + 2 * k2 + 2 * k3 + k4), after
            covariance = coupling.moments(t + k * tau)[1]
            both = slope @ covariance @ slope.mT - 2 * slope @ propagator @ start @ start_slope.mT
            change = of_start + np.trace(both, axis1=-2, axis2=-1)
            weight = 1 if k == steps else 4 if k % 2 else 2  # the first value is 0
            total = total + weight * tau / 3 * change
    return total / 4

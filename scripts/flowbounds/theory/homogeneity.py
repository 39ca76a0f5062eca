"""A floor under the error of every network of paper A, of any width and weights.

The networks have no biases, so f is positively homogeneous of degree 1 in its inputs,
f(c x~) = c f(x~) for c > 0, and so is every member of the kernel's space. The conditional velocity
v = (x_tau - x0) / tau is homogeneous of degree 0. On a ray of inputs, v is constant and f linear:
they cannot agree on the part of the ray that data reach.
"""

import numpy as np

ROWS = 100  # inputs treated at once


def mixture_log_density(x: np.ndarray) -> np.ndarray:
    """Return the log density of ``gaussian_mixture`` at shape (..., d), up to a constant."""
    return np.logaddexp(2 * x[..., 0], -2 * x[..., 0]) - (x**2).sum(axis=-1) / 2


def ray_errors(
    x: np.ndarray, v: np.ndarray, tau_min: float, points: int = 400
) -> tuple[np.ndarray, np.ndarray]:
    """Return the least mean error of a homogeneous f on the ray through each input.

    On the ray q x~, q > 0, the data x1 = q x0 + v vary and v does not. For data from the mixture
    and tau ~ U[tau_min, 1], the law of q on the ray has density proportional to P1(q x0 + v) q^d
    where tau_min <= q tau <= 1: the volume of a cone, q^{2d}, over that of x_tau as x1 varies, q^d.
    The best f on the ray is q c v, where c minimises the mean of |q c - 1|: 1 / c is the median of
    q under weights q.

    Args:
        x: inputs [x_tau, tau, x0], shape (n, 2 d + 1).
        v: velocities, shape (n, d).
        tau_min: the least flow time.
        points: of the quadrature in q.

    Returns:
        The mean of |f - v| over each ray, and |f - v| at the inputs themselves (q = 1), each of
        shape (n,). Both have the same mean over the data: the floor under E|f - v|.
    """
    d = v.shape[1]
    mean, here = np.empty(len(x)), np.empty(len(x))
    middle = (np.arange(points) + 0.5) / points
    for k in range(0, len(x), ROWS):
        rows = slice(k, k + ROWS)
        tau, x0, length = x[rows, d], x[rows, d + 1 :], np.linalg.norm(v[rows], axis=1)
        # beyond |x1| = 8 + sqrt(d) there is no data to speak of
        far = (8 + np.sqrt(d) + length) / np.linalg.norm(x0, axis=1)
        low, high = tau_min / tau, np.minimum(1 / tau, np.maximum(far, 1.0))
        q = low[:, np.newaxis] + (high - low)[:, np.newaxis] * middle
        x1 = q[..., np.newaxis] * x0[:, np.newaxis] + v[rows, np.newaxis]
        log_density = mixture_log_density(x1) + d * np.log(q)
        density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
        density /= density.sum(axis=1, keepdims=True)
        share = np.cumsum(density * q, axis=1)
        median = (share < share[:, -1:] / 2).sum(axis=1)
        c = 1 / q[np.arange(len(q)), median]
        mean[rows] = length * (density * np.abs(q * c[:, np.newaxis] - 1)).sum(axis=1)
        here[rows] = length * np.abs(c - 1)
    return mean, here

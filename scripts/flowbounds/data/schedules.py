"""Interpolation schedules x_tau = sigma_tau x0 + mu_tau x1 (paper A, section 2).

A schedule has sigma_0 = mu_1 = 1 and sigma_1 = mu_0 = 0, and |mu|, |sigma| and their derivatives
are bounded by B0 (Assumption 4).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Schedule:
    """The four curves of a schedule, each a vectorised function of tau in [0, 1]."""

    mu: Curve
    sigma: Curve
    dmu: Curve
    dsigma: Curve
    b0: float
    """The smallest bound B0 that fits Assumption 4."""


SCHEDULES = {
    # The papers' experiments: B0 = 1.
    "linear": Schedule(
        mu=lambda tau: tau,
        sigma=lambda tau: 1 - tau,
        dmu=np.ones_like,
        dsigma=lambda tau: -np.ones_like(tau),
        b0=1.0,
    ),
    # Keeps mu^2 + sigma^2 = 1; the derivatives reach pi / 2.
    "trigonometric": Schedule(
        mu=lambda tau: np.sin(np.pi / 2 * tau),
        sigma=lambda tau: np.cos(np.pi / 2 * tau),
        dmu=lambda tau: np.pi / 2 * np.cos(np.pi / 2 * tau),
        dsigma=lambda tau: -np.pi / 2 * np.sin(np.pi / 2 * tau),
        b0=np.pi / 2,
    ),
}


def inputs_and_targets(
    x1: np.ndarray, x0: np.ndarray, tau: np.ndarray, schedule: Schedule
) -> tuple[np.ndarray, np.ndarray]:
    """Return the regression problem of conditional flow matching (paper A, eq. of the loss L).

    Args:
        x1: data, shape (..., n, d).
        x0: sources drawn given the data, shape (..., n, d).
        tau: flow times, shape (..., n).
        schedule: the interpolation.

    Returns:
        The network's inputs [x_tau, tau, x0], shape (..., n, 2 d + 1), and the conditional
        velocities sigma' x0 + mu' x1, shape (..., n, d). Along the data the velocity
        sigma' x0 + (mu'/mu)(x_tau - sigma x0) reduces to this, without the division by mu.
    """
    tau = tau[..., np.newaxis]
    x_tau = schedule.sigma(tau) * x0 + schedule.mu(tau) * x1
    velocity = schedule.dsigma(tau) * x0 + schedule.dmu(tau) * x1
    return np.concatenate([x_tau, tau, x0], axis=-1), velocity

"""KL of the path measures: what the proofs of paper B bound, and an upper bound of the marginal KL.

X is the Markovian projection dX = beta_t(X) dt + sqrt(2) dB, Y the Euler-Maruyama chain with drift
s, read as a diffusion. By Girsanov's theorem

    KL(X | Y) = 1/4 sum_k int_{t_k}^{t_{k+1}} E|beta_t(X_t) - s(t_k, X_{t_k})|^2 dt.

The pair (X_{t_k}, X_t) is that of the diffusion, not of the interpolant: their laws differ unless
the interpolant is Markov itself.
"""

import itertools

import numpy as np
from scipy.linalg import solve_banded

from flowbounds.dfm.couplings import Coupling
from flowbounds.dfm.quadrature import Drift, panels_of

POINTS = 2000
"""Cells of the grid in space."""
SUBSTEPS = 4
"""Steps of the Fokker-Planck equation in a step of the chain, at least; even."""
LEAST_SUBSTEPS = 256
"""... and in a unit of time."""


def path_kl(
    coupling: Coupling,
    drift: Drift,
    times: np.ndarray,
    points: int = POINTS,
    substeps: int = SUBSTEPS,
    least_substeps: int = LEAST_SUBSTEPS,
) -> float:
    """Return KL(X | Y) on the line, in nats, without Monte Carlo.

    E|beta_t(X_t)|^2 and E|s(X_{t_k})|^2 need laws of X_t alone. The cross term is
    int beta_t(x) q_t(x) dx with q_t(x) dx = E[s(X_{t_k}); X_t in dx], and q solves the
    Fokker-Planck equation q' = -(beta q)' + q'' from q = s p at t_k. It is solved by finite volumes
    and the Crank-Nicolson rule, of second order in space and time; time is integrated by Simpson's
    rule. The defaults leave a relative error of about 1e-4 for the targets of this project.

    Args:
        coupling: on the line.
        drift: s(t, x), shape (n, 1) from shape (n, 1).
        times: t_0 < ... < t_N; the coupling has a density and a drift at t_N too.
        points: cells of the grid.
        substeps, least_substeps: steps in time, in a step of the chain and in a unit of time.
    """
    reach = [panels_of(coupling, t).x for t in np.linspace(times[0], times[-1], 9)]
    edges = np.linspace(min(x.min() for x in reach), max(x.max() for x in reach), points + 1)
    dx = edges[1] - edges[0]
    x = (edges[:-1] + dx / 2)[:, None]

    def density(t: float) -> np.ndarray:
        return np.exp(coupling.log_density(t, x))

    total = 0.0
    for t, end in itertools.pairwise(times):
        steps = 2 * int(np.ceil(max(substeps, least_substeps * (end - t)) / 2))
        tau = (end - t) / steps
        start = drift(t, x)[:, 0]
        weighted = start * density(t)
        of_start = (start * weighted).sum()
        changes = [(((coupling.drift(t, x)[:, 0] - start) ** 2) * density(t)).sum()]
        for k in range(1, steps + 1):
            weighted = _fokker_planck_step(coupling, t + (k - 0.5) * tau, tau, edges, weighted)
            velocity = coupling.drift(t + k * tau, x)[:, 0]
            second = (velocity**2 * density(t + k * tau)).sum()
            changes.append(of_start + second - 2 * (velocity * weighted).sum())
        weights = np.full(steps + 1, 2.0)
        weights[1::2] = 4.0
        weights[[0, -1]] = 1.0
        total += tau / 3 * dx * (weights @ changes)
    return float(total / 4)


def _fokker_planck_step(coupling, middle, tau, edges, q):
    """Advance q by tau with the operator at the middle of the step; no flux through the ends."""
    dx = edges[1] - edges[0]
    velocity = coupling.drift(middle, edges[1:-1, None])[:, 0]
    # the flux between cells i and i + 1 is out q_i + into q_{i + 1}
    out, into = velocity / 2 + 1 / dx, velocity / 2 - 1 / dx
    rate = tau / (2 * dx)
    above, below = np.zeros_like(q), np.zeros_like(q)  # couplings to the right and left cell
    diagonal = np.zeros_like(q)
    above[1:], below[:-1] = -into, out
    diagonal[:-1] -= out
    diagonal[1:] += into
    known = q + rate * diagonal * q
    known[:-1] += rate * above[1:] * q[1:]
    known[1:] += rate * below[:-1] * q[:-1]
    bands = np.stack([-rate * above, 1 - rate * diagonal, -rate * below])
    return solve_banded(
        (1, 1), bands, known, overwrite_ab=True, overwrite_b=True, check_finite=False
    )


def path_kl_monte_carlo(
    coupling: Coupling,
    drift: Drift,
    times: np.ndarray,
    n: int,
    substeps: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Estimate KL(X | Y) in any dimension, with its standard error over n paths.

    Paths of X are simulated with ``substeps`` steps of Heun's method in a step of the chain: for
    noise that does not depend on x its bias is of second order. The integral over time is the
    trapezoidal rule's.
    """
    x, _ = coupling.sample(n, rng)  # of the base: times[0] is 0
    totals = np.zeros(n)
    for t, end in itertools.pairwise(times):
        tau = (end - t) / substeps
        frozen = drift(t, x)
        velocity = coupling.drift(t, x)
        for k in range(substeps):
            before = ((velocity - frozen) ** 2).sum(axis=1)
            later = t + (k + 1) * tau
            noisy = x + np.sqrt(2 * tau) * rng.standard_normal(x.shape)
            predicted = coupling.drift(later, noisy + tau * velocity)
            x = noisy + tau / 2 * (velocity + predicted)
            velocity = coupling.drift(later, x)
            totals += tau / 8 * (before + ((velocity - frozen) ** 2).sum(axis=1))
    return float(totals.mean()), float(totals.std(ddof=1) / np.sqrt(n))

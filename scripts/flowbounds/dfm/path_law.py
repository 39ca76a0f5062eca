"""What one path law says of any drift: its error eps^2, and the path KL by Girsanov.

Let X be the Markovian projection, dX = beta_t(X) dt + sqrt(2) dB with the marginals of the
interpolant. A drift s on the times t_0 < ... < t_N makes the piecewise constant diffusion of the
Euler-Maruyama scheme, and

    eps^2       = sum_k h_k E|s(t_k, X_{t_k}) - beta_{t_k}(X_{t_k})|^2,
    KL of paths = 1/4 sum_k int_{t_k}^{t_{k+1}} E|beta_t(X_t) - s(t_k, X_{t_k})|^2 dt.

Both need of X only its points x at t_k, with weights, and for each of them the two integrals

    pull = E[int beta_t(X_t) dt | X_{t_k} = x],   energy = E[int |beta_t(X_t)|^2 dt | X_{t_k} = x],

so that they are found once per coupling and grid of times, and used for every learned drift (where
there is one drift, flowbounds.dfm.path_measure is as good). On the line they come from the backward
Kolmogorov equation, in any dimension from simulated steps; with
simulated steps pull and energy are the integrals along the step itself, the expectations of which
are the same, and what comes from them has a standard error.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_banded

from flowbounds.dfm.couplings import Coupling
from flowbounds.dfm.paths import interpolate

Drift = Callable[[float, np.ndarray], np.ndarray]
"""s(t, x), shape (n, d) from shape (n, d)."""

_SUBSTEPS_IN_ALL = 512
_LEAST_SUBSTEPS = 8  # of every step
# The drift of a coupling divides by 1 - t: it is read no closer to t = 1 than this.
_LAST = 1 - 1e-7


@dataclass(frozen=True)
class PathLaw:
    """Points of X at t_0, ..., t_{N-1} with what follows over one step."""

    times: np.ndarray
    """t_0, ..., t_N, shape (N + 1,)."""
    x: np.ndarray
    """Shape (N, M, d)."""
    weights: np.ndarray
    """Probabilities of the points at each time, shape (N, M)."""
    beta: np.ndarray
    """beta_{t_k} at the points, shape (N, M, d)."""
    pull: np.ndarray
    """Shape (N, M, d)."""
    energy: np.ndarray
    """Shape (N, M)."""
    is_simulated: bool

    def drift_error(self, s: np.ndarray) -> np.ndarray:
        """Return the terms of eps^2, shape (..., N, M), of drifts at the points (..., N, M, d)."""
        return self._steps * ((s - self.beta) ** 2).sum(axis=-1)

    def divergence(self, s: np.ndarray) -> np.ndarray:
        """Return the terms of the path KL, shape (..., N, M)."""
        cross = (self.pull * s).sum(axis=-1)
        return (self.energy - 2 * cross + self._steps * (s**2).sum(axis=-1)) / 4

    def mean(self, terms: np.ndarray) -> np.ndarray:
        """Add up the terms, of shape (..., N, M): weighted over points, then over steps."""
        return (self.weights * terms).sum(axis=(-2, -1))

    def standard_error(self, terms: np.ndarray) -> np.ndarray:
        """Return the standard error of :meth:`mean`, 0 by quadrature; steps are independent."""
        scatter = (terms.var(axis=-1) / terms.shape[-1]).sum(axis=-1)
        return np.sqrt(scatter) if self.is_simulated else np.zeros_like(scatter)

    @property
    def _steps(self) -> np.ndarray:
        return np.diff(self.times)[:, None]


def on_the_line(coupling: Coupling, times: np.ndarray, grid: np.ndarray) -> PathLaw:
    """Find the path law on R by quadrature: no Monte Carlo.

    Pull and energy solve, backwards from 0 at t_{k+1}, the Kolmogorov equation
    dG/dt + beta_t dG/dx + d^2 G/dx^2 + f = 0 with f = beta_t and beta_t^2. Crank-Nicolson at the
    middle of each substep and central differences on the grid: errors of order (h / substeps)^2 and
    of the spacing squared.

    Args:
        coupling: a coupling with d = 1.
        times: t_0, ..., t_N.
        grid: equally spaced points, shape (M,), wide enough that X leaves it with probability 0 to
            rounding, and fine against every feature of the densities.
    """
    x, spacing = grid[:, None], grid[1] - grid[0]
    steps, substeps = len(times) - 1, _substeps(times)
    weights = np.empty((steps, len(grid)))
    beta, integrals = np.empty((steps, len(grid), 1)), np.zeros((steps, len(grid), 2))
    for k in range(steps):
        weights[k] = spacing * np.exp(coupling.log_density(times[k], x))
        beta[k] = coupling.drift(times[k], x)
        h = (times[k + 1] - times[k]) / substeps
        for r in reversed(range(substeps)):
            b = coupling.drift(times[k] + (r + 0.5) * h, x)
            source = h * np.hstack([b, b**2])
            integrals[k] = _crank_nicolson(integrals[k], source, b[:, 0], h, spacing)
    points = np.broadcast_to(x, (steps, *x.shape))
    return PathLaw(times, points, weights, beta, integrals[..., :1], integrals[..., 1], False)


def _substeps(times: np.ndarray) -> int:
    return max(_LEAST_SUBSTEPS, math.ceil(_SUBSTEPS_IN_ALL / (len(times) - 1)))


def _crank_nicolson(
    later: np.ndarray, source: np.ndarray, b: np.ndarray, h: float, spacing: float
) -> np.ndarray:
    """Return G one substep earlier.

    It solves (1 - hL/2) G = (1 + hL/2) later + source with L = b d/dx + d^2/dx^2.
    At both ends of the grid G is left to its source: nothing gets there.
    """
    up = h / 2 * (1 / spacing**2 + b / (2 * spacing))
    down = h / 2 * (1 / spacing**2 - b / (2 * spacing))
    middle = -h / spacing**2 * np.ones_like(b)
    up[[0, -1]] = down[[0, -1]] = middle[[0, -1]] = 0
    right = later * (1 + middle[:, None]) + source
    right[1:-1] += up[1:-1, None] * later[2:] + down[1:-1, None] * later[:-2]
    bands = np.zeros((3, len(b)))
    bands[0, 1:], bands[1], bands[2, :-1] = -up[:-1], 1 - middle, -down[1:]
    return solve_banded((1, 1), bands, right)


def simulated(coupling: Coupling, times: np.ndarray, n: int, rng: np.random.Generator) -> PathLaw:
    """Simulate every step from n exact draws of X at its start.

    The steps are independent of each other, so no error is carried from one to the next. Inside a
    step Heun's scheme, of weak order 2 for additive noise, takes the substeps.
    """
    steps, substeps, d = len(times) - 1, _substeps(times), coupling.d
    x, beta, pull = (np.empty((steps, n, d)) for _ in range(3))
    energy = np.empty((steps, n))
    for k in range(steps):
        x[k] = interpolate(times[k], *coupling.sample(n, rng), rng.standard_normal((n, d)))
        beta[k] = coupling.drift(times[k], x[k])
        h = (times[k + 1] - times[k]) / substeps
        here, b = x[k], beta[k]
        pull[k], energy[k] = 0, 0
        for r in range(substeps):
            t = min(times[k] + (r + 1) * h, _LAST)
            noise = np.sqrt(2 * h) * rng.standard_normal((n, d))
            guess = coupling.drift(t, here + h * b + noise)
            here = here + h / 2 * (b + guess) + noise
            after = coupling.drift(t, here)
            pull[k] += h / 2 * (b + after)
            energy[k] += h / 2 * ((b**2).sum(axis=1) + (after**2).sum(axis=1))
            b = after
    return PathLaw(times, x, np.full((steps, n), 1 / n), beta, pull, energy, True)

"""KL of marginals and of paths for targets that are rough, without Monte Carlo.

What the general functions lack here: a marginal KL where the target has mass that no chain of N
steps reaches, and a path KL on grids that close up where the density is not smooth, in space and as
t tends to 1.
"""

import itertools

import numpy as np
from scipy.linalg import solve_banded

from flowbounds.dfm.couplings import Coupling
from flowbounds.dfm.paths import uniform_times
from flowbounds.dfm.quadrature import Law, panels_of

POINTS = 400
"""Cells of the grid on the half line."""
SUBSTEPS = 8
"""Steps of the Fokker-Planck equation in a step of the chain, at least."""
LEAST_SUBSTEPS = 128
"""... and in a unit of time."""
LAST_SUBSTEPS = 128
"""... and in the last step of the chain, equal in the root of 1 - t."""

_KNOWN = 9.0  # standard deviations of a node's noise up to which the density is known
_FINEST = 0.02  # length around the edge below which cells no longer shrink
_LEFT_OUT = 1e-9  # x times the density at the end of the grid


def marginal_kl(coupling: Coupling, law: Law) -> float:
    """Return KL(law of X_t | law) at the law's time t, in nats, of a symmetric pair.

    A chain of N steps spreads N(0, 1) over some N lengths, and far beyond its last node the nodes
    say nothing of its density. There the integrand p log(p / q) - p + q, which is never negative,
    is left out: for Student's t about E[X^2; |X| > L] / (2 N^2), where L is the largest power of
    two that the nodes reach; for lighter tails nothing.
    """
    t = law.time
    known = law.centres[-1] + _KNOWN * np.sqrt(law.variance)
    reach = 2.0 ** np.floor(np.log2(known))  # panels have dyadic ends: none lies across

    def generated(x: np.ndarray) -> np.ndarray:
        values = np.zeros_like(x)
        inside = np.abs(x).max(axis=1) <= reach
        values[inside] = law.log_density_on_panels(x[inside])
        return values

    panels = panels_of(coupling, t, generated)
    x, weights = panels.x, panels.weights
    inside = np.abs(x).max(axis=1) <= reach
    x, weights = x[inside], weights[inside]
    true = coupling.log_density(t, x.reshape(-1, 1)).reshape(x.shape)
    mass = weights * np.exp(true)
    return float((mass * (true - generated(x))).sum() + 1 - mass.sum())


def path_kl(
    coupling: Coupling,
    steps: int,
    edge: float = 0.0,
    points: int = POINTS,
    substeps: int = SUBSTEPS,
    least_substeps: int = LEAST_SUBSTEPS,
    last_substeps: int = LAST_SUBSTEPS,
) -> float:
    """Return the path KL of the exact chain with equal steps up to t = 1, in nats.

    By Girsanov's theorem it is 1/4 sum_k int E|beta_t(X_t) - beta_{t_k}(X_{t_k})|^2 dt, over the
    diffusion and not the interpolant. As in flowbounds.dfm.path_measure q = E[beta_{t_k}(X_{t_k});
    X_t in dx] / dx solves the Fokker-Planck equation from beta p at t_k. Densities are even and
    drifts odd, so that x >= 0 suffices. Cells are equal in arsinh of the distance to ``edge``,
    substeps equal but for those of the last step, which are equal in the root of 1 - t. Finite
    volumes, the Crank-Nicolson rule and the midpoint rule in time are of second order; the end
    t = 1 is not evaluated. The defaults leave a relative error of 1e-3, of 2e-3 for a = 3/4 and of
    5e-3 for the uniform law; of neighbouring N they differ by less than 1e-3.

    Args:
        coupling: on the line, with base N(0, 1) and a symmetric target.
        steps: number of steps N.
        edge: where in x >= 0 the target is not smooth.
        points, substeps, least_substeps, last_substeps: the grid.
    """
    edges = _cells(coupling, edge, points)
    centres, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    places = np.concatenate([centres, edges[1:-1]])[:, None]
    starts = set(uniform_times(steps)[:-1])
    q, of_start, total = np.zeros(points), 0.0, 0.0
    for t, end in itertools.pairwise(_times(steps, substeps, least_substeps, last_substeps)):
        if t in starts:
            beta, density = _at(coupling, t, centres[:, None])
            q, of_start = beta * density, (beta**2 * density * widths).sum()
        middle = (t + end) / 2
        velocity = coupling.drift(middle, places)[:, 0]
        beta = velocity[:points]
        density = np.exp(coupling.log_density(middle, centres[:, None]))
        move = _crank_nicolson(velocity[points:], centres, widths, (end - t) / 2)
        q = move(q)
        total += (end - t) * (
            (beta**2 * density * widths).sum() + of_start - 2 * (beta * widths) @ q
        )
        q = move(q)
    return float(2 * total / 4)


def _at(coupling: Coupling, t: float, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return coupling.drift(t, x)[:, 0], np.exp(coupling.log_density(t, x))


def _cells(coupling: Coupling, edge: float, points: int) -> np.ndarray:
    """Return the ends of the cells, from 0 to where the target counts for nothing."""
    reach = 8.0
    while reach * np.exp(coupling.log_density(1.0, np.array([[reach]])))[0] > _LEFT_OUT:
        reach *= 2
    ends = np.arcsinh(np.array([-edge, reach]) / _FINEST)
    cells = edge + _FINEST * np.sinh(np.linspace(*ends, points + 1))
    cells[0] = 0.0
    return cells


def _times(steps: int, substeps: int, least: int, last: int) -> np.ndarray:
    """Return the ends of the substeps: the chain's times are among them."""
    times = uniform_times(steps)
    within = max(substeps, int(np.ceil(least / steps)))
    parts = [
        np.linspace(t, end, within, endpoint=False) for t, end in itertools.pairwise(times[:-1])
    ]
    final = 1 - (1 - times[-2]) * np.linspace(1, 0, last + 1) ** 2
    final[0] = times[-2]
    return np.concatenate([*parts, final])


def _crank_nicolson(velocity: np.ndarray, centres: np.ndarray, widths: np.ndarray, tau: float):
    """Return a step of q' = -(beta q)' + q'' by tau for odd q on the half line.

    The flux between cells i and i + 1 is out q_i + into q_{i + 1}; at 0 it is that of an odd
    function, at the other end there is none.
    """
    slopes = 1 / np.diff(centres)
    out, into = velocity / 2 + slopes, velocity / 2 - slopes
    rate = tau / (2 * widths)
    diagonal = np.zeros_like(widths)
    diagonal[:-1] -= out
    diagonal[1:] += into
    diagonal[0] -= 1 / centres[0]
    above, below = -into * rate[:-1], out * rate[1:]  # of rows i and i + 1
    diagonal *= rate
    bands = np.zeros((3, len(widths)))
    bands[0, 1:], bands[1], bands[2, :-1] = -above, 1 - diagonal, -below

    def move(q: np.ndarray) -> np.ndarray:
        known = (1 + diagonal) * q
        known[:-1] += above * q[1:]
        known[1:] += below * q[:-1]
        return solve_banded((1, 1), bands, known, overwrite_b=True, check_finite=False)

    return move

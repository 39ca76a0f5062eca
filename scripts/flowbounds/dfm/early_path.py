"""KL of the path measures up to 1 - delta on the line: of several chains at once, and for small h.

As flowbounds.dfm.path_measure, for the exact drift s = beta. Near t = 1 a drift without a score
varies over times of 1 - t, so that steps in time are graded: even in u = -log(1 - t). Chains share
the steps of the Fokker-Planck equation, a column each: the more chains, the cheaper.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.linalg import solve_banded

from flowbounds.dfm.couplings import Coupling
from flowbounds.dfm.quadrature import panels_of, weighted_nodes

POINTS = 1200
"""Cells of the grid in space."""
SHARE = 1 / 32
"""A step in time over what is left to t = 1, at most."""
LONGEST = 1 / 64
"""A step in time, at most."""
SUBSTEPS = 2
"""Steps between two times of any chain, at least; even."""
NODES = 10
"""Of the integral over u, in a unit of it."""
DIFFERENCE = 3e-4
"""Half the difference that a derivative is taken over, in units of sqrt(1 - t)."""


def path_kls(
    coupling: Coupling,
    chains: Sequence[np.ndarray],
    points: int = POINTS,
    share: float = SHARE,
    longest: float = LONGEST,
    substeps: int = SUBSTEPS,
) -> np.ndarray:
    """Return KL(X | Y) for the chain Y with the drift of X on each of several lists of times.

    For every chain q_t(x) dx = E[beta_{t_k}(X_{t_k}); X_t in dx] is advanced by finite volumes and
    the Crank-Nicolson rule and begun anew at its t_k; then

        E|beta_t(X_t) - beta_{t_k}(X_{t_k})|^2 = E|beta_t|^2 + E|beta_{t_k}|^2 - 2 int beta_t q_t dx

    is integrated over u by Simpson's rule. The Fokker-Planck equation is solved to second order;
    the defaults leave less than 1e-3 of the value for the targets of this project.

    Args:
        coupling: on the line.
        chains: increasing times t_0, ..., t_N each, of one t_0 and one t_N below 1.
        points: cells of the grid.
        share, longest, substeps: steps in time, as the constants above.

    Returns:
        Shape (number of chains,), in nats.

    Raises:
        ValueError: the chains do not begin and end together.
    """
    first, last = chains[0][[0, -1]]
    if any(times[0] != first or times[-1] != last for times in chains):
        raise ValueError("chains that are measured together begin and end together")
    gaps = [
        _graded(*gap, share, longest, substeps)
        for gap in itertools.pairwise(np.unique(np.concatenate(chains)))
    ]
    reach = [panels_of(coupling, t).x for t in np.linspace(first, last, 9)]
    edges = np.linspace(min(x.min() for x in reach), max(x.max() for x in reach), points + 1)
    dx = edges[1] - edges[0]
    x = (edges[:-1] + dx / 2)[:, None]

    def moments(t: float) -> tuple[np.ndarray, np.ndarray, float]:
        """Return beta, beta times the density, and E|beta|^2."""
        velocity = coupling.drift(t, x)[:, 0]
        weighted = velocity * np.exp(coupling.log_density(t, x))
        return velocity, weighted, dx * (weighted @ velocity)

    q = np.zeros((points, len(chains)))
    of_start, change, total = np.zeros((3, len(chains)))
    for times in gaps:
        begins = [bool(np.isin(times[0], chain)) for chain in chains]
        _, weighted, energy = moments(times[0])
        q[:, begins] = weighted[:, None]
        of_start, change = np.where(begins, energy, of_start), np.where(begins, 0.0, change)
        values = [change]
        for t, end in itertools.pairwise(times):
            q = _advance(coupling, t, end, edges, q)
            velocity, _, energy = moments(end)
            values.append(of_start + energy - 2 * dx * (velocity @ q))
        change = values[-1]
        steps = len(times) - 1
        simpson = np.where(np.arange(steps + 1) % 2, 4.0, 2.0)
        simpson[[0, -1]] = 1.0
        du = np.log((1 - times[0]) / (1 - times[-1])) / steps
        total += du / 3 * (simpson * (1 - times)) @ np.array(values)
    return total / 4


def _graded(t: float, end: float, share: float, longest: float, substeps: int) -> np.ndarray:
    """Divide [t, end] evenly in log(1 - t), as the constants of this module say."""
    decline = np.log((1 - t) / (1 - end))
    steps = 2 * int(np.ceil(max(substeps, (end - t) / longest, decline / share) / 2))
    times = 1 - (1 - t) * np.exp(-decline * np.arange(steps + 1) / steps)
    times[[0, -1]] = t, end
    return times


def _advance(coupling: Coupling, t: float, end: float, edges: np.ndarray, q: np.ndarray):
    """Advance the columns of q from t to end by one step; no flux through the ends of the grid.

    The operator is that of the middle of the step.
    """
    tau, dx = end - t, edges[1] - edges[0]
    velocity = coupling.drift((t + end) / 2, edges[1:-1, None])[:, 0]
    # the flux between cells i and i + 1 is out q_i + into q_{i + 1}
    out, into = velocity / 2 + 1 / dx, velocity / 2 - 1 / dx
    flux = tau / (2 * dx) * (out[:, None] * q[:-1] + into[:, None] * q[1:])
    known = q.copy()
    known[:-1] -= flux
    known[1:] += flux
    bands = np.zeros((3, len(q)))
    rate = tau / (2 * dx)
    bands[0, 1:], bands[2, :-1] = rate * into, -rate * out
    bands[1] = 1
    bands[1, :-1] += rate * out
    bands[1, 1:] -= rate * into
    return solve_banded(
        (1, 1), bands, known, overwrite_ab=True, overwrite_b=True, check_finite=False
    )


def gradient_energy(coupling: Coupling, t: float) -> float:
    """Return E|d beta_t / dx (X_t)|^2 on the line, by quadrature of a central difference.

    beta is a score but for a factor and a linear function, so that panels that resolve the density
    resolve it, too.
    """
    x, weights = weighted_nodes(coupling, t)
    step = DIFFERENCE * np.sqrt(1 - t)
    above, below = (coupling.drift(t, x[:, None] + shift)[:, 0] for shift in (step, -step))
    return float(weights @ ((above - below) / (2 * step)) ** 2)


def first_orders(coupling: Coupling, deltas: Sequence[float]) -> dict[str, np.ndarray]:
    """Return lim KL(X | Y) / h as h falls, for equal and for shrinking steps up to 1 - delta.

    Along X the drift moves by sqrt(2) dbeta/dx dB to first order, so that KL over h tends to

        1/4 int_0^{1 - delta} E|dbeta_t/dx|^2 dt,

    for shrinking steps h (1 - t) with the factor 1 - t from t = 1/2 on.

    Args:
        coupling: on the line.
        deltas: below 1/2.

    Returns:
        ``uniform`` and ``nonuniform``, and by how much each grows with log(1/delta):
        ``uniform_gain`` and ``nonuniform_gain``; shape (number of deltas,) each, in nats.
    """
    half, ends = np.log(2), -np.log(np.asarray(deltas, dtype=float))
    u = np.linspace(0, ends.max(), int(np.ceil(NODES * ends.max())) + 1)
    energy = np.array([gradient_energy(coupling, -np.expm1(-each)) for each in u]) / 4
    # dt is (1 - t) du
    equal, shrinking = (CubicSpline(u, energy * np.exp(-k * u)) for k in (1, 2))
    until = equal.integrate(0, half)
    return {
        "uniform": np.array([float(equal.integrate(0, end)) for end in ends]),
        "nonuniform": np.array([float(until + shrinking.integrate(half, end)) for end in ends]),
        "uniform_gain": equal(ends),
        "nonuniform_gain": shrinking(ends),
    }

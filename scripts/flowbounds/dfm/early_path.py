"""KL of the path measures up to 1 - delta on the line, of several chains at once.

As flowbounds.dfm.path_measure, for the exact drift s = beta. Near t = 1 a drift without a score
varies over times of 1 - t, so that steps in time are graded: 1 - t falls by a fixed factor at most.
Chains share the steps of the Fokker-Planck equation, a column each: the more chains, the cheaper.
"""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import solve_banded

from flowbounds.dfm.couplings import Coupling
from flowbounds.dfm.quadrature import panels_of

POINTS = 1600
"""Cells of the grid in space."""
SHARE = 1 / 48
"""A step in time over what is left to t = 1, at most."""
LONGEST = 1 / 96
"""A step in time, at most."""
SUBSTEPS = 2
"""Steps between two times of any chain, at least."""


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

    is integrated by the trapezoidal rule. All of it is of second order; the defaults leave less
    than 1e-3 of the value up to 256 steps, and 2e-3 up to 1024, for gaps of 0.01 and more.

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
    fine = _graded(np.unique(np.concatenate(chains)), share, longest, substeps)
    reach = [panels_of(coupling, t).x for t in np.linspace(first, last, 9)]
    edges = np.linspace(min(x.min() for x in reach), max(x.max() for x in reach), points + 1)
    dx = edges[1] - edges[0]
    x = (edges[:-1] + dx / 2)[:, None]

    starts = np.array([np.isin(fine, times) for times in chains])
    q = np.zeros((points, len(chains)))
    of_start, before, total = np.zeros((3, len(chains)))
    for k, t in enumerate(fine):
        if k:
            q = _advance(coupling, fine[k - 1], t, edges, q)
        velocity = coupling.drift(t, x)[:, 0]
        weighted = velocity * np.exp(coupling.log_density(t, x)) * dx
        energy = weighted @ velocity
        if k:
            change = of_start + energy - 2 * dx * (velocity @ q)
            total += (t - fine[k - 1]) / 2 * (before + change)
            before = change
        begins = starts[:, k]
        q[:, begins] = weighted[:, None] / dx
        of_start = np.where(begins, energy, of_start)
        before = np.where(begins, 0.0, before)
    return total / 4


def _graded(times: np.ndarray, share: float, longest: float, substeps: int) -> np.ndarray:
    """Divide the gaps between times as the constants of this module say; the times stay in."""
    parts = []
    for t, end in zip(times[:-1], times[1:], strict=True):
        left, decline = 1 - t, np.log((1 - t) / (1 - end))
        steps = int(max(substeps, np.ceil((end - t) / longest), np.ceil(decline / share)))
        # even in log(1 - t)
        parts.append(1 - left * np.exp(-decline * np.arange(steps) / steps))
        parts[-1][0] = t
    return np.append(np.concatenate(parts), times[-1])


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

"""Exact laws in the plane: the density of an Euler-Maruyama chain by quadrature on a grid.

A step sends the density p of X_k to p'(y) = int p(x) N(y; x + h s(t_k, x), 2 h I) dx. The kernel
is a product over the two coordinates, so that on an equally spaced grid a step is one matrix
product. The trapezoidal rule errs by about 2 exp(-2 pi^2 (sd / spacing)^2) for a Gaussian, and the
integrand, two kernels multiplied, is no narrower than 1 / sqrt(2) of a kernel: at a spacing of 0.75
kernels that is 5e-8. What the rule does not see is mass that leaves the box; the total mass says
how much.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import logsumexp

from flowbounds.dfm.couplings import IndependentMixtures

Drift = Callable[[float, np.ndarray], np.ndarray]

_SPACING = 0.75  # of the grid, in standard deviations of what is narrowest
_COARSEST = 0.15  # of any grid: a drift between components of a target is steep
_REACH = 6.5  # standard deviations beyond the outermost means: 1e-10 of the mass
_WINDOW = 9.0  # standard deviations beyond which a kernel counts for nothing
_NEGLIGIBLE = 1e-17  # of the largest density: left out as a source
_FAINT = 1e-14  # of the largest density: windows cut a thousandth of it, or more
_FINER = 2.0  # spacing of the grid that the last density is read on, by which it is finer


def euler_maruyama_kl(
    coupling: IndependentMixtures, drift: Drift, times: np.ndarray, spacing: float = _SPACING
) -> tuple[float, float]:
    """Return KL(target | law at t_N of the chain that starts from the base), and the law's mass.

    Args:
        coupling: with d = 2 and a target that has a density.
        drift: s(t, x), shape (n, 2) from shape (n, 2).
        times: 0 = t_0 < ... < t_N = 1.
        spacing: of the grid, in standard deviations of the narrowest of kernel and start.

    Raises:
        FloatingPointError: the drift is not finite where the chain has mass.
    """
    base, target = coupling.base, coupling.target
    low, high = _box(base.means, base.covariances, target.means, target.covariances)
    kernel = np.sqrt(2 * np.diff(times).min())
    step = spacing * min(kernel, _least_sd(base.covariances), _COARSEST / _SPACING)
    axes = _axes(low, high, step)
    x = _mesh(axes)
    cell = np.prod([axis[1] - axis[0] for axis in axes])
    p = np.exp(base.log_density(x))
    fine = min(step, spacing * _least_sd(target.covariances)) / _FINER
    last = _axes(low, high, fine)
    for k, t in enumerate(times[:-1]):
        h = times[k + 1] - t
        alive = p > _NEGLIGIBLE * p.max()
        image = x[alive] + h * drift(t, x[alive])
        if not np.isfinite(image).all():
            raise FloatingPointError(f"the drift is not finite at t = {t:g}")
        onto = last if k == len(times) - 2 else axes
        rows = [_kernel(axis, image[:, j], np.sqrt(2 * h)) for j, axis in enumerate(onto)]
        masses = cell * p[alive]
        rows[0] *= masses[:, None]
        p = (rows[0].T @ rows[1]).ravel()
    y = _mesh(last)
    cell = np.prod([axis[1] - axis[0] for axis in last])
    true = target.log_density(y)
    near = true > true.max() - 25  # elsewhere 1e-9 is added at most
    # where a law is this faint, what lies outside of the windows is a part of it, or all
    faint = p[near] < _FAINT * p.max()
    with np.errstate(divide="ignore"):  # a law that misses the target altogether: KL = inf
        log_p = np.log(np.where(faint, 1, p[near]))
    log_p[faint] = _log_density(y[near][faint], image, masses, np.sqrt(2 * h))
    kl = cell * (np.exp(true[near]) * (true[near] - log_p)).sum()
    return float(kl), float(cell * p.sum())


def _log_density(y: np.ndarray, centres: np.ndarray, masses: np.ndarray, sd: float) -> np.ndarray:
    """Return the log density at y of a mixture of masses at N(centre, sd^2 I), without windows."""
    log_masses = np.log(masses) - np.log(2 * np.pi * sd**2)
    density = np.empty(len(y))
    for k, point in enumerate(y):
        squares = ((centres - point) ** 2).sum(axis=1)
        density[k] = logsumexp(log_masses - squares / (2 * sd**2))
    return density


def _kernel(axis: np.ndarray, centres: np.ndarray, sd: float) -> np.ndarray:
    """Return N(axis; centre, sd^2), shape (centres, axis), computed where it is not negligible."""
    step = axis[1] - axis[0]
    width = min(len(axis), int(np.ceil(2 * _WINDOW * sd / step)) + 1)
    first = np.ceil((centres - _WINDOW * sd - axis[0]) / step)
    first = np.clip(first, 0, len(axis) - width).astype(int)
    window = first[:, None] + np.arange(width)
    z = (axis[window] - centres[:, None]) / sd
    kernel = np.zeros((len(centres), len(axis)))
    np.put_along_axis(kernel, window, np.exp(-(z**2) / 2) / (np.sqrt(2 * np.pi) * sd), axis=1)
    return kernel


def _least_sd(covariances: np.ndarray) -> float:
    return np.sqrt(np.linalg.eigvalsh(covariances).min())


def _box(*moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a box for components of given means, covariances, means, ..."""
    means = np.concatenate(moments[::2])
    covariances = np.concatenate(moments[1::2])
    reach = _REACH * np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    return (means - reach).min(axis=0), (means + reach).max(axis=0)


def _axes(low: np.ndarray, high: np.ndarray, step: float) -> list[np.ndarray]:
    counts = np.ceil((high - low) / step).astype(int) + 1
    return [np.linspace(a, b, n) for a, b, n in zip(low, high, counts, strict=True)]


def _mesh(axes: list[np.ndarray]) -> np.ndarray:
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)

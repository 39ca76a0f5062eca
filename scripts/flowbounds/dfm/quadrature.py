"""Exact laws on the line: Euler-Maruyama chains by quadrature, their distances to the interpolant.

A step of the chain sends the density p of X_k to

    p_{k+1}(y) = int p_k(x) N(y; x + h_k s(t_k, x), 2 h_k) dx,

an integral that is computed by Gauss-Legendre panels. Panels are halved until p_k, the image
g(x) = x + h_k s(t_k, x) and the kernel are all polynomials on them to the tolerance, so neither a
narrow component of the target nor a steep drift is stepped over. The law of X_{k+1} is then a
Gaussian mixture, one component a node: its tails are known in log space, and no grid is
interpolated. Drifts are callables s(t, x), shape (n, 1) from shape (n, 1): formulas or networks.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre
from scipy.interpolate import PchipInterpolator
from scipy.special import log_ndtr, logsumexp, ndtri_exp

from flowbounds.dfm.couplings import Coupling

Drift = Callable[[float, np.ndarray], np.ndarray]

TOLERANCE = 1e-9
"""What panels leave unresolved of a drift, in units of the step's noise."""

_ORDER = 16
_NODES, _WEIGHTS = legendre.leggauss(_ORDER)
# maps the values at the nodes to Legendre coefficients; the last two of a smooth function are 0
_TO_COEFFICIENTS = (
    legendre.legvander(_NODES, _ORDER - 1) * _WEIGHTS[:, None] * (np.arange(_ORDER) + 0.5)
)
_TAIL = _TO_COEFFICIENTS[:, -2:]
# maps the values at the nodes to those of the integral from the left end, on [-1, 1]
_ANTIDERIVATIVE = _TO_COEFFICIENTS @ np.array(
    [legendre.legval(_NODES, legendre.legint(unit, lbnd=-1)) for unit in np.eye(_ORDER)]
)
_SPAN = 3.0  # standard deviations of noise that a panel covers: 16 nodes are then exact to rounding
_LOG_SPAN = 8.0  # by which a log density may differ on a panel, likewise
_REACH = 9.0  # standard deviations beyond which a kernel counts for nothing (1e-18)
_FAINT = 1e-15  # a density below which components beyond that reach may count after all
_NEGLIGIBLE = 1e-40  # of the largest density: left out as a source
_LOG_NEGLIGIBLE = -90.0  # of a density that is integrated against
_MOST_HALVINGS = 40
_CHUNK = 2_000_000  # kernel values held at once


@dataclass(frozen=True)
class Law:
    """A law on the line as a mixture: masses m_i of N(c_i, variance), at flow time ``time``."""

    centres: np.ndarray
    """Shape (n,), increasing."""
    masses: np.ndarray
    """Shape (n,), positive; they add up to 1 but for the error of the quadrature."""
    variance: float
    time: float

    @property
    def mass(self) -> float:
        """Total mass: its distance to 1 bounds no error, but shows a coarse grid at once."""
        return float(self.masses.sum())

    def _components(self, x: np.ndarray, log_kernel: Callable) -> np.ndarray:
        rows = max(1, _CHUNK // len(self.centres))
        log_masses, sd = np.log(self.masses), np.sqrt(self.variance)
        return np.concatenate(
            [
                logsumexp(log_masses + log_kernel((part - self.centres) / sd), axis=1)
                for part in np.split(x, range(rows, len(x), rows))
            ]
        )

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the log density at x, shape (n, 1), as shape (n,): finite in the tails."""
        constant = np.log(2 * np.pi * self.variance) / 2
        return self._components(x, lambda z: -(z**2) / 2) - constant

    def log_cdf(self, x: np.ndarray, upper: bool = False) -> np.ndarray:
        """Return log P(X <= x), or log P(X > x) for ``upper``; x and result as for the density."""
        return self._components(x, (lambda z: log_ndtr(-z)) if upper else log_ndtr)

    def density_on_panels(self, x: np.ndarray) -> np.ndarray:
        """Return the density at x, shape (panels, nodes), 0 where no component is near."""
        sd = np.sqrt(self.variance)
        low = np.searchsorted(self.centres, x[:, 0] - _REACH * sd)
        high = np.searchsorted(self.centres, x[:, -1] + _REACH * sd)
        density = np.zeros_like(x)
        start = 0
        while start < len(x):
            # as many panels as fit: their windows of components are padded to the widest
            widths = np.maximum.accumulate((high - low)[start : start + 64])
            fit = np.arange(1, len(widths) + 1) * widths * _ORDER <= _CHUNK
            part = slice(start, start + max(1, int(fit.sum())))
            index = low[part, None] + np.arange((high - low)[part].max())
            inside = index < high[part, None]
            index = np.minimum(index, len(self.centres) - 1)
            z = (x[part, :, None] - self.centres[index][:, None, :]) / sd
            np.multiply(z, z, out=z)
            np.multiply(z, -0.5, out=z)
            np.exp(z, out=z)
            weights = np.where(inside, self.masses[index], 0.0)
            density[part] = (z @ weights[:, :, None])[..., 0]
            start = part.stop
        return density / (sd * np.sqrt(2 * np.pi))

    def log_density_on_panels(self, x: np.ndarray) -> np.ndarray:
        """Return the log density at x, shape (panels, nodes), by all components if faint."""
        density = self.density_on_panels(x)
        faint = density.min(axis=1) < _FAINT
        density[faint] = 1.0
        logs = np.log(density)
        logs[faint] = _rows(self.log_density, x[faint])
        return logs


@dataclass(frozen=True)
class _Panels:
    left: np.ndarray
    width: np.ndarray

    @property
    def x(self) -> np.ndarray:
        """Nodes, shape (panels, nodes)."""
        return self.left[:, None] + self.width[:, None] * (1 + _NODES) / 2

    @property
    def weights(self) -> np.ndarray:
        return self.width[:, None] * _WEIGHTS / 2


def _cover(low: float, high: float, width: float) -> _Panels:
    count = int(np.ceil((high - low) / width))
    edges = np.linspace(low, high, count + 1)
    return _Panels(edges[:-1], np.diff(edges))


def _halve(panels: _Panels, coarse: Callable[[np.ndarray], np.ndarray]) -> _Panels:
    """Halve panels until none is coarse.

    Args:
        panels: where to start.
        coarse: which panels to halve, shape (panels,), given nodes of shape (panels, nodes).
    """
    done, left, width = [], panels.left, panels.width
    for _ in range(_MOST_HALVINGS):
        bad = coarse(_Panels(left, width).x)
        done.append((left[~bad], width[~bad]))
        if not bad.any():
            break
        half = width[bad] / 2
        left, width = np.concatenate([left[bad], left[bad] + half]), np.concatenate([half, half])
    else:
        done.append((left, width))  # narrower than 1e-12 of a panel: a jump of the function
    lefts, widths = (np.concatenate(part) for part in zip(*done, strict=True))
    order = np.argsort(lefts)
    return _Panels(lefts[order], widths[order])


def _unresolved(values: np.ndarray, tolerance: float) -> np.ndarray:
    return np.abs(values @ _TAIL).max(axis=1) > tolerance


def _rows(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """Apply a function of rows (n, 1) to nodes (panels, nodes)."""
    return np.asarray(function(x.reshape(-1, 1)), dtype=float).reshape(x.shape)


def panels_of(coupling: Coupling, t: float, *functions: Callable, tolerance=TOLERANCE) -> _Panels:
    """Return panels on which the density of X_t is resolved, and functions of the nodes besides."""
    reach, peak = 1.0, -np.inf
    while True:  # double the interval until its ends count for nothing
        x = np.linspace(-reach, reach, 4097)[:, None]
        values = coupling.log_density(t, x)
        peak = max(peak, values.max())
        if max(values[0], values[-1]) < peak + _LOG_NEGLIGIBLE:
            break
        reach *= 2

    def coarse(x: np.ndarray) -> np.ndarray:
        values = _rows(lambda x: coupling.log_density(t, x), x)
        bad = (np.ptp(values, axis=1) > _LOG_SPAN) | _unresolved(values, TOLERANCE)
        # what the weight exp(values) makes negligible need not be resolved; between its nodes a
        # panel may hold a peak that is higher than any of them, by less than they differ
        alive = values.max(axis=1) + np.ptp(values, axis=1) > peak + _LOG_NEGLIGIBLE / 2
        for function in functions:
            look = alive & ~bad
            bad[look] = _unresolved(function(x[look]), tolerance)
        return bad & alive

    panels = _halve(_cover(-reach, reach, reach / 32), coarse)
    keep = (
        _rows(lambda x: coupling.log_density(t, x), panels.x).max(axis=1) > peak + _LOG_NEGLIGIBLE
    )
    return _Panels(panels.left[keep], panels.width[keep])


def weighted_nodes(coupling: Coupling, t: float) -> tuple[np.ndarray, np.ndarray]:
    """Return points and weights, shape (n,): E f(X_t) is the weighted sum of f, for smooth f."""
    panels = panels_of(coupling, t)
    density = np.exp(_rows(lambda x: coupling.log_density(t, x), panels.x))
    return panels.x.ravel(), (panels.weights * density).ravel()


def expectation(coupling: Coupling, t: float, function: Callable, tolerance=TOLERANCE) -> float:
    """Return E f(X_t) for f from shape (n, 1) to shape (n,) or (n, 1)."""
    panels = panels_of(coupling, t, lambda x: _rows(function, x), tolerance=tolerance)
    density = np.exp(_rows(lambda x: coupling.log_density(t, x), panels.x))
    return float((panels.weights * density * _rows(function, panels.x)).sum())


def euler_maruyama_law(
    coupling: Coupling, drift: Drift, times: np.ndarray, tolerance: float = TOLERANCE
) -> Law:
    """Return the law of the Euler-Maruyama chain at t_N (paper B, section 2).

    The chain starts from the law of X_{t_0}, the base for t_0 = 0.

    Args:
        coupling: on the line; gives the law at t_0 and nothing else.
        drift: s(t, x), shape (n, 1) from shape (n, 1).
        times: t_0 < ... < t_N, shape (N + 1,).
        tolerance: unresolved part of the drift times h, in units of sqrt(2 h). A network with kinks
            wants a larger one, or every kink takes many panels: 1e-5 left a relative error of 1e-6
            in the KL of a piecewise linear drift.

    Raises:
        FloatingPointError: the drift is not finite where the chain has mass.
    """
    law = None
    for t, end in itertools.pairwise(times):
        h = end - t
        sd = np.sqrt(2 * h)

        def image(x: np.ndarray, t=t, h=h) -> np.ndarray:
            return x + h * _rows(lambda x: drift(t, x), x)

        def coarse(x: np.ndarray, t=t, image=image, sd=sd) -> np.ndarray:
            scaled = image(x) / sd
            if not np.isfinite(scaled).all():
                raise FloatingPointError(f"the drift is not finite at t = {t:g}")
            return (np.ptp(scaled, axis=1) > _SPAN) | _unresolved(scaled, tolerance)

        if law is None:
            panels = _halve(panels_of(coupling, t), coarse)
            density = np.exp(_rows(lambda x, t=t: coupling.log_density(t, x), panels.x))
        else:
            noise = np.sqrt(law.variance)
            low, high = law.centres[[0, -1]] + np.array([-_REACH, _REACH]) * noise
            panels = _cover(low, high, _SPAN * noise)
            density = law.density_on_panels(panels.x).max(axis=1)
            keep = density > _NEGLIGIBLE * density.max()
            panels = _halve(_Panels(panels.left[keep], panels.width[keep]), coarse)
            density = law.density_on_panels(panels.x)
        centres, masses = image(panels.x).ravel(), (panels.weights * density).ravel()
        order = np.argsort(centres)
        order = order[masses[order] > _NEGLIGIBLE * masses.max()]
        law = Law(centres[order], masses[order], 2 * h, float(end))
    return law


def drift_error(coupling: Coupling, drift: Drift, times: np.ndarray, tolerance=TOLERANCE) -> float:
    """Return eps^2 = sum_k h_k E|s(t_k, X_{t_k}) - beta_{t_k}(X_{t_k})|^2, as Theorem 2 defines it.

    The expectation is over the interpolant, not over the chain.
    """
    return sum(
        (end - t)
        * expectation(
            coupling, t, lambda x, t=t: (drift(t, x) - coupling.drift(t, x)) ** 2, tolerance
        )
        for t, end in itertools.pairwise(times)
    )


def kl(coupling: Coupling, law: Law, tolerance: float = TOLERANCE) -> float:
    """Return KL(law of X_t | law) at the law's time t, in nats."""
    t = law.time
    panels = panels_of(coupling, t, law.log_density_on_panels, tolerance=tolerance)
    true = _rows(lambda x: coupling.log_density(t, x), panels.x)
    generated = law.log_density_on_panels(panels.x)
    return float((panels.weights * np.exp(true) * (true - generated)).sum())


def w2(coupling: Coupling, law: Law, tolerance: float = TOLERANCE) -> float:
    """Return the Wasserstein distance W2 of the law of X_t and a law at its time t.

    On the line it is the distance in L^2 of the quantile functions: X_t is mapped to the law by
    the increasing map. Both distribution functions are compared as normal quantiles, where they
    are nearly straight and both tails keep their digits.
    """
    t = law.time

    def log_density(x: np.ndarray) -> np.ndarray:
        return coupling.log_density(t, x)

    panels = panels_of(coupling, t, tolerance=tolerance)
    masses = panels.weights * np.exp(_rows(log_density, panels.x))
    # an antiderivative within each panel; below and above it, whole panels
    inner = panels.width[:, None] / 2 * (np.exp(_rows(log_density, panels.x)) @ _ANTIDERIVATIVE)
    totals = masses.sum(axis=1)
    below = (np.cumsum(totals) - totals)[:, None] + inner
    above = (np.cumsum(totals[::-1])[::-1] - totals)[:, None] + (totals[:, None] - inner)
    below, above = np.maximum(below, 1e-300).ravel(), np.maximum(above, 1e-300).ravel()
    quantiles = _normal_quantile(np.log(below), np.log(above))

    span = np.sqrt(law.variance)
    low, high = law.centres[[0, -1]] + np.array([-_REACH, _REACH]) * span
    y = _cover(low, high, span).x.ravel()
    generated = _normal_quantile(law.log_cdf(y[:, None]), law.log_cdf(y[:, None], upper=True))
    rising = np.flatnonzero(np.diff(generated, prepend=-np.inf) > 1e-9)
    mapped = PchipInterpolator(generated[rising], y[rising])(quantiles)
    return float(np.sqrt((masses.ravel() * (mapped - panels.x.ravel()) ** 2).sum()))


def _normal_quantile(log_below: np.ndarray, log_above: np.ndarray) -> np.ndarray:
    """Return the standard normal quantile of a probability, from its nearer tail."""
    lower = log_below < log_above
    z = ndtri_exp(np.where(lower, log_below, log_above))
    return np.where(lower, z, -z)

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
from scipy.special import log_ndtr, logsumexp, ndtr

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
_SPAN = 3.0  # standard deviations of noise that a panel covers: 16 nodes are then exact to rounding
_LOG_SPAN = 8.0  # by which a log density may differ on a panel, likewise
_REACH = 9.0  # standard deviations beyond which a kernel counts for nothing (1e-18)
_FAINT = 1e-15  # a density below which components beyond that reach may count after all
_NEGLIGIBLE = 1e-40  # of the largest density: left out as a source
_LOG_NEGLIGIBLE = -90.0  # of a density that is integrated against
_MOST_HALVINGS = 40
_LEVELS = 8.0  # normal quantiles beyond which levels count for nothing (1e-15)
_LEVEL_SPAN = 1.5  # as _SPAN, where a polynomial stands for the density and not for its integral
_LEVEL_TOLERANCE = 1e-9  # of squared W2, in a panel of levels
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


def _density_after_halving(
    law: Law, panels: _Panels, whole: _Panels, density: np.ndarray
) -> np.ndarray:
    """Return the density on panels that come of ``whole``, where it is known: few were halved."""
    k = np.minimum(np.searchsorted(whole.left, panels.left), len(whole.left) - 1)
    same = (whole.left[k] == panels.left) & (whole.width[k] == panels.width)
    density = density[k]
    density[~same] = law.density_on_panels(panels.x[~same])
    return density


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
            density = law.density_on_panels(panels.x)
            keep = density.max(axis=1) > _NEGLIGIBLE * density.max()
            whole, density = _Panels(panels.left[keep], panels.width[keep]), density[keep]
            panels = _halve(whole, coarse)
            density = _density_after_halving(law, panels, whole, density)
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


def w2(coupling: Coupling, law: Law) -> float:
    """Return the Wasserstein distance W2 of the law of X_t and a law at its time t.

    On the line it is the distance in L^2 of the quantile functions:

        W2^2 = int (F^{-1}(u) - G^{-1}(u))^2 du = int (F^{-1}(Phi(z)) - G^{-1}(Phi(z)))^2 phi(z) dz.

    Between two modes a quantile function all but jumps, and the map of one law to the other with
    it, where neither density shows anything. So panels are halved in the level z itself until what
    is unresolved of a panel's share counts for nothing in the whole.
    """
    t = law.time
    panels = panels_of(coupling, t)
    true = _Quantiles(panels, np.exp(_rows(lambda x: coupling.log_density(t, x), panels.x)))
    span = np.sqrt(law.variance)
    low, high = law.centres[[0, -1]] + np.array([-_REACH, _REACH]) * span
    cover = _cover(low, high, _LEVEL_SPAN * span)
    generated = _Quantiles(cover, law.density_on_panels(cover.x))

    def density(z: np.ndarray) -> np.ndarray:
        gaps = true(z.ravel()) - generated(z.ravel())
        return (gaps**2).reshape(z.shape) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)

    start = _cover(-_LEVELS, _LEVELS, 0.5)
    enough = _LEVEL_TOLERANCE * (start.weights * density(start.x)).sum()

    def coarse(z: np.ndarray) -> np.ndarray:
        return np.abs(density(z) @ _TAIL).max(axis=1) * np.ptp(z, axis=1) > enough

    levels = _halve(start, coarse)
    return float(np.sqrt((levels.weights * density(levels.x)).sum()))


class _Quantiles:
    """The quantile function of a law that is known by its density on panels.

    Args:
        panels: where the law has mass, resolved for a polynomial.
        density: at the nodes, shape (panels, nodes); scaled to mass 1.
    """

    def __init__(self, panels: _Panels, density: np.ndarray) -> None:
        masses = (panels.weights * density).sum(axis=1)
        keep = masses > 0
        self._panels = _Panels(panels.left[keep], panels.width[keep])
        self._masses = masses[keep] / masses.sum()
        scale = self._panels.width / 2 / masses.sum()
        # Legendre coefficients of the density in each panel's own variable, shape (orders, panels)
        self._density = (density[keep] @ _TO_COEFFICIENTS).T * scale
        self._integral = legendre.legint(self._density, lbnd=-1)
        self._below = np.cumsum(self._masses)
        self._above = np.cumsum(self._masses[::-1])[::-1]

    def __call__(self, z: np.ndarray) -> np.ndarray:
        """Return x with P(X <= x) = Phi(z), shape (n,) both; from the nearer tail."""
        last = len(self._masses) - 1
        below, above = ndtr(z), ndtr(-z)
        from_left = np.searchsorted(self._below, below)
        from_right = last - np.searchsorted(self._above[::-1], above)
        k = np.clip(np.where(z < 0, from_left, from_right), 0, last)
        inside = np.where(z < 0, below - (self._below[k] - self._masses[k]), self._above[k] - above)
        wanted = np.clip(inside, 0, self._masses[k])
        density, integral = self._density[:, k], self._integral[:, k]
        low, high = np.full(len(z), -1.0), np.full(len(z), 1.0)
        place = 2 * wanted / self._masses[k] - 1
        for _ in range(_MOST_HALVINGS):  # Newton's method, a bisection where it leaves its bracket
            excess = legendre.legval(place, integral, tensor=False) - wanted
            low, high = np.where(excess < 0, place, low), np.where(excess < 0, high, place)
            slope = legendre.legval(place, density, tensor=False)
            with np.errstate(divide="ignore", invalid="ignore"):
                after = place - excess / slope
            after = np.where((after >= low) & (after <= high), after, (low + high) / 2)
            moved = np.abs(after - place).max()
            place = after
            if moved < 1e-14:
                break
        return self._panels.left[k] + self._panels.width[k] * (1 + place) / 2

"""The pair that needs the largest constant of Theorem 2, by search: a lower bound of that constant.

Pairs are on the line and centred: d copies of a pair have d times its KL and, as E|V|^8 of d copies
is at least d times that of one, a bound that is at least as large, so that products need no more;
neither does a shift, which moves no KL. Two families: Gaussians of any correlation, and N(0, s^2)
beside an independent mixture of two Gaussians.

A search wants thousands of values, so what it maximises is computed here by closed forms and plain
grids. What is reported of its winners comes from quadrature.py, path_measure.py and bounds.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import hermite_e, legendre
from scipy.optimize import differential_evolution

from flowbounds.dfm.couplings import GaussianCoupling, IndependentMixtures
from flowbounds.dfm.mixtures import gaussian, on_the_line

_POPULATION = 32
"""Points of a generation; Sobol's sequence wants a power of two for the first."""
_NODES, _WEIGHTS = legendre.leggauss(16)
_TIMES, _OF_TIMES = legendre.leggauss(48)
_NORMAL, _OF_NORMAL = hermite_e.hermegauss(6)  # exact up to powers of 11: norms have the eighth
_OF_NORMAL = _OF_NORMAL / np.sqrt(2 * np.pi)
_GRID = np.linspace(0.0, 1.0, 257)
_REACH = 7.0
"""Standard deviations beyond the outermost means that a grid covers."""


@dataclass(frozen=True)
class GaussianPairs:
    """Pairs N(0, base_sd^2), N(0, target_sd^2) of a correlation inside (-1, 1); shape (S,) each."""

    base_sd: np.ndarray
    target_sd: np.ndarray
    correlation: np.ndarray

    @classmethod
    def of(cls, z: np.ndarray, reach: float) -> "GaussianPairs":
        """Return the pairs at z in [-1, 1]^3, shape (3, S): scales in [1/reach, reach].

        (1 + rho) / (1 - rho) lies between reach^-2 and reach^2.
        """
        return cls(reach ** z[0], reach ** z[1], np.tanh(np.log(reach) * z[2]))

    def coupling(self) -> GaussianCoupling:
        """Return one pair (S = 1) as a coupling."""
        a, b, rho = (float(v.item()) for v in (self.base_sd, self.target_sd, self.correlation))
        return GaussianCoupling(np.zeros(2), np.array([[a**2, rho * a * b], [rho * a * b, b**2]]))

    def _cross(self) -> np.ndarray:
        return self.correlation * self.base_sd * self.target_sd

    def norms(self) -> np.ndarray:
        """Return 1 + the eighth powers of Theorem 2's norms, closed form, shape (S,).

        The tilted score has the covariance P + (g/4 - 1) e e' with P the pair's precision,
        e = (1, -1) and g = Var(X_1 - X_0).
        """
        a, b = self.base_sd, self.target_sd
        g = a**2 + b**2 - 2 * self._cross()
        determinant = a**2 * b**2 * (1 - self.correlation**2)
        trace = g / 2 - 2 + (a**2 + b**2) / determinant
        product = (1 - g / 2) ** 2 / determinant  # of the two eigenvalues
        # E (l1 Z1^2 + l2 Z2^2)^4 by l1 + l2 and l1 l2
        tilted = 105 * trace**4 - 360 * trace**2 * product + 144 * product**2
        return 1 + 105 * (a**8 + b**8 + a**-8.0 + b**-8.0) + tilted

    def _law(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return Var X_t and the slope of the drift, shape (S, ...) at times of shape (...)."""
        lift = (..., *[None] * np.ndim(t))
        a, b, c = (v[lift] for v in (self.base_sd**2, self.target_sd**2, self._cross()))
        variance = (1 - t) ** 2 * a + t**2 * b + 2 * t * (1 - t) * (1 + c)
        change = -2 * (1 - t) * a + 2 * t * b + 2 * (1 - 2 * t) * (1 + c)
        return variance, (change - 2) / (2 * variance)  # Fokker and Planck: v' = 2 slope v + 2

    def limit(self) -> np.ndarray:
        """Return the limit of path KL / h as h tends to 0: int E|beta'|^2 dt / 4, shape (S,)."""
        return (self._law((1 + _TIMES) / 2)[1] ** 2 @ _OF_TIMES) / 8

    def path_kl(self, steps: int) -> np.ndarray:
        """Return the path KL, shape (S,): integrals in each step by Gauss and Legendre.

        The diffusion forgets X_{t_k} by exp(int slope dt) = sqrt(v_t / v_k) exp(-int dt / v), and
        v is a quadratic polynomial, so that the last integral is an arctangent.
        """
        h = 1 / steps
        start = np.arange(steps)[:, None] * h
        t = start + h * (1 + _NODES) / 2
        v, slope = self._law(t)
        v0, slope0 = self._law(start)
        kept = np.sqrt(v / v0) * np.exp(-self._time_over_variance(start, t))
        change = slope**2 * v + slope0**2 * v0 - 2 * slope * slope0 * kept * v0
        return h / 8 * (change @ _WEIGHTS).sum(axis=-1)

    def _time_over_variance(self, start: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return int_start^t du / Var X_u.

        Var X_t is a quadratic form in (1 - t, t); its polar form at the two times is the cosine of
        the angle between them, the arctangent's argument its tangent.
        """
        lift = (slice(None), None, None)
        a, b, m = (v[lift] for v in (self.base_sd**2, self.target_sd**2, 1 + self._cross()))
        polar = (1 - start) * (1 - t) * a + start * t * b + (start + t - 2 * start * t) * m
        # of a form that is not positive it is imaginary, and the arctangent hyperbolic
        root = np.sqrt((a * b - m**2).astype(complex))
        tangent = root * (t - start) / polar
        small = np.abs(tangent) < 1e-6
        angle = np.arctan(np.where(small, 1.0, tangent)) + np.where(polar < 0, np.pi, 0.0)
        return np.where(small, (t - start) / polar, (angle / np.where(root == 0, 1, root)).real)

    def marginal_kl(self, steps: int) -> np.ndarray:
        """Return the marginal KL by the chain's recursion, shape (S,)."""
        h, variance = 1 / steps, self.base_sd**2
        for k in range(steps):
            slope = self._law(np.array(k * h))[1]
            variance = (1 + h * slope) ** 2 * variance + 2 * h
        excess = self.target_sd**2 / variance - 1
        return (excess - np.log1p(excess)) / 2


@dataclass(frozen=True)
class MixturePair:
    """N(0, base_sd^2) and an independent mixture of two Gaussians of mean 0."""

    base_sd: float
    weight: float
    """Of the left component."""
    gap: float
    left_sd: float
    right_sd: float

    @classmethod
    def of(cls, z: np.ndarray, reach: float) -> "MixturePair":
        """Return the pair at z in [-1, 1]^5: sds in [1/reach, reach], the gap in [0, 2 reach].

        The weight lies in [0.01, 0.99]."""
        weight = float(0.5 + 0.49 * z[1])
        return cls(reach ** z[0], weight, reach * (1 + z[2]), reach ** z[3], reach ** z[4])

    def coupling(self) -> IndependentMixtures:
        base = gaussian(np.zeros(1), np.array([[self.base_sd**2]]))
        return IndependentMixtures(base, on_the_line(self._weights, self._means, self._variances))

    @property
    def _weights(self) -> np.ndarray:
        return np.array([self.weight, 1 - self.weight])

    @property
    def _means(self) -> np.ndarray:
        return self.gap * np.array([self.weight - 1, self.weight])

    @property
    def _variances(self) -> np.ndarray:
        return np.array([self.left_sd**2, self.right_sd**2])

    def _grid(self, t: np.ndarray, wider: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Return points that cover X_t, shape (..., points), and their spacing, (..., 1)."""
        means, variances, _, _ = self._components(t)
        reach = wider * _REACH * np.sqrt(variances)
        low, high = (means - reach).min(axis=-1), (means + reach).max(axis=-1)
        x = low[..., None] + (high - low)[..., None] * _GRID
        return x, (x[..., 1] - x[..., 0])[..., None]

    def _components(self, t) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return means and variances of X_t and slopes and intercepts of beta_t by component."""
        t = np.asarray(t, dtype=float)[..., None]
        base, target = self.base_sd**2, self._variances
        means = t * self._means
        variances = (1 - t) ** 2 * base + t**2 * target + 2 * t * (1 - t)
        slopes = (t * target - (1 - t) * base - 2 * t) / variances
        return means, variances, slopes, self._means - slopes * means

    def _at(self, t, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the density of X_t, beta_t and its derivative at x, shape (..., points)."""
        means, variances, slopes, intercepts = (v[..., None, :] for v in self._components(t))
        pull = (means - x[..., None]) / variances
        log = (
            np.log(self._weights)
            - np.log(2 * np.pi * variances) / 2
            + pull * (x[..., None] - means) / 2
        )
        top = log.max(axis=-1, keepdims=True)
        share = np.exp(log - top)
        total = share.sum(axis=-1, keepdims=True)
        share = share / total
        drifts = intercepts + slopes * x[..., None]
        beta = (share * drifts).sum(axis=-1)
        mixed = (share * drifts * pull).sum(axis=-1) - beta * (share * pull).sum(axis=-1)
        density = np.exp(top[..., 0]) * total[..., 0]
        return density, beta, (share * slopes).sum(axis=-1) + mixed

    def _score(self, x: np.ndarray) -> np.ndarray:
        pull = (self._means - x[:, None]) / self._variances
        log = (
            np.log(self._weights / np.sqrt(self._variances)) + pull * (x[:, None] - self._means) / 2
        )
        share = np.exp(log - log.max(axis=1, keepdims=True))
        return (share * pull).sum(axis=1) / share.sum(axis=1)

    def norms(self) -> float:
        """Return 1 + the eighth powers of Theorem 2's norms: exact in X_0, on a grid in X_1."""
        x1, dx = self._grid(np.array(1.0))
        p1 = self._at(1.0, x1)[0] * dx
        s1, x0 = self._score(x1), self.base_sd * _NORMAL[:, None]
        pull = (x1 - x0) / 2
        tilted = ((-x0 / self.base_sd**2 - pull) ** 2 + (s1 + pull) ** 2) ** 4
        base = 105 * (self.base_sd**8 + self.base_sd**-8.0)
        return float(1 + base + p1 @ (x1**8 + s1**8) + _OF_NORMAL @ tilted @ p1)

    def limit(self) -> float:
        """Return the limit of path KL / h as h tends to 0: int E|beta'|^2 dt / 4."""
        t = (1 + _TIMES) / 2
        x, dx = self._grid(t)
        density, _, slope = self._at(t, x)
        return float(_OF_TIMES @ (density * slope**2 * dx).sum(axis=1) / 8)

    def marginal_kl(self, steps: int) -> float:
        """Return the marginal KL with the chain's density on plain grids, a grid a step."""
        h, x = 1 / steps, self._grid(np.array(0.0))
        p = self._at(0.0, x[0])[0]
        for k in range(steps):
            image = x[0] + h * self._at(k * h, x[0])[1]
            last = k == steps - 1
            after = self._grid(np.array((k + 1) * h), 1.0 if last else 1.5)
            kernel = np.exp(-((after[0][:, None] - image) ** 2) / (4 * h)) / np.sqrt(4 * np.pi * h)
            p, x = kernel @ (p * x[1]), after
        true = self._at(1.0, x[0])[0]
        seen = (true > 1e-25) & (p > 0)
        return float((true[seen] * np.log(true[seen] / p[seen])).sum() * x[1][0])


def _largest(ratio: Callable, count: int, generations: int, rng, vectorized: bool) -> np.ndarray:
    """Return z in [-1, 1]^count at which a ratio is largest.

    Differential evolution finds the hill, L-BFGS-B its top.
    """
    found = differential_evolution(
        lambda z: -np.log(ratio(z)),
        [(-1.0, 1.0)] * count,
        init="sobol",
        popsize=_POPULATION // count,
        maxiter=generations,
        tol=1e-8,
        rng=rng,
        polish=True,
        vectorized=vectorized,
        updating="deferred" if vectorized else "immediate",
    )
    return found.x


def worst_gaussians(
    quantity: str, steps: int | None, reach: float, generations: int, rng: np.random.Generator
) -> GaussianPairs:
    """Return the Gaussian pair with the largest KL over the norms of Theorem 2's right side.

    Its factor of h is the same for all pairs.

    Args:
        quantity: kl_path or kl_marginal.
        steps: N; None for the limit of small steps, of the paths.
        reach: cap of the search, see :meth:`GaussianPairs.of`.
    """

    def ratio(z: np.ndarray) -> np.ndarray:
        pairs = GaussianPairs.of(z, reach)
        if steps is None:
            value = pairs.limit()
        else:
            value = (pairs.path_kl if quantity == "kl_path" else pairs.marginal_kl)(steps)
        return np.maximum(value, 1e-300) / pairs.norms()

    z = _largest(ratio, 3, generations, rng, vectorized=True)
    return GaussianPairs.of(z[:, None], reach)


def worst_mixture(
    quantity: str, steps: int, reach: float, generations: int, rng: np.random.Generator
) -> MixturePair:
    """Return the pair with a mixture that has the largest KL over the norms, as above.

    Paths are searched in the limit of small steps, whatever ``steps`` is.
    """

    def ratio(z: np.ndarray) -> float:
        pair = MixturePair.of(z, reach)
        value = pair.limit() if quantity == "kl_path" else pair.marginal_kl(steps)
        return max(value, 1e-300) / pair.norms()

    z = _largest(ratio, 5, generations, rng, vectorized=False)
    return MixturePair.of(z, reach)

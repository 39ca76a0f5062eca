"""Pairs of base and target among which the worst case of Theorem 2 is searched.

Pairs are on the line and centred: d copies of a pair have d times its KL and, as E|V|^8 of d copies
is at least d times that of one, a bound that is at least as large, so that products need no more;
neither does a shift, which moves no KL. Two families: Gaussians of any correlation, and N(0, s^2)
beside an independent mixture of two Gaussians.

A search wants thousands of values, so what it maximises is computed here by closed forms and plain
grids. What is reported of its winners comes from quadrature.py, path_measure.py and bounds.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import hermite_e, legendre

from flowbounds.dfm.couplings import GaussianCoupling, IndependentMixtures
from flowbounds.dfm.mixtures import gaussian, on_the_line

_NODES, _WEIGHTS = legendre.leggauss(8)
_TIMES, _OF_TIMES = legendre.leggauss(16)
_NORMAL, _OF_NORMAL = hermite_e.hermegauss(6)  # exact up to powers of 11: norms have the eighth
_OF_NORMAL = _OF_NORMAL / np.sqrt(2 * np.pi)
_REACH = 7.0
"""Standard deviations that a grid covers on either side of a mean."""
_GRID = np.linspace(0.0, 1.0, 129)
_BELL = np.linspace(-_REACH, _REACH, 65)
_OF_BELL = np.exp(-(_BELL**2) / 2) * (_BELL[1] - _BELL[0]) / np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class GaussianPair:
    """N(0, base_sd^2) and N(0, target_sd^2) of a correlation inside (-1, 1)."""

    base_sd: float
    target_sd: float
    rho: float

    @staticmethod
    def box(reach: float) -> np.ndarray:
        """Return the limits of z, shape (3, 2): standard deviations in [1/reach, reach].

        (1 + rho) / (1 - rho) lies between reach^-2 and reach^2.
        """
        return np.log(reach) * np.array([[-1.0, 1.0]] * 3)

    @staticmethod
    def near() -> np.ndarray:
        """Return z of N(0, 1) with itself."""
        return np.zeros(3)

    @classmethod
    def of(cls, z: np.ndarray) -> "GaussianPair":
        """Return the pair at z, shape (3,): logarithms of the sds, and artanh rho."""
        return cls(*np.exp(z[:2]).tolist(), float(np.tanh(z[2])))

    def described(self) -> dict[str, float]:
        """Return the pair as one with a mixture of a single component."""
        sds = {"left_sd": self.target_sd, "right_sd": self.target_sd}
        return {"base_sd": self.base_sd, "rho": self.rho, "weight": 1.0, "gap": 0.0} | sds

    def coupling(self) -> GaussianCoupling:
        a, b, c = self.base_sd**2, self.target_sd**2, self._cross
        return GaussianCoupling(np.zeros(2), np.array([[a, c], [c, b]]))

    @property
    def _cross(self) -> float:
        return self.rho * self.base_sd * self.target_sd

    def norms(self) -> float:
        """Return 1 + the eighth powers of Theorem 2's norms, closed form.

        The tilted score has the covariance P + (g/4 - 1) e e' with P the pair's precision,
        e = (1, -1) and g = Var(X_1 - X_0).
        """
        a, b = self.base_sd, self.target_sd
        g = a**2 + b**2 - 2 * self._cross
        determinant = a**2 * b**2 * (1 - self.rho**2)
        trace = g / 2 - 2 + (a**2 + b**2) / determinant
        product = (1 - g / 2) ** 2 / determinant  # of the two eigenvalues
        # E (l1 Z1^2 + l2 Z2^2)^4 by l1 + l2 and l1 l2
        tilted = 105 * trace**4 - 360 * trace**2 * product + 144 * product**2
        return 1 + 105 * (a**8 + b**8 + a**-8 + b**-8) + tilted

    def _law(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return Var X_t and the slope of the drift at times t."""
        a, b, c = self.base_sd**2, self.target_sd**2, self._cross
        variance = (1 - t) ** 2 * a + t**2 * b + 2 * t * (1 - t) * (1 + c)
        change = -2 * (1 - t) * a + 2 * t * b + 2 * (1 - 2 * t) * (1 + c)
        return variance, (change - 2) / (2 * variance)  # Fokker and Planck: v' = 2 slope v + 2

    def limit(self) -> float:
        """Return the limit of path KL / h as h tends to 0: int E|beta'|^2 dt / 4."""
        return float(self._law((1 + _TIMES) / 2)[1] ** 2 @ _OF_TIMES / 8)

    def path_kl(self, steps: int) -> float:
        """Return the path KL: integrals in each step by Gauss and Legendre.

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
        return float(h / 8 * (change @ _WEIGHTS).sum())

    def _time_over_variance(self, start: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return int_start^t du / Var X_u.

        Var X_t is a quadratic form in (1 - t, t); its polar form at the two times is the cosine of
        the angle between them, the arctangent's argument its tangent.
        """
        a, b, m = self.base_sd**2, self.target_sd**2, 1 + self._cross
        polar = (1 - start) * (1 - t) * a + start * t * b + (start + t - 2 * start * t) * m
        # of a form that is not positive it is imaginary, and the arctangent hyperbolic
        root = np.sqrt(complex(a * b - m**2))
        tangent = root * (t - start) / polar
        small = np.abs(tangent) < 1e-6
        angle = np.arctan(np.where(small, 1.0, tangent)) + np.where(polar < 0, np.pi, 0.0)
        return np.where(small, (t - start) / polar, (angle / (root or 1.0)).real)

    def marginal_kl(self, steps: int) -> float:
        """Return the marginal KL by the chain's recursion."""
        h = 1 / steps
        factors = (1 + h * self._law(np.arange(steps) * h)[1]) ** 2
        kept = np.cumprod(factors[::-1])  # of a variance that is there 1, ..., N steps before 1
        variance = self.base_sd**2 * kept[-1] + 2 * h * (1 + kept[:-1].sum())
        excess = self.target_sd**2 / variance - 1
        return float(excess - np.log1p(excess)) / 2


@dataclass(frozen=True)
class MixturePair:
    """N(0, base_sd^2) and an independent mixture of two Gaussians of mean 0."""

    base_sd: float
    weight: float
    """Of the left component."""
    gap: float
    left_sd: float
    right_sd: float

    @staticmethod
    def box(reach: float) -> np.ndarray:
        """Return the limits of z, shape (5, 2): sds in [1/reach, reach], the gap in [0, 2 reach].

        The weight lies in [0.01, 0.99].
        """
        sd = [-np.log(reach), np.log(reach)]
        return np.array([sd, [0.01, 0.99], [0.0, 2 * reach], sd, sd])

    @staticmethod
    def near() -> np.ndarray:
        """Return z of a pair near N(0, 1) with itself, where a climb would not know whither."""
        return np.array([0.0, 0.5, 0.0, -0.3, 0.3])

    @classmethod
    def of(cls, z: np.ndarray) -> "MixturePair":
        """Return the pair at z, shape (5,): its numbers in their order, of sds the logarithms."""
        base, left, right = np.exp(z[[0, 3, 4]]).tolist()
        return cls(base, float(z[1]), float(z[2]), left, right)

    def described(self) -> dict[str, float]:
        return vars(self) | {"rho": 0.0}

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

    def _points(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return points and weights of X_t, shape (..., points): a grid for each component.

        On a common one a narrow component lies between two points of a wide one.
        """
        means, variances, _, _ = self._components(t)
        x = means[..., None] + np.sqrt(variances)[..., None] * _BELL
        weights = np.broadcast_to(self._weights[:, None] * _OF_BELL, x.shape)
        flat = (*x.shape[:-2], -1)
        return x.reshape(flat), weights.reshape(flat)

    def _grid(self, t: float) -> np.ndarray:
        """Return evenly spaced points that cover X_t and, half as wide again, the chain's law."""
        means, variances, _, _ = self._components(t)
        reach = 1.5 * _REACH * np.sqrt(variances)
        low, high = (means - reach).min(), (means + reach).max()
        return low + (high - low) * _GRID

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
        """Return 1 + the eighth powers of Theorem 2's norms: exact in X_0, on grids in X_1."""
        x1, p1 = self._points(np.array(1.0))
        s1, x0 = self._score(x1), self.base_sd * _NORMAL[:, None]
        pull = (x1 - x0) / 2
        tilted = ((-x0 / self.base_sd**2 - pull) ** 2 + (s1 + pull) ** 2) ** 4
        base = 105 * (self.base_sd**8 + self.base_sd**-8.0)
        return float(1 + base + p1 @ (x1**8 + s1**8) + _OF_NORMAL @ tilted @ p1)

    def limit(self) -> float:
        """Return the limit of path KL / h as h tends to 0: int E|beta'|^2 dt / 4."""
        t = (1 + _TIMES) / 2
        x, weights = self._points(t)
        return float(_OF_TIMES @ (weights * self._at(t, x)[2] ** 2).sum(axis=1) / 8)

    def marginal_kl(self, steps: int) -> float:
        """Return the marginal KL with the chain's density on plain grids, a grid a step."""
        h = 1 / steps
        x, mass = self._points(np.array(0.0))
        for k in range(steps):
            image = x + h * self._at(k * h, x)[1]
            last = k == steps - 1
            x, true = self._points(np.array(1.0)) if last else (self._grid((k + 1) * h), None)
            kernel = np.exp(-((x[:, None] - image) ** 2) / (4 * h)) / np.sqrt(4 * np.pi * h)
            density = kernel @ mass
            mass = density * (x[1] - x[0])
        seen = (true > 1e-18) & (density > 0)
        return float(true[seen] @ np.log(self._at(1.0, x)[0][seen] / density[seen]))

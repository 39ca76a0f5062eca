"""Targets on the line that are not analytic, or have heavy tails: exact laws and drifts of X_t.

Three families, all symmetric about 0, coupled independently with the base N(0, 1):

- the power laws, with density proportional to exp(-|x|^a), 0 < a <= 2: the a-th power has a kink
  at 0 (a = 1 is Laplace's law) or a singular derivative there, unless a = 2;
- their limit a = inf, the uniform law on [-1, 1]: the density jumps;
- Student's t with nu degrees of freedom: an analytic density with moments below nu only.

The first and the last are mixtures of centred Gaussians, for exp(-|x|^a) is the Laplace transform
of a positive stable law of index a / 2 at x^2, and Student's t divides N(0, 1) by the root of a
gamma variable. A rule of equal steps in the logarithm of the variance converges exponentially: some
hundred components have the density to a relative 1e-5 wherever it is above 3e-7 and |x| above 1e-5,
and X_t and its drift are in closed form. At the very kink what the narrowest components would add
is missing, 3e-7 for a = 1 and 2e-5 for a = 0.6. A chain and its target are of the same components.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit, gammaln

from flowbounds.dfm.couplings import Coupling, IndependentUniform

_DIGITS = np.log(1e12)  # what a step of the rule in log variance leaves of the density
_LEAST_WEIGHT = 1e-13  # of narrow components, beyond which all together are left out
_FAINTEST = 1e-40  # of wide components: tails are followed that far
_ROWS = 256  # points that share the components that count
_REACH = 45.0  # below the highest log of a component, where another counts for nothing
_NOTHING = -1e3  # log density outside a support


@dataclass(frozen=True)
class ScaleMixture:
    """Base N(0, 1) and an independent mixture of the Gaussians N(0, v_i): see Coupling.

    Given the component, X_t is N(0, V) with V = 1 - t^2 + t^2 v, and the drift is linear with the
    slope (t v - 1 - t) / V, in which 1 - t is divided out: t = 1 is no special case.
    """

    weights: np.ndarray
    """Shape (K,), positive; they add up to 1."""
    variances: np.ndarray
    """Shape (K,), decreasing."""

    @property
    def d(self) -> int:
        return 1

    def sample(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        variances = rng.choice(self.variances, size=(n, 1), p=self.weights)
        return rng.standard_normal((n, 1)), np.sqrt(variances) * rng.standard_normal((n, 1))

    def _sums(self, t: float, x: np.ndarray, *factors: np.ndarray) -> list[np.ndarray]:
        """Return the highest log of a component at every x, and sums of all over it."""
        spread = 1 - t**2 + t**2 * self.variances
        constant = np.log(self.weights) - np.log(2 * np.pi * spread) / 2
        columns = np.stack([np.ones_like(spread), *factors], axis=1)
        squares, precisions = x[:, 0] ** 2 / 2, 1 / spread
        parts = []
        for part in np.split(squares, range(_ROWS, len(x), _ROWS)):
            ends = constant - np.multiply.outer([part.min(), part.max()], precisions)
            near, far = ends > ends.max(axis=1, keepdims=True) - _REACH
            # what is narrow and faint at the nearest point, or wide and faint at the farthest, is
            # so at all of them
            here = slice(np.flatnonzero(far)[0], np.flatnonzero(near)[-1] + 1)
            logs = np.multiply.outer(part, -precisions[here])
            logs += constant[here]
            highest = logs.max(axis=1, keepdims=True)
            logs -= highest
            parts.append(np.hstack([highest, np.exp(logs, out=logs) @ columns[here]]))
        return list(np.concatenate(parts).T)

    def log_density(self, t: float, x: np.ndarray) -> np.ndarray:
        highest, total = self._sums(t, x)
        return highest + np.log(total)

    def drift(self, t: float, x: np.ndarray) -> np.ndarray:
        slopes = (t * self.variances - 1 - t) / (1 - t**2 + t**2 * self.variances)
        _, total, pull = self._sums(t, x, slopes)
        return x * (pull / total)[:, None]

    def posterior_mean(self, t: float, x: np.ndarray) -> np.ndarray:
        return x + (1 - t) * self.drift(t, x)


class Uniform(IndependentUniform):
    """The uniform target with its density at t = 1, too, where it has no score."""

    def log_density(self, t: float, x: np.ndarray) -> np.ndarray:
        if t < 1:
            return super().log_density(t, x)
        return np.where(np.abs(x[:, 0]) <= self.c, -np.log(2 * self.c), _NOTHING)


@cache
def power_law(a: float) -> Coupling:
    """Return the coupling of N(0, 1) with the density exp(-|x|^a) / (2 Gamma(1 + 1/a)).

    Args:
        a: above 0 and at most 2, or inf for U[-1, 1].

    Raises:
        ValueError: another a.
    """
    if a == np.inf:
        return Uniform(1.0)
    if not 0 < a <= 2:
        raise ValueError(f"exp(-|x|^{a:g}) is no mixture of Gaussians")
    if a == 2:
        return ScaleMixture(np.ones(1), np.array([0.5]))
    index = a / 2
    # the density of the stable law is analytic in log y, a strip of this half width about the line
    width = np.pi / 2 * min(1, (1 - index) / index)
    step = 2 * np.pi * width / _DIGITS
    u = np.arange(-120, 120, step)
    # exp(-y x^2) is sqrt(pi / y) times the density of N(0, 1 / (2 y))
    logs = _log_stable(index, u) + u / 2 + np.log(np.pi) / 2 + np.log(step) - gammaln(1 + 1 / a)
    return _of_log_precision(np.exp(logs - np.log(2)), u)


@cache
def student(nu: float) -> ScaleMixture:
    """Return the coupling of N(0, 1) with Student's t of nu > 0 degrees of freedom."""
    step = np.pi**2 / _DIGITS
    u = np.arange(-120, 20, step)
    # the variance is 1 / (2 y) with 2 y a gamma variable of shape nu / 2 and rate nu / 2
    shape = nu / 2
    log_double = u + np.log(2)
    logs = shape * (np.log(shape) + log_double) - shape * np.exp(log_double) - gammaln(shape)
    return _of_log_precision(np.exp(logs) * step, u)


def _of_log_precision(weights: np.ndarray, u: np.ndarray) -> ScaleMixture:
    """Return the mixture of N(0, 1 / (2 e^u)), without what counts for nothing at both ends."""
    narrow = np.cumsum(weights[::-1])[::-1] > _LEAST_WEIGHT
    keep = narrow & (weights > _FAINTEST)
    kept = weights[keep]
    return ScaleMixture(kept / kept.sum(), np.exp(-u[keep]) / 2)


def _log_stable(index: float, u: np.ndarray) -> np.ndarray:
    """Return log of the density at y = e^u of the law with E exp(-s Y) = exp(-s^index).

    Kanter's integral over an angle, by the double exponential rule, which follows the integrand
    into both ends: it moves to pi as y grows.
    """
    w = np.linspace(-4, 4, 801)
    share, rest = expit(np.pi * np.sinh(w)), expit(-np.pi * np.sinh(w))
    near = np.minimum(share, rest)
    log_sine = np.log(np.sin(np.pi * near))  # sin(theta), theta = pi share
    angle = np.pi * share
    power = index / (1 - index)
    log_a = (
        power * np.log(np.sin(index * angle))
        + np.log(np.sin((1 - index) * angle))
        - log_sine / (1 - index)
    )
    log_rule = np.log(np.pi**2 * share * rest * np.cosh(w) * (w[1] - w[0]))
    inside = log_a + log_rule - np.exp(np.minimum(log_a - power * u[:, None], 700))
    highest = inside.max(axis=1)
    total = highest + np.log(np.exp(inside - highest[:, None]).sum(axis=1))
    return np.log(power / np.pi) - u / (1 - index) + total

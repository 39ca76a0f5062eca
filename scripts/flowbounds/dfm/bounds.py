"""Right-hand sides of the theorems, up to their constant, with every norm in them computed.

|V|_8 is the L^8 norm of a random vector: |V|_8^8 = E|V|^8 with the Euclidean norm inside. A norm
that does not exist is infinite, and so is the bound. Scores: of the base mu, of the target nu*, of
the coupling pi as a density on R^{2d}, and of the tilted coupling pi~(x0, x1) = pi(x0, x1) /
p_1(x1 | x0) with the heat kernel p_1 of sqrt(2) B, whose logarithm is -|x1 - x0|^2 / 4 + const.
"""

from dataclasses import dataclass

import numpy as np

from flowbounds.dfm.couplings import (
    Coupling,
    GaussianCoupling,
    IndependentMixtures,
    IndependentUniform,
)
from flowbounds.dfm.mixtures import GaussianMixture
from flowbounds.dfm.quadrature import weighted_nodes

_NONE = np.full(4, np.inf)


@dataclass(frozen=True)
class EighthMoments:
    """E|V|^8 of the vectors V that the theorems name."""

    base_moment: float
    target_moment: float
    base_score: float
    target_score: float
    tilted_score: float
    coupling_score: float


def eighth_moment(cumulants: np.ndarray) -> float:
    """Return E|V|^8 from the first four cumulants of |V|^2."""
    k1, k2, k3, k4 = cumulants
    return float(k4 + 4 * k3 * k1 + 3 * k2**2 + 6 * k2 * k1**2 + k1**4)


def cumulants(moments: np.ndarray) -> np.ndarray:
    """Return the first four cumulants of a number from its first four moments."""
    m1, m2, m3, m4 = moments
    return np.array(
        [
            m1,
            m2 - m1**2,
            m3 - 3 * m2 * m1 + 2 * m1**3,
            m4 - 4 * m3 * m1 - 3 * m2**2 + 12 * m2 * m1**2 - 6 * m1**4,
        ]
    )


def of_product(squares: list[np.ndarray], d: int) -> EighthMoments:
    """Return the norms of the d-fold product of a coupling on the line.

    |V|^2 is then a sum of d independent copies, so that its cumulants are d times those of one.

    Args:
        squares: what :func:`squares_on_the_line` returns.
        d: number of copies.
    """
    return EighthMoments(*(_of_copies(moments, d) for moments in squares))


def squares_on_the_line(coupling: Coupling) -> list[np.ndarray]:
    """Return E|V|^2, ..., E|V|^8 for each vector of EighthMoments, infinite where there is none.

    Raises:
        TypeError: the coupling is not an independent one on the line.
    """
    if isinstance(coupling, IndependentUniform):
        # E X^{2k} = c^{2k} / (2k + 1); the density jumps, so that nothing but mu has a score
        k = np.arange(1, 5)
        normal = np.array([1.0, 3.0, 15.0, 105.0])
        return [normal, coupling.c ** (2 * k) / (2 * k + 1), normal, _NONE, _NONE, _NONE]
    if isinstance(coupling, IndependentMixtures) and coupling.d == 1:
        return _of_mixtures(coupling)
    raise TypeError(f"{type(coupling).__name__} is no independent coupling on the line")


def _of_copies(moments: np.ndarray, d: int) -> float:
    return eighth_moment(d * cumulants(moments)) if np.isfinite(moments).all() else np.inf


def _powers(squares: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.array([(weights * squares**k).sum() for k in range(1, 5)])


def _of_mixtures(coupling: IndependentMixtures) -> list[np.ndarray]:
    """Moments of |V|^2 on the line, by quadrature over base and target."""
    x0, p0 = weighted_nodes(coupling, 0.0)
    s0 = coupling.base.score(x0[:, None])[:, 0]
    base, base_score = _powers(x0**2, p0), _powers(s0**2, p0)
    if not (coupling.target.covariances > 0).all():
        points: GaussianMixture = coupling.target
        squares = points.means[:, 0] ** 2
        return [base, _powers(squares, points.weights), base_score, _NONE, _NONE, _NONE]
    x1, p1 = weighted_nodes(coupling, 1.0)
    s1 = coupling.target.score(x1[:, None])[:, 0]
    pull = (x1 - x0[:, None]) / 2  # minus the gradient of log p_1 with respect to x1
    weights = p0[:, None] * p1
    tilted = (s0[:, None] - pull) ** 2 + (s1 + pull) ** 2
    joint = s0[:, None] ** 2 + s1**2
    return [
        base,
        _powers(x1**2, p1),
        base_score,
        _powers(s1**2, p1),
        _powers(tilted, weights),
        _powers(joint, weights),
    ]


def of_gaussian(coupling: GaussianCoupling) -> EighthMoments:
    """Return the norms of a stack of Gaussian couplings, or of one (closed form).

    For V ~ N(m, S) the n-th cumulant of |V|^2 is 2^{n-1} (n-1)! (tr S^n + n m' S^{n-1} m).
    """
    d = coupling.d
    base, _, target = coupling.blocks
    m0, m1 = coupling.mean[..., :d], coupling.mean[..., d:]
    joint = coupling.covariance
    identity = np.eye(d)
    tilt = np.block([[identity, -identity], [-identity, identity]]) / 2
    precision = np.linalg.inv(joint)
    gain = tilt - precision  # the score of pi~ is gain (z - mean) + tilt mean
    offset = (tilt @ coupling.mean[..., None])[..., 0]
    zero = np.zeros_like(m0)
    return EighthMoments(
        base_moment=_of_normal(m0, base),
        target_moment=_of_normal(m1, target),
        base_score=_of_normal(zero, np.linalg.inv(base)),
        target_score=_of_normal(zero, np.linalg.inv(target)),
        tilted_score=_of_normal(offset, gain @ joint @ gain.mT),
        coupling_score=_of_normal(np.zeros_like(coupling.mean), precision),
    )


def _of_normal(mean: np.ndarray, covariance: np.ndarray) -> float:
    total, power, before = np.zeros(4), covariance, np.eye(covariance.shape[-1])
    for n, factor in zip(range(1, 5), (1, 2, 8, 48), strict=True):
        trace = np.trace(power, axis1=-2, axis2=-1)
        shift = (mean[..., None, :] @ before @ mean[..., None])[..., 0, 0]
        total[n - 1] = factor * np.sum(trace + n * shift)
        power, before = power @ covariance, before @ covariance
    return eighth_moment(total)


def _in_h(h: float) -> float:
    return h * (h**0.125 + 1)


def theorem_2(h: float, d: int, moments: EighthMoments) -> float:
    """Return the discretisation term of Theorem 2 of paper B: h (h^{1/8} + 1) (d^4 + ...)."""
    named = ("base_moment", "target_moment", "base_score", "target_score", "tilted_score")
    return _in_h(h) * (d**4 + sum(getattr(moments, name) for name in named))


def followup_theorem_1(h: float, d: int, moments: EighthMoments) -> float:
    """Return h (h^{1/8} + 1) (d^2 + |score pi|_8^4) d, the follow-up's Theorem 1."""
    return _in_h(h) * (d**2 + moments.coupling_score**0.5) * d


def followup_theorem_2(h: float, d: int, delta: float, moments: EighthMoments) -> float:
    """Return h (h^{1/8} + 1) (d^2 / delta^4 + |score pi(.|x1)|_8^4) d, for early stopping.

    For an independent coupling the conditional score is that of the base.
    """
    return _in_h(h) * (d**2 / delta**4 + moments.base_score**0.5) * d


def followup_theorem_3(h: float, d: int, delta: float, moments: EighthMoments) -> float:
    """Return the same with log(1 / delta) for delta^{-4}: steps h min(t, 1 - t) after t = 1/2."""
    return _in_h(h) * (d**2 * np.log(1 / delta) + moments.base_score**0.5) * d


def followup_theorem_4(h: float, d: int, moments: EighthMoments) -> float:
    """Return sqrt(h) (h^{1/16} + 1) sqrt((d^2 + |score pi|_8^4) d): the follow-up's bound of W2."""
    return np.sqrt(h) * (h**0.0625 + 1) * np.sqrt((d**2 + moments.coupling_score**0.5) * d)

"""The follow-up's Theorem 4: W2 of the generated law, why it is large, and who meets what it asks.

The theorem is W2(nu*, nu_1) <= C (eps + sqrt(h) (h^{1/16} + 1) sqrt((d^2 + |score pi|_8^4) d))
under assumptions H5 to H7, Corollary 3 the same for independent couplings under H8.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from flowbounds.dfm import bounds
from flowbounds.dfm.couplings import GaussianCoupling, IndependentMixtures
from flowbounds.dfm.mixtures import GaussianMixture
from flowbounds.dfm.quadrature import Law, weighted_nodes
from flowbounds.dfm.targets import CORRELATED, coupling, principal_axes

_BETWEEN = 2001  # points between the outermost modes
_FAR = 1e4  # a distance of two points at which a mixture's tails alone count


def moved_mass(pair: IndependentMixtures, law: Law) -> float:
    """Return |F(x) - G(x)| at the bottom x of the deepest valley between the target's modes.

    It is the mass that the law has on the wrong side; 0 for a target of one component.

    Args:
        pair: on the line, of a target with a density.
        law: at t = 1.
    """
    modes = pair.target.means[:, 0]
    if len(modes) == 1:
        return 0.0
    x = np.linspace(modes.min(), modes.max(), _BETWEEN)[:, None]
    valley = x[[pair.target.log_density(x).argmin()]]
    sd = np.sqrt(pair.target.covariances[:, 0, 0])
    true = float(ndtr((valley[0] - modes) / sd) @ pair.target.weights)
    return float(np.abs(true - np.exp(law.log_cdf(valley))[0]))


@dataclass(frozen=True)
class Assumption:
    """An assumption of the follow-up and what a target has of it."""

    assumption: str
    about: str
    actual: float
    """The number that the assumption asks to be finite, or positive for H6 and H8's half of it."""
    holds: bool


def curvature_far_out(law: GaussianMixture) -> float:
    """Return kappa(r) = inf_x -(s(x + r) - s(x)) / r of the score s at a large r, on the line.

    Weak log-concavity (H6) asks that kappa is bounded from below and positive far out. Of a
    Gaussian mixture it tends to the smallest precision among the components in its tails.
    """
    reach = 4 * np.abs(law.means).max() + 10
    x = np.linspace(-reach, reach, 4001)
    starts = np.concatenate([x, x - _FAR, x - _FAR / 2])[:, None]
    return float((-(law.score(starts + _FAR) - law.score(starts)) / _FAR).min())


def score_slope(law: GaussianMixture, x: np.ndarray) -> np.ndarray:
    """Return the derivative of the score on the line: E[-1/v] + Var[pull] over the components.

    Args:
        law: on the line, with a density.
        x: shape (n, 1).

    Returns:
        Shape (n,).
    """
    variances = law.covariances[:, 0, 0]
    shares, pulls = law.responsibilities(x), (law.means[:, 0] - x) / variances
    mean = (shares * pulls).sum(axis=1)
    return (shares * (pulls**2 - 1 / variances)).sum(axis=1) - mean**2


def assumptions(target: str, d: int) -> list[Assumption]:
    """Return what a target, coupled as in the experiments, meets of H1 to H8 with the exact drift.

    Args:
        target: a name of flowbounds.dfm.targets.
        d: dimension of a correlated Gaussian; others are on the line.
    """
    if target in CORRELATED:
        moments, concavity, jacobian = _of_gaussian(principal_axes(target, d))
    else:
        moments, concavity, jacobian = _on_the_line(target)
    moment = moments.base_moment + moments.target_moment
    found = [
        ("H1", "eps^2 along the interpolant", 0.0, True),
        ("H2", "E|X_0|^8 + E|X_1|^8", moment, np.isfinite(moment)),
        ("H3", "E|score of pi|^8", moments.coupling_score, np.isfinite(moments.coupling_score)),
        ("H4", "E|score of mu|^8", moments.base_score, np.isfinite(moments.base_score)),
        ("H5", "drift error along the chain", 0.0, True),
        ("H6", "weak log-concavity: curvature far out", concavity, concavity > 0),
        ("H7", "E|Jacobian of the score of pi|^2", jacobian, np.isfinite(jacobian)),
    ]
    of_marginals = concavity > 0 and bool(np.isfinite(jacobian))
    found.append(("H8", "H6 and H7 of both marginals: curvature", concavity, of_marginals))
    return [Assumption(*each[:3], bool(each[3])) for each in found]


def _of_gaussian(pair: GaussianCoupling) -> tuple[bounds.EighthMoments, float, float]:
    precision = np.linalg.inv(pair.covariance)
    return (
        bounds.of_gaussian(pair),
        float(np.linalg.eigvalsh(precision).min()),
        float((precision**2).sum()),
    )


def _on_the_line(target: str) -> tuple[bounds.EighthMoments, float, float]:
    pair = coupling(target)
    moments = bounds.of_product(bounds.squares_on_the_line(pair), 1)
    if not isinstance(pair, IndependentMixtures) or not (pair.target.covariances > 0).all():
        return moments, -np.inf, np.inf  # no density, or one that is 0 in places
    jacobian, concavity = 0.0, np.inf
    for t, law in ((0.0, pair.base), (1.0, pair.target)):
        x, weights = weighted_nodes(pair, t)
        jacobian += (weights * score_slope(law, x[:, None]) ** 2).sum()
        concavity = min(concavity, curvature_far_out(law))
    return moments, concavity, float(jacobian)

"""Pairs of base and target beyond those of targets.py: correlated ones, other bases, no products.

All stay exactly computable: Gaussian pairs have closed forms, pairs of mixtures are integrated on
the line, and the mixtures in d dimensions are, turned so that the diagonal is the first axis, one
coordinate of its own and d - 1 Gaussian ones.
"""

from dataclasses import replace

import numpy as np

from flowbounds.dfm import bounds, gaussians
from flowbounds.dfm.couplings import GaussianCoupling, IndependentMixtures
from flowbounds.dfm.exact_laws import Row, checked, divergences
from flowbounds.dfm.mixtures import GaussianMixture, gaussian, on_the_line
from flowbounds.dfm.paths import uniform_times
from flowbounds.dfm.targets import MIXTURES, STANDARD_NORMAL

HALF_GAP, SD = 1.0, 0.5
"""Of a coordinate of the diagonal mixtures: components of mean +-1 and standard deviation 1/2."""

CORRELATIONS = {"diagonal": 0.0, "diagonal_correlated": 0.5}
"""Of two coordinates in a component of the diagonal mixtures, by their names."""


def correlated(rho: float) -> GaussianCoupling:
    """Return two N(0, 1) of correlation rho; at rho = 1 it is X_1 = X_0, at -1 X_1 = -X_0."""
    return GaussianCoupling(np.zeros(2), np.array([[1.0, rho], [rho, 1.0]]))


def norms_of_correlated(rho: float) -> bounds.EighthMoments:
    """Return the norms of :func:`correlated`; at |rho| = 1 it has no density, hence no score."""
    if abs(rho) < 1:
        return bounds.of_gaussian(correlated(rho))
    apart = bounds.of_gaussian(correlated(0.0))
    return replace(apart, tilted_score=np.inf, coupling_score=np.inf)


def gaussian_distances(pair: GaussianCoupling, steps: int) -> Row:
    """Return KL and path KL of the chain with the exact drift in closed form.

    Raises:
        ArithmeticError: as :func:`flowbounds.dfm.exact_laws.checked`.
    """
    times = uniform_times(steps)
    law = gaussians.euler_maruyama_moments(pair, times)
    return checked(
        {
            "kl_marginal": float(np.sum(gaussians.kl(pair.moments(1.0), law))),
            "kl_path": float(np.sum(gaussians.path_kl(pair, times))),
            "mass_error": 0.0,
        }
    )


def from_base(name: str, scale: float) -> IndependentMixtures:
    """Return the independent coupling of ``scale`` times a mixture of targets.py with N(0, 1)."""
    law = MIXTURES[name]
    base = GaussianMixture(law.weights, scale * law.means, scale**2 * law.covariances)
    return IndependentMixtures(base, STANDARD_NORMAL)


def from_base_distances(name: str, scale: float, steps: int) -> Row:
    """Return KL and path KL from that base to N(0, 1): in closed form where it is Gaussian."""
    if name == "gaussian":
        return gaussian_distances(GaussianCoupling(np.zeros(2), np.diag([scale**2, 1.0])), steps)
    return divergences(from_base(name, scale), uniform_times(steps))[0]


def diagonal(name: str, d: int) -> IndependentMixtures:
    """Return the coupling of N(0, I) with 1/2 N(-a 1, S) + 1/2 N(a 1, S) in R^d, 1 = (1, ..., 1).

    a is HALF_GAP, S_ij = SD^2 (r + (1 - r) [i = j]) with r of CORRELATIONS. The components decide
    for all coordinates together: it is no product of laws of the coordinates.
    """
    r, mean = CORRELATIONS[name], np.full(d, HALF_GAP)
    covariance = SD**2 * (r + (1 - r) * np.eye(d))
    target = GaussianMixture(
        np.array([0.5, 0.5]), np.stack([-mean, mean]), np.stack([covariance, covariance])
    )
    return IndependentMixtures(gaussian(np.zeros(d), np.eye(d)), target)


def on_its_axes(name: str, d: int) -> tuple[IndependentMixtures, IndependentMixtures]:
    """Return :func:`diagonal` along (1, ..., 1) / sqrt(d), and along any axis across.

    N(0, I) is the same in all axes, so that these are independent: one of the first kind, d - 1 of
    the second. The gap along grows like sqrt(d), and so does the standard deviation where r > 0.
    """
    r, gap = CORRELATIONS[name], HALF_GAP * np.sqrt(d)
    along = SD**2 * (1 + (d - 1) * r)
    line = on_the_line([0.5, 0.5], [-gap, gap], [along, along])
    across = gaussian(np.zeros(1), SD**2 * (1 - r) * np.eye(1))
    return IndependentMixtures(STANDARD_NORMAL, line), IndependentMixtures(STANDARD_NORMAL, across)


def diagonal_norms(name: str, d: int) -> bounds.EighthMoments:
    """Return the norms of :func:`diagonal`: cumulants of |V|^2 add over independent axes."""
    along, across = (
        np.array([bounds.cumulants(moments) for moments in bounds.squares_on_the_line(pair)])
        for pair in on_its_axes(name, d)
    )
    return bounds.EighthMoments(*(bounds.eighth_moment(v) for v in along + (d - 1) * across))


def diagonal_distances(name: str, d: int, steps: int) -> Row:
    """Return KL and path KL of the chain with the exact drift: both add over the axes."""
    along, across = on_its_axes(name, d)
    one = divergences(along, uniform_times(steps))[0]
    variance = across.target.covariances[0, 0, 0]
    other = gaussian_distances(GaussianCoupling(np.zeros(2), np.diag([1.0, variance])), steps)
    return {key: one[key] + (d - 1) * other[key] for key in one}

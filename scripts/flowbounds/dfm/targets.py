"""The targets of the experiments on paper B, by name; the base is N(0, I).

Targets on the line are coupled independently and stand for their products in d dimensions: KL,
path KL and squared W2 add over coordinates. Correlated Gaussians are given by the principal axes of
the target, in which pair and drift split into independent coordinates as well.
"""

import numpy as np

from flowbounds.dfm.couplings import (
    Coupling,
    GaussianCoupling,
    IndependentMixtures,
    IndependentUniform,
)
from flowbounds.dfm.mixtures import GaussianMixture, gaussian, on_the_line

STANDARD_NORMAL = gaussian(np.zeros(1), np.eye(1))

MIXTURES: dict[str, GaussianMixture] = {
    "gaussian": STANDARD_NORMAL,
    "mixture": on_the_line([0.5, 0.5], [-2, 2], [0.25, 0.25]),
    "skewed": on_the_line([0.3, 0.7], [-2, 1], [0.04, 0.09]),
    "two_points": on_the_line([0.5, 0.5], [-1, 1], [0, 0]),
}
NAMES = [*MIXTURES, "uniform"]
# Targets that have a density and a score, as Theorem 2 asks: no early stopping is needed.
SMOOTH = ["gaussian", "mixture", "skewed"]

PAIR_CORRELATION = 0.5
"""Correlation of X_0 and X_1 along each principal axis of a correlated Gaussian target."""


def _autoregressive(d: int, r: float = 0.6) -> np.ndarray:
    """Covariances r^|i - j|: eigenvalues between (1 - r) / (1 + r) and its inverse for every d."""
    place = np.arange(d)
    return r ** np.abs(place[:, None] - place)


def _equicorrelated(d: int, r: float = 0.5) -> np.ndarray:
    """Variances 1, covariances r: one eigenvalue, 1 + (d - 1) r, grows with d."""
    return (1 - r) * np.eye(d) + r


CORRELATED = {"correlated": _autoregressive, "equicorrelated": _equicorrelated}


def coupling(name: str) -> Coupling:
    """Return the independent coupling of N(0, 1) with a target on the line.

    Raises:
        ValueError: there is no target of that name.
    """
    if name == "uniform":
        return IndependentUniform(2.0)
    if name not in MIXTURES:
        raise ValueError(f"no target {name!r}; there are {', '.join(NAMES)}")
    return IndependentMixtures(STANDARD_NORMAL, MIXTURES[name])


def scaled(name: str, scale: float) -> Coupling:
    """Return the coupling of N(0, 1) with ``scale`` times a mixture target."""
    law = MIXTURES[name]
    scaled = GaussianMixture(law.weights, scale * law.means, scale**2 * law.covariances)
    return IndependentMixtures(STANDARD_NORMAL, scaled)


def separated(separation: float) -> Coupling:
    """Return the coupling of N(0, 1) with 1/2 N(-a, 1/4) + 1/2 N(a, 1/4), a the separation."""
    law = on_the_line([0.5, 0.5], [-separation, separation], [0.25, 0.25])
    return IndependentMixtures(STANDARD_NORMAL, law)


def joint_gaussian(name: str, d: int) -> GaussianCoupling:
    """Return the coupling of N(0, I) with a correlated Gaussian: Cov(X_0, X_1) = r Sigma^{1/2}.

    Raises:
        ValueError: there is no correlated target of that name.
    """
    if name not in CORRELATED:
        raise ValueError(f"no correlated target {name!r}; there are {', '.join(CORRELATED)}")
    covariance = CORRELATED[name](d)
    values, vectors = np.linalg.eigh(covariance)
    cross = PAIR_CORRELATION * (vectors * np.sqrt(values)) @ vectors.T
    return GaussianCoupling(np.zeros(2 * d), np.block([[np.eye(d), cross], [cross, covariance]]))


def principal_axes(name: str, d: int) -> GaussianCoupling:
    """Return the same coupling as a stack of d couplings on the line: it costs O(d)."""
    if name not in CORRELATED:
        raise ValueError(f"no correlated target {name!r}; there are {', '.join(CORRELATED)}")
    values = np.linalg.eigvalsh(CORRELATED[name](d))
    covariance = np.empty((d, 2, 2))
    covariance[:, 0, 0], covariance[:, 1, 1] = 1, values
    covariance[:, 0, 1] = covariance[:, 1, 0] = PAIR_CORRELATION * np.sqrt(values)
    return GaussianCoupling(np.zeros((d, 2)), covariance)

"""The targets of the experiments on paper B, by name; the base is N(0, I) and independent."""

import numpy as np

from flowbounds.dfm.couplings import Coupling, IndependentMixtures, IndependentUniform
from flowbounds.dfm.mixtures import GaussianMixture, gaussian, on_the_line

STANDARD_NORMAL = gaussian(np.zeros(1), np.eye(1))

MIXTURES: dict[str, GaussianMixture] = {
    "gaussian": STANDARD_NORMAL,
    "mixture": on_the_line([0.5, 0.5], [-2, 2], [0.25, 0.25]),
    "skewed": on_the_line([0.3, 0.7], [-2, 1], [0.04, 0.09]),
    "two_points": on_the_line([0.5, 0.5], [-1, 1], [0, 0]),
}
# In the plane: a triangle of components, round, long and tilted.
TRIANGLE = GaussianMixture(
    np.array([0.5, 0.3, 0.2]),
    np.array([[1.5, 0.0], [-1.0, 1.5], [-1.0, -1.5]]),
    np.array([0.16 * np.eye(2), [[0.5, 0.0], [0.0, 0.1]], [[0.25, 0.15], [0.15, 0.25]]]),
)
NAMES = [*MIXTURES, "uniform"]
# Targets that have a density and a score, as Theorem 2 asks: no early stopping is needed.
SMOOTH = ["gaussian", "mixture", "skewed"]


def coupling(name: str) -> Coupling:
    """Return the independent coupling of N(0, I) with a target: on the line, or ``triangle``.

    Raises:
        ValueError: there is no target of that name.
    """
    if name == "uniform":
        return IndependentUniform(2.0)
    if name == "triangle":
        return IndependentMixtures(gaussian(np.zeros(2), np.eye(2)), TRIANGLE)
    if name not in MIXTURES:
        raise ValueError(f"no target {name!r}; there are {', '.join(NAMES)}, triangle")
    return IndependentMixtures(STANDARD_NORMAL, MIXTURES[name])

"""What one repeat of an experiment draws from its population: training and evaluation samples.

The population is the Gaussian mixture (``codes`` is None) or the PCA codes of an image data set.
Every array comes from a stream of its own (see flowbounds.data.streams), so that n_test, say, can
change without changing what is trained on.
"""

from collections.abc import Callable

import numpy as np

from flowbounds.data.codes import Codes
from flowbounds.data.datasets import gaussian_mixture
from flowbounds.data.streams import stream

Population = Callable[[int, int, np.random.Generator], np.ndarray]
"""Draws n points of R^d, shape (n, d), given n, d and a stream."""


def training_draw(
    experiment: str,
    dataset: str,
    d: int,
    seed: int,
    n: int,
    codes: Codes | None = None,
    *,
    population: Population = gaussian_mixture,
    tau_min: float = 0.0,
    part: str = "train",
) -> dict[str, np.ndarray]:
    """Draw a training sample: x1 ~ P1, x0 | x1 ~ N(x1, I_d), tau ~ U[0, 1] (paper A, section 2).

    Images are drawn from the training split without replacement.

    Args:
        experiment, dataset, d, seed: name the streams.
        n: sample size.
        codes: the images to draw from, or None.
        population: P1 where there are no codes.
        tau_min: flow times are uniform on [tau_min, 1]; the same draws are stretched.
        part: names the sample; a fresh sample of the same law has another name.

    Returns:
        ``x1`` and ``x0`` of shape (n, d), ``tau`` of shape (n,).
    """

    def rng(role: str) -> np.random.Generator:
        return stream(experiment, dataset, d, None, seed, role)

    if codes is None:
        x1 = population(n, d, rng(f"{part} x1"))
    else:
        x1 = rng(f"{part} x1").choice(codes.train, n, replace=False)
    x0 = x1 + rng(f"{part} x0").standard_normal((n, d))
    tau = tau_min + (1 - tau_min) * rng(f"{part} tau").random(n)
    return {"x1": x1, "x0": x0, "tau": tau}


def evaluation_draw(
    experiment: str, dataset: str, d: int, seed: int, n: int, n_test: int, codes: Codes | None
) -> dict[str, np.ndarray]:
    """Draw what samples are started from and what they are compared with.

    The reference is fresh: held-out images of the test split, without replacement. The starting
    points are fresh draws of the marginal of x0, P1 convolved with N(0, I_d) (algorithm 2); for
    images P1 is the training split, so that no starting point is made from a reference image.

    Returns:
        ``reference`` of shape (n_test, d) and ``x0`` of shape (n, d).
    """

    def rng(role: str) -> np.random.Generator:
        return stream(experiment, dataset, d, None, seed, role)

    if codes is None:
        reference = gaussian_mixture(n_test, d, rng("reference"))
        x1 = gaussian_mixture(n, d, rng("start x1"))
    else:
        reference = rng("reference").choice(codes.test, n_test, replace=False)
        x1 = rng("start x1").choice(codes.train, n)
    return {"reference": reference, "x0": x1 + rng("start x0").standard_normal((n, d))}

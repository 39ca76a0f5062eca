"""The data of the experiments: Gaussian mixtures in any dimension, and images.

Images are ``digits`` (bundled with scikit-learn, no network needed), ``mnist``, ``fashion_mnist``
and ``cifar10`` (:mod:`flowbounds.data.published_images`), and a reader's own
(:mod:`flowbounds.data.own_images`).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flowbounds.run.files import FileFault

GAUSSIAN_MIXTURE = "gaussian_mixture"
TWO_BALLS = "two_balls"

# (training images, test images, pixels) of every image data set, known before any file is read so
# that a grid that asks for more is refused before any work.
IMAGE_SETS = {
    "digits": (897, 900, 8 * 8),
    "mnist": (60_000, 10_000, 28 * 28),
    "fashion_mnist": (60_000, 10_000, 28 * 28),
    "cifar10": (50_000, 10_000, 32 * 32 * 3),
}


class DataError(FileFault):
    """The data cannot be had as asked; the message names the file and says what to do."""


@dataclass(frozen=True)
class Images:
    """An image data set with its fixed split.

    ``train`` and ``test`` have shape (N, pixels), pixels in [0, 1], float32; the labels have shape
    (N,); ``shape`` is that of one image, (height, width) or (height, width, 3).
    """

    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray
    shape: tuple[int, ...]


def gaussian_mixture(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n points of the balanced mixture of N(2 e1, I_d) and N(-2 e1, I_d), shape (n, d).

    Source: paper A, synthetic experiments.
    """
    x = rng.standard_normal((n, d))
    x[:, 0] += rng.choice([-2.0, 2.0], size=n)
    return x


def ball(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n points uniformly in the unit ball of R^d, shape (n, d)."""
    x = rng.standard_normal((n, d))
    return x * (rng.random((n, 1)) ** (1 / d) / np.linalg.norm(x, axis=1, keepdims=True))


def two_balls_shape(d: int, b1: float) -> tuple[float, float]:
    """Return the offset c of the centres +-c e1 and the radius rho of :func:`two_balls`."""
    scale = b1 * np.sqrt(d) / (2 + np.sqrt(d + 2))
    return 2 * scale, np.sqrt(d + 2) * scale


def two_balls(n: int, d: int, rng: np.random.Generator, b1: float) -> np.ndarray:
    """Draw n points of a bounded mixture: uniform on two balls with centres on the first axis.

    The mixture N(+-2 e1, I_d) of paper A's experiments is not bounded, as Assumption 2 wants. Here
    each Gaussian gives way to the uniform law on the ball with the same mean and covariance, whose
    radius is sqrt(d + 2), and all is scaled so that the farthest points of the support have norm
    exactly B1 sqrt(d). Within its support the density is bounded away from 0, as Lemma C.1 wants.

    With s = B1 sqrt(d) / (2 + sqrt(d + 2)): mean 0, covariance s^2 diag(5, 1, ..., 1).

    Returns:
        Shape (n, d).
    """
    offset, radius = two_balls_shape(d, b1)
    x = radius * ball(n, d, rng)
    x[:, 0] += rng.choice([-offset, offset], size=n)
    return x


def load_images(name: str, root: str | Path | None, own: str | Path | None = None) -> Images:
    """Load an image data set.

    Args:
        name: a key of IMAGE_SETS, or any name of a reader's own set.
        root: the data root, for what torchvision knows; what is not there is downloaded to it.
        own: the file or folder of a reader's own set.

    Raises:
        DataError: a file is corrupt or has the wrong shape, or the download failed.
    """
    from flowbounds.data import own_images, published_images

    if own is not None:
        return own_images.load(own)
    images = _load_digits() if name == "digits" else published_images.load(name, Path(root))
    n_train, n_test, pixels = IMAGE_SETS[name]
    found = (images.train.shape, images.test.shape)
    if found != ((n_train, pixels), (n_test, pixels)):
        raise DataError(
            f"{name} under {root}: expected {n_train} training and {n_test} test images of "
            f"{pixels} pixels, found arrays of shapes {found[0]} and {found[1]}"
        )
    return images


def _load_digits() -> Images:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    # scikit-learn ships no split; this one is fixed, half and half, balanced over the classes.
    digits = load_digits()
    train, test, train_labels, test_labels = train_test_split(
        (digits.data / 16).astype(np.float32),
        digits.target,
        test_size=IMAGE_SETS["digits"][1],
        stratify=digits.target,
        random_state=0,
    )
    return Images(train, train_labels, test, test_labels, (8, 8))

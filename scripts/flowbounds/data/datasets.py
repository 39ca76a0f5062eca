"""The data of the experiments: Gaussian mixtures in any dimension, and images.

Images are ``digits`` (bundled with scikit-learn, no network needed) and ``mnist``,
``fashion_mnist``, ``cifar10`` through torchvision. Files under the data root, in torchvision's own
layout, are used before anything is downloaded, are checked before they are used, and are never
written beside: the root may be shared or read-only.
"""

import tempfile
from collections.abc import Iterable
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

# torchvision's class of each set, and the folder in which it looks for that set's archives
_TORCHVISION = {
    "mnist": ("MNIST", "MNIST/raw"),
    "fashion_mnist": ("FashionMNIST", "FashionMNIST/raw"),
    "cifar10": ("CIFAR10", "."),
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


def load_images(name: str, root: Path) -> Images:
    """Load an image data set.

    Args:
        name: a key of IMAGE_SETS.
        root: the data root; what is not there is downloaded to it.

    Raises:
        DataError: a file is corrupt or has the wrong shape, or the download failed.
    """
    images = _load_digits() if name == "digits" else _load_torchvision(name, Path(root))
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


def _load_torchvision(name: str, root: Path) -> Images:
    from flowbounds.data.torchvision_compat import import_torchvision_datasets

    class_name, folder = _TORCHVISION[name]
    dataset = getattr(import_torchvision_datasets(), class_name)
    archives = _archives(dataset)
    if not all(_present(root / folder / archive) for archive in archives):
        _download(name, dataset, root, archives.keys())
    for archive, md5 in archives.items():
        _check(root / folder / archive, md5)
    # torchvision unpacks beside the archives: let it do so beside links to them.
    with tempfile.TemporaryDirectory() as staging:
        (Path(staging) / folder).mkdir(parents=True, exist_ok=True)
        for archive in archives:
            for file in (root / folder / archive, _unpacked(root / folder / archive)):
                if file.exists():
                    (Path(staging) / folder / file.name).symlink_to(file.resolve())
        try:
            train, test = (dataset(staging, train=part, download=True) for part in (True, False))
        except Exception as error:  # torchvision raises ValueError, RuntimeError, AssertionError …
            raise DataError(
                f"{name}: the files under {root / folder} cannot be read as {class_name}: {error}. "
                f"Replace {', '.join(archives)}, or delete them to have them downloaded."
            ) from error
    pixels = [np.asarray(part.data, dtype=np.float32) / 255 for part in (train, test)]
    return Images(
        pixels[0].reshape(len(train), -1),
        np.asarray(train.targets),
        pixels[1].reshape(len(test), -1),
        np.asarray(test.targets),
        pixels[0].shape[1:],
    )


def _archives(dataset: type) -> dict[str, str]:
    """Return the file name and MD5 sum of each archive of a torchvision data set."""
    if hasattr(dataset, "resources"):
        return dict(dataset.resources)
    return {dataset.filename: dataset.tgz_md5}


def _unpacked(archive: Path) -> Path:
    """Return what torchvision unpacks an archive to: a file, or CIFAR-10's folder."""
    if archive.name == "cifar-10-python.tar.gz":
        return archive.with_name("cifar-10-batches-py")
    return archive.with_suffix("")


def _present(archive: Path) -> bool:
    return archive.exists() or _unpacked(archive).exists()


def _check(archive: Path, md5: str) -> None:
    from torchvision.datasets.utils import calculate_md5

    if archive.exists() and (found := calculate_md5(archive)) != md5:
        raise DataError(
            f"{archive} is corrupt: its MD5 sum is {found}, not {md5}. "
            "Replace it, or delete it to have it downloaded."
        )


def _download(name: str, dataset: type, root: Path, archives: Iterable[str]) -> None:
    folder = root / _TORCHVISION[name][1]
    # Never over a file that is there: torchvision would replace a corrupt one without a word.
    for archive, md5 in _archives(dataset).items():
        _check(folder / archive, md5)
    try:
        dataset(root, download=True)
    except Exception as error:  # URLError, RuntimeError, PermissionError …: all mean "not here"
        missing = [str(folder / a) for a in archives if not _present(folder / a)]
        raise DataError(
            f"{name} could not be downloaded ({str(error).strip().splitlines()[-1]}). To supply it "
            f"by hand, put {', '.join(missing)} there, or set data.root in the config to the "
            "folder that holds them in torchvision's layout."
        ) from error

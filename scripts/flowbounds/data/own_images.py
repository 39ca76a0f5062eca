"""A reader's own images: an .npz with the names that Keras uses, or a folder of class folders.

What decides whether a grid can be run, the number and size of the images, is read before any job,
from headers alone (:func:`size`); all else is checked when they are loaded.
"""

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib import format as npy

from flowbounds.data.datasets import DataError, Images
from flowbounds.data.streams import stream

if TYPE_CHECKING:
    from PIL import Image

KEYS = ("x_train", "y_train", "x_test", "y_test")
SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
ARCHIVE = (
    "an .npz holds x_train and x_test, images of shape (N, height, width) or (N, height, width, 3) "
    "as bytes or as floats from 0 to 1, and y_train and y_test, whole numbers of shape (N,)"
)
FOLDER = (
    "a folder holds a folder of at least two pictures for each class, all 8-bit grey or all 8-bit "
    f"colour and of one size ({', '.join(SUFFIXES)})"
)

MOST_PIXELS = 64 * 64 * 3  # PCA makes a matrix of pixels x pixels
FEWEST = 5  # the class of a sample is that of most of its five nearest training images


@dataclass(frozen=True)
class Size:
    """How many images there are, and the shape of one."""

    train: int
    test: int
    shape: tuple[int, ...]

    @property
    def pixels(self) -> int:
        return int(np.prod(self.shape))


def size(path: str | Path) -> Size:
    """Return how large a set is, without reading its images.

    Raises:
        DataError: it is no such set as far as can be seen; the message says what is allowed.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path}: there is no such file or folder")
    try:
        found = _folder_size(path) if path.is_dir() else _archive_size(path)
    except PermissionError as error:
        raise DataError(f"{error.filename or path} cannot be read: {error.strerror}") from None
    if not 1 < found.pixels <= MOST_PIXELS:
        raise DataError(
            f"{path}: images of {found.shape} are {found.pixels} numbers each; from 2 to "
            f"{MOST_PIXELS} are allowed, as of 64 x 64 pixels in colour"
        )
    if min(found.train, found.test) < FEWEST:
        raise DataError(
            f"{path}: {found.train} training and {found.test} test images; at least {FEWEST} of "
            "each are needed"
        )
    return found


def load(path: str | Path) -> Images:
    """Load a set, every image of it checked.

    Raises:
        DataError: an array or a picture is not what it should be.
    """
    path, expected = Path(path), size(path)
    images = _load_folder(path, expected) if path.is_dir() else _load_archive(path, expected)
    for split, labels, other in (
        ("training", images.train_labels, images.test_labels),
        ("test", images.test_labels, images.train_labels),
    ):
        if missing := sorted(set(other.tolist()) - set(labels.tolist())):
            raise DataError(f"{path}: class {missing[0]} has no {split} images")
    if (images.train == images.train[0]).all():
        raise DataError(f"{path}: all training images are alike")
    return images


def digest(path: str | Path) -> str:
    """Return a hash of all that a set is read from; it changes where a name or a byte does."""
    path, total = Path(path), hashlib.sha256()
    files = [f for part in _pictures(path).values() for f in part] if path.is_dir() else [path]
    for file in files:
        with open(file, "rb") as content:
            one = hashlib.file_digest(content, "sha256").hexdigest()
        total.update(f"{file.relative_to(path)} {one}\n".encode(errors="surrogateescape"))
    return total.hexdigest()


def _archive_size(path: Path) -> Size:
    headers = _headers(path)
    for key, (shape, dtype) in headers.items():
        images = headers[f"x{key[1:]}"][0]
        if key.startswith("x"):
            typed = dtype == np.uint8 or dtype.kind == "f"
            shaped = len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3))
        else:
            typed = dtype.kind in "iu"
            shaped = shape in (images[:1], (*images[:1], 1))
        if not typed or not shaped:
            raise DataError(f"{path}: {key} is {dtype} of shape {shape}. Allowed: {ARCHIVE}")
    (train, _), (test, _) = headers["x_train"], headers["x_test"]
    if train[1:] != test[1:]:
        raise DataError(f"{path}: training images of {train[1:]}, test images of {test[1:]}")
    return Size(train[0], test[0], train[1:3] if train[3:] in ((), (1,)) else train[1:])


def _headers(path: Path) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """Return shape and type of the arrays of an archive, images first."""
    headers = {}
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy") for name in archive.namelist()}
            if missing := [key for key in KEYS if key not in names]:
                there = ", ".join(sorted(names)) or "nothing"
                raise DataError(
                    f"{path} lacks {', '.join(missing)} and has {there}. Allowed: {ARCHIVE}"
                )
            for key in sorted(KEYS):
                with archive.open(f"{key}.npy") as member:
                    shape, _, dtype = read[npy.read_magic(member)](member)
                headers[key] = (shape, dtype)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError) as error:
        raise DataError(f"{path} is no .npz or damaged ({error}). Allowed: {ARCHIVE}") from None
    return headers


def _load_archive(path: Path, expected: Size) -> Images:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {key: arrays[key] for key in KEYS}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise DataError(f"{path} is damaged ({error})") from None
    train, test = (_checked(path, key, found[key]) for key in ("x_train", "x_test"))
    return Images(
        train.reshape(expected.train, -1),
        found["y_train"].reshape(-1).astype(np.int64),
        test.reshape(expected.test, -1),
        found["y_test"].reshape(-1).astype(np.int64),
        expected.shape,
    )


def _checked(path: Path, key: str, x: np.ndarray) -> np.ndarray:
    """Return images as floats from 0 to 1."""
    low, high = x.min(), x.max()
    if x.dtype == np.uint8:
        if high <= 1:  # a binary image of bytes 0 and 1 would be black
            raise DataError(f"{path}: the bytes of {key} end at {high}, not near 255: give floats")
        return x.astype(np.float32) / 255
    if not (low >= 0 and high <= 1):  # nor if one is not a number
        raise DataError(f"{path}: {key} goes from {low:g} to {high:g}. Allowed: {ARCHIVE}")
    return x.astype(np.float32)


def _pictures(path: Path) -> dict[str, list[Path]]:
    """Return the pictures of each class in a fixed order; what is hidden is left out."""
    folders = sorted(f for f in path.iterdir() if f.is_dir() and not f.name.startswith("."))
    return {
        folder.name: sorted(
            file
            for file in folder.iterdir()
            if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
        )
        for folder in folders
    }


def _folder_size(path: Path) -> Size:
    classes = _pictures(path)
    if not classes:
        raise DataError(f"{path} holds no class folders. Allowed: {FOLDER}")
    for name, files in classes.items():
        if len(files) < 2:
            there = "only one picture" if files else "no picture"
            raise DataError(f"{path / name} holds {there}. Allowed: {FOLDER}")
    counts = [len(files) for files in classes.values()]
    test = sum(count // 2 for count in counts)
    return Size(sum(counts) - test, test, _read(next(iter(classes.values()))[0]).shape)


def _load_folder(path: Path, expected: Size) -> Images:
    classes = _pictures(path)
    files = [file for part in classes.values() for file in part]
    labels = np.repeat(np.arange(len(classes)), [len(part) for part in classes.values()])
    pixels = np.empty((len(files), *expected.shape), np.float32)
    for k, file in enumerate(files):
        picture = _read(file)
        if picture.shape != expected.shape:
            raise DataError(
                f"{file} has shape {picture.shape}, {files[0]} {expected.shape}. Allowed: {FOLDER}"
            )
        pixels[k] = picture
    pixels = pixels.reshape(len(files), -1) / 255
    train, test = split(labels)
    return Images(pixels[train], labels[train], pixels[test], labels[test], expected.shape)


def split(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of training and test images: half of every class each, shuffled once.

    As for digits: halves leave both splits as many images as can be, and both are drawn from.
    """
    order = stream("own images", "folder", 0, None, 0, "split").permutation(len(labels))
    test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        of_class = order[labels[order] == label]
        test[of_class[: len(of_class) // 2]] = True
    return order[~test[order]], order[test[order]]


def _read(file: Path) -> np.ndarray:
    """Read a picture as bytes, of shape (height, width) or (height, width, 3)."""
    from PIL import Image

    try:
        with Image.open(file) as picture:
            return np.asarray(_plain(file, picture))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{file} cannot be read as a picture: {error}") from None


def _plain(file: Path, picture: "Image.Image") -> "Image.Image":
    """Return a picture as grey or RGB, where that loses nothing."""
    modes = {"L": "L", "1": "L", "RGB": "RGB", "P": "RGB"}
    if picture.mode not in modes:
        raise DataError(f"{file} is of the kind {picture.mode}. Allowed: {FOLDER}")
    return picture.convert(modes[picture.mode])

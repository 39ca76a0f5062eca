"""Image sets that torchvision knows: found under the data root and checked, or downloaded to it.

What is checked is the content, not its wrapping: packed or not, in torchvision's layout or in the
root itself. Nothing that is there is ever changed, and nothing is written beside it but files that
were missing. The root may be shared or read-only.
"""

import gzip
import hashlib
import math
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from flowbounds.data.datasets import IMAGE_SETS, DataError, Images
from flowbounds.run.files import replacing

# torchvision's class of each set; those of the class MNIST and its children are idx files
_TORCHVISION = {
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
}

# What idx files of known MD5 sum hold, unpacked. A set without sums is known by shape and counts.
_KNOWN = {
    "6bbc9ace898e44ae57da46a324031adb": ("mnist", "train-images"),
    "a25bea736e30d166cdddb491f175f624": ("mnist", "train-labels"),
    "2646ac647ad5339dbf082846283269ea": ("mnist", "t10k-images"),
    "27ae3e4e09519cfbb04c329615203637": ("mnist", "t10k-labels"),
    "f4a8712d7a061bf5bd6d2ca38dc4d50a": ("fashion_mnist", "train-images"),
    "9018921c3c673c538a1fc5bad174d6f9": ("fashion_mnist", "train-labels"),
    "8181f5470baa50b63fa0f6fddb340f0a": ("fashion_mnist", "t10k-images"),
    "15d484375f8d13e6eb1aabb0c3f46965": ("fashion_mnist", "t10k-labels"),
}

_MOST = (
    50_000_000  # bytes that are read of an idx file, so that another one is known for what it is
)
_CIFAR = "cifar-10-batches-py"
_INSTEAD = "Put the right one in its place, or take it away to have it downloaded"


def load(name: str, root: Path) -> Images:
    """Load a set; what is missing is downloaded.

    Raises:
        DataError: a file is damaged or another one, or a download failed.
    """
    return _load_cifar10(root) if name == "cifar10" else _load_idx(name, root)


def _class(name: str) -> type:
    from flowbounds.data.torchvision_compat import import_torchvision_datasets

    return getattr(import_torchvision_datasets(), _TORCHVISION[name])


def _load_idx(name: str, root: Path) -> Images:
    n_train, n_test, pixels = IMAGE_SETS[name]
    side = math.isqrt(pixels)
    parts = {
        "train-images": (n_train, side, side),
        "train-labels": (n_train,),
        "t10k-images": (n_test, side, side),
        "t10k-labels": (n_test,),
    }
    folder = root / _TORCHVISION[name] / "raw"
    folders = [folder, folder.parent, root / name.replace("_", "-"), root / "raw", root]
    there = {part: _first(folders, _names(part)) for part in parts}
    # what is there is checked before anything is downloaded
    read = {part: _read_idx(name, part, parts[part], file) for part, file in there.items() if file}
    missing = {part: folder / f"{_names(part)[0]}.gz" for part in parts if part not in read}
    for part, file in missing.items():
        dataset, files = _class(name), list(missing.values())
        urls = [mirror + file.name for mirror in dataset.mirrors]
        _download(name, urls, dict(dataset.resources), file, files)
        read[part] = _read_idx(name, part, parts[part], file)
    images = (read[part].astype(np.float32) / 255 for part in ("train-images", "t10k-images"))
    labels = (read[part].astype(np.int64) for part in ("train-labels", "t10k-labels"))
    (train, test), (train_labels, test_labels) = images, labels
    if not set(test_labels) <= set(train_labels):
        raise DataError(
            f"{there['t10k-labels'] or missing['t10k-labels']} has classes that the training "
            f"labels lack. {_INSTEAD}"
        )
    train, test = train.reshape(n_train, -1), test.reshape(n_test, -1)
    return Images(train, train_labels, test, test_labels, (side, side))


def _names(part: str) -> list[str]:
    """Return the names that an idx file goes by, unpacked."""
    kind = "idx3-ubyte" if part.endswith("images") else "idx1-ubyte"
    return [f"{part}-{kind}", f"{part}.{kind}"]


def _first(folders: Sequence[Path], names: Sequence[str]) -> Path | None:
    """Return the first file of one of the names, unpacked or packed, in one of the folders."""
    files = (folder / f"{n}{end}" for folder in folders for n in names for end in ("", ".gz"))
    return next((file for file in files if _there(file)), None)


def _there(file: Path) -> bool:
    """Say whether there is a file; a link to one that is gone counts, lest it be overwritten."""
    return file.is_file() or file.is_symlink()


def _read_idx(name: str, part: str, shape: tuple[int, ...], file: Path) -> np.ndarray:
    """Read one idx file of unsigned bytes.

    Raises:
        DataError: it is not the part of the set that it should be.
    """
    head = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">i4").tobytes()
    content = _unpacked(file, len(head) + math.prod(shape))
    if fault := _fault(name, part, head, math.prod(shape), content):
        raise DataError(f"{file} {fault}. {_INSTEAD}")
    return np.frombuffer(content, np.uint8, offset=len(head)).reshape(shape)


def _unpacked(file: Path, size: int) -> bytes:
    """Return what a file holds, packed by gzip or not, up to what any such file may have."""
    with open(file, "rb") as raw:
        packed = raw.peek(2)[:2] == b"\x1f\x8b"
        try:
            return (gzip.open(raw) if packed else raw).read(max(size, _MOST) + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"{file} is cut short or damaged: {error}. {_INSTEAD}") from None


def _fault(name: str, part: str, head: bytes, size: int, content: bytes) -> str | None:
    """Say what is wrong with the content of an idx file."""
    md5 = hashlib.md5(content).hexdigest()
    wanted, found = (name, part), _KNOWN.get(md5)
    if found == wanted:
        return None
    if found:
        return f"holds {_TORCHVISION[found[0]]}'s {found[1]}, not {_TORCHVISION[name]}'s {part}"
    ndim = head[3]
    if content[:4] != head[:4]:
        kind, begin = "images" if ndim == 3 else "labels", content[:4].hex(" ")
        return f"is no idx file of {kind}: it begins with {begin}, not {head[:4].hex(' ')}"
    if len(content) < len(head):
        return f"is damaged: it ends after {len(content)} bytes"
    if content[: len(head)] != head:
        shapes = [np.frombuffer(h, ">i4", ndim, 4).tolist() for h in (content, head)]
        return f"has shape {shapes[0]}, not {shapes[1]} as {_TORCHVISION[name]}'s {part}"
    if (bytes_there := len(content) - len(head)) != size:
        there = f"{bytes_there}" if bytes_there < size else "more"
        return f"is damaged: it has {there} bytes of data where {size} belong"
    if wanted in _KNOWN.values():
        return (
            f"is not {_TORCHVISION[name]}'s {part}: the MD5 sum of what it holds is {md5}, "
            "another one than that of the published file"
        )
    return None


def _load_cifar10(root: Path) -> Images:
    dataset = _class("cifar10")
    archive = root / dataset.filename
    sums = dict([*dataset.train_list, *dataset.test_list])
    sums[dataset.meta["filename"]] = dataset.meta["md5"]
    folders = [root / _CIFAR, root]
    folder = next((f for f in folders if any(_there(f / name) for name in sums)), None)
    if folder is None:
        packed = [archive, archive.with_suffix("")]  # as published, or unpacked to a plain tar
        there = next((file for file in packed if _there(file)), None)
        if there is None:
            tgz = {archive.name: dataset.tgz_md5}
            _download("cifar10", [dataset.url], tgz, archive, [archive])
        contents = _members(there or archive, sums)
    else:
        contents = {folder / name: _batch(folder / name) for name in sums}
    for (file, content), md5 in zip(contents.items(), sums.values(), strict=True):
        if (found := hashlib.md5(content).hexdigest()) != md5:
            raise DataError(f"{file} is damaged: its MD5 sum is {found}, not {md5}. {_INSTEAD}")
    # torchvision's reader wants its own layout in a folder of its own
    with tempfile.TemporaryDirectory() as staging:
        (Path(staging) / _CIFAR).mkdir()
        for file, content in contents.items():
            (Path(staging) / _CIFAR / file.name).write_bytes(content)
        train, test = (dataset(staging, train=part) for part in (True, False))
    pixels = [np.asarray(part.data, dtype=np.float32) / 255 for part in (train, test)]
    return Images(
        pixels[0].reshape(len(train), -1),
        np.asarray(train.targets),
        pixels[1].reshape(len(test), -1),
        np.asarray(test.targets),
        pixels[0].shape[1:],
    )


def _batch(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise DataError(
            f"{file} is missing, and others of CIFAR10 are there. Put it beside them, or take "
            "them away to have all downloaded"
        ) from None


def _members(archive: Path, names: Sequence[str]) -> dict[Path, bytes]:
    """Return files of CIFAR-10's archive, however it is packed, without unpacking it anywhere."""
    try:
        with tarfile.open(archive) as tar:
            return {archive / name: tar.extractfile(f"{_CIFAR}/{name}").read() for name in names}
    except KeyError as error:
        raise DataError(f"{archive} is not CIFAR10's: {error.args[0]}. {_INSTEAD}") from None
    except (tarfile.TarError, EOFError, zlib.error, OSError, AttributeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(f"{archive} is cut short or damaged: {reason}. {_INSTEAD}") from None


def _download(
    name: str, urls: Sequence[str], sums: dict[str, str], file: Path, missing: Sequence[Path]
) -> None:
    """Download one file from the first of some addresses that has it.

    Raises:
        DataError: none has; the message names all that is missing.
    """
    from torchvision.datasets.utils import download_url

    reasons = []
    for url in urls:
        # elsewhere first: never half a file under its name
        with tempfile.TemporaryDirectory() as folder:
            try:
                download_url(url, folder, file.name, sums[file.name])
                with replacing(file) as temporary:
                    shutil.copyfile(Path(folder) / file.name, temporary)
                return
            except Exception as error:  # URLError, RuntimeError …: all mean "not here"
                reasons.append(str(error).strip().splitlines()[-1])
    raise DataError(
        f"{name} could not be downloaded ({reasons[-1]}). To supply it by hand, put "
        f"{', '.join(map(str, missing))} there, or set data.root in the configuration to a folder "
        "that holds them (README, Image data)"
    )

import gzip
import hashlib
import io
import pickle
import tarfile

import numpy as np
import pytest

from flowbounds.data.codes import Codes
from flowbounds.data.datasets import IMAGE_SETS, DataError, Images, gaussian_mixture, load_images
from flowbounds.data.draws import evaluation_draw, training_draw
from flowbounds.data.torchvision_compat import import_torchvision_datasets


@pytest.fixture(scope="module")
def digits() -> Images:
    return load_images("digits", "no folder needed")


@pytest.fixture
def no_network(monkeypatch):
    """Point torchvision at a closed port of this machine: a real download that really fails."""
    datasets = import_torchvision_datasets()
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", ["http://127.0.0.1:9/"])
    monkeypatch.setattr(datasets.CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")


def test_gaussian_mixture_has_its_moments():
    x = gaussian_mixture(200_000, 3, np.random.default_rng(0))
    # mean 0, covariance diag(5, 1, 1), and two humps: E x^4 = 16 + 6 * 4 + 3 = 43, Gaussian: 75
    np.testing.assert_allclose(x.mean(0), 0, atol=5 * (5 / 200_000) ** 0.5)
    np.testing.assert_allclose(np.cov(x.T), np.diag([5, 1, 1]), atol=0.05)
    assert (x[:, 0] ** 4).mean() == pytest.approx(43, rel=0.02)


def test_torchvision_imports_beside_any_torch():
    assert import_torchvision_datasets().CIFAR10.__name__ == "CIFAR10"


def test_digits_are_split_once_and_for_all(digits):
    n_train, n_test, pixels = IMAGE_SETS["digits"]
    assert digits.train.shape == (n_train, pixels)
    assert digits.test.shape == (n_test, pixels)
    assert digits.train.min() == 0
    assert digits.train.max() == 1
    assert np.bincount(digits.train_labels).min() > 80
    again = load_images("digits", "elsewhere")
    np.testing.assert_array_equal(again.test, digits.test)


def test_codes_agree_with_a_singular_value_decomposition(digits):
    """A second algorithm, in double precision: SVD of the centred training split."""
    codes = Codes.fit("digits", digits, 7)
    train = digits.train.astype(np.float64)
    centred = train - train.mean(0)
    _, s, vt = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign((codes.components * vt[:7]).sum(1))
    np.testing.assert_allclose(codes.components, signs[:, None] * vt[:7], atol=2e-4)
    np.testing.assert_allclose(codes.train, centred @ (signs[:, None] * vt[:7]).T, atol=1e-3)
    np.testing.assert_allclose(codes.explained, (s**2 / (s**2).sum())[:7], rtol=1e-4)
    # not whitened: the variance of a code is the eigenvalue
    np.testing.assert_allclose(codes.train.var(0, ddof=1), s[:7] ** 2 / 896, rtol=1e-4)
    # the test split goes through the map of the training split
    expected = (digits.test - train.mean(0)) @ codes.components.T
    np.testing.assert_allclose(codes.test, expected, atol=1e-4)


def test_decoding_inverts_encoding(digits):
    codes = Codes.fit("digits", digits, 64)
    images = codes.decode(codes.test)
    assert images.shape == (900, 8, 8)
    np.testing.assert_allclose(images.reshape(900, -1), digits.test, atol=1e-4)


def test_colour_survives_the_way_through_codes_and_back():
    train, test = np.random.default_rng(0).random((2, 100, 4 * 4 * 3)).astype(np.float32)
    labels = np.zeros(100, dtype=int)
    codes = Codes.fit("cifar10", Images(train, labels, test, labels, (4, 4, 3)), 48)
    np.testing.assert_allclose(codes.decode(codes.test), test.reshape(100, 4, 4, 3), atol=1e-4)


def test_a_repeat_draws_from_the_right_split(digits):
    codes = Codes.fit("digits", digits, 7)
    training = training_draw("images", "digits", 7, 3, 500, codes)
    evaluation = evaluation_draw("images", "digits", 7, 3, 500, 900, codes)

    def rows(x):
        return {tuple(row) for row in x.tolist()}

    assert len(rows(training["x1"])) == 500  # without replacement
    assert rows(training["x1"]) <= rows(codes.train)
    assert rows(evaluation["reference"]) == rows(codes.test)
    assert not rows(training["x1"]) & rows(evaluation["reference"])
    # x0 | x1 ~ N(x1, I)
    noise = training["x0"] - training["x1"]
    assert noise.mean() == pytest.approx(0, abs=5 / noise.size**0.5)
    assert noise.var() == pytest.approx(1, abs=5 * (2 / noise.size) ** 0.5)


def test_the_size_of_the_reference_leaves_training_alone():
    few = evaluation_draw("simulation", "gaussian_mixture", 5, 0, 50, 60, None)
    many = evaluation_draw("simulation", "gaussian_mixture", 5, 0, 50, 80, None)
    np.testing.assert_array_equal(few["x0"], many["x0"])


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mnist", "MNIST/raw/train-images-idx3-ubyte.gz"),
        ("fashion_mnist", "FashionMNIST/raw/t10k-labels-idx1-ubyte.gz"),
        ("cifar10", "cifar-10-python.tar.gz"),
    ],
)
class TestFaultyFiles:
    def test_a_failed_download_says_how_to_supply_the_file(self, name, file, tmp_path, no_network):
        with pytest.raises(DataError) as raised:
            load_images(name, tmp_path)
        message = str(raised.value)
        assert str(tmp_path / file) in message
        assert "could not be downloaded" in message
        assert "data.root" in message

    def test_a_corrupt_file_is_named_and_kept(self, name, file, tmp_path, no_network):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(gzip.compress(b"not an image"))
        with pytest.raises(DataError, match="is corrupt: its MD5 sum is") as raised:
            load_images(name, tmp_path)
        assert str(tmp_path / file) in str(raised.value)
        assert (tmp_path / file).read_bytes() == gzip.compress(b"not an image")


def idx(array: np.ndarray, magic: int = 8) -> bytes:
    """An array in the format of MNIST's files."""
    head = bytes([0, 0, magic, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return head + array.tobytes()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (None, ""),
        ("checksum", "train-images-idx3-ubyte.gz is corrupt: its MD5 sum is"),
        ("gzip cut short", "cannot be read as MNIST"),
        ("data cut short", "cannot be read as MNIST"),
        ("magic number", "cannot be read as MNIST"),
        ("no gzip", "cannot be read as MNIST"),
        ("shape", r"expected 6 training and 4 test images of 784 pixels, found .*\(6, 756\)"),
        ("number", r"expected 6 training and 4 test images of 784 pixels, found .*\(5, 784\)"),
    ],
)
def test_a_faulty_archive_of_mnist_is_named(tmp_path, monkeypatch, fault, message):
    """Small archives in MNIST's format; the sums are those of the archives but for one fault."""
    dataset = import_torchvision_datasets().MNIST
    monkeypatch.setitem(IMAGE_SETS, "mnist", (6, 4, 784))
    rng = np.random.default_rng(0)
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    sums = []
    for part, number in (("train", 6), ("t10k", 4)):
        number -= fault == "number" and part == "train"
        shape = (number, 27 if fault == "shape" and part == "train" else 28, 28)
        images = idx(
            rng.integers(0, 256, shape, dtype=np.uint8), magic=7 if fault == "magic number" else 8
        )
        images = images[:-9] if fault == "data cut short" else images
        packed = images if fault == "no gzip" else gzip.compress(images)
        packed = packed[:-40] if fault == "gzip cut short" else packed
        labels = gzip.compress(idx(np.arange(number, dtype=np.uint8)))
        for name, content in ((f"{part}-images-idx3", packed), (f"{part}-labels-idx1", labels)):
            archive = folder / f"{name}-ubyte.gz"
            archive.write_bytes(content)
            sums.append((archive.name, hashlib.md5(content).hexdigest()))
    if fault == "checksum":
        sums[0] = (sums[0][0], "0" * 32)
    monkeypatch.setattr(dataset, "resources", sums)
    if fault is None:
        assert load_images("mnist", tmp_path).train.shape == (6, 784)
    else:
        with pytest.raises(DataError, match=message):
            load_images("mnist", tmp_path)
    assert len(list(folder.iterdir())) == 4  # nothing was written beside them


def test_unpacked_files_that_are_no_images_are_refused(tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            (folder / f"{part}-{kind}-ubyte").write_bytes(b"\0" * 100)
    with pytest.raises(DataError, match="cannot be read as MNIST"):
        load_images("mnist", tmp_path)


def test_cifar10_in_torchvisions_own_format(tmp_path, monkeypatch):
    """A small archive in CIFAR-10's format, with its own checksums in place of the real ones."""
    dataset = import_torchvision_datasets().CIFAR10
    rng = np.random.default_rng(0)
    batches = [f"data_batch_{k}" for k in range(1, 6)] + ["test_batch"]
    pixels = {name: rng.integers(0, 256, (10, 3 * 32 * 32), dtype=np.uint8) for name in batches}
    contents = {
        name: pickle.dumps({"data": data, "labels": list(range(10))})
        for name, data in pixels.items()
    }
    contents["batches.meta"] = pickle.dumps({"label_names": list("abcdefghij")})
    archive = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    md5 = {name: hashlib.md5(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(dataset, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())
    monkeypatch.setattr(dataset, "train_list", [[name, md5[name]] for name in batches[:5]])
    monkeypatch.setattr(dataset, "test_list", [["test_batch", md5["test_batch"]]])
    monkeypatch.setattr(dataset, "meta", dataset.meta | {"md5": md5["batches.meta"]})
    monkeypatch.setitem(IMAGE_SETS, "cifar10", (50, 10, 3072))

    images = load_images("cifar10", tmp_path)
    assert images.shape == (32, 32, 3)
    expected = pixels["test_batch"].reshape(10, 3, 32, 32).transpose(0, 2, 3, 1) / 255
    np.testing.assert_allclose(images.test.reshape(10, 32, 32, 3), expected, rtol=1e-6)
    assert images.test_labels.tolist() == list(range(10))
    assert [path.name for path in tmp_path.iterdir()] == [archive.name]


def test_a_data_set_of_another_size_is_refused(monkeypatch):
    monkeypatch.setitem(IMAGE_SETS, "digits", (897, 900, 65))
    with pytest.raises(DataError, match="expected 897 training and 900 test images of 65 pixels"):
        load_images("digits", "no folder needed")


def test_real_mnist(mnist_root):
    before = sorted(mnist_root.rglob("*"))
    images = load_images("mnist", mnist_root)
    assert images.train.shape == (60_000, 784)
    assert images.test.shape == (10_000, 784)
    assert images.train.max() == 1
    # known statistics of the training split
    assert images.train.mean() == pytest.approx(0.1307, abs=1e-4)
    assert images.train.std() == pytest.approx(0.3081, abs=1e-4)
    assert np.bincount(images.test_labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert sorted(mnist_root.rglob("*")) == before  # nothing was unpacked beside the files

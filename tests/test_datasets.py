import functools
import gzip
import hashlib
import http.server
import io
import pickle
import tarfile
import threading

import numpy as np
import pytest

from flowbounds.data import published_images
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


def everything(folder) -> dict:
    """Every file below a folder with its content."""
    return {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


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
        assert list(tmp_path.iterdir()) == []

    def test_a_corrupt_file_is_named_and_kept(self, name, file, tmp_path, no_network):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(gzip.compress(b"not an image"))
        with pytest.raises(DataError, match=r"is (no idx file|cut short or damaged)") as raised:
            load_images(name, tmp_path)
        assert str(tmp_path / file) in str(raised.value)
        assert everything(tmp_path) == {tmp_path / file: gzip.compress(b"not an image")}

    def test_a_link_to_a_file_that_is_gone_is_not_replaced(self, name, file, tmp_path, no_network):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).symlink_to(tmp_path / "gone")
        with pytest.raises((DataError, OSError), match=(tmp_path / file).name):
            load_images(name, tmp_path)
        assert (tmp_path / file).is_symlink()


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    """An array in the format of MNIST's files."""
    head = bytes([0, 0, kind, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return head + array.tobytes()


@pytest.fixture
def small(monkeypatch) -> dict[str, bytes]:
    """MNIST of six and four images, whose sums are known as those of the real one are."""
    monkeypatch.setitem(IMAGE_SETS, "mnist", (6, 4, 784))
    monkeypatch.setitem(IMAGE_SETS, "fashion_mnist", (6, 4, 784))
    rng = np.random.default_rng(0)
    known, drawn = {}, {}
    for name in ("fashion_mnist", "mnist"):
        parts = drawn[name] = {}
        for split, n in (("train", 6), ("t10k", 4)):
            images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
            labels = rng.permutation(n).astype(np.uint8)
            parts |= {f"{split}-images": idx(images), f"{split}-labels": idx(labels)}
        known |= {hashlib.md5(parts[part]).hexdigest(): (name, part) for part in parts}
    monkeypatch.setattr(published_images, "_KNOWN", known)
    return drawn["mnist"] | {"another set": drawn["fashion_mnist"]["train-images"]}


def put(parts: dict[str, bytes], folder, packed=gzip.compress, end=".gz", dot="-") -> None:
    """Write parts of an idx set under their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("train-images", "train-labels", "t10k-images", "t10k-labels"):
        kind = "idx3" if part.endswith("images") else "idx1"
        (folder / f"{part}{dot}{kind}-ubyte{end}").write_bytes(packed(parts[part]))


@pytest.mark.parametrize("folder", ["MNIST/raw", "MNIST", "mnist", "."])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"packed": lambda content: gzip.compress(content, 1, mtime=5)},
        {"packed": bytes, "end": ""},
        {"packed": bytes},  # unpacked on the way, under the packed one's name
        {"packed": bytes, "end": "", "dot": "."},
    ],
    ids=["gz", "another gz", "plain", "plain but .gz", "dotted"],
)
def test_the_same_images_in_any_wrapping(tmp_path, small, no_network, folder, how):
    put(small, tmp_path / folder, **how)
    before = everything(tmp_path)
    images = load_images("mnist", tmp_path)
    assert images.train.shape == (6, 784)
    np.testing.assert_array_equal(
        np.round(255 * images.test).astype(np.uint8).tobytes(), small["t10k-images"][16:]
    )
    assert images.train_labels.tolist() == list(small["train-labels"][8:])
    assert everything(tmp_path) == before  # nothing was unpacked beside the files


def test_a_linked_and_read_only_root(tmp_path, small, no_network):
    put(small, tmp_path / "elsewhere" / "MNIST" / "raw")
    for folder in ("elsewhere/MNIST/raw", "elsewhere/MNIST", "elsewhere"):
        (tmp_path / folder).chmod(0o555)
    (tmp_path / "root").symlink_to(tmp_path / "elsewhere")
    before = everything(tmp_path)
    assert load_images("mnist", tmp_path / "root").train.shape == (6, 784)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("part", ["train-images", "train-labels", "t10k-images", "t10k-labels"])
@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "packed"])
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda parts, part: parts[part][:-2], r"is damaged: it has \d+ bytes of data where \d+"),
        (lambda parts, part: parts[part][:6], "is damaged: it ends after 6 bytes"),
        (lambda parts, part: b"", "is no idx file of"),
        (lambda parts, part: parts[part] + b"more", "is damaged: it has more bytes"),
        (
            lambda parts, part: parts["another set"],
            "holds FashionMNIST's train-images, not MNIST's",
        ),
        (
            lambda parts, part: parts[next(p for p in parts if p != part)],
            "holds MNIST's t.*, not MNIST's",
        ),
        (lambda parts, part: parts[part][:-1] + b"\xff", "sum of what it holds is .* another one"),
        (lambda parts, part: parts[part].replace(b"\0\0\x08", b"\0\0\x09", 1), "is no idx file of"),
        (lambda parts, part: idx(np.zeros((3, 28, 28), np.uint8)), "(shape|begins with)"),
    ],
    ids=["short", "stub", "empty", "long", "another set", "swapped", "a byte", "type", "shape"],
)
def test_a_file_that_is_not_right_is_named(
    tmp_path, small, no_network, part, packed, fault, message
):
    put(small | {part: fault(small, part)}, tmp_path / "MNIST" / "raw", packed)
    before = everything(tmp_path)
    with pytest.raises(DataError, match=message) as raised:
        load_images("mnist", tmp_path)
    assert f"raw/{part}" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert everything(tmp_path) == before


def test_an_archive_that_is_cut_short_is_named(tmp_path, small):
    put(small, tmp_path, lambda content: gzip.compress(content)[:-9])
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz is cut short or damaged"):
        load_images("mnist", tmp_path)


def test_without_known_sums_shape_and_counts_decide(tmp_path, small, monkeypatch):
    monkeypatch.setattr(published_images, "_KNOWN", {})
    put(small, tmp_path)
    assert load_images("mnist", tmp_path).test.shape == (4, 784)
    put(small | {"t10k-labels": idx(np.full(4, 77, np.uint8))}, tmp_path)
    with pytest.raises(DataError, match=r"t10k-labels.* has classes that the training labels lack"):
        load_images("mnist", tmp_path)


def test_only_what_is_missing_is_downloaded(tmp_path, small, monkeypatch):
    """From a server of this machine's own; the files that are there are of another wrapping."""
    server, raw = tmp_path / "server", tmp_path / "root" / "MNIST" / "raw"
    put(small, server)
    put(small, raw, lambda content: gzip.compress(content, 1, mtime=5))
    missing = raw / "t10k-labels-idx1-ubyte.gz"
    missing.unlink()
    before = everything(raw)
    dataset = import_torchvision_datasets().MNIST
    sums = [(file.name, hashlib.md5(file.read_bytes()).hexdigest()) for file in server.iterdir()]
    monkeypatch.setattr(dataset, "resources", sums)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=server)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as mirror:
        threading.Thread(target=mirror.serve_forever, daemon=True).start()
        urls = ["http://127.0.0.1:9/", f"http://127.0.0.1:{mirror.server_port}/"]
        monkeypatch.setattr(dataset, "mirrors", urls)
        assert load_images("mnist", tmp_path / "root").test.shape == (4, 784)
        mirror.shutdown()
    assert everything(raw) == before | {missing: (server / missing.name).read_bytes()}


@pytest.fixture
def small_cifar10(tmp_path, monkeypatch):
    """An archive in CIFAR-10's format, with its own checksums in place of the real ones."""
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
    return archive, pixels, contents


class TestCifar10:
    @pytest.mark.parametrize("how", ["archive", "another gz", "tar", "folder", "the folder itself"])
    def test_in_any_wrapping(self, small_cifar10, how):
        archive, pixels, contents = small_cifar10
        root, plain = archive.parent, gzip.decompress(archive.read_bytes())
        if how == "another gz":
            archive.write_bytes(gzip.compress(plain, 1))
        elif how != "archive":
            archive.unlink()
        if how == "tar":
            archive.with_suffix("").write_bytes(plain)
        if "folder" in how:
            folder = root / "cifar-10-batches-py"
            folder.mkdir()
            for name, content in contents.items():
                (folder / name).write_bytes(content)
            root = folder if how == "the folder itself" else root
        before = everything(root)
        images = load_images("cifar10", root)
        assert images.shape == (32, 32, 3)
        expected = pixels["test_batch"].reshape(10, 3, 32, 32).transpose(0, 2, 3, 1) / 255
        np.testing.assert_allclose(images.test.reshape(10, 32, 32, 3), expected, rtol=1e-6)
        assert images.test_labels.tolist() == list(range(10))
        assert everything(root) == before

    @pytest.mark.parametrize(
        ("fault", "message"),
        [
            ("short", r"cifar-10-python\.tar\.gz is cut short or damaged"),
            ("another", r"cifar-10-python\.tar\.gz is not CIFAR10's"),
            ("a byte", r"cifar-10-python\.tar\.gz/data_batch_1 is damaged: its MD5 sum is"),
        ],
    )
    def test_a_faulty_archive_is_named(self, small_cifar10, fault, message):
        archive, pixels, _ = small_cifar10
        if fault == "short":
            archive.write_bytes(archive.read_bytes()[:-5000])
        elif fault == "another":
            with tarfile.open(archive, "w:gz") as tar:
                tar.add(__file__, "cifar-100-python/train")
        else:
            plain, old = gzip.decompress(archive.read_bytes()), pixels["data_batch_1"].tobytes()
            archive.write_bytes(gzip.compress(plain.replace(old, bytes(len(old)))))
        before = everything(archive.parent)
        with pytest.raises(DataError, match=message):
            load_images("cifar10", archive.parent)
        assert everything(archive.parent) == before

    def test_a_missing_batch_is_named(self, small_cifar10):
        archive, _, contents = small_cifar10
        archive.unlink()
        (archive.parent / "data_batch_1").write_bytes(contents["data_batch_1"])
        with pytest.raises(DataError, match="data_batch_2 is missing, and others of CIFAR10"):
            load_images("cifar10", archive.parent)


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


@pytest.mark.parametrize("folder", [".", "FashionMNIST", "FashionMNIST/raw"])
def test_real_fashion_mnist_of_debian(fashion_root, folder):
    """Other gzip headers than those of the published archives."""
    images = load_images("fashion_mnist", fashion_root / folder)
    assert images.train.shape == (60_000, 784)
    assert images.train.mean() == pytest.approx(0.2860, abs=1e-4)
    assert np.bincount(images.test_labels).tolist() == [1000] * 10


def test_one_real_set_is_not_taken_for_another(fashion_root):
    with pytest.raises(DataError, match="holds FashionMNIST's train-images, not MNIST's"):
        load_images("mnist", fashion_root / "FashionMNIST" / "raw")

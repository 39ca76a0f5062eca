"""A reader's own images: an .npz with Keras' names, or a folder of class folders."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flowbounds.data import own_images
from flowbounds.data.datasets import DataError, load_images
from flowbounds.experiments.image_sizes import source

REPOSITORY = Path(__file__).parents[1]


def arrays(n_train=12, n_test=6, shape=(4, 4), classes=3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (n_train, *shape), dtype=np.uint8),
        "y_train": np.arange(n_train) % classes,
        "x_test": rng.integers(0, 256, (n_test, *shape), dtype=np.uint8),
        "y_test": np.arange(n_test) % classes,
    }


def archive(folder: Path, **changes) -> Path:
    """An .npz; a change to None leaves an array out."""
    held = {key: array for key, array in (arrays() | changes).items() if array is not None}
    np.savez(folder / "mine.npz", **held)
    return folder / "mine.npz"


def pictures(folder: Path, counts=(5, 6, 7), shape=(4, 4)) -> Path:
    """A folder of class folders."""
    rng = np.random.default_rng(0)
    for label, count in enumerate(counts):
        (folder / f"class {label}").mkdir(parents=True)
        for k in range(count):
            pixels = rng.integers(0, 256, shape, dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"class {label}" / f"{k}.png")
    return folder


def fault(path: Path) -> str:
    """The one line that a set is refused with, as it is planned or as it is loaded."""
    with pytest.raises(DataError) as raised:
        own_images.load(path)
    assert "\n" not in str(raised.value)
    return str(raised.value)


class TestArchive:
    @pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3)])
    @pytest.mark.parametrize("kind", ["bytes", "float16", "float32", "float64", "compressed"])
    def test_bytes_and_floats_grey_and_colour(self, tmp_path, shape, kind):
        held, file = arrays(shape=shape), tmp_path / "mine.npz"
        expected = held["x_train"].reshape(12, -1) / 255
        held["y_train"] = held["y_train"][:, None].astype(np.uint8)  # as Keras has CIFAR-10's
        if kind.startswith("float"):
            held |= {key: (held[key] / 255).astype(kind) for key in ("x_train", "x_test")}
        (np.savez_compressed if kind == "compressed" else np.savez)(file, **held)
        images = load_images("mine", None, file)
        assert images.train.dtype == np.float32
        np.testing.assert_allclose(images.train, expected, atol=1e-3)
        assert images.train_labels.tolist() == list(np.arange(12) % 3)
        assert images.shape == (shape if shape[2:] == (3,) else shape[:2])
        size = own_images.size(file)
        assert (size.train, size.test, size.shape) == (12, 6, images.shape)
        assert size.pixels == images.train.shape[1]

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"x_test": None}, "lacks x_test and has x_train, y_test, y_train. Allowed: an .npz"),
            ({"x_train": np.zeros((12, 16), np.uint8)}, "x_train is uint8 of shape (12, 16)"),
            ({"x_train": np.zeros((12, 4, 4, 4), np.uint8)}, "(N, height, width, 3)"),
            ({"x_train": np.zeros((12, 3, 4, 4), np.uint8)}, "(N, height, width, 3)"),
            ({"x_train": np.zeros((12, 4, 4), int)}, "x_train is int64 of shape"),
            ({"x_train": np.zeros((12, 4, 4), bool)}, "x_train is bool of shape"),
            ({"x_train": np.array([None] * 12)}, "x_train is object of shape"),
            ({"x_test": np.zeros((6, 4, 5))}, "training images of (4, 4), test images of (4, 5)"),
            ({"x_train": 255.0 * np.ones((12, 4, 4))}, "goes from 255 to 255. Allowed"),
            ({"x_train": np.linspace(-1, 1, 192).reshape(12, 4, 4)}, "goes from -1 to 1"),
            ({"x_train": np.full((12, 4, 4), np.nan)}, "goes from nan to nan"),
            ({"x_train": np.ones((12, 4, 4), np.uint8)}, "the bytes of x_train end at 1"),
            ({"x_train": np.full((12, 4, 4), 9, np.uint8)}, "all training images are alike"),
            ({"y_train": np.zeros(11, int)}, "y_train is int64 of shape (11,)"),
            ({"y_train": np.zeros(12)}, "y_train is float64"),
            ({"y_train": np.eye(12, 3, dtype=int)}, "y_train is int64 of shape (12, 3)"),
            ({"y_test": np.full(6, 3)}, "class 3 has no training images"),
            ({"y_test": np.zeros(6, int)}, "class 1 has no test images"),
            (arrays(n_train=4), "4 training and 6 test images; at least 5"),
            (arrays(shape=(65, 64, 3)), "from 2 to 12288 are allowed"),
            (arrays(shape=(1, 1)), "from 2 to 12288 are allowed"),
        ],
    )
    def test_what_is_refused_and_why(self, tmp_path, changes, message):
        file = archive(tmp_path, **changes)
        text = fault(file)
        assert message in text
        assert str(file) in text

    @pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04"])
    def test_what_is_no_archive(self, tmp_path, content):
        (tmp_path / "mine.npz").write_bytes(content)
        assert "is no .npz or damaged" in fault(tmp_path / "mine.npz")

    def test_what_is_cut_short_or_damaged(self, tmp_path):
        content = bytearray(archive(tmp_path).read_bytes())
        (tmp_path / "short.npz").write_bytes(content[:-100])
        assert "is no .npz or damaged" in fault(tmp_path / "short.npz")
        content[300] ^= 1
        (tmp_path / "byte.npz").write_bytes(content)
        assert "damaged" in fault(tmp_path / "byte.npz")

    def test_an_archive_of_other_things(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "mine.npz", "w") as other:
            for key in own_images.KEYS:
                other.writestr(f"{key}.npy", "no array")
        assert "is no .npz or damaged" in fault(tmp_path / "mine.npz")

    def test_a_path_to_nothing(self, tmp_path):
        assert fault(tmp_path / "no") == f"{tmp_path / 'no'}: there is no such file or folder"


class TestFolder:
    @pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
    def test_half_of_every_class_is_for_testing(self, tmp_path, shape):
        folder = pictures(tmp_path / "mine", shape=shape)
        (folder / ".hidden").mkdir()
        (folder / "class 0" / "notes.txt").write_text("no picture")
        images, size = own_images.load(folder), own_images.size(folder)
        assert (size.train, size.test) == (10, 8)
        assert np.bincount(images.train_labels).tolist() == [3, 3, 4]
        assert np.bincount(images.test_labels).tolist() == [2, 3, 3]
        assert images.shape == size.shape == shape
        assert images.train_labels.tolist() != sorted(images.train_labels)  # shuffled
        # the very pictures, each once
        held = [
            np.asarray(Image.open(file)).ravel().tolist() for file in sorted(folder.glob("*/*.png"))
        ]
        found = np.round(255 * np.concatenate([images.train, images.test])).astype(int).tolist()
        assert sorted(found) == sorted(held)

    def test_the_split_is_the_same_every_time(self, tmp_path):
        first = own_images.load(pictures(tmp_path / "here"))
        again = own_images.load(pictures(tmp_path / "there"))
        np.testing.assert_array_equal(first.test, again.test)

    def test_palettes_and_bits_are_pictures_too(self, tmp_path):
        folder = pictures(tmp_path / "mine")
        for file in folder.glob("*/0.png"):
            Image.open(file).convert("1").save(file)
        assert own_images.load(folder).shape == (4, 4)
        colour = pictures(tmp_path / "colour", shape=(4, 4, 3))
        for file in colour.glob("*/0.png"):
            Image.open(file).quantize(8).save(file)
        assert own_images.load(colour).shape == (4, 4, 3)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda f: (f / "class 3").mkdir(), "class 3 holds no picture. Allowed: a folder"),
            (lambda f: [p.unlink() for p in (f / "class 1").glob("[1-9].png")], "only one picture"),
            (lambda f: (f / "class 1/0.png").write_bytes(b"no"), "1/0.png cannot be read as a pic"),
            (
                lambda f: (f / "class 1/0.png").write_bytes(
                    (f / "class 1/1.png").read_bytes()[:60]
                ),
                "1/0.png cannot be read as a picture",
            ),
            (
                lambda f: Image.new("L", (5, 4)).save(f / "class 2/3.png"),
                "2/3.png has shape (4, 5), ",
            ),
            (lambda f: Image.new("RGB", (4, 4)).save(f / "class 2/3.png"), "has shape (4, 4, 3), "),
            (lambda f: Image.new("RGBA", (4, 4)).save(f / "class 2/3.png"), "is of the kind RGBA"),
            (lambda f: Image.new("I;16", (4, 4)).save(f / "class 2/3.png"), "is of the kind I;16"),
        ],
    )
    def test_what_is_refused_and_why(self, tmp_path, change, message):
        folder = pictures(tmp_path / "mine")
        change(folder)
        text = fault(folder)
        assert message in text
        assert str(folder) in text

    def test_a_folder_without_class_folders(self, tmp_path):
        assert "holds no class folders" in fault(tmp_path)

    def test_splits_as_folders_are_no_classes(self, tmp_path):
        """As some sets come: class folders in train/ and test/ would else be two classes."""
        pictures(tmp_path / "mine" / "train")
        pictures(tmp_path / "mine" / "test")
        assert "test holds no picture" in fault(tmp_path / "mine")


def test_a_digest_changes_with_names_and_bytes_alone(tmp_path):
    file, folder = archive(tmp_path), pictures(tmp_path / "mine")
    before = own_images.digest(file), own_images.digest(folder)
    file.touch()
    (folder / "class 0/0.png").touch()
    assert (own_images.digest(file), own_images.digest(folder)) == before
    archive(tmp_path, y_train=np.arange(12)[::-1] % 3)
    assert own_images.digest(file) != before[0]
    (folder / "class 0/0.png").rename(folder / "class 0/9.png")
    renamed = own_images.digest(folder)
    Image.new("L", (4, 4)).save(folder / "class 0/9.png")
    assert len({before[1], renamed, own_images.digest(folder)}) == 3


@pytest.mark.parametrize(("dataset", "key"), [("mine", "own"), ("digits", "root")])
def test_a_path_that_begins_with_a_dash_is_no_option(tmp_path, monkeypatch, dataset, key):
    archive(tmp_path).rename(tmp_path / "-x.npz")
    monkeypatch.chdir(tmp_path)
    data = {"own": {"root": "data", "sets": {"mine": "-x.npz"}}, "root": {"root": "-x", "sets": {}}}
    option = source({"data": data[key]}, dataset)
    program = [REPOSITORY / "scripts/encode_images.py", "--dataset", dataset, option]
    run = [sys.executable, *program, "--components", "3", "--out", "codes.npz"]
    subprocess.run(run, check=True, capture_output=True)
    assert np.load("codes.npz")["test"].shape[1] == 3


def test_sizes_are_read_without_what_computes(tmp_path):
    archive(tmp_path)
    program = (
        "import sys; from flowbounds.data import own_images;"
        f"own_images.size({str(tmp_path / 'mine.npz')!r});"
        "print({'torch', 'pandas', 'scipy', 'matplotlib', 'sklearn', 'PIL'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY / "scripts", capture_output=True, text=True
    )
    assert run.stdout.strip() == "set()", run.stdout + run.stderr


OVERLAY = """
data: {sets: {mine: "my images.npz", drawn: pictures}}
images: {datasets: [mine, drawn], n_train: 20, n_test: 40, components: 3}
dfm_images: {datasets: [drawn], n_test: 20}
"""


@pytest.mark.slow
class TestWorkflow:
    FIGURES = ("a_fig2_generated_images", "a_fig5_image_dynamics", "a_fig6_7_sample_grids")

    @pytest.fixture
    def own(self, unbuilt):
        folder = unbuilt.folder
        archive(folder, **arrays(60, 40, (5, 5, 3))).rename(folder / "my images.npz")
        pictures(folder / "pictures", (40, 40, 40))
        unbuilt.overlay("own.yaml", OVERLAY)
        return unbuilt

    def test_end_to_end_and_a_changed_file_reruns(self, own):
        own.build(*self.FIGURES, "b_images", "a_lemma31_gram_spectrum")
        for name in ("mine", "drawn"):
            assert (own.folder / f"results/figures/a_fig6_7_sample_grids_{name}.png").exists()
        (own.folder / "my images.npz").touch()
        assert own.planned(*self.FIGURES) == {}
        archive(own.folder, **arrays(60, 41, (5, 5, 3))).replace(own.folder / "my images.npz")
        assert own.planned(self.FIGURES[1])["image_codes"] == 1
        own.build(self.FIGURES[1])
        Image.new("L", (4, 4)).save(own.folder / "pictures/class 0/0.png")
        assert own.planned(self.FIGURES[1])["image_codes"] == 1
        Image.new("L", (4, 5)).save(own.folder / "pictures/class 0/1.png")
        run = own.snakemake(self.FIGURES[1])
        assert "pictures/class 0/1.png has shape (5, 4)" in run.stdout

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("images: {n_test: 41}", "images.n_test = 41, but mine has only 40 test images"),
            (
                "images: {n_train: 61, n_test: 61}",
                "images.n_train = 61, but mine has only 60 train",
            ),
            (
                "images: {components: 17}",
                "images.components = 17, but drawn of dfm_images.datasets has",
            ),
            ("dfm_images: {n_test: 31}", "but drawn has only 60 test images, and two samples"),
            ("ntk_spectrum: {n: [61]}", "ntk_spectrum.n = 61, but mine has only 60 training"),
            ("images: {datasets: [mien]}", "images.datasets[0] = 'mien' is not allowed. Allowed: "),
            ("data: {sets: {mine: no.npz}}", "data.sets.mine: no.npz: there is no such file"),
            ("data: {sets: {mine: tiny.yaml}}", "data.sets.mine: tiny.yaml is no .npz"),
        ],
    )
    def test_a_grid_that_it_is_too_small_for_is_refused_before_any_job(self, own, text, message):
        own.overlay("more.yaml", text)
        run = own.snakemake("--dry-run")
        assert run.returncode != 0
        assert message in run.stdout
        assert "Traceback" not in run.stdout
        assert "Job stats" not in run.stdout

    def test_real_colour_images(self, unbuilt, cifar10_subset):
        text = f"data: {{sets: {{cifar_subset: {cifar10_subset}}}}}\n"
        unbuilt.overlay("cifar.yaml", text + "images: {datasets: [cifar_subset], n_test: 1000}")
        unbuilt.build(*self.FIGURES)
        with np.load(unbuilt.folder / "results/data/images/cifar_subset_codes.npz") as codes:
            assert codes["train"].shape == (4000, 3)
            assert codes["image_shape"].tolist() == [32, 32, 3]
            # the first components of natural images are smooth: neighbours are alike
            first = codes["components"][0].reshape(32, 32, 3)
            assert np.corrcoef(first[1:].ravel(), first[:-1].ravel())[0, 1] > 0.95

"""Publishing a run, and holding another one to it: on made-up results, and on what is published."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import made_up_run
import pandas as pd
import pytest
import yaml
from conftest import REPOSITORY
from frictionless import Package
from PIL import Image

from flowbounds.experiments.experiment import columns, tables
from flowbounds.report import crate, replication
from flowbounds.report.page import anchor
from flowbounds.report.publication import MANIFEST, faults
from flowbounds.run.provenance import meta_of, sha256_of_file

PUBLISHED = REPOSITORY / "docs/paper-scale"
published = pytest.mark.skipif(
    not (PUBLISHED / MANIFEST).exists(), reason="nothing is published yet: make publish"
)


def run(folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(REPOSITORY / "scripts" / program), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def alter(table: Path, column: str, factor: float, told: bool) -> None:
    """Multiply the first number of a column; its record tells of the new file or of the old one."""
    rows = pd.read_csv(table)
    rows.loc[0, column] *= factor
    rows.to_csv(table, index=False)
    if told:
        meta = json.loads(meta_of(table).read_text())
        meta["outputs"][table.name] = sha256_of_file(table)
        meta_of(table).write_text(json.dumps(meta))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A finished run and what was published of it, in ``out``."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        made_up_run.make(Path("results"), made_up_run.configuration())
    done = run(folder, "publish_results.py", "--out", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def copy(made, tmp_path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def check(folder: Path) -> subprocess.CompletedProcess:
    return run(folder, "check_replication.py", "--published", "out")


def package_and_page_are_sound(folder: Path) -> None:
    """Schema and links of a published folder, and that it is small."""
    report = Package(str(folder / "datapackage.json")).validate()
    assert report.valid, report.to_summary()
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 12e6
    page = (folder / "index.html").read_text()
    ids = set(re.findall(r' id="([^"]+)"', page))
    for link in re.findall(r'(?:href|src)="([^"]+)"', page):
        if link.startswith("#"):
            assert link[1:] in ids
        elif not link.startswith(("https://arxiv.org/abs/", "data:,")):
            assert (folder / link).exists() or link.startswith("../"), link
    assert "base64" not in page
    for claim in pd.read_csv(folder / "verdicts.csv")["claim"]:
        assert anchor(claim) in ids


class TestPublishing:
    def test_the_folder_is_sound(self, made):
        assert faults(made / "out") == []
        package_and_page_are_sound(made / "out")

    def test_tables_are_the_runs_own(self, made):
        for table in (made / "results/tables").glob("*.csv"):
            compressed = (made / "out/tables" / f"{table.name}.gz").read_bytes()
            assert gzip.decompress(compressed) == table.read_bytes()
        for picture in (made / "results/figures").glob("*.png"):
            with (
                Image.open(picture) as a,
                Image.open(made / "out/figures" / f"{picture.stem}.webp") as b,
            ):
                assert a.convert("RGB").tobytes() == b.convert("RGB").tobytes()

    def test_the_same_run_gives_the_same_bytes(self, made):
        assert run(made, "publish_results.py", "--out", "again").returncode == 0
        # the page says when it was made
        one, two = (
            json.loads((made / of / MANIFEST).read_text())["files"] for of in ("out", "again")
        )
        assert {k for k in one if one[k] != two[k]} <= {"index.html"}

    def test_a_damaged_run_is_not_published(self, copy):
        alter(copy / "results/tables/sampling.csv", "w1_exact", 1.001, told=False)
        done = run(copy, "publish_results.py", "--out", "other")
        assert done.returncode == 1
        assert "sampling.csv was changed after it was made" in done.stderr
        assert not (copy / "other").exists()

    def test_a_changed_folder_is_noticed(self, copy):
        (copy / "out/summary.md").write_text("all is well")
        (copy / "out/more.txt").write_text("")
        assert faults(copy / "out") == [
            "more.txt is in no manifest",
            "summary.md was changed after it was published",
        ]


class TestRecords:
    def test_codecheck_lists_every_output(self, made):
        told = yaml.safe_load((made / "out" / crate.CODECHECK).read_text())
        listed = {entry["file"] for entry in told["manifest"]}
        assert {"verdicts.csv", "tables/simulation.csv.gz", "figures/b_images.webp"} <= listed
        assert all((made / "out" / file).exists() for file in listed)

    def test_the_crate_describes_each_file_once_and_refers_to_nothing_else(self, made):
        graph = json.loads((made / "out" / crate.FILE).read_text())["@graph"]
        ids = [entity["@id"] for entity in graph]
        assert len(ids) == len(set(ids))
        files = json.loads((made / "out" / MANIFEST).read_text())["files"]
        assert set(files) <= set(ids)
        root = graph[ids.index("./")]
        assert datetime.fromisoformat(root["datePublished"]).tzinfo  # a crate must have it

        def references(value):
            if isinstance(value, dict):
                yield from [value["@id"]] if set(value) == {"@id"} else []
                for part in value.values():
                    yield from references(part)
            elif isinstance(value, list):
                for part in value:
                    yield from references(part)

        outside = {i for i in references(graph) if i not in ids}
        assert all(i.startswith(("https://", "http://")) for i in outside), outside


class TestReplication:
    def test_a_run_agrees_with_itself(self, made):
        done = check(made)
        assert done.returncode == 0, done.stdout
        assert "0 of" in done.stdout.splitlines()[-1]
        assert "DIFFERS" not in done.stdout

    @pytest.mark.parametrize(("factor", "code"), [(1.001, 0), (1.004, 1)])
    def test_one_number_beyond_its_tolerance_is_found(self, copy, factor, code):
        alter(copy / "results/tables/simulation.csv", "loss", factor, told=True)
        done = check(copy)
        assert done.returncode == code, done.stdout
        differing = [line for line in done.stdout.splitlines() if line.startswith("DIFFERS")]
        assert [line.split()[1] for line in differing] == (["simulation.loss"] if code else [])

    def test_a_number_changed_by_hand_is_found_within_the_tolerance_too(self, copy):
        alter(copy / "results/tables/simulation.csv", "loss", 1.0001, told=False)
        done = check(copy)
        assert done.returncode == 1
        assert "simulation.csv was changed after it was made" in done.stdout

    def test_other_settings_are_not_compared_and_named(self, copy):
        meta = meta_of(copy / "results/tables/sampling.csv")
        record = json.loads(meta.read_text())
        record["config"]["sampling"] |= {"n_test": 77, "d": [2, 9], "seeds": 3}
        meta.write_text(json.dumps(record))
        done = check(copy)
        assert done.returncode == 0
        assert "not compared: sampling: sampling.n_test is 77, published 500" in done.stdout

    def test_only_rows_in_common_are_compared(self):
        table = made_up_run.table("sup_norm")
        key = columns("sup_norm")[0].name
        shifted = table.assign(**{key: table[key] + 4})
        found = replication.compare("sup_norm", table, shifted)
        assert {column.cells for column in found} == {2}
        assert any(column.agree < 2 for column in found)
        assert replication.compare("sup_norm", table, table.assign(**{key: 99})) == []

    def test_infinity_and_nothing_agree_with_themselves_only(self):
        one = pd.Series([float("inf"), float("nan"), 1.0, 0.0, 2.0])
        two = pd.Series([float("inf"), float("nan"), float("nan"), 1e-10, 2.1])
        agree, largest = replication._agree(one, two, 1e-9)
        assert list(agree) == [True, True, False, True, False]
        assert largest[4] == pytest.approx(0.05)

    def test_what_is_small_agrees_to_the_rounding_of_its_column(self):
        one = pd.Series([1e-7, 1e-7, 1.0])
        two = pd.Series([9e-7, 9e-6, 1.0 + 1e-3])
        assert list(replication._agree(one, two, 1e-6)[0]) == [True, False, True]
        every = [column for table in tables() for column in columns(table)]
        coarse = {"clear", "energy", "share", "w2_moved"}
        assert {c.name for c in every if c.rounding > 1e-9} == coarse


@published
class TestPublished:
    """What docs/paper-scale holds."""

    def test_it_is_sound(self):
        assert faults(PUBLISHED) == []
        package_and_page_are_sound(PUBLISHED)

    def test_it_is_of_the_papers_scale_and_of_every_table(self):
        told = json.loads((PUBLISHED / MANIFEST).read_text())
        assert told["scale"] == "paper"
        assert set(told["tables"]) == set(made_up_run.TABLES)

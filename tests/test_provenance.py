"""Tables, figures and verdicts say where they come from, and one command checks that they fit."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowbounds.experiments.experiment import names, tables
from flowbounds.figures.catalogue import figures
from flowbounds.run.files import FileFault, write_json
from flowbounds.run.provenance import (
    SCRIPTS,
    _statements,
    arithmetic,
    checked_records,
    imported_by,
    sha256_of_file,
    sha256_of_json,
    versions,
    write_record,
)

TABLE = "results/tables/simulation.csv"
JUDGED = ("verdicts", "calibration", "robustness", "controls")


def said(workspace) -> str:
    """What the check says of results that do not belong together."""
    run = workspace.verify()
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    return run.stderr


def modules_asked_for(record: Path) -> set[str]:
    """The modules that a rule names beside its script, which imports them by what it is given."""
    name = record.name.removesuffix(".meta.json")
    if record.parts[0] == "figures":
        (entry,) = (figure for figure in figures() if figure.name == name)
        judged = {f"flowbounds/claims/{module}.py" for module in entry.judged_by}
        return {f"flowbounds/figures/{name}.py"} | judged
    if record.parts[0] == "tables":
        return {f"flowbounds/experiments/{tables()[name]}.py"}
    if record.parts[0] == "measurements" and record.parts[1] not in ("simulation", "images"):
        assert record.parts[1] in names()
        return {f"flowbounds/experiments/{record.parts[1]}.py"}
    if name in JUDGED:
        claims = (SCRIPTS / "flowbounds/claims").glob("[ab]_*.py")
        return {f"flowbounds/claims/{file.name}" for file in claims}
    return set()


@pytest.mark.slow
class TestVerification:
    def test_what_one_run_made_belongs_together(self, built):
        run = built.verify()
        assert run.returncode == 0, run.stderr
        assert "belong together" in run.stdout

    def test_every_product_is_told_of(self, built):
        metas = list((built.folder / "results").glob("**/*.meta.json"))
        assert len(metas) == len(tables()) + len(figures()) + len(JUDGED)
        for meta in metas:
            says = json.loads(meta.read_text())
            assert {"outputs", "inputs", "code", "git", "versions"} <= set(says)
            for name, sha in says["outputs"].items():
                assert sha256_of_file(meta.parent / name) == sha
            assert "provenance.py" in " ".join(says["code"])

    def test_a_table_holds_what_it_takes_to_make_it_again(self, built):
        meta = json.loads(built.read("results/tables/simulation.meta.json"))
        assert meta["config_sha256"] == sha256_of_json(meta["config"])
        assert meta["versions"] == versions()
        assert meta["arithmetic"] == arithmetic() or "MKL_CBWR=AVX2,STRICT" in meta["arithmetic"]
        assert any(line.startswith("numba ") for line in meta["arithmetic"])
        assert {"train.py", "sample.py", "draw_data.py", "collect_table.py"} <= set(meta["code"])
        assert "flowbounds/data/streams.py" in meta["code"]

    def test_a_table_edited_by_hand_is_named_whatever_its_date(self, workspace):
        table = workspace.folder / TABLE
        dates = table.stat()
        table.write_text(table.read_text().replace("0.0", "0.1", 1))
        os.utime(table, ns=(dates.st_atime_ns, dates.st_mtime_ns))
        assert workspace.planned() == {}  # Snakemake cannot know
        text = said(workspace)
        assert f"{TABLE} was changed after it was made" in text
        assert f"results/figures/a_fig1_global_view was made from another {TABLE}" in text
        assert f"results/verdicts was made from another {TABLE}" in text
        assert "sampling" not in text

    @pytest.mark.parametrize(
        "product",
        [TABLE, "results/verdicts.csv", "results/figures/a_thm35_sampling.pdf"],
    )
    def test_what_was_changed_or_deleted_is_named(self, workspace, product):
        file = workspace.folder / product
        file.write_bytes(file.read_bytes() + b"\n")
        assert f"{product} was changed after it was made" in said(workspace)
        file.unlink()
        assert f"{product} is missing" in said(workspace)

    def test_another_code_is_named(self, workspace):
        name = "scripts/flowbounds/theory/sup_norm_bound.py"
        module = workspace.folder / name
        module.write_text(module.read_text() + "\n# a change\n")
        text = said(workspace)
        wanted = f"results/tables/sup_norm was made by another version of {name}"
        assert text.splitlines() == [wanted, "error: 1 found that does not belong together"]

    def test_another_configuration_is_named(self, workspace):
        workspace.overlay("more.yaml", "sampling: {euler_steps: 6}")
        wanted = "tables/sampling was made with sampling.euler_steps = 5; the configuration says 6"
        assert wanted in said(workspace).splitlines()[0]
        workspace.overlay("wrong.yaml", "sampling: {euler_steps: -6}")
        assert "error: config: sampling.euler_steps = -6 is not allowed" in said(workspace)

    def test_what_nothing_tells_of_is_named(self, workspace):
        (workspace.folder / "results/figures/from_elsewhere.png").write_bytes(b"")
        text = said(workspace)
        assert "results/figures/from_elsewhere.png: nothing says where it comes from" in text
        (workspace.folder / "results/figures/from_elsewhere.png").unlink()
        (workspace.folder / "results/verdicts.meta.json").write_text("[")
        text = said(workspace)
        assert "results/verdicts.meta.json is damaged" in text
        assert "results/verdicts.csv: nothing says where it comes from" in text

    def test_no_results_are_no_success(self, unbuilt):
        assert "there is no table" in said(unbuilt)

    def test_rules_list_all_the_code_that_runs(self, built):
        """What a job has imported is what Snakemake compares: an edit reruns what it changes."""
        results = built.folder / "results"
        records = set(results.glob("**/*.json"))
        # the report's, and the dictionary
        records -= {results / "contents.json", results / "tables/datapackage.json"}
        assert len(records) > 30
        for record in records:
            ran = json.loads(record.read_text())["code"]
            named = modules_asked_for(record.relative_to(results))
            assert named <= set(ran), record
            roots = [SCRIPTS / name for name in ran if "/" not in name or name in named]
            listed = {*roots}.union(*map(imported_by, roots))
            assert {SCRIPTS / name for name in ran} <= listed, record


def test_imports_are_followed_wherever_they_stand():
    names = {str(file.relative_to(SCRIPTS)) for file in imported_by(SCRIPTS / "encode_images.py")}
    assert names == {
        f"flowbounds/{name}.py"
        for name in (
            "data/codes",
            "data/datasets",
            "data/own_images",
            "data/published_images",
            "data/streams",
            "data/torchvision_compat",
            "run/files",
        )
    }
    assert not {
        file.name for file in imported_by(SCRIPTS / "train.py")
    } & {"style.py", "judging.py", "plane.py"}  # fmt: skip


def test_no_import_is_overlooked():
    """Against a walk over all nodes, which finds them wherever they stand."""
    modules = {"Import", "ImportFrom"}
    for file in SCRIPTS.rglob("*.py"):
        tree = ast.parse(file.read_text())
        ours, all_of = (
            {ast.dump(node) for node in walk(tree) if type(node).__name__ in modules}
            for walk in (_statements, ast.walk)
        )
        assert ours == all_of, file


class TestRecords:
    @pytest.fixture
    def job(self, tmp_path):
        table, record = tmp_path / "a.csv", tmp_path / "a.json"
        table.write_text("x\n1\n")
        write_record(str(record), {"device": "CPU", "threads": 1, "seconds": 0.1}, str(table))
        return str(table), str(record)

    def test_of_the_very_files_are_accepted(self, job):
        table, record = job
        (found,) = checked_records([record], [table])
        assert found["device"] == "CPU"
        assert found["code"]["flowbounds/run/provenance.py"] == sha256_of_file(
            SCRIPTS / "flowbounds/run/provenance.py"
        )

    def test_of_other_files_are_refused(self, job, tmp_path):
        table, record = job
        other = tmp_path / "b.csv"
        other.write_text("x\n1\n")
        with pytest.raises(FileFault, match=r"b\.csv is not what its job wrote"):
            checked_records([record], [str(other)])
        Path(table).write_text("x\n2\n")
        with pytest.raises(FileFault, match=r"a\.csv is not what its job wrote"):
            checked_records([record], [table])

    def test_of_other_code_are_refused(self, job):
        table, record = job
        says = json.loads(Path(record).read_text())
        says["code"]["flowbounds/data/streams.py"] = "0" * 64
        write_json(record, says)
        with pytest.raises(
            FileFault, match=r"another version of scripts/flowbounds/data/streams\.py"
        ):
            checked_records([record], [table])


@pytest.mark.slow
@pytest.mark.parametrize(
    "root",
    ["two words", "$(touch pwned)", "`touch pwned`", 'it\'s "quoted"; touch pwned', "-x", "*"],
)
def test_names_in_a_configuration_reach_no_shell(unbuilt, root):
    unbuilt.overlay("odd.yaml", json.dumps({"data": {"root": root}}))
    run = unbuilt.snakemake("results/data/images/digits_codes.npz")
    assert run.returncode == 0, run.stdout
    assert not list(unbuilt.folder.rglob("pwned"))


def test_verification_imports_neither_torch_nor_snakemake():
    code = (
        "import sys; sys.argv = ['x']; sys.path.insert(0, 'scripts'); import verify_results;"
        "assert not {'torch', 'snakemake', 'pandas'} & set(sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS.parent, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr

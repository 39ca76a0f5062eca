"""The ways in which people run it: odd paths, without git, from other directories, as a module."""

import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import TINY, Workspace

from flowbounds.run.provenance import git_commit, read_json

FIGURE = "b_thm2_step_size"
IMAGES = "a_fig5_image_dynamics"


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for Python's own."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def snakemake(folder: Path, *arguments: str, umask: int = 0o022, **environment: str):
    """Run Snakemake in a folder; output and errors come back as one text."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", "--nocolor", *arguments],
        cwd=folder,
        env=kept | environment,
        umask=umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


@pytest.fixture
def clone(tmp_path) -> Path:
    """A copy without git within another repository, in a path with a space and not in ASCII."""
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    folder = tmp_path / "mÿ clöne"
    folder.mkdir()
    Workspace.create(folder)
    (tmp_path / "else where").mkdir()
    (tmp_path / "else where" / "tiny.yaml").write_text(TINY)
    return folder


def test_a_copy_in_another_repository_has_no_commit(tmp_path, clone):
    (tmp_path / "theirs").write_text("")
    for command in ("add theirs", "-c user.name=x -c user.email=x commit --quiet -m theirs"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    assert git_commit(tmp_path)["commit"]
    assert git_commit(clone / "scripts") == {"commit": None, "dirty": None}


@pytest.mark.slow
def test_every_command_finds_its_program_and_files(clone):
    """Every rule's command, from another directory: words that have spaces are quoted."""
    elsewhere = clone.parent / "else where"
    arguments = ["-s", "../mÿ clöne/Snakefile", "--configfile", "tiny.yaml"]
    run = snakemake(elsewhere, *arguments, "--dry-run", "--printshellcmds")
    assert run.returncode == 0, run.stdout
    commands = [
        shlex.split(line.strip().removeprefix("Shell command: "))
        for line in run.stdout.splitlines()
        if "| tee results" in line
    ]
    assert len({command[1] for command in commands}) >= 10
    for command in commands:
        assert (elsewhere / command[1]).is_file(), command
        for word in command:
            assert not word.startswith("../") or (elsewhere / word).exists(), command


@pytest.mark.slow
def test_from_elsewhere_in_a_bare_environment(clone):
    """A working directory with a space, LANG=C, umask 077, no home to write to, no git.

    Without a home Snakemake itself must be told where to cache, as the README says.
    """
    elsewhere, before = clone.parent / "else where", files(clone)
    bare = {"LANG": "C", "LC_ALL": "C", "HOME": "/dev/null", "MPLCONFIGDIR": "/dev/null/no"}
    bare["XDG_CACHE_HOME"] = str(clone.parent / "cache")
    arguments = ["-s", "../mÿ clöne/Snakefile", "--configfile", "tiny.yaml"]
    run = snakemake(elsewhere, IMAGES, FIGURE, *arguments, umask=0o077, **bare)
    assert run.returncode == 0, run.stdout
    for name in (IMAGES, FIGURE):
        assert (elsewhere / f"results/figures/{name}.png").read_bytes().startswith(b"\x89PNG")
        meta = read_json(elsewhere / f"results/figures/{name}.meta.json")
        assert meta["git"]["commit"] is None
    picture = elsewhere / f"results/figures/{FIGURE}.png"
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600
    assert files(clone) == before
    assert {path.name for path in elsewhere.iterdir()} == {"tiny.yaml", "results", ".snakemake"}
    again = snakemake(elsewhere, IMAGES, FIGURE, *arguments, "--dry-run", umask=0o077, **bare)
    assert "Nothing to be done" in again.stdout


MODULE = """
configfile: "theirs.yaml"

module fb:
    snakefile: "../mÿ clöne/Snakefile"
    config: config["flowbounds"]

use rule * from fb as fb_*

rule theirs:
    default_target: True
    input: "results/figures/b_thm2_step_size.png"
    output: "copied.png"
    shell: "cp {input} {output}"
"""


@pytest.mark.slow
class TestModule:
    @pytest.fixture
    def theirs(self, clone) -> Path:
        """A workflow of others that imports ours."""
        folder = clone.parent / "else where"
        (folder / "Snakefile").write_text(MODULE)
        given = "dfm_discretization: {targets: [gaussian], steps: [2, 4], d: [1]}"
        (folder / "theirs.yaml").write_text(f"flowbounds: {{{given}}}\n")
        return folder

    def test_its_rules_run_under_another_name(self, theirs):
        run = snakemake(theirs)
        assert run.returncode == 0, run.stdout
        assert (theirs / "copied.png").read_bytes().startswith(b"\x89PNG")
        table = pd.read_csv(theirs / "results/tables/dfm_discretization.csv")
        assert sorted(table["steps"]) == [2, 4]

    def test_without_a_configuration_it_has_ours(self, theirs):
        text = MODULE.replace('    config: config["flowbounds"]\n', "").replace("theirs.yaml", "x")
        (theirs / "Snakefile").write_text(text.replace('configfile: "x"', ""))
        run = snakemake(theirs, "fb_all", "--dry-run")
        assert run.returncode == 0, run.stdout
        assert "fb_b_images" in run.stdout

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ('config["flowbounds"]', '{"simulaton": {}}', "config: unknown key simulaton"),
            (
                '    config: config["flowbounds"]', '    prefix: "below"',
                "flowbounds is imported from a clone of it on disk, and without a prefix",
            ),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_one_line(self, theirs, old, new, message):
        (theirs / "Snakefile").write_text(MODULE.replace(old, new))
        run = snakemake(theirs, "--dry-run")
        assert run.returncode != 0
        assert message in run.stdout
        assert "Traceback" not in run.stdout


@pytest.mark.slow
def test_a_configuration_from_another_system(unbuilt):
    """A byte order mark, CRLF, unsorted grids, d = 1, one seed, an eta that diverges."""
    text = (
        "simulation:\n  d: [3, 1]\n  m: [6, 4]\n  eta: [1.0e-2, 1.0e+6, 1.0e-3]\n  seeds: 1\n"
        "images: {m: [6, 4], eta: [1.0e-2, 1.0e-3], seeds: 1, showcase: {m: null}}\n"
    )
    content = text.replace("\n", "\r\n").encode("utf-8-sig")
    (unbuilt.folder / "theirs.yaml").write_bytes(content)
    unbuilt.overlays.append("theirs.yaml")
    unbuilt.build("a_fig1_global_view", "a_fig3_loss_trajectories", "a_fig2_generated_images")
    table = pd.read_csv(unbuilt.folder / "results/tables/simulation.csv")
    assert table["d"].is_monotonic_increasing
    wild = table["eta"] == 1e6
    assert table[wild]["diverged_at"].notna().all()
    assert np.isfinite(table[~wild]["loss"]).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("images: {n_train: 0777}", "line 1: 0777 is no number in base ten"),
        ("images: {eta: [1e-4]}", "images.eta[0] = '1e-4' is not allowed"),
        ("images: {m: [8, 8]}", "images.m = [8, 8] is not allowed"),
        ("images: {seeds: 5.0}", "images.seeds = 5.0 is not allowed"),
    ],
)
def test_a_slip_of_the_pen_is_one_line(unbuilt, text, message):
    unbuilt.overlay("slip.yaml", text)
    run = unbuilt.snakemake("--dry-run")
    assert run.returncode != 0
    assert message in run.stdout
    assert "Traceback" not in run.stdout

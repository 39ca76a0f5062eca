"""What kills, full disks, damaged files, odd clocks and wild step sizes do: an error that names the
fault or the right numbers, never a wrong figure."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from flowbounds.run.files import PARENT, FileFault, read_arrays, replacing, write_csv
from flowbounds.run.provenance import read_table, write_meta

SCRIPTS = Path(__file__).parents[1] / "scripts"
TABLE = "results/tables/simulation.csv"
PART = "results/measurements/simulation/gaussian_mixture/d3_m6.csv"
WEIGHTS = "results/checkpoints/simulation/gaussian_mixture/d3_m6.npz"
KILLS = 20


def jobs_of(run: subprocess.Popen) -> list[psutil.Process]:
    """The Python programs that a run of Snakemake has started."""
    children = psutil.Process(run.pid).children(recursive=True)
    return [child for child in children if "scripts/" in " ".join(child.cmdline())]


@pytest.mark.slow
def test_killed_twenty_times_the_same_command_ends_with_the_same_table(built, unbuilt):
    """Snakemake or one of its jobs, at random moments, by a signal that none can catch."""
    rng = random.Random(0)
    expected = built.read(TABLE)
    killed = {"snakemake": 0, "job": 0}
    orphans = set()
    while sum(killed.values()) < KILLS:
        run = unbuilt.start(TABLE)
        whom = "job" if killed["job"] < killed["snakemake"] else "snakemake"
        try:
            while not (jobs := jobs_of(run)) and run.poll() is None:
                time.sleep(0.05)
            time.sleep(rng.uniform(0, 3))
            orphans |= {*jobs, *jobs_of(run)}
            victims = jobs_of(run) if whom == "job" else [psutil.Process(run.pid)]
            rng.choice(victims).send_signal(signal.SIGKILL)
            killed[whom] += 1
        except (psutil.NoSuchProcess, IndexError):  # it ended by itself just before
            pass
        if run.wait() == 0:  # all was done before: from the start again
            assert unbuilt.read(TABLE) == expected
            shutil.rmtree(unbuilt.folder / "results")
    psutil.wait_procs(orphans, timeout=60)
    run = unbuilt.snakemake(TABLE)
    assert run.returncode == 0, run.stdout
    assert unbuilt.read(TABLE) == expected
    for file in (built.folder / "results/measurements/simulation").rglob("*.csv"):
        assert unbuilt.read(str(file.relative_to(built.folder))) == file.read_bytes()
    assert not list((unbuilt.folder / "results").rglob(".[0-9]*"))
    assert unbuilt.planned(TABLE) == {}


@pytest.mark.slow
def test_two_runs_at_once_are_kept_apart(unbuilt):
    """What is taken for the rest of a killed run is never that of a living one."""
    first = unbuilt.start(PART)
    while not list((unbuilt.folder / ".snakemake/locks").glob("*")):
        assert first.poll() is None
        time.sleep(0.05)
    second = unbuilt.snakemake(PART)
    assert first.wait() == 0
    assert second.returncode != 0
    # by the lock, or earlier by what the first has begun to write, whichever it meets
    assert "cannot be locked" in second.stdout or "IncompleteFilesException" in second.stdout


def test_a_job_that_outlives_its_run_writes_nothing(tmp_path, monkeypatch):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for parent, written in ((os.getpid(), True), (gone.pid, False)):
        monkeypatch.setenv(PARENT, str(parent))
        file = tmp_path / f"{written}.csv"
        if written:
            write_csv(file, pd.DataFrame({"x": [1]}))
        else:
            with pytest.raises(FileFault, match=r"False\.csv is not written: the run"):
                write_csv(file, pd.DataFrame({"x": [1]}))
        assert file.exists() == written
    assert [path.name for path in tmp_path.iterdir()] == ["True.csv"]


def test_a_writer_that_fails_leaves_the_old_file(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(file) as temporary:
        temporary.write_text("half")
        1 / 0  # noqa: B018
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


def draw_data(out: Path, **options) -> subprocess.CompletedProcess:
    command = (
        f"draw_data.py training --experiment simulation --dataset gaussian_mixture --d 3 --seeds 2"
        f" --n-train 500 --out {out}"
    )
    return subprocess.run(
        [sys.executable, *command.split()], cwd=SCRIPTS, capture_output=True, text=True, **options
    )


@pytest.mark.parametrize("limit", [0, 100, 20_000])
def test_a_job_that_may_not_write_more_ends_in_one_line(tmp_path, limit):
    """The kernel's limit on the size of a file stands for a full disk where no one may mount."""
    out = tmp_path / "draws.npz"
    run = draw_data(
        out, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    assert run.returncode == 1
    assert run.stderr.startswith("error: ")
    assert run.stderr.count("\n") == 1
    assert str(out) in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_disk(unbuilt):
    """A disk of its own for the results, with 16 kB; a function that mounts it anew."""
    results = unbuilt.folder / "results"
    results.mkdir()

    def mount(*options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "none", str(results)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")

    mount("size=16k")
    yield mount
    subprocess.run(["umount", str(results)], check=True)


@pytest.mark.slow
def test_a_full_and_a_read_only_disk_stop_the_run_until_they_are_mended(built, unbuilt, small_disk):
    full = unbuilt.snakemake(PART)
    assert full.returncode != 0
    assert "No space left on device" in full.stdout
    small_disk("remount", "ro")
    read_only = unbuilt.snakemake(PART)
    assert read_only.returncode != 0
    assert "Read-only file system" in read_only.stdout
    small_disk("remount", "rw", "size=100m")
    unbuilt.build(PART)
    assert unbuilt.read(PART) == built.read(PART)


def damage(file: Path, how: str) -> None:
    content = file.read_bytes()
    middle = len(content) // 2
    if how == "cut short":
        file.write_bytes(content[:middle])
    elif how == "emptied":
        file.write_bytes(b"")
    elif how == "a bit turned":
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


@pytest.mark.parametrize("how", ["cut short", "emptied", "a bit turned", "a pickle", "text"])
def test_a_damaged_archive_is_named(tmp_path, how):
    file = tmp_path / "weights.npz"
    np.savez(file, w=np.arange(1000.0), a=np.arange(500.0))
    if how == "a pickle":
        np.savez(file, w=np.array([{"run": print}], dtype=object))
    elif how == "text":
        file.write_text("w, a")
    else:
        damage(file, how)
    with pytest.raises(FileFault) as raised:
        read_arrays(file)
    assert f"{file} is damaged (" in str(raised.value)
    assert "delete it" in str(raised.value)


def test_an_archive_whose_directory_lies_is_named(tmp_path):
    file = tmp_path / "weights.npz"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("w.npy", b"\x93NUMPY\x01\x00 no header")
    with pytest.raises(FileFault, match="is damaged"):
        read_arrays(file)


@pytest.mark.slow
class TestDamagedResults:
    @pytest.mark.parametrize("how", ["cut short", "emptied", "a bit turned"])
    def test_weights(self, workspace, how):
        before = workspace.read(TABLE)
        damage(workspace.folder / WEIGHTS, how)
        (workspace.folder / PART).unlink()
        run = workspace.snakemake(TABLE)
        assert run.returncode != 0
        assert f"error: {WEIGHTS} is damaged" in run.stdout
        (workspace.folder / WEIGHTS).unlink()
        workspace.build(TABLE)
        assert workspace.read(TABLE) == before

    def test_a_table_of_one_job_that_lost_its_last_line(self, workspace):
        before = workspace.read(TABLE)
        part = workspace.folder / PART
        part.write_text("".join(part.read_text().splitlines(keepends=True)[:-1]))
        run = workspace.snakemake(TABLE)
        assert run.returncode != 0
        assert f"error: {PART} is not what its job wrote" in run.stdout
        part.unlink()
        workspace.build(TABLE)
        assert workspace.read(TABLE) == before

    def test_a_table_edited_by_hand_is_not_drawn(self, workspace):
        drawn = "results/figures/a_fig3_loss_trajectories.csv"
        before, figure = workspace.read(TABLE), workspace.read(drawn)
        table = workspace.folder / TABLE
        table.write_text(table.read_text().replace("1", "2", 1))
        for target in ("a_fig3_loss_trajectories", "results/verdicts.csv"):
            run = workspace.snakemake(target)
            assert run.returncode != 0
            assert f"error: {TABLE} is not the table that simulation.meta.json" in run.stdout
        assert not (workspace.folder / drawn).exists()
        table.unlink()
        workspace.build("a_fig3_loss_trajectories")
        assert workspace.read(TABLE) == before
        assert workspace.read(drawn) == figure

    def test_a_deleted_intermediate_is_made_again_or_not_needed(self, workspace):
        before = workspace.read(TABLE)
        (workspace.folder / WEIGHTS).unlink()
        assert workspace.planned(TABLE) == {}
        (workspace.folder / PART).unlink()
        workspace.build(TABLE)
        assert workspace.read(TABLE) == before

    def test_a_job_of_other_code_is_not_collected(self, workspace):
        """An edit that the clock dates back is none to Snakemake; the job's record knows."""
        script = workspace.folder / "scripts/flowbounds/networks/stack.py"
        script.write_text(script.read_text() + "\n# a change\n")
        os.utime(script, (0, 0))
        (workspace.folder / TABLE).unlink()
        run = workspace.snakemake(TABLE)
        if run.returncode == 0:  # a correct rerun
            assert workspace.verify().stdout.count("stack.py") == 0
        else:
            assert "ran another version of scripts/flowbounds/networks/stack.py" in run.stdout


@pytest.mark.slow
@pytest.mark.parametrize("jump", ["to the past", "to the future", "back and forth"])
def test_a_clock_that_jumps_changes_no_number(workspace, jump):
    rng = random.Random(0)
    before = workspace.read(TABLE)
    now = time.time()
    days = {"to the past": (-9, -8), "to the future": (8, 9), "back and forth": (-9, 9)}[jump]
    for file in (workspace.folder / "results").rglob("*"):
        if rng.random() < 0.5:
            then = now + 86400 * rng.uniform(*days)
            os.utime(file, (then, then))
    workspace.build(TABLE, "a_fig3_loss_trajectories")
    assert workspace.read(TABLE) == before


def test_a_table_is_read_only_with_the_content_its_meta_tells_of(tmp_path):
    table = tmp_path / "a.csv"
    write_csv(table, pd.DataFrame({"x": [1.5, 2.5]}))
    assert read_table(table)["x"].sum() == 4  # no meta.json: nothing to compare with
    write_meta(str(tmp_path / "a.meta.json"), [str(table)], [], {})
    assert read_table(table)["x"].sum() == 4
    table.write_text("x\n1.5\n")
    with pytest.raises(FileFault, match=r"a\.csv is not the table that a\.meta\.json tells of"):
        read_table(table)
    (tmp_path / "a.meta.json").write_text("{")
    with pytest.raises(FileFault, match=r"a\.meta\.json is damaged"):
        read_table(table)


@pytest.mark.slow
def test_networks_that_diverge_are_marked_drawn_and_counted_everywhere(workspace):
    """Every experiment at a step size far too large, the NTK's beside a sound one."""
    workspace.overlay(
        "wild.yaml",
        "ntk: {eta: [1.0e-2, 1.0e+6]}\n"
        "generalization: {d: [2], eta: 1.0e+6}\n"
        "sampling: {d: [2], b1: [1.0], eta: 1.0e+6}\n"
        "sup_norm: {d: [2], eta: 1.0e+6}\n",
    )
    sound = pd.read_csv(workspace.folder / "results/tables/ntk.csv", dtype=str)
    workspace.build()

    def table(name: str) -> pd.DataFrame:
        return pd.read_csv(workspace.folder / f"results/tables/{name}.csv")

    measured = {
        "ntk": ["loss", "deviation", "theorem_error", "max_w_move", "fro_a_move"],
        "ntk_modes": ["energy"],
        "generalization": ["train_error", "test_error"],
        "sampling": ["sliced_w1", "w1_exact"],
        "sup_norm": ["sup_error", "mean_error", "bound"],
    }
    for name, columns in measured.items():
        rows = table(name)
        if "eta" in rows:
            rows = rows[(rows["eta"] == 1e6) & (rows["t"] > 0)]
        elif name == "generalization":
            limit = rows[np.isinf(rows["m"])]
            assert limit["diverged_at"].isna().all()
            assert limit[columns].notna().all(axis=None)
            rows = rows[np.isfinite(rows["m"])]
        assert rows["diverged_at"].between(1, 20).all()
        gone = rows[rows["t"] >= rows["diverged_at"]] if "t" in rows else rows
        assert gone[columns].isna().all(axis=None)
    # the sound cells beside them are the same to the last digit
    mixed = pd.read_csv(workspace.folder / "results/tables/ntk.csv", dtype=str)
    mixed = mixed[mixed["eta"] == "0.01"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mixed, sound)

    verdicts = pd.read_csv(workspace.folder / "results/verdicts.csv").set_index("claim")
    assert verdicts.loc["theorem 3.5: rate in n", "diverged"] == 4
    assert verdicts.loc["lemma C.1: sup norm", "diverged"] == 8
    assert verdicts.loc["theorem 3.2: rate", "diverged"] == 8
    assert verdicts.loc["lemma 3.1: positive definite", "diverged"] == 0
    wild = verdicts[
        (verdicts["diverged"] > 0) & ~verdicts.index.str.startswith(("theorem 3.3", "lemma 3.4"))
    ]
    assert (wild["verdict"] == "inconclusive").all()
    why = "nothing is concluded from fewer than 5|diverged|b1 takes one value only"
    assert wild["reason"].str.contains(why).all()

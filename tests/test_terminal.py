"""What a person reads on a terminal: what is to be built, how far it is, why it failed."""

import contextlib
import math
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from flowbounds.run import timings
from flowbounds.run.announcement import announcement
from flowbounds.run.failures import decisive_line, explanation, failed_jobs

BENCHMARK = "s\th:m:s\tmax_rss\tcpu_time\n{}\t0:00:12\t138.1\t2.2\n"
TRACEBACK = """train: 10% after 00:10
Traceback (most recent call last):
  File "scripts/train.py", line 77, in <module>
    main()
torch.cuda.OutOfMemoryError: CUDA out of memory
see also: the note below
"""


class TestAnnouncement:
    def jobs(self, folder: Path, *seconds: float | None) -> list[tuple[str, str]]:
        jobs = [("all", None)]
        for k, time in enumerate(seconds):
            file = folder / f"{k}.tsv"
            if time is not None:
                file.write_text(BENCHMARK.format(time))
            jobs.append(("a_fig5_image_dynamics" if k == 0 else "train", str(file)))
        return jobs

    def test_the_time_is_shared_by_the_cores(self, tmp_path):
        assert announcement(self.jobs(tmp_path, 60, 30, 30), 2) == (
            "To build: 1 figure; 3 jobs. Last time this took 2 min 0 s in all, "
            "so about 1 min 0 s on 2 cores."
        )

    def test_no_run_is_shorter_than_its_longest_job(self, tmp_path):
        assert "about 1 min 40 s on 4 cores" in announcement(self.jobs(tmp_path, 100, 20), 4)

    def test_it_says_what_is_not_known(self, tmp_path):
        assert "Last time 1 of these took 20 s" in announcement(self.jobs(tmp_path, None, 20), 2)
        assert announcement(self.jobs(tmp_path / "none", None), 2).endswith(
            "No time is known from an earlier run."
        )

    def test_jobs_that_run_elsewhere_share_no_cores(self, tmp_path):
        assert announcement(self.jobs(tmp_path, 60), None).endswith("took 1 min 0 s in all.")


class TestFailures:
    def test_the_last_exception_is_what_matters(self):
        assert decisive_line(TRACEBACK) == (5, "torch.cuda.OutOfMemoryError: CUDA out of memory")

    def test_without_an_exception_it_is_the_last_line(self):
        assert decisive_line("usage\nrun.py: error: --m is missing\n\n") == (
            2, "run.py: error: --m is missing",
        )  # fmt: skip
        assert decisive_line(" \n") is None

    def test_every_failed_job_is_explained_once(self, tmp_path):
        log, empty = tmp_path / "train.log", tmp_path / "sample.log"
        log.write_text(TRACEBACK)
        empty.touch()
        told = "".join(
            f"Error in rule {rule}:\n    jobid: 1\n    log: {file} (check log file(s) for error "
            "details)\n    shell:\n        python\n"
            for rule, file in (("train", log), ("train", log), ("sample", empty))
        )
        assert failed_jobs(told) == [("train", [str(log)]), ("sample", [str(empty)])]
        text = explanation(told)
        assert text.count(f"{log}, line 5") == 1
        assert "sample failed and wrote nothing" in text

    def test_an_empty_log_of_snakemake_explains_nothing(self):
        assert explanation("Building DAG of jobs...") == ""


@pytest.mark.slow
def test_a_run_announces_itself_and_explains_its_failure(workspace):
    module = workspace.folder / "scripts/flowbounds/figures/a_fig3_loss_trajectories.py"
    module.write_text(module.read_text() + "\n\ndel draw\n")
    dry = workspace.snakemake("--dry-run", "a_fig3_loss_trajectories")
    assert "To build" not in dry.stdout
    run = workspace.snakemake("a_fig3_loss_trajectories")
    assert run.returncode != 0
    assert "To build: 1 figure; 1 job. Last time this took" in run.stdout
    assert "a_fig3_loss_trajectories failed: AttributeError: module" in run.stdout
    assert "results/logs/figures/a_fig3_loss_trajectories.log, line " in run.stdout


# ten seconds between lines become a tenth of one
LOOP = """
import sys, time
sys.path.insert(0, "scripts")
from flowbounds.run import progress
whole = progress.tqdm
def hasty(items, **how):
    return whole(items, **how | {k: how[k] / 100 for k in ("delay", "mininterval") if k in how})
progress.tqdm = hasty
for _ in progress.progress(range(6), "train d=5"):
    time.sleep(0.1)
"""


def loop(**where) -> subprocess.CompletedProcess:
    root = Path(__file__).parents[1]
    return subprocess.run([sys.executable, "-c", LOOP], cwd=root, check=True, **where)


class TestProgress:
    def test_a_log_gets_whole_lines(self):
        lines = loop(stderr=subprocess.PIPE, text=True).stderr.splitlines()
        assert 2 <= len(lines) <= 6
        assert all(line.startswith("train d=5: ") and "to go" in line for line in lines)

    def test_a_terminal_gets_a_bar(self):
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        loop(stderr=theirs)
        os.close(theirs)
        with open(ours, "rb", buffering=0) as terminal:
            shown = b""
            with contextlib.suppress(OSError):  # how a terminal says that its other end is closed
                while part := terminal.read(1000):
                    shown += part
        assert b"train d=5: 100%|" in shown
        assert b"\r" in shown


class TestTimings:
    def test_a_job_too_short_to_be_looked_at(self, tmp_path):
        file = tmp_path / "short.tsv"
        file.write_text("s\th:m:s\tmax_rss\tcpu_time\n0.21\t0:00:00\tNA\tNA\n")
        timing = timings.read(file)
        assert (timing.seconds, timing.processor_seconds) == (0.21, 0.21)
        assert math.isnan(timing.megabytes)

    def test_what_is_no_benchmark_file_has_no_time(self, tmp_path):
        file = tmp_path / "half.tsv"
        file.write_text("s\th:m:s\n")
        assert timings.read(file) is None
        assert timings.read(tmp_path / "none.tsv") is None

"""Whole jobs, as the pipeline runs them: the programs, with all that starts and ends a process.

A kernel that is twice as fast is not a job that is twice as fast. The jobs of one cell, training
and sampling of all step sizes and five seeds, run with compiled loops and, in turn, with torch's.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.clock import alternate, row
from benchmarks.problem import (
    CHECKPOINTS,
    ETA,
    EULER_STEPS,
    ITERATIONS,
    KEY,
    N_TEST,
    PROJECTIONS,
)
from flowbounds.data.draws import evaluation_draw, training_draw
from flowbounds.networks.regression import over_seeds
from flowbounds.run.machine import environment

SCRIPTS = Path(__file__).parents[1] / "scripts"
SEEDS = 5

# stands before the compiler on the path of a process that is to do without
NO_COMPILER = "raise ImportError('this process is timed without it')"


def draw(folder: Path, d: int, n: int) -> None:
    """Write what both programs read, drawn from the pipeline's own streams."""
    training = over_seeds(lambda s: training_draw(*KEY, d, s, n), range(SEEDS))
    fresh = over_seeds(lambda s: evaluation_draw(*KEY, d, s, n, N_TEST, None), range(SEEDS))
    np.savez(folder / "training.npz", **training)
    np.savez(folder / "evaluation.npz", **fresh)


def commands(folder: Path, m: int, d: int, iterations: int, steps: int) -> dict[str, list[str]]:
    """Return the command of each program, as the rules give it."""
    cell = {"dataset": KEY[1], "d": d, "m": m}
    training = {"eta": list(ETA), "kappa": 1.0, "iterations": iterations, "schedule": "linear"}
    training |= {"checkpoint_every": max(1, iterations // (CHECKPOINTS - 1))}
    sampling = {"euler_steps": steps, "projections": PROJECTIONS, "b1": 10.0}
    trained = str(folder / "trained.npz")
    results = ["--table", "table.csv", "--samples", "samples.npz"]
    files = {
        "train": ["--data", "training.npz", "--out", trained],
        "sample": ["--data", "evaluation.npz", "--checkpoints", trained, *results],
    }
    found = {}
    for name, settings in (("train", training), ("sample", sampling)):
        job = {"cell": cell, "settings": settings, "device": "cpu"}
        job |= {"dtype": "float32"} if name == "train" else {}
        program = [sys.executable, str(SCRIPTS / f"{name}.py"), KEY[0], "--job", json.dumps(job)]
        found[name] = [*program, *files[name], "--record", f"{name}.json"]
    return found


def measure(
    cells: Sequence[tuple[int, int]],
    folder: Path,
    *,
    repeats: int,
    n: int = 500,
    iterations: int = ITERATIONS,
    steps: int = EULER_STEPS,
) -> tuple[list[dict], dict[str, float]]:
    """Time the jobs of each (m, d); quantities seconds_job_<engine>_<program>.

    Args:
        cells: which (m, d).
        folder: empty; what the jobs read and write.
        repeats: of each job, after one that is not counted.
        n, iterations, steps: training points, steps of gradient descent and of Euler's method.
    """
    (folder / "without").mkdir()
    (folder / "without" / "numba.py").write_text(NO_COMPILER)
    engine = os.environ | environment() | {"MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    environments = {"engine": engine, "torch": engine | {"PYTHONPATH": str(folder / "without")}}
    rows, totals = [], dict.fromkeys(environments, 0.0)
    for m, d in cells:
        draw(folder, d, n)

        def call(command: list[str], within: dict[str, str]) -> None:
            subprocess.run(command, cwd=folder, env=within, check=True, capture_output=True)

        programs = commands(folder, m, d, iterations, steps)
        calls = {
            f"{who}_{name}": lambda c=command, e=within: call(c, e)
            for name, command in programs.items()
            for who, within in environments.items()
        }
        timings = alternate(calls, repeats, torch.device("cpu"))
        sizes = {"m": m, "d": d, "n": n, "seeds": SEEDS}
        rows += [one.row("jobs", f"seconds_job_{name}", **sizes) for name, one in timings.items()]
        for program in programs:
            seconds = {who: timings[f"{who}_{program}"].median for who in environments}
            ratio = seconds["torch"] / seconds["engine"]
            rows.append(row("jobs", f"speedup_job_{program}", ratio, **sizes))
            totals = {who: totals[who] + seconds[who] for who in totals}
    return rows, {"speedup_job": totals["torch"] / totals["engine"]}

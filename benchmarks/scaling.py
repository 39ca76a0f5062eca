"""Item 5: how the time of a job grows with each size, and what that says of the paper's scale."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.clock import alternate, row
from benchmarks.problem import ETA, EULER_STEPS, SEEDS, Problem, problem
from flowbounds.networks.evaluation import sample_and_measure
from flowbounds.networks.metrics import exact_w1
from flowbounds.networks.stack import train

BASE = {"seeds": 2, "m": 64, "d": 20, "n": 500, "checkpoints": 6}
VALUES = {
    "seeds": [1, 2, 4, 8],
    "m": [16, 32, 64, 128, 256],
    "d": [5, 10, 20, 40],
    "n": [125, 250, 500, 1000],
    "checkpoints": [2, 4, 8, 16],
}


def job(p: Problem, checkpoints: int, steps: int) -> None:
    """Do what a job of training and one of sampling do, ten iterations between checkpoints."""
    trained = train(p.stack, p.inputs, p.targets, p.eta, range(0, 10 * checkpoints, 10))
    sample_and_measure(
        trained.w, trained.a, p.seed, p.start, p.reference, p.directions, steps, p.radius
    )


def measure(
    like: torch.Tensor,
    *,
    repeats: int,
    base: dict[str, int] = BASE,
    values: dict[str, list[int]] = VALUES,
    steps: int = EULER_STEPS,
) -> list[dict]:
    """Time jobs that differ from ``base`` in one size; quantity seconds_against_<size>."""
    calls, sizes = {}, {}
    for size, grid in values.items():
        for value in grid:
            cell = base | {size: value}
            p = problem(cell["m"], cell["d"], like, cell["n"], cell["seeds"])
            name = f"{size}={value}"
            calls[name] = lambda p=p, c=cell["checkpoints"]: job(p, c, steps)
            sizes[name] = cell
    rows = []
    for name, timing in alternate(calls, repeats, like.device).items():
        size = name.partition("=")[0]
        rows.append(timing.row("scaling", f"seconds_against_{size}", **sizes[name]))
    for size in values:
        rows.append(row("scaling", f"slope_{size}", slope(rows, size)))
    return rows


def slope(rows: list[dict], size: str) -> float:
    """Return the least-squares slope of log time against log size."""
    mine = [r for r in rows if r["quantity"] == f"seconds_against_{size}"]
    x, y = ([r[key] for r in mine] for key in (size, "value"))
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def start_up(repeats: int) -> float:
    """Return the seconds that a job of training and one of sampling spend before any work."""
    cpu = torch.device("cpu")
    scripts = Path(__file__).parents[1] / "scripts"

    def python(*arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)

    calls = {
        "train": lambda: python(str(scripts / "train.py"), "--help"),
        "sample": lambda: python(str(scripts / "sample.py"), "--help"),
        "exact": lambda: python("-c", "import torch, scipy.optimize, scipy.spatial.distance"),
        "torch": lambda: python("-c", "import torch"),
    }
    seconds = {name: timing.median for name, timing in alternate(calls, repeats, cpu).items()}
    return seconds["train"] + seconds["sample"] + seconds["exact"] - seconds["torch"]


def exact_distance(like: torch.Tensor, repeats: int) -> float:
    """Return the seconds of exact W1 at the paper's sizes."""
    p = problem(16, 20, like)
    points = [tensor[0].cpu().numpy() for tensor in (p.start, p.reference[:, : p.start.shape[1]])]
    exact = alternate({"exact": lambda: exact_w1(*points)}, repeats, torch.device("cpu"))
    return exact["exact"].median


def predict(cells: pd.DataFrame, exact: float, start: float) -> dict[str, float]:
    """Return core seconds of the paper's simulation by stage, from the rates of its (m, d).

    Args:
        cells: columns engine_train, engine_flow, metric: seconds of one network, a row a (m, d).
        exact: seconds of one exact W1.
        start: seconds to start a job of training and one of sampling.
    """
    networks = SEEDS * len(ETA)
    return {
        "train": networks * cells["engine_train"].sum(),
        "flow": networks * cells["engine_flow"].sum(),
        "sliced W1": networks * cells["metric"].sum(),
        "exact W1": networks * len(cells) * exact,
        "start-up": len(cells) * start,
    }


def measured(results: Path) -> dict[str, float] | None:
    """Return core seconds by rule of the paper's simulation under ``results``; None if not there.

    It is there when Snakemake's benchmark files hold a job of training and one of sampling for all
    50 (m, d) and the table beside them is of the paper's grid.
    """
    table = results / "tables" / "simulation.csv"
    seconds = {}
    for rule in ("train", "sample"):
        files = sorted((results / "benchmarks" / rule / "simulation").glob("*.tsv"))
        if len(files) != 50 or not table.exists():
            return None
        seconds[rule] = sum(float(pd.read_csv(f, sep="\t")["s"].iloc[0]) for f in files)
    if pd.read_csv(table, usecols=["seed"])["seed"].nunique() != SEEDS:
        return None
    return seconds

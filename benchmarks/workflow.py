"""Item 4: what Snakemake costs, on the quick scale in a copy of the tracked files."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import torch

from benchmarks.clock import alternate, row

ROOT = Path(__file__).parents[1]
FIGURE = "a_fig1_global_view"


def copy_to(folder: Path) -> None:
    """Copy what the workflow consists of, without results."""
    for part in ("Snakefile", "config.yaml", "environment.yml"):
        shutil.copy(ROOT / part, folder / part)
    for part in ("workflow", "scripts", "docs/paper-scale"):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)


def snakemake(folder: Path, cores: int, *arguments: str) -> None:
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    run = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{run.stdout}{run.stderr}")


def jobs(results: Path) -> pd.DataFrame:
    """Return seconds and memory of all jobs, as Snakemake's benchmark files have them."""
    files = sorted((results / "benchmarks").rglob("*.tsv"))
    tables = [pd.read_csv(file, sep="\t", na_values="-") for file in files]
    return pd.concat(tables, keys=[str(f.relative_to(results / "benchmarks")) for f in files])


def recorded(results: Path) -> float:
    """Return the seconds that computing jobs say they spent after their imports."""
    records = [f for f in results.rglob("*.json") if not f.name.endswith(".meta.json")]
    return sum(json.loads(file.read_text()).get("seconds", 0.0) for file in records)


def measure(
    folder: Path, cores: int, *, repeats: int, overlays: tuple[str, ...] = ()
) -> tuple[list[dict], dict[str, float]]:
    """Build everything in ``folder``, then time a dry run and a redraw of one figure.

    Args:
        folder: empty; the workflow is copied there.
        cores: of the whole run.
        repeats: of the dry run and the redraw.
        overlays: texts of configuration files to lay over config.yaml.
    """
    copy_to(folder)
    configs = ["--configfile", "config.yaml"]
    for k, text in enumerate(overlays):
        (folder / f"overlay{k}.yaml").write_text(text)
        configs.append(f"overlay{k}.yaml")
    start = time.perf_counter()
    snakemake(folder, cores, *configs)
    wall = time.perf_counter() - start
    results = folder / "results"
    table = jobs(results)

    def redraw() -> None:
        (results / "figures" / f"{FIGURE}.png").unlink()
        snakemake(folder, 1, FIGURE, *configs)

    timings = alternate(
        {"dry_run_s": lambda: snakemake(folder, 1, "--dry-run", *configs), "redraw_s": redraw},
        repeats,
        torch.device("cpu"),
    )
    summary = {
        "dag_overhead": wall * cores / table["s"].sum(),
        "dag_overhead_after_imports": wall * cores / recorded(results),
        "wall_s": wall,
        "cores": cores,
        "jobs": len(table),
        "peak_rss_mb": table["max_rss"].max(),
    }
    rows = [row("workflow", name, value) for name, value in summary.items()]
    rows += [timing.row("workflow", name) for name, timing in timings.items()]
    return rows, summary | {name: timing.median for name, timing in timings.items()}

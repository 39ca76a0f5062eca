"""Measure everything: results/bench.csv, results/figures/bench_scaling.png, and a summary line."""

import argparse
import tempfile
from pathlib import Path

import pandas as pd
import torch

from benchmarks import cells, figure, jobs, metric, precision, scaling, workflow
from benchmarks.clock import COLUMNS, row
from flowbounds.networks.devices import describe, set_up
from flowbounds.run.files import replacing, write_csv

# Paper A's grid, and the part of it that is printed
GRID_M, GRID_D = [16, 32, 64, 128, 256], range(5, 51, 5)
SHOWN_M, SHOWN_D = [16, 64, 256], [5, 20, 50]
JOBS = [(16, 5), (64, 20), (256, 50)]  # whose whole jobs are timed

# what a reader of the last line looks for first
FIRST = [
    *("gemm_efficiency", "gemm_efficiency_256_50", "gemm_efficiency_min"),
    *("speedup_naive", "speedup_naive_16_5", "speedup_naive_256_50", "speedup_w1", "peers"),
    *("dag_overhead", "dry_run_s", "redraw_s", "paper_predicted_core_s", "paper_measured_core_s"),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--cores", type=int, default=2, help="for Snakemake; all else takes one")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="auto", help="auto (CUDA when present), cpu or cuda")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--no-workflow", action="store_true", help="leave Snakemake out")
    args = parser.parse_args()
    device = set_up(args.device, threads=1)  # as every job of the pipeline
    like = torch.zeros((), device=device)
    print(*describe(device, 1).values(), sep=", threads: ")

    rows = cells.measure(GRID_M, GRID_D, like, repeats=args.repeats)
    derived, by_cell, summary = cells.summarise(rows)
    seconds = pd.DataFrame(rows).pivot(index=["m", "d"], columns="quantity", values="value")
    rows += derived
    print(by_cell.loc[(SHOWN_M, SHOWN_D), :].round(2).to_string())

    for part in (
        metric.measure(SHOWN_D, like, repeats=args.repeats, checkpoints=10),
        precision.measure([(16, 5), (64, 20), (256, 50)], device),
    ):
        rows += part[0]
        summary |= part[1]
    summary["peers"] = min(summary["peers"], summary["speedup_w1"])

    scaled = scaling.measure(like, repeats=3)
    rows += scaled
    predicted = scaling.predict(
        seconds.rename(columns=lambda quantity: quantity.removeprefix("seconds_")),
        exact=scaling.exact_distance(like, args.repeats),
        start=scaling.start_up(repeats=3),
    )
    measured = scaling.measured(args.results)
    summary["paper_predicted_core_s"] = sum(predicted.values())
    summary["paper_measured_core_s"] = sum(measured.values()) if measured else "not_measured"
    for kind, stages in (("predicted", predicted), ("measured", measured or {})):
        rows += [row("paper", f"{kind}_core_s_{name}", s) for name, s in stages.items()]

    if not args.no_workflow:
        if device.type == "cpu":
            with tempfile.TemporaryDirectory() as folder:
                part = jobs.measure(JOBS, Path(folder), repeats=3)
            rows += part[0]
            summary |= part[1]
        with tempfile.TemporaryDirectory() as folder:
            part = workflow.measure(Path(folder), args.cores, repeats=3)
        rows += part[0]
        summary |= part[1]

    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    counts = ["m", "d", "n", "seeds", "checkpoints", "repeats"]
    write_csv(args.results / "bench.csv", table.astype(dict.fromkeys(counts, "Int64")))
    drawn = figure.draw(scaled, scaling.BASE, predicted, measured)
    with replacing(args.results / "figures" / "bench_scaling.png") as path:
        drawn.savefig(path)
    shown = table[~table["benchmark"].isin(["cells"])].drop(columns=["low", "high"])
    print(shown.to_string(index=False, na_rep=""))
    ordered = {name: summary[name] for name in FIRST if name in summary} | summary
    print(*(f"{name}={_plain(value)}" for name, value in ordered.items()))


def _plain(value: float | int | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


if __name__ == "__main__":
    main()

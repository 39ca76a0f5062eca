"""Theorem 3.3 and Lemma 3.4 at one dimension and sample size: errors, complexities, deviations."""

import argparse
import math
import time

import numpy as np
import pandas as pd
import torch

from flowbounds.networks.stack import devices
from flowbounds.networks.stack import regression
from flowbounds.data.datasets import GAUSSIAN_MIXTURE
from flowbounds.networks.devices import DTYPES, describe, set_up
from flowbounds.networks.divergence import without_diverged
from flowbounds.data.draws import training_draw
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.theory.complexity import kernel_row
from flowbounds.run.progress import progress
from flowbounds.run.provenance import write_record
from flowbounds.networks.regression import mean_error, over_seeds, predict, trained
from flowbounds.data.schedules import SCHEDULES, inputs_and_targets

EXPERIMENT = "generalization"


def width(text: str) -> float:
    return math.inf if text == "inf" else int(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--d", type=int, required=True)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--m", type=width, nargs="+", required=True, help="widths, or inf")
    parser.add_argument("--tau-min", type=float, nargs="+", required=True)
    parser.add_argument("--n-test", type=int, required=True)
    parser.add_argument("--table", required=True, help="CSV: one row per width, tau_min and seed")
    regression.add_arguments(parser)
    devices.add_arguments(parser)
    args = parser.parse_args()
    started = time.perf_counter()
    device = set_up(args.device, args.threads)
    like = torch.empty(0, dtype=DTYPES[args.dtype], device=device)
    label = f"{EXPERIMENT} d={args.d} n={args.n}"

    def problem(part: str, n: int, tau_min: float) -> tuple[np.ndarray, np.ndarray]:
        draws = over_seeds(
            lambda seed: training_draw(
                EXPERIMENT, GAUSSIAN_MIXTURE, args.d, seed, n, tau_min=tau_min, part=part
            ),
            range(args.seeds),
        )
        return inputs_and_targets(draws["x1"], draws["x0"], draws["tau"], SCHEDULES["linear"])

    rows = []
    for tau_min in args.tau_min:
        x, v = problem("train", args.n, tau_min)
        x_test, v_test = problem("test", args.n_test, tau_min)
        limits = [
            kernel_row(x[s], v[s], x_test[s], v_test[s], seed=s, kappa=args.kappa, tau_min=tau_min)
            for s in progress(range(args.seeds), f"{label} kernel limit")
        ]
        for m in args.m:
            if m == math.inf:
                train_error = [limit["train_error"] for limit in limits]
                test_error = [limit["test_error"] for limit in limits]
                diverged = [math.nan] * args.seeds
            else:
                networks = trained(
                    (EXPERIMENT, GAUSSIAN_MIXTURE),
                    x,
                    v,
                    m=m,
                    eta=args.eta,
                    iterations=args.iterations,
                    kappa=args.kappa,
                    like=like,
                    label=f"{label} m={m}",
                )
                train_error = mean_error(predict(networks, x), v)
                test_error = mean_error(predict(networks, x_test), v_test)
                diverged = networks.diverged_at
            cell = {"d": args.d, "n": args.n, "m": float(m), "tau_min": tau_min}
            rows += [
                cell
                | {"seed": s, "diverged_at": diverged[s]}
                | limits[s]
                | {"train_error": train_error[s], "test_error": test_error[s]}
                for s in range(args.seeds)
            ]

    write_csv(args.table, without_diverged(pd.DataFrame(rows), ["train_error", "test_error"]))
    record = describe(device, args.threads) | {"seconds": time.perf_counter() - started}
    write_record(args.record, record, args.table)


if __name__ == "__main__":
    ends_in_one_line(main)

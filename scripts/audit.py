"""Say of every cell of the simulation whether it meets the conditions of paper A's theorems."""

import argparse
import time

import numpy as np
import pandas as pd

from flowbounds.theory.conditions import data_conditions, network_conditions
from flowbounds.run.files import ends_in_one_line, read_arrays, write_csv
from flowbounds.theory.linearisation import Problem, outputs
from flowbounds.networks.stack import initialise
from flowbounds.run.provenance import write_record
from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
from flowbounds.data.streams import stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", required=True, help="training samples, a file per d")
    parser.add_argument("--m", type=int, nargs="+", required=True)
    parser.add_argument("--eta", type=float, nargs="+", required=True)
    parser.add_argument("--kappa", type=float, required=True)
    parser.add_argument("--b1", type=float, required=True)
    parser.add_argument("--schedule", choices=SCHEDULES, required=True)
    parser.add_argument("--table", required=True, help="CSV: one row per cell, seed and condition")
    parser.add_argument("--record", required=True, help="JSON: device and seconds of this job")
    args = parser.parse_args()
    started = time.perf_counter()
    schedule = SCHEDULES[args.schedule]

    rows = []
    for file in args.data:
        data = read_arrays(file)
        draws = list(zip(data["x1"], data["x0"], data["tau"], strict=True))
        for seed, draw in enumerate(draws):
            n, d = draw[0].shape
            problem = Problem.of(*inputs_and_targets(*draw, schedule), args.kappa)
            norms = np.linalg.norm(draw[0], axis=1)
            of_data = data_conditions(d, args.b1, schedule.b0, norms.max())
            for m in args.m:
                rng = stream("simulation", "gaussian_mixture", d, m, seed, "weights")
                start = outputs(*initialise(m, d, args.kappa, rng), problem.x)
                misfit = np.sum((start - problem.v) ** 2)
                lambda_min = problem.spectrum.values[0]
                for eta in args.eta:
                    of_network = network_conditions(d, n, m, eta, args.kappa, lambda_min, misfit)
                    cell = {"d": d, "m": m, "eta": eta, "seed": seed}
                    rows += [
                        cell | vars(condition) | {"holds": condition.holds}
                        for condition in of_network + of_data
                    ]

    write_csv(args.table, pd.DataFrame(rows))
    record = {"device": "CPU", "threads": 1, "seconds": time.perf_counter() - started}
    write_record(args.record, record, args.table)


if __name__ == "__main__":
    ends_in_one_line(main)

"""Compute the spectrum of the Gram matrix K of training samples (Lemma 3.1)."""

import argparse
import time

import numpy as np
import pandas as pd

from flowbounds.data.codes import Codes
from flowbounds.data.draws import training_draw
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.theory.linearisation import Problem
from flowbounds.run.provenance import write_record
from flowbounds.data.schedules import SCHEDULES, inputs_and_targets

EXPERIMENT = "ntk_spectrum"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--codes", help="PCA codes of the image data set; none for the mixture")
    parser.add_argument("--d", type=int, nargs="+", required=True)
    parser.add_argument("--n", type=int, nargs="+", required=True)
    parser.add_argument("--kappa", type=float, required=True)
    parser.add_argument("--seeds", type=int, required=True)
    parser.add_argument("--table", required=True, help="CSV: one row per eigenvalue kept")
    parser.add_argument("--record", required=True, help="JSON: device and seconds of this job")
    args = parser.parse_args()
    started = time.perf_counter()

    codes = Codes.load(args.codes) if args.codes else None
    rows = []
    for d, n, seed in np.ndindex(len(args.d), len(args.n), args.seeds):
        d, n = args.d[d], args.n[n]
        draw = training_draw(EXPERIMENT, args.dataset, d, seed, n, codes)
        x, v = inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])
        values = Problem.of(x, v, args.kappa).spectrum.values[::-1]
        cell = {"dataset": args.dataset, "d": d, "n": n, "kappa": args.kappa, "seed": seed}
        cell |= {"lambda_min": values[-1], "lambda_max": values[0]}
        # ranks 1, 2, 4, ... from the largest eigenvalue, and the last
        ranks = np.unique([*2 ** np.arange(int(np.log2(n)) + 1), n])
        rows += [cell | {"rank": rank, "eigenvalue": values[rank - 1]} for rank in ranks]

    write_csv(args.table, pd.DataFrame(rows))
    record = {"device": "CPU", "threads": 1, "seconds": time.perf_counter() - started}
    write_record(args.record, record, args.table)


if __name__ == "__main__":
    ends_in_one_line(main)

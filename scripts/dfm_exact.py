"""One target of an exact experiment on paper B: all its rows, without Monte Carlo."""

import argparse
import json
import time

import pandas as pd

from flowbounds.dfm.experiments import EXPERIMENTS
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.run.provenance import write_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", choices=EXPERIMENTS, required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--grid", type=json.loads, required=True, help="JSON: lists by key")
    parser.add_argument("--table", required=True, help="CSV: one row a cell of the grid")
    parser.add_argument("--record", required=True, help="JSON: device and seconds of this job")
    args = parser.parse_args()

    started = time.perf_counter()
    rows = EXPERIMENTS[args.experiment](args.target, **args.grid)
    seconds = time.perf_counter() - started
    write_csv(args.table, pd.DataFrame(rows))
    write_record(args.record, {"device": "CPU", "threads": 1, "seconds": seconds}, args.table)


if __name__ == "__main__":
    ends_in_one_line(main)

"""Classify the generated images of one job by their nearest training images."""

import argparse
import time

import numpy as np

from flowbounds.classes import class_table
from flowbounds.codes import Codes
from flowbounds.files import write_csv, write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", required=True)
    parser.add_argument("--samples", required=True, help="terminal samples of one width")
    parser.add_argument("--table", required=True)
    parser.add_argument("--record", required=True)
    args = parser.parse_args()
    started = time.perf_counter()
    with np.load(args.samples) as samples:
        table = class_table(Codes.load(args.codes), dict(samples))
    write_csv(args.table, table)
    record = {"device": "CPU", "threads": 1, "seconds": time.perf_counter() - started}
    write_json(args.record, record)


if __name__ == "__main__":
    main()

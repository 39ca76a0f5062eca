"""Classify the generated images of one job by their nearest training images."""

import argparse
import time

from flowbounds.data.classes import class_table
from flowbounds.data.codes import Codes
from flowbounds.run.files import ends_in_one_line, read_arrays, write_csv
from flowbounds.run.provenance import write_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", required=True)
    parser.add_argument("--samples", required=True, help="terminal samples of one width")
    parser.add_argument("--table", required=True)
    parser.add_argument("--record", required=True)
    args = parser.parse_args()
    started = time.perf_counter()
    table = class_table(Codes.load(args.codes), read_arrays(args.samples))
    write_csv(args.table, table)
    record = {"device": "CPU", "threads": 1, "seconds": time.perf_counter() - started}
    write_record(args.record, record, args.table)


if __name__ == "__main__":
    ends_in_one_line(main)

"""Measure one cell of an experiment: its tables, from its settings."""

import argparse
import json
import time

import numpy as np
import pandas as pd

from flowbounds.experiments.experiment import Job, load, names
from flowbounds.run.files import ends_in_one_line, replacing, write_csv
from flowbounds.run.provenance import write_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", choices=names())
    parser.add_argument("--job", type=json.loads, required=True, help="JSON: what to compute")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--input", nargs="+", action="append", default=[], metavar="NAME FILE")
    parser.add_argument("--output", nargs=2, action="append", metavar=("NAME", "FILE"))
    parser.add_argument("--record", required=True, help="JSON: device and seconds of this job")
    args = parser.parse_args()
    started = time.perf_counter()

    job = Job(args.experiment, threads=args.threads, **args.job)
    measured = load(args.experiment).measure(job, **{name: files for name, *files in args.input})
    for name, file in args.output:
        if isinstance(measured[name], pd.DataFrame):
            write_csv(file, measured[name])
        else:
            with replacing(file) as path:
                np.savez(path, **measured[name])
    record = job.hardware | {"seconds": time.perf_counter() - started}
    write_record(args.record, record, *(file for _, file in args.output))


if __name__ == "__main__":
    ends_in_one_line(main)

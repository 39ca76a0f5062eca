"""Sample from the networks of one job at every checkpoint, and measure the samples."""

import argparse
import json
import time

import numpy as np

from flowbounds.experiments.experiment import Job
from flowbounds.experiments.trajectory_sampling import sample
from flowbounds.run.files import ends_in_one_line, read_arrays, replacing, write_csv
from flowbounds.run.provenance import write_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", choices=["simulation", "images"])
    parser.add_argument("--job", type=json.loads, required=True, help="JSON: what to compute")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", required=True, help="evaluation samples of every seed")
    parser.add_argument("--checkpoints", required=True, help="what scripts/train.py wrote")
    parser.add_argument("--table", required=True, help="CSV: one row per network and checkpoint")
    parser.add_argument("--samples", required=True, help="the samples at the last checkpoint")
    parser.add_argument("--record", required=True, help="JSON: device and seconds of this job")
    args = parser.parse_args()
    started = time.perf_counter()

    job = Job(args.experiment, threads=args.threads, **args.job)
    table, samples = sample(job, read_arrays(args.data), read_arrays(args.checkpoints))
    write_csv(args.table, table)
    with replacing(args.samples) as path:
        np.savez(path, **samples)
    record = job.hardware | {"seconds": time.perf_counter() - started}
    write_record(args.record, record, args.table, args.samples)


if __name__ == "__main__":
    ends_in_one_line(main)

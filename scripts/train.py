"""Train the networks of one width on one data set, all step sizes and seeds at once."""

import argparse
import json
import time

import numpy as np

from flowbounds.experiments.experiment import Job
from flowbounds.experiments.trajectory_training import train
from flowbounds.run.files import ends_in_one_line, read_arrays, replacing
from flowbounds.run.provenance import write_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", choices=["simulation", "images"])
    parser.add_argument("--job", type=json.loads, required=True, help="JSON: what to compute")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", required=True, help="training samples of every seed")
    parser.add_argument("--out", required=True, help="weights at the checkpoints, and losses")
    parser.add_argument("--record", required=True, help="JSON: device and seconds of this job")
    args = parser.parse_args()
    started = time.perf_counter()

    job = Job(args.experiment, threads=args.threads, **args.job)
    trained = train(job, read_arrays(args.data))
    with replacing(args.out) as path:
        np.savez(path, **trained)
    record = job.hardware | {"seconds": time.perf_counter() - started}
    write_record(args.record, record, args.out)


if __name__ == "__main__":
    ends_in_one_line(main)

"""Sample from the networks of one job at every checkpoint, and measure the samples."""

import argparse
import math
import time

import numpy as np
import torch

from flowbounds.networks.devices import describe, set_up
from flowbounds.networks.evaluation import sample_and_measure, trajectory_table
from flowbounds.run.files import ends_in_one_line, read_arrays, replacing, write_csv
from flowbounds.networks.metrics import random_directions
from flowbounds.run.provenance import write_record
from flowbounds.data.streams import stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--euler-steps", type=int, required=True)
    parser.add_argument("--projections", type=int, required=True)
    parser.add_argument("--b1", type=float, required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", required=True, help="evaluation samples of every seed")
    parser.add_argument("--checkpoints", required=True, help="what scripts/train.py wrote")
    parser.add_argument("--table", required=True, help="CSV: one row per network and checkpoint")
    parser.add_argument("--samples", required=True, help="the samples at the last checkpoint")
    parser.add_argument("--record", required=True, help="JSON: device and seconds of this job")
    args = parser.parse_args()
    started = time.perf_counter()
    device = set_up(args.device, args.threads)

    trained = read_arrays(args.checkpoints)
    w, a, losses, t, eta, seed = (trained[k] for k in ("w", "a", "losses", "t", "eta", "seed"))
    d, m = a.shape[-2:]
    directions = np.stack(
        [
            random_directions(
                args.projections,
                d,
                stream(args.experiment, args.dataset, d, None, s, "projections"),
            )
            for s in range(seed.max() + 1)
        ]
    )

    def tensor(array: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(array.astype(w.dtype, copy=False), device=device)

    data = read_arrays(args.data)
    measured = sample_and_measure(
        tensor(w),
        tensor(a),
        seed,
        tensor(data["x0"]),
        tensor(data["reference"]),
        tensor(directions),
        steps=args.euler_steps,
        radius=2 * math.sqrt(d) * args.b1,
        label=f"sample {args.dataset} d={d} m={m}",
    )

    table = trajectory_table(
        {"dataset": args.dataset, "d": d, "m": m}, eta, seed, t, losses, measured
    )
    write_csv(args.table, table)
    with replacing(args.samples) as path:
        np.savez(path, dataset=args.dataset, m=m, x=measured.samples, eta=eta, seed=seed)
    record = describe(device, args.threads) | {"seconds": time.perf_counter() - started}
    write_record(args.record, record, args.table, args.samples)


if __name__ == "__main__":
    ends_in_one_line(main)

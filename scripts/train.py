"""Train the networks of one width on one data set, all step sizes and seeds at once."""

import argparse
import time

import numpy as np
import torch

from flowbounds.networks.devices import DTYPES, add_arguments, describe, set_up
from flowbounds.run.files import ends_in_one_line, read_arrays, replacing
from flowbounds.networks.stack import Networks, initialise, train
from flowbounds.run.provenance import write_record
from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
from flowbounds.data.streams import stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--m", type=int, required=True)
    parser.add_argument("--eta", type=float, nargs="+", required=True)
    parser.add_argument("--iterations", type=int, required=True)
    parser.add_argument("--checkpoint-every", type=int, required=True)
    parser.add_argument("--kappa", type=float, required=True)
    parser.add_argument("--schedule", choices=SCHEDULES, required=True)
    parser.add_argument("--data", required=True, help="training samples of every seed")
    parser.add_argument("--out", required=True, help="weights at the checkpoints, and losses")
    add_arguments(parser)
    args = parser.parse_args()
    started = time.perf_counter()
    device = set_up(args.device, args.threads)

    data = read_arrays(args.data)
    x1, x0, tau = data["x1"], data["x0"], data["tau"]
    seeds, d = len(x1), x1.shape[-1]
    x, v = inputs_and_targets(x1, x0, tau, SCHEDULES[args.schedule])
    drawn = [
        initialise(
            args.m, d, args.kappa, stream(args.experiment, args.dataset, d, args.m, s, "weights")
        )
        for s in range(seeds)
    ]

    def stack(per_seed: np.ndarray) -> torch.Tensor:
        """Repeat for every step size: network e has seed e // len(eta)."""
        tensor = torch.as_tensor(per_seed, dtype=DTYPES[args.dtype], device=device)
        return tensor.repeat_interleave(len(args.eta), dim=0)

    w, a = (np.stack(layer) for layer in zip(*drawn, strict=True))
    eta = torch.tensor(args.eta * seeds, dtype=DTYPES[args.dtype], device=device)
    checkpoints = range(0, args.iterations + 1, args.checkpoint_every)
    label = f"train {args.dataset} d={d} m={args.m}"
    trajectory = train(
        Networks(stack(w), stack(a)),
        stack(x).mT.contiguous(),
        stack(v).mT.contiguous(),
        eta,
        checkpoints,
        label,
    )

    with replacing(args.out) as path:
        np.savez(
            path,
            w=trajectory.w.cpu().numpy(),
            a=trajectory.a.cpu().numpy(),
            losses=trajectory.losses.cpu().numpy(),
            t=np.array(checkpoints),
            eta=np.tile(args.eta, seeds),
            seed=np.repeat(np.arange(seeds), len(args.eta)),
        )
    record = describe(device, args.threads) | {"seconds": time.perf_counter() - started}
    write_record(args.record, record, args.out)


if __name__ == "__main__":
    ends_in_one_line(main)

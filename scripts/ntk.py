"""Train networks of many widths and compare them with their linearised dynamics (Theorem 3.2)."""

import argparse
import time

import numpy as np
import pandas as pd
import torch

from flowbounds.data.datasets import GAUSSIAN_MIXTURE
from flowbounds.networks.devices import DTYPES, add_arguments, describe, set_up
from flowbounds.networks.divergence import without_diverged
from flowbounds.data.draws import training_draw
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.theory.linearisation import Problem, checkpoints, compare
from flowbounds.networks.stack import Networks, diverged_at, initialise, train
from flowbounds.run.provenance import write_record
from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
from flowbounds.data.streams import stream

EXPERIMENT = "ntk"
OF_NETWORKS = [
    "loss", "deviation", "theorem_error", "max_w_move", "max_a_move", "fro_w_move", "fro_a_move",
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--d", type=int, required=True)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--kappa", type=float, required=True)
    parser.add_argument("--m", type=int, nargs="+", required=True)
    parser.add_argument("--eta", type=float, nargs="+", required=True)
    parser.add_argument("--seeds", type=int, required=True)
    parser.add_argument("--iterations", type=int, required=True)
    parser.add_argument("--table", required=True, help="CSV: one row per network and checkpoint")
    parser.add_argument("--modes", required=True, help="CSV: the residuals by eigen-direction")
    add_arguments(parser)
    args = parser.parse_args()
    started = time.perf_counter()
    device = set_up(args.device, args.threads)
    t = checkpoints(args.iterations)

    def stack(array: np.ndarray) -> torch.Tensor:
        """One network for each step size."""
        tensor = torch.as_tensor(array, dtype=DTYPES[args.dtype], device=device)
        return tensor.expand(len(args.eta), *array.shape).contiguous()

    rows, modes = [], []
    for seed in range(args.seeds):
        draw = training_draw(EXPERIMENT, GAUSSIAN_MIXTURE, args.d, seed, args.n, None)
        x, v = inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])
        problem = Problem.of(x, v, args.kappa)
        for m in args.m:
            rng = stream(EXPERIMENT, GAUSSIAN_MIXTURE, args.d, m, seed, "weights")
            w, a = initialise(m, args.d, args.kappa, rng)
            trajectory = train(
                Networks(stack(w), stack(a)),
                stack(x.T),
                stack(v.T),
                torch.tensor(args.eta, dtype=DTYPES[args.dtype], device=device),
                t,
                f"ntk d={args.d} n={args.n} kappa={args.kappa} m={m} seed={seed}",
            )
            diverged = diverged_at(trajectory.losses.cpu().numpy())
            for e, eta in enumerate(args.eta):
                layers = (layer[:, e].cpu().numpy() for layer in (trajectory.w, trajectory.a))
                cell = {"d": args.d, "n": args.n, "m": m, "eta": eta, "kappa": args.kappa}
                at, by_mode = compare(problem, *layers, eta, t)
                cell |= {"seed": seed, "diverged_at": diverged[e]}
                rows += [cell | row for row in at]
                modes += [cell | row for row in by_mode]

    # the linearised dynamics, too, overflow where the step size is far too large
    for path, table, measured in ((args.table, rows, OF_NETWORKS), (args.modes, modes, ["energy"])):
        table = without_diverged(pd.DataFrame(table), measured)
        write_csv(path, table.replace([np.inf, -np.inf], np.nan))
    record = describe(device, args.threads) | {"seconds": time.perf_counter() - started}
    write_record(args.record, record, args.table, args.modes)


if __name__ == "__main__":
    ends_in_one_line(main)

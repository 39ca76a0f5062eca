"""Theorem 3.5 at one dimension and sample size: distances of generated to fresh samples."""

import argparse
import math
import time
from functools import partial

import numpy as np
import pandas as pd
import torch

from flowbounds.networks.stack import devices
from flowbounds.networks.stack import regression
from flowbounds.data.datasets import TWO_BALLS, two_balls
from flowbounds.networks.devices import DTYPES, describe, set_up
from flowbounds.networks.divergence import without_diverged
from flowbounds.data.draws import training_draw
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.networks.flow import euler_flow
from flowbounds.networks.metrics import SlicedW1, exact_w1, random_directions
from flowbounds.theory.posterior import posterior_means
from flowbounds.run.progress import progress
from flowbounds.run.provenance import write_record
from flowbounds.networks.regression import columns, over_seeds, trained
from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
from flowbounds.data.streams import stream

EXPERIMENT = "sampling"
POSTERIOR_SAMPLE = 20_000  # points of P1 that E[x1 | x0] is taken over


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--d", type=int, required=True)
    parser.add_argument("--n", type=int, required=True)
    parser.add_argument("--m", type=int, nargs="+", required=True)
    parser.add_argument("--b1", type=float, nargs="+", required=True)
    parser.add_argument("--n-test", type=int, required=True)
    parser.add_argument("--euler-steps", type=int, required=True)
    parser.add_argument("--projections", type=int, required=True)
    parser.add_argument("--table", required=True, help="CSV: one row per width, B1 and seed")
    regression.add_arguments(parser)
    devices.add_arguments(parser)
    args = parser.parse_args()
    started = time.perf_counter()
    device = set_up(args.device, args.threads)
    like = torch.empty(0, dtype=DTYPES[args.dtype], device=device)
    key, label = (EXPERIMENT, TWO_BALLS), f"{EXPERIMENT} d={args.d} n={args.n}"
    seeds = range(args.seeds)

    directions = [
        random_directions(args.projections, args.d, stream(*key, args.d, None, s, "projections"))
        for s in seeds
    ]

    rows = []
    for b1 in args.b1:
        population = partial(two_balls, b1=b1)

        def draw(part: str, n: int, population=population) -> dict[str, np.ndarray]:
            """Return x1, x0 and tau of all seeds."""
            return over_seeds(
                lambda seed: training_draw(*key, args.d, seed, n, population=population, part=part),
                seeds,
            )

        data = draw("train", args.n)
        x, v = inputs_and_targets(data["x1"], data["x0"], data["tau"], SCHEDULES["linear"])
        start = draw("start", args.n_test)["x0"]
        fresh, other = (draw(part, args.n_test)["x1"] for part in ("reference", "floor"))

        def distances(s: int, points: np.ndarray, fresh=fresh) -> tuple[float, float]:
            """Return sliced and exact W1 of a sample to the fresh one of seed s."""
            if not np.isfinite(points).all():
                return math.nan, math.nan
            pair = (torch.from_numpy(fresh[s]), torch.from_numpy(directions[s]))
            sliced = SlicedW1(*pair, len(points))(torch.from_numpy(points))
            return sliced, exact_w1(points, fresh[s])

        floors, means = [], []
        for s in progress(seeds, f"{label} floor"):
            floors.append(distances(s, other[s]))
            many = population(
                POSTERIOR_SAMPLE, args.d, stream(*key, args.d, None, s, "posterior x1")
            )
            means.append(distances(s, posterior_means(start[s], many)))
        for m in args.m:
            networks = trained(
                key,
                x,
                v,
                m=m,
                eta=args.eta,
                iterations=args.iterations,
                kappa=args.kappa,
                like=like,
                label=f"{label} m={m}",
            )
            radius = 2 * math.sqrt(args.d) * b1
            samples = euler_flow(networks, columns(start, like), args.euler_steps, radius)
            samples = samples.mT.cpu().double().numpy()
            for s in seeds:
                sliced, exact = distances(s, np.ascontiguousarray(samples[s]))
                diverged = networks.diverged_at[s]
                if math.isnan(diverged) and not np.isfinite(samples[s]).all():
                    diverged = args.iterations
                rows.append(
                    {
                        "d": args.d,
                        "n": args.n,
                        "m": m,
                        "b1": b1,
                        "seed": s,
                        "sliced_w1": sliced,
                        "w1_exact": exact,
                        "sliced_w1_floor": floors[s][0],
                        "w1_floor": floors[s][1],
                        "w1_posterior_mean": means[s][1],
                        "diverged_at": diverged,
                    }
                )

    write_csv(args.table, without_diverged(pd.DataFrame(rows), ["sliced_w1", "w1_exact"]))
    record = describe(device, args.threads) | {"seconds": time.perf_counter() - started}
    write_record(args.record, record, args.table)


if __name__ == "__main__":
    ends_in_one_line(main)

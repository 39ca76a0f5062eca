"""Lemma C.1 at one dimension: both sides of the sup-norm inequality for trained networks."""

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
from flowbounds.run.provenance import write_record
from flowbounds.networks.regression import over_seeds, predict, trained
from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
from flowbounds.data.streams import stream
from flowbounds.theory.sup_norm_bound import Domain, lipschitz_constants, sup_norm_bound

EXPERIMENT = "sup_norm"
POINTS = 20_000  # of the domain, and as many of its boundary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--d", type=int, required=True)
    parser.add_argument("--n", type=int, nargs="+", required=True)
    parser.add_argument("--m", type=int, required=True)
    parser.add_argument("--b1", type=float, required=True)
    parser.add_argument("--tau-min", type=float, nargs="+", required=True)
    parser.add_argument("--table", required=True, help="CSV: one row per n, tau_min and seed")
    regression.add_arguments(parser)
    devices.add_arguments(parser)
    args = parser.parse_args()
    started = time.perf_counter()
    device = set_up(args.device, args.threads)
    like = torch.empty(0, dtype=DTYPES[args.dtype], device=device)
    key, d, seeds = (EXPERIMENT, TWO_BALLS), args.d, range(args.seeds)
    population = partial(two_balls, b1=args.b1)

    rows = []
    for tau_min in args.tau_min:
        domain = Domain(d, args.b1, tau_min)
        weights, everywhere = [], []
        for s in seeds:
            x1, tau, weight = domain.sample(POINTS, stream(*key, d, None, s, "domain"))
            edge = domain.boundary(POINTS, stream(*key, d, None, s, "boundary"))
            weights.append(weight)
            everywhere.append((np.concatenate([x1, edge[0]]), np.concatenate([tau, edge[1]])))
        x1, tau = (np.stack(part) for part in zip(*everywhere, strict=True))
        points, velocity = inputs_and_targets(x1, np.zeros_like(x1), tau, SCHEDULES["linear"])
        for n in args.n:
            data = over_seeds(
                lambda s, n=n, tau_min=tau_min: training_draw(
                    *key, d, s, n, population=population, tau_min=tau_min
                ),
                seeds,
            )
            x, v = inputs_and_targets(data["x1"], data["x0"], data["tau"], SCHEDULES["linear"])
            networks = trained(
                key,
                x,
                v,
                m=args.m,
                eta=args.eta,
                iterations=args.iterations,
                kappa=args.kappa,
                like=like,
                label=f"{EXPERIMENT} d={d} n={n}",
            )
            error = np.linalg.norm(predict(networks, points) - velocity, axis=-1)
            for s in seeds:
                w, a = (layer[s].double().cpu().numpy() for layer in (networks.w, networks.a))
                mean = float(weights[s] @ error[s, :POINTS])
                lower = upper = math.nan  # of weights that may be infinite
                if np.isnan(networks.diverged_at[s]):
                    lower, upper = lipschitz_constants(w, a, domain, x1[s], tau[s])
                constants = (domain.beta, domain.p_min, d + 1)
                rows.append(
                    {
                        "d": d,
                        "n": n,
                        "m": args.m,
                        "b1": args.b1,
                        "tau_min": tau_min,
                        "seed": s,
                        "sup_error": error[s].max(),
                        "mean_error": mean,
                        "lipschitz_low": lower,
                        "lipschitz_high": upper,
                        "beta": domain.beta,
                        "p_min": domain.p_min,
                        "bound_low": sup_norm_bound(mean, lower, *constants),
                        "bound": sup_norm_bound(mean, upper, *constants),
                        "diverged_at": networks.diverged_at[s],
                    }
                )

    of_networks = ["sup_error", "mean_error", "bound_low", "bound"]
    write_csv(args.table, without_diverged(pd.DataFrame(rows), of_networks))
    record = describe(device, args.threads) | {"seconds": time.perf_counter() - started}
    write_record(args.record, record, args.table)


if __name__ == "__main__":
    ends_in_one_line(main)

"""Drifts learned on one target: their error, and the exact KL of the laws that they generate."""

import argparse
import time

import numpy as np
import pandas as pd
import torch

from flowbounds.networks.stack import devices
from flowbounds.networks.devices import DTYPES, describe, set_up
from flowbounds.dfm import learned, path_law, plane, quadrature
from flowbounds.dfm.couplings import Coupling
from flowbounds.dfm.paths import uniform_times
from flowbounds.dfm.targets import coupling
from flowbounds.networks.divergence import without_diverged
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.run.progress import progress
from flowbounds.run.provenance import write_record
from flowbounds.data.streams import stream

EXPERIMENT = "dfm_learned"
GRID = np.linspace(-9, 9, 1201)  # of the path law on the line
TOLERANCE = 1e-6  # of the panels under a network, which is smooth and evaluated in double


def exact_kl(pair: Coupling, drift: quadrature.Drift, times: np.ndarray) -> tuple[float, float]:
    """Return KL(target | generated law), and the mass of that law by the same quadrature.

    Both are empty where the drift is not finite: its training has diverged.
    """
    try:
        if pair.d == 1:
            law = quadrature.euler_maruyama_law(pair, drift, times, TOLERANCE)
            return quadrature.kl(pair, law, TOLERANCE), law.mass
        return plane.euler_maruyama_kl(pair, drift, times)
    except FloatingPointError:
        return np.nan, np.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", required=True)
    parser.add_argument("--n", type=int, nargs="+", required=True, help="training sample sizes")
    parser.add_argument("--m", type=int, nargs="+", required=True, help="widths")
    parser.add_argument("--steps", type=int, nargs="+", required=True)
    parser.add_argument("--seeds", type=int, required=True)
    parser.add_argument("--paths", type=int, required=True, help="simulated points a step, in 2-D")
    parser.add_argument("--table", required=True, help="CSV: one row per n, m, steps and seed")
    learned.add_arguments(parser)
    devices.add_arguments(parser)
    args = parser.parse_args()
    started = time.perf_counter()
    device = set_up(args.device, args.threads)
    like = torch.empty(0, dtype=DTYPES[args.dtype], device=device)
    pair = coupling(args.target)

    def rng(role: str, seed: int = 0, m: int | None = None) -> np.random.Generator:
        return stream(EXPERIMENT, args.target, pair.d, m, seed, role)

    cells = [(n, seed) for n in args.n for seed in range(args.seeds)]
    seeds = [seed for _, seed in cells]
    samples = [pair.sample(n, rng(f"train n={n}", seed)) for n, seed in cells]
    networks, diverged_at = {}, {}
    for m in args.m:
        start = [learned.initialise(pair.d, m, rng("weights", seed, m)) for seed in seeds]
        noise = [rng("noise", seed) for seed in range(args.seeds)]
        trained, diverged_at[m] = learned.fit(
            samples,
            start,
            noise,
            seeds,
            eta=args.eta,
            iterations=args.iterations,
            batch=args.batch,
            like=like,
            label=f"{EXPERIMENT} {args.target} m={m}",
        )
        networks[m] = trained.map(lambda part: part.double())  # quadrature wants all digits

    rows = []
    for steps in args.steps:
        times = uniform_times(steps)
        law = (
            path_law.on_the_line(pair, times, GRID)
            if pair.d == 1
            else path_law.simulated(pair, times, args.paths, rng(f"paths N={steps}"))
        )
        exact = {
            "kl_exact_drift": exact_kl(pair, pair.drift, times)[0],
            "kl_path_exact_drift": law.mean(law.divergence(law.beta)),
        }
        for m, stack in networks.items():
            s = learned.on_points(stack, times[:-1], law.x)
            errors, divergences = law.drift_error(s), law.divergence(s)
            measured = {
                "epsilon2": law.mean(errors),
                "epsilon2_se": law.standard_error(errors),
                "kl_path": law.mean(divergences),
                "kl_path_se": law.standard_error(divergences),
            }
            label = f"{EXPERIMENT} {args.target} m={m} N={steps}"
            for e, (n, seed) in enumerate(progress(cells, label)):
                kl, mass = exact_kl(pair, learned.as_function(stack, e), times)
                cell = {"target": args.target, "d": pair.d, "n": n, "m": m, "steps": steps}
                rows.append(
                    cell
                    | {"seed": seed, "kl_marginal": kl, "mass_defect": abs(1 - mass)}
                    | {name: values[e] for name, values in measured.items()}
                    | exact
                    | {"diverged_at": diverged_at[m][e]}
                )

    of_networks = ["epsilon2", "epsilon2_se", "kl_marginal", "kl_path", "kl_path_se", "mass_defect"]
    write_csv(args.table, without_diverged(pd.DataFrame(rows), of_networks))
    record = describe(device, args.threads) | {"seconds": time.perf_counter() - started}
    write_record(args.record, record, args.table)


if __name__ == "__main__":
    ends_in_one_line(main)

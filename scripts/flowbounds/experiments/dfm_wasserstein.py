"""The follow-up's Theorem 4: W2 against step size, drift error and dimension, and who meets H1-H8.

One job computes all targets. The drift error is a constant push, of which H5's measure of it, the
sum of h times its root mean square along the chain, is the size itself. Nothing is random, so there
are no seeds.
"""

from collections.abc import Iterator, Mapping

from flowbounds.dfm import costs
from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job

TABLES = {
    "dfm_wasserstein": (
        c.TARGET,
        c.D,
        c.STEPS,
        Column("epsilon", "size of a constant push: the drift error of H5", symbol="ε", key=True),
        c.H,
        c.W2,
        Column(
            "moved",
            "|F - G| in the valley between the modes: mass on the wrong side, of a coordinate",
        ),
        Column(
            "w2_moved",
            "what that mass costs from the one mode to the other",
            unit="length of x",
            rounding=5e-6,  # the root of a mass that is known to 1e-15, times the root of d
        ),
        Column("bound_w2", "right side of the follow-up's Theorem 4, C = 1", unit="length of x"),
    ),
    "dfm_assumptions": (
        c.TARGET,
        Column(
            "assumption", "of the follow-up, H1 to H8, with the exact drift", "string", key=True
        ),
        Column("about", "what is asked to be finite, or positive of a curvature", "string"),
        Column("actual", "what the target has of it; inf or -inf where it does not exist"),
        Column("holds", "whether the assumption holds", "boolean"),
    ),
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return [{}]


def settings(config: Mapping, cell: Cell) -> dict:
    return dict(config["dfm_wasserstein"])


def cost(settings: Mapping, cell: Cell) -> Cost:
    """A law and its W2 for each number of steps, and for each error at the largest."""
    largest = [max(settings["steps"])] * len(settings["epsilon"])
    of_target = costs.exact([*settings["steps"], *largest], laws=1, paths=1)
    return Cost(len(settings["targets"]) * of_target, 1500)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.dfm.targets import CORRELATED, NAMES
    from flowbounds.dfm.transport import assumptions
    from flowbounds.run.progress import progress

    part, rows = job.settings, []
    for target in progress(part["targets"], "targets"):
        of_target = _of_gaussians if target in CORRELATED else _on_the_line
        rows += of_target(target, part["steps"], part["d"], part["epsilon"])
    met = [
        {"target": target} | vars(each)
        for target in [*NAMES, *CORRELATED]
        for each in assumptions(target, max(part["d"]))
    ]
    return {"dfm_wasserstein": pd.DataFrame(rows), "dfm_assumptions": pd.DataFrame(met)}


def _on_the_line(target: str, steps, dimensions, errors) -> Iterator[dict]:
    """Yield the rows of products, and of a drift error at d = 1 and the largest N."""
    import numpy as np

    from flowbounds.dfm import bounds
    from flowbounds.dfm.paths import uniform_times
    from flowbounds.dfm.perturbations import constant, perturbed
    from flowbounds.dfm.quadrature import euler_maruyama_law, w2
    from flowbounds.dfm.targets import coupling
    from flowbounds.dfm.transport import moved_mass

    pair = coupling(target)
    gap = float(np.ptp(pair.target.means))
    squares = bounds.squares_on_the_line(pair)
    for count in steps:
        for epsilon in [0.0, *(errors if count == max(steps) else [])]:
            law = euler_maruyama_law(pair, perturbed(pair, constant, epsilon), uniform_times(count))
            distance, moved = w2(pair, law), moved_mass(pair, law)
            for d in dimensions if epsilon == 0 else [1]:
                bound = bounds.followup_theorem_4(1 / count, d, bounds.of_product(squares, d))
                names = {"target": target, "d": d, "steps": count, "epsilon": epsilon}
                yield names | {
                    "h": 1 / count,
                    "w2": np.sqrt(d) * distance,
                    "moved": moved,
                    "w2_moved": np.sqrt(d * moved) * gap,
                    "bound_w2": epsilon + bound,
                }


def _of_gaussians(target: str, steps, dimensions, errors) -> Iterator[dict]:
    """Yield the rows of correlated Gaussians, without a drift error."""
    import numpy as np

    from flowbounds.dfm import bounds, gaussians
    from flowbounds.dfm.paths import uniform_times
    from flowbounds.dfm.targets import principal_axes

    for d in dimensions:
        pair = principal_axes(target, d)
        moments = bounds.of_gaussian(pair)
        for count in steps:
            law = gaussians.euler_maruyama_moments(pair, uniform_times(count))
            square = gaussians.w2_squared(pair.moments(1.0), law).sum()
            yield {
                "target": target,
                "d": d,
                "steps": count,
                "epsilon": 0.0,
                "h": 1 / count,
                "w2": float(np.sqrt(square)),
                "moved": 0.0,
                "w2_moved": 0.0,
                "bound_w2": bounds.followup_theorem_4(1 / count, d, moments),
            }

"""Theorem 2 of paper B beyond analytic targets: kinks, a jump, heavy tails; KL against step size.

One job computes all targets, on the line. Nothing is random, so there are no seeds.
"""

from collections.abc import Iterator, Mapping, Sequence

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job

_OF_BOUNDS = {column.name: column for column in c.BOUNDS}
TABLES = {
    "dfm_smoothness": (
        Column(
            "family",
            "power: density proportional to exp(-|x|^shape), uniform on [-1, 1] where the shape is "
            "inf; student: Student's t with shape degrees of freedom",
            "string",
            key=True,
        ),
        Column("shape", "power a of exp(-|x|^a), or degrees of freedom of Student's t", key=True),
        c.STEPS,
        *c.DISTANCES,
        Column(
            "order",
            "expected exponent of kl_marginal in h: min(shape + 1/2, 2), 1/2 of the uniform law, "
            "2 of Student's t",
        ),
        _OF_BOUNDS["target_moment"],
        _OF_BOUNDS["target_score"],
    ),
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return [{}]


def settings(config: Mapping, cell: Cell) -> dict:
    return dict(config["dfm_smoothness"])


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Chains of N steps reach as far as N where tails are heavy: measured on two slow cores."""
    chains = sum(n**2.5 for n in settings["steps_heavy"]) * len(settings["nu"])
    chains += sum(n**1.5 for n in settings["steps"]) * len(settings["a"]) * 4
    return Cost(100 * (len(settings["a"]) + len(settings["nu"])) + int(chains / 100), 1500)


def measure(job: Job) -> dict:
    import math

    import pandas as pd

    from flowbounds.dfm.rough_targets import power_law, student
    from flowbounds.run.progress import progress

    part = job.settings
    jobs = [("power", float(a), power_law, part["steps"]) for a in part["a"]]
    jobs += [("student", float(nu), student, part["steps_heavy"]) for nu in part["nu"]]
    rows = []
    for family, shape, of_shape, steps in progress(jobs, "targets"):
        edge = 1.0 if math.isinf(shape) else 0.0
        names = {"family": family, "shape": shape}
        known = {"order": _order(family, shape)} | _norms(family, shape)
        rows += [names | row | known for row in _chains(of_shape(shape), sorted(steps), edge)]
    return {"dfm_smoothness": pd.DataFrame(rows)}


def _chains(pair, steps: Sequence[int], edge: float) -> Iterator[dict]:
    """Yield the KL of the exact chain for every number of steps.

    Raises:
        ArithmeticError: a marginal KL exceeds that of the paths.
    """
    from flowbounds.dfm.exact_laws import checked
    from flowbounds.dfm.paths import uniform_times
    from flowbounds.dfm.quadrature import euler_maruyama_law
    from flowbounds.dfm.rough_laws import marginal_kl, path_kl

    for count in steps:
        law = euler_maruyama_law(pair, pair.drift, uniform_times(count))
        yield checked(
            {
                "steps": count,
                "h": 1 / count,
                "kl_marginal": marginal_kl(pair, law),
                "kl_path": path_kl(pair, count, edge),
                "mass_error": law.mass - 1,
            }
        )


def _order(family: str, shape: float) -> float:
    import math

    if family == "student":
        return 2.0
    return 0.5 if math.isinf(shape) else min(shape + 0.5, 2.0)


def _norms(family: str, shape: float) -> dict[str, float]:
    """Return E|X|^8 and E|score|^8 of a target in closed form; inf where there is none."""
    from math import exp, gamma, inf, isinf, lgamma

    if family == "student":
        half = shape / 2
        # x^2 / (nu + x^2) has the beta law of 1/2 and nu/2
        of_beta = lgamma(4.5) + lgamma(4 + half) - lgamma(8.5 + half)
        of_beta -= lgamma(0.5) + lgamma(half) - lgamma(0.5 + half)
        score = (shape + 1) ** 8 / shape**4 * exp(of_beta)
        if shape <= 8:
            return {"target_moment": inf, "target_score": score}
        moment = shape**4 * gamma(4.5) * gamma(half - 4) / (gamma(0.5) * gamma(half))
        return {"target_moment": moment, "target_score": score}
    if isinf(shape):
        return {"target_moment": 1 / 9, "target_score": inf}
    moment = gamma(9 / shape) / gamma(1 / shape)
    if 8 * shape <= 7:
        return {"target_moment": moment, "target_score": inf}
    score = shape**8 * gamma((8 * shape - 7) / shape) / gamma(1 / shape)
    return {"target_moment": moment, "target_score": score}

"""The worst case of Theorem 2 of paper B: the pair that needs the largest constant, by search.

What is found is a lower bound of the theorem's constant, at every number of steps and every cap on
the search. Searches take their numbers from a stream of their own; there are no seeds.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from flowbounds.dfm import costs
from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

TABLES = {
    "dfm_worst_case": (
        Column(
            "family",
            "gaussian: Gaussian pairs of any correlation; mixture: N(0, s^2) and an independent "
            "mixture of two Gaussians",
            "string",
            key=True,
        ),
        Column("quantity", "kl_marginal or kl_path", "string", key=True),
        Column(
            "reach",
            "cap of the search: standard deviations in [1/reach, reach], gaps up to 2 reach, "
            "(1 + rho) / (1 - rho) in [reach^-2, reach^2]",
            key=True,
        ),
        c.STEPS,
        c.H,
        Column("worst", "largest KL found over the right side of Theorem 2 with C = 1"),
        Column("kl", "that pair's KL", unit="nats"),
        Column("bound", "that pair's right side of Theorem 2 with C = 1"),
        Column("limit", "largest limit of path KL over the right side as h tends to 0, by search"),
        Column("base_sd", "standard deviation of the base, a Gaussian", unit="length of x"),
        Column("rho", "correlation of X_0 and X_1", symbol="ρ"),
        Column("weight", "of the target's left component; 1 for a Gaussian"),
        Column("gap", "between the means of the target's components", unit="length of x"),
        Column("left_sd", "standard deviation of the left component", unit="length of x"),
        Column("right_sd", "standard deviation of the right component", unit="length of x"),
    )
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["dfm_worst_case"], family="families")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["dfm_worst_case"], "families")


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Searches of random pairs and climbs, whose chains have the smallest N, and exact laws."""
    caps, steps = len(settings["reach"]), settings["steps"]
    searches = caps * (1 + len(steps)) * (settings["points"] + 1000) * min(steps) // 50
    return Cost(searches + costs.exact(steps, laws=caps, paths=caps), 1500)


def measure(job: Job) -> dict:
    import pandas as pd

    of_family = {"gaussian": _gaussians, "mixture": _mixtures}[job.cell["family"]]
    table = pd.DataFrame(of_family(job))
    # what was found under a cap lies under every larger one: keep the worst of them
    best = table.groupby(["quantity", "steps"])["worst"].cummax()
    keys = ["quantity", "steps", "worst"]
    of_pair = table.drop(columns=["reach", "h", "limit"]).drop_duplicates(keys)
    table = table[["quantity", "reach", "steps", "h", "limit"]].assign(worst=best)
    return {"dfm_worst_case": table.merge(of_pair, on=keys).assign(**job.cell)}


def _found(job: Job, family: type, divergence: Callable, role: str) -> dict:
    """Return the worst pair by cap; each search knows what the one before has found."""
    from flowbounds.data.streams import stream
    from flowbounds.dfm.worst_case import largest

    rng = stream(job.experiment, job.cell["family"], 1, None, 0, f"search {role}")
    pairs, z = {}, family.near()
    for reach in sorted(job.settings["reach"]):
        z = largest(family, divergence, reach, job.settings["points"], rng, z)
        pairs[reach] = family.of(z)
    return pairs


def _row(quantity: str, reach: float, steps: int, kl: float, norms, limit: float) -> dict:
    from flowbounds.dfm.bounds import theorem_2

    bound = theorem_2(1 / steps, 1, norms)
    row = {"quantity": quantity, "reach": reach, "steps": steps, "h": 1 / steps}
    return row | {"worst": kl / bound, "kl": kl, "bound": bound, "limit": limit}


def _gaussians(job: Job) -> Iterator[dict]:
    """Yield the worst Gaussian pair of every quantity, number of steps and cap."""
    from flowbounds.dfm.bounds import of_gaussian
    from flowbounds.dfm.pairs import gaussian_distances
    from flowbounds.dfm.searched_pairs import GaussianPair
    from flowbounds.run.progress import progress

    @cache  # the worst pair is often the same under several caps
    def exact(pair: GaussianPair, steps: int) -> dict:
        return gaussian_distances(pair.coupling(), steps)

    def searched(quantity: str, steps: int) -> dict:
        of = {"kl_marginal": GaussianPair.marginal_kl, "kl_path": GaussianPair.path_kl}[quantity]
        return _found(job, GaussianPair, lambda pair: of(pair, steps), f"{quantity} {steps}")

    limits = _found(job, GaussianPair, GaussianPair.limit, "limit")
    for steps in progress(job.settings["steps"], "Gaussian pairs, steps"):
        for quantity in ("kl_marginal", "kl_path"):
            for reach, pair in searched(quantity, steps).items():
                kl, norms = exact(pair, steps)[quantity], of_gaussian(pair.coupling())
                limit = limits[reach].limit() / limits[reach].norms()
                yield _row(quantity, reach, steps, kl, norms, limit) | pair.described()


def _mixtures(job: Job) -> Iterator[dict]:
    """Yield the worst pair with a mixture of every quantity and cap, at every number of steps.

    Marginals are searched at the longest steps, where they need the most; paths in the limit of
    short ones.
    """
    from flowbounds.dfm.bounds import of_product, squares_on_the_line
    from flowbounds.dfm.path_measure import path_kl
    from flowbounds.dfm.paths import uniform_times
    from flowbounds.dfm.quadrature import euler_maruyama_law, kl
    from flowbounds.dfm.searched_pairs import MixturePair
    from flowbounds.run.progress import progress

    @cache
    def exact(quantity: str, pair: MixturePair, steps: int) -> float:
        coupling, times = pair.coupling(), uniform_times(steps)
        if quantity == "kl_path":
            return path_kl(coupling, coupling.drift, times)
        return kl(coupling, euler_maruyama_law(coupling, coupling.drift, times))

    few = min(job.settings["steps"])
    found = {
        "kl_marginal": _found(job, MixturePair, lambda pair: pair.marginal_kl(few), "marginal"),
        "kl_path": _found(job, MixturePair, MixturePair.limit, "limit"),
    }
    for reach in progress(list(found["kl_path"]), "mixtures, caps"):
        limit = found["kl_path"][reach].limit() / found["kl_path"][reach].norms()
        for quantity, pairs in found.items():
            pair = pairs[reach]
            norms = of_product(squares_on_the_line(pair.coupling()), 1)
            for steps in job.settings["steps"]:
                kl_found = exact(quantity, pair, steps)
                yield _row(quantity, reach, steps, kl_found, norms, limit) | pair.described()

"""The worst case of Theorem 2 of paper B: the pair that needs the largest constant, by search.

What is found is a lower bound of the theorem's constant, at every number of steps and every cap on
the search. Searches take their numbers from a stream of their own; there are no seeds.
"""

from collections.abc import Iterator, Mapping

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
    """Generations of some 32 pairs for each search, and the winners' exact laws."""
    caps = len(settings["reach"])
    searches = caps * settings["generations"] * (2 * sum(settings["steps"]) // 50 + 2)
    return Cost(searches + costs.exact(settings["steps"], laws=caps, paths=caps), 1500)


def measure(job: Job) -> dict:
    import pandas as pd

    of_family = {"gaussian": _gaussians, "mixture": _mixtures}[job.cell["family"]]
    table = pd.DataFrame(of_family(job)).sort_values("reach", kind="stable")
    # what was found under a cap lies under every larger one: keep the worst of them
    best = table.groupby(["quantity", "steps"])["worst"].cummax()
    keys = ["quantity", "steps", "worst"]
    names = ["family", "quantity", "reach", "steps", "h", "limit"]
    found = table.drop(columns=["family", "reach", "h", "limit"]).drop_duplicates(keys)
    table = table[names].assign(worst=best, limit=table["limit"].cummax())
    return {"dfm_worst_case": table.merge(found, on=keys)}


def _stream(job: Job, *role: object):
    from flowbounds.data.streams import stream

    words = " ".join(str(word) for word in role)
    return stream(job.experiment, job.cell["family"], 1, None, 0, f"search {words}")


def _row(quantity: str, reach: float, steps: int, kl: float, norms, limit: float) -> dict:
    from flowbounds.dfm.bounds import theorem_2

    bound = theorem_2(1 / steps, 1, norms)
    row = {"quantity": quantity, "reach": reach, "steps": steps, "h": 1 / steps}
    return row | {"worst": kl / bound, "kl": kl, "bound": bound, "limit": limit}


def _gaussians(job: Job) -> Iterator[dict]:
    """Yield the worst Gaussian pair of every quantity, cap and number of steps."""
    from flowbounds.dfm.bounds import of_gaussian
    from flowbounds.dfm.pairs import gaussian_distances
    from flowbounds.dfm.worst_case import worst_gaussians
    from flowbounds.run.progress import progress

    part = job.settings
    for reach in progress(part["reach"], "Gaussian pairs, caps"):
        budget = (reach, part["generations"])
        slow = worst_gaussians("kl_path", None, *budget, _stream(job, "limit", reach))
        limit = float((slow.limit() / slow.norms()).item())
        for quantity in ("kl_marginal", "kl_path"):
            for steps in part["steps"]:
                rng = _stream(job, quantity, reach, steps)
                pair = worst_gaussians(quantity, steps, *budget, rng)
                coupling = pair.coupling()
                kl = gaussian_distances(coupling, steps)[quantity]
                sd = float(pair.target_sd.item())
                yield _row(quantity, reach, steps, kl, of_gaussian(coupling), limit) | {
                    "family": "gaussian",
                    "base_sd": float(pair.base_sd.item()),
                    "rho": float(pair.correlation.item()),
                    "weight": 1.0,
                    "gap": 0.0,
                    "left_sd": sd,
                    "right_sd": sd,
                }


def _mixtures(job: Job) -> Iterator[dict]:
    """Yield the worst pair with a mixture of every quantity and cap, at every number of steps.

    Marginals are searched at the longest steps, where they need the most; paths in the limit of
    short ones.
    """
    from flowbounds.dfm.bounds import of_product, squares_on_the_line
    from flowbounds.dfm.path_measure import path_kl
    from flowbounds.dfm.paths import uniform_times
    from flowbounds.dfm.quadrature import euler_maruyama_law, kl
    from flowbounds.dfm.worst_case import worst_mixture
    from flowbounds.run.progress import progress

    def marginal_kl(pair, drift, times) -> float:
        return kl(pair, euler_maruyama_law(pair, drift, times))

    part = job.settings
    exact = {"kl_marginal": marginal_kl, "kl_path": path_kl}
    for reach in progress(part["reach"], "mixtures, caps"):
        budget = (min(part["steps"]), reach, part["generations"])
        pairs = {of: worst_mixture(of, *budget, _stream(job, of, reach)) for of in exact}
        norms = {
            of: of_product(squares_on_the_line(pair.coupling()), 1) for of, pair in pairs.items()
        }
        limit = pairs["kl_path"].limit() / pairs["kl_path"].norms()
        for quantity, pair in pairs.items():
            coupling = pair.coupling()
            for steps in part["steps"]:
                found = exact[quantity](coupling, coupling.drift, uniform_times(steps))
                yield _row(quantity, reach, steps, found, norms[quantity], limit) | {
                    "family": "mixture",
                    "rho": 0.0,
                    **vars(pair),
                }

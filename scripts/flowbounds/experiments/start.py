"""How paper A's figures depend on the random start: smaller kappa, and a start at f = 0 exactly.

One job holds all widths, starts and seeds of one dimension, on the mixture and with the data and
the evaluation of ``simulation``'s kind: what width and dimension do once the random output at t = 0
is out of the way.
"""

from collections.abc import Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, without

TABLES = {
    "start": (
        c.D,
        c.M,
        c.KAPPA,
        Column(
            "antisymmetric", "whether units come in pairs that cancel: f = 0", "boolean", key=True
        ),
        c.SEED,
        Column("loss_start", "the loss at t = 0", symbol="L"),
        c.LOSS,
        c.SLICED_W1,
        Column("zero_loss", "loss of f = 0: mean of |v|^2"),
        Column("sliced_w1_start", "sliced W1 of x = x0 to fresh samples", unit="length of x"),
        c.DIVERGED_AT,
    ),
}
INPUTS = ()


def cells(config: Mapping) -> list[Cell]:
    return [{"d": d} for d in config["start"]["d"]]


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["start"], *cell)


def check(config: Mapping) -> None:
    """Check that sizes fit each other.

    Raises:
        ConfigError: on the first fault.
    """
    from flowbounds.run.config import ConfigError

    part = config["start"]
    if part["n_test"] < part["n_train"]:
        raise ConfigError(
            f"start.n_test = {part['n_test']} is smaller than start.n_train = {part['n_train']}"
        )


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Training and one sample of every network; in memory the weights of the widest."""
    d, n, widths = cell["d"], settings["n_train"], settings["m"]
    networks = settings["seeds"] * (len(settings["kappa"]) + 1)
    steps = 14 * settings["iterations"] + 4 * settings["euler_steps"]
    numbers = networks * max(widths) * (3 * d + 1) * 4 + settings["seeds"] * settings["n_test"] * d
    return Cost(networks * n * sum(widths) * d * steps // 10**9, 900 + 8 * numbers // 10**6)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.networks.divergence import without_diverged

    like, data = job.like(), _drawn(job)
    rows = [row for m in job.settings["m"] for row in _of_width(job, m, data, like)]
    return {"start": without_diverged(pd.DataFrame(rows), ["loss", "sliced_w1"])}


def starts(settings: Mapping) -> list[tuple[float, bool]]:
    """Return (kappa, antisymmetric) of every start: pairs that cancel are at the largest kappa."""
    kappas = settings["kappa"]
    return [*((kappa, False) for kappa in kappas), (max(kappas), True)]


def _drawn(job: Job) -> list[dict]:
    """Draw each seed's data, with the distance of its starting points and what measures it."""
    import torch

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.draws import evaluation_draw, training_draw
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
    from flowbounds.data.streams import stream
    from flowbounds.networks.metrics import SlicedW1, random_directions

    d, part, drawn = job.cell["d"], job.settings, []
    for seed in range(part["seeds"]):
        key = (job.experiment, GAUSSIAN_MIXTURE, d)
        draw = training_draw(*key, seed, part["n_train"])
        x, v = inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])
        fresh = evaluation_draw(*key, seed, part["n_train"], part["n_test"], None)
        along = random_directions(part["projections"], d, stream(*key, None, seed, "projections"))
        reference, along, x0 = map(torch.from_numpy, (fresh["reference"], along, fresh["x0"]))
        distance = SlicedW1(reference, along, len(x0))
        drawn.append({"x": x, "v": v, "x0": fresh["x0"], "distance": distance})
        drawn[-1] |= {"zero_loss": (v**2).sum(axis=1).mean(), "sliced_w1_start": distance(x0)}
    return drawn


def _of_width(job: Job, m: int, data: list[dict], like) -> list[dict]:
    """Train all starts and seeds of one width as one stack, and measure where they end."""
    import math

    import numpy as np
    import torch

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.streams import stream
    from flowbounds.networks.flow import euler_flow
    from flowbounds.networks.regression import columns
    from flowbounds.networks.stack import Networks, antisymmetric, diverged_at, initialise, train

    d, part = job.cell["d"], job.settings
    each = [(start, s) for start in starts(part) for s in range(part["seeds"])]

    def drawn(kappa: float, paired: bool, s: int) -> tuple:
        rng = stream(job.experiment, GAUSSIAN_MIXTURE, d, m, s, "weights")
        return antisymmetric(m, d, kappa, rng) if paired else initialise(m, d, kappa, rng)

    def stacked(name: str) -> torch.Tensor:
        return columns(np.stack([data[s][name] for _, s in each]), like)

    layers = zip(*(drawn(*start, s) for start, s in each), strict=True)
    networks = Networks(*(torch.as_tensor(np.stack(layer)).to(like) for layer in layers))
    eta = torch.full((len(each),), part["eta"]).to(like)
    last = part["iterations"]
    label = f"{job.label} m={m}"
    trained = train(networks, stacked("x"), stacked("v"), eta, [last], label)
    losses = trained.losses.cpu().numpy()
    diverged = diverged_at(losses)
    ends = Networks(trained.w[-1], trained.a[-1])
    radius = 2 * math.sqrt(d) * part["b1"]
    samples = euler_flow(ends, stacked("x0"), part["euler_steps"], radius).mT.cpu().double()
    rows = []
    for e, ((kappa, paired), s) in enumerate(each):
        sound = bool(samples[e].isfinite().all())
        distance = data[s]["distance"](samples[e].contiguous()) if sound else math.nan
        rows.append(
            {"d": d, "m": m, "kappa": kappa, "antisymmetric": paired, "seed": s}
            | {"loss_start": losses[0, e], "loss": losses[-1, e], "sliced_w1": distance}
            | {name: data[s][name] for name in ("zero_loss", "sliced_w1_start")}
            | {"diverged_at": last if np.isnan(diverged[e]) and not sound else diverged[e]}
        )
    return rows

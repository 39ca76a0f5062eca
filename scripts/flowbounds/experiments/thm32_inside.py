"""Paper A's Theorem 3.2 inside its conditions: few points, a small kappa, tiny steps.

Three cases on the same samples: step size and kappa as the theorem asks for them; kappa alone, with
steps long enough to fit the sample; and neither, kappa = 1, where the dynamics are nearest to
linear. The width that the theorem asks for is out of reach, so that widths are a grid. Another
table splits the distance to the linearised dynamics into its mean over initialisations and its
fluctuation. One job holds all of one dimension, in double precision: steps of the theorem's size
are lost in single precision.
"""

from collections.abc import Iterator, Mapping

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, without

_NETWORK = (
    Column(
        "case",
        "what theorem 3.2 asks for and the network has: step size and kappa (inside), kappa (long "
        "steps), neither (large kappa: 1)",
        "string",
        key=True,
    ),
    c.D,
    c.N,
    c.M,
    c.SEED,
)

TABLES = {
    "thm32_inside": (
        *_NETWORK,
        Column("lambda_min", "smallest eigenvalue of K", symbol="λ_min"),
        Column("step", "step size of an unnormalised gradient, as in the theorem", symbol="η"),
        Column("kappa_used", "standard deviation of the first layer at t = 0", symbol="κ"),
        Column("width_asked", "width that the theorem asks for, constants taken as 1"),
        Column(
            "slowest",
            "rate of decrease of log L over the promised -log(1 - eta lambda_min / 2), least "
            "of the intervals between checkpoints",
        ),
        Column("linear_slowest", "the same of the linearised dynamics from the network's start"),
        Column("deviation", "|Delta(t) - linearised| / |Delta(0)|, largest of the checkpoints"),
    ),
    "thm32_inside_decay": (
        *_NETWORK,
        c.T,
        Column("progress", "eta lambda_min t, with the theorem's eta"),
        Column("loss", "L over L at t = 0", symbol="L"),
        Column("linear_loss", "the same of the linearised dynamics"),
        Column("pace", "rate of decrease since the checkpoint before over what is promised"),
        Column("linear_pace", "the same of the linearised dynamics"),
    ),
    "thm32_split": (
        c.D,
        c.N,
        c.M,
        c.SEED,
        Column(
            "fluctuation",
            "of Delta(T) - linearised about its mean over initialisations, root mean square "
            "over |V|",
        ),
        Column("first_order", "the same of what the network's own kernel changes to first order"),
        Column(
            "mean_square",
            "squared mean over initialisations of Delta(T) - linearised over |V|^2, less what its "
            "error adds",
        ),
    ),
}
INPUTS = ()

INSIDE, LONG, LARGE = "inside", "long steps", "large kappa"
CASES = (INSIDE, LONG, LARGE)
SHARE = 0.5
"""Of what the theorem allows, for step size and kappa; and of 1 / lambda_max, for long steps."""
ROUNDING = 1e-24
"""Of L(0): below, L is what rounding leaves of it."""


def cells(config: Mapping) -> list[Cell]:
    return [{"d": d} for d in config["thm32_inside"]["d"]]


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["thm32_inside"], *cell)


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Training, half in passes over the hidden layers; in memory the widest stack."""
    units = sum(settings["m"]) * sum(settings["n"]) * settings["iterations"] * len(CASES)
    n, split = min(settings["n"]), sum(settings["split_m"]) * settings["starts"]
    units += split * n * settings["split_iterations"]
    widest = max(len(CASES) * max(settings["m"]), settings["starts"] * max(settings["split_m"]))
    numbers = 3 * widest * (3 * cell["d"] + 1)
    operations = 2 * settings["seeds"] * units * (14 * cell["d"] + 24)
    return Cost(operations // 10**9, 500 + 8 * numbers // 10**6)


def measure(job: Job) -> dict:
    import pandas as pd

    from flowbounds.networks.devices import describe, set_up

    job.hardware.update(describe(set_up("cpu", job.threads), job.threads))
    networks, decay, split = [], [], []
    for seed in range(job.settings["seeds"]):
        for n in job.settings["n"]:
            for row, at in _of_sample(job, n, seed):
                networks.append(row)
                decay += at
        split += _split(job, min(job.settings["n"]), seed)
    return {
        "thm32_inside": pd.DataFrame(networks),
        "thm32_inside_decay": pd.DataFrame(decay),
        "thm32_split": pd.DataFrame(split),
    }


def sample(job: Job, n: int, seed: int) -> tuple:
    """Draw the inputs (n, 2 d + 1) and targets (n, d) of a sample of the mixture."""
    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.draws import training_draw
    from flowbounds.data.schedules import SCHEDULES, inputs_and_targets

    draw = training_draw(job.experiment, GAUSSIAN_MIXTURE, job.cell["d"], seed, n)
    return inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])


def cases(x, v) -> dict[str, tuple]:
    """Return (kappa, problem, step) of each case; the step is the theorem's, unnormalised."""
    from flowbounds.theory.conditions import network_conditions
    from flowbounds.theory.linearisation import Problem

    n, d = v.shape
    # K has more of B the larger kappa is, and B no negative eigenvalue: with the smallest one of
    # C alone for lambda_min the condition on kappa is met all the more
    least = Problem.of(x, v, 0.0).spectrum.values[0]
    asked = {c.condition: c.required for c in network_conditions(d, n, 1, 1, 1, least, 1)}
    found = {}
    for case in CASES:
        kappa = 1.0 if case == LARGE else SHARE * asked["kappa"]
        problem = Problem.of(x, v, kappa)
        step = SHARE / problem.spectrum.values[-1]
        if case == INSIDE:
            step = min(step, SHARE * asked["step_size"])
        found[case] = kappa, problem, step
    return found


def _of_sample(job: Job, n: int, seed: int) -> Iterator[tuple[dict, list[dict]]]:
    """Train the three cases at every width; yield a network's row and those of its checkpoints."""
    import numpy as np
    import torch

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.streams import stream
    from flowbounds.networks.residuals import residuals
    from flowbounds.networks.stack import Networks, initialise
    from flowbounds.theory.linearisation import checkpoints

    d, t = job.cell["d"], checkpoints(job.settings["iterations"])
    x, v = sample(job, n, seed)
    of_case = cases(x, v)
    etas = torch.tensor([n / 2 * step for _, _, step in of_case.values()], dtype=torch.float64)
    points, targets = (
        torch.as_tensor(array.T).expand(len(CASES), *array.T.shape) for array in (x, v)
    )
    for m in job.settings["m"]:
        rng = stream(job.experiment, GAUSSIAN_MIXTURE, d, m, seed, "weights")
        w, a = initialise(m, d, 1.0, rng)
        first = np.stack([kappa * w for kappa, _, _ in of_case.values()])
        second = np.stack([a] * len(CASES))
        start = Networks(torch.as_tensor(first), torch.as_tensor(second))
        label = f"{job.label} n={n} m={m} seed={seed}"
        delta = residuals(start, points, targets, etas, t, label).numpy().swapaxes(2, 3)
        for k, case in enumerate(CASES):
            names = {"case": case, "d": d, "n": n, "m": m, "seed": seed}
            yield _compare(names, of_case[case], t, delta[:, k])


def _compare(names: dict, case: tuple, t: list[int], delta) -> tuple[dict, list[dict]]:
    """Compare one network's residuals, shape (C, n, d), with promise and linearised dynamics."""
    import numpy as np

    from flowbounds.theory.conditions import network_conditions

    kappa, problem, step = case
    n, d = problem.v.shape
    eta, least = n * step / 2, problem.spectrum.values[0]
    linear = np.stack([problem.spectrum.residual(delta[0], eta, time) for time in t])
    squares = {"": np.sum(delta**2, axis=(1, 2)), "linear_": np.sum(linear**2, axis=(1, 2))}
    start = squares[""][0]
    promised = -np.log1p(-step * least / 2) * np.diff(t)
    paces = {}
    for kind, values in squares.items():
        # what is fitted to rounding falls no more; the first interval always counts
        above = np.append(True, values[2:] > ROUNDING * start)
        with np.errstate(divide="ignore", invalid="ignore"):
            paces[kind] = np.where(above, -np.diff(np.log(values)) / promised, np.nan)
    distance = np.sqrt(np.sum((delta - linear) ** 2, axis=(1, 2)) / start)
    asked = network_conditions(d, n, names["m"], eta, kappa, least, start)
    row = names | {
        "lambda_min": least,
        "step": step,
        "kappa_used": kappa,
        "width_asked": next(c.required for c in asked if c.condition == "width"),
        "slowest": np.nanmin(paces[""]),
        "linear_slowest": np.nanmin(paces["linear_"]),
        "deviation": distance.max(),
    }
    at = [
        names
        | {
            "t": time,
            "progress": step * least * time,
            "loss": squares[""][k] / start,
            "linear_loss": squares["linear_"][k] / start,
            "pace": paces[""][k - 1],
            "linear_pace": paces["linear_"][k - 1],
        }
        for k, time in enumerate(t)
        if k
    ]
    return row, at


def _split(job: Job, n: int, seed: int) -> list[dict]:
    """Split the distance to linearised dynamics over many starts of kappa = 1, a row a width."""
    import numpy as np
    import torch

    from flowbounds.data.datasets import GAUSSIAN_MIXTURE
    from flowbounds.data.streams import stream
    from flowbounds.networks.residuals import residuals
    from flowbounds.networks.stack import Networks, initialise
    from flowbounds.theory.first_order import first_order, own_kernel

    d, starts, t = job.cell["d"], job.settings["starts"], job.settings["split_iterations"]
    x, v = sample(job, n, seed)
    kappa, problem, step = cases(x, v)[LARGE]
    eta, mean_kernel = n * step / 2, problem.b + problem.c
    limit = mean_kernel[:, np.newaxis, :, np.newaxis] * np.eye(d)[:, np.newaxis, :]
    points, targets = (torch.as_tensor(array.T).expand(starts, *array.T.shape) for array in (x, v))
    rows = []
    for m in job.settings["split_m"]:
        rng = stream(job.experiment, GAUSSIAN_MIXTURE, d, m, seed, "weights of the split")
        drawn = [initialise(m, d, kappa, rng) for _ in range(starts)]
        w, a = (torch.as_tensor(np.stack(layer)) for layer in zip(*drawn, strict=True))
        label = f"{job.label} split m={m} seed={seed}"
        delta = residuals(
            Networks(w, a),
            points,
            targets,
            torch.full((starts,), eta, dtype=w.dtype),
            [0, t],
            label,
        )
        begun, ended = delta.numpy().swapaxes(2, 3)
        off = np.stack([
            end - problem.spectrum.residual(begin, eta, t)
            for begin, end in zip(begun, ended, strict=True)
        ])  # fmt: skip
        first = np.stack([
            first_order(problem.spectrum, own_kernel(*layers, x) - limit, begin, eta, t)
            for layers, begin in zip(drawn, begun, strict=True)
        ])  # fmt: skip
        unit = np.sum(v**2)
        rest = off - first  # of the same mean, and with most of the fluctuation gone
        error = np.sum(rest.var(axis=0, ddof=1)) / starts
        rows.append({
            "d": d, "n": n, "m": m, "seed": seed,
            "fluctuation": np.sqrt(np.sum(off.var(axis=0, ddof=1)) / unit),
            "first_order": np.sqrt(np.sum(first.var(axis=0, ddof=1)) / unit),
            "mean_square": (np.sum(rest.mean(axis=0) ** 2) - error) / unit,
        })  # fmt: skip
    return rows

"""Diffusion flow matching on image codes: drifts of all couplings, samples, distances.

One job trains all couplings and seeds of a data set, one stack of networks, and samples with every
number of steps and delta.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product

from flowbounds.experiments import columns as c
from flowbounds.experiments.experiment import Cell, Column, Cost, Job, combinations, without

TABLES = {
    "dfm_images": (
        c.DATASET,
        Column("coupling", "coupling of base and codes", "string", symbol="π", key=True),
        c.D,
        c.STEPS,
        c.DELTA,
        c.SEED,
        Column("drift_mse", "sum_k h_k E|s - (X_1 - X_t) / (1 - t)|^2 at t_k on held-out pairs"),
        Column("drift_mse_linear", "drift_mse of the linear drift that the pairs' moments give"),
        Column("drift_mse_train", "drift_mse on the training pairs"),
        Column("drift_mse_train_linear", "drift_mse_linear on the training pairs"),
        c.SLICED_W1,
        Column(
            "w2_exact", "exact W2 of generated to held-out codes", unit="length of x", symbol="W₂"
        ),
        Column("sliced_w1_floor", "sliced W1 of two held-out samples", unit="length of x"),
        Column("w2_exact_floor", "exact W2 of two held-out samples", unit="length of x"),
        c.DIVERGED_AT,
    )
}
INPUTS = ("codes",)
ARCHIVES = ("samples",)

# What is emptied of networks that have diverged.
_OF_NETWORKS = ["drift_mse", "drift_mse_train", "sliced_w1", "w2_exact"]


def cells(config: Mapping) -> list[Cell]:
    return combinations(config["dfm_images"], dataset="datasets")


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["dfm_images"], "datasets")


def cost(settings: Mapping, cell: Cell) -> Cost:
    """Training (6 m^2 a pair), sampling (2 m^2 a step), and exact W2, measured as 10 n^3 each.

    The simplex method behind W2 and the optimal-transport coupling may take longer: hence two
    hours at least.
    """
    networks = len(settings["couplings"]) * settings["seeds"]
    deltas, n = len(settings["delta"]), settings["n_test"]
    passes = 3 * settings["iterations"] * settings["batch"] + deltas * sum(settings["steps"]) * n
    distances = deltas * len(settings["steps"]) * 10 * n**3
    operations = networks * (2 * settings["m"] ** 2 * passes + distances)
    return Cost(6600 + operations // 10**9, 2000)


def check(config: Mapping) -> None:
    """Check that the image sets are as large as what is drawn from them.

    Raises:
        ConfigError: on the first fault.
    """
    from flowbounds.experiments.image_sizes import image_sizes
    from flowbounds.run.config import ConfigError

    part, components = config["dfm_images"], config["images"]["components"]
    for dataset, (train, test, pixels) in image_sizes(config, "dfm_images").items():
        if part["n_train"] > train:
            raise ConfigError(
                f"dfm_images.n_train = {part['n_train']}, but {dataset} has only {train} "
                "training images"
            )
        if 2 * part["n_test"] > test:
            raise ConfigError(
                f"dfm_images.n_test = {part['n_test']}, but {dataset} has only {test} test images, "
                f"and two samples are drawn: at most {test // 2}"
            )
        if components > min(train, pixels):
            raise ConfigError(
                f"images.components = {components}, but {dataset} of "
                f"dfm_images.datasets has only {min(train, pixels)} principal components"
            )


def measure(job: Job, codes: Sequence[str]) -> dict:
    import pandas as pd

    from flowbounds.data.codes import Codes
    from flowbounds.dfm.paths import uniform_times
    from flowbounds.networks.divergence import without_diverged
    from flowbounds.run.progress import progress

    part, loaded = job.settings, Codes.load(codes[0])
    setup = _Setup(job, loaded)
    references = [_Reference(setup, seed) for seed in setup.seeds]
    training = setup.pairs([setup.train for _ in setup.seeds], part["n_train"], "train")
    # the codes that samples are compared with are also those of the held-out pairs
    held_out = setup.pairs([of_seed.codes for of_seed in references], part["n_test"], "held out")
    networks, diverged_at = setup.fit(training)
    start, pairs = setup.start(), (setup.stacked(held_out), setup.stacked(training))

    rows, shown = [], {}
    grid = list(product(part["steps"], part["delta"]))
    for steps, delta in progress(grid, f"{job.label} samples"):
        times = uniform_times(steps, delta)
        errors = setup.drift_errors(networks, *pairs, times)
        x = setup.sample(networks, start, times)
        for e, (coupling, seed) in enumerate(setup.of):
            names = {**job.cell, "coupling": coupling, "d": setup.d, "steps": steps}
            rows.append(
                names
                | {"delta": delta, "seed": seed}
                | {name: values[e] for name, values in errors.items()}
                | references[seed].distances(x[e])
                | references[seed].floor
                | {"diverged_at": diverged_at[e]}
            )
            if seed == 0 and (steps, delta) == (max(part["steps"]), min(part["delta"])):
                shown[coupling] = x[e]
    return {
        "dfm_images": without_diverged(pd.DataFrame(rows), _OF_NETWORKS),
        "samples": {"dataset": loaded.dataset, "reference": references[0].codes, **shown},
    }


class _Setup:
    """Codes and random streams of a job; network e has the coupling and the seed ``of[e]``."""

    def __init__(self, job: Job, codes) -> None:
        self.job, self.part, self.like = job, job.settings, job.like()
        self.train, self.test = codes.train.astype("float64"), codes.test.astype("float64")
        self.d = self.train.shape[1]
        self.seeds = range(self.part["seeds"])
        self.of = list(product(self.part["couplings"], self.seeds))
        self.seed_of = [seed for _, seed in self.of]

    def rng(self, role: str, seed: int, m: int | None = None):
        from flowbounds.data.streams import stream

        return stream(self.job.experiment, self.job.cell["dataset"], self.d, m, seed, role)

    def rngs(self, role: str) -> list:
        """Return the streams of a role, one a seed."""
        return [self.rng(role, seed) for seed in self.seeds]

    def stack(self, arrays: Sequence):
        """Return one tensor of the networks' arrays."""
        import numpy as np
        import torch

        return torch.as_tensor(np.stack(arrays)).to(self.like)

    def pairs(self, codes: Sequence, n: int, split: str) -> list[tuple]:
        """Draw n pairs for each network, from the codes of its seed."""
        from flowbounds.dfm.code_pairs import pairs

        return [
            pairs(coupling, codes[seed], n, partial(self.rng, seed=seed), split)
            for coupling, seed in self.of
        ]

    def stacked(self, pairs: Sequence[tuple]) -> list:
        """Return x0 and x1 of all networks' pairs as tensors."""
        return [self.stack(points) for points in zip(*pairs, strict=True)]

    def fit(self, training: Sequence[tuple]) -> tuple:
        """Return the networks and where they diverged."""
        from flowbounds.dfm import learned

        m = self.part["m"]
        return learned.fit(
            training,
            [learned.initialise(self.d, m, self.rng("weights", seed, m)) for seed in self.seed_of],
            self.rngs("noise"),
            self.seed_of,
            **{name: self.part[name] for name in ("eta", "iterations", "batch")},
            like=self.like,
            label=self.job.label,
        )

    def start(self):
        """Draw the points that samples start from, of the base of each network's coupling."""
        from flowbounds.dfm.code_pairs import starting_points

        n = self.part["n_test"]
        codes = [rng.choice(self.train, n) for rng in self.rngs("start x1")]
        return self.stack(
            [
                starting_points(coupling, codes[seed], self.rng("start x0", seed))
                for coupling, seed in self.of
            ]
        )

    def sample(self, networks, start, times):
        """Return the codes that the networks generate, shape (E, n, d)."""
        from flowbounds.dfm import learned

        noise = self.rngs(f"sample N={len(times) - 1}")
        return learned.sample(networks, start, times, noise, self.seed_of).cpu().double().numpy()

    def drift_errors(self, networks, held_out: Sequence, training: Sequence, times) -> dict:
        """Return the regression errors on both kinds of pairs, by column."""
        from flowbounds.dfm.learned import regression_error

        columns = {}
        for name, pairs, role in (
            ("drift_mse", held_out, "held out error"),
            ("drift_mse_train", training, "train error"),
        ):
            errors = regression_error(networks, *pairs, times, self.rngs(role), self.seed_of)
            columns[name], columns[f"{name}_linear"] = errors
        return columns


class _Reference:
    """Held-out codes that samples of one seed are compared with.

    From the test split come two disjoint samples: these codes, and those that the floor compares
    them with.
    """

    def __init__(self, setup: _Setup, seed: int) -> None:
        import torch

        from flowbounds.networks.metrics import SlicedW1, random_directions

        n = setup.part["n_test"]
        drawn = setup.rng("reference", seed).choice(setup.test, 2 * n, replace=False)
        self.codes, other = drawn[:n], drawn[n:]
        rng = setup.rng("projections", seed)
        along = torch.from_numpy(random_directions(setup.part["projections"], setup.d, rng))
        self._sliced_w1 = SlicedW1(torch.from_numpy(self.codes), along, n)
        self.floor = {f"{name}_floor": value for name, value in self.distances(other).items()}

    def distances(self, x) -> dict[str, float]:
        """Return the distances of a sample to the reference; empty if it diverged."""
        import numpy as np
        import torch

        from flowbounds.networks.metrics import exact_w2

        if not np.isfinite(x).all():
            return {"sliced_w1": np.nan, "w2_exact": np.nan}
        return {
            "sliced_w1": self._sliced_w1(torch.from_numpy(x)),
            "w2_exact": exact_w2(x, self.codes),
        }

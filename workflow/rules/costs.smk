# What a job of training or sampling needs: operations, minutes, megabytes. A configuration that asks
# for more than there is stops here, with the estimate.

import shutil
from types import SimpleNamespace

import psutil

NUMBER = 8 if config["run"]["dtype"] == "float64" else 4  # bytes of a number of a network
GPU = int(config["run"]["device"] == "cuda")  # what a job asks of a scheduler; auto asks for none


def checkpoints(part):
    return part["iterations"] // part["checkpoint_every"] + 1


def gigaflops(wildcards, *stages):
    """Floating-point operations, in 1e9, of training (14 n m d a step) and sampling (4 n m d)."""
    part, d, m = config[wildcards.experiment], int(wildcards.d), int(wildcards.m)
    steps = {"train": 14 * part["iterations"], "sample": 4 * part["euler_steps"] * checkpoints(part)}
    networks = part["seeds"] * len(part["eta"])
    return networks * part["n_train"] * m * d * sum(steps[stage] for stage in stages) // 10**9


def minutes(*stages):
    """Time limit of a job: ten times what a core at 10 GFLOP/s needs; more at every attempt."""
    return lambda wildcards, attempt: attempt * (10 + gigaflops(wildcards, *stages) // 60)


def weights_bytes(wildcards):
    """Bytes of a job's weights at all checkpoints."""
    part, d, m = config[wildcards.experiment], int(wildcards.d), int(wildcards.m)
    return NUMBER * checkpoints(part) * part["seeds"] * len(part["eta"]) * m * (3 * d + 1)


def megabytes(wildcards, attempt):
    """Memory of a job: torch, twice the weights, data, losses, a hidden layer, and exact W1."""
    part, d, m = config[wildcards.experiment], int(wildcards.d), int(wildcards.m)
    n, networks = part["n_train"], part["seeds"] * len(part["eta"])
    numbers = networks * (2 * n * (3 * d + 1) + part["iterations"]) + 2 * n * m
    double = 3 * n**2 + 2 * part["seeds"] * part["n_test"] * d
    return attempt * (800 + (2 * weights_bytes(wildcards) + NUMBER * numbers + 8 * double) // 10**6)


def regression_megabytes(experiment, d, n):
    """Memory of a job of a regression: points of all seeds, a hidden layer, and exact W1, doubled."""
    part = config[experiment]
    widths = part["m"] if isinstance(part["m"], list) else [part["m"]]
    widest = max((m for m in widths if m != "inf"), default=0)
    points = n + part.get("n_test", 0)
    numbers = part["seeds"] * (points * (3 * d + 1) + part["iterations"]) + n * widest
    return 2 * 8 * (numbers + part.get("n_test", 0) ** 2 * (experiment == "sampling")) // 10**6


def ntk_gigaflops(wildcards):
    """Floating-point operations, in 1e9, of training all networks of a (d, n, kappa)."""
    part, d, n = config["ntk"], int(wildcards.d), int(wildcards.n)
    networks = part["seeds"] * len(part["eta"])
    return 14 * part["iterations"] * networks * n * sum(part["m"]) * d // 10**9


def ntk_megabytes(wildcards, attempt):
    """Memory of such a job: the hidden layers of the widest network, its weights, and torch."""
    part, d, n, m = config["ntk"], int(wildcards.d), int(wildcards.n), max(config["ntk"]["m"])
    numbers = m * (4 * n + 20 * len(part["eta"]) * (3 * d + 1))
    return attempt * (800 + 8 * numbers // 10**6)


def gram_megabytes(n):
    """Three arrays of the size of a Gram matrix: n training and 1000 fresh points."""
    return 3 * 8 * (n + 1000) ** 2 // 10**6


def generalization_minutes(d, n):
    """Ten times what a core at 10 GFLOP/s needs for training, and for n^3 and (n + 1000)^2 d."""
    part = config["generalization"]
    widths = sum(m for m in part["m"] if m != "inf")
    training = 14 * part["iterations"] * n * widths * d
    kernel = 3 * n**3 + 300 * (n + 1000) ** 2 * (d + 1)
    return len(part["tau_min"]) * part["seeds"] * (training + kernel) // (60 * 10**9)


def sampling_minutes(d, n):
    """Ten times what a core at 10 GFLOP/s needs for training and for sampling, ten seconds a W1."""
    part = config["sampling"]
    points = 14 * part["iterations"] * n + 4 * part["euler_steps"] * part["n_test"]
    jobs = len(part["b1"]) * part["seeds"]
    return jobs * (1 + points * sum(part["m"]) * d // (60 * 10**9))


def largest_jobs():
    """The memory in MB of each experiment's largest job, and the settings that decide it."""
    sizes = "lower {0}.n, {0}.m, {0}.d or {0}.seeds"
    for name in ("simulation", "images"):
        of = [SimpleNamespace(experiment=name, d=d, m=m) for _, d, m in grid(name)]
        yield max(megabytes(job, 1) for job in of), sizes.replace(".n", ".n_train").format(name)
    part = config["ntk"]
    of = [SimpleNamespace(d=d, n=n) for d in part["d"] for n in part["n"]]
    yield max(ntk_megabytes(job, 1) for job in of), sizes.format("ntk")
    yield gram_megabytes(max(config["ntk_spectrum"]["n"])), "lower ntk_spectrum.n"
    for name in ("generalization", "sampling", "sup_norm"):
        d, n = max(config[name]["d"]), max(config[name]["n"])
        gram = gram_megabytes(n) if name == "generalization" else 0
        yield 1000 + regression_megabytes(name, d, n) + gram, sizes.format(name)


def affordable():
    """Stop where a job needs more memory than this machine has, or the weights more disk.

    Memory is the scheduler's business where jobs are submitted to one.
    """
    needed, remedy = max(largest_jobs())
    there = psutil.virtual_memory().total // 10**6
    if workflow.is_main_process and workflow.resource_settings.nodes is None and needed > there:
        raise WorkflowError(
            f"config: a job would need about {needed} MB of memory; this machine has {there} MB: "
            f"{remedy}, or submit to a cluster (README)"
        )
    needed = sum(
        weights_bytes(SimpleNamespace(experiment=name, d=d, m=m))
        for name in ("simulation", "images")
        for _, d, m in grid(name)
    )
    written = sum(file.stat().st_size for file in Path("results/checkpoints").rglob("*.npz"))
    if needed > (there := shutil.disk_usage(".").free + written):
        raise WorkflowError(
            f"config: the weights of all checkpoints would take about {needed // 10**6} MB of disk; there"
            f" are {there // 10**6} MB for them: raise checkpoint_every, or lower m, d or seeds"
        )


affordable()

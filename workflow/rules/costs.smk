# What a job of training or sampling needs: operations, minutes, megabytes.


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


def megabytes(wildcards, attempt):
    """Memory of a job: twice the weights at all checkpoints, and torch."""
    part, d, m = config[wildcards.experiment], int(wildcards.d), int(wildcards.m)
    weights = checkpoints(part) * part["seeds"] * len(part["eta"]) * m * (3 * d + 1)
    return attempt * (800 + 2 * weights * (8 if config["run"]["dtype"] == "float64" else 4) // 10**6)


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

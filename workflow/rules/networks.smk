# From drawn data to tables: train, sample and measure, collect. One job of each kind per data set,
# dimension and width holds all step sizes and seeds, so a new width or dimension runs alone.

# What changes the numbers: the order of these files is that of the data flow.
TRAIN_CODE = code("train", "schedules", "networks", "devices", "progress", "files", "streams")
SAMPLE_CODE = code(
    "sample", "flow", "networks", "metrics", "evaluation", "devices", "progress", "files", "streams"
)


def grid(experiment):
    """The (dataset, d, m) cells of an experiment: one job of each kind per cell."""
    part = config[experiment]
    if experiment == "images":
        return [(name, part["components"], m) for name in part["datasets"] for m in part["m"]]
    return [("gaussian_mixture", d, m) for d in part["d"] for m in part["m"]]


def cells(experiment, pattern):
    """One path per cell of an experiment."""
    return [
        pattern.format(experiment=experiment, dataset=dataset, d=d, m=m)
        for dataset, d, m in grid(experiment)
    ]


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


rule train:
    """Gradient descent of all step sizes and seeds of one width; weights at every checkpoint."""
    input:
        data="results/data/{experiment}/{dataset}/d{d}_training.npz",
        code=TRAIN_CODE,
    output:
        weights="results/checkpoints/{experiment}/{dataset}/d{d}_m{m}.npz",
        record="results/checkpoints/{experiment}/{dataset}/d{d}_m{m}.json",
    params:
        run=flags(config["run"], "device", "dtype"),
        train=lambda w: flags(
            config[w.experiment], "eta", "iterations", "checkpoint_every", "kappa", "schedule"
        ),
    log:
        "results/logs/train/{experiment}/{dataset}_d{d}_m{m}.log",
    benchmark:
        "results/benchmarks/train/{experiment}/{dataset}_d{d}_m{m}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    priority: lambda w: gigaflops(w, "train", "sample")  # longest first, sampling included
    resources:
        mem_mb=megabytes,
        runtime=minutes("train"),
    shell:
        "python {input.code[0]} --experiment {wildcards.experiment} --dataset {wildcards.dataset}"
        " --m {wildcards.m} {params.train} {params.run} --threads {threads}"
        " --data {input.data} --out {output.weights} --record {output.record} 2>&1 | tee {log}"


rule sample:
    """Algorithm 2 at every checkpoint, and the distances of the samples to fresh data."""
    input:
        data="results/data/{experiment}/{dataset}/d{d}_evaluation.npz",
        weights=rules.train.output.weights,
        code=SAMPLE_CODE,
    output:
        table="results/measurements/{experiment}/{dataset}/d{d}_m{m}.csv",
        samples="results/measurements/{experiment}/{dataset}/d{d}_m{m}.npz",
        record="results/measurements/{experiment}/{dataset}/d{d}_m{m}.json",
    params:
        run=flags(config["run"], "device"),
        sample=lambda w: flags(config[w.experiment], "euler_steps", "projections", "b1"),
    log:
        "results/logs/sample/{experiment}/{dataset}_d{d}_m{m}.log",
    benchmark:
        "results/benchmarks/sample/{experiment}/{dataset}_d{d}_m{m}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    priority: lambda w: gigaflops(w, "sample")
    resources:
        mem_mb=megabytes,
        runtime=minutes("sample"),
    shell:
        "python {input.code[0]} --experiment {wildcards.experiment} --dataset {wildcards.dataset}"
        " {params.sample} {params.run} --threads {threads}"
        " --data {input.data} --checkpoints {input.weights}"
        " --table {output.table} --samples {output.samples} --record {output.record}"
        " 2>&1 | tee {log}"


rule trajectory_table:
    """One table an experiment, with where its numbers come from beside it."""
    input:
        tables=lambda w: cells(w.experiment, rules.sample.output.table),
        records=lambda w: cells(w.experiment, rules.train.output.record)
        + cells(w.experiment, rules.sample.output.record),
        code=code("collect_table", "files"),
        computed_by=sorted({*DATA_CODE, *TRAIN_CODE, *SAMPLE_CODE}),
    output:
        table="results/tables/{experiment}.csv",
        meta="results/tables/{experiment}.meta.json",
    params:
        config=lambda w: json.dumps({"run": config["run"], w.experiment: config[w.experiment]}),
        seeds=lambda w: config[w.experiment]["seeds"],
        columns=lambda w: ("dataset " if w.experiment == "images" else "") + "d m eta seed t",
    log:
        "results/logs/trajectory_table/{experiment}.log",
    benchmark:
        "results/benchmarks/trajectory_table/{experiment}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]} --tables {input.tables} --records {input.records}"
        " --keys {params.columns} --values loss sliced_w1 w1_exact diverged_at"
        " --config {params.config:q} --seeds {params.seeds} --code {input.computed_by} --out {output.table}"
        " --meta {output.meta} 2>&1 | tee {log}"

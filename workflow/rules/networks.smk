# From drawn data to tables: train, sample and measure, collect. One job of each kind per data set,
# dimension and width holds all step sizes and seeds, so a new width or dimension runs alone.

# What changes the numbers.
TRAIN_CODE = code("train")
SAMPLE_CODE = code("sample")


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
        gpu=GPU,
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
        gpu=GPU,
        runtime=minutes("sample"),
    shell:
        "python {input.code[0]} --experiment {wildcards.experiment} --dataset {wildcards.dataset}"
        " {params.sample} {params.run} --threads {threads}"
        " --data {input.data} --checkpoints {input.weights}"
        " --table {output.table} --samples {output.samples} --record {output.record}"
        " 2>&1 | tee {log}"


rule trajectory_table:
    """One table an experiment, with where its numbers come from beside it."""
    localrule: True  # seconds long: not worth a job on a cluster
    input:
        tables=lambda w: cells(w.experiment, rules.sample.output.table),
        records=lambda w: cells(w.experiment, rules.train.output.record)
        + cells(w.experiment, rules.sample.output.record),
        code=code("collect_table"),
        computed_by=sorted({*DATA_CODE, *TRAIN_CODE, *SAMPLE_CODE}),
    output:
        table="results/tables/{experiment}.csv",
        meta="results/tables/{experiment}.meta.json",
    params:
        config=lambda w: settings_of(w.experiment),
        seeds=lambda w: config[w.experiment]["seeds"],
        columns=lambda w: ("dataset " if w.experiment == "images" else "") + "d m eta seed t",
        values="loss sliced_w1 w1_exact diverged_at",
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
        " --keys {params.columns} --values {params.values}"
        " --config {params.config:q} --seeds {params.seeds} --code {input.computed_by} --out {output.table}"
        " --meta {output.meta} 2>&1 | tee {log}"

# From a population to measurements, a stage at a time: data -> train -> sample. One job of each kind
# per data set, dimension and width holds all step sizes and seeds, so a new width or dimension runs
# alone.


rule image_codes:
    """PCA codes of an image data set, fitted on its full training split."""
    localrule: True  # downloads what data.root lacks, so never on a compute node
    input:
        code=IMAGE_CODE,
    output:
        CODES,
    params:
        source=lambda w: image_sizes.source(config, w.dataset),
        content=lambda w: image_sizes.content(config, w.dataset),
        components=config["images"]["components"],
    log:
        "results/logs/image_codes/{dataset}.log",
    benchmark:
        "results/benchmarks/image_codes/{dataset}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=lambda w: image_sizes.megabytes(config, w.dataset),
        runtime=30,
    shell:
        "python {input.code[0]:q} --dataset {wildcards.dataset} {params.source:q}"
        " --components {params.components} --out {output} 2>&1 | tee {log}"


rule draw_data:
    """What every seed draws: training samples (x1, x0, tau), or reference and starting points."""
    localrule: True  # seconds long: not worth a job on a cluster
    input:
        codes=lambda w: codes_of(w.dataset),
        code=code("draw_data"),
    output:
        "results/data/{experiment}/{dataset}/d{d}_{kind}.npz",
    params:
        codes=lambda wildcards, input: f"--codes {input.codes}" if input.codes else "",
        sizes=draw_sizes,
    log:
        "results/logs/draw_data/{experiment}/{dataset}_d{d}_{kind}.log",
    benchmark:
        "results/benchmarks/draw_data/{experiment}/{dataset}_d{d}_{kind}.tsv"
    conda:
        ENVIRONMENT
    priority: 10**9  # seconds long, and the longest training waits for it
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]:q} {wildcards.kind} --experiment {wildcards.experiment}"
        " --dataset {wildcards.dataset} {params.codes} --d {wildcards.d} {params.sizes}"
        " --out {output} 2>&1 | tee {log}"


rule train:
    """Gradient descent of all step sizes and seeds of one width; weights at every checkpoint."""
    input:
        data="results/data/{experiment}/{dataset}/d{d}_training.npz",
        code=TRAIN_CODE,
    output:
        weights="results/checkpoints/{experiment}/{dataset}/d{d}_m{m}.npz",
        record="results/checkpoints/{experiment}/{dataset}/d{d}_m{m}.json",
    params:
        job=stage("TRAINING", "device", "dtype"),
    log:
        "results/logs/train/{experiment}/{dataset}_d{d}_m{m}.log",
    benchmark:
        "results/benchmarks/train/{experiment}/{dataset}_d{d}_m{m}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    priority: lambda w: stage_cost("train", "sample")(w).gigaflops  # longest first, sampling included
    resources:
        mem_mb=lambda w, attempt: attempt * (stage_cost("train")(w).megabytes + GPU * CUDA_MB),
        gpu=GPU,
        runtime=lambda w, attempt: attempt * minutes(stage_cost("train")(w).gigaflops),
    shell:
        "python {input.code[0]:q} {wildcards.experiment} --job {params.job:q} --threads {threads}"
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
        job=stage("SAMPLING", "device"),
    log:
        "results/logs/sample/{experiment}/{dataset}_d{d}_m{m}.log",
    benchmark:
        "results/benchmarks/sample/{experiment}/{dataset}_d{d}_m{m}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    priority: lambda w: stage_cost("sample")(w).gigaflops
    resources:
        mem_mb=lambda w, attempt: attempt * (stage_cost("sample")(w).megabytes + GPU * CUDA_MB),
        gpu=GPU,
        runtime=lambda w, attempt: attempt * minutes(stage_cost("sample")(w).gigaflops),
    shell:
        "python {input.code[0]:q} {wildcards.experiment} --job {params.job:q} --threads {threads}"
        " --data {input.data} --checkpoints {input.weights} --table {output.table}"
        " --samples {output.samples} --record {output.record} 2>&1 | tee {log}"

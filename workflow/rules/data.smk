# From a population to the samples that each repeat draws from it.

IMAGE_CODE = code("encode_images")
DATA_CODE = sorted({*IMAGE_CODE, *code("draw_data")})


rule image_codes:
    """PCA codes of an image data set, fitted on its full training split."""
    localrule: True  # downloads what data.root lacks, so never on a compute node
    input:
        code=IMAGE_CODE,
    output:
        "results/data/images/{dataset}_codes.npz",
    params:
        root=config["data"]["root"],
        components=config["images"]["components"],
    log:
        "results/logs/image_codes/{dataset}.log",
    benchmark:
        "results/benchmarks/image_codes/{dataset}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=3000,
        runtime=30,
    shell:
        "python {input.code[0]} --dataset {wildcards.dataset} --root={params.root:q}"
        " --components {params.components} --out {output} 2>&1 | tee {log}"


rule draw_data:
    """What every seed draws: training samples (x1, x0, tau), or reference and starting points."""
    localrule: True  # seconds long: not worth a job on a cluster
    input:
        codes=codes_of,
        code=code("draw_data"),
    output:
        "results/data/{experiment}/{dataset}/d{d}_{kind}.npz",
    params:
        codes=lambda wildcards, input: f"--codes {input.codes}" if input.codes else "",
        sizes=lambda w: flags(
            config[w.experiment],
            "seeds",
            "n_train",
            *(["n_test"] if w.kind == "evaluation" else []),
        ),
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
        "python {input.code[0]} {wildcards.kind} --experiment {wildcards.experiment}"
        " --dataset {wildcards.dataset} {params.codes} --d {wildcards.d} {params.sizes}"
        " --out {output} 2>&1 | tee {log}"

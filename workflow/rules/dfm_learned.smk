# Paper B with learned drifts: on targets whose drift is known, and on image codes. A job holds all
# sample sizes, widths and seeds of a target, or all couplings and seeds of a data set: they are one
# stack of networks, and share what is computed once for the target.

LEARN_DRIFT_CODE = code("learn_drift")
LEARN_IMAGES_CODE = code("learn_images")


rule learn_drift:
    """Drifts learned on one target, their errors, and the exact KL of what they generate."""
    input:
        code=LEARN_DRIFT_CODE,
    output:
        table="results/measurements/dfm_learned/{target}.csv",
        record="results/measurements/dfm_learned/{target}.json",
    params:
        run=flags(config["run"], "device", "dtype"),
        settings=flags(
            config["dfm_learned"],
            "n", "m", "steps", "seeds", "eta", "iterations", "batch", "paths",
        ),
    log:
        "results/logs/learn_drift/{target}.log",
    benchmark:
        "results/benchmarks/learn_drift/{target}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    priority: lambda w: 10**6 if w.target == "triangle" else 10**5  # minutes; the plane takes longest
    resources:
        mem_mb=lambda w, attempt: attempt * 2000,
        runtime=lambda w, attempt: attempt * 120,
        gpu=GPU,
    shell:
        "python {input.code[0]} --target {wildcards.target} {params.settings} {params.run}"
        " --threads {threads} --table {output.table} --record {output.record} 2>&1 | tee {log}"


rule learn_images:
    """Diffusion flow matching on the codes of one data set, all couplings."""
    input:
        codes=rules.image_codes.output,
        code=LEARN_IMAGES_CODE,
    output:
        table="results/measurements/dfm_images/{dataset}.csv",
        samples="results/measurements/dfm_images/{dataset}.npz",
        record="results/measurements/dfm_images/{dataset}.json",
    params:
        run=flags(config["run"], "device", "dtype"),
        settings=flags(
            config["dfm_images"],
            "couplings", "steps", "delta", "m", "seeds", "n_train", "n_test", "eta", "iterations",
            "batch", "projections",
        ),
    log:
        "results/logs/learn_images/{dataset}.log",
    benchmark:
        "results/benchmarks/learn_images/{dataset}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    priority: 10**5
    resources:
        mem_mb=lambda w, attempt: attempt * 2000,
        runtime=lambda w, attempt: attempt * 120,
        gpu=GPU,
    shell:
        "python {input.code[0]} --codes {input.codes} {params.settings} {params.run}"
        " --threads {threads} --table {output.table} --samples {output.samples}"
        " --record {output.record} 2>&1 | tee {log}"


use rule trajectory_table as dfm_learned_table with:
    input:
        tables=expand(rules.learn_drift.output.table, target=config["dfm_learned"]["targets"]),
        records=expand(rules.learn_drift.output.record, target=config["dfm_learned"]["targets"]),
        code=code("collect_table"),
        computed_by=LEARN_DRIFT_CODE,
    output:
        table="results/tables/dfm_learned.csv",
        meta="results/tables/dfm_learned.meta.json",
    params:
        config=settings_of("dfm_learned"),
        seeds=config["dfm_learned"]["seeds"],
        columns="target d n m steps seed",
        values="epsilon2 epsilon2_se kl_marginal kl_path kl_path_se kl_exact_drift"
        " kl_path_exact_drift mass_defect diverged_at",
    log:
        "results/logs/dfm_learned_table.log",
    benchmark:
        "results/benchmarks/dfm_learned_table.tsv"


use rule trajectory_table as dfm_images_table with:
    input:
        tables=expand(rules.learn_images.output.table, dataset=config["dfm_images"]["datasets"]),
        records=expand(rules.learn_images.output.record, dataset=config["dfm_images"]["datasets"]),
        code=code("collect_table"),
        computed_by=sorted({*IMAGE_CODE, *LEARN_IMAGES_CODE}),
    output:
        table="results/tables/dfm_images.csv",
        meta="results/tables/dfm_images.meta.json",
    params:
        config=json.dumps(
            {
                "run": config["run"],
                "images": {"components": config["images"]["components"]},
                "dfm_images": config["dfm_images"],
            }
        ),
        seeds=config["dfm_images"]["seeds"],
        columns="dataset coupling d steps delta seed",
        values="drift_mse drift_mse_linear drift_mse_train drift_mse_train_linear sliced_w1"
        " w2_exact sliced_w1_floor w2_exact_floor diverged_at",
    log:
        "results/logs/dfm_images_table.log",
    benchmark:
        "results/benchmarks/dfm_images_table.tsv"


use rule a_fig1_global_view as b_learned_drift with:
    input:
        dfm_learned=rules.dfm_learned_table.output.table,
        code=figure_code("b_learned_drift"),
    output:
        **figure("b_learned_drift", "Theorem 2"),
    log:
        "results/logs/figures/b_learned_drift.log",
    benchmark:
        "results/benchmarks/figures/b_learned_drift.tsv"


use rule a_fig1_global_view as b_images with:
    input:
        dfm_images=rules.dfm_images_table.output.table,
        samples=expand(rules.learn_images.output.samples, dataset=config["dfm_images"]["datasets"]),
        codes=expand(rules.image_codes.output, dataset=config["dfm_images"]["datasets"]),
        code=figure_code("b_images"),
    output:
        **figure("b_images", "Images"),
    log:
        "results/logs/figures/b_images.log",
    benchmark:
        "results/benchmarks/figures/b_images.tsv"

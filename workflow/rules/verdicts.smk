# From tables to verdicts: what each claim says, what was measured, and whether it held.


rule image_classes:
    """The classes of the generated images of one width."""
    localrule: True  # seconds long: not worth a job on a cluster
    input:
        codes=rules.image_codes.output,
        samples="results/measurements/images/{dataset}/d{d}_m{m}.npz",
        code=code("classify_samples"),
    output:
        table="results/classes/{dataset}/d{d}_m{m}.csv",
        record="results/classes/{dataset}/d{d}_m{m}.json",
    log:
        "results/logs/image_classes/{dataset}_d{d}_m{m}.log",
    benchmark:
        "results/benchmarks/image_classes/{dataset}_d{d}_m{m}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]} --codes {input.codes} --samples {input.samples}"
        " --table {output.table} --record {output.record} 2>&1 | tee {log}"


use rule trajectory_table as image_classes_table with:
    input:
        tables=cells("images", rules.image_classes.output.table),
        records=cells("images", rules.image_classes.output.record),
        code=code("collect_table"),
        computed_by=sorted({*DATA_CODE, *TRAIN_CODE, *SAMPLE_CODE, *code("classify_samples")}),
    output:
        table="results/tables/image_classes.csv",
        meta="results/tables/image_classes.meta.json",
    params:
        config=settings_of("images"),
        seeds=config["images"]["seeds"],
        columns="dataset m eta seed",
        values="classes imbalance",
    log:
        "results/logs/image_classes_table.log",
    benchmark:
        "results/benchmarks/image_classes_table.tsv"


rule verdicts:
    """Every claim, judged from the tables."""
    localrule: True  # seconds long: not worth a job on a cluster
    input:
        tables=[f"results/tables/{name}.csv" for name in CLAIM_TABLES],
        code=code("judge_claims", *(f"claims/{name}" for name in CLAIM_MODULES)),
    output:
        table=report("results/verdicts.csv", caption="../report/verdicts.rst", category="Verdicts"),
        meta="results/verdicts.meta.json",
    params:
        claims=" ".join(CLAIM_MODULES),
        tables=" ".join(f"--table {name} results/tables/{name}.csv" for name in CLAIM_TABLES),
        scale=scale(),
    log:
        "results/logs/verdicts.log",
    benchmark:
        "results/benchmarks/verdicts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=20,
    shell:
        "python {input.code[0]} --claims {params.claims} {params.tables} --scale {params.scale}"
        " --out {output.table} 2>&1 | tee {log}"

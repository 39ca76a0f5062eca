# Experiments that test paper A's theorems themselves: the linearised dynamics, the Gram matrix, and
# whether the simulation's cells meet the theorems' conditions.

NTK_CODE = code("ntk")
SPECTRUM_CODE = code("ntk_spectrum")
AUDIT_CODE = code("audit")


rule ntk:
    """Networks of all widths, step sizes and seeds beside their linearised dynamics."""
    input:
        code=NTK_CODE,
    output:
        table="results/measurements/ntk/d{d}_n{n}_kappa{kappa}.csv",
        modes="results/measurements/ntk/d{d}_n{n}_kappa{kappa}_modes.csv",
        record="results/measurements/ntk/d{d}_n{n}_kappa{kappa}.json",
    params:
        grid=flags(config["ntk"], "m", "eta", "seeds", "iterations"),
        run=flags(config["run"], "device", "dtype"),
    log:
        "results/logs/ntk/d{d}_n{n}_kappa{kappa}.log",
    benchmark:
        "results/benchmarks/ntk/d{d}_n{n}_kappa{kappa}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    priority: lambda w: ntk_gigaflops(w)
    resources:
        mem_mb=ntk_megabytes,
        gpu=GPU,
        runtime=lambda wildcards, attempt: attempt * (10 + ntk_gigaflops(wildcards) // 60),
    shell:
        "python {input.code[0]} --d {wildcards.d} --n {wildcards.n} --kappa {wildcards.kappa}"
        " {params.grid} {params.run} --threads {threads}"
        " --table {output.table} --modes {output.modes} --record {output.record} 2>&1 | tee {log}"


rule ntk_table:
    """The linearised dynamics and the networks', one row a network and checkpoint."""
    localrule: True  # seconds long: not worth a job on a cluster
    input:
        tables=ntk_cells(rules.ntk.output.table),
        records=ntk_cells(rules.ntk.output.record),
        code=code("collect_table"),
        computed_by=NTK_CODE,
    output:
        table="results/tables/ntk.csv",
        meta="results/tables/ntk.meta.json",
    params:
        config=settings_of("ntk"),
        seeds=config["ntk"]["seeds"],
        columns="--keys d n m eta kappa seed t"
        " --values loss ntk_loss deviation theorem_error lambda_min lambda_max max_w_move max_a_move"
        " fro_w_move fro_a_move fro_w_bound fro_w_linear fro_a_bound fro_a_linear diverged_at",
    log:
        "results/logs/ntk_table/ntk.log",
    benchmark:
        "results/benchmarks/ntk_table/ntk.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]} --tables {input.tables} --records {input.records}"
        " {params.columns} --config {params.config:q} --seeds {params.seeds}"
        " --code {input.computed_by} --out {output.table} --meta {output.meta} 2>&1 | tee {log}"


use rule ntk_table as ntk_modes_table with:
    input:
        tables=ntk_cells(rules.ntk.output.modes),
        records=ntk_cells(rules.ntk.output.record),
        code=code("collect_table"),
        computed_by=NTK_CODE,
    output:
        table="results/tables/ntk_modes.csv",
        meta="results/tables/ntk_modes.meta.json",
    params:
        config=settings_of("ntk"),
        seeds=config["ntk"]["seeds"],
        columns="--keys d n m eta kappa seed t rank --values ranks eigenvalue energy ntk_energy diverged_at",
    log:
        "results/logs/ntk_table/ntk_modes.log",
    benchmark:
        "results/benchmarks/ntk_table/ntk_modes.tsv"


rule ntk_spectrum:
    """Eigenvalues of the Gram matrix of one data set, all dimensions, sample sizes and seeds."""
    input:
        codes=lambda w: [] if w.dataset == "gaussian_mixture" else rules.image_codes.output,
        code=SPECTRUM_CODE,
    output:
        table="results/measurements/ntk_spectrum/{dataset}.csv",
        record="results/measurements/ntk_spectrum/{dataset}.json",
    params:
        codes=lambda wildcards, input: f"--codes {input.codes}" if input.codes else "",
        grid=flags(config["ntk_spectrum"], "n", "kappa", "seeds"),
        d=spectrum_dimensions,
    log:
        "results/logs/ntk_spectrum/{dataset}.log",
    benchmark:
        "results/benchmarks/ntk_spectrum/{dataset}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    priority: 3000  # most of a minute at the paper's scale: as long as m = 128, d = 40 takes
    resources:
        mem_mb=1000,
        runtime=30,
    shell:
        "python {input.code[0]} --dataset {wildcards.dataset} {params.codes} --d {params.d}"
        " {params.grid} --table {output.table} --record {output.record} 2>&1 | tee {log}"


use rule ntk_table as ntk_spectrum_table with:
    input:
        tables=expand(rules.ntk_spectrum.output.table, dataset=SPECTRUM_DATASETS),
        records=expand(rules.ntk_spectrum.output.record, dataset=SPECTRUM_DATASETS),
        code=code("collect_table"),
        computed_by=sorted({*IMAGE_CODE, *SPECTRUM_CODE}),
    output:
        table="results/tables/ntk_spectrum.csv",
        meta="results/tables/ntk_spectrum.meta.json",
    params:
        config=json.dumps({part: config[part] for part in ("images", "ntk_spectrum")}),
        seeds=config["ntk_spectrum"]["seeds"],
        columns="--keys dataset d n kappa seed rank --values eigenvalue lambda_min lambda_max",
    log:
        "results/logs/ntk_table/ntk_spectrum.log",
    benchmark:
        "results/benchmarks/ntk_table/ntk_spectrum.tsv"


rule audit:
    """Whether the cells of the simulation meet the conditions of the theorems."""
    input:
        data=expand(
            "results/data/simulation/gaussian_mixture/d{d}_training.npz",
            d=config["simulation"]["d"],
        ),
        code=AUDIT_CODE,
    output:
        table="results/measurements/assumptions.csv",
        record="results/measurements/assumptions.json",
    params:
        grid=flags(config["simulation"], "m", "eta", "kappa", "b1", "schedule"),
    log:
        "results/logs/audit/assumptions.log",
    benchmark:
        "results/benchmarks/audit/assumptions.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
    shell:
        "python {input.code[0]} --data {input.data} {params.grid}"
        " --table {output.table} --record {output.record} 2>&1 | tee {log}"


use rule ntk_table as assumptions_table with:
    input:
        tables=rules.audit.output.table,
        records=rules.audit.output.record,
        code=code("collect_table"),
        computed_by=sorted({*DATA_CODE, *AUDIT_CODE}),
    output:
        table="results/tables/assumptions.csv",
        meta="results/tables/assumptions.meta.json",
    params:
        config=json.dumps({"simulation": audited(config["simulation"])}),
        seeds=config["simulation"]["seeds"],
        columns="--keys d m eta seed condition --values relation required actual holds",
    log:
        "results/logs/ntk_table/assumptions.log",
    benchmark:
        "results/benchmarks/ntk_table/assumptions.tsv"

# Paper B, exact laws: Theorems 2 and 3 against step size, drift error, dimension, moments and early
# stopping. A job holds one target of one experiment; nothing is random, so there are no seeds.

DFM_LIBRARY = ["couplings", "mixtures", "targets", "paths", "quadrature", "path_measure", "gaussians"]
DFM_EXACT_CODE = code(
    "dfm_exact",
    *(f"dfm/{name}" for name in [*DFM_LIBRARY, "bounds", "perturbations", "experiments"]),
    "progress",
    "files",
    "streams",
)


rule dfm_exact:
    """Exact KL, path KL, W2 and bounds of one target."""
    input:
        code=DFM_EXACT_CODE,
    output:
        table="results/measurements/{exact}/{target}.csv",
        record="results/measurements/{exact}/{target}.json",
    params:
        grid=lambda wildcards: exact_grid(wildcards.exact),
    log:
        "results/logs/{exact}/{target}.log",
    benchmark:
        "results/benchmarks/{exact}/{target}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
    shell:
        "python {input.code[0]} --experiment {wildcards.exact} --target {wildcards.target}"
        " --grid {params.grid:q} --table {output.table} --record {output.record} 2>&1 | tee {log}"


use rule ntk_table as dfm_exact_table with:
    input:
        tables=lambda w: exact_targets(w.exact, rules.dfm_exact.output.table),
        records=lambda w: exact_targets(w.exact, rules.dfm_exact.output.record),
        code=code("collect_table", "files"),
        computed_by=DFM_EXACT_CODE,
    output:
        table="results/tables/{exact}.csv",
        meta="results/tables/{exact}.meta.json",
    params:
        config=lambda wildcards: settings_of(wildcards.exact),
        seeds=0,
        columns=lambda wildcards: EXACT_COLUMNS[wildcards.exact],
    log:
        "results/logs/{exact}/table.log",
    benchmark:
        "results/benchmarks/{exact}/table.tsv"

# Experiments on what paper A's theorems say of fresh data: Theorem 3.3 and Lemma 3.4 (generalization),
# Theorem 3.5 (sampling), Lemma C.1 (sup_norm). A job holds all widths and seeds of one dimension and
# sample size, so that a new one of either runs alone.

GENERALIZATION_CODE = code("generalization")
SAMPLING_CODE = code("sampling")
SUP_NORM_CODE = code("sup_norm")


rule generalization:
    """Errors of the kernel limit and of trained networks, complexities and deviations."""
    input:
        code=GENERALIZATION_CODE,
    output:
        table="results/measurements/generalization/d{d}_n{n}.csv",
        record="results/measurements/generalization/d{d}_n{n}.json",
    params:
        run=flags(config["run"], "device", "dtype"),
        settings=flags(
            config["generalization"],
            "m", "tau_min", "seeds", "n_test", "eta", "iterations", "kappa",
        ),
    log:
        "results/logs/generalization/d{d}_n{n}.log",
    benchmark:
        "results/benchmarks/generalization/d{d}_n{n}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    priority: lambda w: int(w.d) * int(w.n)
    resources:
        mem_mb=lambda w, attempt: attempt
        * (1000 + gram_megabytes(int(w.n)) + regression_megabytes("generalization", int(w.d), int(w.n))),
        gpu=GPU,
        runtime=lambda w, attempt: attempt * (10 + generalization_minutes(int(w.d), int(w.n))),
    shell:
        "python {input.code[0]} --d {wildcards.d} --n {wildcards.n} {params.settings} {params.run}"
        " --threads {threads} --table {output.table} --record {output.record} 2>&1 | tee {log}"


use rule generalization as sampling with:
    input:
        code=SAMPLING_CODE,
    output:
        table="results/measurements/sampling/d{d}_n{n}.csv",
        record="results/measurements/sampling/d{d}_n{n}.json",
    params:
        run=flags(config["run"], "device", "dtype"),
        settings=flags(
            config["sampling"],
            "m", "b1", "seeds", "n_test", "eta", "iterations", "kappa", "euler_steps", "projections",
        ),
    log:
        "results/logs/sampling/d{d}_n{n}.log",
    benchmark:
        "results/benchmarks/sampling/d{d}_n{n}.tsv"
    resources:
        mem_mb=lambda w, attempt: attempt
        * (2000 + regression_megabytes("sampling", int(w.d), int(w.n))),
        gpu=GPU,
        runtime=lambda w, attempt: attempt * (10 + sampling_minutes(int(w.d), int(w.n))),


rule sup_norm:
    """Both sides of Lemma C.1 for trained networks."""
    input:
        code=SUP_NORM_CODE,
    output:
        table="results/measurements/sup_norm/d{d}.csv",
        record="results/measurements/sup_norm/d{d}.json",
    params:
        run=flags(config["run"], "device", "dtype"),
        settings=flags(
            config["sup_norm"],
            "n", "m", "b1", "tau_min", "seeds", "eta", "iterations", "kappa",
        ),
    log:
        "results/logs/sup_norm/d{d}.log",
    benchmark:
        "results/benchmarks/sup_norm/d{d}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    priority: 3000  # most of a minute at the paper's scale: as long as m = 128, d = 40 takes
    resources:
        mem_mb=lambda w, attempt: attempt
        * (2000 + regression_megabytes("sup_norm", int(w.d), max(config["sup_norm"]["n"]))),
        gpu=GPU,
        runtime=lambda w, attempt: attempt * 60,
    shell:
        "python {input.code[0]} --d {wildcards.d} {params.settings} {params.run}"
        " --threads {threads} --table {output.table} --record {output.record} 2>&1 | tee {log}"


use rule trajectory_table as generalization_table with:
    input:
        tables=dimension_and_size("generalization", rules.generalization.output.table),
        records=dimension_and_size("generalization", rules.generalization.output.record),
        code=code("collect_table"),
        computed_by=GENERALIZATION_CODE,
    output:
        table="results/tables/generalization.csv",
        meta="results/tables/generalization.meta.json",
    params:
        config=settings_of("generalization"),
        seeds=config["generalization"]["seeds"],
        columns="d n m tau_min seed",
        values="train_error test_error complexity rademacher rademacher_se loss_sd deviation"
        " deviation_bound homogeneity_floor diverged_at",
    log:
        "results/logs/generalization_table.log",
    benchmark:
        "results/benchmarks/generalization_table.tsv"


use rule trajectory_table as sampling_table with:
    input:
        tables=dimension_and_size("sampling", rules.sampling.output.table),
        records=dimension_and_size("sampling", rules.sampling.output.record),
        code=code("collect_table"),
        computed_by=SAMPLING_CODE,
    output:
        table="results/tables/sampling.csv",
        meta="results/tables/sampling.meta.json",
    params:
        config=settings_of("sampling"),
        seeds=config["sampling"]["seeds"],
        columns="d n m b1 seed",
        values="sliced_w1 w1_exact sliced_w1_floor w1_floor w1_posterior_mean diverged_at",
    log:
        "results/logs/sampling_table.log",
    benchmark:
        "results/benchmarks/sampling_table.tsv"


use rule trajectory_table as sup_norm_table with:
    input:
        tables=expand(rules.sup_norm.output.table, d=config["sup_norm"]["d"]),
        records=expand(rules.sup_norm.output.record, d=config["sup_norm"]["d"]),
        code=code("collect_table"),
        computed_by=SUP_NORM_CODE,
    output:
        table="results/tables/sup_norm.csv",
        meta="results/tables/sup_norm.meta.json",
    params:
        config=settings_of("sup_norm"),
        seeds=config["sup_norm"]["seeds"],
        columns="d n m b1 tau_min seed",
        values="sup_error mean_error lipschitz_low lipschitz_high beta p_min bound_low bound diverged_at",
    log:
        "results/logs/sup_norm_table.log",
    benchmark:
        "results/benchmarks/sup_norm_table.tsv"

# From an experiment's cells to its tables: a rule per experiment, one for all tables. What a cell is,
# what it costs and which columns come out is said by the experiment's module.


for name in sorted(set(CELLS) - set(CHAINED)):

    rule:
        name:
            name
        input:
            **inputs_of(name),
            code=code("measure", f"experiments/{name}"),
        output:
            **outputs_of(name),
            record=f"results/measurements/{name}/{{cell}}.json",
        params:
            experiment=name,
            job=job_of(name),
            inputs=named("--input"),
            outputs=named("--output"),
        log:
            f"results/logs/{name}/{{cell}}.log",
        benchmark:
            f"results/benchmarks/{name}/{{cell}}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        priority: lambda w, of=name: cost(of, w.cell).gigaflops
        wildcard_constraints:
            cell="|".join(CELLS[name]),
        resources:
            mem_mb=of_cost(name, lambda cost, gpu=GPU * experiments.on_device(name): cost.megabytes + gpu * CUDA_MB),
            gpu=GPU * experiments.on_device(name),
            runtime=of_cost(name, lambda cost: minutes(cost.gigaflops)),
        shell:
            "python {input.code[0]:q} {params.experiment} --job {params.job:q} --threads {threads}"
            " {params.inputs} {params.outputs} --record {output.record} 2>&1 | tee {log}"


rule table:
    """The measurements of all cells as one table, with where its numbers come from beside it."""
    localrule: True  # seconds long: not worth a job on a cluster
    input:
        tables=lambda w: [f"results/measurements/{w.table}/{cell}.csv" for cell in CELLS[TABLES[w.table]]],
        records=lambda w: [
            f"results/{folder}/{TABLES[w.table]}/{cell}.json"
            for folder in (["checkpoints"] if TABLES[w.table] in CHAINED else []) + ["measurements"]
            for cell in CELLS[TABLES[w.table]]
        ],
        code=lambda w: code("collect_table", f"experiments/{TABLES[w.table]}"),
        computed_by=lambda w: code_behind(TABLES[w.table]),
    output:
        table="results/tables/{table}.csv",
        meta="results/tables/{table}.meta.json",
    params:
        experiment=lambda w: TABLES[w.table],
        settings=lambda w: json.dumps(experiments.depends_on(TABLES[w.table], config), sort_keys=True),
    log:
        "results/logs/table/{table}.log",
    benchmark:
        "results/benchmarks/table/{table}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]:q} {params.experiment} {wildcards.table} --tables {input.tables}"
        " --records {input.records} --settings {params.settings:q} --code {input.computed_by:q}"
        " --out {output.table} --meta {output.meta} 2>&1 | tee {log}"


rule dictionary:
    """What every column of every table means."""
    localrule: True
    input:
        code=code("describe_tables", "experiments/columns", *(f"experiments/{name}" for name in CELLS)),
    output:
        text="results/tables/README.md",
        package="results/tables/datapackage.json",
    log:
        "results/logs/dictionary.log",
    benchmark:
        "results/benchmarks/dictionary.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python {input.code[0]:q} --text {output.text} --package {output.package} 2>&1 | tee {log}"

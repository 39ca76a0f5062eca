# From an experiment's cells to its tables: a rule per experiment, one for all tables. What a cell is,
# what it costs and which columns come out is said by the experiment's module.


def image_samples(widths=None):
    """The terminal samples of the image experiment, of some widths or all."""
    return [
        f"results/measurements/images/{cell}.npz"
        for cell, values in CELLS["images"].items()
        if widths is None or values["m"] in widths
    ]


# The files behind the names that experiments give their inputs, for a cell.
MEASURED_FROM = {
    "codes": lambda cell: codes_of(cell["dataset"]),
    "samples": lambda cell: f"results/measurements/images/{experiments.cell_id(cell)}.npz",
    "training": lambda cell: expand(
        "results/data/simulation/gaussian_mixture/d{d}_training.npz", d=config["simulation"]["d"]
    ),
}


def inputs_of(name):
    """Input functions of an experiment's rule."""

    def files(of):
        return lambda wildcards: of(CELLS[name][wildcards.cell])

    return {each: files(MEASURED_FROM[each]) for each in experiments.load(name).INPUTS}


def outputs_of(name):
    """A file for each table and archive of a cell."""
    archives = getattr(experiments.load(name), "ARCHIVES", ())
    tables = experiments.load(name).TABLES
    return {table: f"results/measurements/{table}/{{cell}}.csv" for table in tables} | {
        archive: f"results/measurements/{name}/{{cell}}.npz" for archive in archives
    }


def named(flag):
    """Inputs or outputs as arguments ``FLAG NAME FILE ...``, but for the code and the record."""

    def arguments(wildcards, input, output):
        files = input if flag == "--input" else output
        return " ".join(
            f"{flag} {key} {quoted(files[key])}"
            for key in files.keys()
            if key not in ("code", "record") and files[key]
        )

    return arguments


def code_behind(name):
    """The code that the numbers of an experiment depend on."""
    if name in CHAINED:
        return sorted({*DATA_CODE, *TRAIN_CODE, *SAMPLE_CODE})
    before = {
        "codes": IMAGE_CODE,
        "training": DATA_CODE,
        "samples": sorted({*DATA_CODE, *TRAIN_CODE, *SAMPLE_CODE}),
    }
    own = code("measure", f"experiments/{name}")
    return sorted(set(own).union(*(before[each] for each in experiments.load(name).INPUTS)))


def job_of(name):
    """The job of a cell, as JSON."""
    return lambda wildcards: job(name, wildcards.cell, cell_settings(name, wildcards.cell), "device", "dtype")


def of_cost(name, value):
    """A resource that follows from a cell's cost, more at every attempt."""
    return lambda wildcards, attempt: attempt * value(cost(name, wildcards.cell))


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
            name=name,
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
            mem_mb=of_cost(name, lambda cost: cost.megabytes),
            gpu=GPU,
            runtime=of_cost(name, lambda cost: minutes(cost.gigaflops)),
        shell:
            "python {input.code[0]:q} {params.name} --job {params.job:q} --threads {threads}"
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
        settings=lambda w: json.dumps(experiments.depends_on(TABLES[w.table], config)),
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
        "python {input.code[0]:q} {wildcards.table} --tables {input.tables} --records {input.records}"
        " --settings {params.settings:q} --code {input.computed_by:q} --out {output.table}"
        " --meta {output.meta} 2>&1 | tee {log}"


rule dictionary:
    """What every column of every table means."""
    localrule: True
    input:
        code=code("describe_tables", *(f"experiments/{name}" for name in CELLS)),
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

# A rule per figure, named as it: results/figures/<name>.png and .pdf, and the very numbers drawn in
# <name>.csv. What a figure needs is what its function draw takes; a figure needs tables and samples
# only, so that editing its code retrains nothing.

# The files behind the names of arguments that are no tables.
DRAWN_FROM = {
    "samples": image_samples(),
    "showcase": image_samples([config["images"]["showcase"]["m"]]),
    "codes": expand(rules.image_codes.output, dataset=config["images"]["datasets"]),
    "dfm_samples": [f"results/measurements/dfm_images/{cell}.npz" for cell in CELLS["dfm_images"]],
    "dfm_codes": expand(rules.image_codes.output, dataset=config["dfm_images"]["datasets"]),
} | {file.stem: f"{PAPER}/{file.name}" for file in Path(PAPER).glob("*.csv")}

# Arguments that are numbers.
SETTINGS = {"showcase_eta": config["images"]["showcase"]["eta"]}


def drawn_from(figure):
    """The inputs of a figure's rule, by argument."""
    return {
        name: f"results/tables/{name}.csv" if name in TABLES else DRAWN_FROM[name]
        for name in figure.inputs
        if name not in SETTINGS
    }


def drawn_to(figure):
    """The files of a figure; the pictures go into the report with its caption."""
    parts = [f"_{name}" for name in config["images"]["datasets"]] if figure.per_dataset else [""]
    stems = [f"results/figures/{figure.name}{part}" for part in parts]
    return {
        "png": report(
            [f"{stem}.png" for stem in stems],
            caption=f"../report/{figure.name}.rst",
            category=figure.paper,
            subcategory=figure.theorem,
        ),
        "pdf": [f"{stem}.pdf" for stem in stems],
        "csv": [f"{stem}.csv" for stem in stems],
        "meta": f"results/figures/{figure.name}.meta.json",
    }


def pictures_of(paper):
    """Every file of the figures of a paper."""
    return [
        file
        for figure in figures()
        if figure.paper == paper
        for files in drawn_to(figure).values()
        for file in as_list(files)
    ]


for figure in figures():

    rule:
        name:
            figure.name
        localrule: True  # seconds long: not worth a job on a cluster
        input:
            **drawn_from(figure),
            code=code("plot", f"figures/{figure.name}"),
        output:
            **drawn_to(figure),
        params:
            name=figure.name,  # the rule is called otherwise where it is imported under another name
            inputs=named("--input"),
            settings=" ".join(f"--setting {key} {SETTINGS[key]}" for key in figure.inputs if key in SETTINGS),
        log:
            f"results/logs/figures/{figure.name}.log",
        benchmark:
            f"results/benchmarks/figures/{figure.name}.tsv"
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1000,
            runtime=10,
        shell:
            "python {input.code[0]:q} {params.name} {params.inputs} {params.settings}"
            " --folder results/figures 2>&1 | tee {log}"

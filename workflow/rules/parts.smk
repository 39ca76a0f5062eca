# What rules are made of: files, code, jobs and costs, as experiments, figures and claims have them.

from flowbounds.experiments import image_sizes

CODES = "results/data/images/{dataset}_codes.npz"
IMAGE_CODE = code("encode_images")
DATA_CODE = sorted({*IMAGE_CODE, *code("draw_data")})
TRAIN_CODE = code("train")
SAMPLE_CODE = code("sample")


def codes_of(dataset):
    """The population that samples are drawn from: none for the mixture."""
    return [] if dataset == "gaussian_mixture" else CODES.format(dataset=dataset)


def stage(name, *run):
    """The job of a stage: of the settings only those that it depends on."""
    keys = getattr(trajectories, name)

    def of(wildcards):
        cell = f"{wildcards.dataset}/d{wildcards.d}_m{wildcards.m}"
        settings = cell_settings(wildcards.experiment, cell)
        return job(wildcards.experiment, cell, {key: settings[key] for key in keys}, *run)

    return of


def stage_cost(*stages):
    def of(wildcards):
        cell = f"{wildcards.dataset}/d{wildcards.d}_m{wildcards.m}"
        name, number = wildcards.experiment, {"float32": 4, "float64": 8}[config["run"]["dtype"]]
        return trajectories.cost(cell_settings(name, cell), CELLS[name][cell], *stages, number=number)

    return of


def draw_sizes(wildcards):
    """The sizes of what is drawn, as flags."""
    names = ["seeds", "n_train", *(["n_test"] if wildcards.kind == "evaluation" else [])]
    sizes = {name: config[wildcards.experiment][name] for name in names}
    return " ".join(f"--{name.replace('_', '-')} {size}" for name, size in sizes.items())


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
            f"{flag} {key} {shlex.join(as_list(files[key]))}"
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


READ_OFF = {file.stem: f"{PAPER}/{file.name}" for file in sorted(Path(PAPER).glob("*.csv"))}

# The files behind the names of arguments that are no tables.
DRAWN_FROM = READ_OFF | {
    "samples": image_samples(),
    "showcase": image_samples([config["images"]["showcase"]["m"]]),
    "codes": expand(CODES, dataset=config["images"]["datasets"]),
    "dfm_samples": [f"results/measurements/dfm_images/{cell}.npz" for cell in CELLS["dfm_images"]],
    "verdicts": "results/verdicts.csv",
    "dfm_codes": expand(CODES, dataset=config["dfm_images"]["datasets"]),
}

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
    """Every file of the figures of a paper: names, whose captions the figures' own rules look for."""
    return [
        str(file)
        for figure in figures()
        if figure.paper == paper
        for files in drawn_to(figure).values()
        for file in as_list(files)
    ]


CLAIM_MODULES = sorted(file.stem for file in Path(SCRIPTS).glob("flowbounds/claims/[ab]_*.py"))


JUDGED = expand("results/{name}.csv", name=["verdicts", "calibration", "robustness", "controls"])
JUDGE_CODE = code("judge_claims", *(f"claims/{name}" for name in CLAIM_MODULES))


def code_behind_input(name):
    """The code behind an input of a figure: none behind published values."""
    if name in TABLES:
        return code_behind(TABLES[name])
    if name == "verdicts":
        return JUDGE_CODE
    if name == "dfm_samples":
        return code_behind("dfm_images")
    if name in ("samples", "showcase"):
        return code_behind("images")
    return IMAGE_CODE if name in ("codes", "dfm_codes") else []


def described(figure):
    """What the report says of a figure."""
    inputs = drawn_from(figure)
    return {
        "name": figure.name,
        "paper": figure.paper,
        "theorem": figure.theorem,
        "caption": f"{CAPTIONS}/{figure.name}.rst",
        "stems": [file.removesuffix(".csv") for file in drawn_to(figure)["csv"]],
        "inputs": [file for files in inputs.values() for file in as_list(files)],
        "code": code("plot", f"figures/{figure.name}"),
        "computed_by": sorted({file for name in inputs for file in code_behind_input(name)}),
    }

# What all rules share.

import json
import os
import sys
from pathlib import Path

from flowbounds.run.announcement import announcement  # config.smk has put the folder on the path
from flowbounds.run.config import laid_over
from flowbounds.run.failures import explanation
from flowbounds.run.provenance import imported_by

# Relative, so that commands read the same in every checkout and --directory works.
SCRIPTS = os.path.relpath(f"{workflow.basedir}/scripts")
PAPER = os.path.relpath(f"{workflow.basedir}/workflow/paper")
CAPTIONS = os.path.relpath(f"{workflow.basedir}/workflow/report")
ENVIRONMENT = f"{workflow.basedir}/environment.yml"

# `python` in a command is the one that runs Snakemake, whether or not its environment is activated
# (under --software-deployment-method conda, the environment's own comes before it).
os.environ.update(
    PATH=os.pathsep.join([os.path.dirname(sys.executable), *os.get_exec_path()]),
    FLOWBOUNDS_PARENT=str(os.getpid()),  # a job that outlives this run writes nothing any more
)

# Snakemake limits how many jobs start in a second, and each look at what can start brings another one a
# second later for good: after 200 jobs this takes a quarter of a core. Local jobs need no such limit.
if workflow.scheduling_settings and workflow.resource_settings.nodes is None:
    workflow.scheduling_settings.max_jobs_per_timespan = None


def code(script, *modules):
    """The files whose change changes what a script computes (compared by checksum).

    First the script, then modules that it imports by a name it is given, then all that these import.
    """
    scripts = Path(workflow.basedir) / "scripts"
    files = [scripts / f"{name}.py" for name in (script, *(f"flowbounds/{name}" for name in modules))]
    files += sorted(set().union(*map(imported_by, files)) - set(files))
    return [f"{SCRIPTS}/{file.relative_to(scripts)}" for file in files]


def flags(settings, *names):
    """Settings as command-line flags: n_train = 500 becomes --n-train 500."""
    values = ((name, settings[name]) for name in names)
    return " ".join(
        f"--{name.replace('_', '-')} "
        + " ".join(map(str, value if isinstance(value, list) else [value]))
        for name, value in values
    )


def codes_of(wildcards):
    """The population that a data set's samples are drawn from: none for the mixture."""
    return rules.image_codes.output if wildcards.experiment == "images" else []


def grid(experiment):
    """The (dataset, d, m) cells of an experiment: one job of each kind per cell."""
    part = config[experiment]
    if experiment == "images":
        return [(name, part["components"], m) for name in part["datasets"] for m in part["m"]]
    return [("gaussian_mixture", d, m) for d in part["d"] for m in part["m"]]


def cells(experiment, pattern):
    """One path per cell of an experiment."""
    return [
        pattern.format(experiment=experiment, dataset=dataset, d=d, m=m)
        for dataset, d, m in grid(experiment)
    ]


def ntk_cells(pattern):
    """One path per (d, n, kappa) of the experiment ntk: one job each."""
    part = config["ntk"]
    return expand(pattern, d=part["d"], n=part["n"], kappa=part["kappa"])


def audited(part):
    """The settings that the conditions of the theorems are about."""
    names = ("d", "m", "eta", "seeds", "n_train", "kappa", "b1", "schedule")
    return {name: part[name] for name in names}


SPECTRUM_DATASETS = ["gaussian_mixture", *config["images"]["datasets"]]


def spectrum_dimensions(wildcards):
    """Dimensions of a data set's Gram matrices: codes have one."""
    mixture = wildcards.dataset == "gaussian_mixture"
    return config["ntk_spectrum"]["d"] if mixture else config["images"]["components"]


def dimension_and_size(experiment, pattern):
    """One path per dimension d and sample size n of an experiment."""
    part = config[experiment]
    return [pattern.format(d=d, n=n) for d in part["d"] for n in part["n"]]


_DISTANCES = "h kl_marginal kl_path mass_error"
_BOUNDS = (
    "bound_thm2 bound_followup bound_w2 base_moment target_moment base_score target_score"
    " tilted_score coupling_score"
)
# Columns of the exact experiments on paper B, keys and values.
EXACT_COLUMNS = {
    "dfm_discretization": f"--keys target d steps --values {_DISTANCES} w2 {_BOUNDS}",
    "dfm_drift_error": "--keys target d steps perturbation epsilon"
    " --values epsilon2 kl_marginal kl_path kl_split",
    "dfm_dimension": f"--keys target d steps --values {_DISTANCES} w2 {_BOUNDS}",
    "dfm_moments": f"--keys target d scale steps --values {_DISTANCES} {_BOUNDS}",
    "dfm_early_stopping": "--keys target d steps schedule delta"
    " --values h kl_marginal mass_error bound_followup",
}


def exact_targets(experiment, pattern):
    """One path per target of an exact experiment."""
    return expand(pattern, exact=experiment, target=config[experiment]["targets"])


def exact_grid(experiment):
    """The grid of an exact experiment without its targets, as JSON: a new target runs alone."""
    return json.dumps({key: value for key, value in config[experiment].items() if key != "targets"})


def settings_of(experiment):
    """What the numbers of an experiment were computed with, as JSON."""
    return json.dumps({"run": config["run"], experiment: config[experiment]})


def figure(name, theorem, suffixes=("",)):
    """The files of a figure; the pictures go into the report with its caption."""
    stems = [f"results/figures/{name}{suffix}" for suffix in suffixes]
    return {
        "png": report(
            [f"{stem}.png" for stem in stems],
            caption=f"../report/{name}.rst",
            category="Paper A" if name.startswith("a_") else "Paper B",
            subcategory=theorem,
        ),
        "pdf": [f"{stem}.pdf" for stem in stems],
        "csv": [f"{stem}.csv" for stem in stems],
        "meta": f"results/figures/{name}.meta.json",
    }


def figure_code(name):
    return code("plot", f"figures/{name}")


def figure_arguments(wildcards, input):
    """The figure's name, and every named input but its code, as arguments of scripts/plot.py."""
    named = {name: input[name] for name in input.keys() if name != "code"}
    flags = (f"--input {name} {' '.join(as_list(files))}" for name, files in named.items())
    return " ".join([os.path.basename(input.code[1]).removesuffix(".py"), *flags])


def samples_of(dataset, widths):
    """The terminal samples of a data set at some widths."""
    paths = zip(grid("images"), cells("images", rules.sample.output.samples))
    return [path for (name, _, m), path in paths if name == dataset and m in widths]


def figure_rules():
    """The rules that draw figures, in their order, whichever file they are in."""
    return [rule for rule in workflow.rules if "png" in rule.output.keys()]


def computed_by(path):
    """The code behind a table or sample: none behind published values."""
    for maker in workflow.rules:
        if any(output.match(path) for output in maker.output):
            return maker.input.get("computed_by", maker.input.code)
    return []


def described(rule):
    """What the report says of a figure, from the rule that draws it."""
    inputs = [file for name in rule.input.keys() if name != "code" for file in as_list(rule.input[name])]
    in_report = rule.output.png[0].flags["report"]
    return {
        "name": rule.name,
        "paper": in_report.category,
        "theorem": in_report.subcategory,
        "caption": f"{CAPTIONS}/{rule.name}.rst",
        "stems": [picture.removesuffix(".png") for picture in rule.output.png],
        "inputs": inputs,
        "code": list(rule.input.code),
        "computed_by": sorted({str(file) for path in inputs for file in computed_by(path)}),
    }


def as_list(files):
    return [files] if isinstance(files, str) else list(files)


# The modules of flowbounds.claims, and the tables that their functions name as arguments.
CLAIM_MODULES = ["experiments", "optimization", "generalization", "sampling", "dfm", "learned"]
CLAIM_TABLES = [
    "simulation", "images", "image_classes", "ntk", "ntk_spectrum", "assumptions",
    "generalization", "sampling", "sup_norm", *EXACT_COLUMNS, "dfm_learned", "dfm_images",
]


def scale():
    """Which grids these are: quick (config.yaml as it stands), paper (the preset over it) or custom."""

    def settings(*files):
        merged = laid_over(f"{workflow.basedir}/{file}" for file in files)
        return {part: values for part, values in merged.items() if part not in ("data", "run")}

    ours = {part: values for part, values in config.items() if part not in ("data", "run")}
    if ours == settings("config.yaml"):
        return "quick"
    if ours == settings("config.yaml", "workflow/presets/paper.yaml"):
        return "paper"
    return "custom"


wildcard_constraints:
    experiment="simulation|images",
    exact="|".join(EXACT_COLUMNS),
    target="[a-z_]+",
    dataset="[a-z0-9_]+",
    kind="training|evaluation",
    d=r"\d+",
    n=r"\d+",
    m=r"\d+",
    kappa=r"[0-9.e+-]+",

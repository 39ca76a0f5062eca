# What all rules share.

import json
import os
import shlex
import shutil

import psutil

# config.smk has put the folder of the library on the path
from flowbounds.experiments import experiment as experiments
from flowbounds.figures.catalogue import figures
from flowbounds.run.announcement import announcement
from flowbounds.run.failures import explanation
from flowbounds.run.machine import CUDA_MB, environment, gpu
from flowbounds.run.provenance import imported_by

# Relative, so that commands read the same in every checkout and --directory works.
SCRIPTS = os.path.relpath(f"{ROOT}/scripts")
PAPER = os.path.relpath(f"{ROOT}/workflow/paper")
PUBLISHED = os.path.relpath(f"{ROOT}/docs/paper-scale")
CAPTIONS = os.path.relpath(f"{ROOT}/workflow/report")
ENVIRONMENT = f"{ROOT}/environment.yml"

os.environ.update(environment())  # of jobs; one on a cluster comes by here on its node


def without_rate_limit():
    """Let local jobs start as they can.

    Snakemake limits how many jobs start in a second, and each look at what can start brings another
    one a second later for good: after 200 jobs this takes a quarter of a core. The limiter is there
    once the scheduler is, so this is called at the start of a run.
    """
    if workflow.resource_settings.nodes is None:
        workflow.scheduler.job_rate_limiter = None


TABLES = experiments.tables()  # the experiment behind each table
CELLS = {
    name: {experiments.cell_id(cell): cell for cell in experiments.load(name).cells(config)}
    for name in experiments.names()
}
# experiments along the chain that chain.smk spells out; the others have one stage
CHAINED = [name for name in experiments.names() if hasattr(experiments.load(name), "STAGES")]

# What a job that may compute on a GPU asks for: where jobs are submitted, only if device is cuda.
HERE = workflow.is_main_process and workflow.resource_settings.nodes is None
GPU = int(config["run"]["device"] in ("cuda", "auto" if HERE and gpu() else "cuda"))
if GPU and HERE and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", config["run"]["gpu_jobs"])


def code(script, *modules):
    """The files whose change changes what a script computes (compared by checksum).

    First the script, then modules that it imports by a name it is given, then all that these import.
    """
    scripts = Path(ROOT) / "scripts"
    files = [scripts / f"{name}.py" for name in (script, *(f"flowbounds/{name}" for name in modules))]
    files += sorted(set().union(*map(imported_by, files)) - set(files))
    return [f"{SCRIPTS}/{file.relative_to(scripts)}" for file in files]


def as_list(files):
    return [files] if isinstance(files, str) else list(files)


def cell_settings(name, cell):
    """What the numbers of a cell depend on."""
    return experiments.load(name).settings(config, CELLS[name][cell])


def job(name, cell, settings, *run):
    """A job as the scripts are given it: a cell, settings in one order, and how it is computed."""
    how = {key: config["run"][key] for key in run}
    return json.dumps({"cell": CELLS[name][cell], "settings": dict(sorted(settings.items()))} | how)


def cost(name, cell):
    return experiments.load(name).cost(cell_settings(name, cell), CELLS[name][cell])


def minutes(gigaflops):
    """Time limit of a job: ten times what a core at 10 GFLOP/s needs, and ten minutes."""
    return 10 + gigaflops // 60


def affordable():
    """Stop where a job needs more memory than this machine has, or what stays more disk.

    Memory is the scheduler's business where jobs are submitted to one.
    """
    costs = [(cost(name, cell), name) for name in CELLS if name in config for cell in CELLS[name]]
    needed, name = max((each.megabytes, name) for each, name in costs)
    there = psutil.virtual_memory().total // 10**6
    if HERE and needed > there:
        sizes = [f"{name}.{key}" for key in ("n", "n_train", "m", "d", "seeds") if key in config[name]]
        raise WorkflowError(
            f"config: a job would need about {needed} MB of memory; this machine has {there} MB: "
            f"lower {', '.join(sizes[:-1])} or {sizes[-1]}, or submit to a cluster (README)"
        )
    needed = sum(each.disk_megabytes for each, _ in costs)
    written = sum(file.stat().st_size for file in Path("results/checkpoints").rglob("*.npz"))
    if needed > (there := (shutil.disk_usage(".").free + written) // 10**6):
        raise WorkflowError(
            f"config: the weights of all checkpoints would take about {needed} MB of disk; there"
            f" are {there} MB for them: raise checkpoint_every, or lower m, d or seeds"
        )


affordable()


wildcard_constraints:
    experiment="|".join(CHAINED),
    table="|".join(TABLES),
    dataset="[a-z0-9_]+",
    kind="training|evaluation",
    d=r"\d+",
    m=r"\d+",

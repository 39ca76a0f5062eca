# The configuration: read, completed and checked before anything else.

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# The folder of our Snakefile. workflow.basedir is that of another one which imports it as a module.
ROOT = str(Path(str(workflow.current_basedir)).parents[1])
prefixed = workflow.modifier.path_modifier.replace_prefix("results/all", None) != "results/all"
if prefixed or not Path(ROOT, "scripts").is_dir():
    raise WorkflowError("flowbounds is imported from a clone of it on disk, and without a prefix")

sys.path.insert(0, f"{ROOT}/scripts")
from flowbounds.experiments import experiment, trajectories  # noqa: E402
from flowbounds.experiments.scales import scale  # noqa: E402
from flowbounds.run.config import ConfigError, complete, lay_under, read  # noqa: E402

CONFIG_SCHEMA = read(f"{ROOT}/workflow/schemas/config.schema.yaml")


def or_stop(step, *arguments):
    """Take a step of checking; what is wrong becomes Snakemake's error, in one line."""
    try:
        step(*arguments)
    except ConfigError as error:
        raise WorkflowError(f"config: {error}") from None


or_stop(read, f"{ROOT}/config.yaml")


configfile: f"{ROOT}/config.yaml"


for file in workflow.configfiles:  # Snakemake itself takes the last of two equal keys
    or_stop(read, file)
lay_under(config, f"{ROOT}/config.yaml")  # a module that is given a configuration reads no file
or_stop(complete, config, CONFIG_SCHEMA)
or_stop(experiment.check, config)

# The configuration: read, completed and checked before anything else.

import os
import sys

from snakemake.exceptions import WorkflowError

sys.path.insert(0, f"{workflow.basedir}/scripts")
from flowbounds.experiments import experiment, trajectories  # noqa: E402
from flowbounds.run.config import ConfigError, complete, read  # noqa: E402

CONFIG_SCHEMA = read(f"{workflow.basedir}/workflow/schemas/config.schema.yaml")


def or_stop(step, *arguments):
    """Take a step of checking; what is wrong becomes Snakemake's error, in one line."""
    try:
        step(*arguments)
    except ConfigError as error:
        raise WorkflowError(f"config: {error}") from None


or_stop(read, f"{workflow.basedir}/config.yaml")


configfile: f"{workflow.basedir}/config.yaml"


for file in workflow.configfiles:  # Snakemake itself takes the last of two equal keys
    or_stop(read, file)
or_stop(complete, config, CONFIG_SCHEMA)
or_stop(experiment.check, config)

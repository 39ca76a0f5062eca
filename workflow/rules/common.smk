# The configuration, checked before anything else, and what all rules share.

import json
import os
import sys

from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

# Relative, so that commands read the same in every checkout and --directory works.
SCRIPTS = os.path.relpath(f"{workflow.basedir}/scripts")
PAPER = os.path.relpath(f"{workflow.basedir}/workflow/paper")
ENVIRONMENT = f"{workflow.basedir}/environment.yml"

# `python` in a command is the one that runs Snakemake, whether or not its environment is activated
# (under --software-deployment-method conda, the environment's own comes before it).
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])

sys.path.insert(0, f"{workflow.basedir}/scripts")
from flowbounds.config import ConfigError, check, explain  # noqa: E402


def checked(config):
    """Fill in the schema's defaults, or stop with one line that names the key at fault."""
    from jsonschema import ValidationError

    try:
        validate(config, f"{workflow.basedir}/workflow/schemas/config.schema.yaml")
        check(config)
    except ConfigError as error:
        raise WorkflowError(f"config: {error}") from None
    except WorkflowError as error:
        faults = [part for part in error.args if isinstance(part, ValidationError)]
        raise WorkflowError(f"config: {explain(faults[0])}" if faults else error) from None


checked(config)


def code(script, *modules):
    """The files whose change changes what a script computes (compared by checksum)."""
    return [f"{SCRIPTS}/{script}.py", *(f"{SCRIPTS}/flowbounds/{name}.py" for name in modules)]


def flags(settings, *names):
    """Settings as command-line flags: n_train = 500 becomes --n-train 500."""
    values = ((name, settings[name]) for name in names)
    return " ".join(
        f"--{name.replace('_', '-')} "
        + " ".join(map(str, value if isinstance(value, list) else [value]))
        for name, value in values
    )


wildcard_constraints:
    experiment="simulation|images",
    dataset="[a-z0-9_]+",
    kind="training|evaluation",
    d=r"\d+",
    m=r"\d+",

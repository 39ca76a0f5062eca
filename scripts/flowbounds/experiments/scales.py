"""Which grids a configuration has."""

from collections.abc import Mapping

from flowbounds.experiments.experiment import check, without
from flowbounds.run.config import complete, laid_over

_FILES = {
    "quick": ["config.yaml"],
    "paper": ["config.yaml", "workflow/presets/paper.yaml"],
}


def scale(config: Mapping, schema: Mapping, root: str) -> str:
    """Return quick (config.yaml as it stands), paper (the preset over it) or custom.

    Args:
        config: complete and checked.
        schema: the JSON schema of configurations.
        root: the folder of the repository.
    """
    for name, files in _FILES.items():
        known = laid_over(f"{root}/{file}" for file in files)
        complete(known, schema)
        check(known)
        if without(known, "data", "run") == without(config, "data", "run"):
            return name
    return "custom"

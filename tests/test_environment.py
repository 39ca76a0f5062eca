"""environment.yml (conda) and pyproject.toml (pip) ask for the same packages and bounds."""

import re
import tomllib
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[1]

# where the channels' names differ from those of the Python package index
CONDA_NAMES = {
    "torch": "pytorch",
    "snakemake": "snakemake-minimal",
    "matplotlib": "matplotlib-base",
    "seaborn": "seaborn-base",
}


def bounds(requirements: list[str]) -> dict[str, str]:
    return dict(re.fullmatch(r"([\w-]+)(.*)", line).groups() for line in requirements)


def test_environments_agree():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    pip = bounds([*project["dependencies"], *project["optional-dependencies"]["test"]])
    pip["python"] = project["requires-python"]
    conda = bounds(yaml.safe_load((REPOSITORY / "environment.yml").read_text())["dependencies"])
    assert conda == {CONDA_NAMES.get(name, name): bound for name, bound in pip.items()}


def test_every_package_is_bounded_on_both_sides():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for name, bound in bounds(project["dependencies"]).items():
        assert re.fullmatch(r"==[\d.]+|>=[\d.]+,<[\d.]+", bound), (name, bound)

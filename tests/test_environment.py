"""environment.yml (conda) and pyproject.toml (pip) ask for the same packages and bounds."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def required(project: dict, without: str = "") -> list[str]:
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *chain(*(extras[name] for name in extras if name != without))]


def test_environments_agree():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    pip = bounds(required(project, without="bench"))  # what only `make bench` compares with
    pip["python"] = project["requires-python"]
    conda = bounds(yaml.safe_load((REPOSITORY / "environment.yml").read_text())["dependencies"])
    assert conda == {CONDA_NAMES.get(name, name): bound for name, bound in pip.items()}


def test_every_package_is_bounded_on_both_sides():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for name, bound in bounds(required(project)).items():
        assert re.fullmatch(r"==[\d.]+|>=[\d.]+,<[\d.]+", bound), (name, bound)


def test_the_lock_keeps_the_bounds_and_says_nothing_of_a_machine():
    lines = (REPOSITORY / "workflow/requirements.lock").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    lock = {}
    for pin in pins:
        name, version = re.fullmatch(r"([\w.-]+)==([\w.!]+)", pin).groups()  # no address, no +cpu
        lock[canonicalize_name(name)] = version
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for requirement in map(Requirement, required(project)):
        assert lock[canonicalize_name(requirement.name)] in requirement.specifier, requirement
    assert not [name for name in lock if name.startswith(("nvidia", "triton", "cuda"))]

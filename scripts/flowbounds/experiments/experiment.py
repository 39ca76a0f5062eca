"""What an experiment is made of: columns, cells, costs, jobs; and which experiments there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

Cell = Mapping[str, object]
"""What one job computes: a few keys with their values, e.g. d and n."""

# Modules of this folder that are no experiments.
_SHARED = {
    "__init__",
    "columns",
    "estimates",
    "experiment",
    "image_sizes",
    "scales",
    "summaries",
    "trajectories",
    "trajectory_sampling",
    "trajectory_training",
}


@dataclass(frozen=True)
class Column:
    """A column of a table, as the data dictionary describes it."""

    name: str
    description: str
    type: str = "number"
    """number, integer, boolean or string, as in Frictionless' table schema."""
    unit: str = ""
    """Empty for what has none."""
    symbol: str = ""
    """The papers' symbol."""
    key: bool = False
    """Whether it names the row: keys come first, order the rows and are never empty."""
    rounding: float = 1e-9
    """What a number may differ by from one machine to another, however small it is itself."""


@dataclass(frozen=True)
class Cost:
    """What a job needs, estimated."""

    gigaflops: int
    """Floating-point operations, in 1e9; of other work, what takes as long at 10 GFLOP/s."""
    megabytes: int
    """Memory."""
    disk_megabytes: int = 0
    """Size of the files that stay."""


@dataclass(frozen=True)
class Job:
    """A cell with its settings and what it is computed with, as scripts/measure.py is given it."""

    experiment: str
    cell: dict
    settings: dict
    device: str = "auto"
    dtype: str = "float32"
    threads: int = 1
    hardware: dict = field(default_factory=lambda: {"device": "CPU", "threads": 1}, init=False)
    """What the job ran on, for its record."""

    def like(self) -> "torch.Tensor":
        """Set up the device and return an empty tensor of its kind and precision."""
        import torch

        from flowbounds.networks.devices import DTYPES, describe, set_up

        device = set_up(self.device, self.threads)
        self.hardware.update(describe(device, self.threads))
        return torch.empty(0, dtype=DTYPES[self.dtype], device=device)

    @property
    def label(self) -> str:
        """Names the job in its progress lines."""
        return " ".join([self.experiment, *(f"{key}={value}" for key, value in self.cell.items())])


def cell_id(cell: Cell) -> str:
    """Name a cell as its files are named: ``mnist/d7_m128`` of dataset, d and m."""
    words = [value for value in cell.values() if isinstance(value, str)]
    numbers = [f"{key}{value}" for key, value in cell.items() if not isinstance(value, str)]
    return "/".join([*words, *(["_".join(numbers)] if numbers else [])]) or "all"


def combinations(part: Mapping, **keys: str) -> list[dict]:
    """Return every combination of some lists of a section, e.g. ``d="d", target="targets"``."""
    return [
        dict(zip(keys, values, strict=True))
        for values in product(*(part[name] for name in keys.values()))
    ]


def without(part: Mapping, *keys: str) -> dict:
    """Return a section without some of its keys."""
    return {key: value for key, value in part.items() if key not in keys}


@cache
def names() -> tuple[str, ...]:
    """Return the experiments, in the order of their names."""
    found = (file.stem for file in Path(__file__).parent.glob("*.py"))
    return tuple(sorted(name for name in found if name not in _SHARED))


def load(name: str) -> ModuleType:
    """Return the module of an experiment."""
    return import_module(f"flowbounds.experiments.{name}")


def check(config: Mapping) -> None:
    """Check what each experiment knows of its section, and fill in what follows from the rest.

    Raises:
        ConfigError: on the first fault.
    """
    for name in names():
        if (of_section := getattr(load(name), "check", None)) is not None:
            of_section(config)


def depends_on(name: str, config: Mapping) -> dict:
    """Return what of a configuration the tables of an experiment depend on, by section.

    That is ``run`` and its own section, unless the module's function ``depends`` says otherwise.
    """
    depends = getattr(load(name), "depends", lambda config: {name: config[name]})
    return {"run": without(config["run"], "gpu_jobs")} | depends(config)


def on_device(name: str) -> bool:
    """Say whether the jobs of an experiment compute on ``run.device``: its module asks for it."""
    return ".like()" in Path(load(name).__file__).read_text(encoding="utf-8")


@cache
def tables() -> dict[str, str]:
    """Return the experiment that each table comes from, by the table's name."""
    return {table: name for name in names() for table in load(name).TABLES}


def columns(table: str) -> tuple[Column, ...]:
    """Return the columns of a table, keys first."""
    return load(tables()[table]).TABLES[table]

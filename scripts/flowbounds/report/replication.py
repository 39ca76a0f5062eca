"""A reader's run beside the published one: which numbers agree, where the two can be compared.

A cell can be compared when its settings are the same but for the axes of the grid: a seed, a width
or a target alone has the numbers that it has among others, whatever else the grid holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from flowbounds.experiments.experiment import columns
from flowbounds.run.files import read_json
from flowbounds.run.provenance import meta_of, sha256_of_file

TOLERANCE = 2e-3
"""Relative: five times what single precision moves a loss or a distance by between machines.

At most 4e-4 was seen of the sweep's 150 000, in sliced W1 of six networks; 99 in 100 moved by less
than 1e-5. What is not a measured number (a count, a word) must be the same.
"""
OTHERWISE = ("seeds", "checkpoint_every", "showcase")
"""Settings that say which rows there are, or which are drawn, and change none."""


@dataclass(frozen=True)
class Compared:
    """A column of a table: how many of its numbers were compared, and how many agree."""

    table: str
    column: str
    cells: int
    agree: int
    largest: float
    """The largest relative difference."""


def _axis(value: object) -> bool:
    return isinstance(value, list)


def differing(published: Mapping, own: Mapping) -> list[str]:
    """Return the settings, other than axes, in which two tables' records differ, a line each.

    Args:
        published, own: settings by section, as in a table's .meta.json.
    """
    found = []
    for section in sorted({*published, *own}):
        one, two = published.get(section, {}), own.get(section, {})
        for key in sorted({*one, *two}):
            if key in OTHERWISE or (section, key) == ("run", "device"):
                continue
            if _axis(one.get(key)) and _axis(two.get(key)):
                continue
            if one.get(key) != two.get(key):
                found.append(f"{section}.{key} is {two.get(key)}, published {one.get(key)}")
    return found


def _agree(one: pd.Series, two: pd.Series, rounding: float) -> tuple[np.ndarray, np.ndarray]:
    """Return where two columns agree, and their relative differences."""
    if one.dtype.kind == two.dtype.kind == "f":
        a, b = one.to_numpy(), two.to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.abs(b - a) / np.abs(a)
        close = np.isclose(b, a, rtol=TOLERANCE, atol=rounding, equal_nan=True)
        return close, np.where((a == b) | np.isnan(a) | np.isnan(b), 0.0, relative)
    same = ((one == two) | (one.isna() & two.isna())).to_numpy(bool)
    return same, np.where(same, 0.0, np.inf)


def compare(table: str, published: pd.DataFrame, own: pd.DataFrame) -> list[Compared]:
    """Compare the rows that two tables share, a result per column that is no key."""
    keys = [column.name for column in columns(table) if column.key]
    both = published.merge(own, on=keys, suffixes=("", " own"))
    found = []
    for column in columns(table):
        name = column.name
        if not column.key and {name, f"{name} own"} <= set(both) and len(both):
            agree, relative = _agree(both[name], both[f"{name} own"], column.rounding)
            found.append(Compared(table, name, len(both), int(agree.sum()), float(relative.max())))
    return found


def replication(results: Path, folder: Path) -> tuple[list[Compared], list[str], list[str]]:
    """Compare the tables of a run with those of a published folder.

    Returns:
        Columns that were compared; what could not be compared and why; and files of the run that
        are not as its own records say. The last two are a line each.
    """
    told = read_json(folder / "manifest.json")["tables"]
    compared, apart, broken = [], [], []
    for table, record in told.items():
        own = results / "tables" / f"{table}.csv"
        if not own.exists() or not meta_of(own).exists():
            apart.append(f"{table}: not in {results}/tables")
            continue
        meta = read_json(meta_of(own))
        if meta["outputs"].get(own.name) != sha256_of_file(own):
            broken.append(f"{own} was changed after it was made")
        if differ := differing(record["config"], meta["config"]):
            apart.append(f"{table}: {'; '.join(differ)}")
            continue
        tables = pd.read_csv(folder / "tables" / f"{table}.csv.gz"), pd.read_csv(own)
        if found := compare(table, *tables):
            compared += found
        else:
            apart.append(f"{table}: no cell in common")
    return compared, apart, broken


def certificate(compared: list[Compared], apart: list[str], broken: list[str]) -> str:
    """Return in words what agrees, what does not, and what could not be compared."""
    width = max((len(f"{c.table}.{c.column}") for c in compared), default=0)
    lines = [
        f"{'agrees' if c.agree == c.cells else 'DIFFERS':8}{f'{c.table}.{c.column}':{width}}"
        f"  {c.agree} of {c.cells} cells; largest relative difference {c.largest:.1e}"
        for c in compared
    ]
    lines += [f"not compared: {line}" for line in apart] + [f"DAMAGED: {line}" for line in broken]
    bad = sum(c.agree < c.cells for c in compared)
    cells, agree = (sum(getattr(c, name) for c in compared) for name in ("cells", "agree"))
    lines.append(
        f"{agree} of {cells} numbers agree to a relative {TOLERANCE:g} or their rounding; "
        f"{bad} of {len(compared)} columns differ"
    )
    return "\n".join(lines)

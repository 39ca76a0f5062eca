"""Draw one figure: PNG, PDF, and CSV of the very numbers drawn."""

import argparse
import gc
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

from flowbounds.claims.claim import verdict
from flowbounds.claims.registry import claims_in
from flowbounds.figures import style
from flowbounds.figures.catalogue import Entry, figures
from flowbounds.figures.verdicts import add_below
from flowbounds.networks.divergence import count_diverged
from flowbounds.run.files import ends_in_one_line, read_arrays, replacing, write_csv
from flowbounds.run.provenance import (
    SCRIPTS,
    git_commit,
    hashes,
    read_table,
    running_code,
    write_meta,
)


def load(path: str) -> pd.DataFrame | dict[str, np.ndarray]:
    if path.endswith(".csv"):
        return read_table(path)
    return read_arrays(path)


def verdicts_on(entry: Entry, tables: dict[str, pd.DataFrame]) -> list[dict[str, object]]:
    """Judge the claims about a figure that can be judged from what it is drawn from."""
    claims = (claim for module in entry.judged_by for claim in claims_in(module))
    return [
        verdict(claim, tables)
        for claim in claims
        if claim.figure == entry.name and set(claim.tables) <= set(tables)
    ]


def metadata(suffix: str, rule: str, sources: list[str]) -> dict[str, str | None]:
    """Return what a picture says of itself wherever it is copied: commit, rule, inputs' hashes.

    There is no date in it: equal inputs and code make equal bytes.

    Args:
        suffix: .png or .pdf, whose formats have names of their own for what is said.
        rule: of Snakemake, which draws it.
        sources: the files that it is drawn from.
    """
    at = git_commit(SCRIPTS)
    commit = f"{at['commit']}{' with changes' if at['dirty'] else ''}"
    files = " ".join(f"{Path(path).name} {sha}" for path, sha in hashes(sources).items())
    says = f"commit {commit}; rule {rule}; sha256 of inputs: {files}"
    if suffix == ".pdf":
        return {"Title": rule, "Creator": "flowbounds", "Subject": says, "CreationDate": None}
    return {"Title": rule, "Software": "flowbounds", "Description": says}


def save(
    drawn: dict, entry: Entry, folder: str, tables: dict[str, pd.DataFrame], sources: list[str]
) -> list[str]:
    """Save the parts of a figure and the numbers drawn; return the files' names.

    Args:
        drawn: (figure, numbers) by what is added to its name.
        entry: which figure it is.
        folder: where the files go.
        tables: what was drawn from, by name; how many networks diverged is named in the figure.
        sources: all files that were drawn from.
    """
    diverged, networks = max(map(count_diverged, tables.values()), default=(0, 0))
    rows = verdicts_on(entry, tables)
    made = []
    for part, (figure, numbers) in drawn.items():
        style.name_diverged(figure, diverged, networks)
        name = f"{folder}/{entry.name}" + (f"_{part}" if part else "")
        with style.settled(figure):
            add_below(figure, rows)
            for suffix in (".png", ".pdf"):
                with replacing(name + suffix) as path:
                    figure.savefig(path, metadata=metadata(suffix, entry.name, sources))
        write_csv(name + ".csv", numbers)
        made += [name + suffix for suffix in (".png", ".pdf", ".csv")]
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure", choices=[figure.name for figure in figures()])
    parser.add_argument("--folder", required=True, help="where the outputs go, named as the figure")
    parser.add_argument(
        "--input",
        nargs="+",
        action="append",
        required=True,
        metavar=("NAME", "FILE"),
        help="an input of the figure and its file or files, CSV or NPZ",
    )
    parser.add_argument(
        "--setting",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "NUMBER"),
        help="a number that the figure takes",
    )
    args = parser.parse_args()

    inputs = {name: [load(file) for file in files] for name, *files in args.input}
    settings = {name: float(number) for name, number in args.setting}
    gc.disable()  # to look for cycles among all parts of all axes takes a tenth of the time
    style.apply()
    drawn = import_module(f"flowbounds.figures.{args.figure}").draw(**inputs, **settings)
    tables = {name: one for name, (one, *_) in inputs.items() if isinstance(one, pd.DataFrame)}
    # a figure of several files comes as a dict by what is added to its name
    several = drawn if isinstance(drawn, dict) else {"": drawn}
    sources = [file for _, *files in args.input for file in files]
    (entry,) = (figure for figure in figures() if figure.name == args.figure)
    made = save(several, entry, args.folder, tables, sources)
    meta = f"{args.folder}/{args.figure}.meta.json"
    write_meta(meta, made, sources, running_code(), settings=settings)


if __name__ == "__main__":
    ends_in_one_line(main)

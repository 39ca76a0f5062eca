"""Draw one figure: PNG, PDF, and CSV of the very numbers drawn."""

import argparse
from importlib import import_module

import numpy as np
import pandas as pd

from flowbounds.figures import style
from flowbounds.figures.catalogue import figures
from flowbounds.networks.divergence import count_diverged
from flowbounds.run.files import ends_in_one_line, read_arrays, replacing, write_csv
from flowbounds.run.provenance import read_table, running_code, write_meta


def load(path: str) -> pd.DataFrame | dict[str, np.ndarray]:
    if path.endswith(".csv"):
        return read_table(path)
    return read_arrays(path)


def save(drawn: dict, stem: str, tables: list[pd.DataFrame]) -> list[str]:
    """Save the parts of a figure and the numbers drawn; return the files' names.

    Args:
        drawn: (figure, numbers) by what is added to its name.
        stem: the path without suffix.
        tables: what was drawn from; how many networks diverged is named in the figure.
    """
    diverged, networks = max(map(count_diverged, tables), default=(0, 0))
    made = []
    for part, (figure, numbers) in drawn.items():
        style.name_diverged(figure, diverged, networks)
        name = stem + (f"_{part}" if part else "")
        for suffix, metadata in ((".png", {}), (".pdf", {"CreationDate": None})):
            with replacing(name + suffix) as path:
                figure.savefig(path, metadata=metadata)
            figure.set_layout_engine("none")  # laid out once, the same in both
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
    style.apply()
    drawn = import_module(f"flowbounds.figures.{args.figure}").draw(**inputs, **settings)
    tables = [one for all_of in inputs.values() for one in all_of if isinstance(one, pd.DataFrame)]
    # a figure of several files comes as a dict by what is added to its name
    several = drawn if isinstance(drawn, dict) else {"": drawn}
    made = save(several, f"{args.folder}/{args.figure}", tables)
    sources = [file for _, *files in args.input for file in files]
    meta = f"{args.folder}/{args.figure}.meta.json"
    write_meta(meta, made, sources, running_code(), settings=settings)


if __name__ == "__main__":
    ends_in_one_line(main)

"""Draw one figure: PNG, PDF, and CSV of the very numbers drawn."""

import argparse
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

from flowbounds.networks.divergence import count_diverged
from flowbounds.figures import style
from flowbounds.run.files import ends_in_one_line, read_arrays, replacing, write_csv
from flowbounds.run.provenance import read_table, running_code, write_meta


def load(path: str) -> pd.DataFrame | dict[str, np.ndarray]:
    if path.endswith(".csv"):
        return read_table(path)
    return read_arrays(path)


def main() -> None:
    figures = Path(__file__).parent / "flowbounds" / "figures"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure", choices=sorted(file.stem for file in figures.glob("[ab]_*.py")))
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
    draw = import_module(f"flowbounds.figures.{args.figure}").draw
    drawn = draw(**inputs, **settings)
    # a figure of several files comes as a dict by what is added to its name
    several = drawn if isinstance(drawn, dict) else {"": drawn}
    tables = [one for all_of in inputs.values() for one in all_of if isinstance(one, pd.DataFrame)]
    diverged, networks = max(map(count_diverged, tables), default=(0, 0))
    made = []
    for part, (figure, numbers) in several.items():
        style.name_diverged(figure, diverged, networks)
        stem = f"{args.folder}/{args.figure}" + (f"_{part}" if part else "")
        for suffix, metadata in ((".png", {}), (".pdf", {"CreationDate": None})):
            with replacing(stem + suffix) as path:
                figure.savefig(path, metadata=metadata)
            figure.set_layout_engine("none")  # laid out once, the same in both
        write_csv(stem + ".csv", numbers)
        made += [stem + suffix for suffix in (".png", ".pdf", ".csv")]
    sources = [file for _, *files in args.input for file in files]
    meta = f"{args.folder}/{args.figure}.meta.json"
    write_meta(meta, made, sources, running_code(), settings=settings)


if __name__ == "__main__":
    ends_in_one_line(main)

"""Judge every claim of the papers from the tables."""

import argparse
import inspect
from importlib import import_module

import pandas as pd

from flowbounds.files import write_csv


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", nargs="+", required=True, help="modules of flowbounds.claims")
    parser.add_argument("--table", nargs=2, action="append", metavar=("NAME", "FILE"))
    parser.add_argument("--scale", required=True, help="what the grids are: quick, paper, custom")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    tables = {name: pd.read_csv(file) for name, file in args.table}
    verdicts = []
    for module in args.claims:
        for claim in import_module(f"flowbounds.claims.{module}").CLAIMS:
            needed = inspect.signature(claim).parameters
            verdict = claim(**{name: tables[name] for name in needed})
            judge = {"scale": args.scale, "code": f"{module}:{claim.__name__}"}
            verdicts.append(vars(verdict) | judge)
    write_csv(args.out, pd.DataFrame(verdicts))


if __name__ == "__main__":
    main()

"""Judge every claim of the papers from the tables."""

import argparse
import inspect
from importlib import import_module

import pandas as pd

from flowbounds.networks.divergence import count_diverged
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.run.provenance import meta_of, read_table, running_code, write_meta


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", nargs="+", required=True, help="modules of flowbounds.claims")
    parser.add_argument("--table", nargs=2, action="append", metavar=("NAME", "FILE"))
    parser.add_argument("--scale", required=True, help="what the grids are: quick, paper, custom")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    tables = {name: read_table(file) for name, file in args.table}
    verdicts = []
    for module in args.claims:
        for claim in import_module(f"flowbounds.claims.{module}").CLAIMS:
            needed = {name: tables[name] for name in inspect.signature(claim).parameters}
            diverged = sum(count_diverged(table)[0] for table in needed.values())
            judged = {
                "diverged": diverged,
                "scale": args.scale,
                "code": f"{module}:{claim.__name__}",
            }
            verdicts.append(vars(claim(**needed)) | judged)
    write_csv(args.out, pd.DataFrame(verdicts))
    meta = str(meta_of(args.out))
    files = [file for _, file in args.table]
    write_meta(meta, [args.out], files, running_code(), scale=args.scale)


if __name__ == "__main__":
    ends_in_one_line(main)

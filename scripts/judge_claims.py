"""Judge every claim of the papers from the tables."""

import argparse
import inspect
from pathlib import Path

import pandas as pd

from flowbounds.claims.registry import all_claims
from flowbounds.networks.divergence import count_diverged
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.run.provenance import meta_of, read_table, running_code, write_meta


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", required=True, help="CSV, named as the tables")
    parser.add_argument("--scale", required=True, help="what the grids are: quick, paper, custom")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    tables = {Path(file).stem: read_table(file) for file in args.tables}
    verdicts = []
    for module, claim in all_claims():
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
    write_meta(meta, [args.out], args.tables, running_code(), scale=args.scale)


if __name__ == "__main__":
    ends_in_one_line(main)

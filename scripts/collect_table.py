"""Put the tables of many jobs into one, and write beside it where the numbers come from."""

import argparse
import json

import pandas as pd

from flowbounds.experiments.experiment import load, names
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.run.provenance import (
    checked_records,
    code_of,
    running_code,
    sha256_of_json,
    write_meta,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", choices=names())
    parser.add_argument("table", help="one of that experiment's")
    parser.add_argument("--tables", nargs="+", required=True)
    parser.add_argument("--records", nargs="+", required=True, help="JSON: what each job ran on")
    parser.add_argument("--settings", type=json.loads, required=True, help="JSON: settings used")
    parser.add_argument("--code", nargs="+", required=True, help="files that made the numbers")
    parser.add_argument("--out", required=True)
    parser.add_argument("--meta", required=True)
    args = parser.parse_args()

    records = checked_records(args.records, args.tables)
    table = pd.concat([pd.read_csv(part) for part in args.tables])
    columns = load(args.experiment).TABLES[args.table]
    table = table.sort_values([column.name for column in columns if column.key])
    table = table[[column.name for column in columns]]
    # an iteration or a count stays a whole number where some cells are empty
    write_csv(args.out, table.convert_dtypes(dtype_backend="numpy_nullable"))

    code = code_of(args.code) | running_code()
    write_meta(
        args.meta,
        outputs=[args.out],
        inputs=[*args.tables, *args.records],
        code=code,
        config=args.settings,
        config_sha256=sha256_of_json(args.settings),
        code_sha256=sha256_of_json(code),
        seeds=sorted(int(seed) for seed in table["seed"].unique()) if "seed" in table else [],
        device=sorted({record["device"] for record in records}),
        threads=sorted({record["threads"] for record in records}),
        arithmetic=sorted({line for record in records for line in record["arithmetic"]}),
        compute_seconds=round(sum(record["seconds"] for record in records), 3),
    )


if __name__ == "__main__":
    ends_in_one_line(main)

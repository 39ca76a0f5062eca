"""Put the tables of many jobs into one, and write beside it where the numbers come from."""

import argparse
import json
from pathlib import Path

import pandas as pd

from flowbounds.files import (
    git_commit,
    sha256_of_files,
    sha256_of_json,
    versions,
    write_csv,
    write_json,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", required=True)
    parser.add_argument("--records", nargs="+", required=True, help="JSON: what each job ran on")
    parser.add_argument("--keys", nargs="+", required=True, help="columns that order the rows")
    parser.add_argument("--values", nargs="+", required=True, help="columns that follow them")
    parser.add_argument("--config", type=json.loads, required=True, help="JSON: the settings used")
    parser.add_argument("--seeds", type=int, required=True)
    parser.add_argument("--code", nargs="+", required=True, help="files that made the numbers")
    parser.add_argument("--out", required=True)
    parser.add_argument("--meta", required=True)
    args = parser.parse_args()

    table = pd.concat([pd.read_csv(part) for part in args.tables])
    table = table.sort_values(args.keys)[[*args.keys, *args.values]]
    # an iteration or a count stays a whole number where some cells are empty
    write_csv(args.out, table.convert_dtypes(convert_string=False, dtype_backend="numpy_nullable"))

    records = [json.loads(Path(record).read_text()) for record in args.records]
    write_json(
        args.meta,
        {
            "config": args.config,
            "config_sha256": sha256_of_json(args.config),
            "code_sha256": sha256_of_files(args.code),
            "git": git_commit(Path(__file__).parent),
            "versions": versions(),
            "seeds": list(range(args.seeds)),
            "device": sorted({record["device"] for record in records}),
            "threads": sorted({record["threads"] for record in records}),
            "compute_seconds": round(sum(record["seconds"] for record in records), 3),
        },
    )


if __name__ == "__main__":
    main()

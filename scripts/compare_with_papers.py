"""Put the papers' printed numbers beside ours, cell by cell."""

import argparse
from pathlib import Path

from flowbounds.report.comparison import comparison
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.run.provenance import read_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tables", nargs="+", required=True, help="CSV, named as the tables and the figures"
    )
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    write_csv(args.out, comparison({Path(file).stem: read_table(file) for file in args.tables}))


if __name__ == "__main__":
    ends_in_one_line(main)

"""Compare a finished run with the published results, where the two have cells in common.

    python scripts/check_replication.py

Prints a line for every column that was compared and for every table that could not be, and ends
with status 1 when a number does not agree. Grids may differ; settings that change numbers may not.
"""

import argparse
import sys
from pathlib import Path

from flowbounds.report import publication, replication
from flowbounds.run.files import ends_in_one_line

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--published", type=Path, default=ROOT / "docs/paper-scale")
    args = parser.parse_args()
    if not (args.published / publication.MANIFEST).exists():
        sys.exit(f"error: {args.published} holds no published results")
    damaged = [f"published: {line}" for line in publication.faults(args.published)]
    compared, apart, broken = replication.replication(args.results, args.published)
    print(replication.certificate(compared, apart, [*damaged, *broken]))
    if not compared:
        sys.exit("error: nothing could be compared")
    if damaged or broken or any(column.agree < column.cells for column in compared):
        sys.exit(1)


if __name__ == "__main__":
    ends_in_one_line(main)

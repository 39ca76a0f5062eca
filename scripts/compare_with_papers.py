"""Put the papers' printed numbers beside ours, cell by cell."""

import argparse

from flowbounds.report.comparison import figure_1
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.run.provenance import read_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulation", required=True, help="the table of the simulation")
    parser.add_argument("--loss", required=True, help="paper A's figure 1a, read off")
    parser.add_argument("--sliced-w1", required=True, help="paper A's figure 1b, read off")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    tables = (read_table(file) for file in (args.simulation, args.loss, args.sliced_w1))
    write_csv(args.out, figure_1(*tables))


if __name__ == "__main__":
    ends_in_one_line(main)

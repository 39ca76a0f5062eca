"""Put the verdicts, and the papers' numbers beside ours, into one file of Markdown."""

import argparse

from flowbounds.report.summary import summary
from flowbounds.run.files import ends_in_one_line, replacing
from flowbounds.run.provenance import read_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", required=True)
    parser.add_argument("--comparison", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    text = summary(read_table(args.verdicts), read_table(args.comparison))
    with replacing(args.out) as path:
        path.write_text(text)


if __name__ == "__main__":
    ends_in_one_line(main)

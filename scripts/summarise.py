"""Put the verdicts, and the papers' numbers beside ours, into one file of Markdown."""

import argparse

import pandas as pd

from flowbounds.files import replacing
from flowbounds.report.summary import summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", required=True)
    parser.add_argument("--comparison", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    text = summary(pd.read_csv(args.verdicts), pd.read_csv(args.comparison))
    with replacing(args.out) as path:
        path.write_text(text)


if __name__ == "__main__":
    main()

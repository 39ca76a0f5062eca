"""Write the page of all results: verdicts, figures, captions, code and times in one HTML file."""

import argparse
import json
import os
from pathlib import Path

import pandas as pd
import yaml

from flowbounds.report.page import Figure, Judged, render
from flowbounds.report.run import describe
from flowbounds.run.files import ends_in_one_line, replacing
from flowbounds.run.provenance import read_table

MEGABYTES = 25  # what a mail server lets through


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contents", required=True, help="JSON: figures and configuration")
    parser.add_argument("--template", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--introductions", nargs="+", required=True, help="paper_<letter>.rst")
    parser.add_argument("--causes", required=True, help="YAML: why a claim fails, by its name")
    parser.add_argument("--judged", nargs="+", required=True, help="what judge_claims.py wrote")
    parser.add_argument("--published", required=True, help="verdicts at the paper's scale")
    parser.add_argument("--comparison", required=True)
    parser.add_argument("--records", nargs="+", required=True, help="<table>.meta.json")
    parser.add_argument("--dictionary", required=True, help="datapackage.json of the tables")
    parser.add_argument("--benchmarks", required=True, help="folder of the benchmark files")
    parser.add_argument("--root", required=True, help="folder of the repository")
    parser.add_argument("--lean", action="store_true", help="link pictures, tables and code")
    parser.add_argument("--out", required=True)
    return parser.parse_args()


def main() -> None:
    args = arguments()
    contents = json.loads(Path(args.contents).read_text())
    records = {
        Path(file).name.removesuffix(".meta.json"): json.loads(Path(file).read_text())
        for file in args.records
    }
    page = render(
        template=Path(args.template).read_text(),
        style=Path(args.style).read_text(),
        introductions={
            Path(file).stem.removeprefix("paper_").upper(): Path(file).read_text()
            for file in args.introductions
        },
        causes=yaml.safe_load(Path(args.causes).read_text()),
        figures=[Figure(**figure) for figure in contents["figures"]],
        judged=Judged(**{Path(file).stem: read_table(file) for file in args.judged}),
        published=pd.read_csv(args.published),
        comparison=read_table(args.comparison),
        run=describe(records, Path(args.benchmarks)),
        dictionary=json.loads(Path(args.dictionary).read_text()),
        config=contents["config"],
        root=args.root,
        home=os.path.dirname(args.out),
        lean=args.lean,
    )
    if (size := len(page.encode()) / 1e6) > MEGABYTES:
        raise SystemExit(f"the report has {size:.0f} MB, more than the {MEGABYTES} that mail takes")
    with replacing(args.out) as path:
        path.write_text(page)


if __name__ == "__main__":
    ends_in_one_line(main)

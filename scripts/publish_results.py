"""Publish a finished run: docs/paper-scale out of results, refused unless all belongs together.

    python scripts/publish_results.py --configfile workflow/presets/paper.yaml

Run it where Snakemake ran, with the same --configfile.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from flowbounds.experiments import experiment
from flowbounds.report.publication import JUDGED, write_parts, write_records
from flowbounds.run.config import ConfigError, complete, laid_over, read
from flowbounds.run.files import ends_in_one_line, read_json
from flowbounds.run.verification import faults

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "workflow/report"


def lean_page(results: Path, out: Path) -> None:
    """Write index.html: the page of all results with pictures, tables and code linked."""
    options = {
        "contents": [results / "contents.json"],
        "template": [REPORT / "page.html"],
        "style": [REPORT / "page.css"],
        "causes": [REPORT / "causes.yaml"],
        "introductions": sorted(REPORT.glob("paper_*.rst")),
        "judged": [results / f"{name}.csv" for name in JUDGED],
        "published": [results / "verdicts.csv"],
        "comparison": [results / "comparison.csv"],
        "records": sorted((results / "tables").glob("*.meta.json")),
        "dictionary": [results / "tables/datapackage.json"],
        "benchmarks": [results / "benchmarks"],
        "root": [os.path.relpath(ROOT)],
        "out": [out / "index.html"],
    }
    words = [str(word) for name, values in options.items() for word in (f"--{name}", *values)]
    program = str(ROOT / "scripts/render_report.py")
    subprocess.run([sys.executable, program, "--lean", *words], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--configfile", nargs="+", default=[], help="as given to Snakemake")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/paper-scale")
    args = parser.parse_args()
    results = Path("results")
    try:
        config = laid_over([ROOT / "config.yaml", *args.configfile])
        complete(config, read(ROOT / "workflow/schemas/config.schema.yaml"))
        experiment.check(config)
    except ConfigError as error:
        sys.exit(f"error: config: {error}")
    if found := faults(results, config):
        sys.exit("\n".join([*found, "error: a run is published when all of it belongs together"]))
    contents = read_json(results / "contents.json")
    stems = [Path(stem) for figure in contents["figures"] for stem in figure["stems"]]
    shutil.rmtree(args.out, ignore_errors=True)
    write_parts(results, stems, args.out)
    lean_page(results, args.out)
    write_records(results, contents, args.out)
    print(f"published in {args.out}")


if __name__ == "__main__":
    ends_in_one_line(main)

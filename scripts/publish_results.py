"""Publish a finished run: docs/paper-scale out of results, refused unless all belongs together.

    python scripts/publish_results.py --configfile workflow/presets/paper.yaml

Run it where Snakemake ran, with the same --configfile.
"""

import argparse
import shutil
import sys
from pathlib import Path

from flowbounds.experiments import experiment
from flowbounds.report.publication import write_parts, write_records
from flowbounds.run.config import ConfigError, complete, laid_over, read
from flowbounds.run.files import ends_in_one_line, read_json
from flowbounds.run.verification import faults

ROOT = Path(__file__).parents[1]


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
    write_records(results, contents, args.out)
    print(f"published in {args.out}")


if __name__ == "__main__":
    ends_in_one_line(main)

"""Check that tables, figures and verdicts belong together, and to the present config and code.

Says what does not and ends with status 1; run it where Snakemake ran, with the same --configfile.
"""

import argparse
import sys
from pathlib import Path

from flowbounds.experiments import experiment
from flowbounds.run.config import ConfigError, complete, laid_over, read
from flowbounds.run.files import ends_in_one_line
from flowbounds.run.verification import faults, products

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--configfile",
        nargs="+",
        default=[],
        help="files laid over config.yaml, as they were given to Snakemake",
    )
    args = parser.parse_args()
    try:
        config = laid_over([ROOT / "config.yaml", *args.configfile])
        complete(config, read(ROOT / "workflow" / "schemas" / "config.schema.yaml"))
        experiment.check(config)
    except ConfigError as error:
        sys.exit(f"error: config: {error}")
    results = Path("results")
    there = products(results)
    if not there:
        sys.exit("error: there is no table, no figure and no verdict under results/")
    if found := faults(results, config):
        sys.exit("\n".join([*found, f"error: {len(found)} found that does not belong together"]))
    print(f"{len(there)} files belong together, to the configuration and to the code")


if __name__ == "__main__":
    ends_in_one_line(main)

"""Judge every claim from the tables; say how sure the verdicts are, and show their controls."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from flowbounds.claims.calibration import COLUMNS, SIMULATIONS, calibrate
from flowbounds.claims.claim import verdict
from flowbounds.claims.controls import control
from flowbounds.claims.judging import seen
from flowbounds.claims.registry import all_claims
from flowbounds.claims.robustness import robustness, share
from flowbounds.networks.divergence import count_diverged
from flowbounds.run.files import ends_in_one_line, write_csv
from flowbounds.run.provenance import meta_of, read_table, running_code, write_meta


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", required=True, help="CSV, named as the tables")
    parser.add_argument("--scale", required=True, help="what the grids are: quick, paper, custom")
    parser.add_argument("--verdicts", required=True)
    parser.add_argument("--calibration", required=True, help="errors of the rule on known truths")
    parser.add_argument("--robustness", required=True, help="verdicts under other choices")
    parser.add_argument("--controls", required=True, help="verdicts on tables made false")
    args = parser.parse_args()

    tables = {Path(file).stem: read_table(file) for file in args.tables}
    rows: dict[str, list] = {"verdicts": [], "calibration": [], "robustness": [], "controls": []}
    for module, claim in all_claims():
        row = verdict(claim, tables)
        others = robustness(claim, tables)
        diverged = sum(count_diverged(tables[name])[0] for name in claim.tables)
        code = f"{module}:{claim.function.__name__}"
        evidence = claim.evidence(tables)
        noticed = seen(evidence, claim.allowed)[0] if len(evidence.tests) else np.nan
        row |= {"seen": float(evidence.shown(noticed)), "robust": share(row["verdict"], others)}
        rows["verdicts"].append(row | {"diverged": diverged, "scale": args.scale, "code": code})
        rows["robustness"] += others
        rows["controls"].append(control(claim, tables))
        simulated = calibrate(evidence, claim.allowed, SIMULATIONS)
        rows["calibration"] += [{"claim": claim.name} | each for each in simulated]
    for name, of_name in rows.items():
        # with too few seeds nothing is calibrated, and the table has its header alone
        columns = COLUMNS if name == "calibration" else None
        write_csv(getattr(args, name), pd.DataFrame(of_name, columns=columns))
        write_meta(
            str(meta_of(getattr(args, name))),
            [getattr(args, name)],
            args.tables,
            running_code(),
            scale=args.scale,
        )


if __name__ == "__main__":
    ends_in_one_line(main)

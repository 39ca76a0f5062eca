"""Write the reference of the quick scale: what results/tables holds of the last checkpoint.

Run in the repository after `snakemake --cores 2`, when a change is meant to change the numbers; the
commit says why it does.
"""

from pathlib import Path

import pandas as pd

NAMES = ["simulation", "images", "ntk", "ntk_spectrum", "generalization", "sampling", "sup_norm"]
NAMES += ["baselines"]
NAMES += ["dfm_discretization", "dfm_drift_error", "dfm_dimension", "dfm_moments"]
NAMES += ["dfm_early_stopping"]


def main() -> None:
    for name in NAMES:
        table = pd.read_csv(f"results/tables/{name}.csv")
        if "t" in table:
            table = table[table["t"] == table["t"].max()]
        table.to_csv(Path(__file__).parent / f"{name}.csv", index=False, float_format="%.9g")


if __name__ == "__main__":
    main()

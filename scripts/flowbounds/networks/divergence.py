"""How tables tell of networks that diverged."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

# The columns that name a network, in whichever table.
NETWORK = ("dataset", "target", "coupling", "d", "n", "m", "eta", "kappa", "b1", "tau_min", "seed")


def without_diverged(table: pd.DataFrame, measured: Sequence[str]) -> pd.DataFrame:
    """Empty what was measured of networks that had diverged by then.

    Args:
        table: has ``diverged_at``, the iteration at which a row's network diverged, NaN where it
            did not; and ``t``, unless all rows are of the last iteration.
        measured: the columns to empty.
    """
    diverged = table["diverged_at"].astype(float)
    gone = table["t"] >= diverged if "t" in table else diverged.notna()
    table = table.assign(diverged_at=diverged.astype("Int64"))
    table.loc[gone, list(measured)] = np.nan
    return table


def count_diverged(table: pd.DataFrame) -> tuple[int, int]:
    """Return how many networks of a table diverged, and how many there are; (0, 0) if none are."""
    if "diverged_at" not in table:
        return 0, 0
    names = [column for column in NETWORK if column in table]
    networks = table.drop_duplicates(names)
    # the kernel limit, of infinite width, is no network
    trained = networks[np.isfinite(networks["m"])] if "m" in networks else networks
    return int(trained["diverged_at"].notna().sum()), len(trained)

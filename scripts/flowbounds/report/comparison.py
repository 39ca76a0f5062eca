"""The papers' printed numbers beside ours, cell by cell."""

from collections.abc import Mapping

import pandas as pd

from flowbounds.experiments.summaries import beside_published, expected_within, trajectory_mean

FIGURES = ("1a", "1b", "3", "4", "5")
CELL = ["m", "eta", "d"]
OF_IMAGES = ["dataset", "m", "eta"]
COLUMNS = [
    "figure", "cell", "t", "paper", "ours", "relative_difference", "sd", "seeds", "z", "quality",
]  # fmt: skip


def comparison(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return paper A's figures 1, 3, 4 and 5 beside ours; cells of other grids are left out.

    Of figure 1 ours is the mean over the checkpoints t > 0, which is what that figure shows, then
    over the seeds; of the others the mean over the seeds at the same t. Cells with a diverged
    network are left out.

    Args:
        tables: simulation and images, and the values read off the figures, named as their files.

    Returns:
        Columns figure, cell, t, paper, ours, relative_difference, sd and seeds (of ours), z,
        quality; one row a value. Figures 3 to 5 show single runs, hence z, by how many standard
        deviations of our seeds theirs lies from our mean; figure 1 shows means, and has no z.
    """
    simulation, images = tables["simulation"], tables["images"]
    means = trajectory_mean(simulation, CELL)
    parts = [
        _beside("1a", means, tables["fig1a_loss"], CELL, "loss").assign(z=float("nan")),
        _beside("1b", means, tables["fig1b_sw1"], CELL, "sliced_w1").assign(z=float("nan")),
        _beside("3", simulation, tables["fig3_loss"], [*CELL, "t"], "loss"),
        _beside("4", simulation, tables["fig4_sw1"], [*CELL, "t"], "sliced_w1"),
    ]
    for (metric, dataset), values in tables["fig5_images"].groupby(["metric", "dataset"]):
        values = values.drop(columns="metric")
        part = _beside("5", images, values, [*OF_IMAGES, "t"], metric)
        parts.append(part.assign(figure=part["figure"] + f", {dataset}"))
    return pd.concat(parts)[COLUMNS]


def _beside(
    figure: str, table: pd.DataFrame, published: pd.DataFrame, cell: list[str], quantity: str
) -> pd.DataFrame:
    both = beside_published(table, published, cell, quantity)
    names = [
        ", ".join(f"{key} = {f'{x:g}' if key == 'eta' else x}" for key, x in row)
        for row in map(dict.items, both[cell].to_dict("records"))
    ]
    t = both["t"] if "t" in cell else float("nan")
    return both.assign(figure=f"A, {figure}: {quantity}", cell=names, t=t)


def differences(compared: pd.DataFrame) -> pd.DataFrame:
    """Return how far ours lies from the papers' numbers, a row per figure.

    Returns:
        Columns figure, cells, median, largest: of the absolute relative difference; and runs, how
        many values have a z at t > 0, where networks have been trained, with within_2, within_3,
        how many of them lie within so many standard deviations of our mean, and expected_2,
        expected_3, how many of the runs of one law would.
    """
    size = compared["relative_difference"].abs().groupby(compared["figure"], sort=False)
    found = size.agg(cells="size", median="median", largest="max")
    trained = compared[(compared["t"] > 0) & compared["z"].notna()]
    found["runs"] = trained.groupby("figure").size()
    for z in (2, 3):
        counts = pd.DataFrame(
            {
                "figure": trained["figure"],
                f"within_{z}": trained["z"].abs() <= z,
                f"expected_{z}": expected_within(z, trained["seeds"]),
            }
        )
        found = found.join(counts.groupby("figure").sum())
    counted = [name for name in found if name not in ("cells", "median", "largest")]
    return found.fillna(dict.fromkeys(counted, 0)).reset_index()


def not_compared(compared: pd.DataFrame) -> str:
    """Say which figures have no value in common with our grids; nothing if all have."""
    there = {name.removeprefix("A, ").split(":")[0] for name in compared["figure"]}
    missing = [figure for figure in FIGURES if figure not in there]
    if not missing:
        return ""
    return f"No cell of these grids is in the paper's figure {', '.join(missing)}."

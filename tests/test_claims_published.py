"""Single runs of figures 3, 4 and 5 beside our seeds: another run passes, another law does not."""

import numpy as np
import pandas as pd
import pytest
from made_up import at_most, claims_of, noticed, outcome, row

from flowbounds.claims import a_published as claims
from flowbounds.claims.claim import verdict
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD, Region, judge

D, M, ETA, T = [5, 50], [16, 64, 256], [1e-3, 1e-2], range(0, 501, 50)
RUNS = 11


def runs(seed: int, together: float = 0.0, **axes) -> pd.DataFrame:
    """Runs of one law, log-normal; a share of the variance is a whole run's, the rest a row's."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([*axes.values(), range(RUNS)], names=[*axes, "seed"])
    table = index.to_frame(index=False)
    for quantity in ("loss", "sliced_w1"):
        of_run = rng.standard_normal(RUNS)[table["seed"]]
        own = rng.standard_normal(len(table))
        noise = together**0.5 * of_run + (1 - together) ** 0.5 * own
        table[quantity] = 10 * table["m"] ** -0.1 * np.exp(0.2 * noise - table["t"] / 300)
    return table


def read_off(table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """The last run as it would be read off a figure, without error."""
    values = table[table["seed"] == RUNS - 1].rename(columns={quantity: "value"})
    keys = [key for key in ("dataset", "d", "m", "eta", "t") if key in values]
    return values[[*keys, "value"]].assign(metric=quantity, err_est=0.0, quality="good")


def made(seed: int, together: float = 0.0) -> dict[str, pd.DataFrame]:
    """Tables in which the published run is another of ours, that of no seed of the tables."""
    simulation = runs(seed, together, d=D, m=M, eta=ETA, t=[0, 250, 500])
    images = runs(seed + 1, together, dataset=["a", "b"], m=M, eta=ETA, t=T)
    kept = {"simulation": simulation, "images": images}
    return {name: table[table["seed"] < RUNS - 1] for name, table in kept.items()} | {
        "fig3_loss": read_off(simulation, "loss").drop(columns="metric"),
        "fig4_sw1": read_off(simulation, "sliced_w1").drop(columns="metric"),
        "fig5_images": pd.concat(read_off(images, of) for of in ("loss", "sliced_w1")),
    }


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return made(0)


CLAIMS = list(claims_of(claims))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
class TestEach:
    def test_it_is_upheld_of_another_run_and_refuted_by_its_control(self, claim, tables):
        assert outcome(claim.function, tables) == UPHELD
        assert noticed(claim, tables)

    def test_of_another_grid_nothing_is_concluded(self, claim, tables):
        other = {
            name: table.assign(m=17) if name.startswith("fig") else table
            for name, table in tables.items()
        }
        found = row(claim.function, other)
        assert found["outcome"] == OPEN and "of the grid" in found["reason"]

    def test_a_diverged_network_concludes_nothing(self, claim, tables):
        gone = dict(tables)
        for name in ("simulation", "images"):
            table = gone[name].copy()
            wild = (table["seed"] == 3) & (table["m"] == 64) & (table["t"] > 0)
            table.loc[wild, ["loss", "sliced_w1"]] = np.nan
            gone[name] = table
        assert outcome(claim.function, gone) == OPEN

    def test_the_start_does_not_count(self, claim, tables):
        wild = {
            name: table.assign(value=table["value"].where(table["t"] > 0, 1e6))
            for name, table in tables.items()
            if name.startswith("fig")
        }
        assert outcome(claim.function, tables | wild) == UPHELD

    def test_it_says_how_many_lie_within_2_and_3_sds(self, claim, tables):
        figure = next(name for name in claim.tables if name.startswith("fig"))
        ours = tables[claim.tables[0]]
        inside = np.zeros(3)
        for quantity, part in tables[figure].assign(**_metric(figure)).groupby("metric"):
            keys = [key for key in ("dataset", "d", "m", "eta", "t") if key in part]
            seeds = ours.groupby(keys)[quantity]
            both = part[part["t"] > 0].set_index(keys)["value"]
            z = ((both - seeds.mean()) / seeds.std()).dropna().abs()
            inside += [(z <= 2).sum(), (z <= 3).sum(), len(z)]
        said = verdict(claim, tables)["reason"]
        assert "{:.0f} and {:.0f} of the {:.0f} published values".format(*inside) in said
        assert f"{0.9111 * inside[2]:.1f}" in said  # of ten seeds: P(|t_9| < 2 / sqrt(1.1))


def _metric(figure: str) -> dict[str, str]:
    return {"fig3_loss": {"metric": "loss"}, "fig4_sw1": {"metric": "sliced_w1"}}.get(figure, {})


@pytest.mark.parametrize("together", [0.0, 0.5, 1.0])
def test_another_run_is_refuted_in_at_most_a_twentieth_of_cases(together):
    """Even without the margin, and however much a run's values hang together."""
    claim, draws = claims.figure_3_is_a_run.claim, 100
    found = []
    for seed in range(draws):
        table = runs(seed, together, d=D, m=M, eta=ETA, t=[500])
        figure = read_off(table, "loss").drop(columns="metric")
        ours = table[table["seed"] < RUNS - 1]
        found.append(claim.evidence({"simulation": ours, "fig3_loss": figure}))
    for allowed in (Region(high=1.0), claim.allowed):
        refuted = [judge(each, allowed).outcome == REFUTED for each in found]
        assert np.mean(refuted) <= at_most(0.05, draws)


def test_a_reading_error_as_large_as_the_scatter_is_allowed_for(tables):
    rng, figure = np.random.default_rng(5), tables["fig3_loss"]
    wide = 10 * figure["value"]
    read = figure.assign(value=figure["value"] + wide * rng.standard_normal(len(figure)))
    assert outcome(claims.figure_3_is_a_run, tables | {"fig3_loss": read}) == REFUTED
    said = read.assign(err_est=wide)
    assert outcome(claims.figure_3_is_a_run, tables | {"fig3_loss": said}) == UPHELD


def test_one_panel_of_figure_5_is_enough_to_refute(tables):
    figure = tables["fig5_images"]
    stray = (figure["dataset"] == "b") & (figure["metric"] == "sliced_w1")
    wrong = figure.assign(value=figure["value"].where(~stray, 20 * figure["value"]))
    found = row(claims.figure_5_is_a_run, tables | {"fig5_images": wrong})
    assert found["outcome"] == REFUTED and found["cells"] == 4
    assert found["closest"] == "quantity = sliced_w1, dataset = b"

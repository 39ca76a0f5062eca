"""What paper A's text says of its experiments: upheld where it is true, refuted where not."""

import numpy as np
import pandas as pd
import pytest
from made_up import SEEDS, at_most, claims_of, grid, noticed, outcome, row

from flowbounds.claims import a_experiments as claims
from flowbounds.claims.judging import MIN_SEEDS, OPEN, REFUTED, UPHELD, judge

D, M, ETA, T = [5, 10, 20], [16, 64], [1e-3, 1e-2], range(0, 101, 10)
CELL = ["m", "eta", "d"]
PUBLISHED = {"loss": "fig1a_loss", "sliced_w1": "fig1b_sw1"}
READINGS = [
    (claims.caption_loss, claims.figure_1_loss_is_a_mean),
    (claims.caption_sliced_w1, claims.figure_1_sliced_w1_is_a_mean),
]


def published(simulation: pd.DataFrame, quantity: str, reading: str) -> pd.DataFrame:
    """What the paper would have drawn: ten-seed means, here without scatter of their own."""
    kept = simulation[simulation["t"] == 100 if reading == "terminal" else simulation["t"] > 0]
    means = kept.groupby(CELL, as_index=False)[quantity].mean()
    return means.rename(columns={quantity: "value"}).assign(quality="good")


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """A world in which the text is true: L = d m^-0.1 exp(-10 eta t), W1 like its root."""
    table = grid(d=D, m=M, eta=ETA, t=T)
    decay = np.exp(-10 * table["eta"] * table["t"])
    simulation = table.assign(
        loss=table["d"] * table["m"] ** -0.1 * decay * table["factor"],
        sliced_w1=(table["d"] * decay) ** 0.5 * table["factor"],
    )
    images = grid(dataset=["a", "b"], m=M, eta=ETA, t=T)
    decay = np.exp(-10 * images["eta"] * images["t"])
    return {
        "simulation": simulation,
        "images": images.assign(loss=decay * images["factor"]),
        **{file: published(simulation, of, "terminal") for of, file in PUBLISHED.items()},
    }


OF_TEXT = [
    claim for claim in claims_of(claims) if claim.kind == "text" and "classes" not in claim.name
]
ON_TABLES = [
    claim
    for claim in claims_of(claims)
    if {"simulation", "images"} & set(claim.tables) and "classes" not in claim.name
]


@pytest.mark.parametrize("claim", OF_TEXT, ids=lambda claim: claim.name)
def test_each_is_upheld_where_it_is_true(claim, tables):
    assert outcome(claim.function, tables) == UPHELD


@pytest.mark.parametrize("claim", ON_TABLES, ids=lambda claim: claim.name)
def test_its_own_control_refutes_each(claim, tables):
    assert noticed(claim, tables)


@pytest.mark.parametrize("claim", ON_TABLES, ids=lambda claim: claim.name)
def test_few_seeds_conclude_nothing(claim, tables):
    few = {
        name: table[table["seed"] < MIN_SEEDS - 1] if "seed" in table else table
        for name, table in tables.items()
    }
    assert outcome(claim.function, few) == OPEN


@pytest.mark.parametrize("claim", ON_TABLES, ids=lambda claim: claim.name)
def test_a_diverged_network_concludes_nothing(claim, tables):
    """One network without measurements from the first checkpoint on: no claim pretends."""
    gone = {}
    for name in ("simulation", "images"):
        table = tables[name].copy()
        of_network = (
            (table["m"] == 64) & (table["eta"] == 1e-2) & (table["seed"] == 3) & (table["t"] > 0)
        )
        if "d" in table:
            of_network &= table["d"] == 10
        measured = [column for column in ("loss", "sliced_w1") if column in table]
        table.loc[of_network, measured] = np.nan
        gone[name] = table
    if "mean over the trajectory" in claim.name:
        gone |= {
            file: published(tables["simulation"], of, "mean") for of, file in PUBLISHED.items()
        }
    assert outcome(claim.function, tables | gone) == OPEN


class TestFigure1:
    @pytest.mark.parametrize(("caption", "explanation"), READINGS)
    def test_each_reading_holds_of_its_own_figure_only(self, caption, explanation, tables):
        assert outcome(explanation, tables) == REFUTED
        means = {
            file: published(tables["simulation"], of, "mean") for of, file in PUBLISHED.items()
        }
        assert outcome(caption, tables | means) == REFUTED
        assert outcome(explanation, tables | means) == UPHELD

    def test_values_that_were_read_badly_do_not_count(self, tables):
        figure = tables["fig1a_loss"]
        bad = (figure["m"] == 16) & (figure["d"] == 5)
        wrong = figure.assign(
            value=figure["value"].where(~bad, 9 * figure["value"]),
            quality=figure["quality"].where(~bad, "overlapped"),
        )
        assert outcome(claims.caption_loss, tables | {"fig1a_loss": wrong}) == UPHELD
        wrong["quality"] = "good"
        assert outcome(claims.caption_loss, tables | {"fig1a_loss": wrong}) == REFUTED

    def test_no_cell_in_common_says_so(self, tables):
        other = tables["fig1a_loss"].assign(m=17)
        found = row(claims.caption_loss, tables | {"fig1a_loss": other})
        assert found["outcome"] == OPEN and "published" in found["reason"]

    def test_the_interval_has_the_scatter_of_the_papers_ten_seeds_as_well(self):
        """Published values are drawn like ours: intervals of 95 % each miss in 5 % of curves."""
        rng, curves = np.random.default_rng(1), 400
        simulation = grid(m=range(curves), eta=[1e-2], d=[5], t=[100], seeds=5)
        simulation["loss"] = np.exp(0.2 * rng.standard_normal(len(simulation)))
        figure = simulation.drop_duplicates("m")[CELL].assign(quality="good")
        figure["value"] = np.exp(0.2 * rng.standard_normal((curves, 10)).mean(axis=1))
        claim = claims.caption_loss.claim
        tables = {"simulation": simulation, "fig1a_loss": figure}
        alone = 1 - 0.05 * curves  # of each alone, where all together would have 95 %
        found = judge(claim.evidence(tables), claim.allowed, alone)
        missed = ((found.low > 0) | (found.high < 0)).mean()
        assert missed <= at_most(0.05)


def slowing(table):
    """The rate falls: L = L(0) / (1 + t)."""
    return table.assign(loss=table["d"] / (1 + table["t"]) * table["factor"])


def in_one_cell(factor, quantity, cell="d == 20 and m == 16 and eta == 0.01", late=0):
    def alter(table):
        inside = table.eval(f"{cell} and t >= {late}")
        return table.assign(**{quantity: table[quantity].where(~inside, factor * table[quantity])})

    return alter


def slows_in_one_cell(table):
    """Nearly geometric in all cells but one, which a mean over step sizes would hide."""
    inside = table.eval("d == 20 and m == 16 and eta == 0.01")
    return table.assign(loss=table["loss"].where(~inside, slowing(table)["loss"]))


def wide_bands(quantity):
    def alter(table):
        scatter = np.exp(3 * np.random.default_rng(1).standard_normal(SEEDS))
        return table.assign(**{quantity: table[quantity] * scatter[table["seed"]]})

    return alter


@pytest.mark.parametrize(
    ("claim", "alteration"),
    [
        (claims.geometric_decay, slowing),
        (claims.geometric_decay, slows_in_one_cell),
        (claims.loss_grows_with_dimension, in_one_cell(0.1, "loss")),
        (claims.larger_steps_decay_faster, in_one_cell(1e5, "loss", late=100)),
        (claims.width_improves_marginally, in_one_cell(3, "loss", "m == 64")),
        (claims.width_improves_marginally, in_one_cell(0.1, "loss", "m == 64")),
        (claims.distance_falls, in_one_cell(200, "sliced_w1", late=100)),
        (claims.distance_falls_throughout, in_one_cell(200, "sliced_w1", late=50)),
        (claims.distance_grows_with_dimension, in_one_cell(0.1, "sliced_w1")),
    ],
)
def test_one_cell_is_enough_to_refute(claim, alteration, tables):
    altered = tables | {"simulation": alteration(tables["simulation"])}
    assert outcome(claim, altered) == REFUTED


@pytest.mark.parametrize(
    ("claim", "other", "quantity"),
    [
        (claims.bands_of_loss_are_narrow, claims.bands_of_distance_are_narrow, "loss"),
        (claims.bands_of_distance_are_narrow, claims.bands_of_loss_are_narrow, "sliced_w1"),
    ],
)
def test_bands_of_loss_and_distance_are_judged_apart(claim, other, quantity, tables):
    altered = tables | {"simulation": wide_bands(quantity)(tables["simulation"])}
    assert outcome(claim, altered) != UPHELD
    assert outcome(other, altered) == UPHELD


def test_a_rise_in_the_middle_is_seen_where_end_points_hide_it(tables):
    risen = in_one_cell(4, "sliced_w1", "d == 20 and m == 16 and eta == 0.001 and t == 40")
    altered = tables | {"simulation": risen(tables["simulation"])}
    assert outcome(claims.distance_falls, altered) == UPHELD
    assert outcome(claims.distance_falls_throughout, altered) == REFUTED


def test_close_pairs_turned_around_by_noise_refute_nothing(tables):
    """Three dimensions with one true loss: about half of the pairs decrease, none significantly."""
    simulation = tables["simulation"]
    noise = np.random.default_rng(2).standard_normal(len(simulation))
    flat = tables | {"simulation": simulation.assign(loss=np.exp(0.1 * noise))}
    found = row(claims.loss_grows_with_dimension, flat)
    assert found["measured"] < 1
    assert found["outcome"] == OPEN


class TestImageCurves:
    def test_one_stray_width_of_one_data_set_is_enough(self, tables):
        images = tables["images"]
        stray = (images["dataset"] == "b") & (images["m"] == 64) & (images["eta"] == 1e-2)
        assert (
            outcome(
                claims.image_curves_group_by_step_size,
                {"images": images.assign(loss=images["loss"].where(~stray, 1e9 * images["loss"]))},
            )
            == REFUTED
        )

    def test_the_gap_is_compared_with_every_pair_of_widths(self, tables):
        """A gap of log 10 and widths a factor of 2 apart: 10 / 2 for the closest pair."""
        images = tables["images"]
        made = images.assign(
            loss=np.where(images["eta"] == 1e-3, 10.0, 1.0)
            * np.where(images["m"] == 64, 2.0, 1.0)
            * images["factor"]
        )
        found = row(claims.image_curves_group_by_step_size, {"images": made})
        assert found["measured"] == pytest.approx(5, rel=0.02)
        assert found["cells"] == 2 * 1 * 2 * 2


def test_a_grid_that_is_too_small_says_so(tables):
    simulation = tables["simulation"]
    cut = {
        claims.loss_grows_with_dimension: simulation[simulation["d"] == 5],
        claims.larger_steps_decay_faster: simulation[simulation["eta"] == 1e-2],
        claims.width_improves_marginally: simulation[simulation["m"] == 16],
        claims.geometric_decay: simulation[simulation["t"].isin([0, 100])],
        claims.distance_falls_throughout: simulation[simulation["t"].isin([0, 100])],
    }
    for claim, table in cut.items():
        found = row(claim, tables | {"simulation": table})
        assert found["outcome"] == OPEN and found["reason"]


@pytest.mark.parametrize("claim", list(claims_of(claims)), ids=lambda claim: claim.name)
def test_every_claim_says_whose_it_is_and_why(claim):
    assert claim.paper == "A" and claim.source.startswith(("paper A, v1", "ours"))
    assert claim.figure.startswith("a_") and claim.statement and claim.quantity
    assert claim.function.__doc__ and claim.why_margin
    assert claim.decided.startswith(("before", "after"))

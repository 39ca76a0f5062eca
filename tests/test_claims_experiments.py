"""Each claim holds on data made to obey it, and fails on the same data altered to break it."""

import numpy as np
import pandas as pd
import pytest

from flowbounds.claims import experiments as claims
from flowbounds.claims.judging import INCONCLUSIVE, MIN_SEEDS, NOT_REPRODUCED, REPRODUCED

D, M, ETA, SEEDS, T = [5, 10, 20], [16, 64], [1e-3, 1e-2], range(8), range(0, 101, 10)


@pytest.fixture
def simulation() -> pd.DataFrame:
    """A world in which every claim holds: L = d m^-0.1 exp(-10 eta t), sliced W1 like its root."""
    grid = pd.MultiIndex.from_product([D, M, ETA, SEEDS, T], names=["d", "m", "eta", "seed", "t"])
    table = grid.to_frame(index=False)
    noise = 1 + 0.01 * np.random.default_rng(0).standard_normal(len(table))
    decay = np.exp(-10 * table["eta"] * table["t"])
    return table.assign(
        loss=table["d"] * table["m"] ** -0.1 * decay * noise,
        sliced_w1=(table["d"] * decay) ** 0.5 * noise,
    )


@pytest.fixture
def images() -> pd.DataFrame:
    names = ["dataset", "m", "eta", "seed", "t"]
    table = pd.MultiIndex.from_product([["a", "b"], M, ETA, SEEDS, T], names=names).to_frame(
        index=False
    )
    noise = 1 + 0.01 * np.random.default_rng(0).standard_normal(len(table))
    return table.assign(loss=np.exp(-10 * table["eta"] * table["t"]) * noise)


@pytest.fixture
def image_classes() -> pd.DataFrame:
    names = ["dataset", "m", "eta", "seed"]
    table = pd.MultiIndex.from_product([["a", "b"], M, ETA, SEEDS], names=names).to_frame(
        index=False
    )
    return table.assign(classes=np.where(table["eta"] == 1e-2, 10, 6))


def slowing(table):
    """The rate falls: L = L(0) / (1 + t)."""
    return table.assign(loss=table["d"] / (1 + table["t"]))


def reversed_in(column, quantity):
    """Exchange the order of the values of a column, and with it what the quantity does."""

    def alter(table):
        values = sorted(table[column].unique())
        mirror = dict(zip(values, reversed(values), strict=True))
        keys = [name for name in table.columns if name not in ("loss", "sliced_w1")]
        other = table.assign(**{column: table[column].map(mirror)})
        return table.drop(columns=quantity).merge(other[[*keys, quantity]], on=keys)

    return alter


def one_pair_reversed(table):
    """At a single (m, eta) the largest dimension ends lowest."""
    cell = (table["d"] == 20) & (table["m"] == 16) & (table["eta"] == 1e-2)
    return table.assign(loss=table["loss"].where(~cell, table["loss"] / 10))


def times(factor, column, value, quantity="loss"):
    def alter(table):
        return table.assign(
            **{quantity: table[quantity].where(table[column] != value, factor * table[quantity])}
        )

    return alter


def wide_bands(table):
    scatter = np.exp(2 * np.random.default_rng(1).standard_normal(len(table)))
    return table.assign(loss=table["loss"] * scatter, sliced_w1=table["sliced_w1"] * scatter)


@pytest.mark.parametrize(
    ("claim", "alteration"),
    [
        (claims.geometric_decay, slowing),
        (claims.loss_grows_with_dimension, reversed_in("d", "loss")),
        (claims.loss_grows_with_dimension, one_pair_reversed),
        (claims.larger_steps_decay_faster, reversed_in("eta", "loss")),
        (claims.width_improves_marginally, times(3, "m", 64)),
        (claims.width_improves_marginally, times(0.1, "m", 64)),
        (claims.distance_falls, reversed_in("t", "sliced_w1")),
        (claims.distance_grows_with_dimension, reversed_in("d", "sliced_w1")),
        (claims.bands_are_narrow, wide_bands),
    ],
)
def test_simulation_claims_and_their_negative_controls(claim, alteration, simulation):
    assert claim(simulation).verdict == REPRODUCED
    assert claim(alteration(simulation)).verdict == NOT_REPRODUCED


def test_image_curves_and_their_negative_control(images):
    claim = claims.image_curves_group_by_step_size
    assert claim(images).verdict == REPRODUCED
    assert claim(times(1e6, "m", 64)(images)).verdict == NOT_REPRODUCED


def test_classes_and_their_negative_control(image_classes):
    claim = claims.samples_span_all_classes
    assert claim(image_classes).verdict == REPRODUCED
    one_set = image_classes["classes"].where(image_classes["dataset"] != "b", 9)
    assert claim(image_classes.assign(classes=one_set)).verdict == NOT_REPRODUCED


def test_close_pairs_turned_around_by_noise_refute_nothing(simulation):
    """Three dimensions with one true loss: about half of the pairs decrease, none significantly."""
    rng = np.random.default_rng(2)
    flat = simulation.assign(loss=1 + 0.1 * rng.standard_normal(len(simulation)))
    verdict = claims.loss_grows_with_dimension(flat)
    assert verdict.measured < 1
    assert verdict.verdict == INCONCLUSIVE


@pytest.mark.parametrize("claim", claims.CLAIMS[:-2])
def test_few_seeds_conclude_nothing(claim, simulation):
    few = simulation[simulation["seed"] < MIN_SEEDS - 1]
    assert claim(few).verdict == INCONCLUSIVE


@pytest.mark.parametrize("claim", claims.CLAIMS[:-2])
def test_a_diverged_network_concludes_nothing(claim, simulation):
    """One network without measurements from the first checkpoint on: no claim pretends."""
    gone = (
        (simulation["d"] == 10) & (simulation["m"] == 64) & (simulation["eta"] == 1e-2)
        & (simulation["seed"] == 3) & (simulation["t"] > 0)
    )  # fmt: skip
    table = simulation.assign(
        loss=simulation["loss"].mask(gone), sliced_w1=simulation["sliced_w1"].mask(gone)
    )
    assert claim(table).verdict == INCONCLUSIVE


def test_every_row_is_complete_and_named_once(simulation, images, image_classes):
    tables = {"simulation": simulation, "images": images, "image_classes": image_classes}
    rows = [
        claim(*(tables[name] for name in claim.__annotations__ if name != "return"))
        for claim in claims.CLAIMS
    ]
    assert len({row.claim for row in rows}) == len(rows) == 9
    for row in rows:
        assert row.ci_low <= row.measured <= row.ci_high
        assert all([row.statement, row.quantity, row.expected, row.figure.startswith("a_")])

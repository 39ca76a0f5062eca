"""Claims on learned drifts, each on tables in which it is true and in which it is false."""

import numpy as np
import pandas as pd
import pytest

from flowbounds.claims import learned as claims
from flowbounds.claims.judging import INCONCLUSIVE, MIN_SEEDS, NOT_REPRODUCED, REPRODUCED


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(base, "RESAMPLES", 100)


def grid(**axes) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [*axes.values(), range(MIN_SEEDS + 1)], names=[*axes, "seed"]
    )
    return index.to_frame(index=False)


def noise(table, size=0.02):
    return np.exp(size * np.random.default_rng(0).standard_normal(len(table)))


@pytest.fixture
def dfm_learned() -> pd.DataFrame:
    """A world in which discretisation costs 4 h^2 and drift error eps^2 / 8, and they add."""
    t = grid(target=["a", "b"], n=[64, 512], m=[32], steps=[4, 16, 64])
    epsilon2 = 10 / t["n"] * noise(t)
    exact = 4 / t["steps"] ** 2
    return t.assign(
        epsilon2=epsilon2,
        kl_exact_drift=exact,
        kl_marginal=exact + epsilon2 / 8,
        kl_path=8 / t["steps"] + epsilon2 / 4,
    )


@pytest.fixture
def dfm_images() -> pd.DataFrame:
    """A world in which distance falls with N and grows with delta, and learning pays."""
    t = grid(
        dataset=["a", "b"], coupling=["independent", "conditional"],
        steps=[4, 16, 64], delta=[0.0, 0.1],
    )  # fmt: skip
    linear = 10 + np.log(t["steps"])
    return t.assign(
        w2_exact=(1 + t["delta"] + t["steps"] ** -0.5) * noise(t, 0.005),
        drift_mse_linear=linear,
        drift_mse=linear - 2 * noise(t),
    )


def one_cell(quantity, factor, **cell):
    """Multiply a quantity in a single cell: the claim is about all of them."""

    def alter(table):
        here = (table[list(cell)] == list(cell.values())).all(axis=1)
        return table.assign(**{quantity: table[quantity].where(~here, factor * table[quantity])})

    return alter


def amplified(table):
    """Errors grow along the path: what eps^2 adds is multiplied as N grows."""
    return table.assign(kl_marginal=table["kl_exact_drift"] + table["epsilon2"] * table["steps"])


CELL = {"target": "b", "n": 512, "m": 32, "steps": 64}
PLACE = {"dataset": "b", "coupling": "conditional"}


@pytest.mark.parametrize(
    ("claim", "low", "high", "alteration"),
    [
        (claims.data_processing, 0.1, 0.6, one_cell("kl_marginal", 50, **CELL)),
        (claims.one_constant, 0.5, 1, amplified),
        # only the discretisation is left: eps^2 has not taken over in one cell
        (claims.drift_error_takes_over, 0.2, 0.4, one_cell("kl_exact_drift", 4, **CELL)),
        (claims.drift_error_bounds_the_rest, 0.45, 0.55, one_cell("kl_marginal", 4, **CELL)),
    ],
)
def test_learned_drifts(claim, low, high, alteration, dfm_learned):
    verdict = claim(dfm_learned)
    assert verdict.verdict == REPRODUCED
    assert low < verdict.measured < high
    assert claim(alteration(dfm_learned)).verdict == NOT_REPRODUCED


@pytest.mark.parametrize(
    ("claim", "alteration"),
    [
        (
            claims.images_improve_with_steps,
            one_cell("w2_exact", 2, steps=64, delta=0.0, **PLACE),
        ),
        (
            claims.images_pay_for_early_stopping,
            one_cell("w2_exact", 0.5, steps=64, delta=0.1, **PLACE),
        ),
        (
            claims.images_learn_more_than_moments,
            one_cell("drift_mse", 2, steps=64, delta=0.0, **PLACE),
        ),
    ],
)
def test_images(claim, alteration, dfm_images):
    assert claim(dfm_images).verdict == REPRODUCED
    assert claim(alteration(dfm_images)).verdict == NOT_REPRODUCED


def test_few_seeds_and_infinite_divergences_conclude_nothing(dfm_learned, dfm_images):
    tables = {"dfm_learned": dfm_learned, "dfm_images": dfm_images}
    for claim in claims.CLAIMS:
        (name,) = claim.__annotations__.keys() - {"return"}
        few = tables[name].query(f"seed < {MIN_SEEDS - 1}")
        assert claim(few).verdict == INCONCLUSIVE
    lost = one_cell("kl_marginal", np.inf, **CELL)(dfm_learned)
    assert claims.data_processing(lost).verdict == INCONCLUSIVE
    assert claims.drift_error_bounds_the_rest(lost).verdict == INCONCLUSIVE


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda claim: claim.__name__)
def test_a_network_that_diverged_is_not_left_out_in_silence(claim, dfm_learned, dfm_images):
    """No number is reported for the cells that it belongs to, so nothing is concluded."""
    lost_kl = one_cell("kl_marginal", np.nan, seed=0, **CELL)(dfm_learned)
    nearest = {"steps": 64, "delta": 0.0, "seed": 0} | PLACE
    lost_w2 = one_cell("w2_exact", np.nan, **nearest)(dfm_images)
    lost_both = one_cell("drift_mse", np.nan, **nearest)(lost_w2)
    tables = {"dfm_learned": lost_kl, "dfm_images": lost_both}
    (name,) = claim.__annotations__.keys() - {"return"}
    verdict = claim(tables[name])
    assert np.isnan(verdict.measured)
    assert verdict.verdict == INCONCLUSIVE


def test_every_row_is_complete_and_named_once(dfm_learned, dfm_images):
    tables = {"dfm_learned": dfm_learned, "dfm_images": dfm_images}
    rows = [
        claim(*(tables[name] for name in claim.__annotations__ if name != "return"))
        for claim in claims.CLAIMS
    ]
    assert len({row.claim for row in rows}) == len(rows) == 7
    for row in rows:
        assert row.paper == "B"
        assert row.ci_low <= row.measured <= row.ci_high
        assert all([row.statement, row.quantity, row.expected, row.figure.startswith("b_")])

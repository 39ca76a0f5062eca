"""Each claim on W2 of exact laws, on made-up tables: upheld where true, refuted where not."""

import numpy as np
import pandas as pd
import pytest
from made_up import claims_of, noticed, outcome, row

from flowbounds.claims import b_wasserstein as claims
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD


def world() -> pd.DataFrame:
    """First order for one mode and a correlated Gaussian; mass moves like h and eps between two."""
    rows = []
    for target in ("gaussian", "mixture", "skewed", "correlated"):
        of_line = target != "correlated"
        for steps in (8, 32, 128):
            for d in (1, 16, 256):
                h = 1 / steps
                moved = 0.1 * h if target == "skewed" else 0.0
                w2 = np.sqrt(d * (h**2 + 9 * moved))
                rows.append((target, d, steps, 0.0, h, w2, moved))
        for epsilon in (0.03, 0.1, 0.3, 1.0, 3.0) if of_line else ():
            moved = 0.0 if target == "gaussian" else 0.1 * epsilon
            w2 = np.sqrt((0.3 * epsilon) ** 2 + 16 * moved)
            rows.append((target, 1, 128, epsilon, 1 / 128, w2, moved))
    return pd.DataFrame(rows, columns=["target", "d", "steps", "epsilon", "h", "w2", "moved"])


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return {"dfm_wasserstein": world()}


ALL = list(claims_of(claims))


@pytest.mark.parametrize("claim", ALL, ids=[claim.function.__name__ for claim in ALL])
def test_each_is_upheld_where_it_is_true_and_its_control_refutes_it(claim, tables):
    assert outcome(claim.function, tables) == UPHELD
    assert noticed(claim, tables)
    gone = {"dfm_wasserstein": world().assign(w2=np.nan, moved=np.nan)}
    assert outcome(claim.function, gone) == OPEN


def changed(column: str, values, where) -> dict[str, pd.DataFrame]:
    table = world()
    return {
        "dfm_wasserstein": table.assign(**{column: table[column].mask(where(table), values(table))})
    }


def test_one_target_that_falls_more_slowly_than_the_root_of_h_is_enough():
    for order, expected in ((0.5, UPHELD), (0.4, REFUTED)):
        tables = changed(
            "w2", lambda t, p=order: t["h"] ** p,
            lambda t: (t["target"] == "gaussian") & (t["epsilon"] == 0),
        )  # fmt: skip
        found = row(claims.theorem_4_order, tables)
        assert found["measured"] == pytest.approx(order, abs=0.02)
        assert found["outcome"] == expected


def test_products_say_nothing_of_the_dimension():
    tables = {"dfm_wasserstein": world().query("target != 'correlated'")}
    found = row(claims.theorem_4_dimension, tables)
    assert found["outcome"] == OPEN and "product" in found["reason"]
    for power, expected in ((1.5, UPHELD), (1.7, REFUTED)):
        tables = changed(
            "w2", lambda t, p=power: t["d"] ** p, lambda t: t["target"] == "correlated"
        )
        assert outcome(claims.theorem_4_dimension, tables) == expected


def test_mass_that_moves_at_another_order_refutes_the_cause():
    for order in (0.5, 1.5):
        tables = changed("moved", lambda t, p=order: t["h"] ** p, lambda t: t["target"] == "skewed")
        assert outcome(claims.mass_moves_at_first_order, tables) == REFUTED


def test_errors_that_do_not_outweigh_the_discretisation_are_not_judged():
    tables = changed("w2", lambda t: t["epsilon"], lambda t: t["epsilon"] > 0)
    assert outcome(claims.drift_error_moves_mass, tables) == REFUTED
    small = {"dfm_wasserstein": world().assign(w2=1.0)}
    assert "outweighs" in row(claims.drift_error_moves_mass, small)["reason"]


def test_a_drift_error_that_costs_more_than_its_size_refutes_the_theorem():
    tables = changed("w2", lambda t: t["epsilon"] ** 1.2, lambda t: t["epsilon"] > 0)
    assert outcome(claims.theorem_4_drift_error, tables) == REFUTED

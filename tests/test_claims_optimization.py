"""Each claim holds on tables made to obey it, and fails on the same tables altered to break it."""

import numpy as np
import pandas as pd
import pytest

from flowbounds.claims import optimization as claims
from flowbounds.claims.judging import INCONCLUSIVE, MIN_SEEDS, NOT_REPRODUCED, REPRODUCED

SEEDS = range(8)


def grid(**axes) -> tuple[pd.DataFrame, np.ndarray]:
    """All combinations of some columns and the seeds, and a noise of one percent for each."""
    axes["seed"] = SEEDS
    table = pd.MultiIndex.from_product(axes.values(), names=axes.keys()).to_frame(index=False)
    return table, 1 + 0.01 * np.random.default_rng(0).standard_normal(len(table))


@pytest.fixture
def ntk() -> pd.DataFrame:
    """A world in which every claim holds."""
    table, noise = grid(
        d=[5, 20], n=[100], m=[64, 256, 1024], eta=[1e-2], kappa=[0.1, 1.0], t=[0, 10, 100]
    )
    m, kappa = table["m"], table["kappa"]
    return table.assign(
        loss=50 * np.exp(-0.01 * table["t"]),
        lambda_min=0.1,
        deviation=noise * m**-0.5,
        theorem_error=noise * (kappa + m**-0.5) / 2,
        **{f"max_{layer}_move": noise * m**-0.6 for layer in "wa"},
        **{f"fro_{layer}_move": noise for layer in "wa"},
        **{f"fro_{layer}_bound": 1.0 - 0.5 * (kappa == 1) for layer in "wa"},
        **{f"fro_{layer}_linear": 1.0 for layer in "wa"},
    )


@pytest.fixture
def ntk_spectrum() -> pd.DataFrame:
    table, noise = grid(dataset=["a", "b"], d=[5, 20], n=[50, 100])
    return table.assign(lambda_min=0.1 * noise, lambda_max=1000.0)


@pytest.fixture
def assumptions() -> pd.DataFrame:
    table, _ = grid(d=[5], m=[16, 64], eta=[1e-3], condition=["step_size", "kappa", "width", "b"])
    return table.assign(holds=table["condition"] != "b")


def in_one_cell(quantity, values):
    """Replace a quantity in the cells of d = 20 and kappa = 0.1 only."""

    def alter(table):
        cell = (table["d"] == 20) & (table["kappa"] == 0.1)
        return table.assign(**{quantity: table[quantity].mask(cell, values(table))})

    return alter


def stalls(table):
    """Between t = 10 and t = 100 the loss of one cell does not move."""
    return table["loss"].where(table["t"] < 100, 50 * np.exp(-0.1))


@pytest.mark.parametrize(
    ("claim", "alteration"),
    [
        (claims.lemma_a2_w, in_one_cell("max_w_move", lambda t: t["m"] ** -0.3)),
        (claims.lemma_a2_a, in_one_cell("max_a_move", lambda t: t["m"] ** -0.3)),
        (claims.lemma_b3_w, in_one_cell("fro_w_move", lambda t: 1.3)),
        (claims.lemma_b3_a, in_one_cell("fro_a_move", lambda t: 1.3)),
        (claims.lemma_b3_w_from_start, in_one_cell("fro_w_linear", lambda t: 0.5)),
        (claims.lemma_b3_a_from_start, in_one_cell("fro_a_linear", lambda t: 0.5)),
        (claims.theorem_32_rate, in_one_cell("loss", stalls)),
        (claims.theorem_32_rate, in_one_cell("lambda_min", lambda t: 1000.0)),
        (claims.theorem_32_limit, in_one_cell("deviation", lambda t: t["m"] ** 0.1)),
        (claims.theorem_32_small_kappa, in_one_cell("theorem_error", lambda t: 2.0)),
    ],
)
def test_claims_on_the_dynamics_and_their_negative_controls(claim, alteration, ntk):
    assert claim(ntk).verdict == REPRODUCED
    assert claim(alteration(ntk)).verdict == NOT_REPRODUCED


def test_positive_definiteness_and_its_negative_control(ntk_spectrum):
    assert claims.lemma_31(ntk_spectrum).verdict == REPRODUCED
    one = ntk_spectrum.index == 17
    for zero in (-1e-12, 0.0, 1e-12):  # rounding error is 1e-11 here
        singular = ntk_spectrum.assign(lambda_min=ntk_spectrum["lambda_min"].mask(one, zero))
        assert claims.lemma_31(singular).verdict == NOT_REPRODUCED


def test_conditions_and_their_negative_control(assumptions):
    claim = claims.theorem_32_conditions
    assert claim(assumptions).verdict == REPRODUCED
    narrow = (assumptions["condition"] == "width") & (assumptions["m"] == 16)
    altered = claim(assumptions.assign(holds=assumptions["holds"] & ~narrow))
    assert altered.measured == 0.5
    assert altered.verdict == NOT_REPRODUCED


def test_the_exponents_are_those_of_the_data(ntk):
    assert claims.lemma_a2_w(ntk).measured == pytest.approx(-0.6, abs=0.01)
    assert claims.theorem_32_limit(ntk).measured == pytest.approx(-0.5, abs=0.01)
    # log(L(0) / L(t)) / t = 0.01 against eta lambda_min / n = 1e-5 a step
    assert claims.theorem_32_rate(ntk).measured == pytest.approx(1000, rel=1e-3)


OF_NTK = [claim for claim in claims.CLAIMS if "ntk" in claim.__annotations__]


@pytest.mark.parametrize("claim", OF_NTK)
def test_few_seeds_conclude_nothing(claim, ntk):
    assert claim(ntk[ntk["seed"] < MIN_SEEDS - 1]).verdict == INCONCLUSIVE


@pytest.mark.parametrize("claim", OF_NTK)
def test_a_diverged_network_concludes_nothing(claim, ntk):
    """A wide network of small kappa without measurements after t = 0."""
    gone = (
        (ntk["d"] == 5) & (ntk["m"] == 1024) & (ntk["kappa"] == 0.1) & (ntk["seed"] == 3)
        & (ntk["t"] > 0)
    )  # fmt: skip
    cell = ["d", "n", "m", "eta", "kappa", "seed", "t", "lambda_min"]
    measured = [name for name in ntk.columns if name not in cell]
    table = ntk.assign(**{name: ntk[name].mask(gone) for name in measured})
    assert claim(table).verdict == INCONCLUSIVE


def test_a_single_width_or_kappa_has_no_exponent(ntk):
    narrow, small = ntk[ntk["m"] == 64], ntk[ntk["kappa"] == 0.1]
    assert claims.theorem_32_limit(narrow).verdict == INCONCLUSIVE
    assert claims.lemma_a2_w(narrow).verdict == INCONCLUSIVE
    assert claims.theorem_32_small_kappa(small).verdict == INCONCLUSIVE


def test_every_row_is_complete_and_named_once(ntk, ntk_spectrum, assumptions):
    tables = {"ntk": ntk, "ntk_spectrum": ntk_spectrum, "assumptions": assumptions}
    rows = [
        claim(*(tables[name] for name in claim.__annotations__ if name != "return"))
        for claim in claims.CLAIMS
    ]
    assert len({row.claim for row in rows}) == len(rows) == 11
    for row in rows:
        assert row.ci_low <= row.measured <= row.ci_high
        assert all([row.statement, row.quantity, row.expected, row.figure.startswith("a_")])

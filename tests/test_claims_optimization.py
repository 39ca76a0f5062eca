"""Claims on gradient descent: upheld on tables that obey them, refuted on altered ones."""

import numpy as np
import pandas as pd
import pytest
from made_up import at_most, claims_of, grid, noticed, outcome, row, shares

from flowbounds.claims import a_optimization as claims
from flowbounds.claims.judging import MIN_SEEDS, OPEN, REFUTED, UPHELD


@pytest.fixture
def ntk() -> pd.DataFrame:
    """A world in which every claim holds, far outside the conditions of theorem 3.2."""
    table = grid(d=[5, 20], n=[100], m=[64, 256, 1024], eta=[1e-2], kappa=[0.1, 1.0], t=[0, 9, 99])
    m, kappa, noise = table["m"], table["kappa"], table["factor"]
    return table.assign(
        loss=50 * np.exp(-0.01 * table["t"]) * (1 + table["seed"] / 100),
        lambda_min=0.1,
        deviation=noise * m**-0.5,
        theorem_error=noise * (kappa + m**-0.5) / 2,
        **{f"max_{layer}_move": noise * m**-0.6 for layer in "wa"},
        **{f"fro_{layer}_move": noise for layer in "wa"},
        **{f"fro_{layer}_bound": 1.0 - 0.5 * (kappa == 1) for layer in "wa"},
        **{f"fro_{layer}_linear": 1.0 for layer in "wa"},
    )


@pytest.fixture
def tables(ntk) -> dict[str, pd.DataFrame]:
    spectrum = grid(dataset=["a", "b"], d=[5, 20], n=[50, 100], kappa=[1.0])
    conditions = grid(d=[5], m=[16, 64], eta=[1e-3], condition=["step_size", "kappa", "width", "b"])
    width = conditions["condition"] == "width"
    return {
        "ntk": ntk,
        "ntk_spectrum": spectrum.assign(lambda_min=0.1 * spectrum["factor"], lambda_max=1000.0),
        "assumptions": conditions.assign(
            relation=np.where(width, ">=", "<"),
            required=1.0,
            actual=np.where(width, 4.0, 0.25) * conditions["factor"],
        ),
    }


ALL = list(claims_of(claims))
OF_NTK = [claim for claim in ALL if "ntk" in claim.tables]


def by_name(claim) -> str:
    return claim.name


@pytest.mark.parametrize("claim", ALL, ids=by_name)
def test_each_is_upheld_where_it_is_true(claim, tables):
    assert outcome(claim.function, tables) == UPHELD


@pytest.mark.parametrize("claim", ALL, ids=by_name)
def test_its_own_control_refutes_each(claim, tables):
    assert noticed(claim, tables)


def in_one_cell(quantity, values):
    """Replace a quantity in the cells of d = 20 and kappa = 0.1 only."""

    def alter(table):
        cell = (table["d"] == 20) & (table["kappa"] == 0.1)
        return table.assign(**{quantity: table[quantity].mask(cell, values(table))})

    return alter


def stalls(table):
    """Between t = 9 and t = 99 the loss of one cell hardly moves."""
    return table["loss"].where(table["t"] < 99, 50 * np.exp(-0.0901) * (1 + table["seed"] / 100))


ALTERATIONS = [
    (claims.lemma_a2_w, in_one_cell("max_w_move", lambda t: t["factor"] * t["m"] ** -0.3)),
    (claims.lemma_a2_a, in_one_cell("max_a_move", lambda t: t["factor"] * t["m"] ** -0.3)),
    (
        claims.lemma_a2_w_up_to_logarithm,
        in_one_cell("max_w_move", lambda t: t["factor"] * t["m"] ** -0.2),
    ),
    (claims.lemma_b3_w, in_one_cell("fro_w_move", lambda t: 1.3 * t["factor"])),
    (claims.lemma_b3_a, in_one_cell("fro_a_move", lambda t: 1.3 * t["factor"])),
    (claims.lemma_b3_w_from_start, in_one_cell("fro_w_linear", lambda t: 0.5)),
    (claims.lemma_b3_a_from_start, in_one_cell("fro_a_linear", lambda t: 0.5)),
    (claims.theorem_32_rate, in_one_cell("loss", stalls)),
    (claims.theorem_32_rate, in_one_cell("lambda_min", lambda t: 1000.0)),
    (claims.theorem_32_limit, in_one_cell("deviation", lambda t: t["factor"] * t["m"] ** 0.1)),
    (claims.theorem_32_small_kappa, lambda t: t.assign(theorem_error=t["factor"] / t["kappa"])),
]


@pytest.mark.parametrize(("claim", "alteration"), ALTERATIONS)
def test_one_cell_is_enough_to_refute(claim, alteration, tables):
    assert outcome(claim, tables | {"ntk": alteration(tables["ntk"])}) == REFUTED


class TestPositiveDefiniteness:
    @pytest.mark.parametrize(
        ("least", "expected"),
        [(-1e-10, REFUTED), (-1e-12, OPEN), (0.0, OPEN), (1e-12, OPEN), (1e-10, UPHELD)],
    )
    def test_one_singular_sample_is_enough(self, least, expected, tables):
        """Rounding is 1e-11 to 2e-11 here: what is nearer to zero decides nothing."""
        spectrum = tables["ntk_spectrum"]
        one = spectrum["lambda_min"].mask(spectrum.index == 17, least)
        assert outcome(claims.lemma_31, {"ntk_spectrum": spectrum.assign(lambda_min=one)}) == (
            expected
        )


class TestWidthRates:
    """The audit's case: m^(-1/2) times 10 % seed noise on the paper's grid, six seeds."""

    @pytest.fixture
    def exact(self) -> dict[str, pd.DataFrame]:
        table = grid(
            noise=0, seeds=6, d=[5, 20], n=[200], m=[64, 256, 1024, 4096, 16384], eta=[1e-2],
            kappa=[0.1, 0.3, 1.0], t=[500],
        )  # fmt: skip
        return {"ntk": table.assign(max_w_move=table["m"] ** -0.5)}

    def test_a_true_law_is_not_refuted_and_mostly_upheld(self, exact):
        assert shares(claims.lemma_a2_w, exact, noise=0.1)[REFUTED] <= at_most(0.05)
        assert shares(claims.lemma_a2_w, exact, noise=0.05)[UPHELD] > 0.8

    def test_a_slower_law_is_refuted(self, exact):
        slower = {"ntk": exact["ntk"].assign(max_w_move=exact["ntk"]["m"] ** -0.35)}
        found = shares(claims.lemma_a2_w, slower, noise=0.1)
        assert found[UPHELD] <= at_most(0.05)
        assert found[REFUTED] > 0.9

    def test_the_largest_of_gaussians_fails_as_printed_and_holds_up_to_the_logarithm(self, exact):
        """max_r |a_r| / sqrt(m), what the lemma's proof has."""
        ntk = exact["ntk"]
        sizes = {
            (d, m): claims.expected_largest_norm(int(m), int(d))
            for d, m in ntk[["d", "m"]].drop_duplicates().itertuples(index=False)
        }
        moved = [sizes[pair] for pair in zip(ntk["d"], ntk["m"], strict=True)]
        tables = {"ntk": ntk.assign(max_w_move=moved / np.sqrt(ntk["m"]))}
        assert shares(claims.lemma_a2_w_up_to_logarithm, tables, noise=0.05)[UPHELD] > 0.8
        assert shares(claims.lemma_a2_w, tables, noise=0.01)[REFUTED] > 0.9


class TestConditions:
    def test_broken_ones_are_named_with_their_numbers(self, tables):
        words = claims.outside_theorem_32(tables["ntk"])
        assert "m = 1024, theorem 3.2 asks >=" in words or "m = 64" in words
        assert "kappa = 0.1, theorem 3.2 asks <" in words

    @pytest.mark.parametrize("function", [claims.lemma_b3_w, claims.lemma_b3_a])
    def test_b3_as_printed_is_not_contradicted_by_a_large_start(self, function, ntk):
        """|f(0)| = 0.3 |V| at the smallest kappa: the network moves off by more than the bound."""
        layer = function.__name__[-1]
        ntk = ntk.assign(**{f"fro_{layer}_move": 1.6 * ntk["factor"]})
        assert row(function, {"ntk": ntk})["verdict"] == "contradicted"
        started = ntk.assign(theorem_error=ntk["theorem_error"].mask(ntk["t"] == 0, 0.3))
        found = row(function, {"ntk": started})
        assert found["verdict"] == "conditions not met"
        assert "|f(0)| is 0.3 |V|" in found["conditions"]

    def test_nor_by_a_network_that_is_far_from_its_linearisation(self, ntk):
        """At a smaller kappa the limits do not commute: the width is what is missing then."""
        ntk = ntk.assign(fro_w_move=1.6 * ntk["factor"], deviation=0.4)
        found = row(claims.lemma_b3_w, {"ntk": ntk})
        assert found["verdict"] == "conditions not met"
        assert "deviation" in found["conditions"] and "|f(0)|" not in found["conditions"]

    def test_those_of_the_experiments_hold_in_every_cell_or_not(self, tables):
        table = tables["assumptions"]
        narrow = (table["condition"] == "width") & (table["m"] == 16)
        altered = table.assign(actual=table["actual"].where(~narrow, table["actual"] / 40))
        found = row(claims.theorem_32_conditions, {"assumptions": altered})
        assert found["verdict"] == "not as expected"
        assert found["measured"] == pytest.approx(0.1, rel=0.02)
        assert found["closest"] == "condition = width, d = 5, m = 16"
        # step size and kappa do not depend on the width: cells are counted once
        assert found["cells"] == 1 + 1 + 2


def test_the_exponents_are_those_of_the_data(tables):
    assert row(claims.lemma_a2_w, tables)["measured"] == pytest.approx(-0.6, abs=0.01)
    assert row(claims.theorem_32_limit, tables)["measured"] == pytest.approx(-0.5, abs=0.01)
    # log(L(0) / L(t)) / t = 0.01 against eta lambda_min / n = 1e-5 a step
    assert row(claims.theorem_32_rate, tables)["measured"] == pytest.approx(1000, rel=1e-2)


def test_b3_is_read_at_the_widest_networks_and_the_smallest_kappa(tables):
    ntk = tables["ntk"]
    elsewhere = (ntk["m"] < 1024) | (ntk["kappa"] > 0.1)
    moved = ntk["fro_w_move"].where(~elsewhere, 9 * ntk["fro_w_move"])
    assert outcome(claims.lemma_b3_w, {"ntk": ntk.assign(fro_w_move=moved)}) == UPHELD


@pytest.mark.parametrize("claim", OF_NTK, ids=by_name)
def test_few_seeds_conclude_nothing(claim, ntk):
    assert outcome(claim.function, {"ntk": ntk[ntk["seed"] < MIN_SEEDS - 1]}) == OPEN


@pytest.mark.parametrize("claim", OF_NTK, ids=by_name)
def test_a_diverged_network_concludes_nothing(claim, ntk):
    gone = (
        (ntk["seed"] == 3) & (ntk["kappa"] == 0.1) & (ntk["d"] == 5) & (ntk["m"] == 1024)
        & (ntk["t"] > 0)
    )  # fmt: skip
    measured = ["loss", "deviation", "theorem_error"]
    measured += [c for c in ntk if c.startswith("max_") or c.endswith("_move")]
    ntk.loc[gone, measured] = np.nan
    assert outcome(claim.function, {"ntk": ntk}) == OPEN


@pytest.mark.parametrize("claim", ALL, ids=by_name)
def test_every_claim_says_whose_it_is_and_why(claim):
    assert claim.paper == "A" and claim.source.startswith("paper A, v1")
    assert claim.figure.startswith("a_") and claim.statement and claim.quantity
    assert claim.function.__doc__ and claim.why_margin
    assert claim.decided.startswith(("before", "after"))

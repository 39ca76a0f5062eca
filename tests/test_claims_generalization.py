"""Claims of Theorems 3.3 and 3.5 and their lemmas: upheld where true, refuted where not."""

import numpy as np
import pandas as pd
import pytest
from made_up import at_most, claims_of, grid, noticed, outcome, row, shares

from flowbounds.claims import a_generalization as learning
from flowbounds.claims import a_sampling as sampling
from flowbounds.claims.judging import MIN_SEEDS, OPEN, REFUTED, UPHELD


@pytest.fixture
def learned() -> pd.DataFrame:
    """A world in which Theorem 3.3 and Lemma 3.4 are true, but not of finite widths."""
    t = grid(noise=0.02, d=[5, 20], n=[64, 256, 1024], m=[64.0, np.inf], tau_min=[0.0, 0.2])
    rate = np.sqrt((t["d"] / t["n"]) ** 1.1 * np.log(t["n"]))
    return t.assign(
        test_error=rate.where(np.isinf(t["m"]), t["d"]) * t["factor"],
        complexity=(5 - 10 / t["n"]) * t["factor"],
        deviation=rate * t["factor"],
        deviation_bound=3 * rate,
        homogeneity_floor=1e-4 * (t["seed"] - 4),
    )


@pytest.fixture
def generated() -> pd.DataFrame:
    """A world in which Theorem 3.5 is true: debiased W1 falls faster than promised."""
    t = grid(d=[2, 5], n=[64, 256, 1024], m=[256], b1=[1.0, 4.0])
    excess = 9 * t["n"] ** (-0.6 / (t["d"] + 2)) / t["b1"] ** 1.2
    return t.assign(w1_debiased=excess * t["factor"], w1_floor=0.5)


@pytest.fixture
def tables(learned, generated) -> dict[str, pd.DataFrame]:
    t = grid(d=[1, 2], n=[100], tau_min=[0.2])
    return {
        "generalization": learned,
        "sampling": generated,
        "sup_norm": t.assign(sup_error=t["factor"], bound_low=2.0),
    }


ALL = [*claims_of(learning), *claims_of(sampling)]


def by_name(claim) -> str:
    return claim.name


@pytest.mark.parametrize("claim", ALL, ids=by_name)
def test_each_is_upheld_where_it_is_true(claim, tables):
    assert outcome(claim.function, tables) == UPHELD


@pytest.mark.parametrize("claim", ALL, ids=by_name)
def test_its_own_control_refutes_each(claim, tables):
    assert noticed(claim, tables)


def tilt(column: str, against: str, power: float, cell: str):
    """Multiply a column by a power of another in some cells only."""

    def alter(table):
        factor = (table[against] / table[against].min()) ** power
        return table.assign(
            **{column: table[column].where(~table.eval(cell), table[column] * factor)}
        )

    return alter


@pytest.mark.parametrize(
    ("claim", "table", "alteration"),
    [
        (learning.lemma_34_bound, "generalization", tilt("deviation", "n", 1.5, "d == 5")),
        (
            learning.theorem_33_one_constant,
            "generalization",
            tilt("test_error", "n", 0.7, "d == 5"),
        ),
        (learning.theorem_33_rate_in_n, "generalization", tilt("test_error", "n", 0.2, "d == 20")),
        (learning.theorem_33_jointly, "generalization", tilt("test_error", "d", 0.3, "n > 0")),
        (
            learning.theorem_33_complexity_bounded,
            "generalization",
            tilt("complexity", "n", 0.2, "d == 20"),
        ),
        (
            learning.theorem_33_homogeneity_floor,
            "generalization",
            lambda t: t.assign(homogeneity_floor=0.3 * (t["d"] == 20) + t["homogeneity_floor"]),
        ),
        (sampling.lemma_c1_inequality, "sup_norm", tilt("sup_error", "d", 2.0, "d == 2")),
    ],
)
def test_one_cell_is_enough_to_refute(claim, table, alteration, tables):
    assert outcome(claim, tables | {table: alteration(tables[table])}) == REFUTED


class TestTheorem33:
    @pytest.fixture
    def exact(self) -> dict[str, pd.DataFrame]:
        """The corollary at its limit, sqrt(d log n / n), on the paper's grid."""
        sizes = [64, 128, 256, 512, 1024, 2048, 4096]
        t = grid(noise=0, seeds=5, d=[5, 10, 20], n=sizes, m=[np.inf], tau_min=[0.0])
        error = np.sqrt(t["d"] * np.log(t["n"]) / t["n"])
        return {"generalization": t.assign(test_error=error, complexity=3.0)}

    @pytest.mark.parametrize(
        "claim",
        [learning.theorem_33_rate_in_n, learning.theorem_33_complexity_bounded],
    )
    def test_the_exact_law_is_mostly_upheld(self, claim, exact):
        found = shares(claim, exact, noise=0.03)
        assert found[REFUTED] <= at_most(0.05)
        assert found[UPHELD] > 0.9

    def test_rays_of_two_dimensions_need_less_noise(self, exact):
        assert shares(learning.theorem_33_jointly, exact, noise=0.03)[REFUTED] <= at_most(0.05)
        assert shares(learning.theorem_33_jointly, exact, noise=0.005)[UPHELD] > 0.9

    def test_a_law_that_is_a_tenth_of_an_exponent_too_slow_is_refuted(self, exact):
        t = exact["generalization"]
        slow = {"generalization": t.assign(test_error=t["test_error"] * t["n"] ** 0.1)}
        assert shares(learning.theorem_33_rate_in_n, slow, noise=0.03)[REFUTED] > 0.9

    def test_an_error_that_grows_to_that_of_nothing_learned_breaks_only_the_joint_sentence(self):
        """At fixed n the error rises to sqrt(d), that of f = 0; along rays it should not."""
        t = grid(
            noise=0.01, d=[5, 10, 20, 40], n=[64, 128, 256, 512, 1024], m=[np.inf], tau_min=[0.0]
        )
        error = np.sqrt(t["d"] * np.log(t["n"]) / t["n"]) * t["factor"]
        tables = {"generalization": t.assign(test_error=error)}
        assert outcome(learning.theorem_33_jointly, tables) == UPHELD
        risen = {
            "generalization": t.assign(test_error=t["d"] ** 0.5 * t["n"] ** -0.2 * t["factor"])
        }
        assert outcome(learning.theorem_33_jointly, risen) == REFUTED

    def test_without_a_ray_the_joint_sentence_stays_open_and_says_why(self, tables):
        t = tables["generalization"]
        t = t.assign(n=t["n"].where(t["d"] == 5, t["n"] + 1))
        found = row(learning.theorem_33_jointly, {"generalization": t})
        assert found["outcome"] == OPEN and "proportion" in found["reason"]

    def test_rays_of_different_length_are_judged_together(self, exact):
        found = row(learning.theorem_33_jointly, exact)
        # from 6.4 (d = 10, 20) to 409.6 (d = 5, 10) by factors of 2
        assert found["cells"] == 7

    def test_it_takes_the_kernel_limit_and_the_papers_flow_times(self, tables):
        t = tables["generalization"]
        others = np.isfinite(t["m"]) | (t["tau_min"] > 0)
        changed = t.assign(
            test_error=t["test_error"].where(~others, t["test_error"] * t["n"]),
            complexity=t["complexity"].where(~others, t["complexity"] * t["n"]),
        )
        for claim in claims_of(learning):
            if claim.name.startswith("theorem 3.3"):
                assert row(claim.function, {"generalization": changed}) == pytest.approx(
                    row(claim.function, {"generalization": t}), nan_ok=True
                )


class TestTheorem35:
    @pytest.fixture
    def exact(self) -> dict[str, pd.DataFrame]:
        """Exactly as promised in n and in B1, on the paper's grid with five seeds."""
        t = grid(noise=0, seeds=5, d=[1, 2, 5, 10], n=[64, 256, 1024, 4096], m=[256], b1=[1, 2, 4])
        n, d = t["n"], t["d"]
        bound = (np.log(n) / n) ** (1 / (2 * (d + 2))) * t["b1"] ** (-(d + 1.0) / (d + 2))
        return {"sampling": t.assign(bound=bound, w1_debiased=3 * bound, w1_floor=1.0)}

    @pytest.mark.parametrize(
        "claim", [sampling.theorem_35_rate_in_n, sampling.theorem_35_rate_in_b1]
    )
    def test_the_promised_law_is_not_refuted(self, claim, exact):
        """The old rule, a bootstrap of the largest exponent, refuted it in 60 of 60."""
        for noise in (0.01, 0.1):
            assert shares(claim, exact, noise)[REFUTED] <= at_most(0.05)
        assert shares(claim, exact, noise=0.003)[UPHELD] > 0.9

    def test_a_distance_like_1_over_n_is_upheld(self, exact):
        t = exact["sampling"]
        fast = {"sampling": t.assign(w1_debiased=64 / t["n"])}
        found = shares(sampling.theorem_35_rate_in_n, fast, noise=0.02)
        assert found[UPHELD] > 0.9
        assert found[REFUTED] == 0

    def test_a_plateau_in_one_cell_is_refuted(self, exact):
        t = exact["sampling"]
        flat = (t["d"] == 2) & (t["b1"] == 4)
        stays = {"sampling": t.assign(w1_debiased=t["w1_debiased"].where(~flat, 1.0))}
        assert shares(sampling.theorem_35_rate_in_n, stays, noise=0.01)[REFUTED] > 0.9

    def test_a_negative_seed_is_a_number_like_any_other(self, generated):
        """Debiased W1 of equal laws has mean 0; with a logarithm nothing could be said of it."""
        around = 0.01 * (generated["seed"] - 3.5)
        reached = generated["w1_debiased"].where(generated["n"] < 1024, around)
        found = outcome(
            sampling.theorem_35_rate_in_n, {"sampling": generated.assign(w1_debiased=reached)}
        )
        assert found == UPHELD

    def test_a_fall_of_the_floor_alone_is_no_fall_of_the_distance(self, generated):
        floor = generated["n"] ** -0.5
        stays = generated.assign(w1_floor=floor, w1_debiased=0.3 * generated["factor"])
        assert outcome(sampling.theorem_35_rate_in_n, {"sampling": stays}) == REFUTED

    @pytest.mark.parametrize(
        "claim", [sampling.theorem_35_rate_in_n, sampling.theorem_35_rate_in_b1]
    )
    def test_networks_are_narrower_than_it_asks_for(self, claim, generated):
        """What fails here does not contradict the theorem, and the row says by how much."""
        worse = generated.assign(
            w1_debiased=generated["w1_debiased"] * generated["n"] * generated["b1"]
        )
        found = row(claim, {"sampling": worse})
        assert found["verdict"] == "conditions not met"
        assert "m = 256 at n = 64" in found["conditions"] and "1.1e+09" in found["conditions"]
        wide = row(claim, {"sampling": worse.assign(m=2e15)})
        assert wide["verdict"] == "contradicted"

    def test_the_remark_of_logic_is_in_the_statement(self):
        assert "unless C(d) hides B1" in sampling.theorem_35_rate_in_b1.claim.statement


@pytest.mark.parametrize("claim", ALL, ids=by_name)
def test_few_seeds_conclude_nothing(claim, tables):
    few = {name: table[table["seed"] < MIN_SEEDS - 1] for name, table in tables.items()}
    assert outcome(claim.function, few) == OPEN


@pytest.mark.parametrize("claim", ALL, ids=by_name)
def test_a_missing_number_concludes_nothing(claim, tables):
    for table in tables.values():
        gone = (table["seed"] == 3) & (table["n"] == table["n"].min())
        measured = ["test_error", "complexity", "deviation", "w1_debiased", "sup_error"]
        table.loc[gone, [column for column in measured if column in table]] = np.nan
        if "homogeneity_floor" in table:
            table.loc[table["seed"] == 3, "homogeneity_floor"] = np.nan
    assert outcome(claim.function, tables) == OPEN


@pytest.mark.parametrize("claim", ALL, ids=by_name)
def test_every_claim_says_whose_it_is_and_why(claim):
    assert claim.paper == "A" and claim.source.startswith("paper A, v1")
    assert claim.figure.startswith("a_") and claim.statement and claim.quantity
    assert claim.function.__doc__ and claim.why_margin
    assert claim.decided.startswith(("before", "after"))

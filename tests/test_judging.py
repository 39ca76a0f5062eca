"""The rule that judges all claims: intervals that cover, errors kept to, kinds and words."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from flowbounds.claims import calibration, evidence, judging
from flowbounds.claims.claim import BOUND, CHECK, KINDS, OURS, TEXT, Claim, Control, verdict
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD, Region
from flowbounds.claims.robustness import _with_margin as with_margin
from flowbounds.claims.robustness import robustness, share

SIMULATIONS = 400
RNG = np.random.default_rng


def at_most(share: float, n: int = SIMULATIONS) -> float:
    """A share that n draws of probability ``share`` exceed once in ten thousand."""
    return binom.isf(1e-4, n, share) / n


def flat(values: np.ndarray, **more) -> evidence.Evidence:
    """Evidence that consists of theta itself, of shape (K, S)."""
    names = [f"k = {k}" for k in range(len(values))]
    return evidence.Evidence(names, values[:, None, :], np.ones((len(values), 1)), **more)


def table(noise: float, exponent: float, seeds: int = 6, cells: int = 4, rng=None) -> pd.DataFrame:
    """A power law in m with log-normal seed noise, the paper grid's widths."""
    rng = rng or RNG(0)
    grid = pd.MultiIndex.from_product(
        [[64, 256, 1024, 4096, 16384], range(cells), range(seeds)], names=["m", "d", "seed"]
    ).to_frame(index=False)
    log = exponent * np.log(grid["m"]) + noise * rng.standard_normal(len(grid))
    return grid.assign(y=np.exp(log))


class TestEvidence:
    def test_exponents_are_least_squares_slopes_of_every_seed(self):
        rows = table(0.3, -0.5)
        found = evidence.exponents(rows, "y", "m", ["d"])
        theta = judging.theta(found, found.raw)
        for d in range(4):
            for seed in range(6):
                part = rows[(rows["d"] == d) & (rows["seed"] == seed)]
                slope = np.polyfit(np.log(part["m"]), np.log(part["y"]), 1)[0]
                np.testing.assert_allclose(theta[d, seed], slope, rtol=1e-10)

    def test_exponents_of_means_allow_a_negative_seed(self):
        rows = table(0.1, -0.5)
        rows.loc[3, "y"] = -rows.loc[3, "y"]
        found = evidence.exponents(rows, "y", "m", ["d"], of_means=True)
        means = rows.groupby(["d", "m"])["y"].mean().unstack()
        slopes = np.polyfit(np.log(means.columns), np.log(means.T.to_numpy()), 1)[0]
        np.testing.assert_allclose(judging.theta(found, found.raw).mean(axis=-1), slopes, rtol=1e-9)
        assert np.isnan(evidence.exponents(rows, "y", "m", ["d"]).raw).any()

    def test_orderings_compare_neighbours(self):
        rows = pd.DataFrame({"d": [5, 10, 20], "y": [1.0, 2.0, 1.0]})
        rows = pd.concat([rows.assign(seed=s) for s in range(5)])
        found = evidence.orderings(rows.assign(c=0), "y", "d", ["c"])
        np.testing.assert_allclose(found.shown(judging.theta(found, found.raw))[:, 0], [2, 0.5])
        assert [test.split(", ")[1] for test in found.tests] == ["d = 5 to 10", "d = 10 to 20"]

    def test_missing_rows_are_missing_and_doubled_rows_are_refused(self):
        rows = table(0.1, -0.5)
        found = evidence.exponents(rows.iloc[1:], "y", "m", ["d"])
        assert np.isnan(found.raw).sum() == 1
        with pytest.raises(ValueError, match="several rows"):
            evidence.exponents(pd.concat([rows, rows]), "y", "m", ["d"])

    def test_joined_evidence_keeps_every_contrast(self):
        one = evidence.exponents(table(0.2, -0.5), "y", "m", ["d"])
        two = evidence.levels(table(0.2, -0.5).query("m == 64"), "y", ["d"], log=True)
        both = evidence.join([one, replace(two, log=False)])
        theta = judging.theta(both, both.raw)
        np.testing.assert_allclose(theta[:4], judging.theta(one, one.raw))
        np.testing.assert_allclose(theta[4:], judging.theta(two, two.raw))

    def test_an_exact_number_has_its_relative_error(self):
        rows = pd.DataFrame({"h": [0.25, 0.5], "t": "a", "y": [1.0, 4.0]})
        found = evidence.local_exponents(rows, "y", "h", ["t"], relative_error=1e-3)
        np.testing.assert_allclose(judging.theta(found, found.raw), [[2.0]])
        np.testing.assert_allclose(found.error, 2e-3 / np.log(2))


class TestIntervals:
    @pytest.mark.parametrize("seeds", [5, 6, 10])
    def test_they_cover_all_cells_at_once_where_a_bootstrap_would_not(self, seeds):
        """Independent cells are Bonferroni's hardest case but for rare dependence."""
        missed, bootstrap = 0, 0
        for k in range(SIMULATIONS):
            values = RNG(k).standard_normal((8, seeds))
            found = judging.judge(flat(values), Region())
            missed += (found.low > 0).any() or (found.high < 0).any()
            means = values[0][RNG(k).integers(seeds, size=(200, seeds))].mean(axis=1)
            bootstrap += not np.percentile(means, 2.5) <= 0 <= np.percentile(means, 97.5)
        assert missed / SIMULATIONS <= at_most(0.05)
        assert bootstrap / SIMULATIONS > 0.07

    def test_the_gap_over_the_bands_has_its_interval_from_the_non_central_t(self):
        truth, covered = 1.3, 0
        for k in range(100):
            low = RNG(k).standard_normal(8)
            high = 2 * truth + RNG(k + 1000).standard_normal(8)
            found = evidence.Evidence(
                ["pair"], np.stack([low, high])[None], np.array([[-1.0, 1.0]]), effect=True
            )
            judged = judging.judge(found, Region(low=1.0))
            covered += judged.low[0] <= truth <= judged.high[0]
        assert covered >= 88  # of 95 expected; fewer once in a thousand

    def test_an_exact_number_has_no_interval_but_its_error(self):
        exact = flat(np.array([[1.0], [0.5]]), error=np.array([1e-3, 1e-3]))
        found = judging.judge(exact, Region(high=1.0))
        assert found.outcome == OPEN  # the first lies at the limit to within its error
        assert judging.judge(exact, Region(high=1.01)).outcome == UPHELD
        assert judging.judge(exact, Region(high=0.9)).outcome == REFUTED


class TestErrors:
    """The audit's cases: laws that hold, refuted by the maximum over cells of a bootstrap."""

    def outcomes(self, make, region: Region) -> dict[str, float]:
        found = [judging.judge(make(RNG(k)), region).outcome for k in range(SIMULATIONS)]
        return {word: found.count(word) / SIMULATIONS for word in (UPHELD, REFUTED, OPEN)}

    def test_a_true_power_law_with_seed_noise_is_not_refuted(self):
        shares = self.outcomes(
            lambda rng: evidence.exponents(table(0.1, -0.5, rng=rng), "y", "m", ["d"]),
            Region(high=-0.5, margin=0.05),
        )
        assert shares[REFUTED] <= at_most(0.05)
        assert shares[UPHELD] > 0.5  # mostly confirmed, though it holds exactly at its limit

    def test_thirty_ratios_below_one_are_not_refuted(self):
        """True ratio 0.95, seed sd 0.1, 30 cells: the old rule refuted 98 %."""
        shares = self.outcomes(
            lambda rng: flat(np.log(0.95) + 0.1 * rng.standard_normal((30, 5)), log=True),
            Region(high=1.0),
        )
        assert shares[REFUTED] <= at_most(0.05)

    def test_one_cell_in_thirty_beyond_what_is_seen_is_found(self):
        noise = flat(0.1 * RNG(0).standard_normal((30, 5)))
        beyond, worst = judging.seen(noise, Region(high=0.0, margin=0.02))
        sd = noise.raw[worst, 0].std(ddof=1)
        truth = np.zeros((30, 1))
        truth[worst] = beyond
        shares = self.outcomes(
            lambda rng: flat(truth + sd * rng.standard_normal((30, 5))),
            Region(high=0.0, margin=0.02),
        )
        assert shares[UPHELD] <= at_most(0.05)
        assert shares[REFUTED] > judging.POWER - 0.1

    def test_fewer_than_five_seeds_conclude_nothing_and_say_so(self):
        found = judging.judge(flat(np.full((3, 4), 9.0)), Region(high=0.0))
        assert found.outcome == OPEN and "4 seeds" in found.why

    def test_a_diverged_cell_leaves_a_claim_open_unless_another_refutes_it(self):
        values = 0.01 * RNG(0).standard_normal((3, 5))
        values[1, 2] = np.nan
        assert judging.judge(flat(values), Region(high=1.0)).outcome == OPEN
        values[0] += 9
        assert judging.judge(flat(values), Region(high=1.0)).outcome == REFUTED

    def test_an_empty_grid_says_why(self):
        found = judging.judge(evidence.nothing("m takes one value only"), Region(high=0.0))
        assert (found.outcome, found.why) == (OPEN, "m takes one value only")


class TestWhereTheGridEnds:
    """An asymptotic exponent refutes only where it has settled."""

    def curved(self, bend: float) -> evidence.Evidence:
        rows = table(0.01, -0.4)
        rows["y"] *= np.exp(bend * np.log(rows["m"] / 64) ** 2)
        return evidence.exponents(rows, "y", "m", ["d"])

    def test_one_on_its_way_to_what_is_allowed_leaves_the_claim_open(self):
        found = judging.judge(self.curved(-0.02), Region(high=-0.6, margin=0.05))
        assert (found.outcome, "not settled" in found.why) == (OPEN, True)

    def test_one_that_has_settled_outside_or_moves_away_refutes(self):
        for bend in (0.0, 0.02):
            found = judging.judge(self.curved(bend), Region(high=-0.6, margin=0.05))
            assert found.outcome == REFUTED

    def test_one_that_moves_too_slowly_to_arrive_refutes(self):
        found = judging.judge(self.curved(-0.002), Region(high=-0.9, margin=0.05))
        assert found.outcome == REFUTED


class TestCalibration:
    @pytest.mark.parametrize("kind", ["exponents", "ratio", "bands"])
    def test_the_rule_keeps_to_its_level_on_tables_like_the_real_ones(self, kind):
        rows = table(0.2, -0.4, cells=6)
        region = {
            "exponents": Region(high=-0.5, margin=0.05),
            "ratio": Region(high=1.0, margin=1.1),
            "bands": Region(low=1.0),
        }[kind]
        found = {
            "exponents": lambda: evidence.exponents(rows, "y", "m", ["d"]),
            "ratio": lambda: evidence.ratios(rows.assign(one=0.1), "y", "one", ["d", "m"]),
            "bands": lambda: evidence.gaps_over_bands(rows, "y", "m", ["d"]),
        }[kind]()
        shares = {row["truth"]: row for row in calibration.calibrate(found, region)}
        assert list(shares) == list(calibration.TRUTHS)
        for truth in (calibration.INSIDE, calibration.LIMIT, calibration.MARGIN):
            assert shares[truth]["refuted"] <= at_most(0.05)
        assert shares[calibration.VIOLATED]["upheld"] <= at_most(0.05)

    def test_simulated_tables_have_the_truth_the_noise_and_the_correlation(self):
        rows = table(0.2, -0.4)
        rows["y"] *= np.exp(0.5 * RNG(9).standard_normal(6))[rows["seed"]]  # what a seed shares
        found = evidence.exponents(rows, "y", "m", ["d"])
        raw = calibration.simulate(found, np.full(4, -0.7), 4000, RNG(1))
        theta = judging.theta(found, raw)
        np.testing.assert_allclose(theta.mean(axis=(0, 2)), -0.7, atol=0.01)
        real = np.cov(found.raw.reshape(-1, 6))
        drawn = raw - raw.mean(axis=-1, keepdims=True)
        covariance = np.einsum("nis,njs->ij", *[drawn.reshape(4000, -1, 6)] * 2) / 4000 / 5
        np.testing.assert_allclose(covariance, real, atol=0.05 * np.abs(real).max())


def make_claim(kind: str, high: float, **more) -> Claim:
    return Claim(
        function=lambda rows: evidence.exponents(rows, "y", "m", ["d"]),
        name="a claim",
        paper="A",
        kind=kind,
        source="nowhere",
        statement="it falls",
        figure="none",
        quantity="exponent",
        allowed=Region(high=high, margin=0.05),
        why_margin="made up",
        decided="before",
        control=Control("nothing", lambda tables: tables),
        **more,
    )


class TestWords:
    @pytest.mark.parametrize(
        ("kind", "held", "failed"),
        [
            (TEXT, "reproduced", "not reproduced"),
            (BOUND, "not contradicted", "contradicted"),
            (CHECK, "passed", "failed"),
            (OURS, "as expected", "not as expected"),
        ],
    )
    def test_each_kind_has_its_own(self, kind, held, failed):
        tables = {"rows": table(0.05, -0.5)}
        assert verdict(make_claim(kind, -0.4), tables)["verdict"] == held
        assert verdict(make_claim(kind, -0.9), tables)["verdict"] == failed
        assert verdict(make_claim(kind, -0.45 - 0.1), tables)["verdict"] == "inconclusive"
        assert kind in KINDS

    def test_a_theorem_is_not_contradicted_outside_its_conditions(self):
        tables = {"rows": table(0.05, -0.5)}
        outside = {"conditions": lambda rows: "m = 64, needed 1e9"}
        assert (
            verdict(make_claim(BOUND, -0.9, **outside), tables)["verdict"] == "conditions not met"
        )
        assert verdict(make_claim(BOUND, -0.4, **outside), tables)["verdict"] == "not contradicted"
        assert verdict(make_claim(TEXT, -0.9, **outside), tables)["verdict"] == "not reproduced"

    def test_an_exponent_that_moves_where_the_grid_ends_is_said_to(self):
        rows = table(0.01, -0.5)
        rows["y"] *= np.exp(0.03 * np.log(rows["m"] / 64) ** 2)
        row = verdict(make_claim(BOUND, 1.0), {"rows": rows})
        assert "still moving" in row["reason"] and row["edge"] > 0.05
        assert verdict(make_claim(BOUND, 1.0), {"rows": table(0.01, -0.5)})["reason"] == ""


class TestRobustness:
    def test_every_choice_is_made_and_a_clear_verdict_survives_it(self):
        claim, tables = make_claim(BOUND, -0.4), {"rows": table(0.05, -0.5)}
        rows = robustness(claim, tables)
        words = [row["choice"] for row in rows]
        assert {"level 90 %", "level 99 %", "half the margin", "double the margin"} <= set(words)
        assert {"m without its first", "m without its last", "without seed 3"} <= set(words)
        assert share("not contradicted", rows) > 0.9

    def test_a_verdict_that_hangs_on_the_margin_is_seen_to(self):
        rows = robustness(make_claim(BOUND, -0.53), {"rows": table(0.02, -0.5)})
        by_choice = {row["choice"]: row["verdict"] for row in rows}
        assert by_choice["half the margin"] == "contradicted"
        assert by_choice["double the margin"] == "not contradicted"

    def test_a_margin_that_is_a_factor_is_halved_on_the_log_scale(self):
        ratio = replace(make_claim(BOUND, 1.0), allowed=Region(high=1.0, margin=1.21))
        assert with_margin(ratio, 0.5).margin == pytest.approx(1.1)
        assert with_margin(make_claim(BOUND, 1.0), 2.0).margin == pytest.approx(0.1)

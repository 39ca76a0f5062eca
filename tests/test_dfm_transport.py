"""The follow-up's Theorem 4: moved mass, W2 of a pushed Gaussian chain, assumptions by hand."""

import numpy as np
import pytest

from flowbounds.dfm.quadrature import Law
from flowbounds.dfm.targets import CORRELATED, NAMES, coupling
from flowbounds.dfm.transport import assumptions, curvature_far_out, moved_mass, score_slope
from flowbounds.experiments.experiment import Job, load

GRID = {"targets": ["gaussian"], "steps": [4, 8], "d": [1, 4], "epsilon": [0.5]}


def measured(**changes):
    return load("dfm_wasserstein").measure(Job("dfm_wasserstein", {}, GRID | changes))


def test_a_pushed_gaussian_chain_has_a_closed_form():
    """a = 1 - h: N((1 - a^N) eps, a^2N + 2 h (1 - a^2N) / (1 - a^2)) against N(0, 1)."""
    table = measured()["dfm_wasserstein"]
    assert len(table) == 2 * 2 + 1
    for row in table.to_dict("records"):
        a = 1 - row["h"]
        power = a ** (2 * row["steps"])
        sd = np.sqrt(power + 2 * row["h"] * (1 - power) / (1 - a**2))
        expected = row["d"] ** 0.5 * np.hypot((1 - a ** row["steps"]) * row["epsilon"], sd - 1)
        assert row["w2"] == pytest.approx(expected, rel=1e-7)
        assert row["moved"] == row["w2_moved"] == 0


def test_correlated_gaussians_have_no_drift_error():
    table = measured(targets=["equicorrelated"], d=[1, 3])["dfm_wasserstein"]
    assert set(table["epsilon"]) == {0.0}
    assert (table.groupby("steps")["w2"].nunique() == 2).all()


def test_moved_mass_is_what_lies_on_the_wrong_side():
    pair = coupling("skewed")
    masses = np.array([0.3, 0.7])
    law = Law(np.array([-2.0, 1.0]), masses + np.array([0.02, -0.02]), 0.04, 1.0)
    assert moved_mass(pair, law) == pytest.approx(0.02, rel=1e-3)
    symmetric = coupling("mixture")
    law = Law(np.array([-2.0, 2.0]), np.array([0.5, 0.5]), 0.5, 1.0)  # other shapes, no mass moved
    assert moved_mass(symmetric, law) < 1e-9


class TestAssumptions:
    def of(self, target: str, d: int = 1):
        return {each.assumption: each for each in assumptions(target, d)}

    def test_a_standard_normal_has_all_in_closed_form(self):
        found = self.of("gaussian")
        assert all(each.holds for each in found.values())
        values = {name: each.actual for name, each in found.items()}
        expected = {"H1": 0, "H2": 210, "H3": 2 * 4 * 6 * 8, "H4": 105, "H5": 0, "H6": 1, "H7": 2}
        for name, value in expected.items():
            assert values[name] == pytest.approx(value, rel=1e-4, abs=1e-12), name

    def test_a_correlated_gaussian_by_its_precision(self):
        found = self.of("equicorrelated", 2)
        # along an axis of variance v the pair has covariance [[1, r sqrt(v)], [r sqrt(v), v]]
        precisions = [np.linalg.inv([[1, np.sqrt(v) / 2], [np.sqrt(v) / 2, v]]) for v in (0.5, 1.5)]
        lowest = min(np.linalg.eigvalsh(p)[0] for p in precisions)
        assert found["H6"].actual == pytest.approx(lowest)
        assert found["H7"].actual == pytest.approx(sum((p**2).sum() for p in precisions))

    @pytest.mark.parametrize("target", ["two_points", "uniform"])
    def test_without_a_score_only_moments_and_the_base_are_left(self, target):
        held = {name for name, each in self.of(target).items() if each.holds}
        assert held == {"H1", "H2", "H4", "H5"}

    def test_a_mixture_is_weakly_log_concave_with_the_precision_of_its_tails(self):
        for target, variance in (("mixture", 0.25), ("skewed", 0.09)):
            law = coupling(target).target
            assert curvature_far_out(law) == pytest.approx(1 / variance, rel=1e-2)
        assert all(each.holds for each in self.of("skewed").values())

    def test_the_slope_of_the_score_by_differences(self):
        law = coupling("skewed").target
        x = np.linspace(-3, 2, 41)[:, None]
        differences = (law.score(x + 1e-5) - law.score(x - 1e-5))[:, 0] / 2e-5
        np.testing.assert_allclose(score_slope(law, x), differences, rtol=1e-6, atol=1e-4)
        assert score_slope(coupling("gaussian").base, x) == pytest.approx(-1.0)

    def test_every_target_has_a_row_for_every_assumption(self):
        table = measured()["dfm_assumptions"]
        assert len(table) == 8 * len([*NAMES, *CORRELATED])

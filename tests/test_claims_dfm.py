"""Each claim of paper B on made-up exact tables where it is true and where one cell refutes it."""

import numpy as np
import pandas as pd
import pytest

from flowbounds.claims import b_exact as dfm
from flowbounds.claims import judging
from flowbounds.claims.b_exact import (
    followup_theorem_1_dimension,
    followup_theorem_3_steps,
    theorem_2_dimension,
    theorem_2_drift_error,
    theorem_2_marginal_order,
    theorem_2_moments,
    theorem_2_path_order,
    theorem_3_gap,
    theorem_3_order,
)


def grid(**axes) -> pd.DataFrame:
    return pd.MultiIndex.from_product(axes.values(), names=axes).to_frame(index=False)


@pytest.fixture
def steps() -> pd.DataFrame:
    """Second order for marginals and first for paths, but for the larger steps."""
    t = grid(target=["gaussian", "skewed"], d=[1, 8], steps=[4, 16, 64])
    h = 1 / t["steps"]
    return t.assign(h=h, kl_marginal=t["d"] * h**2 / (1 + h), kl_path=t["d"] * h / (1 + h))


@pytest.fixture
def errors() -> pd.DataFrame:
    t = grid(
        target=["gaussian"],
        d=[1],
        steps=[8, 32],
        perturbation=["constant", "fourier"],
        epsilon=[0, 0.1, 1.0, 10.0],
    )
    square = t["epsilon"] ** 2
    return t.assign(epsilon2=square, kl_marginal=0.01 + square / 5, kl_split=0.1 + square / 4)


@pytest.fixture
def dimensions() -> pd.DataFrame:
    t = grid(target=["gaussian", "correlated"], steps=[8, 32], d=[1, 4, 16])
    return t.assign(kl_marginal=t["d"] ** 1.5 / t["steps"])


@pytest.fixture
def moments() -> pd.DataFrame:
    t = grid(target=["gaussian", "mixture"], d=[1], scale=[0.25, 0.5, 1.0, 2.0, 4.0], steps=[8])
    return t.assign(
        kl_marginal=t["scale"] ** 2 + t["scale"] ** -2,
        bound_thm2=t["scale"] ** 8 + t["scale"] ** -8,
    )


@pytest.fixture
def stopped() -> pd.DataFrame:
    t = grid(
        target=["two_points", "uniform", "mixture"],
        d=[1],
        steps=[8, 16, 64],
        schedule=["uniform", "nonuniform"],
        delta=[0.1, 0.01],
    )
    even = t["schedule"] == "uniform"
    kl = t["steps"] ** -2.0 * t["delta"] ** np.where(even, -2.0, -0.1)
    return t.assign(h=(1 - t["delta"]) / t["steps"], kl_marginal=kl * np.where(even, 1, 0.9))


def measured(verdict: judging.Verdict, value: float) -> judging.Verdict:
    """Check what every verdict owes its reader, and the number in it."""
    assert verdict.paper == "B"
    assert verdict.figure.startswith("b_")
    assert verdict.ci_low < verdict.measured < verdict.ci_high
    assert verdict.ci_high - verdict.ci_low < 0.01
    assert verdict.measured == pytest.approx(value, abs=0.02)
    return verdict


def test_marginal_order(steps):
    assert measured(theorem_2_marginal_order(steps), 1.97).verdict == judging.REPRODUCED
    # one target in one dimension that stops falling is enough
    steps.loc[(steps["target"] == "skewed") & (steps["d"] == 8), "kl_marginal"] = steps["h"] ** 0.7
    assert measured(theorem_2_marginal_order(steps), 0.7).verdict == judging.NOT_REPRODUCED


def test_larger_steps_do_not_count_for_the_order(steps):
    before = theorem_2_marginal_order(steps)
    steps.loc[steps["steps"] == 4, ["kl_marginal", "kl_path"]] = 1e-9
    assert theorem_2_marginal_order(steps) == before


@pytest.mark.parametrize(("order", "distance"), [(0.5, 0.5), (2.0, 2.0)])
def test_path_order(steps, order, distance):
    assert measured(theorem_2_path_order(steps), 0.97).verdict == judging.REPRODUCED
    steps.loc[steps["target"] == "skewed", "kl_path"] = steps["h"] ** order
    assert measured(theorem_2_path_order(steps), distance).verdict == judging.NOT_REPRODUCED


def test_drift_error(errors):
    assert measured(theorem_2_drift_error(errors), 0.8).verdict == judging.REPRODUCED
    one = (errors["perturbation"] == "fourier") & (errors["steps"] == 32)
    errors.loc[one, "kl_marginal"] = 0.01 + errors["epsilon"] ** 3
    assert theorem_2_drift_error(errors).measured > 30
    assert theorem_2_drift_error(errors).verdict == judging.NOT_REPRODUCED


@pytest.mark.parametrize(
    ("claim", "power"), [(theorem_2_dimension, 4), (followup_theorem_1_dimension, 3)]
)
def test_dimension(dimensions, claim, power):
    assert measured(claim(dimensions), 1.5).verdict == judging.REPRODUCED
    # what happens between small dimensions is no order
    dimensions["kl_marginal"] = dimensions["kl_marginal"].mask(dimensions["d"] == 1, 1e-9)
    assert measured(claim(dimensions), 1.5).verdict == judging.REPRODUCED
    one = (dimensions["target"] == "correlated") & (dimensions["steps"] == 8)
    dimensions.loc[one, "kl_marginal"] = dimensions["d"] ** (power + 0.5)
    assert measured(claim(dimensions), power + 0.5).verdict == judging.NOT_REPRODUCED


@pytest.mark.parametrize("sign", [1, -1])
def test_moments(moments, sign):
    assert theorem_2_moments(moments).measured < -4
    assert theorem_2_moments(moments).verdict == judging.REPRODUCED
    # a bound that knows of large scales alone, or of small ones alone
    moments["bound_thm2"] = moments["scale"] ** (8.0 * sign)
    verdict = theorem_2_moments(moments)
    assert verdict.measured > 8
    assert verdict.verdict == judging.NOT_REPRODUCED


def test_early_stopping_order(stopped):
    assert measured(theorem_3_order(stopped), 2.0).verdict == judging.REPRODUCED
    # steps that are longer than the gap do not count
    before, long = theorem_3_order(stopped), stopped["h"] > stopped["delta"]
    assert (
        theorem_3_order(stopped.assign(kl_marginal=stopped["kl_marginal"].mask(long, 1))) == before
    )
    one = (stopped["target"] == "two_points") & (stopped["delta"] == 0.1)
    stopped.loc[one, "kl_marginal"] = stopped["steps"] ** -0.5
    assert measured(theorem_3_order(stopped), 0.5).verdict == judging.NOT_REPRODUCED


def test_early_stopping_gap(stopped):
    assert measured(theorem_3_gap(stopped), 2.0).verdict == judging.REPRODUCED
    one = (stopped["target"] == "uniform") & (stopped["steps"] == 64)
    stopped.loc[one, "kl_marginal"] = stopped["delta"] ** -5.0
    assert measured(theorem_3_gap(stopped), 5.0).verdict == judging.NOT_REPRODUCED


def test_nonuniform_steps(stopped):
    worst = 0.9 * 0.1**1.9
    assert followup_theorem_3_steps(stopped).measured == pytest.approx(worst)
    assert followup_theorem_3_steps(stopped).verdict == judging.REPRODUCED
    one = (stopped["target"] == "uniform") & (stopped["schedule"] == "nonuniform")
    stopped.loc[one & (stopped["steps"] == 8) & (stopped["delta"] == 0.1), "kl_marginal"] *= 100
    verdict = followup_theorem_3_steps(stopped)
    assert verdict.measured == pytest.approx(100 * worst)
    assert verdict.verdict == judging.NOT_REPRODUCED


def test_smooth_targets_do_not_count_for_early_stopping(stopped):
    for claim in (theorem_3_order, theorem_3_gap, followup_theorem_3_steps):
        before = claim(stopped)
        changed = stopped.copy()
        changed.loc[changed["target"] == "mixture", "kl_marginal"] = changed["delta"] ** -9.0
        assert claim(changed) == before


def test_a_number_that_is_missing_concludes_nothing(steps, errors, dimensions, moments, stopped):
    tables = {
        "dfm_discretization": steps,
        "dfm_drift_error": errors,
        "dfm_dimension": dimensions,
        "dfm_moments": moments,
        "dfm_early_stopping": stopped,
    }
    for claim in dfm.CLAIMS:
        (name,) = claim.__annotations__.keys() - {"return"}
        table = tables[name].assign(kl_marginal=np.nan, kl_path=np.nan)
        assert claim(**{name: table}).verdict == judging.INCONCLUSIVE
        # and so does a grid of one value on the axis in question, or of no such target
        axis = {"dfm_discretization": "steps", "dfm_dimension": "d"}
        if name in axis:
            single = tables[name][tables[name][axis[name]] == tables[name][axis[name]].max()]
            assert claim(**{name: single}).verdict == judging.INCONCLUSIVE
    for claim in (theorem_3_order, theorem_3_gap, followup_theorem_3_steps):
        assert claim(stopped[stopped["target"] == "mixture"]).verdict == judging.INCONCLUSIVE


@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_one_cell_that_is_missing_or_infinite_is_not_passed_over(stopped, steps, place, value):
    stopped = stopped[stopped["target"] != "mixture"].copy()
    even = stopped.index[stopped["schedule"] == "uniform"]
    stopped.loc[even[place], "kl_marginal"] = value
    assert theorem_3_gap(stopped).verdict == judging.INCONCLUSIVE
    odd = stopped.index[stopped["schedule"] == "nonuniform"]
    stopped.loc[odd[place], "kl_marginal"] = value
    assert followup_theorem_3_steps(stopped).verdict != judging.REPRODUCED
    finest = steps.index[steps["steps"] == 64]
    steps.loc[finest[place], "kl_marginal"] = value
    assert theorem_2_marginal_order(steps).verdict == judging.INCONCLUSIVE


def test_names_are_unique():
    assert len({claim.__name__ for claim in dfm.CLAIMS}) == len(dfm.CLAIMS) == 9

"""Each claim on made-up tables where it is true and where it is false."""

import numpy as np
import pandas as pd
import pytest

from flowbounds.claims import a_generalization as generalization
from flowbounds.claims import a_sampling as sampling
from flowbounds.claims import judging
from flowbounds.claims.a_generalization import (
    lemma_34_bound,
    theorem_33_complexity_bounded,
    theorem_33_rate_in_d,
    theorem_33_rate_in_n,
)
from flowbounds.claims.a_sampling import (
    lemma_c1_inequality,
    theorem_35_rate_in_b1,
    theorem_35_rate_in_n,
)

SEEDS = 6


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(base, "RESAMPLES", 100)


def grid(noise: float = 0.02, **axes) -> pd.DataFrame:
    """A full grid over the axes and the seeds, with a factor near 1 that differs per row."""
    index = pd.MultiIndex.from_product([*axes.values(), range(SEEDS)], names=[*axes, "seed"])
    table = index.to_frame(index=False)
    rng = np.random.default_rng(0)
    return table.assign(factor=np.exp(noise * rng.standard_normal(len(table))))


@pytest.fixture
def learned() -> pd.DataFrame:
    """A world in which Theorem 3.3 and Lemma 3.4 are true, but not of finite widths."""
    t = grid(d=[5, 20], n=[64, 256, 1024], m=[64.0, np.inf], tau_min=[0.0, 0.2])
    rate = np.sqrt(t["d"] ** 0.8 / t["n"] ** 1.1 * np.log(t["n"]))
    return t.assign(
        test_error=rate.where(np.isinf(t["m"]), t["d"]) * t["factor"],
        complexity=(5 - 10 / t["n"]) * t["factor"],
        deviation=rate * t["factor"],
        deviation_bound=3 * rate,
    )


@pytest.fixture
def generated() -> pd.DataFrame:
    """A world in which Theorem 3.5 is true."""
    t = grid(d=[2, 5], n=[64, 256, 1024], m=[256], b1=[1.0, 4.0])
    excess = t["n"] ** (-0.6 / (t["d"] + 2)) / t["b1"]
    return t.assign(w1_exact=0.5 + excess * t["factor"], w1_floor=0.5)


@pytest.fixture
def suprema() -> pd.DataFrame:
    t = grid(d=[1, 2], n=[100], tau_min=[0.2])
    return t.assign(sup_error=t["factor"], bound_low=2.0)


def measured(verdict: judging.Verdict, low: float, high: float) -> judging.Verdict:
    """Check what every verdict owes its reader, and the number in it."""
    assert verdict.paper == "A"
    assert verdict.figure.startswith("a_")
    assert verdict.ci_low <= verdict.measured <= verdict.ci_high
    assert low < verdict.measured < high
    return verdict


def test_lemma_34(learned):
    assert measured(lemma_34_bound(learned), 0.3, 0.4).verdict == judging.REPRODUCED
    # one cell above its bound is enough
    above = (learned["d"] == 5) & (learned["n"] == 256) & (learned["tau_min"] == 0.2)
    learned.loc[above, "deviation"] *= 4
    assert measured(lemma_34_bound(learned), 1.2, 1.5).verdict == judging.NOT_REPRODUCED


def test_theorem_33_rate_in_n(learned):
    assert measured(theorem_33_rate_in_n(learned), -0.57, -0.53).verdict == judging.REPRODUCED
    learned["test_error"] *= learned["n"] ** 0.4
    assert measured(theorem_33_rate_in_n(learned), -0.17, -0.13).verdict == judging.NOT_REPRODUCED


def test_theorem_33_rate_in_d(learned):
    assert measured(theorem_33_rate_in_d(learned), 0.38, 0.42).verdict == judging.REPRODUCED
    learned["test_error"] *= learned["d"] ** 0.4
    assert measured(theorem_33_rate_in_d(learned), 0.78, 0.82).verdict == judging.NOT_REPRODUCED


def test_theorem_33_complexity(learned):
    assert measured(theorem_33_complexity_bounded(learned), 0, 0.03).verdict == judging.REPRODUCED
    learned["complexity"] *= learned["n"] ** 0.5
    assert measured(theorem_33_complexity_bounded(learned), 0.48, 0.55).verdict == (
        judging.NOT_REPRODUCED
    )


def test_theorem_33_takes_the_kernel_limit_and_the_papers_flow_times(learned):
    for claim in (theorem_33_rate_in_n, theorem_33_rate_in_d, theorem_33_complexity_bounded):
        before = claim(learned)
        others = np.isfinite(learned["m"]) | (learned["tau_min"] > 0)
        changed = learned.copy()
        changed.loc[others, ["test_error", "complexity"]] *= changed["n"]
        assert claim(changed) == before


def test_theorem_35_rate_in_n(generated):
    assert measured(theorem_35_rate_in_n(generated), -0.1, 0).verdict == judging.REPRODUCED
    # a plateau at one dimension and one B1, which a mean over the cells would hide
    flat = (generated["d"] == 2) & (generated["b1"] == 4)
    generated.loc[flat, "w1_exact"] = 0.9 + 0.001 * generated["factor"]
    assert measured(theorem_35_rate_in_n(generated), 0.12, 0.13).verdict == judging.NOT_REPRODUCED


def test_a_fall_of_the_floor_alone_is_no_fall_of_the_distance(generated):
    generated["w1_floor"] = generated["n"] ** -0.5
    generated["w1_exact"] = generated["w1_floor"] + 0.3 + 0.001 * generated["factor"]
    assert theorem_35_rate_in_n(generated).verdict == judging.NOT_REPRODUCED


def test_theorem_35_rate_in_b1(generated):
    assert measured(theorem_35_rate_in_b1(generated), -0.27, -0.1).verdict == judging.REPRODUCED
    generated["w1_exact"] = 0.5 + generated["b1"] * generated["factor"]
    assert measured(theorem_35_rate_in_b1(generated), 1.8, 1.9).verdict == judging.NOT_REPRODUCED


def test_lemma_c1(suprema):
    assert measured(lemma_c1_inequality(suprema), 0.49, 0.55).verdict == judging.REPRODUCED
    suprema["bound_low"] = 0.5
    assert measured(lemma_c1_inequality(suprema), 1.9, 2.2).verdict == judging.NOT_REPRODUCED


def test_few_seeds_conclude_nothing(learned, generated, suprema):
    tables = {"generalization": learned, "sampling": generated, "sup_norm": suprema}
    for claim in [*generalization.CLAIMS, *sampling.CLAIMS]:
        name = claim.__annotations__.keys() - {"return"}
        verdict = claim(**{key: tables[key].query("seed < 3") for key in name})
        assert verdict.verdict == judging.INCONCLUSIVE


def test_names_are_unique():
    claims = [*generalization.CLAIMS, *sampling.CLAIMS]
    assert len({claim.__name__ for claim in claims}) == len(claims) == 7

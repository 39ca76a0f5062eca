"""Lemma 3.4 on many tasks: closed forms against enumeration and quadrature, and the claims."""

import itertools

import numpy as np
import pandas as pd
import pytest
from made_up import claims_of, grid, noticed, outcome
from scipy.integrate import quad
from scipy.stats import chi, chi2
from scipy.stats import t as student

from flowbounds.claims import a_many_tasks as claims
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD
from flowbounds.data.streams import stream
from flowbounds.experiments import lemma34_coverage as coverage
from flowbounds.experiments import lemma34_tasks as tasks
from flowbounds.experiments.experiment import Job, columns
from flowbounds.theory import lemma34, many_tasks
from flowbounds.theory.linearisation import outputs

SECTION = {"tasks": [1, 2], "n": [10, 20], "networks": 3, "m": 4, "kappa": 0.1, "seeds": 2,
           "samples": 4, "population": 400}  # fmt: skip
CELL = {"tasks": 2}
JOB = Job("lemma34_coverage", CELL, coverage.settings({"lemma34_coverage": SECTION}, CELL))


@pytest.fixture(scope="module")
def measured() -> dict[str, pd.DataFrame]:
    grid = {"d": [3], "tasks": [1, 4], "n": [10, 40], "seeds": 2}
    job = Job("lemma34_tasks", {"d": 3}, tasks.settings({"lemma34_tasks": grid}, {"d": 3}))
    return coverage.measure(JOB) | tasks.measure(job)


@pytest.mark.parametrize("table", ["lemma34_tasks", "lemma34_coverage", "lemma34_memorisers"])
def test_it_has_the_columns_and_keys_that_it_declares(measured, table):
    declared = columns(table)
    assert list(measured[table].columns) == [column.name for column in declared]
    keys = [column.name for column in declared if column.key]
    assert not measured[table].duplicated(keys).any()
    assert measured[table].notna().all(axis=None)


def test_the_claims_allow_the_failures_that_the_bound_does():
    assert claims.DELTA == lemma34.DELTA


def test_complexity_lies_between_khinchines_bounds(measured):
    """Of vectors, sqrt(1/2) of the second moment's root at least (Latala and Oleszkiewicz 1994)."""
    rows = measured["lemma34_tasks"]
    assert sorted(rows["tasks"].unique()) == [1, 3, 4]
    share = rows["rademacher"] / rows["second_moment"]
    slack = 4 * rows["rademacher_se"] / rows["second_moment"]
    assert (share <= 1 + slack).all()
    assert (share >= 0.5**0.5 - slack).all()


def test_networks_as_one_by_one():
    rng = np.random.default_rng(0)
    w, a = rng.standard_normal((3, 4, 5)), rng.standard_normal((3, 2, 4))
    x = rng.standard_normal((7, 5))
    found = many_tasks.values(w, a, x)
    for one in range(3):
        np.testing.assert_allclose(found[one], outputs(w[one], a[one], x), rtol=1e-12)


def test_networks_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    w, a, x = (rng.standard_normal(shape) for shape in ((3, 4, 5), (3, 2, 4), (7, 5)))
    whole = many_tasks.values(w, a, x)
    monkeypatch.setattr(many_tasks, "ROWS", 3)
    np.testing.assert_allclose(many_tasks.values(w, a, x), whole, rtol=1e-12)


def test_the_largest_correlation_by_loops():
    rng = np.random.default_rng(1)
    f, signs = rng.standard_normal((3, 2, 4, 2)), rng.choice([-1.0, 1.0], size=(5, 4, 2))
    expected = [
        [max((signs[k] * f[c, s]).sum() / 4 for c in range(3)) for s in range(2)] for k in range(5)
    ]
    np.testing.assert_allclose(many_tasks.largest_correlation(f, signs), expected, rtol=1e-12)


@pytest.mark.parametrize("q", [1, 2, 3])
class TestMemorisers:
    def test_complexity_by_enumeration(self, q):
        """All 2^(2 q) signs of two points, and all four functions on them."""
        u = np.ones(q) / np.sqrt(q)
        suprema = [
            max(
                sum(on[i] * u @ np.array(signs[i * q : (i + 1) * q]) for i in range(2))
                for on in itertools.product([0, 1], repeat=2)
            )
            for signs in itertools.product([-1, 1], repeat=2 * q)
        ]
        found = many_tasks.memorisers(q, 2)
        assert found["complexity"] == pytest.approx(np.mean(suprema) / 2, rel=1e-12)

    def test_deviation_of_a_large_finite_population(self, q):
        """The supremum over all functions is taken point by point; 1 less the sample's share."""
        rng = np.random.default_rng(0)
        points, n, u = 1000, 5, np.ones(q) / np.sqrt(q)
        v = -rng.random((points, 1)) * u
        weight = np.full(points, 1 / points)
        weight[rng.choice(points, n, replace=False)] -= 1 / n
        gain = np.linalg.norm(u - v, axis=1) - np.linalg.norm(v, axis=1)
        assert np.maximum(weight * gain, 0).sum() == pytest.approx(1 - n / points, rel=1e-12)

    def test_only_one_task_keeps_to_the_bound_without_a_factor(self, q):
        found = many_tasks.memorisers(q, 10_000)
        assert (found["deviation"] <= found["bound"]) == (q == 1)
        assert found["deviation"] <= found["contracted"]


@pytest.mark.parametrize("q", [1, 4])
def test_expected_losses_of_zero_by_quadrature(q):
    length = chi(q)
    cut = quad(lambda r: min(r, many_tasks.cap(q)) * length.pdf(r), 0, 40, limit=200)[0]
    assert many_tasks.mean_loss_of_zero("bounded", q) == pytest.approx(cut, rel=1e-6)
    mean = quad(lambda r: r * length.pdf(r), 0, 40)[0]
    assert many_tasks.mean_loss_of_zero("subgaussian", q) == pytest.approx(mean, rel=1e-6)
    df = many_tasks.TAIL
    scale = quad(lambda s: (df / s) ** 0.5 * chi2(df).pdf(s), 0, np.inf, limit=500)[0]
    assert many_tasks.mean_loss_of_zero("heavy", q) == pytest.approx(mean * scale, rel=1e-5)


def test_one_heavy_task_is_a_student_variable():
    df = many_tasks.TAIL
    mean = 2 * quad(lambda x: x * student(df).pdf(x), 0, np.inf, limit=500)[0]
    assert many_tasks.mean_loss_of_zero("heavy", 1) == pytest.approx(mean, rel=1e-5)
    _, v, scale = coverage._points(JOB, 0, "population", 20_000)
    heavy = np.abs(scale * v[:, 0])
    np.testing.assert_allclose(
        np.quantile(heavy, [0.3, 0.6, 0.9]), student(df).ppf([0.65, 0.8, 0.95]), rtol=0.05
    )


def test_coverage_by_hand(measured):
    """One class and n, member by member; expectations from 30,000 other points, to four errors."""
    n, seed, q, samples = 20, 1, 2, SECTION["samples"]
    key = ("lemma34_coverage", "gaussian_mixture", 2, 4, seed)
    w = 0.1 * stream(*key, "first layers").standard_normal((3, 4, 5))
    a = stream(*key, "second layers").standard_normal((3, 2, 4))
    rows = measured["lemma34_coverage"].query("seed == @seed and n == @n").set_index("losses")
    x, v, _ = coverage._points(JOB, seed, f"samples, n = {n}", samples * n)
    fresh, target, _ = coverage._points(JOB, seed, "others", 30_000)
    deviations = []
    for s in range(samples):
        mine = slice(s * n, (s + 1) * n)
        gaps = []
        for one in range(3):
            here = np.linalg.norm(outputs(w[one], a[one], x[mine]) - v[mine], axis=1)
            there = np.linalg.norm(outputs(w[one], a[one], fresh) - target, axis=1)
            gaps.append(there.mean() - here.mean())
        deviations.append(max(gaps))
    # 400 points of the population estimate a difference of standard deviation about 0.2
    assert rows.loc["subgaussian", "deviation"] == pytest.approx(np.mean(deviations), abs=0.05)
    limit = 2 * rows.loc["subgaussian", "complexity"] + np.sqrt(2 * np.log(20) / n)
    assert rows.loc["subgaussian", "bound"] == pytest.approx(limit, rel=1e-12)
    share = np.mean(np.array(deviations) <= limit)
    assert rows.loc["subgaussian", "coverage"] == pytest.approx(share, abs=1 / samples)
    zero = np.linalg.norm(v, axis=1)
    assert coverage._sigma("bounded", q, zero[None]) == 1.5 * np.sqrt(2)
    assert coverage._sigma("heavy", q, zero[None])[0] == pytest.approx(zero.std(ddof=1))


@pytest.fixture
def true() -> dict[str, pd.DataFrame]:
    """A world in which all is as expected."""
    ball = pd.concat(grid(d=[d], tasks=sorted({1, 4, d}), n=[10, 100, 1000]) for d in (8, 32, 128))
    r = np.sqrt(ball["d"] * ball["tasks"] / ball["n"]) * ball["factor"]
    rows = grid(losses=list(coverage.LOSSES), tasks=[1, 2, 8], n=[10, 100])
    share = np.where(rows["losses"] == "heavy", 0.8, 0.99)
    deviation = rows["factor"] / np.sqrt(rows["n"])
    finite = rows.assign(
        coverage=np.minimum(share * rows["factor"], 1.0),
        deviation=deviation,
        complexity=2 * np.sqrt(rows["tasks"] / rows["n"]),
        bound=3 * deviation,
    )
    exact = [
        {"tasks": q, "n": n} | many_tasks.memorisers(q, n) for q in (1, 2, 8) for n in (32, 512)
    ]
    return {
        "lemma34_tasks": ball.assign(rademacher=r),
        "lemma34_coverage": finite,
        "lemma34_memorisers": pd.DataFrame(exact),
    }


ALL = list(claims_of(claims))


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_each_is_upheld_where_it_is_true(claim, true):
    assert outcome(claim.function, true) == UPHELD


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_its_own_control_refutes_each(claim, true):
    assert noticed(claim, true)


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_the_opposite_world_refutes_each(claim, true):
    ball, finite, exact = true.values()
    heavy = finite["losses"] == "heavy"
    opposite = {
        "lemma34_tasks": ball.assign(
            rademacher=ball["rademacher"] * (ball["d"] * ball["tasks"] * ball["n"]) ** 0.3
        ),
        "lemma34_coverage": finite.assign(
            coverage=np.where(heavy, 1.0, 0.8 * finite["coverage"]),
            bound=finite["deviation"],
            deviation=finite["deviation"] * finite["tasks"] ** 0.5,
        ),
        "lemma34_memorisers": exact.assign(
            deviation=np.where(exact["n"] == 32, 2.0, 0.5 * exact["deviation"])
        ),
    }
    assert outcome(claim.function, opposite) == REFUTED


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_a_grid_of_one_cell_says_nothing(claim, true):
    smallest = {
        name: table[(table["n"] == table["n"].min()) & (table["tasks"] == 1)]
        for name, table in true.items()
    }
    for name in ("lemma34_tasks", "lemma34_coverage"):
        smallest[name] = smallest[name][smallest[name]["seed"] == 0]
    smallest["lemma34_tasks"] = smallest["lemma34_tasks"].query("d == 8")
    if claim.name == "lemma 3.4: with sqrt(2) it holds":
        assert outcome(claim.function, smallest) == UPHELD
    else:
        assert outcome(claim.function, smallest) == OPEN

"""Theorem 3.2 inside its conditions: training, first order, the split, and what is claimed."""

import numpy as np
import pandas as pd
import pytest
import torch
from made_up import claims_of, grid, noticed, outcome

from flowbounds.claims import a_inside as claims
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD
from flowbounds.data.streams import stream
from flowbounds.experiments import thm32_inside as inside
from flowbounds.experiments.experiment import Job, columns
from flowbounds.networks.residuals import residuals
from flowbounds.networks.stack import Networks, initialise
from flowbounds.theory.conditions import network_conditions
from flowbounds.theory.first_order import first_order, own_kernel
from flowbounds.theory.linearisation import Problem

SETTINGS = {
    "n": [3, 5], "m": [8, 32], "seeds": 2, "iterations": 30,
    "split_m": [16, 64], "starts": 40, "split_iterations": 5,
}  # fmt: skip
JOB = Job("thm32_inside", {"d": 2}, SETTINGS)


@pytest.fixture(scope="module")
def measured() -> dict[str, pd.DataFrame]:
    return inside.measure(JOB)


@pytest.mark.parametrize("table", inside.TABLES)
def test_it_has_the_columns_and_keys_that_it_declares(measured, table):
    declared = columns(table)
    assert list(measured[table].columns) == [column.name for column in declared]
    keys = [column.name for column in declared if column.key]
    assert not measured[table].duplicated(keys).any()
    assert measured[table].notna().all(axis=None)


def trained(w, a, x, v, step: float, t: int) -> list[np.ndarray]:
    """Residuals of gradient descent on |f - v|^2 / 2, the theorem's, one unit at a time."""
    w, a, found = w.copy(), a.copy(), []
    for _ in range(t + 1):
        before = x @ w.T
        residual = np.maximum(before, 0) @ a.T / np.sqrt(len(w)) - v
        found.append(residual)
        of_a = np.stack([residual.T @ np.maximum(before[:, r], 0) for r in range(len(w))], axis=1)
        of_w = np.stack([((residual @ a[:, r]) * (before[:, r] > 0)) @ x for r in range(len(w))])
        a -= step * of_a / np.sqrt(len(w))
        w -= step * of_w / np.sqrt(len(w))
    return found


@pytest.mark.parametrize("case", inside.CASES)
def test_a_network_by_a_loop_over_its_units(measured, case):
    """The theorem's eta on an unnormalised gradient; loss, pace and deviation to rounding."""
    x, v = inside.sample(JOB, 5, 1)
    kappa, problem, step = inside.cases(x, v)[case]
    rng = stream("thm32_inside", "gaussian_mixture", 2, 8, 1, "weights")
    w, a = initialise(8, 2, kappa, rng)
    found = trained(w, a, x, v, step, 30)
    h = np.kron(problem.b + problem.c, np.eye(2))
    power = [np.linalg.matrix_power(np.eye(10) - step * h, t) for t in range(31)]
    linear = [p @ found[0].ravel() for p in power]
    names = f"case == {case!r} and n == 5 and m == 8 and seed == 1"
    rows = measured["thm32_inside_decay"].query(names)
    loss = np.array([np.sum(r**2) for r in found])
    t = [0, *rows["t"]]
    np.testing.assert_allclose(rows["loss"], loss[t[1:]] / loss[0], rtol=1e-9)
    promised = -np.log(1 - step * problem.spectrum.values[0] / 2) * np.diff(t)
    pace = -np.diff(np.log(loss[t])) / promised
    np.testing.assert_allclose(rows["pace"], pace, rtol=1e-5)
    row = measured["thm32_inside"].query(names).iloc[0]
    assert row["slowest"] == pytest.approx(pace.min(), rel=1e-5)
    off = [np.linalg.norm(found[k].ravel() - linear[k]) / np.sqrt(loss[0]) for k in t]
    assert row["deviation"] == pytest.approx(max(off), rel=1e-6)


def test_step_size_and_kappa_are_inside_what_the_theorem_asks(measured):
    table = measured["thm32_inside"]
    for row in table[table["case"] == inside.INSIDE].itertuples():
        # step_size_of_mean_loss is the same condition in other units
        eta = row.step * row.n / 2
        found = network_conditions(
            row.d, row.n, row.m, eta, row.kappa_used, row.lambda_min, misfit=1.0
        )
        holds = {c.condition: c.holds for c in found}
        assert holds["step_size"] and holds["step_size_of_mean_loss"] and holds["kappa"]
    assert (table["linear_slowest"] > 3.9).all()  # (1 - eta lambda)^2 against 1 - eta lambda / 2


def test_a_network_s_own_kernel_is_that_of_its_jacobian():
    """By automatic differentiation; and its mean over starts is K (x) I_d, to four sigma."""
    x, v = inside.sample(JOB, 4, 0)
    rng = np.random.default_rng(0)
    w, a = initialise(6, 2, 0.7, rng)

    def flat(*layers):
        return (torch.relu(torch.as_tensor(x) @ layers[0].T) @ layers[1].T / 6**0.5).reshape(-1)

    parts = torch.autograd.functional.jacobian(flat, (torch.tensor(w), torch.tensor(a)))
    j = torch.cat([part.reshape(8, -1) for part in parts], dim=1).numpy()
    np.testing.assert_allclose(own_kernel(w, a, x).reshape(8, 8), j @ j.T, rtol=1e-12, atol=1e-12)
    problem = Problem.of(x, v, 0.7)
    many = np.stack([own_kernel(*initialise(50, 2, 0.7, rng), x) for _ in range(400)])
    limit = np.kron(problem.b + problem.c, np.eye(2))
    error = many.std(axis=0).reshape(8, 8) / 20
    assert (np.abs(many.mean(axis=0).reshape(8, 8) - limit) < 4 * error + 1e-12).all()


@pytest.mark.parametrize("t", [1, 7])
def test_the_first_order_by_differences(t):
    """Central differences of matrix powers, to their own error of 1e-8."""
    x, v = inside.sample(JOB, 4, 0)
    problem = Problem.of(x, v, 1.0)
    change = np.random.default_rng(1).standard_normal((8, 8))
    change += change.T
    eta, s = 2 * 0.4 / problem.spectrum.values[-1], 1e-4
    k = np.kron(problem.b + problem.c, np.eye(2))
    above, below = (
        np.linalg.matrix_power(np.eye(8) - 2 * eta / 4 * (k + sign * s * change), t) @ v.ravel()
        for sign in (1, -1)
    )
    found = first_order(problem.spectrum, change.reshape(4, 2, 4, 2), v, eta, t)
    np.testing.assert_allclose(found.ravel(), (above - below) / (2 * s), atol=1e-7)


def test_the_split_by_a_loop(measured):
    """Fluctuation about the plain mean; the debiased square agrees with the plain one, 4 sigma."""
    x, v = inside.sample(JOB, 3, 0)
    kappa, problem, step = inside.cases(x, v)[inside.LARGE]
    rng = stream("thm32_inside", "gaussian_mixture", 2, 16, 0, "weights of the split")
    power = np.linalg.matrix_power(np.eye(6) - step * np.kron(problem.b + problem.c, np.eye(2)), 5)
    off = []
    for _ in range(40):
        found = trained(*initialise(16, 2, kappa, rng), x, v, step, 5)
        off.append(found[-1].ravel() - power @ found[0].ravel())
    off, unit = np.array(off), np.sum(v**2)
    row = measured["thm32_split"].query("m == 16 and seed == 0").iloc[0]
    spread = off.var(axis=0, ddof=1).sum() / unit
    assert row["fluctuation"] == pytest.approx(np.sqrt(spread), rel=1e-8)
    plain = np.sum(off.mean(axis=0) ** 2) / unit - spread / 40
    size = np.sqrt(max(row["mean_square"], plain, 0)) + np.sqrt(spread / 40)
    assert abs(row["mean_square"] - plain) < 4 * 2 * size * np.sqrt(spread / 40)


def test_what_is_cut_for_the_cache_is_what_is_not():
    """A stack of two parts and each network alone: the same bits."""
    rng = np.random.default_rng(2)
    w, a = (torch.as_tensor(rng.standard_normal(shape)) for shape in ((3, 4096, 3), (3, 1, 4096)))
    x, v = (torch.as_tensor(rng.standard_normal((3, rows, 5))) for rows in (3, 1))
    eta = torch.full((3,), 1e-2, dtype=torch.float64)
    whole = residuals(Networks(w, a), x, v, eta, [0, 1, 3])
    for e in range(3):
        k = slice(e, e + 1)
        alone = residuals(Networks(w[k], a[k]), x[k], v[k], eta[k], [0, 1, 3])
        assert torch.equal(whole[:, k], alone)


@pytest.fixture
def true() -> dict[str, pd.DataFrame]:
    """A world in which all is as expected."""
    t = grid(case=list(inside.CASES), d=[2], n=[5, 10, 20], m=[64, 256])
    lazy = np.where(t["case"] == inside.LARGE, 0.1, 1.0)
    split = grid(d=[2], n=[5], m=[64, 256, 1024])
    return {
        "thm32_inside": t.assign(
            slowest=6 * t["factor"], deviation=lazy * t["n"] * t["m"] ** -0.5 * t["factor"],
            width_asked=1e12,
        ),
        "thm32_split": split.assign(
            fluctuation=split["m"] ** -0.5 * split["factor"],
            mean_square=split["m"] ** -2.0 * split["factor"],
        ),
    }  # fmt: skip


ALL = list(claims_of(claims))


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_each_is_upheld_where_it_is_true(claim, true):
    assert outcome(claim.function, true) == UPHELD


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_its_own_control_refutes_each(claim, true):
    assert noticed(claim, true)


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_the_opposite_world_refutes_each(claim, true):
    t, split = true["thm32_inside"], true["thm32_split"]
    small = np.where(t["case"] == inside.LARGE, 1, 1e-3)
    opposite = {
        "thm32_inside": t.assign(
            slowest=0.1 * t["slowest"], deviation=small * t["deviation"] * t["n"] ** 3.0
        ),
        "thm32_split": split.assign(
            fluctuation=split["m"] ** -1.0 * split["factor"],
            mean_square=split["m"] ** -1.0 * split["factor"],
        ),
    }
    assert outcome(claim.function, opposite) == REFUTED


def test_a_loss_that_grows_refutes_the_rate(true):
    t = true["thm32_inside"]
    growing = t.assign(slowest=np.where(t["n"] == 5, -1.0, t["slowest"]))
    assert outcome(claims.rate, {"thm32_inside": growing}) == REFUTED


@pytest.mark.parametrize("claim", [claims.width_against_n, claims.fluctuation, claims.mean_shift])
def test_one_value_has_no_exponent(claim, true):
    t, split = true["thm32_inside"], true["thm32_split"]
    smallest = {"thm32_inside": t[t["n"] == 5], "thm32_split": split[split["m"] == 64]}
    assert outcome(claim, smallest) == OPEN


def test_the_mean_shift_is_the_root_of_the_square(true):
    found = claims.mean_shift(true["thm32_split"])
    exponent = np.einsum("kx,kxs->ks", found.weights, found.raw).mean()
    assert exponent == pytest.approx(-1.0, abs=0.02)


SOFTPLUS = (lambda z: np.logaddexp(0, z), lambda z: 1 / (1 + np.exp(-z)))
RELU = (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float))


def mean_shift(unit, m: int, starts: int = 150, steps: int = 60) -> float:
    """Norm of the mean over starts of the residual less that of the start's own linearisation."""
    f, slope = unit
    x, v = inside.sample(Job("thm32_inside", {"d": 3}, {}), 5, 0)
    step = inside.cases(x, v)[inside.LARGE][2]
    step /= 2  # stable for softplus, whose kernel is larger
    off = []
    for start in range(starts):
        w, a = initialise(m, 3, 1.0, np.random.default_rng([m, start]))
        through = (slope(x @ w.T)[:, np.newaxis] * a).reshape(15, m)
        k = np.kron(x @ x.T, np.ones((3, 3))) * (through @ through.T)
        k += np.kron(f(x @ w.T) @ f(x @ w.T).T, np.eye(3))
        linear = np.eye(15) - step * k / m
        begun = f(x @ w.T) @ a.T / np.sqrt(m) - v
        for _ in range(steps):
            before = x @ w.T
            residual = (f(before) @ a.T / np.sqrt(m) - v) / np.sqrt(m)
            a, w = (
                a - step * residual.T @ f(before),
                w - step * ((residual @ a) * slope(before)).T @ x,
            )
        ended = f(x @ w.T) @ a.T / np.sqrt(m) - v
        off.append(ended.ravel() - np.linalg.matrix_power(linear, steps) @ begun.ravel())
    error = np.var(off, axis=0, ddof=1).sum() / starts
    return np.sqrt(np.sum(np.mean(off, axis=0) ** 2) - error)


def test_the_mean_shift_is_of_order_one_over_m_without_a_kink():
    """As `causes.yaml` says of the claim that fails: -1/2 with a kink, -1 without."""
    found = {unit: mean_shift(unit, 512) / mean_shift(unit, 32) for unit in (RELU, SOFTPLUS)}
    relu, smooth = (np.log(found[unit]) / np.log(16) for unit in (RELU, SOFTPLUS))
    assert relu == pytest.approx(-0.5, abs=0.2)
    assert smooth == pytest.approx(-1.0, abs=0.2)

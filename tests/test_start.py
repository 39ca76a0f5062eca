"""Other starts of paper A's networks: pairs that cancel, their kernel, and what is claimed."""

import numpy as np
import pandas as pd
import pytest
import torch
from made_up import claims_of, grid, noticed, outcome

from flowbounds.claims import a_starting as claims
from flowbounds.claims.judging import REFUTED, UPHELD
from flowbounds.experiments import start
from flowbounds.experiments.experiment import Job, columns
from flowbounds.networks.regression import columns as as_columns
from flowbounds.networks.stack import Networks, antisymmetric, train
from flowbounds.run.config import ConfigError
from flowbounds.theory.kernel import Spectrum
from flowbounds.theory.kernel_limit import gram
from flowbounds.theory.linearisation import outputs

SETTINGS = {
    "m": [8, 16], "kappa": [0.1, 1.0], "seeds": 3, "eta": 1e-2, "n_train": 40, "n_test": 80,
    "iterations": 30, "euler_steps": 10, "projections": 16, "b1": 10.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return start.measure(Job("start", {"d": 3}, SETTINGS))["start"]


def test_pairs_cancel_for_every_input():
    rng = np.random.default_rng(0)
    w, a = antisymmetric(32, 4, 1.0, rng)
    assert w.shape == (32, 9) and a.shape == (4, 32)
    np.testing.assert_allclose(outputs(w, a, rng.standard_normal((10, 9))), 0, atol=1e-12)
    assert len(np.unique(w, axis=0)) == 16


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="pairs"):
        antisymmetric(15, 4, 1.0, np.random.default_rng(0))


def test_wide_pairs_follow_the_linearised_dynamics_from_0():
    """The kernel is that of independent units: the residual from -V, nearer as m grows."""
    n, d, steps, eta = 10, 2, 40, 0.05
    rng = np.random.default_rng(1)
    x, v = rng.standard_normal((n, 2 * d + 1)), rng.standard_normal((n, d))
    predicted = Spectrum.of(gram(x)).residual(-v, eta, steps)
    like, far = torch.empty(0, dtype=torch.float64), []
    for m in (256, 4096, 65536):
        w, a = antisymmetric(m, d, 1.0, rng)
        networks = Networks(torch.from_numpy(w[np.newaxis]), torch.from_numpy(a[np.newaxis]))
        points = [as_columns(part[np.newaxis], like) for part in (x, v)]
        ends = train(networks, *points, torch.tensor([eta]).to(like), [steps])
        residual = outputs(ends.w[-1, 0].numpy(), ends.a[-1, 0].numpy(), x) - v
        far.append(np.linalg.norm(residual - predicted) / np.linalg.norm(v))
    assert far[0] > far[1] > far[2]
    assert far[2] < 0.02


def test_it_has_the_columns_and_rows_that_it_declares(table):
    assert list(table.columns) == [column.name for column in columns("start")]
    assert len(table) == 2 * (2 + 1) * 3
    assert not table.duplicated(["m", "kappa", "antisymmetric", "seed"]).any()


def test_a_start_at_0_has_the_loss_of_0(table):
    at_zero = table[table["antisymmetric"]]
    np.testing.assert_allclose(at_zero["loss_start"], at_zero["zero_loss"], rtol=1e-5)
    assert (at_zero["loss"] < at_zero["zero_loss"]).all()


def test_other_starts_have_the_loss_of_their_random_output(table):
    """E L(0) = E|v|^2 + d kappa^2 E|x~|^2 / 2, with |x~|^2 about 20 here; larger kappa, more."""
    others = table[~table["antisymmetric"]]
    means = others.groupby("kappa")[["loss_start", "zero_loss"]].mean()
    excess = means["loss_start"] - means["zero_loss"]
    assert excess[1.0] > 5
    assert abs(excess[0.1]) < 2


def test_a_reference_that_is_too_small_is_refused():
    with pytest.raises(ConfigError, match=r"start\.n_test = 30"):
        start.check({"start": SETTINGS | {"n_test": 30}})


@pytest.fixture
def true() -> dict[str, pd.DataFrame]:
    """A world in which width helps from f = 0, and only there."""
    t = grid(d=[5, 50], m=[16, 256], kappa=[0.1, 1.0], antisymmetric=[False, True])
    sign = np.where(t["antisymmetric"], -1, 1)
    better = t["factor"] * (t["m"] / 8.0) ** (0.3 * sign)
    return {"start": t[~t["antisymmetric"] | (t["kappa"] == 1)].assign(
        loss=better, sliced_w1=0.3 * better, sliced_w1_start=0.3
    )}  # fmt: skip


ALL = list(claims_of(claims))


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_each_is_upheld_where_it_is_true(claim, true):
    assert outcome(claim.function, true) == UPHELD


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_its_own_control_refutes_each(claim, true):
    assert noticed(claim, true)


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_one_dimension_is_enough_to_refute(claim, true):
    t = true["start"]
    other = t["d"] == 50
    worse = {c: t[c].where(~other, t[c] * t["m"] ** 1.5) for c in ("loss", "sliced_w1")}
    assert outcome(claim.function, {"start": t.assign(**worse)}) == REFUTED

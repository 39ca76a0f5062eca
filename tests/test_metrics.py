import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from flowbounds.networks.metrics import (
    SlicedW1,
    exact_w1,
    exact_w2,
    merged_quantiles,
    random_directions,
)


def samples(n_x: int, n_y: int, d: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_x, d)), 0.5 + 2 * rng.standard_normal((n_y, d))


def sliced(x: np.ndarray, y: np.ndarray, directions: np.ndarray) -> SlicedW1:
    return SlicedW1(torch.from_numpy(y), torch.from_numpy(directions), len(x))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 6), st.integers(0, 100))
def test_each_direction_agrees_with_scipy(n_x, n_y, d, seed):
    x, y = samples(n_x, n_y, d, seed)
    directions = random_directions(5, d, np.random.default_rng(seed))
    ours = sliced(x, y, directions).per_direction(torch.from_numpy(x)).numpy()
    theirs = [wasserstein_distance(x @ u, y @ u) for u in directions]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_the_papers_sizes_agree_with_scipy():
    x, y = samples(500, 5000, 50)
    directions = random_directions(128, 50, np.random.default_rng(0))
    ours = sliced(x, y, directions)
    theirs = [wasserstein_distance(x @ u, y @ u) for u in directions]
    per_direction = ours.per_direction(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(per_direction, theirs, rtol=1e-12)
    assert ours(torch.from_numpy(x)) == pytest.approx(np.mean(theirs), rel=1e-12)


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 300))
def test_merged_quantiles_cover_the_unit_interval(n_x, n_y):
    rank_x, rank_y, weights = merged_quantiles(n_x, n_y)
    assert weights.min() > 0
    # each order statistic holds exactly its own share of the mass
    np.testing.assert_allclose(np.bincount(rank_x, weights), np.full(n_x, 1 / n_x))
    np.testing.assert_allclose(np.bincount(rank_y, weights), np.full(n_y, 1 / n_y))
    assert (np.diff(rank_x) >= 0).all()
    assert (np.diff(rank_y) >= 0).all()


def test_single_precision_costs_little():
    x, y = samples(500, 5000, 20)
    directions = random_directions(128, 20, np.random.default_rng(0))
    double = sliced(x, y, directions)(torch.from_numpy(x))
    x, y, directions = (torch.from_numpy(array).float() for array in (x, y, directions))
    assert SlicedW1(y, directions, 500)(x) == pytest.approx(double, rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 8), st.integers(0, 1000))
def test_sliced_never_exceeds_exact(d, seed):
    """A projection is 1-Lipschitz: W1 along any direction is at most W1, and so is the mean."""
    x, y = samples(60, 60, d, seed)
    directions = random_directions(32, d, np.random.default_rng(seed))
    per_direction = sliced(x, y, directions).per_direction(torch.from_numpy(x))
    assert per_direction.max().item() <= exact_w1(x, y) * (1 + 1e-12)


@pytest.mark.parametrize("d", [1, 2, 7, 50])
@pytest.mark.parametrize("n", [2, 80, 300])
@pytest.mark.parametrize("distance", [exact_w1, exact_w2])
def test_exact_distances_agree_with_the_network_simplex(distance, n, d):
    """A second algorithm: what SciPy assigns costs as much as the plan that POT finds."""
    x, y = samples(n, n, d)
    y[: n // 2] = x[0]  # many optimal plans
    power = 1 if distance is exact_w1 else 2
    cost = np.linalg.norm(x[:, np.newaxis] - y, axis=2) ** power
    expected = ot.emd2([], [], cost, numItermax=1_000_000) ** (1 / power)
    assert distance(x, y) == pytest.approx(expected, rel=1e-14)


def test_exact_w1_between_sizes_weights_each_point_by_its_share():
    """Two points against three on a line, where W1 is the area between the quantile functions."""
    x, y = np.array([[0.0], [6.0]]), np.array([[1.0], [2.0], [9.0]])
    assert exact_w1(x, y) == pytest.approx((2 * 1 + 2 + 4 + 2 * 3) / 6, rel=1e-14)


def test_exact_w1_of_a_translation_is_its_length():
    x, _ = samples(50, 1, 4)
    assert exact_w1(x, x + np.array([3.0, 0.0, 4.0, 0.0])) == pytest.approx(5, rel=1e-12)


def test_directions_are_uniform_on_the_sphere():
    directions = random_directions(20_000, 3, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    # a coordinate on the sphere of R^3 is uniform on [-1, 1]: mean square 1/3, fourth moment 1/5
    assert (directions**2).mean() == pytest.approx(1 / 3, rel=1e-9)
    assert (directions**4).mean() == pytest.approx(1 / 5, rel=0.01)

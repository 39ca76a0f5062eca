"""The kernel limit, its class and its draws, against explicit cases and brute force."""

import itertools

import numpy as np
import pytest
import torch

from flowbounds.data.draws import training_draw
from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
from flowbounds.data.streams import stream
from flowbounds.networks.regression import columns, predict, trained
from flowbounds.networks.stack import Networks, initialise, train
from flowbounds.theory.complexity import kernel_row
from flowbounds.theory.homogeneity import ray_errors
from flowbounds.theory.kernel import Spectrum, kernels
from flowbounds.theory.kernel_limit import KernelLimit, expand, gram, rademacher, widest_gap


def problem(n: int, d: int = 5, seed: int = 0, part: str = "train", tau_min: float = 0.0):
    draw = training_draw("test", "mixture", d, seed, n, part=part, tau_min=tau_min)
    return inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])


def test_two_orthogonal_points_by_hand():
    """K = [[1, c], [c, 1]] with c = 1 / (2 pi): at the angle pi / 2 only B is left."""
    x, v, c = np.eye(2), np.array([[1.0], [3.0]]), 1 / (2 * np.pi)
    k = gram(x)
    np.testing.assert_allclose(k, [[1, c], [c, 1]], rtol=1e-15)
    limit = KernelLimit.fit(k, v)
    expected = np.array([[1 - 3 * c], [3 - c]]) / (1 - c**2)
    np.testing.assert_allclose(limit.coefficients, expected, rtol=1e-14)
    assert limit.complexity == pytest.approx(np.sqrt((10 - 6 * c) / (1 - c**2)), rel=1e-14)
    # at (1, 1) / sqrt(2) the angle to both points is pi / 4
    angle = np.pi / 4
    b = (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)
    cross = b + np.cos(angle) * (np.pi - angle) / (2 * np.pi)
    value = expand(np.array([[1.0, 1.0]]) / np.sqrt(2), x, limit.coefficients)
    assert value[0, 0] == pytest.approx(cross * expected.sum(), rel=1e-14)


@pytest.mark.parametrize("n", [3, 64, 200])
def test_solve_agrees_with_a_general_solver_and_the_spectrum(n):
    x, v = problem(n)
    fresh, _ = problem(150, part="test")
    b, c = kernels(x, x, 0.5)
    k = gram(x, 0.5)
    np.testing.assert_allclose(k, b + c, rtol=1e-12)
    limit = KernelLimit.fit(k, v)
    np.testing.assert_allclose(expand(x, x, limit.coefficients, 0.5), v, atol=1e-6)
    b, c = kernels(fresh, x, 0.5)
    expected = (b + c) @ np.linalg.solve(k, v)
    found = expand(fresh, x, limit.coefficients, 0.5)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert limit.complexity == pytest.approx(Spectrum.of(k).complexity(v), rel=1e-9)


def test_a_singular_gram_matrix_is_refused():
    x = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])  # the kernel is homogeneous of degree 1
    with pytest.raises(np.linalg.LinAlgError):
        KernelLimit.fit(gram(x), np.ones((3, 1)))


def test_a_wide_network_trained_long_ends_at_the_kernel_limit():
    """f - f_0 against the interpolant of V - f_0(X): the distance halves when m is four times."""
    d, n = 2, 8
    x, v = problem(n, d)
    fresh, _ = problem(50, d, part="test")
    k, like = gram(x), torch.empty(0, dtype=torch.float64)
    distance = []
    for m in (1024, 16384):
        w, a = initialise(m, d, 1.0, np.random.default_rng(m))
        start = Networks(torch.from_numpy(w[np.newaxis]), torch.from_numpy(a[np.newaxis]))
        eta = torch.tensor([0.5 * n / np.linalg.eigvalsh(k)[-1]])
        ends = train(start, columns(x[np.newaxis], like), columns(v[np.newaxis], like), eta, [1500])
        end = Networks(ends.w[-1], ends.a[-1])
        assert ends.losses[-1, 0] < 1e-4 * ends.losses[0, 0]
        before = [predict(start, points[np.newaxis])[0] for points in (x, fresh)]
        limit = before[1] + expand(fresh, x, KernelLimit.fit(k, v - before[0]).coefficients)
        gap = np.linalg.norm(predict(end, fresh[np.newaxis])[0] - limit)
        distance.append(gap / np.linalg.norm(limit))
    assert distance[1] < 0.03
    assert distance[1] < distance[0] / 2


def test_predict_is_the_papers_network():
    d, m, n = 3, 7, 5
    x, v = (np.stack(part) for part in zip(problem(n, d), problem(n, d, seed=1), strict=True))
    like = torch.empty(0, dtype=torch.float64)
    settings = {"m": m, "eta": 0.01, "iterations": 3, "kappa": 1.0, "like": like, "label": ""}
    networks = trained(("test", "mixture"), x, v, **settings)
    found = predict(networks, x)
    for e, i in itertools.product(range(2), range(n)):
        w, a = networks.w[e].numpy(), networks.a[e].numpy()
        f = sum(a[:, r] * max(0, w[r] @ x[e, i]) for r in range(m)) / np.sqrt(m)
        np.testing.assert_allclose(found[e, i], f, rtol=1e-12)


def test_the_supremum_over_the_ball_against_brute_force():
    """No random member of the ball does better than the closed form, and the best come close."""
    x, _ = problem(3, 2)
    k, radius, d, rng = gram(x), 2.5, 2, np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], size=(3, d))
    supremum = radius * np.sqrt((signs * (k @ signs)).sum())
    c = rng.standard_normal((400_000, 3, d))
    f = k @ c
    norms = np.sqrt((c * f).sum(axis=(1, 2)))
    correlations = radius * (f * signs).sum(axis=(1, 2)) / norms
    assert correlations.max() <= supremum
    assert correlations.max() > 0.97 * supremum
    best = radius * signs / np.sqrt((signs * (k @ signs)).sum())
    assert ((k @ best) * signs).sum() == pytest.approx(supremum, rel=1e-12)


def test_rademacher_complexity_against_all_signs():
    x, _ = problem(4, 2)
    k, radius, d = gram(x), 3.0, 2
    suprema = [
        radius * np.sqrt((signs * (k @ signs)).sum())
        for flat in itertools.product([-1.0, 1.0], repeat=4 * d)
        for signs in [np.reshape(flat, (4, d))]
    ]
    mean, error = rademacher(k, radius, d, 4000, np.random.default_rng(0))
    assert mean == pytest.approx(np.mean(suprema) / 4, abs=5 * error)
    assert error == pytest.approx(np.std(suprema) / 4 / np.sqrt(4000), rel=0.1)
    # Jensen: at most radius sqrt(d trace K) / n
    assert np.mean(suprema) <= radius * np.sqrt(d * np.trace(k))


def test_the_search_stays_in_the_ball_and_climbs():
    n, d = 30, 2
    x, v = problem(n, d)
    fresh, v_fresh = problem(60, d, part="test")
    k, targets = gram(np.concatenate([x, fresh])), np.concatenate([v, v_fresh])
    limit = KernelLimit.fit(k[:n, :n], v)
    start = np.concatenate([limit.coefficients, np.zeros((60, d))])

    def gap(coefficients: np.ndarray) -> float:
        distance = np.linalg.norm(k @ coefficients - targets, axis=1)
        return distance[n:].mean() - distance[:n].mean()

    found = widest_gap(k, targets, n, limit.complexity, start)
    assert np.sqrt((found * (k @ found)).sum()) <= limit.complexity * (1 + 1e-9)
    assert gap(found) > 1.1 * gap(start)


def test_what_a_row_says():
    """Its errors are those of the interpolant, and its bound is the lemma's."""
    x, v = problem(40, 2)
    fresh, v_fresh = problem(200, 2, part="test")
    row = kernel_row(x, v, fresh, v_fresh, seed=0, kappa=1.0, tau_min=0.0)
    limit = KernelLimit.fit(gram(x), v)
    error = np.linalg.norm(expand(fresh, x, limit.coefficients) - v_fresh, axis=1)
    assert row["train_error"] < 1e-9
    assert row["test_error"] == pytest.approx(error.mean(), rel=1e-9)
    assert row["complexity"] == pytest.approx(limit.complexity)
    expected = 2 * row["rademacher"] + error.std(ddof=1) * np.sqrt(2 * np.log(20) / 40)
    assert row["deviation_bound"] == pytest.approx(expected, rel=1e-9)
    assert row["deviation"] >= error[100:].mean() - row["train_error"] - 1e-12


@pytest.mark.parametrize(("n", "prototype"), [(200, 14.1), (400, 19.7), (800, 29.3)])
def test_complexity_of_the_prototype(n, prototype):
    """sqrt(V' H^-1 V) at d = 5: our prototype's values, within the scatter of five seeds."""
    found = [
        KernelLimit.fit(gram(x), v).complexity for x, v in (problem(n, 5, s) for s in range(5))
    ]
    assert abs(np.mean(found) - prototype) < 4 * np.std(found, ddof=1)


@pytest.mark.parametrize(("d", "tau_min"), [(1, 0.3), (2, 0.0), (5, 0.2)])
def test_floor_of_homogeneous_functions(d, tau_min):
    """The law of q on a ray, checked by total expectation; a finer quadrature changes nothing."""
    x, v = problem(8000, d, part="test", tau_min=tau_min)
    ray, here = ray_errors(x, v, tau_min)
    assert ray.mean() == pytest.approx(here.mean(), abs=4 * (ray - here).std() / 8000**0.5)
    assert ray_errors(x, v, tau_min, 1600)[0].mean() == pytest.approx(ray.mean(), rel=2e-3)
    # f of a ray depends on the ray alone: the floor is the same wherever on it the input lies
    scaled = x * np.random.default_rng(0).uniform(0.9, 1.1, (len(x), 1))
    inside = (scaled[:, d] >= tau_min) & (scaled[:, d] <= 1)
    again = ray_errors(scaled[inside], v[inside], tau_min)[0]
    np.testing.assert_allclose(again, ray[inside], rtol=0.05, atol=0.01)


def test_no_network_is_below_the_floor():
    d = 2
    x, v = problem(400, d)
    fresh, v_fresh = problem(4000, d, part="test")
    floor = ray_errors(fresh, v_fresh, 0.0)[0].mean()
    error = expand(fresh, x, KernelLimit.fit(gram(x), v).coefficients) - v_fresh
    assert np.linalg.norm(error, axis=1).mean() > floor > 0.2


def test_a_target_inside_the_class_has_bounded_complexity_and_is_learned():
    """tau v = x_tau - x0 is linear in the inputs: there, all that Theorem 3.3 claims is seen.

    So the growth of the complexity of v itself is the velocity's doing, not our measure's.
    """
    complexity, error = [], []
    fresh, v_fresh = problem(1000, part="test")
    for n in (64, 256, 1024):
        x, v = problem(n)
        limit = KernelLimit.fit(gram(x), v * x[:, 5:6])
        residual = expand(fresh, x, limit.coefficients) - v_fresh * fresh[:, 5:6]
        complexity.append(limit.complexity)
        error.append(np.linalg.norm(residual, axis=1).mean())
    assert complexity[2] < 1.06 * complexity[1] < 1.06 * 1.25 * complexity[0]
    assert error[2] < error[1] / 3 < error[0] / 9


def test_flow_times_from_tau_min_on():
    plain, cut = (training_draw("test", "mixture", 2, 0, 1000, tau_min=low) for low in (0, 0.2))
    u = stream("test", "mixture", 2, None, 0, "train tau").random(1000)
    np.testing.assert_array_equal(plain["tau"], u)
    np.testing.assert_allclose(cut["tau"], 0.2 + 0.8 * u, rtol=1e-15)
    for name in ("x1", "x0"):
        np.testing.assert_array_equal(plain[name], cut[name])
    fresh = training_draw("test", "mixture", 2, 0, 1000, part="test")
    assert not np.isin(fresh["tau"], u).any()

"""The closed-form Gram matrix and its dynamics against independent ways to the same numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from flowbounds.data.codes import Codes
from flowbounds.data.datasets import load_images
from flowbounds.data.draws import training_draw
from flowbounds.data.schedules import SCHEDULES, inputs_and_targets
from flowbounds.networks.stack import initialise
from flowbounds.theory.kernel import Spectrum, kernels


def inputs(dataset: str, d: int, n: int, seed: int = 0, codes=None) -> np.ndarray:
    draw = training_draw("test", dataset, d, seed, n, codes)
    return inputs_and_targets(draw["x1"], draw["x0"], draw["tau"], SCHEDULES["linear"])[0]


@pytest.mark.parametrize("kappa", [1.0, 0.3])
def test_closed_form_agrees_with_monte_carlo_over_w_and_a(kappa):
    """Means of relu(w.x) relu(w.y) and of a_1^2 1[w.x > 0] 1[w.y > 0] x.y over 1e6 draws of (w, a).

    Both kernels of all pairs of six points within five standard errors.
    """
    x = inputs("gaussian_mixture", 2, 6)
    rng = np.random.default_rng(0)
    draws, block = 10**6, 10**5
    totals, squares = np.zeros((2, 6, 6)), np.zeros((2, 6, 6))
    for _ in range(draws // block):
        hidden = kappa * rng.standard_normal((block, x.shape[1])) @ x.T
        active, a = hidden > 0, rng.standard_normal((block, 1))
        relu, gate = hidden * active, a * active
        for k, (left, scale) in enumerate(((relu, 1.0), (gate, x @ x.T))):
            totals[k] += left.T @ left * scale
            squares[k] += (left**2).T @ left**2 * scale**2
    mean = totals / draws
    error = np.sqrt((squares / draws - mean**2) / draws)
    for closed, estimate, deviation in zip(kernels(x, x, kappa), mean, error, strict=True):
        assert (np.abs(closed - estimate) < 5 * deviation).all()
        assert (deviation < 0.02 * np.abs(closed).max()).all()  # sharp enough to mean something


def test_closed_form_agrees_with_the_tangent_kernel_of_a_wide_network():
    """J J' by autograd of one network, m = 40000, both layers: K (x) I_d within 5 standard errors.

    The standard error of an entry is that of a mean over the m units' contributions.
    """
    d, m, kappa = 2, 40_000, 0.7
    x = inputs("gaussian_mixture", d, 4)
    w, a = (torch.from_numpy(z) for z in initialise(m, d, kappa, np.random.default_rng(1)))
    w.requires_grad_()
    a.requires_grad_()
    rows = []
    for point in torch.from_numpy(x):
        f = a @ torch.relu(w @ point) / m**0.5
        for j in range(d):
            by_w, by_a = torch.autograd.grad(f[j], (w, a), retain_graph=True)
            rows.append(torch.cat([by_w, by_a.T], dim=1))
    jacobian = torch.stack(rows).numpy()  # (n d, m, 3 d + 1)
    for p in range(len(rows)):
        for q in range(len(rows)):
            contributions = m * (jacobian[p] * jacobian[q]).sum(axis=1)
            (i, j), (k, o) = divmod(p, d), divmod(q, d)
            expected = sum(kernels(x, x, kappa))[i, k] * (j == o)
            error = contributions.std() / m**0.5
            assert abs(contributions.mean() - expected) < 5 * error + 1e-12


def test_the_diagonal_is_exact():
    """K(x, x) = (kappa^2 + 1) |x|^2 / 2, both kernels being half a squared norm."""
    x = inputs("gaussian_mixture", 5, 50)
    b, c = kernels(x, x, 0.3)
    norms = (x**2).sum(axis=1)
    np.testing.assert_allclose(np.diag(b), 0.3**2 * norms / 2, rtol=1e-14)
    np.testing.assert_allclose(np.diag(c), norms / 2, rtol=1e-14)


DATA = [("gaussian_mixture", 2), ("gaussian_mixture", 5), ("gaussian_mixture", 50), ("digits", 7)]


@pytest.mark.parametrize(("dataset", "d"), DATA)
def test_gram_matrices_are_positive_definite(dataset, d):
    codes = Codes.fit("digits", load_images("digits", Path()), d) if dataset == "digits" else None
    for seed in range(5):
        x = inputs(dataset, d, 200, seed, codes)
        for kappa in (0.1, 1.0):
            gram = sum(kernels(x, x, kappa))
            np.testing.assert_array_equal(gram, gram.T)
            values = Spectrum.of(gram).values
            assert values[0] > 1e3 * len(x) * np.finfo(float).eps * values[-1]


def test_a_repeated_point_makes_the_gram_matrix_singular():
    x = inputs("gaussian_mixture", 5, 50)
    x[1] = x[0]
    values = Spectrum.of(sum(kernels(x, x.copy()))).values
    assert values[0] < 1e-6 * values[1]


def linear_problem():
    """A model linear in its parameters, f = J theta: its dynamics are the linearised ones."""
    rng = np.random.default_rng(0)
    jacobian, start = rng.standard_normal((12, 30)), rng.standard_normal((12, 3))
    return jacobian, start, Spectrum.of(jacobian @ jacobian.T)


@pytest.mark.parametrize("t", [0, 1, 7, 50])
def test_residual_and_movement_agree_with_explicit_gradient_descent(t):
    """Steps of gradient descent on (1/n) sum |J theta - v|^2, parameters and residuals to 1e-12."""
    jacobian, start, spectrum = linear_problem()
    eta, residual, moved = 0.05, start, np.zeros((30, 3))
    for _ in range(t):
        step = -eta * 2 / 12 * jacobian.T @ residual
        moved, residual = moved + step, residual + jacobian @ step
    np.testing.assert_allclose(spectrum.residual(start, eta, t), residual, atol=1e-12)
    np.testing.assert_allclose(-jacobian.T @ spectrum.accumulated(start, eta, t), moved, atol=1e-12)
    gram = jacobian @ jacobian.T
    assert spectrum.movement(gram, start, eta, t) == pytest.approx(np.linalg.norm(moved), abs=1e-12)
    half = jacobian[:, :10]  # one of two layers
    expected = np.linalg.norm(moved[:10])
    assert spectrum.movement(half @ half.T, start, eta, t) == pytest.approx(expected, abs=1e-12)


def test_complexity_is_the_quadratic_form_of_the_inverse():
    jacobian, v, spectrum = linear_problem()
    gram = jacobian @ jacobian.T
    assert spectrum.complexity(v) == pytest.approx(np.trace(v.T @ np.linalg.solve(gram, v)) ** 0.5)

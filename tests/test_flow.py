import numpy as np
import pytest
import torch

from flowbounds.flow import euler_flow
from flowbounds.networks import Networks


def linear_network(matrix: np.ndarray) -> Networks:
    """A ReLU network that computes f(x~) = matrix x~ exactly: relu(z) - relu(-z) = z."""
    p = matrix.shape[1]
    w = np.concatenate([np.eye(p), -np.eye(p)])
    a = np.concatenate([matrix, -matrix], axis=1) * np.sqrt(2 * p)
    return Networks(torch.from_numpy(w[np.newaxis]), torch.from_numpy(a[np.newaxis]))


def test_linear_field_against_its_closed_form():
    """dx/dtau = B x + c tau + D x0: Euler's iterates are powers of an augmented matrix."""
    d, steps, rng = 4, 25, np.random.default_rng(0)
    matrix = rng.standard_normal((d, 2 * d + 1))
    b, c, fixed = matrix[:, :d], matrix[:, d], matrix[:, d + 1 :]
    x0 = rng.standard_normal((d, 10))
    h = 1 / steps
    step = np.block(
        [
            [np.eye(d) + h * b, h * c[:, np.newaxis], np.zeros((d, 1)), h * fixed],
            [np.zeros((1, d)), np.ones((1, 1)), h * np.ones((1, 1)), np.zeros((1, d))],
            [np.zeros((1, d)), np.zeros((1, 1)), np.ones((1, 1)), np.zeros((1, d))],
            [np.zeros((d, d + 2)), np.eye(d)],
        ]
    )
    start = np.concatenate([x0, np.zeros((1, 10)), np.ones((1, 10)), x0])
    expected = (np.linalg.matrix_power(step, steps) @ start)[:d]
    x = euler_flow(linear_network(matrix), torch.from_numpy(x0[np.newaxis]), steps, 1e9)
    np.testing.assert_allclose(x[0].numpy(), expected, rtol=1e-12, atol=1e-12)


def test_euler_is_of_first_order():
    """dx/dtau = -2 x ends at exp(-2) x0; the error halves with the step."""
    matrix = np.concatenate([-2 * np.eye(3), np.zeros((3, 4))], axis=1)
    x0 = torch.ones(1, 3, 2, dtype=torch.float64)
    errors = [
        (euler_flow(linear_network(matrix), x0, steps, 1e9) - np.exp(-2)).abs().max().item()
        for steps in (100, 200)
    ]
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.02)


def test_samples_are_projected_onto_the_ball():
    matrix = np.concatenate([np.zeros((2, 3)), np.eye(2)], axis=1)  # x(1) = 2 x0
    x0 = torch.tensor([[[1.0, 0.1, 0.0], [0.0, 0.1, 0.0]]], dtype=torch.float64)
    x = euler_flow(linear_network(matrix), x0, 10, 1.5)
    expected = [[1.5, 0.2, 0.0], [0.0, 0.2, 0.0]]  # outside: pulled in; inside and zero: kept
    np.testing.assert_allclose(x[0].numpy(), expected, atol=1e-14)


def test_overflow_stays_visible():
    matrix = np.concatenate([1e30 * np.eye(2), np.zeros((2, 3))], axis=1)
    x = euler_flow(linear_network(matrix), torch.ones(1, 2, 3, dtype=torch.float64), 50, 1.0)
    assert not x.isfinite().any()

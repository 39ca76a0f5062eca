import numpy as np
import pytest
import torch

from flowbounds.networks.flow import cheaper_in_z, euler_flow, euler_in_x, euler_in_z
from flowbounds.networks.stack import Networks


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


def trained_like(networks: int, m: int, d: int, n: int, seed: int = 0):
    """Networks with weights of the initialisation's size, and starting points as the paper's."""
    rng = np.random.default_rng(seed)
    w = rng.standard_normal((networks, m, 2 * d + 1))
    a = rng.standard_normal((networks, d, m))
    x0 = 1.5 * rng.standard_normal((networks, d, n))
    return [torch.from_numpy(array) for array in (w, a, x0)]


@pytest.mark.parametrize(
    ("m", "d", "n"), [(16, 5, 500), (16, 50, 100), (64, 20, 500), (128, 30, 500)]
)
def test_both_spaces_give_the_same_iterates(m, d, n):
    """In exact arithmetic they are equal: 1e-12 in double precision, of the largest coordinate.

    In single precision each differs from the double result by rounding. A step's rounding is some
    1e-7 of the state, and the flow of such networks magnifies a perturbation at most about tenfold:
    200 steps whose roundings add like a random walk stay below 200^0.5 x 1e-7 x 10 = 1.4e-5.
    """
    w, a, x0 = trained_like(3, m, d, n)
    double = euler_in_x(Networks(w, a), x0, 200)
    largest = double.abs().max()
    assert (euler_in_z(Networks(w, a), x0, 200) - double).abs().max() < 1e-12 * largest
    single = Networks(w.float(), a.float())
    for euler in (euler_in_x, euler_in_z):
        assert (euler(single, x0.float(), 200) - double).abs().max() < 1.4e-5 * largest


def test_the_space_that_is_taken_does_fewer_operations():
    """2 m^2 operations a step and point in z, 4 m d in x."""
    for d in (5, 20, 50, 200):
        assert cheaper_in_z(2 * d - 1, d)
        assert not cheaper_in_z(2 * d, d)


def test_closed_form_in_the_other_space():
    """The linear field of the first test, through z."""
    d, steps, rng = 4, 25, np.random.default_rng(1)
    network = linear_network(rng.standard_normal((d, 2 * d + 1)))
    x0 = torch.from_numpy(rng.standard_normal((1, d, 10)))
    x, z = euler_in_x(network, x0, steps), euler_in_z(network, x0, steps)
    np.testing.assert_allclose(z.numpy(), x.numpy(), rtol=1e-12, atol=1e-12)

import numpy as np
import pytest
import torch

from flowbounds.networks import flow, products, stack
from flowbounds.networks.flow import euler_flow
from flowbounds.networks.products import laid_out
from flowbounds.networks.stack import Networks, diverged_at, gradient_descent, initialise, train


def problem(networks: int, m: int, d: int, n: int, dtype: torch.dtype, seed: int = 0):
    """A stack of networks at their initialisation, with inputs and targets of its own for each."""
    rng = np.random.default_rng(seed)
    drawn = [initialise(m, d, 1.0, rng) for _ in range(networks)]
    w, a = (torch.as_tensor(np.stack(layer), dtype=dtype) for layer in zip(*drawn, strict=True))
    x = torch.as_tensor(rng.standard_normal((networks, 2 * d + 1, n)), dtype=dtype)
    v = torch.as_tensor(rng.standard_normal((networks, d, n)), dtype=dtype)
    return Networks(w, a), x, v


def test_steps_agree_with_autograd():
    """The network and its loss written as in the paper, differentiated by autograd: 1e-10."""
    start, x, v = problem(3, 16, 5, 40, torch.float64)
    eta = torch.tensor([1e-3, 1e-2, 1e-1], dtype=torch.float64)
    trajectory = train(start, x, v, eta, range(21))
    for e in range(3):
        w, a = start.w[e].clone().requires_grad_(), start.a[e].clone().requires_grad_()
        for t in range(21):
            loss = 0.0
            for i in range(40):
                f = sum(a[:, r] * torch.relu(w[r] @ x[e, :, i]) for r in range(16)) / 16**0.5
                loss = loss + ((f - v[e, :, i]) ** 2).sum() / 40
            torch.testing.assert_close(trajectory.losses[t, e], loss, rtol=1e-12, atol=0)
            for ours, theirs in ((trajectory.w[t, e], w), (trajectory.a[t, e], a)):
                assert (ours - theirs).norm() < 1e-12 * theirs.norm()
            gradient_w, gradient_a = torch.autograd.grad(loss, (w, a))
            if t < 20:
                for after, before, gradient in (
                    (trajectory.w[t + 1, e], w, gradient_w),
                    (trajectory.a[t + 1, e], a, gradient_a),
                ):
                    ours = (before - after) / eta[e]
                    assert (ours - gradient).norm() < 1e-10 * gradient.norm()
            w = (w - eta[e] * gradient_w).detach().requires_grad_()
            a = (a - eta[e] * gradient_a).detach().requires_grad_()


def without_compiled_loops(monkeypatch):
    for module in (stack, flow):
        monkeypatch.setattr(module, "fused_kernels", lambda like: None)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    ("m", "d", "n"),
    [
        *[(16, 5, 500), (16, 50, 100), (64, 20, 100), (256, 7, 500), (37, 3, 501), (128, 50, 500)],
        *[(16, 1, 99), (64, 1, 500), (256, 1, 100), (1, 2, 400), (1, 1, 192)],
    ],
)
def test_a_network_has_the_same_bits_in_every_stack(m, d, n, compiled, monkeypatch):
    """Also where sizes are odd, matrices are vectors, or lie anywhere in memory."""
    if compiled:
        monkeypatch.setattr(stack, "COMPILED_FROM", 0)
    else:
        without_compiled_loops(monkeypatch)
    start, x, v = problem(7, m, d, n, torch.float32)
    # points turned from rows into columns, as the scripts do: at d = 1 with strides of its own
    x, v = (laid_out(part.mT).mT.contiguous() for part in (x, v))
    eta = torch.full((7,), 1e-3)
    x0 = x[:, :d]
    whole = train(start, x, v, eta, [0, 10])
    samples = euler_flow(Networks(whole.w[-1], whole.a[-1]), x0, 20, 1e3)
    for part in (slice(0, 1), slice(3, 4), slice(2, 5), slice(4, 7)):
        alone = train(start[part], x[part], v[part], eta[part], [0, 10])
        assert torch.equal(alone.w, whole.w[:, part])
        assert torch.equal(alone.a, whole.a[:, part])
        assert torch.equal(alone.losses, whole.losses[:, part])
        generated = euler_flow(Networks(alone.w[-1], alone.a[-1]), x0[part], 20, 1e3)
        assert torch.equal(generated, samples[part])
    monkeypatch.setitem(stack.HIDDEN_BYTES, "cpu", 1)  # parts of one network each
    assert torch.equal(train(start, x, v, eta, [0, 10]).w, whole.w)


@pytest.mark.parametrize("wide", [None, 0, 10**12])
def test_single_precision_stays_close_along_the_trajectory(wide, monkeypatch):
    """With compiled loops, and with either of torch's kernels, to 1e-5 of the double loss.

    A loss is a mean of squares whose roundings, some 1e-7 each, add like a random walk over the
    steps: 200^0.5 x 1e-7 is 1.4e-6, and the initial fast decay may magnify it a few times.
    """
    if wide is None:
        monkeypatch.setattr(stack, "COMPILED_FROM", 0)
    else:
        without_compiled_loops(monkeypatch)
        monkeypatch.setattr(products, "WIDE", wide)
    start, x, v = problem(3, 64, 10, 200, torch.float64)
    eta = torch.tensor([1e-4, 1e-3, 1e-2], dtype=torch.float64)
    double = train(start, x, v, eta, [200]).losses
    single = train(
        Networks(start.w.float(), start.a.float()), x.float(), v.float(), eta.float(), [200]
    )
    assert (single.losses / double - 1).abs().max() < 1e-5


def test_training_leaves_the_start_alone_and_keeps_the_checkpoints():
    start, x, v = problem(2, 8, 3, 30, torch.float64)
    before = start.clone()
    eta = torch.tensor([1e-2, 2e-2], dtype=torch.float64)
    sparse, dense = train(start, x, v, eta, [0, 5, 10]), train(start, x, v, eta, range(11))
    assert torch.equal(start.w, before.w)
    assert torch.equal(sparse.w[0], before.w)
    assert torch.equal(sparse.w, dense.w[::5])
    assert torch.equal(sparse.losses, dense.losses)
    assert (sparse.losses[-1] < sparse.losses[0]).all()


def test_a_diverging_network_is_named_and_disturbs_no_other():
    start, x, v = problem(3, 16, 4, 50, torch.float32)
    eta = torch.tensor([1e-3, 1e3, 1e-2])
    losses = train(start, x, v, eta, [0, 50]).losses
    at = diverged_at(losses.numpy())
    assert np.isnan(at[[0, 2]]).all()
    assert 1 <= at[1] <= 50
    first = int(at[1])
    assert losses[first, 1] > stack.DIVERGENCE_FACTOR * losses[0, 1]
    assert losses[first - 1, 1] <= stack.DIVERGENCE_FACTOR * losses[0, 1]
    sound = train(start[0:1], x[0:1], v[0:1], eta[0:1], [0, 50]).losses
    assert torch.equal(sound[:, 0], losses[:, 0])


def test_infinite_and_missing_losses_count_as_divergence():
    losses = np.array([[1.0, 1.0, 1.0], [2.0, np.nan, np.inf], [0.5, np.nan, np.nan]])
    np.testing.assert_array_equal(diverged_at(losses), [np.nan, 1, 1])


def test_initialisation_has_the_papers_moments():
    w, a = initialise(4000, 20, 0.3, np.random.default_rng(0))
    assert w.shape == (4000, 41)
    assert a.shape == (20, 4000)
    # the standard deviation of N normal draws is known to 1 / sqrt(2 N): five of these
    assert w.std() == pytest.approx(0.3, rel=5 / (2 * w.size) ** 0.5)
    assert a.std() == pytest.approx(1.0, rel=5 / (2 * a.size) ** 0.5)


def test_loss_at_start_is_what_its_expectation_says():
    """E|f|^2 = d kappa^2 |x|^2 / 2 over the initialisation, independent of v."""
    d, n = 10, 50
    start, x, v = problem(400, 64, d, n, torch.float64)
    losses = gradient_descent(start, x, v, torch.ones(400, dtype=torch.float64), 1)[0]
    expected = d / 2 * (x**2).sum(1).mean(1) + (v**2).sum(1).mean(1)
    ratio = losses / expected
    assert ratio.mean().item() == pytest.approx(1, abs=5 * ratio.std().item() / 20)


def test_shapes_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="do not match"):
        Networks(torch.zeros(2, 8, 7), torch.zeros(2, 4, 8))

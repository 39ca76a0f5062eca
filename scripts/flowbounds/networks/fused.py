"""Gradient descent and Euler's method compiled for CPUs, on blocks that stay in the cache.

The same steps as torch's in ``stack`` and ``flow``, in single precision, network by network: there,
each operation of a step passes over the whole hidden layer in memory; here a block of points goes
through all of a step, or of the flow. Over the paper's shapes the flow is twice as fast.

Arrays are those of one network, points as columns; compiled functions are given all the memory
that they work in.
"""

import math

import numpy as np
import torch

from flowbounds.networks.compiled import compiled
from flowbounds.networks.tiles import (
    ADDED,
    ADDED_RELU,
    LANES,
    OUTER_COLUMNS,
    OUTER_ROWS,
    RELU,
    SUM,
    WHERE_POSITIVE,
    add_outer,
    product,
    up,
)

# Bytes of the two hidden layers of a block: half of a usual second-level cache, the rest is for
# weights and their gradients.
BLOCK_BYTES = 1 << 18

# Points that go through the flow together, at most: more are no faster.
FLOW_POINTS = 64


def euler(
    w: torch.Tensor, a: torch.Tensor, x0: torch.Tensor, steps: int, in_z: bool
) -> torch.Tensor:
    """Return the end points of Euler's method, as flow.euler_in_x or euler_in_z does.

    Args:
        w, a: weights of E networks, shapes (E, m, 2 d + 1) and (E, d, m), in single precision.
        x0: starting points, shape (E, d, n).
        steps: number of Euler steps.
        in_z: whether to follow the hidden layer's space instead of that of x.
    """
    w, a, x0 = (np.ascontiguousarray(part.numpy()) for part in (w, a, x0))
    d, m = a.shape[1:]
    a = a * np.float32(1 / (steps * math.sqrt(m)))
    taus = (np.arange(steps) / steps).astype(np.float32)
    block = _block(m, min(x0.shape[-1], FLOW_POINTS))
    x, hidden, other, active = (_zeros(rows, block) for rows in (d + 1, m, m, m + 1))
    active[m] = 1
    out = np.empty_like(x0)
    for e in range(len(w)):
        if in_z:
            start, step = w[e, :, :d] + w[e, :, d + 1 :], _step_in_z(w[e], a[e], steps)
            _euler_in_z(start, step, a[e], x0[e], steps, x[:d], hidden, other, active, out[e])
        else:
            _euler_in_x(w[e], a[e], x0[e], taus, x, hidden, other, out[e])
    return torch.from_numpy(out)


def descend(
    w: torch.Tensor,
    a: torch.Tensor,
    x: torch.Tensor,
    v: torch.Tensor,
    eta: torch.Tensor,
    steps: int,
) -> torch.Tensor:
    """Take steps of gradient descent in place, as stack.gradient_descent does.

    Args:
        w, a: weights of E networks, contiguous, in single precision; overwritten.
        x, v, eta, steps: as there.

    Returns:
        The losses before each step, shape (steps, E), in double precision.
    """
    w, a, x, v, eta = (part.numpy() for part in (w, a, x, v, eta))
    (d, m), (inputs, n) = a.shape[1:], x.shape[1:]
    block = _block(m, n)
    # filled up with points at 0 whose target is 0: they have no loss and no gradient
    points = _zeros(up(inputs, OUTER_COLUMNS), up(n, block))
    targets = _zeros(d, up(n, block))
    # rows beyond the network's stay zero: tiles are whole
    hidden, back, residual = (_zeros(up(rows, OUTER_ROWS), block) for rows in (m, m, d))
    steps_w, steps_a = _zeros(len(back), len(points)), _zeros(len(residual), len(hidden))
    memory = points, targets, hidden, back, residual, steps_w, steps_a, np.zeros(block, np.float32)
    scale = 1 / math.sqrt(m)
    losses = np.empty((len(w), steps))
    for e in range(len(w)):
        points[:inputs, :n], targets[:, :n] = x[e], v[e]
        _descend(w[e], a[e], n, scale, 2 * scale / n * eta[e], *memory, losses[e])
    return torch.from_numpy(losses.T)


def _block(m: int, most: int) -> int:
    """Return how many points go through a step together: those of two hidden layers of width m."""
    fit = BLOCK_BYTES // (8 * m) // LANES * LANES
    return max(LANES, min(fit, up(most, LANES)))


def _zeros(rows: int, columns: int) -> np.ndarray:
    return np.zeros((rows, columns), np.float32)


def _step_in_z(w: np.ndarray, a: np.ndarray, steps: int) -> np.ndarray:
    """Return [W_x A, h w_tau], shape (m, m + 1), for A with its factor h / sqrt(m)."""
    (d, m), wide = a.shape, up(a.shape[1] + 1, LANES)
    columns, step = _zeros(d, wide), _zeros(m, wide)
    columns[:, :m] = a
    product(step, w[:, :d], columns, step, SUM)
    step[:, m] = w[:, d] / np.float32(steps)
    return step[:, : m + 1]


_ROWS = "f4[:,::1]"


@compiled(f"void({_ROWS}, {_ROWS}, {_ROWS}, f4[::1], {_ROWS}, {_ROWS}, {_ROWS}, {_ROWS})")
def _euler_in_x(w, a, x0, taus, state, hidden, fixed, out):
    """Follow [x, tau], the ``state``; ``fixed`` is what x0 adds to each hidden layer."""
    d, n = x0.shape
    block = state.shape[1]
    for p in range(0, n, block):
        some = min(block, n - p)
        for k in range(d):
            for i in range(some):
                state[k, i] = x0[k, p + i]
        product(fixed, w[:, d + 1 :], state[:d], fixed, SUM)
        for tau in taus:
            for i in range(block):
                state[d, i] = tau
            product(hidden, w[:, : d + 1], state, fixed, ADDED_RELU)
            product(state, a, hidden, state, ADDED)
        for k in range(d):
            for i in range(some):
                out[k, p + i] = state[k, i]


@compiled(
    f"void({_ROWS}, f4[:,:], {_ROWS}, {_ROWS}, i8, {_ROWS}, {_ROWS}, {_ROWS}, {_ROWS}, {_ROWS})"
)
def _euler_in_z(start, step, a, x0, steps, x, z, total, active, out):
    """Follow z; ``active`` is relu(z) and a row of ones, ``total`` its sum over the steps."""
    d, n = x0.shape
    m, block = z.shape
    for p in range(0, n, block):
        some = min(block, n - p)
        for k in range(d):
            for i in range(some):
                x[k, i] = x0[k, p + i]
        product(z, start, x, z, SUM)
        for r in range(m):
            for i in range(block):
                total[r, i] = 0
        for _ in range(steps):
            for r in range(m):
                for i in range(block):
                    relu = np.float32(0) if z[r, i] <= 0 else z[r, i]
                    active[r, i] = relu
                    total[r, i] += relu
            product(z, step, active, z, ADDED)
        product(x, a, total, x, ADDED)
        for k in range(d):
            for i in range(some):
                out[k, p + i] = x[k, i]


@compiled(f"void({_ROWS}, {_ROWS}, i8, f4, f4, {', '.join([_ROWS] * 7)}, f4[::1], f8[::1])")
def _descend(
    w, a, n, scale, step, points, targets, hidden, back, residual, steps_w, steps_a, squared, losses
):
    """Take a step for each loss; ``step`` is 2 eta / (n sqrt m), the factor of both gradients."""
    m, inputs = w.shape
    d, block = len(a), len(squared)
    for t in range(len(losses)):
        for steps in (steps_w, steps_a):
            for k in range(steps.shape[0]):
                for r in range(steps.shape[1]):
                    steps[k, r] = 0
        for i in range(block):
            squared[i] = 0
        for p in range(0, targets.shape[1], block):
            x = points[:, p : p + block]
            product(hidden, w, x[:inputs], hidden, RELU)
            product(residual, a, hidden[:m], residual, SUM)
            for k in range(d):
                for i in range(block):
                    error = scale * residual[k, i] - targets[k, p + i]
                    squared[i] += error * error
                    residual[k, i] = step * error
            product(back, a.T, residual[:d], hidden, WHERE_POSITIVE)
            add_outer(steps_w, back, x)
            add_outer(steps_a, residual, hidden)
        loss = 0.0
        for i in range(block):
            loss += squared[i]
        losses[t] = loss / n
        for r in range(m):
            for k in range(inputs):
                w[r, k] -= steps_w[r, k]
        for k in range(d):
            for r in range(m):
                a[k, r] -= steps_a[k, r]

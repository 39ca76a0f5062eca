"""Two-layer ReLU networks of paper A, many of one shape at once, trained by gradient descent.

Network e of a stack of E computes f(x) = m^{-1/2} sum_r a_r relu(w_r . x) for x = [x_tau, tau, x0]:
row r of ``w[e]``, shape (m, 2 d + 1), is w_r and column r of ``a[e]``, shape (d, m), is a_r.

Points are the columns of all arrays here, shape (E, 2 d + 1, n): the hidden layer is then (m, n),
two wide sides, and the products stay fat where d is small (three times faster at d = 5 than with
points as rows).

The networks of a stack never interact: each operation is a batched matrix product, or one network's
alone, and on a CPU its result has the same bits whatever else is in the stack
(tests/test_networks.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from flowbounds.networks.engine import fused_kernels
from flowbounds.networks.products import add_product_, laid_out, product
from flowbounds.run.progress import progress

# A loss this many times its initial value has left every regime that the theory speaks of; one
# that recovers from a large first step (a "catapult") stays far below.
DIVERGENCE_FACTOR = 1e4

# Bytes of one hidden-layer buffer (networks x m x points). On a CPU the two or three buffers of a
# stack must stay in the second-level cache between the products of a layer; on a GPU large stacks
# hide the launches.
HIDDEN_BYTES = {"cpu": 1 << 18, "cuda": 1 << 30}

# Numbers in a network's hidden layer (m x points) from which compiled training pays: it saves
# passes over that layer; a whole job of smaller ones takes longer to load the code than it gains.
COMPILED_FROM = 30_000


@dataclass
class Networks:
    """A stack of networks: ``w`` of shape (E, m, 2 d + 1) and ``a`` of shape (E, d, m)."""

    w: torch.Tensor
    a: torch.Tensor

    def __post_init__(self) -> None:
        if self.w.shape != (len(self.w), self.m, 2 * self.d + 1):
            raise ValueError(f"w {tuple(self.w.shape)} and a {tuple(self.a.shape)} do not match")

    def __len__(self) -> int:
        return self.w.shape[0]

    def __getitem__(self, part: slice) -> "Networks":
        return Networks(self.w[part], self.a[part])

    @property
    def m(self) -> int:
        return self.a.shape[-1]

    @property
    def d(self) -> int:
        return self.a.shape[-2]

    def clone(self) -> "Networks":
        return Networks(self.w.clone(), self.a.clone())


def initialise(m: int, d: int, kappa: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw one network: w_r ~ N(0, kappa^2 I), a_r ~ N(0, I) (paper A, section 2).

    Returns:
        ``w`` of shape (m, 2 d + 1) and ``a`` of shape (d, m), in double precision.
    """
    w = kappa * rng.standard_normal((m, 2 * d + 1))
    return w, rng.standard_normal((d, m))


def antisymmetric(m: int, d: int, kappa: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draw one network of paired units (w_r, a_r), (w_r, -a_r): f = 0 for every input.

    The pairs' sum has the kernel of a network of m independent units, so that the linearised
    dynamics are the same with f_0 = 0 (Chizat, Oyallon and Bach 2019, the doubling trick).

    Args:
        m: width, an even number.
        d, kappa, rng: as for :func:`initialise`.
    """
    if m % 2:
        raise ValueError(f"m = {m} units do not come in pairs")
    w, a = initialise(m // 2, d, kappa, rng)
    return np.concatenate([w, w]), np.concatenate([a, -a], axis=1)


def parts(networks: int, m: int, points: int, like: torch.Tensor) -> list[slice]:
    """Cut a stack of ``networks`` into parts whose hidden layer fits the device's fast memory."""
    hidden = m * points * like.element_size()
    size = max(1, HIDDEN_BYTES[like.device.type] // hidden)
    return [slice(k, min(k + size, networks)) for k in range(0, networks, size)]


def gradient_descent(
    networks: Networks, x: torch.Tensor, v: torch.Tensor, eta: torch.Tensor, steps: int
) -> torch.Tensor:
    """Take steps of full-batch gradient descent on L = (1/n) sum_i |f(x_i) - v_i|^2, in place.

    The gradient is that of L as written, factor 2/n included (paper A, algorithm 1). With points
    as columns, H = relu(W X) and R = m^{-1/2} A H - V,

        dL/dA = (2 / (n sqrt m)) R H^T,   dL/dW = (2 / (n sqrt m)) (1[H > 0] * (A^T R)) X^T.

    Args:
        networks: the stack, E networks, contiguous; overwritten.
        x: inputs, shape (E, 2 d + 1, n).
        v: targets, shape (E, d, n).
        eta: step size of each network, shape (E,).
        steps: how many.

    Returns:
        The losses before each step, shape (steps, E).
    """
    w, a, n = networks.w, networks.a, x.shape[-1]
    if networks.m * n >= COMPILED_FROM and (fused := fused_kernels(x)):
        return fused.descend(w, a, x, v, eta, steps)
    x, v = laid_out(x), laid_out(v)
    h = x.new_empty(len(networks), networks.m, n)
    back = torch.empty_like(h)
    residual = torch.empty_like(v)
    squared = torch.empty_like(v)
    losses = x.new_empty(steps, len(networks))
    scale = networks.m**-0.5
    step = (2 * scale / n * eta).view(-1, 1, 1)
    for t in range(steps):
        h = product(w, x, out=h).relu_()
        residual = product(a, h, out=residual).mul_(scale).sub_(v)
        torch.mul(residual, residual, out=squared)
        losses[t] = squared.view(len(networks), -1).sum(1) / n
        residual.mul_(step)
        back = product(a.mT, residual, out=back)
        # back where the unit is active, 0 elsewhere, in one pass
        torch.ops.aten.threshold_backward.grad_input(back, h, 0, grad_input=back)
        add_product_(a, residual, h.mT, -1)
        add_product_(w, back, x.mT, -1)
    return losses


def stretches(checkpoints: Sequence[int]) -> list[tuple[int, int]]:
    """Cut the steps from 0 on at the checkpoints; one after the last gives the loss there."""
    return list(pairwise(sorted({0, *checkpoints, checkpoints[-1] + 1})))


@dataclass
class Trajectory:
    """A trained stack: its weights at the checkpoints and its losses at every iterate."""

    w: torch.Tensor
    """Shape (C, E, m, 2 d + 1)."""
    a: torch.Tensor
    """Shape (C, E, d, m)."""
    losses: torch.Tensor
    """Shape (T + 1, E), from t = 0."""


def train(
    start: Networks,
    x: torch.Tensor,
    v: torch.Tensor,
    eta: torch.Tensor,
    checkpoints: Sequence[int],
    label: str = "train",
) -> Trajectory:
    """Train a stack part by part, each part sized for the device's fast memory.

    Args:
        start: the initialisations, E networks; left as they are.
        x, v, eta: as for :func:`gradient_descent`.
        checkpoints: the iterations to keep, increasing; the last one, T, ends the training.
        label: names the job in its progress line.
    """
    keep = {t: k for k, t in enumerate(checkpoints)}
    trajectory = Trajectory(
        start.w.new_empty(len(keep), *start.w.shape),
        start.a.new_empty(len(keep), *start.a.shape),
        x.new_empty(checkpoints[-1] + 1, len(start)),
    )
    for part in progress(parts(len(start), start.m, x.shape[-1], x), label):
        networks = start[part].clone()
        for t, end in stretches(checkpoints):
            if t in keep:
                trajectory.w[keep[t], part] = networks.w
                trajectory.a[keep[t], part] = networks.a
            losses = gradient_descent(networks, x[part], v[part], eta[part], end - t)
            trajectory.losses[t:end, part] = losses
    return trajectory


def diverged_at(losses: np.ndarray) -> np.ndarray:
    """Return the first iteration at which each network has diverged, NaN where it has not.

    A network has diverged when its loss is not finite or exceeds DIVERGENCE_FACTOR times its
    initial value.

    Args:
        losses: shape (T + 1, E), every iterate from t = 0.
    """
    diverged = ~(losses <= DIVERGENCE_FACTOR * losses[0])  # true for NaN as well
    return np.where(diverged.any(axis=0), diverged.argmax(axis=0), np.nan)

"""Algorithm 2 of paper A: samples of trained networks by Euler's method."""

import math

import torch

from flowbounds.networks import Networks


def euler_flow(networks: Networks, x0: torch.Tensor, steps: int, radius: float) -> torch.Tensor:
    """Sample by algorithm 2 of paper A.

    Integrates dx/dtau = f([x, tau, x0]) from x(0) = x0 to tau = 1 by Euler's method with x0 held
    fixed, and projects the end points onto the ball of the given radius (paper A: 2 sqrt(d) B1).
    The term of the first layer in x0 is computed once.

    Args:
        networks: the stack, E networks.
        x0: starting points, shape (E, d, n): points are columns.
        steps: number of Euler steps T_euler.
        radius: radius of the ball.

    Returns:
        The samples, shape (E, d, n); those that overflowed are not finite.
    """
    d, h = networks.d, 1.0 / steps
    state = x0.new_empty(len(networks), d + 1, x0.shape[-1])  # [x, tau]
    x, tau = state[:, :d], state[:, d]
    x.copy_(x0)
    w = networks.w[..., : d + 1].contiguous()
    fixed = torch.bmm(networks.w[..., d + 1 :], x0)
    a = networks.a * (h / math.sqrt(networks.m))
    hidden = torch.empty_like(fixed)
    for k in range(steps):
        tau.fill_(k * h)
        torch.baddbmm(fixed, w, state, out=hidden).relu_()
        x.baddbmm_(a, hidden)
    norm = torch.linalg.vector_norm(x, dim=1, keepdim=True)
    return x * (radius / norm).clamp_(max=1.0)

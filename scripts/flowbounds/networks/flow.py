"""Algorithm 2 of paper A: samples of trained networks by Euler's method."""

import math

import torch

from flowbounds.networks.engine import fused_kernels
from flowbounds.networks.products import add_product_, product
from flowbounds.networks.stack import Networks, parts


def euler_flow(networks: Networks, x0: torch.Tensor, steps: int, radius: float) -> torch.Tensor:
    """Sample by algorithm 2 of paper A.

    Integrates dx/dtau = f([x, tau, x0]) from x(0) = x0 to tau = 1 by Euler's method with x0 held
    fixed, and projects the end points onto the ball of the given radius (paper A: 2 sqrt(d) B1).
    The same iterates can be followed in the space of x or in that of the hidden layer; the cheaper
    one is taken.

    Args:
        networks: the stack, E networks.
        x0: starting points, shape (E, d, n): points are columns.
        steps: number of Euler steps T_euler.
        radius: radius of the ball.

    Returns:
        The samples, shape (E, d, n); those that overflowed are not finite.
    """
    in_z = cheaper_in_z(networks.m, networks.d)
    if fused := fused_kernels(x0):
        x = fused.euler(networks.w, networks.a, x0, steps, in_z)
    else:
        euler = euler_in_z if in_z else euler_in_x
        x = torch.empty_like(x0)
        for part in parts(len(networks), networks.m, x0.shape[-1], x0):
            x[part] = euler(networks[part], x0[part], steps)
    norm = torch.linalg.vector_norm(x, dim=1, keepdim=True)
    return x * (radius / norm).clamp_(max=1.0)


def cheaper_in_z(m: int, d: int) -> bool:
    """Say whether Euler's method takes less time in the hidden layer's space.

    Operations a step and point: 2 m^2 there, 4 m d in the space of x.
    """
    return m < 2 * d


def euler_in_x(networks: Networks, x0: torch.Tensor, steps: int) -> torch.Tensor:
    """Iterate x <- x + (h / sqrt m) A relu(W_x x + w_tau tau + W_0 x0).

    The term in x0 is computed once.
    """
    d, h = networks.d, 1.0 / steps
    state = x0.new_empty(len(networks), d + 1, x0.shape[-1])  # [x, tau]
    x, tau = state[:, :d], state[:, d]
    x.copy_(x0)
    w = networks.w[..., : d + 1].contiguous()
    fixed = product(networks.w[..., d + 1 :], x0)
    a = networks.a * (h / math.sqrt(networks.m))
    hidden = torch.empty_like(fixed)
    for k in range(steps):
        tau.fill_(k * h)
        hidden = product(w, state, out=hidden).add_(fixed).relu_()
        add_product_(x, a, hidden)
    return x


def euler_in_z(networks: Networks, x0: torch.Tensor, steps: int) -> torch.Tensor:
    """Iterate z <- z + h w_tau + (h / sqrt m) W_x A relu(z), for z = W_x x + w_tau tau + W_0 x0.

    The end point is x0 + (h / sqrt m) A sum_k relu(z_k): the sum is kept, and x never formed.
    """
    d, m, h = networks.d, networks.m, 1.0 / steps
    w_x, w_tau, w_0 = networks.w.split([d, 1, d], dim=-1)
    a = networks.a * (h / math.sqrt(m))
    z = product(w_x + w_0, x0)
    step = torch.cat([product(w_x, a), h * w_tau], dim=-1)
    active = torch.ones_like(z[:, :1]).repeat(1, m + 1, 1)  # relu(z), and a row of ones for h w_tau
    relu = active[:, :m]
    total = torch.zeros_like(z)
    for _ in range(steps):
        torch.clamp_min(z, 0, out=relu)
        total += relu
        add_product_(z, step, active)
    x = x0.clone()
    add_product_(x, a, total)
    return x

"""The same with torchcfm's path and torchdiffeq's solver, as their users write it."""

import torch
from torchcfm.conditional_flow_matching import ConditionalFlowMatcher
from torchdiffeq import odeint

from benchmarks.naive import Network, project


def train_torchcfm(network: Network, x1, x0, tau, eta: float, iterations: int) -> torch.Tensor:
    """Train on torchcfm's conditional path without noise: x_tau = (1 - tau) x0 + tau x1."""
    matcher = ConditionalFlowMatcher(sigma=0.0)
    optimiser = torch.optim.SGD(network.parameters(), lr=eta)
    losses = []
    for _ in range(iterations):
        optimiser.zero_grad()
        t, x_t, u_t = matcher.sample_location_and_conditional_flow(x0, x1, t=tau)
        loss = (network(x_t, t[:, None], x0) - u_t).square().sum(1).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return torch.stack(losses)


@torch.no_grad()
def sample_torchdiffeq(
    network: Network, x0: torch.Tensor, steps: int, radius: float
) -> torch.Tensor:
    """Sample with torchdiffeq's Euler method and return points as rows, shape (n, d)."""
    times = torch.linspace(0, 1, steps + 1, device=x0.device, dtype=x0.dtype)
    states = odeint(lambda t, x: network(x, t.expand(len(x), 1), x0), x0, times, method="euler")
    return project(states[-1], radius)

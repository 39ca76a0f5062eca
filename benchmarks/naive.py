"""What an author would write: one network at a time, nn.Module, autograd, torch.optim.SGD."""

import math

import torch
from torch import nn


class Network(nn.Module):
    """f(x, tau, x0) = m^{-1/2} A relu(W [x, tau, x0]), points as rows."""

    def __init__(self, w: torch.Tensor, a: torch.Tensor) -> None:
        super().__init__()
        self.m = len(w)
        self.hidden = nn.Linear(w.shape[1], self.m, bias=False, device=w.device, dtype=w.dtype)
        self.out = nn.Linear(self.m, len(a), bias=False, device=w.device, dtype=w.dtype)
        with torch.no_grad():
            self.hidden.weight.copy_(w)
            self.out.weight.copy_(a)

    def forward(self, x: torch.Tensor, tau: torch.Tensor, x0: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(self.hidden(torch.cat([x, tau, x0], dim=1)))
        return self.out(hidden) / math.sqrt(self.m)


def train(network: Network, x1, x0, tau, eta: float, iterations: int) -> torch.Tensor:
    """Train by full-batch gradient descent and return the loss before every step."""
    optimiser = torch.optim.SGD(network.parameters(), lr=eta)
    tau = tau[:, None]
    x_tau, v = (1 - tau) * x0 + tau * x1, x1 - x0
    losses = []
    for _ in range(iterations):
        optimiser.zero_grad()
        loss = (network(x_tau, tau, x0) - v).square().sum(1).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return torch.stack(losses)


@torch.no_grad()
def sample(network: Network, x0: torch.Tensor, steps: int, radius: float) -> torch.Tensor:
    """Sample by algorithm 2 and return points as rows, shape (n, d)."""
    x = x0
    for k in range(steps):
        tau = torch.full((len(x), 1), k / steps, device=x.device, dtype=x.dtype)
        x = x + network(x, tau, x0) / steps
    return project(x, radius)


def project(x: torch.Tensor, radius: float) -> torch.Tensor:
    """Project points (rows) onto the ball."""
    return x * (radius / x.norm(dim=1, keepdim=True)).clamp(max=1.0)

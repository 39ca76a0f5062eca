"""Drifts learned by paper B's regression: stacks of small networks of one width.

The regression loss of paper B is int_0^1 E|s(t, X_t) - (X_1 - X_t) / (1 - t)|^2 dt over n pairs
(X_0, X_1) of the coupling, with X_t the interpolant. Its target has a variance of order
d / (1 - t), so that the integral diverges at t = 1 whatever s is, and a network that had to put out
s itself would see nothing but the last moments. Two changes leave the minimiser, the conditional
expectation beta_t(x), as it is:

- The network is told what a Gaussian coupling with the sample's moments knows, coordinate by
  coordinate: with gain and residual variance r(t) of the linear regression of X_1 on X_t,

      E[X_1 | X_t = x]  ~  m_1 + gain(t) (x - m(t)) + sqrt(r(t)) F(t, x),

  and s = (that - x) / (1 - t). F = 0 at initialisation. Its target has mean 0 and variance 1 at
  every t.
- F is fitted by squares with 1 - t log-uniform on [LEAST_TIME_LEFT, 1]. Written for s this is the
  loss above with each coordinate weighted by (1 - t) / r(t) up to a constant: bounded from above
  and below, as r(t) is about 2 (1 - t) near t = 1. A positive weight moves no pointwise minimiser.

The n pairs are fixed; Z and t are fresh at every step, so that n alone says how much is known of
the coupling. The networks of a stack never interact, and each one's result has the same bits in
any stack (tests/test_dfm_learned.py).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import pad, silu

from flowbounds.dfm.paths import interpolate
from flowbounds.networks.stack import DIVERGENCE_FACTOR
from flowbounds.run.progress import progress

# Drifts are learned up to t = 1 - LEAST_TIME_LEFT, so the last step may start no later.
LEAST_TIME_LEFT = 1e-3

# Torch takes silu of the last few numbers of an array, those short of whole vectors, by other code.
# Points come in multiples of this, so that there are none.
_VECTORS = 32

Pair = tuple[np.ndarray, np.ndarray]
"""X_0 and X_1, each of shape (n, d)."""


@dataclass(frozen=True)
class Moments:
    """Moments of pairs, coordinate by coordinate, a row a network: tensors of shape (E, 1, d)."""

    mean0: torch.Tensor
    mean1: torch.Tensor
    var0: torch.Tensor
    var1: torch.Tensor
    cov: torch.Tensor

    @classmethod
    def of(cls, pairs: Sequence[Pair], like: torch.Tensor) -> "Moments":
        """Estimate them from the pairs of every network."""
        rows = []
        for x0, x1 in pairs:
            mean0, mean1 = x0.mean(axis=0), x1.mean(axis=0)
            cov = ((x0 - mean0) * (x1 - mean1)).mean(axis=0)
            rows.append([mean0, mean1, x0.var(axis=0), x1.var(axis=0), cov])
        return cls(*torch.as_tensor(np.array(rows)).to(like)[:, :, None].unbind(1))

    def map(self, function: Callable[[torch.Tensor], torch.Tensor]) -> "Moments":
        """Apply a function to every tensor."""
        return Moments(*(function(part) for part in vars(self).values()))

    def interpolant(self, t) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and variance of X_t."""
        mean = (1 - t) * self.mean0 + t * self.mean1
        bridge = 2 * t * (1 - t)
        return mean, (1 - t) ** 2 * self.var0 + t**2 * self.var1 + bridge * (self.cov + 1)

    def regression(self, t) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gain of the linear regression of X_1 on X_t, and its residual variance."""
        variance = self.interpolant(t)[1]
        gain = ((1 - t) * self.cov + t * self.var1) / variance
        return gain, self.var1 - gain**2 * variance


def initialise(d: int, m: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Draw one network of two hidden layers: rows N(0, 1 / fan-in), biases and the last layer 0.

    Returns:
        Weights and biases in turn, of shapes (d + 2, m), (1, m), (m, m), (1, m), (m, d), (1, d).
    """
    first = rng.standard_normal((d + 2, m)) / math.sqrt(d + 2)
    second = rng.standard_normal((m, m)) / math.sqrt(m)
    return [first, np.zeros((1, m)), second, np.zeros((1, m)), np.zeros((m, d)), np.zeros((1, d))]


def _affine(y: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return y w + b for stacks (E, n, p), (E, p, q), (E, 1, q), the same in every stack.

    Biases enter, and their gradients leave, as matrix products: torch's own sums over points round
    differently for different stacks. It multiplies a lone vector by other code than a stack of
    them, hence as two.
    """
    ones = y.new_ones(*y.shape[:2], 1)
    if len(y) == 1 and w.shape[2] == 1:
        two = (part.expand(2, -1, -1) for part in (ones @ b, y, w))
        return torch.baddbmm(*two)[:1]
    return torch.baddbmm(ones @ b, y, w)


class DriftNetworks:
    """A stack of E drifts s(t, x)."""

    def __init__(self, layers: Sequence[torch.Tensor], moments: Moments) -> None:
        """
        Args:
            layers: weights and biases as of :func:`initialise`, stacked along a first axis.
            moments: what each network is told of its coupling.
        """
        self.layers = layers
        self.moments = moments

    def __len__(self) -> int:
        return len(self.layers[0])

    def map(self, function: Callable[[torch.Tensor], torch.Tensor]) -> "DriftNetworks":
        """Apply a function to every tensor: another precision, or a part of the stack."""
        return DriftNetworks([function(layer) for layer in self.layers], self.moments.map(function))

    def residual(self, t, x: torch.Tensor) -> torch.Tensor:
        """Return F(t, x), shape (E, n, d); t and x as for :meth:`drift`."""
        mean, variance = self.moments.interpolant(t)
        times = torch.as_tensor(t).to(x).expand(*x.shape[:-1], 1)
        left = torch.log(1 - times) / math.log(LEAST_TIME_LEFT)
        y = torch.cat([(x - mean) / variance.sqrt(), times, left], dim=-1)
        n = y.shape[1]
        y = pad(y, (0, 0, 0, -n % _VECTORS))
        w1, b1, w2, b2, w3, b3 = self.layers
        y = silu(_affine(y, w1, b1))
        y = silu(_affine(y, w2, b2))
        return _affine(y, w3, b3)[:, :n]

    def linear_drift(self, t, x: torch.Tensor) -> torch.Tensor:
        """Return the drift of the Gaussian coupling with the same moments: s with F = 0."""
        mean, _ = self.moments.interpolant(t)
        gain, _ = self.moments.regression(t)
        return (self.moments.mean1 + gain * (x - mean) - x) / (1 - t)

    def drift(self, t, x: torch.Tensor) -> torch.Tensor:
        """Return s(t, x), shape (E, n, d).

        Args:
            t: a number, or times of shape (E, n, 1); at most 1 - LEAST_TIME_LEFT.
            x: shape (E, n, d).
        """
        _, variance = self.moments.regression(t)
        return self.linear_drift(t, x) + variance.sqrt() / (1 - t) * self.residual(t, x)


def as_function(networks: DriftNetworks, e: int) -> Callable[[float, np.ndarray], np.ndarray]:
    """Return network e as s(t, x), shape (n, d) from shape (n, d), on NumPy arrays."""
    one = networks.map(lambda part: part[e : e + 1])

    def drift(t: float, x: np.ndarray) -> np.ndarray:
        points = torch.as_tensor(x).to(one.layers[0])
        return one.drift(float(t), points[None])[0].cpu().double().numpy()

    return drift


def on_points(networks: DriftNetworks, times: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Evaluate every network at the same points, which differ from time to time.

    Args:
        networks: E networks.
        times: t_0, ..., t_{N-1}.
        x: shape (N, M, d).

    Returns:
        s(t_k, x_k), shape (E, N, M, d).
    """
    values = np.empty((len(networks), *x.shape))
    for k, t in enumerate(times):
        points = torch.tensor(x[k]).to(networks.layers[0]).expand(len(networks), -1, -1)
        values[:, k] = networks.drift(float(t), points).cpu().numpy()
    return values


def sample(
    networks: DriftNetworks,
    x0: torch.Tensor,
    times: np.ndarray,
    noise: Sequence[np.random.Generator],
    noise_of: Sequence[int],
) -> torch.Tensor:
    """Run Euler-Maruyama, X_{k+1} = X_k + h_k s(t_k, X_k) + sqrt(2 h_k) Z_k, with every network.

    Args:
        networks: E networks.
        x0: starting points, shape (E, n, d).
        times: t_0, ..., t_N.
        noise: streams of Z.
        noise_of: which of them each network takes, E indices.

    Returns:
        The points at t_N, shape (E, n, d).
    """
    x = x0
    for t, h in zip(times, np.diff(times), strict=False):
        z = np.stack([rng.standard_normal(x.shape[1:]) for rng in noise])[list(noise_of)]
        x = x + h * networks.drift(float(t), x) + math.sqrt(2 * h) * torch.as_tensor(z).to(x)
    return x


def regression_error(
    networks: DriftNetworks,
    x0: torch.Tensor,
    x1: torch.Tensor,
    times: np.ndarray,
    noise: Sequence[np.random.Generator],
    noise_of: Sequence[int],
    draws: int = 8192,
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate sum_k h_k E|s(t_k, X_{t_k}) - (X_1 - X_{t_k}) / (1 - t_k)|^2 over given pairs.

    This is eps^2 and a part that no drift can remove, the conditional variance of the target, which
    grows like d log(N). Errors of two drifts on the same draws differ by the difference of their
    eps^2 alone.

    Args:
        networks: E networks.
        x0, x1: pairs, shape (E, n, d).
        times: t_0, ..., t_N.
        noise: streams of the times and of Z.
        noise_of: which of them each network takes, E indices.
        draws: times and Z drawn; the pairs take turns.

    Returns:
        The errors of the networks, shape (E,), and of their linear parts, shape (E,).
    """
    steps, (n, d) = np.diff(times), x1.shape[1:]
    # stratified: every part of the times has its share of the draws
    uniform = [(np.arange(draws) + rng.random(draws)) / draws for rng in noise]
    shuffled = [rng.permutation(u) for rng, u in zip(noise, uniform, strict=True)]
    normal = [rng.standard_normal((draws, d)) for rng in noise]
    k = (np.stack(shuffled)[list(noise_of)] * len(steps)).astype(int)
    weights = torch.as_tensor(steps[k] * len(steps)).to(x0)
    t = torch.as_tensor(times[k]).to(x0)[..., None]
    turns = torch.arange(draws, device=x0.device) % n
    x0, x1 = x0[:, turns], x1[:, turns]
    x = interpolate(t, x0, x1, torch.as_tensor(np.stack(normal)[list(noise_of)]).to(x0))
    target = (x1 - x) / (1 - t)
    learned, linear = (
        (((s - target) ** 2).sum(dim=-1) * weights).mean(dim=-1).cpu().double().numpy()
        for s in (networks.drift(t, x), networks.linear_drift(t, x))
    )
    return learned, linear


def fit(
    pairs: Sequence[Pair],
    start: Sequence[Sequence[np.ndarray]],
    noise: Sequence[np.random.Generator],
    noise_of: Sequence[int],
    *,
    eta: float,
    iterations: int,
    batch: int,
    like: torch.Tensor,
    label: str,
) -> tuple[DriftNetworks, np.ndarray]:
    """Train one network per set of pairs, by Adam with a step size that falls to 0 as a cosine.

    Args:
        pairs: the training sample of each network, E of any sizes.
        start: the initialisation of each network, all of one width.
        noise: streams of what is fresh at every step: which pairs, t and Z.
        noise_of: which of these streams each network takes, E indices.
        eta: step size of Adam at the start.
        iterations: steps.
        batch: pairs a step, drawn with replacement.
        like: any tensor of the device and precision to compute with.
        label: names the job in its progress line.

    Returns:
        The networks, and the step at which each diverged, shape (E,), NaN where it did not: its
        loss is not finite or exceeds DIVERGENCE_FACTOR times its first one.
    """
    if len(pairs) == 1:  # gradients of biases are lone vectors: see _affine
        both, diverged_at = fit(
            [*pairs, *pairs], [*start, *start], noise, [*noise_of, *noise_of],
            eta=eta, iterations=iterations, batch=batch, like=like, label=label,
        )  # fmt: skip
        return both.map(lambda part: part[:1]), diverged_at[:1]
    d = pairs[0][0].shape[-1]
    sizes = torch.tensor([len(x0) for x0, _ in pairs], device=like.device)[:, None]
    first = torch.cumsum(sizes, 0) - sizes
    x0, x1 = (torch.as_tensor(np.concatenate(part)).to(like) for part in zip(*pairs, strict=True))
    moments = Moments.of(pairs, like)
    layers = [torch.as_tensor(np.stack(layer)).to(like) for layer in zip(*start, strict=True)]
    networks = DriftNetworks([layer.requires_grad_() for layer in layers], moments)
    optimiser = torch.optim.Adam(networks.layers, lr=eta)
    first_losses, diverged_at = None, torch.full((len(pairs),), torch.nan).to(like)
    for step in progress(range(iterations), label):
        uniform = np.stack([rng.random((2, batch)) for rng in noise])
        normal = np.stack([rng.standard_normal((batch, d)) for rng in noise])
        which, t = torch.as_tensor(uniform[list(noise_of)], device=like.device).unbind(1)
        rows = first + (which * sizes).long()
        t = (1 - LEAST_TIME_LEFT**t).to(like)[..., None]
        z = torch.as_tensor(normal[list(noise_of)]).to(like)
        x = interpolate(t, x0[rows], x1[rows], z)
        mean, _ = moments.interpolant(t)
        gain, variance = moments.regression(t)
        target = (x1[rows] - moments.mean1 - gain * (x - mean)) / variance.sqrt()
        losses = (networks.residual(t, x) - target).square().sum(dim=(1, 2)) / (batch * d)
        first_losses = losses.detach() if first_losses is None else first_losses
        unsound = ~(losses.detach() <= DIVERGENCE_FACTOR * first_losses)  # true for NaN as well
        diverged_at[unsound & diverged_at.isnan()] = step
        optimiser.param_groups[0]["lr"] = eta * (1 + math.cos(math.pi * step / iterations)) / 2
        optimiser.zero_grad()
        losses.sum().backward()  # each network has the gradient of its own loss
        optimiser.step()
    trained = DriftNetworks([layer.detach() for layer in networks.layers], moments)
    return trained, diverged_at.cpu().double().numpy()

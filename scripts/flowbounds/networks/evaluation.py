"""Sampling and measuring every checkpoint of a stack of trained networks."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from flowbounds.networks.divergence import without_diverged
from flowbounds.networks.flow import euler_flow
from flowbounds.networks.metrics import SlicedW1, exact_w1
from flowbounds.networks.stack import Networks, diverged_at
from flowbounds.run.progress import progress


@dataclass
class Measured:
    """What was measured of E networks at C checkpoints."""

    sliced_w1: np.ndarray
    """Shape (C, E); NaN where a sample is not finite."""
    w1_exact: np.ndarray
    """Shape (E,), at the last checkpoint; NaN where a sample is not finite."""
    samples: np.ndarray
    """Shape (E, n, d), points as rows, at the last checkpoint."""


def sample_and_measure(
    w: torch.Tensor,
    a: torch.Tensor,
    seed: np.ndarray,
    x0: torch.Tensor,
    reference: torch.Tensor,
    directions: torch.Tensor,
    steps: int,
    radius: float,
    label: str = "sample",
) -> Measured:
    """Sample from every network at every checkpoint and compare with the reference of its seed.

    Sliced W1 takes the whole reference; exact W1 takes its first n points, so that it compares
    n with n.

    Args:
        w: weights, shape (C, E, m, 2 d + 1).
        a: weights, shape (C, E, d, m).
        seed: which seed each network has, shape (E,).
        x0: starting points of every seed, shape (S, n, d).
        reference: reference sample of every seed, shape (S, n_test, d).
        directions: unit vectors of every seed, shape (S, K, d).
        steps: Euler steps.
        radius: radius of the ball that samples are projected onto.
        label: names the job in its progress line.
    """
    checkpoints, networks = w.shape[:2]
    n = x0.shape[1]
    sliced = [SlicedW1(*pair, n) for pair in zip(reference, directions, strict=True)]
    start = x0.mT[seed]  # points as columns from here on
    sliced_w1 = np.full((checkpoints, networks), np.nan)
    for c in progress(range(checkpoints), label):
        samples = euler_flow(Networks(w[c], a[c]), start, steps, radius)
        finite = samples.isfinite().flatten(1).all(dim=1).cpu().numpy()
        for e in np.flatnonzero(finite):
            sliced_w1[c, e] = sliced[seed[e]](samples[e].T)
    last = samples.mT.cpu().numpy()
    w1_exact = np.full(networks, np.nan)
    for e in np.flatnonzero(finite):
        w1_exact[e] = exact_w1(last[e], reference[seed[e], :n].cpu().numpy())
    return Measured(sliced_w1, w1_exact, last)


def trajectory_table(
    cell: Mapping[str, object],
    eta: np.ndarray,
    seed: np.ndarray,
    t: np.ndarray,
    losses: np.ndarray,
    measured: Measured,
) -> pd.DataFrame:
    """Return one row per network and checkpoint.

    Columns: those of ``cell``, then eta, seed, t, loss, sliced_w1, w1_exact (at the last t only)
    and diverged_at: the iteration at which the network diverged, empty where it did not. From that
    iteration on its measurements are empty. A network whose loss is sound but whose samples are
    not finite has diverged at the first such checkpoint.

    Args:
        cell: what all networks share.
        eta: step size of each network, shape (E,).
        seed: seed of each network, shape (E,).
        t: iterations of the checkpoints, shape (C,).
        losses: shape (T + 1, E).
        measured: what the samples gave.
    """
    unsound = np.isnan(measured.sliced_w1)
    first_unsound = np.where(unsound.any(axis=0), t[unsound.argmax(axis=0)], np.nan)
    diverged = np.fmin(diverged_at(losses), first_unsound)
    checkpoints, networks = measured.sliced_w1.shape
    w1_exact = np.full((checkpoints, networks), np.nan)
    w1_exact[-1] = measured.w1_exact
    rows = pd.DataFrame(
        dict(cell)
        | {
            "eta": np.repeat(eta, checkpoints),
            "seed": np.repeat(seed, checkpoints),
            "t": np.tile(t, networks),
            "loss": losses[t].T.ravel(),
            "sliced_w1": measured.sliced_w1.T.ravel(),
            "w1_exact": w1_exact.T.ravel(),
            "diverged_at": np.repeat(diverged, checkpoints),
        }
    )
    return without_diverged(rows, ["loss", "sliced_w1", "w1_exact"])

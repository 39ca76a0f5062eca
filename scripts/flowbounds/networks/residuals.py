"""Residuals of a stack of networks along gradient descent, without keeping its weights."""

from collections.abc import Sequence

import torch

from flowbounds.networks.products import product
from flowbounds.networks.stack import Networks, gradient_descent, parts, stretches
from flowbounds.run.progress import progress


def residuals(
    start: Networks,
    x: torch.Tensor,
    v: torch.Tensor,
    eta: torch.Tensor,
    checkpoints: Sequence[int],
    label: str = "train",
) -> torch.Tensor:
    """Train a stack as :func:`flowbounds.networks.stack.train` does; return f - v on the way.

    Args:
        start: the initialisations, E networks; left as they are.
        x, v, eta: as for :func:`flowbounds.networks.stack.gradient_descent`.
        checkpoints: the iterations to look at, increasing; the last one ends the training.
        label: names the job in its progress line.

    Returns:
        Shape (C, E, d, n).
    """
    keep = {t: k for k, t in enumerate(checkpoints)}
    found = v.new_empty(len(keep), *v.shape)
    for part in progress(parts(len(start), start.m, x.shape[-1], x), label):
        networks = start[part].clone()
        for t, end in stretches(checkpoints):
            if t in keep:
                hidden = product(networks.w, x[part]).relu_()
                output = product(networks.a, hidden) * networks.m**-0.5
                found[keep[t], part] = output - v[part]
            gradient_descent(networks, x[part], v[part], eta[part], end - t)
    return found

"""What a continuous velocity field can reach: the law of E[x1 | x0]."""

import numpy as np


def posterior_means(x0: np.ndarray, x1: np.ndarray) -> np.ndarray:
    """Return E[x1 | x0] under x1 uniform on given points and x0 | x1 ~ N(x1, I_d).

    Along the flow of paper A's exact conditional velocity, (x - x0) / tau, every straight line from
    x0 is a solution: the end point is chosen at tau = 0, where the input [x0, 0, x0] says nothing
    of x1. A regression there gives E[x1 - x0 | x0], and the line through it ends in E[x1 | x0].

    Args:
        x0: sources, shape (n, d).
        x1: a large sample of P1, shape (k, d).

    Returns:
        Shape (n, d).
    """
    exponent = x0 @ x1.T - (x1**2).sum(axis=1) / 2
    weight = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    return weight @ x1 / weight.sum(axis=1, keepdims=True)

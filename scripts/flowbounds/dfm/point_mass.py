"""Early stopping for a point mass in any dimension: path and marginal KL in closed form, first N.

With base N(0, I) and target a point m, X_t is N(t m, (1 - t^2) I), beta_t(x) = (m - x) / (1 - t).
Along X the drift is a martingale, d beta = -sqrt(2) / (1 - t) dB: with r_k = h_k / (1 - t_k)

    KL of paths = 1/4 sum_k int E|beta_t - beta_{t_k}|^2 dt = d/2 sum_k (-log(1 - r_k) - r_k).

To first order in h that is (h/4) (1/delta - 1) d for equal steps, (h/4) log(1/delta) d for steps
h (1 - t), and (h/4) (1 + log(1/(2 delta))) d where these begin at t = 1/2 after equal ones. The
chain has the mean of X at every t_k and the variance v' = (1 - r_k)^2 v + 2 h_k.
"""

from collections.abc import Callable

import numpy as np

MOST_STEPS = 2**26


def path_kl(times: np.ndarray, d: int) -> float:
    """Return KL of the path measures on [t_0, t_N], t_N < 1, in nats."""
    r = np.diff(times) / (1 - times[:-1])
    return float(d / 2 * (-np.log1p(-r) - r).sum())


def marginal_kl(times: np.ndarray, d: int) -> float:
    """Return KL of the law of X at t_N against that of the chain from X_0, in nats; t_0 = 0.

    The recursion is unrolled: 1 - r_k is (1 - t_{k+1}) / (1 - t_k), so that v_N / (1 - t_N)^2 is
    1 + sum_k 2 h_k / (1 - t_{k+1})^2.
    """
    left = 1 - times
    variance = left[-1] ** 2 * (1 + (2 * np.diff(times) / left[1:] ** 2).sum())
    excess = (1 - times[-1] ** 2) / variance - 1
    return float(d / 2 * (excess - np.log1p(excess)))


def first_to_reach(value: Callable[[int], float], goal: float, least: int = 2) -> int:
    """Return a number N of steps with value(N) <= goal < value(N - 1), by doubling and bisection.

    Args:
        value: a KL that falls with N.
        goal: what it is to reach.
        least: the smallest N.

    Raises:
        ArithmeticError: no N up to MOST_STEPS reaches it.
    """
    high = least
    while value(high) > goal:
        if high >= MOST_STEPS:
            raise ArithmeticError(f"{high} steps do not bring KL to {goal:g}")
        high *= 2
    low = high // 2
    if high == least:
        return least
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if value(middle) <= goal else (middle, high)
    return high

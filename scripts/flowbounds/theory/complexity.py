"""What Theorem 3.3 and Lemma 3.4 of paper A speak of, measured on one training sample."""

import numpy as np

from flowbounds.data.datasets import GAUSSIAN_MIXTURE
from flowbounds.data.streams import stream
from flowbounds.networks.regression import mean_error
from flowbounds.theory.homogeneity import ray_errors
from flowbounds.theory.kernel_limit import KernelLimit, expand, gram, rademacher, widest_gap
from flowbounds.theory.lemma34 import deviation_bound

SIGN_DRAWS = 32
"""Draws of the signs: the suprema concentrate, the standard error is a few per cent at most."""
SEARCHED = 1000
"""Fresh points at most on which functions of a wide gap are searched; the rest judge them."""


def kernel_row(
    x: np.ndarray,
    v: np.ndarray,
    x_test: np.ndarray,
    v_test: np.ndarray,
    seed: int,
    kappa: float,
    tau_min: float,
) -> dict[str, float]:
    """Measure the kernel limit of one training sample and the class that it belongs to.

    The deviation is that of the loss |f - v|_2, whose Lipschitz constant rho is 1: the mean over
    fresh points less that over training points. The class is searched on one part of the fresh
    points; what was found, and the interpolant, are judged on the other part, and the larger
    counts. That is a lower estimate of the supremum. The bound takes for the sub-Gaussian constant
    sigma of the loss the least value that it can have, the interpolant's standard deviation.

    Args:
        x, v: training inputs, shape (n, 2 d + 1), and targets, shape (n, d).
        x_test, v_test: fresh ones.
        seed: names the stream of the signs.
        kappa: scale of the initialisation.
        tau_min: the least flow time of the data.

    Returns:
        ``train_error`` and ``test_error``, both means of |f - v|_2; ``complexity``
        sqrt(V' H_inf^{-1} V); ``rademacher`` with ``rademacher_se``; ``loss_sd``, the standard
        deviation of |f - v|_2 on fresh points; ``deviation`` and its ``deviation_bound``
        2 rho R + sigma sqrt(2 log(1 / delta) / n) (Lemma 3.4); ``homogeneity_floor``, which the
        test error of no network without biases can be below.
    """
    n, d = v.shape
    searched = min(SEARCHED, len(x_test) // 2)
    points = np.concatenate([x, x_test[:searched]])
    targets = np.concatenate([v, v_test[:searched]])
    k = gram(points, kappa)
    k_train = np.ascontiguousarray(k[:n, :n])
    limit = KernelLimit.fit(k_train, v)
    interpolant = np.concatenate([limit.coefficients, np.zeros((searched, d))])
    wide = widest_gap(k, targets, n, limit.complexity, interpolant)

    both = np.concatenate([interpolant, wide], axis=1)
    on_train = k[:n] @ both
    rest = slice(searched, None)
    on_test = np.concatenate([k[n:] @ both, expand(x_test[rest], points, both, kappa)])
    gaps = [
        mean_error(on_test[rest, f], v_test[rest]) - mean_error(on_train[:, f], v)
        for f in (slice(0, d), slice(d, None))
    ]
    signs = stream("generalization", GAUSSIAN_MIXTURE, d, None, seed, "signs")
    complexity, error = rademacher(k_train, limit.complexity, d, SIGN_DRAWS, signs)
    loss_sd = np.linalg.norm(on_test[:, :d] - v_test, axis=1).std(ddof=1)
    return {
        "train_error": mean_error(on_train[:, :d], v),
        "test_error": mean_error(on_test[:, :d], v_test),
        "complexity": limit.complexity,
        "rademacher": complexity,
        "rademacher_se": error,
        "loss_sd": loss_sd,
        "deviation": max(gaps),
        "deviation_bound": deviation_bound(complexity, loss_sd, n),
        "homogeneity_floor": ray_errors(x_test, v_test, tau_min)[0].mean(),
    }

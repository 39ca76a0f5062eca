"""Classes of q outputs for which Lemma 3.4 of paper A can be computed: both sides, exactly.

A finite class of the paper's networks, whose suprema are maxima; and the class of all functions
with values 0 and u, which memorises every sample, in closed form.
"""

import math

import numpy as np
from scipy.integrate import quad
from scipy.stats import binom, chi

from flowbounds.theory.lemma34 import deviation_bound

TAIL = 1.5
"""Degrees of freedom of the heavy tails: a finite mean, no variance."""
CONTRACTION = math.sqrt(2)
"""By which the complexity of a 1-Lipschitz loss of several outputs may exceed that of the outputs
(Maurer 2016, A vector-contraction inequality for Rademacher complexities)."""
ROWS = 4096
"""Points whose hidden layers are computed at once."""


def values(w: np.ndarray, a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Evaluate F networks f(x) = m^{-1/2} sum_r a_r relu(w_r . x), shape (F, n, q).

    Args:
        w: first layers, shape (F, m, p).
        a: second layers, shape (F, q, m).
        x: inputs, shape (n, p).
    """
    parts = (x[row : row + ROWS] for row in range(0, len(x), ROWS))
    hidden = (np.maximum(part @ w.mT, 0) for part in parts)
    return np.concatenate([each @ a.mT for each in hidden], axis=1) / math.sqrt(w.shape[1])


def largest_correlation(f: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Return max over the class of (1/n) sum_ij eps_ij f_j(x_i); its mean over eps is R.

    Args:
        f: values of the class on S samples, shape (F, S, n, q).
        signs: shape (draws, n, q), the same for every sample.

    Returns:
        Shape (draws, S).
    """
    n = signs.shape[1]
    sums = np.tensordot(signs, f, axes=([1, 2], [2, 3])) / n
    return sums.max(axis=1)


def cap(q: int) -> float:
    """Return where the bounded loss is cut off: three times the root mean square of |v|."""
    return 3 * math.sqrt(q)


def mean_loss_of_zero(law: str, q: int) -> float:
    """Return E loss(0, v), v ~ N(0, I_q) or, of heavy tails, the same over sqrt(chi^2 / TAIL).

    Args:
        law: ``bounded`` (|v| cut off), ``subgaussian`` (|v|) or ``heavy`` (|v|).
    """
    if law == "bounded":
        return quad(chi(q).sf, 0, cap(q))[0]
    scale = math.exp(math.lgamma((TAIL - 1) / 2) - math.lgamma(TAIL / 2)) * math.sqrt(TAIL / 2)
    return float(chi(q).mean()) * {"subgaussian": 1.0, "heavy": scale}[law]


def memorisers(q: int, n: int) -> dict[str, float]:
    """Return Lemma 3.4 for all functions with values 0 and u = (1, ..., 1) / sqrt(q).

    With targets v = -s u, s >= 0, the loss |f - v| is s or s + 1. The f that is 0 on the training
    points and u elsewhere has deviation 1 on every sample of distinct points. The supremum in R is
    taken point by point, R = E max(0, u . eps) = E|eps_1 + ... + eps_q| / (2 sqrt(q)), least at
    q = 2 (Szarek 1976). Losses lie in an interval of length 1, so that sigma is 1/2.

    Returns:
        ``complexity``; ``deviation``; ``bound``, the lemma's; ``contracted``, the same with
        CONTRACTION.
    """
    heads = np.arange(q + 1)
    complexity = float((np.abs(2 * heads - q) * binom.pmf(heads, q, 0.5)).sum() / (2 * q**0.5))
    factor = CONTRACTION if q > 1 else 1.0
    return {
        "complexity": complexity,
        "deviation": 1.0,
        "bound": float(deviation_bound(complexity, 0.5, n)),
        "contracted": float(deviation_bound(factor * complexity, 0.5, n)),
    }

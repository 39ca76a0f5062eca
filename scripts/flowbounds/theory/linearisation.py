"""Trained networks beside the linearised dynamics of their infinite-width limit (Theorem 3.2).

All of it in double precision and with points as rows; the kernels are those of
flowbounds.theory.kernel. The step size is the one of L = (1/n) sum_i |f(x_i) - v_i|^2, as
everywhere in this library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flowbounds.theory.kernel import Spectrum, kernels

CHECKPOINTS = 12  # after t = 0


def checkpoints(iterations: int) -> list[int]:
    """Return t = 0 and up to CHECKPOINTS further iterations, evenly spaced on a log axis."""
    return [0, *np.unique(np.geomspace(1, iterations, CHECKPOINTS).round().astype(int)).tolist()]


def theorem_step_size(eta: float, n: int) -> float:
    """Return the step size of Theorem 3.2 that makes the same step as eta does on L.

    The theorem's multiplies an unnormalised gradient, Delta(t+1) = (I - eta H_inf) Delta(t); with
    L = (1/n) sum_i |f(x_i) - v_i|^2 the same step is Delta(t+1) = (I - (2 eta / n) H_inf) Delta(t).
    """
    return 2 * eta / n


def outputs(w: np.ndarray, a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return f(x) = m^{-1/2} sum_r a_r relu(w_r . x), shape (n, d).

    Args:
        w: shape (m, 2 d + 1).
        a: shape (d, m).
        x: inputs, shape (n, 2 d + 1).
    """
    return np.maximum(x @ w.T, 0) @ a.T / np.sqrt(a.shape[1])


@dataclass(frozen=True)
class Problem:
    """A regression problem with the kernels of the infinitely wide network on it."""

    x: np.ndarray
    """Inputs, shape (n, 2 d + 1)."""
    v: np.ndarray
    """Targets, shape (n, d)."""
    b: np.ndarray
    """The kernel of training a, shape (n, n)."""
    c: np.ndarray
    """The kernel of training w, shape (n, n)."""
    spectrum: Spectrum
    """Of K = B + C."""

    @classmethod
    def of(cls, x: np.ndarray, v: np.ndarray, kappa: float) -> "Problem":
        b, c = kernels(x, x, kappa)
        return cls(x, v, b, c, Spectrum.of(b + c))


def bands(n: int) -> list[slice]:
    """Cut the ranks 1 .. n of the eigenvalues, largest first, into octaves: 1, 2-3, 4-7, ..."""
    starts = 2 ** np.arange(int(np.log2(n)) + 1)
    return [slice(first - 1, min(2 * first - 1, n)) for first in starts.tolist()]


def compare(
    problem: Problem, w: np.ndarray, a: np.ndarray, eta: float, t: Sequence[int]
) -> tuple[list[Mapping[str, float]], list[Mapping[str, float]]]:
    """Compare one network, trained on all of the problem, with the linearised dynamics.

    Args:
        problem: what it was trained on.
        w: first layer at each checkpoint, t = 0 first, shape (C, m, 2 d + 1).
        a: second layer at each checkpoint, shape (C, d, m).
        eta: its step size.
        t: the iterations of the checkpoints, length C.

    Returns:
        A row per checkpoint, and a row per checkpoint and band of eigen-directions. The first has

        - ``loss`` and ``ntk_loss``: |Delta|^2 / n of the network and of the prediction, which
          starts from the network's own Delta(0);
        - ``deviation``: |Delta(t) - prediction| / |Delta(0)|;
        - ``theorem_error``: |E(t)| / |V| with E(t) = Delta(t) + (I - (2 eta / n) K)^t V as Theorem
          3.2 has it, which vanishes only when the network's output at t = 0 does too (small kappa);
        - ``lambda_min``, ``lambda_max``: of K;
        - ``max_w_move``, ``max_a_move``: max_r |w_r(t) - w_r(0)|, likewise a (Lemma A.2);
        - ``fro_w_move``, ``fro_a_move``: the Frobenius norms of the movements (Lemma B.3);
        - ``fro_w_bound``, ``fro_a_bound``: the lemma's sqrt(V' T C T V) and sqrt(V' T B T V);
        - ``fro_w_linear``, ``fro_a_linear``: the same with Delta(0) for V, which is what the
          linearised network moves by.

        The second has ``rank`` (the first of the band), ``ranks`` (how many), ``eigenvalue`` (the
        band's mean), and ``energy`` and ``ntk_energy``: the share of |Delta(0)|^2 that lies in the
        band's directions at t, of the network and of the prediction.
    """
    spectrum, v = problem.spectrum, problem.v
    w, a = w.astype(float), a.astype(float)
    start = outputs(w[0], a[0], problem.x) - v
    size = np.linalg.norm(start)
    values, vectors = spectrum.values[::-1], spectrum.vectors[:, ::-1]
    rows, modes = [], []
    for k, time in enumerate(t):
        residual = outputs(w[k], a[k], problem.x) - v
        predicted = spectrum.residual(start, eta, time)
        moved_w, moved_a = w[k] - w[0], a[k] - a[0]
        error = residual + spectrum.residual(v, eta, time)
        row = {
            "t": time,
            "loss": np.sum(residual**2) / len(v),
            "ntk_loss": np.sum(predicted**2) / len(v),
            "deviation": np.linalg.norm(residual - predicted) / size,
            "theorem_error": np.linalg.norm(error) / np.linalg.norm(v),
            "lambda_min": values[-1],
            "lambda_max": values[0],
            "max_w_move": np.linalg.norm(moved_w, axis=1).max(),
            "max_a_move": np.linalg.norm(moved_a, axis=0).max(),
            "fro_w_move": np.linalg.norm(moved_w),
            "fro_a_move": np.linalg.norm(moved_a),
        }
        for layer, part in (("w", problem.c), ("a", problem.b)):
            row[f"fro_{layer}_bound"] = spectrum.movement(part, v, eta, time)
            row[f"fro_{layer}_linear"] = spectrum.movement(part, start, eta, time)
        rows.append(row)
        energy, ntk_energy = (
            np.sum((vectors.T @ delta) ** 2, axis=1) / size**2 for delta in (residual, predicted)
        )
        modes += [
            {
                "t": time,
                "rank": band.start + 1,
                "ranks": band.stop - band.start,
                "eigenvalue": values[band].mean(),
                "energy": energy[band].sum(),
                "ntk_energy": ntk_energy[band].sum(),
            }
            for band in bands(len(values))
        ]
    return rows, modes

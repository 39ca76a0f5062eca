"""What a network's own kernel changes of the linearised dynamics, to first order.

At a finite width the kernel of the linearised dynamics is K_m, the network's own at t = 0, and not
its mean K (x) I_d. The first-order effect of K_m - K (x) I_d has mean zero over initialisations:
the kernel is even in a, the output f(0) that it is applied to odd, and V is fixed. It holds the
fluctuation, of order m^{-1/2}; once it is taken away, the mean shift can be seen.
"""

import numpy as np

from flowbounds.theory.kernel import Spectrum


def own_kernel(w: np.ndarray, a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the kernel J J' of one network at its weights, J being the Jacobian of its outputs.

    Args:
        w: shape (m, 2 d + 1).
        a: shape (d, m).
        x: inputs, shape (n, 2 d + 1).

    Returns:
        Shape (n, d, n, d), between output j of point i and output l of point k. Its mean over
        initialisations is K_ik delta_jl.
    """
    d, m = a.shape
    before = x @ w.T
    hidden, active = np.maximum(before, 0), before > 0
    through = (a * active[:, np.newaxis, :]).reshape(-1, m)
    of_w = (through @ through.T).reshape(len(x), d, len(x), d)
    of_w *= (x @ x.T)[:, np.newaxis, :, np.newaxis]
    of_a = (hidden @ hidden.T)[:, np.newaxis, :, np.newaxis] * np.eye(d)[:, np.newaxis, :]
    return (of_a + of_w) / m


def first_order(
    spectrum: Spectrum, change: np.ndarray, start: np.ndarray, eta: float, t: int
) -> np.ndarray:
    """Return the derivative of (I - (2 eta / n)(K (x) I_d + s change))^t start in s at s = 0.

    In the eigenvectors of K the derivative of a power is a matrix of divided differences of
    q -> q^t (Daleckii and Krein).

    Args:
        spectrum: of K.
        change: shape (n, d, n, d).
        start: residuals at t = 0, shape (n, d).
        eta: step size of the mean loss.
        t: iteration.

    Returns:
        Shape (n, d).
    """
    u, step = spectrum.vectors, 2 * eta / len(start)
    q = 1 - step * spectrum.values
    gap = q[:, np.newaxis] - q
    with np.errstate(divide="ignore", invalid="ignore"):
        divided = (q[:, np.newaxis] ** t - q**t) / gap
    equal = np.abs(gap) < 1e-9
    divided[equal] = t * ((q[:, np.newaxis] + q) / 2)[equal] ** (t - 1)
    rotated = np.einsum("ai,ajbl,bk->ijkl", u, change, u, optimize=True)
    return -step * u @ np.einsum("ik,ijkl,kl->ij", divided, rotated, u.T @ start, optimize=True)

"""Paper A, section 5: terminal loss against the width, and that of the random start alone."""

import numpy as np

d, n, eta, T = 20, 500, 1e-2, 500


def terminal_loss(m, seed, target, subtract_start):
    rng = np.random.default_rng(seed)
    x1 = rng.standard_normal((n, d))
    x1[:, 0] += 2 * rng.choice([-1, 1], n)
    x0, tau = x1 + rng.standard_normal((n, d)), rng.random((n, 1))
    x = np.hstack([(1 - tau) * x0 + tau * x1, tau, x0])
    w, a = rng.standard_normal((m, 2 * d + 1)), rng.standard_normal((m, d))  # kappa = 1
    f0 = np.maximum(x @ w.T, 0) @ a / m**0.5
    v = target * (x1 - x0) + subtract_start * f0  # the same as training f - f0
    for _ in range(T):
        h = np.maximum(x @ w.T, 0)
        residual, step = h @ a / m**0.5 - v, 2 * eta / n / m**0.5
        w, a = w - step * ((residual @ a.T) * (h > 0)).T @ x, a - step * h.T @ residual
    return ((np.maximum(x @ w.T, 0) @ a / m**0.5 - v) ** 2).sum(axis=1).mean()


cases = {"as in the paper": (1, 0), "target 0 for v": (0, 0), "start subtracted": (1, 1)}
for words, case in cases.items():
    losses = [np.mean([terminal_loss(m, s, *case) for s in range(2)]) for m in (16, 64, 256)]
    print(f"{words:17}", *(f"m = {m}: {x:.1f}" for m, x in zip((16, 64, 256), losses, strict=True)))

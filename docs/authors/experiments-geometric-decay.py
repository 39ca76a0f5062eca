"""Paper A, section 5: does log L fall at one rate? eta = 1e-2, m = 64, d = 20, two seeds."""

import numpy as np

m, d, n, eta, T = 64, 20, 500, 1e-2, 500
falls = []
for seed in range(2):
    rng = np.random.default_rng(seed)
    x1 = rng.standard_normal((n, d))
    x1[:, 0] += 2 * rng.choice([-1, 1], n)
    x0, tau = x1 + rng.standard_normal((n, d)), rng.random((n, 1))
    x, v = np.hstack([(1 - tau) * x0 + tau * x1, tau, x0]), x1 - x0
    w, a = rng.standard_normal((m, 2 * d + 1)), rng.standard_normal((m, d))
    losses = []
    for _ in range(T + 1):
        h = np.maximum(x @ w.T, 0)
        residual, step = h @ a / m**0.5 - v, 2 * eta / n / m**0.5
        losses.append((residual**2).sum(axis=1).mean())
        w, a = w - step * ((residual @ a.T) * (h > 0)).T @ x, a - step * h.T @ residual
    falls.append(-np.diff(np.log(losses[::100])))
fifths = np.mean(falls, axis=0)
print("fall of log L in each fifth of the iterations:", *(f"{fall:.3f}" for fall in fifths))
print(f"last over first: {fifths[-1] / fifths[0]:.3f}; one geometric rate would give 1")

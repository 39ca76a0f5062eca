"""Paper A, figure 1 (a), m = 16, eta = 1e-2, d = 50: loss at the last iteration, and its mean."""

import numpy as np

m, d, n, eta, T = 16, 50, 500, 1e-2, 500
last, mean = [], []
for seed in range(5):
    rng = np.random.default_rng(seed)
    x1 = rng.standard_normal((n, d))
    x1[:, 0] += 2 * rng.choice([-1, 1], n)  # balanced mixture of N(2 e1, I) and N(-2 e1, I)
    x0, tau = x1 + rng.standard_normal((n, d)), rng.random((n, 1))
    x, v = np.hstack([(1 - tau) * x0 + tau * x1, tau, x0]), x1 - x0
    w, a = rng.standard_normal((m, 2 * d + 1)), rng.standard_normal((m, d))
    losses = []
    for _ in range(T + 1):
        h = np.maximum(x @ w.T, 0)
        residual = h @ a / m**0.5 - v
        losses.append((residual**2).sum(axis=1).mean())
        step = 2 * eta / n / m**0.5  # of the mean loss
        w, a = w - step * ((residual @ a.T) * (h > 0)).T @ x, a - step * h.T @ residual
    last.append(losses[-1])
    mean.append(np.mean(losses[10::10]))  # checkpoints t = 10, 20, ..., 500
print(f"loss at t = 500:            {np.mean(last):.1f}")
print(f"mean over t = 10, ..., 500: {np.mean(mean):.1f}")
print("figure 1 (a) shows:         63")

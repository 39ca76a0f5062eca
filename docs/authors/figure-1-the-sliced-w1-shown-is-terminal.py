"""Paper A, figure 1 (b), m = 16, eta = 1e-2, d = 50: terminal sliced W1, and its mean."""

import numpy as np

m, d, n, eta, T = 16, 50, 500, 1e-2, 500
rng = np.random.default_rng(0)


def data(size):
    x1 = rng.standard_normal((size, d))
    x1[:, 0] += 2 * rng.choice([-1, 1], size)
    return x1, x1 + rng.standard_normal((size, d))  # x1, and x0 given x1


(x1, x0), tau = data(n), rng.random((n, 1))
x, v = np.hstack([(1 - tau) * x0 + tau * x1, tau, x0]), x1 - x0
start, (fresh, _) = data(n)[1], data(5000)
directions = rng.standard_normal((d, 128))
directions /= np.linalg.norm(directions, axis=0)
reference = np.sort(fresh @ directions, axis=0)[5::10]  # quantiles of 500 samples
w, a = rng.standard_normal((m, 2 * d + 1)), rng.standard_normal((m, d))
distances = []
for t in range(T + 1):
    if t % 10 == 0 and t > 0:
        y, still = start, start @ w[:, d + 1 :].T
        for k in range(200):  # Euler's method; x0 stays an input
            y = y + np.maximum(y @ w[:, :d].T + k / 200 * w[:, d] + still, 0) @ a / m**0.5 / 200
        distances.append(np.abs(np.sort(y @ directions, axis=0) - reference).mean())
    h = np.maximum(x @ w.T, 0)
    residual, step = h @ a / m**0.5 - v, 2 * eta / n / m**0.5
    w, a = w - step * ((residual @ a.T) * (h > 0)).T @ x, a - step * h.T @ residual
print(f"sliced W1 at t = 500:       {distances[-1]:.2f}")
print(f"mean over t = 10, ..., 500: {np.mean(distances):.2f}")

"""Paper A, Theorem 3.3: the infinitely wide, trained network with n in proportion to d."""

import numpy as np

fresh, per_d, dimensions = 2000, 50, (5, 10, 20)


def data(n, d, rng):
    x1 = rng.standard_normal((n, d))
    x1[:, 0] += 2 * rng.choice([-1, 1], n)
    x0, tau = x1 + rng.standard_normal((n, d)), rng.random((n, 1))
    return np.hstack([(1 - tau) * x0 + tau * x1, tau, x0]), x1 - x0


def kernel(x, y):
    norms = np.outer(np.linalg.norm(x, axis=1), np.linalg.norm(y, axis=1))
    inner = x @ y.T
    angle = np.arccos(np.clip(inner / norms, -1, 1))
    both = norms * (np.sin(angle) + (np.pi - angle) * np.cos(angle))
    return (both + inner * (np.pi - angle)) / (2 * np.pi)


scaled = []
for d in dimensions:
    of_seeds = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        (x, v), (y, u) = data(per_d * d, d, rng), data(fresh, d, rng)
        f = kernel(y, x) @ np.linalg.solve(kernel(x, x), v)
        of_seeds.append(np.linalg.norm(f - u, axis=1).mean())
    error, root = np.mean(of_seeds), np.log(per_d * d) ** 0.5
    scaled.append(error / root)
    said = f"E|f - v| = {error:.2f}, over sqrt(log n) {scaled[-1]:.3f}"
    print(f"d = {d:2d}, n = {per_d * d:4d}: {said}")
growth = np.polyfit(np.log(dimensions), np.log(scaled), 1)[0]
print(f"exponent in d at n = {per_d} d: {growth:.2f}; promised: 0 or less")

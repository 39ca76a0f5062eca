"""Paper A, Theorem 3.3: error on fresh data of the infinitely wide, trained network, d = 5."""

import numpy as np

d, fresh, sizes = 5, 2000, (64, 256, 1024)


def data(n, rng):
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


errors = []
for n in sizes:
    of_seeds = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        (x, v), (y, u) = data(n, rng), data(fresh, rng)
        f = kernel(y, x) @ np.linalg.solve(kernel(x, x), v)
        of_seeds.append(np.linalg.norm(f - u, axis=1).mean())
    errors.append(np.mean(of_seeds))
    print(f"n = {n:4d}: E|f - v| = {errors[-1]:.2f}")
rate = np.polyfit(np.log(sizes), np.log(errors / np.sqrt(np.log(sizes))), 1)[0]
print(f"exponent in n of E|f - v| / sqrt(log n): {rate:.2f}; promised: -0.50 or less")

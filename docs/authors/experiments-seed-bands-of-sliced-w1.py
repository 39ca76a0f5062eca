"""Paper A, figure 4: are seed bands of sliced W1 narrow against the gaps between curves?"""

import numpy as np

m, n, eta, T, steps, seeds, dimensions = 16, 500, 1e-2, 500, 50, 5, (30, 35, 40, 45, 50)


def pairs(d, rng):
    x1 = rng.standard_normal((n, d))
    x1[:, 0] += 2 * rng.choice([-1, 1], n)
    return x1, x1 + rng.standard_normal((n, d))


def distance(d, seed):
    rng = np.random.default_rng(seed)
    (x1, x0), tau = pairs(d, rng), rng.random((n, 1))
    x, v = np.hstack([(1 - tau) * x0 + tau * x1, tau, x0]), x1 - x0
    w, a = rng.standard_normal((m, 2 * d + 1)), rng.standard_normal((m, d))
    for _ in range(T):
        h = np.maximum(x @ w.T, 0)
        residual, step = h @ a / m**0.5 - v, 2 * eta / n / m**0.5
        w, a = w - step * ((residual @ a.T) * (h > 0)).T @ x, a - step * h.T @ residual
    target, start = pairs(d, rng)
    z = start
    for tau in np.arange(steps) / steps:
        inputs = np.hstack([z, np.full((n, 1), tau), start])
        z = z + np.maximum(inputs @ w.T, 0) @ a / m**0.5 / steps
    lines = rng.standard_normal((d, 128))
    lines /= np.linalg.norm(lines, axis=0)
    return np.abs(np.sort(z @ lines, axis=0) - np.sort(target @ lines, axis=0)).mean()


values = np.array([[distance(d, seed) for seed in range(seeds)] for d in dimensions])
mean, band = values.mean(axis=1), values.std(axis=1, ddof=1)
for d, one, spread in zip(dimensions, mean, band, strict=True):
    print(f"d = {d}: sliced W1 {one:.3f}, standard deviation over seeds {spread:.3f}")
ratios = np.diff(mean) / (band[1:] + band[:-1])
print("gaps over the sum of both bands:", *(f"{ratio:.2f}" for ratio in ratios), "; 1 is touching")

"""Paper A, section 5: which digits do samples at eta = 1e-2 show? Codes of sklearn's digits."""

import numpy as np
from sklearn.datasets import load_digits

m, d, n, eta, T = 256, 7, 500, 1e-2, 500
rng = np.random.default_rng(0)
images, labels = load_digits(return_X_y=True)
centred = images / 16 - images.mean(axis=0) / 16
codes = centred @ np.linalg.svd(centred, full_matrices=False)[2][:d].T
order = rng.permutation(len(codes))
x1, held_out, rest = codes[order[:n]], codes[order[n : 2 * n]], order[n:]
x0, tau = x1 + rng.standard_normal((n, d)), rng.random((n, 1))
x, v = np.hstack([(1 - tau) * x0 + tau * x1, tau, x0]), x1 - x0
w, a = rng.standard_normal((m, 2 * d + 1)), rng.standard_normal((m, d))
for _ in range(T):
    h = np.maximum(x @ w.T, 0)
    residual, step = h @ a / m**0.5 - v, 2 * eta / n / m**0.5
    w, a = w - step * ((residual @ a.T) * (h > 0)).T @ x, a - step * h.T @ residual
start = x1 + rng.standard_normal((n, d))
y = start
for k in range(200):
    inputs = np.hstack([y, np.full((n, 1), k / 200), start])
    y = y + np.maximum(inputs @ w.T, 0) @ a / m**0.5 / 200


def counts(points):
    """How many points are nearest to the code of an image of each class."""
    far = ((points[:, None] - codes[None, rest]) ** 2).sum(axis=2)
    return np.bincount(labels[rest][far.argmin(axis=1)], minlength=10)


print("images:           ", *(f"{count:3d}" for count in counts(held_out)))
print("samples:          ", *(f"{count:3d}" for count in counts(y)))
print("noise, same scale:", *(f"{c:3d}" for c in counts(rng.normal(0, codes.std(), (n, d)))))

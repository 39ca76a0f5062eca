"""Paper A, Theorem 3.3: the error that no network without biases can go below, by rays of inputs.

Scale an input [x_tau, tau, x0] by s: f becomes s f, v = (x_tau - x0)/tau stays, and so does
z = x0 - x1 = -v. On a ray the inputs have density p1(s x0 - z) s^d for s up to 1/tau, so that no f
has a smaller error there than |z| min_c E|1 - c s|.
"""

import numpy as np

rays, grid = 4000, (np.arange(1000) + 0.5) / 1000
rng = np.random.default_rng(0)
for d in (5, 10, 20):
    x1 = rng.standard_normal((rays, d))
    x1[:, 0] += 2 * rng.choice([-1, 1], rays)
    z, tau = rng.standard_normal((rays, d)), rng.random(rays)
    floors = []
    for start, noise, last in zip(x1 + z, z, 1 / tau, strict=True):
        s = last * grid
        ray = s[:, None] * start - noise
        log = -(ray**2).sum(axis=1) / 2 + np.logaddexp(2 * ray[:, 0], -2 * ray[:, 0])
        log += d * np.log(s)
        p = np.exp(log - log.max())
        p /= p.sum()
        k = np.searchsorted(np.cumsum(s * p), (s * p).sum() / 2)  # a median, weighted by s
        floors.append(np.linalg.norm(noise) * (p * np.abs(1 - s / s[k])).sum())
    print(f"d = {d:2d}: E|f - v| is at least {np.mean(floors):.2f}, whatever n and m")

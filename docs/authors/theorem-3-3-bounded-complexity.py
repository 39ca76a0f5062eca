"""Paper A, Theorem 3.3: sqrt(V' H_inf^-1 V) against n, d = 5, three samples each."""

import numpy as np

d = 5
for target in ("v", "tau v"):
    for n in (64, 256, 1024):
        found = []
        for seed in range(3):
            rng = np.random.default_rng(seed)
            x1 = rng.standard_normal((n, d))
            x1[:, 0] += 2 * rng.choice([-1, 1], n)
            x0, tau = x1 + rng.standard_normal((n, d)), rng.random((n, 1))
            x, v = np.hstack([(1 - tau) * x0 + tau * x1, tau, x0]), x1 - x0
            v = v if target == "v" else tau * v  # x_tau - x0, which the networks can represent
            norm = np.linalg.norm(x, axis=1)
            inner, norms = x @ x.T, np.outer(norm, norm)
            angle = np.arccos(np.clip(inner / norms, -1, 1))
            kernel = norms * (np.sin(angle) + (np.pi - angle) * np.cos(angle))
            kernel = (kernel + inner * (np.pi - angle)) / (2 * np.pi)  # H_inf = kernel (x) I_d
            found.append(np.sqrt((v * np.linalg.solve(kernel, v)).sum()))
        print(f"target {target}, n = {n:4d}: sqrt(V' H^-1 V) = {np.mean(found):.1f}")

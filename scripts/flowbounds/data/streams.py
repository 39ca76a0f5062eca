"""Random streams keyed by what they are for.

Every random number of the pipeline comes from a stream whose key names the experiment, the data
set, the dimension, the width, the seed and the role. A cell's numbers therefore do not depend on
which cells share its job, in which order they run, or what else the grid holds.
"""

import hashlib

import numpy as np


def stream(
    experiment: str, dataset: str, d: int, m: int | None, seed: int, role: str
) -> np.random.Generator:
    """Return the generator of one role in one cell.

    The step size eta is deliberately no part of the key: step sizes share data, initialisation,
    sampling noise and projection directions, so that they are compared in pairs. ``m`` is None for
    roles that do not depend on the width (everything but the initialisation), so that widths are
    compared on the same data.

    The same key gives the same numbers on every platform: the seed is the SHA-256 of the key and
    the bit generator is Philox.
    """
    key = "/".join(str(part) for part in (experiment, dataset, d, m, seed, role))
    digest = hashlib.sha256(key.encode()).digest()
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(int.from_bytes(digest))))

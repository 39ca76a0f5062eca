"""Drift errors of known size: s = beta + c e, with c fixed by the assumption's eps^2."""

from collections.abc import Callable

import numpy as np

from flowbounds.data.streams import stream
from flowbounds.dfm.couplings import Coupling
from flowbounds.dfm.quadrature import Drift

FREQUENCIES = 8


def constant(t: float, x: np.ndarray) -> np.ndarray:
    """A push to one side: it adds up over time."""
    return np.ones_like(x)


def oscillating(t: float, x: np.ndarray) -> np.ndarray:
    """The same push, three times to and fro: over time it cancels."""
    return np.full_like(x, np.cos(6 * np.pi * t))


def fourier() -> Drift:
    """Return a random field, fixed in time: 8 waves of frequencies N(0, 4) and random phases."""
    rng = stream("dfm_drift_error", "fourier", 1, None, 0, "field")
    frequency = 2 * rng.standard_normal(FREQUENCIES)
    phase = rng.uniform(0, 2 * np.pi, FREQUENCIES)

    def field(t: float, x: np.ndarray) -> np.ndarray:
        return np.cos(x * frequency + phase).sum(axis=1, keepdims=True) / np.sqrt(FREQUENCIES / 2)

    return field


FIELDS: dict[str, Callable[[], Drift]] = {
    "constant": lambda: constant,
    "fourier": fourier,
    "oscillating": lambda: oscillating,
}


def perturbed(coupling: Coupling, field: Drift, size: float) -> Drift:
    """Return the drift beta + size e."""

    def drift(t: float, x: np.ndarray) -> np.ndarray:
        return coupling.drift(t, x) + size * field(t, x)

    return drift

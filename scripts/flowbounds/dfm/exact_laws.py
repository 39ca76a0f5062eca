"""Both sides of paper B's bounds without Monte Carlo: the rows that its exact experiments share.

Nothing here is random but the Fourier drift error, which has one fixed stream, so there are no
seeds: what a row says is exact up to the stated errors of quadrature.py and path_measure.py.

Targets on the line stand for their products in d dimensions: one coordinate is computed, and
:func:`in_dimension` has the whole. Correlated Gaussians have closed forms on their principal axes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flowbounds.dfm import bounds, gaussians
from flowbounds.dfm.couplings import Coupling, IndependentMixtures
from flowbounds.dfm.mixtures import GaussianMixture
from flowbounds.dfm.path_measure import path_kl
from flowbounds.dfm.paths import uniform_times
from flowbounds.dfm.quadrature import Drift, Law, euler_maruyama_law, kl, w2
from flowbounds.dfm.targets import CORRELATED, STANDARD_NORMAL, coupling, principal_axes
from flowbounds.run.progress import progress

Row = dict[str, object]
"""Of a table, by column."""


def checked(row: Row) -> Row:
    """Return a row if its marginal KL is at most its path KL, as data processing has it.

    Raises:
        ArithmeticError: it is not; some quadrature did not resolve what it integrates.
    """
    if not row["kl_marginal"] <= row["kl_path"] * (1 + 1e-3):
        raise ArithmeticError(f"the marginal KL exceeds the path KL: {row}")
    return row


def divergences(pair: Coupling, times: np.ndarray) -> tuple[Row, Law]:
    """Return KL, path KL and mass error of the chain with the exact drift on the line, and its law.

    Raises:
        ArithmeticError: as :func:`checked`.
    """
    law = euler_maruyama_law(pair, pair.drift, times)
    row = {
        "kl_marginal": kl(pair, law),
        "kl_path": path_kl(pair, pair.drift, times),
        "mass_error": law.mass - 1,
    }
    return checked(row), law


def in_dimension(one: Row, d: int) -> Row:
    """Return distances of a product from those of a coordinate: KL and squared W2 add."""
    return {name: value * (np.sqrt(d) if name == "w2" else d) for name, value in one.items()}


@dataclass(frozen=True)
class Exact:
    """Distances of a target to what a sampler makes of it, without Monte Carlo."""

    kl: float
    """KL(nu* | nu_1), in nats."""
    path_kl: float
    """KL of the path measures, in nats: an upper bound of ``kl`` (Girsanov)."""
    w2: float
    """W2(nu*, nu_1), in units of x."""


def exact_distances(
    target: GaussianMixture, drift: Drift | None = None, steps: int | np.ndarray = 32
) -> Exact:
    """Return how far the Euler-Maruyama chain of a drift ends from its target, on the line.

    The chain starts from N(0, 1) and X is the interpolant of the independent coupling (paper B,
    section 2), so that the exact drift is the one of ``IndependentMixtures.drift``.

    >>> import numpy as np
    >>> from flowbounds.dfm.mixtures import on_the_line
    >>> target = on_the_line(weights=[0.5, 0.5], means=[-2, 2], variances=[0.25, 0.25])
    >>> found = exact_distances(target, steps=8)
    >>> print(f"{found.kl:.4f} {found.path_kl:.3f} {found.w2:.4f}")
    0.0748 0.219 0.1934

    A drift of one's own, as -x + 0.3 for N(0, 1), where KL has a closed form:

    >>> normal = on_the_line(weights=[1], means=[0], variances=[1])
    >>> found = exact_distances(normal, lambda t, x: -x + 0.3, steps=16)
    >>> print(f"{found.kl:.5f}")
    0.01834

    A sampler's own steps, as times from 0 to 1; here ever shorter ones:

    >>> found = exact_distances(target, steps=1 - (1 - np.linspace(0, 1, 9)) ** 1.5)
    >>> print(f"{found.kl:.4f}")
    0.0372

    Args:
        target: a mixture on the line, each component with a variance above 0.
        drift: s(t, x), shape (n, 1) from shape (n, 1); without it the exact one.
        steps: a number N of equal steps, or the times 0 = t_0 < ... < t_N = 1, shape (N + 1,).

    Raises:
        ValueError: the target is not on the line or has a point mass, or the times do not increase
            from 0 to 1.
        ArithmeticError: the marginal KL exceeds that of the paths: the drift is too rough for the
            grids.
    """
    if target.d != 1 or not (target.covariances > 0).all():
        raise ValueError("the target is on the line, each component with a variance above 0")
    times = uniform_times(steps) if np.ndim(steps) == 0 else np.asarray(steps, dtype=float)
    if times[0] != 0 or times[-1] != 1 or not (np.diff(times) > 0).all():
        raise ValueError("times increase from 0 to 1")
    pair = IndependentMixtures(STANDARD_NORMAL, target)
    drift = drift or pair.drift
    law = euler_maruyama_law(pair, drift, times)
    row = {"kl_marginal": kl(pair, law), "kl_path": path_kl(pair, drift, times)}
    checked(row)
    return Exact(row["kl_marginal"], row["kl_path"], w2(pair, law))


def bounds_of(steps: int, d: int, moments: bounds.EighthMoments) -> Row:
    """Return the right sides of the theorems for equal steps, with the moments in them."""
    h = 1 / steps
    return {
        "h": h,
        "bound_thm2": bounds.theorem_2(h, d, moments),
        "bound_followup": bounds.followup_theorem_1(h, d, moments),
        "bound_w2": bounds.followup_theorem_4(h, d, moments),
    } | vars(moments)


def discretization(target: str, steps: Sequence[int], d: Sequence[int]) -> list[Row]:
    """Return Theorem 2 with the exact drift: one row a number of steps and dimension.

    Raises:
        ArithmeticError: as :func:`checked`.
    """
    distances = _of_correlated if target in CORRELATED else _of_products
    moments = _moments(target, d)
    return [
        {"target": target, "d": dimension, "steps": count}
        | row
        | bounds_of(count, dimension, norms)
        for count in progress(steps, f"{target}, steps")
        for dimension, row, norms in zip(d, distances(target, count, d), moments, strict=True)
    ]


def _moments(target: str, d: Sequence[int]) -> list[bounds.EighthMoments]:
    if target in CORRELATED:
        return [bounds.of_gaussian(principal_axes(target, dimension)) for dimension in d]
    squares = bounds.squares_on_the_line(coupling(target))
    return [bounds.of_product(squares, dimension) for dimension in d]


def _of_products(target: str, steps: int, d: Sequence[int]) -> list[Row]:
    pair = coupling(target)
    one, law = divergences(pair, uniform_times(steps))
    one |= {"w2": w2(pair, law)}
    return [in_dimension(one, dimension) for dimension in d]


def _of_correlated(target: str, steps: int, d: Sequence[int]) -> list[Row]:
    rows, times = [], uniform_times(steps)
    for pair in (principal_axes(target, dimension) for dimension in d):
        law, true = gaussians.euler_maruyama_moments(pair, times), pair.moments(times[-1])
        row = {
            "kl_marginal": float(gaussians.kl(true, law).sum()),
            "kl_path": float(gaussians.path_kl(pair, times).sum()),
            "w2": float(np.sqrt(gaussians.w2_squared(true, law).sum())),
            "mass_error": 0.0,
        }
        rows.append(checked(row))
    return rows

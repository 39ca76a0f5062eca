"""Both sides of paper B's bounds without Monte Carlo: the rows that its exact experiments share.

Nothing here is random but the Fourier drift error, which has one fixed stream, so there are no
seeds: what a row says is exact up to the stated errors of quadrature.py and path_measure.py.

Targets on the line stand for their products in d dimensions: one coordinate is computed, and
:func:`in_dimension` has the whole. Correlated Gaussians have closed forms on their principal axes.
"""

from collections.abc import Sequence

import numpy as np

from flowbounds.dfm import bounds, gaussians
from flowbounds.dfm.couplings import Coupling
from flowbounds.dfm.path_measure import path_kl
from flowbounds.dfm.paths import uniform_times
from flowbounds.dfm.quadrature import Law, euler_maruyama_law, kl, w2
from flowbounds.dfm.targets import CORRELATED, coupling, principal_axes
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

"""The exact experiments on paper B: one function an experiment, which returns rows of its table.

Nothing here is random but the Fourier drift error, which has one fixed stream, so there are no
seeds: what a row says is exact up to the stated errors of quadrature.py and path_measure.py.
"""

from collections.abc import Sequence

import numpy as np

from flowbounds.dfm import bounds, gaussians
from flowbounds.dfm.couplings import Coupling
from flowbounds.dfm.path_measure import path_kl
from flowbounds.dfm.paths import nonuniform_times, uniform_times
from flowbounds.dfm.perturbations import FIELDS, perturbed
from flowbounds.dfm.quadrature import Law, drift_error, euler_maruyama_law, kl, w2
from flowbounds.dfm.targets import CORRELATED, coupling, principal_axes, scaled, separated
from flowbounds.run.progress import progress

SCHEDULES = {"uniform": uniform_times, "nonuniform": nonuniform_times}

Row = dict[str, object]


def _checked(row: Row) -> Row:
    """Return a row if its marginal KL is at most its path KL, as data processing has it.

    Raises:
        ArithmeticError: it is not; some quadrature did not resolve what it integrates.
    """
    if not row["kl_marginal"] <= row["kl_path"] * (1 + 1e-3):
        raise ArithmeticError(f"the marginal KL exceeds the path KL: {row}")
    return row


def _divergences(pair: Coupling, times: np.ndarray) -> tuple[Row, Law]:
    law = euler_maruyama_law(pair, pair.drift, times)
    row = {
        "kl_marginal": kl(pair, law),
        "kl_path": path_kl(pair, pair.drift, times),
        "mass_error": law.mass - 1,
    }
    return _checked(row), law


def _on_the_line(pair: Coupling, times: np.ndarray) -> Row:
    row, law = _divergences(pair, times)
    return row | {"w2": w2(pair, law)}


def _in_dimension(one: Row, d: int) -> Row:
    """Distances of a product from those of a coordinate: KL and squared W2 add."""
    return {name: value * (np.sqrt(d) if name == "w2" else d) for name, value in one.items()}


def _correlated(name: str, d: int, times: np.ndarray) -> Row:
    pair = principal_axes(name, d)
    law, true = gaussians.euler_maruyama_moments(pair, times), pair.moments(times[-1])
    return _checked(
        {
            "kl_marginal": float(gaussians.kl(true, law).sum()),
            "kl_path": float(gaussians.path_kl(pair, times).sum()),
            "w2": float(np.sqrt(gaussians.w2_squared(true, law).sum())),
            "mass_error": 0.0,
        }
    )


def _bounds(steps: int, d: int, moments: bounds.EighthMoments) -> Row:
    h = 1 / steps
    return {
        "h": h,
        "bound_thm2": bounds.theorem_2(h, d, moments),
        "bound_followup": bounds.followup_theorem_1(h, d, moments),
        "bound_w2": bounds.followup_theorem_4(h, d, moments),
    } | vars(moments)


def discretization(target: str, steps: Sequence[int], d: Sequence[int]) -> list[Row]:
    """Theorem 2 with the exact drift: one row a number of steps and dimension."""
    rows = []
    squares = None if target in CORRELATED else bounds.squares_on_the_line(coupling(target))
    for count in progress(steps, f"{target}, steps"):
        times = uniform_times(count)
        one = None if target in CORRELATED else _on_the_line(coupling(target), times)
        for dimension in d:
            if one is None:
                distances = _correlated(target, dimension, times)
                moments = bounds.of_gaussian(principal_axes(target, dimension))
            else:
                distances = _in_dimension(one, dimension)
                moments = bounds.of_product(squares, dimension)
            cell = {"target": target, "d": dimension, "steps": count}
            rows.append(cell | distances | _bounds(count, dimension, moments))
    return rows


def moment_dependence(
    target: str,
    steps: Sequence[int],
    d: Sequence[int],
    scale: Sequence[float],
    separation: Sequence[float],
) -> list[Row]:
    """Theorem 2 against the moments: a target scaled, or two components moved apart.

    ``separated`` is 1/2 N(-a, 1/4) + 1/2 N(a, 1/4), of separation a; other targets take the scales.
    """
    apart = target == "separated"
    rows = []
    for value in progress(separation if apart else scale, f"{target}, scales"):
        pair = separated(value) if apart else scaled(target, value)
        squares = bounds.squares_on_the_line(pair)
        for count in steps:
            one, _ = _divergences(pair, uniform_times(count))
            for dimension in d:
                moments = bounds.of_product(squares, dimension)
                cell = {"target": target, "d": dimension, "scale": value, "steps": count}
                row = _in_dimension(one, dimension) | _bounds(count, dimension, moments)
                rows.append(cell | row)
    return rows


def drift_errors(
    target: str,
    steps: Sequence[int],
    d: Sequence[int],
    epsilon: Sequence[float],
    perturbations: Sequence[str],
) -> list[Row]:
    """Theorem 2 with drift s = beta + c e; every coordinate of a product has eps^2 / d.

    The path KL is a polynomial of degree two in c whose square term is eps^2 / 4, so c = 0 and one
    more c give it everywhere. Rows with epsilon = 0 are the exact drift.
    """
    pair = coupling(target)
    rows = []
    for count in progress(steps, f"{target}, steps"):
        times = uniform_times(count)
        path_exact = path_kl(pair, pair.drift, times)
        marginal_exact = kl(pair, euler_maruyama_law(pair, pair.drift, times))
        for name in perturbations:
            field = FIELDS[name]()
            unit = drift_error(pair, perturbed(pair, field, 1.0), times)
            mixed = path_kl(pair, perturbed(pair, field, 1.0), times) - path_exact - unit / 4
            for dimension in d:
                for error in [0.0, *epsilon]:
                    size = error / np.sqrt(dimension * unit)
                    drift = perturbed(pair, field, size)
                    if error == 0:
                        measured, marginal = 0.0, marginal_exact
                    else:
                        measured = drift_error(pair, drift, times)
                        marginal = kl(pair, euler_maruyama_law(pair, drift, times))
                    path = path_exact + size * mixed + measured / 4
                    row = {
                        "target": target,
                        "d": dimension,
                        "steps": count,
                        "perturbation": name,
                        "epsilon": error,
                        "epsilon2": dimension * measured,
                        "kl_marginal": dimension * marginal,
                        "kl_path": dimension * path,
                        "kl_split": dimension * (path_exact + measured / 4),
                    }
                    rows.append(_checked(row))
    return rows


def early_stopping(
    target: str, steps: Sequence[int], delta: Sequence[float], schedules: Sequence[str]
) -> list[Row]:
    """Theorem 3: KL of the law of X_{1 - delta} and of the chain stopped at 1 - delta."""
    pair = coupling(target)
    moments = bounds.of_product(bounds.squares_on_the_line(pair), 1)
    rows = []
    for count in progress(steps, f"{target}, steps"):
        for schedule in schedules:
            for gap in delta:
                times = SCHEDULES[schedule](count, gap)
                law = euler_maruyama_law(pair, pair.drift, times)
                h = float(times[1])
                if schedule == "uniform":
                    bound = bounds.followup_theorem_2(h, 1, gap, moments)
                else:
                    bound = bounds.followup_theorem_3(h, 1, gap, moments)
                rows.append(
                    {
                        "target": target,
                        "d": 1,
                        "steps": count,
                        "schedule": schedule,
                        "delta": gap,
                        "h": h,
                        "kl_marginal": kl(pair, law),
                        "mass_error": law.mass - 1,
                        "bound_followup": bound,
                    }
                )
    return rows


EXPERIMENTS = {
    "dfm_discretization": discretization,
    "dfm_drift_error": drift_errors,
    "dfm_dimension": discretization,
    "dfm_moments": moment_dependence,
    "dfm_early_stopping": early_stopping,
}

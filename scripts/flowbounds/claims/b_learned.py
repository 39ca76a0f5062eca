"""Claims on learned drifts: paper B's bound end to end, and diffusion flow matching on images."""

import numpy as np
import pandas as pd

from flowbounds.claims.judging import Verdict, bootstrap, conclude, cube
from flowbounds.claims.orderings import always_increases

# Girsanov's theorem: the path KL of a drift error that stands alone is eps^2 / 4.
GIRSANOV = 0.25


def cubes(dfm_learned: pd.DataFrame, *quantities: str) -> np.ndarray:
    """Return quantities as an array with axes (quantity, N, target, n, m, seed)."""
    return np.stack([cube(dfm_learned, q, "steps", "target", "n", "m") for q in quantities])


def data_processing(dfm_learned: pd.DataFrame) -> Verdict:
    """The KL between the end points is at most that between the paths.

    The step from Girsanov's theorem to Theorem 2, for drifts that were learned. Refuted by any cell
    and seed in which the exact KL of the generated law exceeds the path KL; the quantity is the
    largest ratio. The two come from different computations (the law of the chain; the joint law of
    the diffusion at two times), so that this also checks one against the other.
    """
    ends, paths = cubes(dfm_learned, "kl_marginal", "kl_path")
    return conclude(
        bootstrap(ends / paths, np.max),
        high=1,
        paper="B",
        claim="theorem 2: learned drift, end points and paths",
        statement="the KL of the generated law is at most the KL of the paths, for learned drifts",
        figure="b_learned_drift",
        quantity="largest ratio of kl_marginal to kl_path over (target, n, m, N, seed)",
        expected="at most 1",
    )


def one_constant(dfm_learned: pd.DataFrame) -> Verdict:
    """One constant C serves every n and N: KL <= C (eps^2 + h), with C not growing.

    The constant that a cell needs is C = KL / (eps^2 + h) of the means over the seeds (the moments
    of Theorem 2 are those of the target, one number for all cells of it). Two regimes have known
    constants: with the exact drift C is KL / h, largest at some N of the grid, and where the drift
    error stands alone Girsanov's theorem gives 1/4. If learned drifts obey the theorem, no sample
    size, width or number of steps needs more than the larger of the two; if errors were amplified
    along the path, as in a bound by Gronwall's lemma, C would exceed it as n falls or N grows. The
    quantity is the largest quotient of the two over all cells; refuted above 1.
    """
    h = 1 / np.sort(dfm_learned["steps"].unique())[:, None, None, None]

    def largest_quotient(values: np.ndarray) -> float:
        kl, exact_drift, epsilon2 = values.mean(axis=-1)
        alone = (exact_drift / h).max(axis=(0, 2, 3), keepdims=True)  # of each target
        return (kl / (epsilon2 + h) / np.maximum(alone, GIRSANOV)).max()

    return conclude(
        bootstrap(
            cubes(dfm_learned, "kl_marginal", "kl_exact_drift", "epsilon2"), largest_quotient
        ),
        high=1,
        paper="B",
        claim="theorem 2: learned drift, one constant",
        statement="KL <= C (eps^2 + h) with one C for all sample sizes and step sizes",
        figure="b_learned_drift",
        quantity="largest KL / (eps^2 + h) over what the exact drift or eps^2 / 4 needs",
        expected="at most 1",
    )


def drift_error_takes_over(dfm_learned: pd.DataFrame) -> Verdict:
    """Beyond some N more steps do not help: the learned drift's eps^2 is what is left.

    At the largest N the KL with the exact drift is the discretisation's share. The quantity is the
    largest share, KL of the exact drift over KL of the learned one, over targets, n and m; refuted
    above 1/2, where the discretisation still is the larger part.
    """

    def largest_share(values: np.ndarray) -> float:
        learned, exact_drift = values.mean(axis=-1)
        return (exact_drift / learned).max()

    return conclude(
        bootstrap(cubes(dfm_learned, "kl_marginal", "kl_exact_drift")[:, -1], largest_share),
        high=0.5,
        paper="B",
        claim="theorem 2: learned drift, eps^2 takes over",
        statement="at large N the KL is that of the drift error, not of the discretisation",
        figure="b_learned_drift",
        quantity="largest share of the exact drift's KL in the learned one's, at the largest N",
        expected="at most 0.5",
    )


def drift_error_bounds_the_rest(dfm_learned: pd.DataFrame) -> Verdict:
    """What the learned drift adds at large N is within the bound of its eps^2.

    The quantity is the largest ratio, over targets, n and m at the largest N, of the KL that the
    learned drift adds to the exact drift's, to eps^2 / 4, Girsanov's value for a drift error alone.
    Refuted above 1. This is sharper than the theorem, whose constant is open: a drift error need
    not be orthogonal to the discretisation's.
    """

    def largest_ratio(values: np.ndarray) -> float:
        learned, exact_drift, epsilon2 = values.mean(axis=-1)
        return ((learned - exact_drift) / (GIRSANOV * epsilon2)).max()

    finest = cubes(dfm_learned, "kl_marginal", "kl_exact_drift", "epsilon2")[:, -1]
    return conclude(
        bootstrap(finest, largest_ratio),
        high=1,
        paper="B",
        claim="theorem 2: learned drift, eps^2 bounds the rest",
        statement="at large N the learned drift adds at most eps^2 / 4 to the KL",
        figure="b_learned_drift",
        quantity="largest (KL - KL of the exact drift) / (eps^2 / 4) at the largest N",
        expected="at most 1",
    )


def images_improve_with_steps(dfm_images: pd.DataFrame) -> Verdict:
    """More steps bring generated codes closer to held-out ones, in W2 (follow-up, Theorem 4).

    The quantity is the share of neighbouring N at which the seed mean of exact W2 falls, over data
    sets and couplings, at the smallest delta; refuted by a pair at which it grows significantly.
    """
    least = dfm_images[dfm_images["delta"] == dfm_images["delta"].min()]
    return always_increases(
        -cube(least, "w2_exact", "steps", "dataset", "coupling"),
        0,
        paper="B",
        claim="images: W2 against N",
        statement="more steps give a smaller W2 to held-out codes, for every coupling",
        figure="b_images",
        quantity="share of neighbouring N at which mean W2 falls",
    )


def images_pay_for_early_stopping(dfm_images: pd.DataFrame) -> Verdict:
    """Stopping earlier costs distance: at 1 - delta the law is the data's, blurred.

    The quantity is the share of neighbouring delta at which the seed mean of exact W2 grows, over
    data sets and couplings, at the largest N; refuted by a pair at which it falls significantly.
    """
    finest_steps = dfm_images[dfm_images["steps"] == dfm_images["steps"].max()]
    return always_increases(
        cube(finest_steps, "w2_exact", "delta", "dataset", "coupling"),
        0,
        paper="B",
        claim="images: W2 against delta",
        statement="a smaller delta gives a smaller W2 to held-out codes, for every coupling",
        figure="b_images",
        quantity="share of neighbouring delta at which mean W2 grows",
    )


def images_learn_more_than_moments(dfm_images: pd.DataFrame) -> Verdict:
    """The learned drift is closer to beta than the drift of a Gaussian coupling of equal moments.

    On held-out pairs both have the same irreducible error, so that the difference of their
    regression errors is the difference of their eps^2. The quantity is the smallest difference,
    linear less learned, over data sets and couplings at the largest N and smallest delta; refuted
    where it is negative: the network has learned the sample, not the law.
    """
    cell = dfm_images[
        (dfm_images["steps"] == dfm_images["steps"].max())
        & (dfm_images["delta"] == dfm_images["delta"].min())
    ]
    gain = cube(cell, "drift_mse_linear", "dataset", "coupling") - cube(
        cell, "drift_mse", "dataset", "coupling"
    )
    return conclude(
        bootstrap(gain, lambda values: float(values.mean(axis=-1).min())),
        low=0,
        paper="B",
        claim="images: learned drift",
        statement="on held-out pairs the learned drift has a smaller error than a linear one",
        figure="b_images",
        quantity="smallest eps^2 of the linear drift less that of the learned one over couplings",
        expected="at least 0",
    )


CLAIMS = [
    data_processing,
    one_constant,
    drift_error_takes_over,
    drift_error_bounds_the_rest,
    images_improve_with_steps,
    images_pay_for_early_stopping,
    images_learn_more_than_moments,
]

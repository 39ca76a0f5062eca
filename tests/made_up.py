"""Made-up tables for the tests of claims, and what the claims say of them."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy.stats import binom

from flowbounds.claims import judging
from flowbounds.claims.claim import Claim, verdict
from flowbounds.claims.controls import control

SEEDS = 8


def grid(noise: float = 0.01, seeds: int = SEEDS, **axes) -> pd.DataFrame:
    """All combinations of some columns and the seeds, with a factor near 1 that differs per row."""
    index = pd.MultiIndex.from_product([*axes.values(), range(seeds)], names=[*axes, "seed"])
    table = index.to_frame(index=False)
    rng = np.random.default_rng(0)
    return table.assign(factor=np.exp(noise * rng.standard_normal(len(table))))


def claims_of(module) -> Iterator[Claim]:
    """Yield the claims that a module makes."""
    for value in vars(module).values():
        found = getattr(value, "claim", None)
        if isinstance(found, Claim) and found.function.__module__ == module.__name__:
            yield found


def row(function, tables: Mapping[str, pd.DataFrame]) -> dict:
    """Judge a claim, given as the function that makes it."""
    return verdict(function.claim, tables)


def outcome(function, tables: Mapping[str, pd.DataFrame]) -> str:
    return row(function, tables)["outcome"]


def noticed(claim: Claim, tables: Mapping[str, pd.DataFrame]) -> bool:
    """Say whether a claim's own control refutes it."""
    return control(claim, tables)["noticed"]


def shares(
    function, tables: Mapping[str, pd.DataFrame], noise: float, draws: int = 400
) -> dict[str, float]:
    """Return how often a claim is upheld and refuted when noise is added to exact tables.

    The noise is Gaussian and added to every entry on the scale on which it is judged.
    """
    claim = function.claim
    found = claim.evidence(tables)
    rng = np.random.default_rng(0)
    raw = found.raw + noise * rng.standard_normal((draws, *found.raw.shape))
    refuted, upheld = judging.decide(found, raw, claim.allowed)
    return {judging.REFUTED: refuted.mean(), judging.UPHELD: upheld.mean()}


def at_most(share: float, draws: int = 400) -> float:
    """Return a share that draws of probability ``share`` exceed once in ten thousand."""
    return binom.isf(1e-4, draws, share) / draws

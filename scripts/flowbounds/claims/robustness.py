"""Whether a verdict hangs on how it was judged: the same data under other reasonable choices."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from flowbounds.claims.claim import Claim, Tables, verdict
from flowbounds.claims.judging import LEVEL, MIN_SEEDS, Region

# Columns whose values make a grid that can be cut.
GRIDS = ("d", "n", "m", "eta", "kappa", "b1", "tau_min", "steps", "epsilon", "scale", "delta")

SEED_LEFT_OUT = "without seed"


def choices(claim: Claim, tables: Tables) -> Iterator[tuple[str, Claim, Tables, float]]:
    """Yield other ways to judge a claim: words, the claim, its tables and the level.

    Levels of 90 and 99 %, half and double the margin, each grid without its first or last value and
    either half of it where that leaves two values, and each seed left out. A cut that leaves the
    claim without data, or with the same, is no other way to judge it. One seed fewer than a verdict
    needs is enough here: it is asked whether the verdict hangs on one seed.
    """
    own = {name: tables[name] for name in claim.tables}
    yield "level 90 %", claim, own, 0.9
    yield "level 99 %", claim, own, 0.99
    if claim.allowed.margin:
        for words, factor in (("half the margin", 0.5), ("double the margin", 2.0)):
            yield words, replace(claim, allowed=_with_margin(claim, factor)), own, LEVEL
    for column in GRIDS:
        values = _values(own, column)
        cuts = {"first": values[1:], "last": values[:-1]} if len(values) > 2 else {}
        if len(values) > 3:
            half = len(values) // 2
            cuts |= {"lower half": values[half:], "upper half": values[:half]}
        for words, kept in cuts.items():
            rest = _kept(own, column, kept)
            if _differs(claim, own, rest):
                yield f"{column} without its {words}", claim, rest, LEVEL
    seeds = _values(own, "seed")
    if len(seeds) > 1:
        for seed in seeds:
            rest = [other for other in seeds if other != seed]
            yield f"{SEED_LEFT_OUT} {seed:g}", claim, _kept(own, "seed", rest), LEVEL


def _with_margin(claim: Claim, factor: float) -> Region:
    """Scale a margin; one that is a factor is scaled on the log scale."""
    margin = claim.allowed.margin
    return replace(claim.allowed, margin=margin**factor if margin >= 1 else margin * factor)


def _differs(claim: Claim, tables: Tables, cut: Tables) -> bool:
    """Say whether cut tables leave a claim with evidence, and with another than before."""
    all_of_it, rest = claim.evidence(tables), claim.evidence(cut)
    if not len(rest.tests):
        return False
    return list(rest.tests) != list(all_of_it.tests) or not np.array_equal(
        rest.raw, all_of_it.raw, equal_nan=True
    )


def _values(tables: Tables, column: str) -> list[float]:
    """Values of a column that all tables have which have the column, increasing."""
    having = [set(table[column].dropna()) for table in tables.values() if column in table]
    return sorted(set.intersection(*having)) if having else []


def _kept(tables: Tables, column: str, values: list[float]) -> Tables:
    return {
        name: table[table[column].isin(values)] if column in table else table
        for name, table in tables.items()
    }


def robustness(claim: Claim, tables: Tables) -> list[dict[str, object]]:
    """Judge a claim under every choice: a row each, with the verdict and what was measured."""
    rows = []
    for words, judged, own, level in choices(claim, tables):
        row = verdict(judged, own, level, MIN_SEEDS - words.startswith(SEED_LEFT_OUT))
        rows.append(
            {"claim": claim.name, "choice": words}
            | {key: row[key] for key in ("measured", "ci_low", "ci_high", "verdict")}
        )
    return rows


def share(word: str, others: list[dict[str, object]]) -> float:
    """Return the share of the other choices under which the verdict is the same."""
    return sum(other["verdict"] == word for other in others) / len(others)

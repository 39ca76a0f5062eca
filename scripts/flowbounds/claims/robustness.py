"""Whether a verdict hangs on how it was judged: the same data under other reasonable choices."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from flowbounds.claims.claim import Claim, Tables, numbers
from flowbounds.claims.evidence import Evidence
from flowbounds.claims.judging import LEVEL, MIN_SEEDS, REFUTED, Region, judge

# Columns whose values make a grid that can be cut.
GRIDS = ("d", "n", "m", "eta", "kappa", "b1", "tau_min", "steps", "epsilon", "scale", "delta")


@dataclass(frozen=True)
class Choice:
    """One other way to judge a claim."""

    words: str
    tables: Tables
    evidence: Evidence
    allowed: Region
    level: float = LEVEL
    min_seeds: int = MIN_SEEDS


def choices(claim: Claim, tables: Tables) -> Iterator[Choice]:
    """Yield other ways to judge a claim.

    Levels of 90 and 99 %, half and double the margin, each grid without its first or last value and
    either half of it where that leaves two values, and each seed left out. A cut that leaves the
    claim without data, or with the same, is no other way to judge it. One seed fewer than a verdict
    needs is enough here: it is asked whether the verdict hangs on one seed.
    """
    own = {name: tables[name] for name in claim.tables}
    evidence = claim.evidence(own)
    as_it_is = Choice("", own, evidence, claim.allowed)
    yield replace(as_it_is, words="level 90 %", level=0.9)
    yield replace(as_it_is, words="level 99 %", level=0.99)
    if claim.allowed.margin:
        for words, factor in (("half the margin", 0.5), ("double the margin", 2.0)):
            yield replace(as_it_is, words=words, allowed=_with_margin(claim, factor))
    for words, cut in _cuts(own):
        rest = claim.evidence(cut)
        if _differs(evidence, rest):
            yield replace(as_it_is, words=words, tables=cut, evidence=rest)
    seeds = _values(own, "seed")
    for seed in seeds if len(seeds) > 1 else ():
        rest = _kept(own, "seed", [other for other in seeds if other != seed])
        without = replace(as_it_is, tables=rest, evidence=claim.evidence(rest))
        yield replace(without, words=f"without seed {seed:g}", min_seeds=MIN_SEEDS - 1)


def _cuts(tables: Tables) -> Iterator[tuple[str, Tables]]:
    """Yield tables without the first or last value of a grid, and without either half of it."""
    for column in GRIDS:
        values = _values(tables, column)
        kept = {"first": values[1:], "last": values[:-1]} if len(values) > 2 else {}
        if len(values) > 3 and column != "scale":  # claims are about both of its ends
            half = len(values) // 2
            kept |= {"lower half": values[half:], "upper half": values[:half]}
        for words, rest in kept.items():
            yield f"{column} without its {words}", _kept(tables, column, rest)


def _with_margin(claim: Claim, factor: float) -> Region:
    """Scale a margin; one that is a factor is scaled on the log scale."""
    margin = claim.allowed.margin
    return replace(claim.allowed, margin=margin**factor if margin >= 1 else margin * factor)


def _differs(all_of_it: Evidence, rest: Evidence) -> bool:
    """Say whether a cut leaves evidence, and another than before."""
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
    for choice in choices(claim, tables):
        found = judge(choice.evidence, choice.allowed, choice.level, choice.min_seeds)
        broken = claim.broken_conditions(choice.tables) if found.outcome == REFUTED else ""
        rows.append(
            {"claim": claim.name, "choice": choice.words}
            | numbers(choice.evidence, found)
            | {"verdict": claim.word(found.outcome, broken)}
        )
    return rows


def share(word: str, others: list[dict[str, object]]) -> float:
    """Return the share of the other choices under which the verdict is the same."""
    return sum(other["verdict"] == word for other in others) / len(others)

"""A claim: what is said, by whom, of what; and the row of results/verdicts.csv that judges it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flowbounds.claims import judging
from flowbounds.claims.evidence import Evidence
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD, Region

Tables = Mapping[str, pd.DataFrame]

# Whose claim it is and of which kind.
TEXT = "text"  # what a paper's text says of its own experiments
BOUND, RATE, LIMIT = "bound", "rate", "limit"  # what its theorems say
CHECK = "check"  # an identity: a failure is an error in this code
OURS = "ours"  # what we expect, or a repair of a statement
THEOREMS = (BOUND, RATE, LIMIT)
KINDS = (TEXT, *THEOREMS, CHECK, OURS)

INCONCLUSIVE, CONDITIONS_NOT_MET = "inconclusive", "conditions not met"
_WORDS = {
    TEXT: {UPHELD: "reproduced", REFUTED: "not reproduced"},
    CHECK: {UPHELD: "passed", REFUTED: "failed"},
    OURS: {UPHELD: "as expected", REFUTED: "not as expected"},
} | {kind: {UPHELD: "not contradicted", REFUTED: "contradicted"} for kind in THEOREMS}
WORDS = tuple(
    dict.fromkeys(
        [word for words in _WORDS.values() for word in words.values()]
        + [INCONCLUSIVE, CONDITIONS_NOT_MET]
    )
)


@dataclass(frozen=True)
class Control:
    """Tables altered so that a claim is false; its function must say so."""

    words: str
    alter: Callable[[dict], dict]
    """From the tables that the claim reads, by name, to altered ones."""


@dataclass(frozen=True)
class Claim:
    """A claim with all that its row says but for what is measured."""

    function: Callable[..., Evidence]
    name: str
    paper: str
    kind: str
    source: str
    """Paper, version, theorem or figure."""
    statement: str
    figure: str
    quantity: str
    allowed: Region
    why_margin: str
    decided: str
    """``before`` or ``after`` a first look at the numbers, and what was seen."""
    control: Control
    conditions: Callable[..., str] | None = None
    """From tables to the conditions of the theorem that their cells break; empty if none."""

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the claim reads, by the names of arguments."""
        functions = [self.function, *([self.conditions] if self.conditions else [])]
        return tuple(dict.fromkeys(n for f in functions for n in inspect.signature(f).parameters))

    def evidence(self, tables: Tables) -> Evidence:
        return self.function(**{n: tables[n] for n in inspect.signature(self.function).parameters})

    def broken_conditions(self, tables: Tables) -> str:
        if self.conditions is None:
            return ""
        names = inspect.signature(self.conditions).parameters
        return self.conditions(**{name: tables[name] for name in names})

    def word(self, outcome: str, broken: str) -> str:
        """Return the verdict's words; a theorem is not contradicted outside its conditions."""
        if outcome == OPEN:
            return INCONCLUSIVE
        if outcome == REFUTED and self.kind in THEOREMS and broken:
            return CONDITIONS_NOT_MET
        return _WORDS[self.kind][outcome]


def claim(
    *,
    name: str,
    paper: str,
    kind: str,
    source: str,
    statement: str,
    figure: str,
    quantity: str,
    allowed: Region,
    control: Control,
    why_margin: str = "no margin",
    decided: str = "before",
    conditions: Callable[..., str] | None = None,
) -> Callable[[Callable[..., Evidence]], Callable[..., Evidence]]:
    """Make a claim of a function from tables to evidence; arguments are those of :class:`Claim`."""
    if kind not in KINDS:
        raise ValueError(f"no kind {kind!r}; there are {', '.join(KINDS)}")

    def attach(function: Callable[..., Evidence]) -> Callable[..., Evidence]:
        function.claim = Claim(
            function, name, paper, kind, source, statement, figure, quantity, allowed, why_margin,
            decided, control, conditions,
        )  # fmt: skip
        return function

    return attach


def numbers(evidence: Evidence, found: judging.Judgement) -> dict[str, float]:
    """Return what was measured in the test closest to the limit, as it is reported."""

    def shown(values: np.ndarray) -> float:
        return float(evidence.shown(values[found.closest])) if found.closest is not None else np.nan

    return {
        "measured": shown(found.estimate),
        "ci_low": shown(found.low),
        "ci_high": shown(found.high),
    }


def verdict(claim: Claim, tables: Tables) -> dict[str, object]:
    """Judge a claim: its row of results/verdicts.csv, but for how sure it is and the scale."""
    evidence, allowed = claim.evidence(tables), claim.allowed
    found = judging.judge(evidence, allowed)
    broken = claim.broken_conditions(tables)
    k = found.closest
    margin = f"{allowed.margin:g}" + (" (a factor)" if evidence.log else "")

    edge, moving = judging.still_moving(evidence, k) if k is not None else (np.nan, False)
    remarks = [found.why, "still moving" if moving else "", evidence.note]
    return {
        "claim": claim.name,
        "paper": claim.paper,
        "kind": claim.kind,
        "source": claim.source,
        "statement": claim.statement,
        "figure": claim.figure,
        "quantity": claim.quantity,
        "expected": f"{allowed}" + (f", margin {margin}" if allowed.margin else ""),
        **numbers(evidence, found),
        "allowed_low": allowed.low,
        "allowed_high": allowed.high,
        "margin": allowed.margin,
        "ratio": evidence.log,
        "cells": len(evidence.tests),
        "closest": evidence.tests[k] if k is not None else "",
        "slack": float(evidence.shown(found.slack)),
        "edge": edge,
        "decided": claim.decided,
        "why_margin": claim.why_margin,
        "conditions": broken,
        "reason": "; ".join(filter(None, remarks)),
        "outcome": found.outcome,
        "verdict": claim.word(found.outcome, broken),
    }

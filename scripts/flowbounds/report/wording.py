"""Numbers and verdicts in words, the same on the page and in the summary."""

import math

import pandas as pd

from flowbounds.claims.claim import CONDITIONS_NOT_MET, INCONCLUSIVE, KINDS, WORDS

HELD = ("reproduced", "not contradicted", "passed", "as expected")
SYMBOLS = {word: "✓" if word in HELD else "✗" for word in WORDS} | {
    CONDITIONS_NOT_MET: "⊘",
    INCONCLUSIVE: "?",
}
STATES = {"held": "held", "failed": "failed", "unmet": "conditions not met", "open": "open"}
KIND_NAMES = {
    "text": "the paper's text on its experiments",
    "bound": "theorems: bounds",
    "rate": "theorems: rates",
    "limit": "theorems: limits",
    "check": "checks of this code",
    "ours": "our own expectations",
}


def state(verdict: str) -> str:
    """Return what a verdict comes to, for its colour: held, failed, unmet or open."""
    return {"✓": "held", "✗": "failed", "⊘": "unmet", "?": "open"}[SYMBOLS[verdict]]


def number(value: float) -> str:
    """Write a number with three digits, a missing one as a dash."""
    return f"{value:.3g}".replace("-", "−", 1) if math.isfinite(value) else "–"


def with_interval(measured: float, low: float, high: float) -> str:
    """Write an estimate with its interval; one that has no width is left out."""
    if low == high == measured:
        return number(measured)
    return f"{number(measured)} [{number(low)}, {number(high)}]"


def percent(ratio: float) -> str:
    return f"{100 * ratio:+.1f} %".replace("-", "−")


def counted(found: float, of: float, expected: float) -> str:
    """Write how many of some values there are, and how many were expected; a dash of none."""
    return f"{found:.0f} of {of:.0f} ({expected:.1f})" if of else "–"


def tallies(verdicts: pd.DataFrame) -> list[dict[str, object]]:
    """Count the verdicts of each paper and kind; what is no paper's claim is not added to it.

    Returns:
        A row per paper and kind: paper, kind, name, claims, and counts by word, in order.
    """
    rows = []
    for paper in sorted(verdicts["paper"].unique()):
        for kind in KINDS:
            words = verdicts.loc[
                (verdicts["paper"] == paper) & (verdicts["kind"] == kind), "verdict"
            ]
            if len(words):
                counts = {
                    word: int((words == word).sum()) for word in WORDS if (words == word).any()
                }
                rows.append(
                    {"paper": paper, "kind": kind, "name": KIND_NAMES[kind], "claims": len(words)}
                    | {"counts": counts}
                )
    return rows

"""The verdicts, and the papers' numbers beside ours, as Markdown to paste into a review."""

import pandas as pd

from flowbounds.report.comparison import differences, not_compared
from flowbounds.report.wording import SYMBOLS, counted, number, percent, tallies, with_interval

RULE = (
    "A claim speaks of every cell of a grid. It is contradicted when, at family level 5 %, some "
    "cell lies outside what it allows and its margin, upheld when the simultaneous t interval over "
    "the seeds (Bonferroni) of every cell lies inside, and else inconclusive. Measured is the cell "
    "closest to the limit; `seen` is what would be found with probability 80 % in the noisiest."
)

OURS = (
    "Read off figures 1, 3, 4 and 5 of paper A. Beside figure 1 ours is the mean over the "
    "trajectory (t > 0) and the seeds, which is what it shows; beside the others, which show "
    "single runs, the mean over the seeds at the same t, and z is by how many standard deviations "
    "of our seeds the paper's value lies above it. First the relative difference, (ours - paper) "
    "/ paper, in absolute value, and how many values at t > 0 lie within 2 and 3 standard "
    "deviations; in brackets how many of as many runs of our law would, by Student's t."
)


def table(header: list[str], rows: list[list[str]]) -> str:
    """Write a table of Markdown; a bar inside a cell would end it."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", r"\|") for cell in line) + " |" for line in lines
    )


def _tally(verdicts: pd.DataFrame) -> list[list[str]]:
    return [
        [
            row["paper"],
            row["name"],
            ", ".join(f"{count} {word}" for word, count in row["counts"].items()),
        ]
        for row in tallies(verdicts)
    ]


def _judged(verdicts: pd.DataFrame) -> list[list[str]]:
    return [
        [
            row.paper,
            row.kind,
            row.claim,
            row.statement,
            row.quantity,
            row.expected,
            with_interval(row.measured, row.ci_low, row.ci_high),
            number(row.seen),
            f"{100 * row.robust:.0f} %",
            f"{SYMBOLS[row.verdict]} {row.verdict}",
            f"`{row.figure}`",
        ]
        for row in verdicts.itertuples()
    ]


def summary(verdicts: pd.DataFrame, comparison: pd.DataFrame) -> str:
    """Return tallies, verdicts and comparison with a line each that says what they show.

    Args:
        verdicts: results/verdicts.csv.
        comparison: results/comparison.csv.
    """
    sizes = [
        [
            row.figure,
            row.cells,
            percent(row.median).lstrip("+"),
            percent(row.largest).lstrip("+"),
            counted(row.within_2, row.runs, row.expected_2),
            counted(row.within_3, row.runs, row.expected_3),
        ]
        for row in differences(comparison).itertuples()
    ]
    compared = [
        [
            row.figure,
            row.cell,
            number(row.paper),
            number(row.ours),
            percent(row.relative_difference),
            number(row.z),
        ]
        for row in comparison.itertuples()
    ]
    header = [
        "paper", "kind", "claim", "statement", "quantity", "expected",
        "measured [simultaneous 95 %]", "seen", "robust", "verdict", "figure",
    ]  # fmt: skip
    return "\n".join(
        [
            f"## Verdicts, {verdicts['scale'].iloc[0]} scale",
            "",
            RULE,
            "",
            table(["paper", "kind", "verdicts"], _tally(verdicts)),
            "",
            table(header, _judged(verdicts)),
            "",
            "## The papers' numbers and ours",
            "",
            " ".join(filter(None, [OURS, not_compared(comparison)])),
            "",
            table(["figure", "cells", "median", "largest", "within 2 sd", "within 3 sd"], sizes),
            "",
            table(["figure", "cell", "paper", "ours", "relative difference", "z"], compared),
            "",
        ]
    )

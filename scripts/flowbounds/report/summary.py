"""The verdicts, and the papers' numbers beside ours, as Markdown to paste into a review."""

import pandas as pd

from flowbounds.report.comparison import differences
from flowbounds.report.wording import SYMBOLS, number, percent, tallies, with_interval

RULE = (
    "A claim speaks of every cell of a grid. It is contradicted when, at family level 5 %, some "
    "cell lies outside what it allows and its margin, upheld when the simultaneous t interval over "
    "the seeds (Bonferroni) of every cell lies inside, and else inconclusive. Measured is the cell "
    "closest to the limit; `seen` is what would be found with probability 80 % in the noisiest."
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
        f"- {row.figure}: {row.cells} cells, {percent(row.median).lstrip('+')} in median, "
        f"{percent(row.largest).lstrip('+')} at most"
        for row in differences(comparison).itertuples()
    ]
    compared = [
        [
            row.figure,
            row.cell,
            number(row.paper),
            number(row.ours),
            percent(row.relative_difference),
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
            "Ours is the mean over the trajectory (t > 0) and the seeds, which is what figure 1 of "
            "paper A shows. Relative difference, (ours - paper) / paper, in absolute value:",
            "",
            *sizes,
            "",
            table(["figure", "cell", "paper", "ours", "relative difference"], compared),
            "",
        ]
    )

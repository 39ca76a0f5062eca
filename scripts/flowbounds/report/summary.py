"""The verdicts, and the papers' numbers beside ours, as Markdown to paste into a review."""

import pandas as pd

from flowbounds.report.comparison import differences
from flowbounds.report.wording import SYMBOLS, counts, number, percent, with_interval


def table(header: list[str], rows: list[list[str]]) -> str:
    """Write a table of Markdown; a bar inside a cell would end it."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", r"\|") for cell in line) + " |" for line in lines
    )


def summary(verdicts: pd.DataFrame, comparison: pd.DataFrame) -> str:
    """Return both tables with a line each that says what they show.

    Args:
        verdicts: results/verdicts.csv.
        comparison: results/comparison.csv.
    """
    tally = ", ".join(f"{n} {kind}" for kind, n in counts(verdicts["verdict"]).items())
    judged = [
        [
            row.paper,
            row.claim,
            row.statement,
            row.quantity,
            row.expected,
            with_interval(row.measured, row.ci_low, row.ci_high),
            f"{SYMBOLS[row.verdict]} {row.verdict}",
            f"`{row.figure}`",
        ]
        for row in verdicts.itertuples()
    ]
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
    header = ["paper", "claim", "statement", "quantity", "expected", "measured [95 %]", "verdict"]
    return "\n".join(
        [
            f"## Verdicts, {verdicts['scale'].iloc[0]} scale",
            "",
            f"{len(verdicts)} claims: {tally}. Intervals are 95 % bootstrap intervals over the "
            "seeds; with fewer than five seeds nothing is concluded.",
            "",
            table([*header, "figure"], judged),
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

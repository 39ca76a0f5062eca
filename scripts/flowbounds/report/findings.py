"""The README's findings and its map of statements, from the published verdicts alone."""

from collections.abc import Container, Mapping

import pandas as pd
from jinja2 import Environment, StrictUndefined

from flowbounds.claims.claim import CHECK, OURS
from flowbounds.report.wording import SYMBOLS, state, tallies, with_interval


def _escaped(text: object) -> str:
    """A bar inside a cell of a table would end it."""
    return str(text).replace("|", r"\|")


def findings(template: str, verdicts: pd.DataFrame, causes: Mapping[str, str]) -> str:
    """Fill in a template of Markdown.

    Args:
        template: Jinja, with ``tallies``, ``failures`` (rows of the papers' claims that failed,
            each with its ``cause``), and functions of a claim's name, ``measured``, ``verdict``.
        verdicts: the published verdicts.
        causes: why a claim fails, if it does, by its name.

    Raises:
        KeyError: the template names a claim that there is none of.
    """
    rows = verdicts.set_index("claim", drop=False)

    def measured(claim: str) -> str:
        row = rows.loc[claim]
        return with_interval(row["measured"], row["ci_low"], row["ci_high"])

    counted = [
        row | {"counts": ", ".join(f"{count} {word}" for word, count in row["counts"].items())}
        for row in tallies(verdicts)
    ]
    of_papers = rows[~rows["kind"].isin([CHECK, OURS])]
    failed = of_papers[of_papers["verdict"].map(state) == "failed"].to_dict("records")
    failures = [
        {key: _escaped(value) for key, value in row.items()}
        | {"claim": row["claim"], "cause": _escaped(causes.get(row["claim"], ""))}
        for row in failed
    ]
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(template).render(
        tallies=counted,
        failures=failures,
        measured=measured,
        verdict=lambda claim: rows.loc[claim, "verdict"],
    )


def statements(verdicts: pd.DataFrame, pictures: Container[str]) -> str:
    """Return docs/statements.md's table: source, statement, figure, verdict, code.

    Args:
        verdicts: the published verdicts.
        pictures: names of published pictures; a figure in several files has none of its name.
    """
    lines = ["| source | statement | figure | verdict | code |", "|---|---|---|---|---|"]
    for row in verdicts[verdicts["kind"] != CHECK].itertuples():
        module, function = row.code.split(":")
        picture = f"paper-scale/figures/{row.figure}.webp"
        cells = (
            row.source,
            row.statement,
            f"[`{row.figure}`]({picture})" if row.figure in pictures else f"`{row.figure}`",
            f"{SYMBOLS[row.verdict]} {row.verdict}",
            f"[`{function}`](../scripts/flowbounds/claims/{module}.py)",
        )
        lines.append("| " + " | ".join(map(_escaped, cells)) + " |")
    return "\n".join([*lines, ""])

"""Tables altered so that a claim is false: what its function must notice."""

from collections.abc import Callable

import pandas as pd

from flowbounds.claims.claim import Claim, Control, Tables, verdict
from flowbounds.claims.judging import REFUTED


def altered(table: str, words: str, alter: Callable[[pd.DataFrame], pd.DataFrame]) -> Control:
    """Return a control that alters one table in any way."""
    return Control(words, lambda tables: tables | {table: alter(tables[table].copy())})


def tilted(table: str, column: str, against: str, power: float) -> Control:
    """Return a control that multiplies a column by a power of another, 1 at its least value."""

    def alter(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(
            **{column: rows[column] * (rows[against] / rows[against].min()) ** power}
        )

    return altered(table, f"{column} times {against}^{power:g}", alter)


def scaled(table: str, column: str, factor: float) -> Control:
    """Return a control that multiplies a column."""
    return altered(
        table,
        f"{column} times {factor:g}",
        lambda rows: rows.assign(**{column: factor * rows[column]}),
    )


def mirrored(table: str, column: str) -> Control:
    """Return a control that exchanges a column's values: the first for the last, and so on."""

    def alter(rows: pd.DataFrame) -> pd.DataFrame:
        values = sorted(rows[column].unique())
        return rows.assign(
            **{column: rows[column].map(dict(zip(values, reversed(values), strict=True)))}
        )

    return altered(table, f"the values of {column} in reverse order", alter)


def control(claim: Claim, tables: Tables) -> dict[str, object]:
    """Judge a claim on its altered tables: a row of results/controls.csv."""
    own = {name: tables[name] for name in claim.tables}
    row = verdict(claim, claim.control.alter(own))
    return (
        {"claim": claim.name, "altered": claim.control.words}
        | {key: row[key] for key in ("measured", "ci_low", "ci_high", "outcome", "reason")}
        | {"noticed": row["outcome"] == REFUTED}
    )

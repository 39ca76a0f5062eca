"""The data dictionary: what every column of every table means, for people and for programs."""

from collections.abc import Mapping, Sequence

from flowbounds.experiments.experiment import Column

Tables = Mapping[str, Sequence[Column]]


def markdown(tables: Tables, titles: Mapping[str, str]) -> str:
    """Return the dictionary as a page of Markdown.

    Args:
        tables: the columns of each table.
        titles: what each table holds, in a line.
    """
    lines = [
        "# What the tables hold",
        "",
        "A CSV file per table, one row a cell, columns as below; keys first, which name the row.",
        "Missing values are empty: what was not measured, or a network that had diverged by then;",
        "`inf` is infinity, which Table Schema's numbers may be, in capitals or not.",
        "`datapackage.json` says the same to programs (Frictionless Data Package), and beside each",
        "table `<table>.meta.json` says where it comes from.",
    ]
    for name, columns in tables.items():
        lines += ["", f"## {name}.csv", "", titles[name], ""]
        lines += ["| column | meaning | symbol | unit | type |", "|---|---|---|---|---|"]
        for column in columns:
            key = " (key)" if column.key else ""
            cells = (column.description, column.symbol, column.unit, column.type + key)
            lines.append(f"| `{column.name}` | " + " | ".join(map(_escaped, cells)) + " |")
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    """A bar inside a cell would end it."""
    return text.replace("|", r"\|")


def datapackage(tables: Tables, titles: Mapping[str, str]) -> dict:
    """Return the same as the descriptor of a Frictionless Data Package."""
    return {
        "profile": "tabular-data-package",
        "name": "flowbounds-tables",
        "title": "Measurements of flowbounds",
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": name,
                "path": f"{name}.csv",
                "title": titles[name],
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {
                    "fields": [_field(column) for column in columns],
                    "primaryKey": [column.name for column in columns if column.key],
                },
            }
            for name, columns in tables.items()
        ],
    }


def _field(column: Column) -> dict:
    field = {"name": column.name, "type": column.type, "description": column.description}
    field |= {"unit": column.unit} if column.unit else {}
    field |= {"symbol": column.symbol} if column.symbol else {}
    return field | ({"constraints": {"required": True}} if column.key else {})

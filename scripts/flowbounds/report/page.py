"""The page of all results: one HTML file that opens without a network.

Pictures, captions, verdicts and code are inside the page; only the links to the tables and figures
as files need the results folder beside it.
"""

import base64
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from flowbounds.report import captions, sources, wording
from flowbounds.report.comparison import differences, not_compared
from flowbounds.report.run import Run


@dataclass(frozen=True)
class Figure:
    """What a rule says of its figure; paths are relative to the working directory."""

    name: str
    paper: str
    """``Paper A``, ``Paper B`` or ``Verdicts``."""
    theorem: str
    caption: str
    """The caption's file."""
    stems: list[str]
    """The pictures without their suffix."""
    inputs: list[str]
    """The tables or samples that it is drawn from."""
    code: list[str]
    """The script and modules that draw it."""
    computed_by: list[str]
    """The scripts and modules that computed its inputs."""


@dataclass(frozen=True)
class Claim:
    """A row of the verdicts with its anchor, its words and its code."""

    anchor: str
    row: Mapping[str, object]
    measured: str
    symbol: str
    code: sources.ClaimCode
    doc: list[str]
    """The docstring, a string a paragraph."""
    published: str
    """The verdict at the paper's scale, where it is known and another."""
    calibration: list[Mapping[str, object]]
    """How often the rule errs, a row a truth; none of exact numbers."""
    control: Mapping[str, object]
    """What the claim's function says of tables on which the claim is false."""
    others: list[Mapping[str, object]]
    """Choices under which the verdict is another."""


def anchor(text: str) -> str:
    """Turn words into an anchor: letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


@dataclass(frozen=True)
class Judged:
    """The tables of scripts/judge_claims.py."""

    verdicts: pd.DataFrame
    calibration: pd.DataFrame
    robustness: pd.DataFrame
    controls: pd.DataFrame


def _of(table: pd.DataFrame, claim: str) -> list[dict]:
    return table[table["claim"] == claim].to_dict("records") if len(table) else []


def claims(judged: Judged, published: pd.DataFrame) -> list[Claim]:
    """Return every verdict with the code that judged it and what is known of its errors.

    Args:
        judged: the verdicts and what stands beside them.
        published: the verdicts at the paper's scale.
    """
    found = []
    at_paper_scale = dict(zip(published["claim"], published["verdict"], strict=True))
    for row in judged.verdicts.fillna({"conditions": "", "reason": "", "closest": ""}).to_dict(
        "records"
    ):
        other = at_paper_scale.get(row["claim"], row["verdict"])
        code = sources.claim_code(row["code"])
        plain = re.sub(r":\w+:`([^`]+)`", r"\1", code.doc)
        found.append(
            Claim(
                anchor=anchor(row["claim"]),
                row=row,
                measured=wording.with_interval(row["measured"], row["ci_low"], row["ci_high"]),
                symbol=wording.SYMBOLS[row["verdict"]],
                code=code,
                doc=[" ".join(part.split()) for part in plain.split("\n\n")],
                published=other if other != row["verdict"] else "",
                calibration=_of(judged.calibration, row["claim"]),
                control=_of(judged.controls, row["claim"])[0],
                others=[
                    choice
                    for choice in _of(judged.robustness, row["claim"])
                    if choice["verdict"] != row["verdict"]
                ],
            )
        )
    return found


def embedded(picture: Path) -> dict[str, object]:
    """Return a PNG as the attributes of an image element: source, width, height in pixels."""
    data = picture.read_bytes()
    width, height = (int.from_bytes(data[at : at + 4]) for at in (16, 20))
    encoded = base64.b64encode(data).decode()
    return {"src": f"data:image/png;base64,{encoded}", "width": width, "height": height}


def render(
    template: str,
    style: str,
    introductions: Mapping[str, str],
    figures: Sequence[Figure],
    judged: Judged,
    published: pd.DataFrame,
    comparison: pd.DataFrame,
    run: Run,
    dictionary: Mapping,
    config: Mapping,
    root: str,
    home: str,
) -> str:
    """Return the page.

    Args:
        template, style: the page's template and its style sheet, as text.
        introductions: per paper's letter, reStructuredText: what it says, what is done otherwise.
        figures: all figures, in the order in which they are shown.
        judged: verdicts, calibration, robustness and controls.
        published: the verdicts at the paper's scale.
        comparison: results/comparison.csv.
        run: hardware, versions and times.
        dictionary: the tables' data package, which says what their columns mean.
        config: the configuration, for the captions.
        root: the folder of the repository, relative to the working directory.
        home: the folder that the page will lie in, likewise.

    Raises:
        KeyError: a verdict names a figure that there is none of.
    """
    scale = judged.verdicts["scale"].iloc[0]
    judged_claims = claims(judged, published)
    of_figure: dict[str, list[Claim]] = {figure.name: [] for figure in figures}
    for claim in judged_claims:
        of_figure[claim.row["figure"]].append(claim)
    shown = [_shown(figure, of_figure[figure.name], config) for figure in figures]
    papers = []
    for letter, text in introductions.items():
        of_paper = [item for item in shown if item["figure"].paper == f"Paper {letter}"]
        if not of_paper:
            continue
        introduction = captions.to_html(captions.fill_in(text, config), f"paper {letter}")
        papers.append(
            {
                "letter": letter,
                "introduction": Markup(introduction),
                "figures": of_paper,
                "claims": [claim for claim in judged_claims if claim.row["paper"] == letter],
            }
        )
    code = {file for figure in figures for file in (*figure.code, *figure.computed_by)}
    names = {os.path.relpath(file, root): file for file in code}

    tables = {resource["name"]: _described(resource) for resource in dictionary["resources"]}

    environment = Environment(
        undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "anchor": anchor,
        "number": wording.number,
        "percent": wording.percent,
        "counted": lambda row, z: wording.counted(
            row[f"within_{z}"], row["runs"], row[f"expected_{z}"]
        ),
        "state": wording.state,
        "interval": lambda row: wording.with_interval(
            row["measured"], row["ci_low"], row["ci_high"]
        ),
        "coloured": lambda source: Markup(sources.coloured(source)),
        "name": lambda file: os.path.relpath(file, root),  # as files are called in the repository
        # what a claim reads: a table of ours, or a paper's values
        "table_file": lambda table: (
            f"results/tables/{table}.csv"
            if table in tables
            else f"{root}/workflow/paper/{table}.csv"
        ),
        "link": lambda file: os.path.relpath(file, home),  # as seen from the page
    }
    return environment.from_string(template).render(
        style=Markup(style + sources.colours()),
        papers=papers,
        claims=judged_claims,
        overview=[item for item in shown if item["figure"].paper == "Verdicts"],
        tallies=wording.tallies(judged.verdicts),
        kinds=wording.KIND_NAMES,
        symbols=wording.SYMBOLS,
        scale=scale,
        differences=differences(comparison).to_dict("records"),
        not_compared=not_compared(comparison),
        comparison=comparison.to_dict("records"),
        run=run,
        tables=list(tables.values()),
        files={name: Path(names[name]).read_text() for name in sorted(names)},
    )


def _described(resource: Mapping) -> dict[str, object]:
    """Return what the template needs of a table: name, what it holds, columns."""
    schema = resource["schema"]
    columns = [
        {"symbol": "", "unit": "", "key": field["name"] in schema["primaryKey"]} | field
        for field in schema["fields"]
    ]
    return {"name": resource["name"], "title": resource["title"], "columns": columns}


def _shown(figure: Figure, of_figure: list[Claim], config: Mapping) -> dict[str, object]:
    """Return what the template needs of a figure."""
    text = captions.fill_in(Path(figure.caption).read_text(), config)
    title, rest = captions.split_title(text)
    return {
        "figure": figure,
        "title": title,
        "caption": Markup(captions.to_html(rest, figure.caption)),
        "pictures": {stem: embedded(Path(f"{stem}.png")) for stem in figure.stems},
        "claims": of_figure,
    }

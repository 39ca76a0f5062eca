"""The page of all results: one HTML file that opens without a network.

Pictures, captions, verdicts and code are inside the page; only the links to the tables and figures
as files need the results folder beside it. A lean page, for a folder of pictures in a repository,
links pictures and code instead.
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

from flowbounds.claims.claim import CHECK, OURS
from flowbounds.report import captions, sources, wording
from flowbounds.report.comparison import differences, not_compared
from flowbounds.report.mathematics import formulas, in_signs
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
    cause: str
    """Why it fails, in a line; empty where it does not or nobody has said so."""
    authors_page: str
    """A page on it for the authors of the paper, relative to the working directory, if any."""

    @property
    def state(self) -> str:
        return wording.state(self.row["verdict"])

    @property
    def failed(self) -> bool:
        """Whether a reader should hear of it first."""
        return self.state in ("failed", "unmet")


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


def claims(
    judged: Judged, published: pd.DataFrame, causes: Mapping[str, str], authors: str
) -> list[Claim]:
    """Return every verdict with the code that judged it and what is known of its errors.

    Args:
        judged: the verdicts and what stands beside them.
        published: the verdicts at the paper's scale.
        causes: why a claim fails, if it does, by its name.
        authors: the folder of the pages for authors, each named as its claim's anchor.
    """
    found = []
    at_paper_scale = dict(zip(published["claim"], published["verdict"], strict=True))
    for row in judged.verdicts.fillna({"conditions": "", "reason": "", "closest": ""}).to_dict(
        "records"
    ):
        other = at_paper_scale.get(row["claim"], row["verdict"])
        code = sources.claim_code(row["code"])
        plain = re.sub(r":\w+:`([^`]+)`", r"\1", code.doc)
        failed = wording.state(row["verdict"]) in ("failed", "unmet")
        page = f"{authors}/{anchor(row['claim'])}.md"
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
                cause=causes.get(row["claim"], "") if failed else "",
                authors_page=page if failed and Path(page).exists() else "",
            )
        )
    return found


def picture(png: Path, lean: bool) -> dict[str, object]:
    """Return a PNG as the attributes of an image element: source, width, height in pixels.

    The picture itself is the source; on a lean page its published copy beside the page is.
    """
    data = png.read_bytes()
    width, height = (int.from_bytes(data[at : at + 4]) for at in (16, 20))
    encoded = base64.b64encode(data).decode()
    source = f"figures/{png.stem}.webp" if lean else f"data:image/png;base64,{encoded}"
    return {"src": source, "width": width, "height": height}


def message(title: str, of_figure: Sequence[Claim]) -> str:
    """Say what a figure shows, from the verdicts of its claims: the title where there are none.

    A failure comes first, with its cause; then what was upheld, then what stays open; of each the
    papers' claims before ours.
    """
    order = ("failed", "unmet", "held", "open")
    ranked = sorted(
        of_figure,
        key=lambda claim: (order.index(claim.state), claim.row["kind"] in (CHECK, OURS)),
    )
    if not ranked:
        return title
    first = ranked[0]
    statement = first.row["statement"].rstrip(".")
    said = f"{first.row['verdict']}: {statement}"
    return f"{said}; {first.cause}" if first.cause else said


def render(
    template: str,
    style: str,
    introductions: Mapping[str, str],
    causes: Mapping[str, str],
    figures: Sequence[Figure],
    judged: Judged,
    published: pd.DataFrame,
    comparison: pd.DataFrame,
    run: Run,
    dictionary: Mapping,
    config: Mapping,
    root: str,
    home: str,
    lean: bool = False,
) -> str:
    """Return the page.

    Args:
        template, style: the page's template and its style sheet, as text.
        introductions: per paper's letter, reStructuredText: which it is, what it says, what is done
            otherwise; a blank line between.
        causes: why a claim fails, if it does, by its name.
        figures: all figures, in the order in which they are shown.
        judged: verdicts, calibration, robustness and controls.
        published: the verdicts at the paper's scale.
        comparison: results/comparison.csv.
        run: hardware, versions and times.
        dictionary: the tables' data package, which says what their columns mean.
        config: the configuration, for the captions.
        root: the folder of the repository, relative to the working directory.
        home: the folder that the page will lie in, likewise.
        lean: pictures, tables and code are linked as they lie in a published folder.

    Raises:
        KeyError: a verdict names a figure that there is none of.
    """
    judged_claims = claims(judged, published, causes, f"{root}/docs/authors")
    of_figure: dict[str, list[Claim]] = {figure.name: [] for figure in figures}
    for claim in judged_claims:
        of_figure[claim.row["figure"]].append(claim)
    shown = [_shown(figure, of_figure[figure.name], config, lean) for figure in figures]
    papers = []
    for letter, text in introductions.items():
        reference, rest = captions.fill_in(text, config).split("\n\n", 1)
        of_paper = [item for item in shown if item["figure"].paper == f"Paper {letter}"]
        papers.append(
            {
                "letter": letter,
                "reference": _html(reference, f"paper {letter}"),
                "introduction": _html(rest, f"paper {letter}"),
                "figures": of_paper,
            }
        )
    code = {file for figure in figures for file in (*figure.code, *figure.computed_by)}
    names = {os.path.relpath(file, root): file for file in code}
    of_claims = {claim.code.module for claim in judged_claims}  # shown with their claims
    tables = {resource["name"]: _described(resource) for resource in dictionary["resources"]}

    def link(file: str) -> str:
        return os.path.relpath(file, home)

    def table_link(table: str) -> str:
        """What a claim reads: a table of ours, or a paper's values."""
        if table not in tables:
            return link(f"{root}/workflow/paper/{table}.csv")
        return f"tables/{table}.csv.gz" if lean else link(f"results/tables/{table}.csv")

    def code_link(file: str) -> str:
        name = os.path.relpath(file, root)
        return link(file) if lean or name in of_claims else f"#{anchor(name)}"

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
        "signs": in_signs,
        "interval": lambda row: wording.with_interval(
            row["measured"], row["ci_low"], row["ci_high"]
        ),
        "name": lambda file: os.path.relpath(file, root),  # as files are called in the repository
        "table_link": table_link,
        "code_link": code_link,
        "link": link,  # as seen from the page
    }
    return environment.from_string(template).render(
        style=Markup(style),
        lean=lean,
        papers=papers,
        claims=judged_claims,
        failures=sorted(
            (claim for claim in judged_claims if claim.failed),
            key=lambda claim: (claim.row["kind"] in (CHECK, OURS), claim.state == "unmet"),
        ),
        overview=[item for item in shown if item["figure"].paper == "Verdicts"],
        tallies=wording.tallies(judged.verdicts),
        kinds=wording.KIND_NAMES,
        states=wording.STATES,
        symbols=wording.SYMBOLS,
        scale=judged.verdicts["scale"].iloc[0],
        differences=differences(comparison).to_dict("records"),
        not_compared=not_compared(comparison),
        comparison=comparison.to_dict("records"),
        run=run,
        tables=list(tables.values()),
        files={}
        if lean
        else {name: Path(names[name]).read_text() for name in sorted(set(names) - of_claims)},
    )


def _html(text: str, source: str) -> Markup:
    return formulas(captions.to_html(text, source))


def _described(resource: Mapping) -> dict[str, object]:
    """Return what the template needs of a table: name, what it holds, columns."""
    schema = resource["schema"]
    columns = [
        {"symbol": "", "unit": "", "key": field["name"] in schema["primaryKey"]} | field
        for field in schema["fields"]
    ]
    return {"name": resource["name"], "title": resource["title"], "columns": columns}


def _shown(
    figure: Figure, of_figure: list[Claim], config: Mapping, lean: bool
) -> dict[str, object]:
    """Return what the template needs of a figure."""
    text = captions.fill_in(Path(figure.caption).read_text(), config)
    title, rest = captions.split_title(text)
    parts = captions.parts(rest)
    look = parts.pop("What to look at")
    return {
        "figure": figure,
        "title": title,
        "message": message(title, of_figure),
        "look": _html(look[:1].upper() + look[1:], figure.caption),
        "alternative": f"{title}. {captions.plain(look)}",
        "parts": {name: _html(part, figure.caption) for name, part in parts.items()},
        "pictures": {stem: picture(Path(f"{stem}.png"), lean) for stem in figure.stems},
        "claims": of_figure,
    }

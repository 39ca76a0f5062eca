"""The README's findings come from the published verdicts: no number is typed."""

import re
import subprocess
import sys

import made_up_run
import pandas as pd
import pytest
import yaml
from conftest import REPOSITORY

from flowbounds.report.findings import findings, statements

TEMPLATES = {
    name: (REPOSITORY / f"workflow/report/{name}.md").read_text()
    for name in ("headlines", "findings")
}
TEMPLATE = TEMPLATES["findings"]
CAUSES = yaml.safe_load((REPOSITORY / "workflow/report/causes.yaml").read_text())
PAGES = "".join((REPOSITORY / name).read_text() for name in ("README.md", "docs/statements.md"))
PUBLISHED = REPOSITORY / "docs/paper-scale/verdicts.csv"


@pytest.fixture(scope="module")
def verdicts() -> pd.DataFrame:
    return made_up_run.rows_of_verdicts("paper")["verdicts"]


# what is no result: names of statements and figures, symbols, the level of the intervals
NAMES = (
    r"(Theorems?|Lemma|[Ff]igures?) [A-Z]?\.?\d+(\.\d)?|\bW[12]\b|\b[fx] = x?0|\bx[01]\b|95&nbsp;%"
)

# what theorems promise, powers of d and n among them, and settings: the code spans of the templates
PROMISED = {"-1/2", "4", "5", "1/m", "1/delta", "eps^2/4", "sqrt(2)", "kappa = 1", "B1"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_number_is_typed_into_a_template(name):
    """Names of claims stand in quotes; code spans hold no more than what a statement says."""
    code = r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}"
    text = re.sub(code, "", TEMPLATES[name], flags=re.DOTALL)
    spans = re.findall("`([^`]*)`", text)
    assert set(spans) <= PROMISED, "a result is no promise"
    text = re.sub("`[^`]*`", "", text)
    assert re.findall(r"\S*\d\S*", re.sub(NAMES, "", text)) == []


def test_every_failure_of_a_paper_is_there_with_its_number(verdicts):
    text = findings(TEMPLATE, verdicts, CAUSES)
    failed = verdicts[verdicts["verdict"].isin(["not reproduced", "contradicted"])]
    lines = [line for line in text.splitlines() if line.startswith(("| A |", "| B |"))]
    assert len(lines) == len(failed) > 3
    assert all("1.25 [1.2, 1.3]" in line for line in lines)
    other = verdicts.assign(measured=7.5, ci_low=7.0, ci_high=8.0)
    assert "7.5 [7, 8]" in findings(TEMPLATE, other, CAUSES)


def test_a_claim_that_there_is_none_of_is_an_error(verdicts):
    with pytest.raises(KeyError, match="no such"):
        findings('{{ measured("no such claim") }}', verdicts, CAUSES)


def test_the_map_leads_to_the_code_of_every_statement(verdicts):
    text = statements(verdicts, [])
    for function, file in re.findall(r"\[`(\w+)`\]\((\S+\.py)\)", text):
        assert f"def {function}(" in (REPOSITORY / "docs" / file).read_text()
    assert text.count("\n") == 2 + (verdicts["kind"] != "check").sum()


def test_marks_are_filled_and_the_rest_stays(verdicts, tmp_path):
    verdicts.to_csv(tmp_path / "verdicts.csv", index=False)
    readme = tmp_path / "README.md"
    readme.write_text("a\n<!-- findings -->\nstale\n<!-- end of findings -->\nb\n")
    command = [sys.executable, str(REPOSITORY / "scripts/write_findings.py")]
    options = ["--files", str(readme), "--verdicts", str(tmp_path / "verdicts.csv")]
    subprocess.run([*command, *options], check=True)
    text = readme.read_text()
    assert text.startswith("a\n<!-- findings -->\n- Paper A")
    assert text.endswith("<!-- end of findings -->\nb\n")
    assert "stale" not in text


@pytest.mark.parametrize("name", ["headlines", "findings", "statements"])
def test_readme_and_map_are_up_to_date(name):
    if len(published := pd.read_csv(PUBLISHED)) == 0:
        pytest.skip("nothing is published")
    if name == "statements":
        pictures = {file.stem for file in PUBLISHED.parent.glob("figures/*.webp")}
        new = statements(published, pictures)
    else:
        new = findings(TEMPLATES[name], published, CAUSES)
    shown = PAGES.split(f"<!-- {name} -->\n")[1].split(f"<!-- end of {name} -->")[0]
    assert shown == new, "run python scripts/write_findings.py"

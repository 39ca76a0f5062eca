"""docs/authors: each page has a script that shows what it says, in seconds, with NumPy alone."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY

from flowbounds.claims.registry import all_claims
from flowbounds.report.page import anchor

FOLDER = REPOSITORY / "docs/authors"
SCRIPTS = sorted(FOLDER.glob("*.py"))
NUMBER = r"(?<![\w.])-?\d+(?:\.\d+)?"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.stem)
class TestScripts:
    def test_it_is_short_and_needs_no_package_of_ours(self, script):
        text = script.read_text()
        assert len(text.splitlines()) < 40
        nodes = list(ast.walk(ast.parse(text)))
        imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        for node in nodes:
            imported |= (
                {name.name for name in node.names} if isinstance(node, ast.Import) else set()
            )
        assert imported <= {"numpy", "sklearn.datasets"}

    def test_it_prints_what_its_page_says(self, script):
        """The same words, and numbers to a fiftieth of themselves and half a last digit."""
        done = subprocess.run(
            [sys.executable, str(script)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        page = script.with_suffix(".md").read_text()
        shown = re.search(r"^```text\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)[1]
        assert _words(done.stdout.strip()) == _words(shown)
        found, said = (re.findall(NUMBER, text) for text in (done.stdout, shown))
        for one, two in zip(found, said, strict=True):
            digits = len(two.partition(".")[2])
            slack = 10**-digits if digits else 1.0
            assert float(one) == pytest.approx(float(two), rel=0.02, abs=1.01 * slack)


def _words(text: str) -> str:
    """The text without its numbers and spaces."""
    return re.sub(r"\s+", "", re.sub(NUMBER, "", text))


def test_every_page_is_of_a_claim_has_a_script_and_is_listed():
    anchors = {anchor(claim.name) for _, claim in all_claims()}
    pages = {file.stem for file in FOLDER.glob("*.md")} - {"README"}
    assert pages == {script.stem for script in SCRIPTS}
    assert pages <= anchors
    listed = re.findall(r"\]\(([\w-]+)\.md\)", (FOLDER / "README.md").read_text())
    assert sorted(listed) == sorted(pages)


def test_links_lead_somewhere():
    for page in FOLDER.glob("*.md"):
        for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
            assert (FOLDER / Path(link)).exists(), (page.name, link)

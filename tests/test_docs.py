"""The pages of docs/ that show code or lead elsewhere: examples run, links lead somewhere."""

import doctest
import re

import pytest
from conftest import REPOSITORY

DOCS = REPOSITORY / "docs"


def test_the_examples_of_the_library_are_right():
    found = doctest.testfile(str(DOCS / "library.md"), module_relative=False)
    assert found.attempted > 25
    assert found.failed == 0


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda file: file.stem)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert (DOCS / link).exists(), link


def test_there_are_seven_things():
    page = (DOCS / "seven-things.md").read_text()
    assert re.findall(r"^(\d)\. \*\*", page, re.MULTILINE) == list("1234567")

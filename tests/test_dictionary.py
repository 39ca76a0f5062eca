"""The data dictionary fits the tables, says an independent reader of data packages."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from frictionless import Package

from flowbounds.experiments.experiment import Column, tables
from flowbounds.report.dictionary import datapackage, markdown

COLUMNS = (
    Column("m", "width; inf: none", key=True),
    Column("gap", "|f - v| <= 1", unit="nats", symbol="g"),
    Column("holds", "whether it holds", "boolean"),
)


def faults(folder: Path, text: str) -> list[str]:
    """What Frictionless finds of a table of COLUMNS."""
    package = datapackage({"a": COLUMNS}, {"a": "A table."})
    (folder / "datapackage.json").write_text(json.dumps(package))
    (folder / "a.csv").write_text(text)
    report = Package(str(folder / "datapackage.json")).validate()
    return [error.type for task in report.tasks for error in task.errors] + [
        error.type for error in report.errors
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("m,gap,holds\n4,0.5,True\ninf,,False\n", []),
        ("m,gap,holds\n4,wide,True\n", ["type-error"]),
        ("m,gap,holds\n4,0.5,1.5\n", ["type-error"]),
        ("m,gap,holds\n,0.5,True\n", ["constraint-error", "primary-key"]),
        ("m,gap,holds\n4,0.5,True\n4,0.6,True\n", ["primary-key"]),
        ("m,hole,holds\n4,0.5,True\n", ["incorrect-label"]),
        ("m,gap\n4,0.5\n", ["missing-label"]),
    ],
)
def test_a_reader_of_data_packages_sees_what_does_not_fit(tmp_path, text, found):
    assert faults(tmp_path, text) == found


def test_a_bar_does_not_end_a_cell():
    page = markdown({"a": COLUMNS}, {"a": "A table."})
    assert r"| `gap` | \|f - v\| <= 1 | g | nats | number |" in page.splitlines()


@pytest.mark.slow
class TestBuilt:
    def test_every_table_is_described_and_fits(self, built):
        package = Package(str(built.folder / "results/tables/datapackage.json"))
        assert sorted(package.resource_names) == sorted(tables())
        report = package.validate()
        assert report.valid, report.to_summary()
        assert sum(task.stats["rows"] for task in report.tasks) > 800

    def test_every_column_is_on_the_page_of_markdown(self, built):
        page = built.read("results/tables/README.md").decode()
        sections = dict(part.split(".csv\n", 1) for part in page.split("\n## ")[1:])
        assert set(sections) == set(tables())
        for name, text in sections.items():
            header = pd.read_csv(built.folder / f"results/tables/{name}.csv", nrows=0)
            assert [line.split("`")[1] for line in text.splitlines() if line[:3] == "| `"] == list(
                header
            )

    def test_words_of_columns_are_renewed_and_compute_nothing(self, workspace):
        module = workspace.folder / "scripts/flowbounds/experiments/columns.py"
        module.write_text(module.read_text().replace('"training sample size"', '"sample size"'))
        assert workspace.planned() == {"dictionary": 1, "report": 1}

    def test_a_table_that_does_not_fit_is_found(self, built, tmp_path):
        shutil.copytree(built.folder / "results/tables", tmp_path, dirs_exist_ok=True)
        table = tmp_path / "assumptions.csv"
        table.write_text(table.read_text().replace("True", "maybe", 1))
        report = Package(str(tmp_path / "datapackage.json")).validate()
        (fault,) = [error for task in report.tasks for error in task.errors]
        assert (fault.type, fault.field_name) == ("type-error", "holds")

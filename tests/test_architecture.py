"""The house: rooms that import downwards only, one name a file, short programs, parallel lists."""

import ast
import os
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from flowbounds.experiments import experiment
from flowbounds.figures.catalogue import figures

REPOSITORY = Path(__file__).parents[1]
LIBRARY = REPOSITORY / "scripts" / "flowbounds"

# Who may import whom: each room those before it, and itself. Paper A's theory and paper B's laws
# stand side by side, and so do claims and figures, but that figures print what claims measure.
FLOORS = [
    {"run"},
    {"data"},
    {"networks"},
    {"theory", "dfm"},
    {"experiments"},
    {"claims"},
    {"figures"},
    {"report"},
]


def rooms_imported(file: Path) -> set[str]:
    """Return the rooms that a module imports from, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("flowbounds"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            found |= {name[1] for name in names if name[0] == "flowbounds" and len(name) > 1}
    return found


def test_every_room_has_a_floor():
    rooms = {folder.name for folder in LIBRARY.iterdir() if (folder / "__init__.py").exists()}
    assert rooms == set().union(*FLOORS)
    assert [file.name for file in LIBRARY.glob("*.py")] == ["__init__.py"]
    installed = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert set(installed["packages"]) == {"flowbounds"} | {f"flowbounds.{room}" for room in rooms}


@pytest.mark.parametrize("room", sorted(set().union(*FLOORS)))
def test_no_room_imports_one_above_or_beside_it(room):
    floor = next(k for k, rooms in enumerate(FLOORS) if room in rooms)
    allowed = {room}.union(*FLOORS[:floor])
    for file in (LIBRARY / room).glob("*.py"):
        assert rooms_imported(file) <= allowed, file.name


def test_the_library_knows_nothing_of_snakemake():
    for file in LIBRARY.rglob("*.py"):
        imports = [n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Import)]
        assert not any(alias.name == "snakemake" for node in imports for alias in node.names)


def source_files() -> list[Path]:
    folders = ("scripts", "workflow/rules", "tests", "benchmarks")
    return [f for folder in folders for f in (REPOSITORY / folder).rglob("*.[ps][ym]*")]


def test_no_two_files_have_one_name():
    names = Counter(f.name for f in source_files() if f.suffix in (".py", ".smk"))
    assert [name for name, times in names.items() if times > 1] == ["__init__.py"]


def test_programs_only_parse_call_and_save():
    for file in (REPOSITORY / "scripts").glob("*.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name == "main":
                assert node.end_lineno - node.lineno < 40, file.name


def test_rules_are_at_most_half_of_what_they_were():
    lines = sum(len(f.read_text().splitlines()) for f in REPOSITORY.glob("workflow/rules/*.smk"))
    assert lines <= 770


class TestExperiments:
    @pytest.mark.parametrize("name", experiment.names())
    def test_each_says_all_that_the_rules_need(self, name):
        module = experiment.load(name)
        assert module.__doc__ and module.TABLES
        for function in ("cells", "settings", "cost"):
            assert callable(getattr(module, function))
        assert hasattr(module, "STAGES") != hasattr(module, "measure")

    @pytest.mark.parametrize("table", experiment.tables())
    def test_columns_are_described_once_each_with_keys_first(self, table):
        columns = experiment.columns(table)
        assert len({column.name for column in columns}) == len(columns)
        assert all(c.description and c.name == c.name.lower() for c in columns)
        keys = [column.key for column in columns]
        assert any(keys) and keys == sorted(keys, reverse=True)

    def test_a_table_comes_from_one_experiment(self):
        tables = [t for name in experiment.names() for t in experiment.load(name).TABLES]
        assert len(tables) == len(set(tables))

    def test_planning_imports_nothing_that_computes(self):
        """Snakemake reads cells, costs and columns at every start."""
        program = (
            "from flowbounds.experiments import experiment as e; e.tables();"
            "from flowbounds.figures.catalogue import figures; figures()"
        )
        assert loaded_by(program) == set()


# What is slow to import; what a job does not use it does not load.
SLOW = {
    *("matplotlib", "ot", "pandas", "scipy", "scipy.interpolate", "scipy.stats", "seaborn"),
    *("sklearn", "torch", "torchvision"),
}
LOADED = {
    "check_replication": {"pandas"},
    "collect_table": {"pandas"},
    "compare_with_papers": {"pandas"},
    "judge_claims": {"pandas", "scipy"},
    "measure": {"pandas"},
    "plot": {"matplotlib", "pandas", "scipy"},
    "publish_results": {"pandas"},
    "render_report": {"pandas", "scipy"},
    "sample": {"pandas", "torch"},
    "summarise": {"pandas", "scipy"},
    "train": {"torch"},
    "write_findings": {"pandas", "scipy"},
}


def loaded_by(program: str) -> set[str]:
    """Return which of the slow packages a program loads."""
    program += f"\nimport sys; print(*{SLOW} & set(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY / "scripts",
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


@pytest.mark.parametrize("script", sorted(f.stem for f in (REPOSITORY / "scripts").glob("*.py")))
def test_a_program_loads_what_it_uses(script):
    assert loaded_by(f"import {script}") <= LOADED.get(script, set())


def test_figures_load_a_library_to_plot_and_none_to_compute():
    imports = "\n".join(f"import flowbounds.figures.{figure.name}" for figure in figures())
    loaded = loaded_by(f"{imports}\nfrom flowbounds.figures import style; style.apply()")
    assert loaded <= {"matplotlib", "pandas", "scipy"}


def test_colours_load_no_library_that_draws_by_itself():
    program = "from flowbounds.figures import style; style.shades([1, 2]); style.kappa_hue(1)"
    assert "seaborn" not in loaded_by(program)


def test_a_verdict_loads_no_statistics():
    program = (
        "import numpy as np; from flowbounds.claims.evidence import Evidence;"
        "from flowbounds.claims.judging import Region, judge;"
        "rows = np.arange(12.0).reshape(1, 2, 6);"
        "[judge(Evidence(['a'], rows, np.ones((1, 2)), effect=e), Region(high=1)) for e in (0, 1)]"
    )
    assert "scipy.stats" not in loaded_by(program)


def test_distances_between_equal_sizes_load_no_transport_library():
    program = "import numpy as np; from flowbounds.networks.metrics import exact_w1\n"
    assert "ot" not in loaded_by(program + "exact_w1(np.eye(3), np.ones((3, 3)))")


def test_every_figure_has_a_caption_and_draws_from_tables():
    assert len(figures()) >= 21
    for figure in figures():
        assert (REPOSITORY / f"workflow/report/{figure.name}.rst").exists()
        assert figure.inputs and figure.theorem

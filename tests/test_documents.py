"""What README and CONTRIBUTING say works: every command is run, every recipe is followed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from conftest import TINY, Workspace
from frictionless import Package

from flowbounds.report.captions import fill_in, split_title

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language in a document."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


COMMANDS = [
    line.split("  #")[0].strip() for block in blocks(README, "sh") for line in block.splitlines()
]


@pytest.fixture
def clone(built, tmp_path) -> Workspace:
    """The finished tiny run as a reader has it: config.yaml is tiny, snakemake in .venv/bin."""
    workspace = built.copy(tmp_path)
    tiny = yaml.safe_load(TINY)
    shipped = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    # keys in Snakemake's order, so that nothing reruns but what is asked for
    config = {part: shipped[part] | tiny.get(part, {}) for part in shipped}
    workspace.overlay("config.yaml", yaml.safe_dump(config, sort_keys=False))
    for block in blocks(README, "yaml"):  # the files that the README writes
        workspace.overlay(re.match(r"# ([a-z]+\.yaml)", block)[1], block)
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    tools = tmp_path / ".venv/bin"
    tools.mkdir(parents=True)
    for tool in ("python", "snakemake"):
        (tools / tool).symlink_to(Path(sys.executable).with_name(tool))
    for file in ("pyproject.toml", ".venv/bin/.ready"):  # in this order: nothing to install
        (tmp_path / file).touch()
    return workspace


def run(workspace: Workspace, command: str) -> str:
    path = f"{workspace.folder / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=workspace.folder,
        # a reader's make, even where these tests were started by one
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
        | {"PATH": path, "CORES": "2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


class TestReadme:
    def test_the_table_of_figures_is_up_to_date(self):
        """Names and captions; the times, which depend on the machine, are not looked at."""
        config = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
        titles = {
            file.stem: split_title(fill_in(file.read_text(), config))[0].split(", ", 1)[1]
            for file in (REPOSITORY / "workflow/report").glob("[ab]_*.rst")
        }
        rows = re.findall(r"^\| `([ab]_\w+)` \| (.*) \| \d+ s \|$", README, re.MULTILINE)
        assert dict(rows) == titles, "run python scripts/figure_table.py"
        assert len(rows) == len(titles)

    def test_every_file_and_folder_that_it_names_is_there(self):
        for target in re.findall(r"\]\(([^)#:]+)\)", README):
            assert (REPOSITORY / target).exists(), target
        (layout,) = (block for block in blocks(README, "text") if "Snakefile" in block)
        for line in layout.splitlines():
            name = re.match(r"(  )?(\S+)  ", line)
            if name and name[2] != "results/":
                folder = "scripts/flowbounds" if name[1] else "."
                assert any((REPOSITORY / folder).glob(name[2].strip("/"))), line

    def test_its_python_runs_and_prints_what_it_says(self):
        (block,) = blocks(README, "python")
        command = [sys.executable, "-c", block]
        done = subprocess.run(
            command, cwd=REPOSITORY / "scripts", capture_output=True, text=True, check=True
        )
        kl, path_kl, w2 = map(float, done.stdout.split())
        assert 0 < kl < path_kl
        assert w2 > 0

    def test_the_graph_of_rules_is_up_to_date(self, tmp_path):
        """Without dot: the rules that Snakemake lists are those that stand in the picture."""
        svg = (REPOSITORY / "docs/rulegraph.svg").read_text()
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
        listed = subprocess.run(
            [*command, "--list-rules"], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout
        rules = re.findall(r"^(\w+)", listed, re.MULTILINE)
        assert sorted(re.findall(r">(\w+)</text>", svg)) == sorted(rules), "run make rulegraph"

    def test_it_shows_commands(self):
        assert len(COMMANDS) >= 8
        assert all(command.startswith("snakemake ") for command in COMMANDS)

    @pytest.mark.slow
    def test_every_command_runs(self, clone):
        products = {
            "report": "results/report.html",
            "summary": "results/summary.md",
            "a_fig5_image_dynamics": "results/figures/a_fig5_image_dynamics.png",
            "--report": "results/snakemake.html",
        }
        for command in [command for command in COMMANDS if "--configfile" not in command]:
            words = command.split()
            made = [clone.folder / file for word, file in products.items() if word in words]
            for file in made:
                file.unlink(missing_ok=True)
            run(clone, command)
            assert made or "--dry-run" in command
            assert all(file.exists() for file in made), command
        # the others take minutes to hours, or a download
        shutil.copy(REPOSITORY / "config.yaml", clone.folder)
        for command in [command for command in COMMANDS if "--configfile" in command]:
            assert "Job stats" in run(clone, f"{command} --dry-run")

    @pytest.mark.slow
    def test_make_figures_ends_by_naming_the_report(self, clone):
        page = clone.folder / "results/report.html"
        page.unlink()
        lines = run(clone, "make figures").splitlines()
        assert lines[-1] == f"The report: {page}"
        assert page.exists()

    def test_make_test_runs_what_it_should(self):
        shown = subprocess.run(
            ["make", "--dry-run", "test"], cwd=REPOSITORY, capture_output=True, text=True
        ).stdout
        for part in ("ruff check", "ruff format --check", "pytest"):
            assert part in shown

    @pytest.mark.skipif(shutil.which("conda") is None, reason="needs conda")
    def test_the_other_way_to_install(self):
        assert "`conda env create -f environment.yml`" in README
        command = ["conda", "env", "create", "--dry-run", "-f", "environment.yml"]
        assert subprocess.run(command, cwd=REPOSITORY).returncode == 0


def follow(block: str, folder: Path) -> None:
    """Do what the first line of a block of CONTRIBUTING.md says."""
    first, text = block.split("\n", 1)
    if match := re.fullmatch(r"# new: (\S+)", first):
        assert not (folder / match[1]).exists()
        (folder / match[1]).write_text(text)
    elif match := re.fullmatch(r"# end: (\S+)", first):
        file = folder / match[1]
        file.write_text(file.read_text() + text)
    else:
        match = re.fullmatch(r"# (after|before): (.+) in (\S+)", first)
        assert match, first
        file = folder / match[3]
        before, line, after = re.split(
            rf"^([ ]*{re.escape(match[2])}\n)", file.read_text(), flags=re.MULTILINE
        )
        above = match[1] == "before"  # a section: a blank line follows it
        parts = (before, text + "\n", line, after) if above else (before, line, text, after)
        file.write_text("".join(parts))


SECTIONS = ["config.yaml", "workflow/schemas/config.schema.yaml"]
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text()


def recipe(title: str) -> list[str]:
    (section,) = (part for part in CONTRIBUTING.split("\n## ") if part.startswith(title + "\n"))
    return re.findall(r"^```\w+\n(# .*?)^```$", section, re.MULTILINE | re.DOTALL)


def sources(folder: Path) -> dict[str, str]:
    """The text of every file that is no product of a run."""
    return {
        str(file.relative_to(folder)): file.read_text()
        for part in ("Snakefile", "*.yaml", "*.yml", "workflow/**/*", "scripts/**/*")
        for file in folder.glob(part)
        if file.is_file() and "__pycache__" not in file.parts
    }


def new_keys(before: dict, after: dict) -> list[str]:
    """The keys that were added to a mapping of which all others are as they were."""
    assert {key: after[key] for key in before} == before
    return sorted(set(after) - set(before))


@pytest.mark.slow
class TestContributing:
    def test_an_experiment_with_a_figure_and_a_claim(self, workspace):
        """A new file each and a section of the configuration and of its schema, nothing else."""
        before = sources(workspace.folder)
        for title in ("An experiment", "A figure", "A claim"):
            for block in recipe(title):
                follow(block, workspace.folder)
        after = sources(workspace.folder)
        assert new_keys(before | {file: after[file] for file in SECTIONS}, after) == [
            "scripts/flowbounds/claims/a_activity.py",
            "scripts/flowbounds/experiments/activity.py",
            "scripts/flowbounds/figures/a_activity.py",
            "workflow/report/a_activity.rst",
        ]
        sections = [[yaml.safe_load(of[file]) for of in (before, after)] for file in SECTIONS]
        assert new_keys(*sections[0]) == ["activity"]
        assert new_keys(*(schema.pop("properties") for schema in sections[1])) == ["activity"]
        assert new_keys(*sections[1]) == []

        assert workspace.planned() == {
            "activity": 3, "table": 1, "dictionary": 1, "a_activity": 1,
            "judge": 1, "verdicts": 1, "summary": 1, "contents": 1, "report": 1,
        }  # fmt: skip
        workspace.build()
        results = workspace.folder / "results"
        table = pd.read_csv(results / "tables/activity.csv")
        assert len(table) == 3 * 2 * 5
        assert table["active"].between(0.4, 0.6).all()
        assert "## activity.csv" in (results / "tables/README.md").read_text()
        assert Package(str(results / "tables/datapackage.json")).get_resource("activity").validate()
        assert (results / "figures/a_activity.png").exists()
        row = (
            pd.read_csv(results / "verdicts.csv")
            .set_index("claim")
            .loc["experiments: active units"]
        )
        assert row["code"] == "a_activity:active_on_half"
        of_cells = table.groupby(["d", "m"])["active"].mean()
        assert row["measured"] == pytest.approx(of_cells.loc[(of_cells - 0.5).abs().idxmax()])
        controls = pd.read_csv(results / "controls.csv").set_index("claim")
        assert controls.loc["experiments: active units", "noticed"]
        page = (results / "report.html").read_text()
        assert {"a_activity", "columns-activity"} <= set(re.findall(r'id="([\w-]+)"', page))
        assert page.count('href="#experiments-active-units"') == 2
        assert workspace.verify().returncode == 0
        self.style_is_clean(workspace)

    def style_is_clean(self, workspace):
        lint = workspace.snakemake("--lint")
        assert lint.returncode == 0, lint.stdout
        style = [sys.executable, "-m", "ruff"]
        pyproject = f"--config={REPOSITORY / 'pyproject.toml'}"
        for check in (["check"], ["format", "--check"]):
            done = subprocess.run(
                [*style, *check, pyproject, "scripts"],
                cwd=workspace.folder,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout

    def test_a_data_set(self, workspace):
        for block in recipe("A data set of images"):
            follow(block, workspace.folder)
        workspace.overlay("more.yaml", "images: {datasets: [kmnist]}")
        planned = workspace.planned("a_fig5_image_dynamics")
        assert planned["image_codes"] == 1
        assert planned["train"] == 2

    def test_a_target(self, unbuilt):
        for block in recipe("A target of paper B"):
            follow(block, unbuilt.folder)
        code = (
            "import sys; sys.path.insert(0, 'scripts')\n"
            "from flowbounds.dfm.targets import NAMES, coupling\n"
            "assert 'three_modes' in NAMES\n"
            "assert coupling('three_modes')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=unbuilt.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

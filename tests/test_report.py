"""What readers open: the page of all results, the summary, captions, messages on a terminal."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
import pytest
import yaml
from docutils.utils import SystemMessage
from markupsafe import escape

from flowbounds.experiments.experiment import columns, tables
from flowbounds.report import captions, sources, wording
from flowbounds.report.comparison import comparison, differences, not_compared
from flowbounds.report.mathematics import in_signs
from flowbounds.report.page import anchor
from flowbounds.report.summary import summary, table
from flowbounds.run.timings import duration

REPOSITORY = Path(__file__).parents[1]
CAPTIONS = sorted((REPOSITORY / "workflow/report").glob("[ab]_*.rst"))
CONFIG = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class TestWording:
    def test_numbers_have_three_digits_and_a_minus_sign(self):
        assert wording.number(-0.39455) == "−0.395"
        assert wording.number(9.2e7) == "9.2e+07"
        assert wording.number(1.2e-5) == "1.2e−05"
        assert wording.number(float("nan")) == "–"

    def test_an_interval_without_width_is_left_out(self):
        assert wording.with_interval(1.0, 1.0, 1.0) == "1"
        assert wording.with_interval(2.16, 2.14, 2.18) == "2.16 [2.14, 2.18]"
        assert wording.with_interval(8.1, 8.1, float("nan")) == "8.1 [8.1, –]"

    def test_durations(self):
        assert [duration(s) for s in (7.6, 200, 7500)] == ["8 s", "3 min 20 s", "2 h 5 min"]

    def test_papers_and_kinds_are_counted_apart(self):
        rows = [
            ("A", "ours", "as expected"),
            ("A", "text", "inconclusive"),
            ("A", "text", "reproduced"),
            ("B", "rate", "conditions not met"), ("B", "check", "passed"),
        ]  # fmt: skip
        counted = wording.tallies(pd.DataFrame(rows, columns=["paper", "kind", "verdict"]))
        assert [(row["paper"], row["kind"], row["claims"]) for row in counted] == [
            ("A", "text", 2), ("A", "ours", 1), ("B", "rate", 1), ("B", "check", 1),
        ]  # fmt: skip
        assert counted[0]["counts"] == {"reproduced": 1, "inconclusive": 1}

    def test_every_word_has_a_symbol_and_a_state(self):
        states = {word: wording.state(word) for word in wording.SYMBOLS}
        assert states["not contradicted"] == states["passed"] == "held"
        assert states["contradicted"] == states["not as expected"] == "failed"
        assert (states["conditions not met"], states["inconclusive"]) == ("unmet", "open")


def simulation(values: dict) -> pd.DataFrame:
    """A table of one cell: per seed the loss at t = 0, 10, 20; sliced W1 is a tenth of it."""
    rows = [
        {"m": 16, "eta": 1e-4, "d": 5, "seed": seed, "t": 10 * k, "loss": x, "sliced_w1": x / 10}
        for seed, losses in values.items()
        for k, x in enumerate(losses)
    ]
    return pd.DataFrame(rows)


def published(**changes) -> pd.DataFrame:
    """Values read off a figure: a cell of the table above, and one of another grid."""
    values = {"m": [16, 32], "eta": 1e-4, "d": 5, "value": [4.0, 9.0], "quality": "good"}
    return pd.DataFrame(values | changes)


class TestComparison:
    @pytest.fixture
    def tables(self) -> dict:
        # seeds have means 3 and 7 over t > 0; the value at t = 0 would change both
        ours = simulation({0: [100, 2, 4], 1: [100, 6, 8]})
        images = ours.drop(columns="d").assign(dataset="mnist")
        later, figure_5 = published(t=20), published(t=[20, 20]).drop(columns="d")
        return {
            "simulation": ours, "images": images,
            "fig1a_loss": published(), "fig1b_sw1": published(),
            "fig3_loss": later, "fig4_sw1": later.assign(t=[0, 0]),
            "fig5_images": figure_5.assign(dataset="mnist", metric="loss"),
        }  # fmt: skip

    def test_figure_1_is_the_mean_over_later_checkpoints_and_seeds(self, tables):
        compared = comparison(tables)[:2]
        assert list(compared["figure"]) == ["A, 1a: loss", "A, 1b: sliced_w1"]
        assert list(compared["ours"]) == pytest.approx([5.0, 0.5])
        assert list(compared["relative_difference"]) == pytest.approx([0.25, -0.875])
        assert set(compared["cell"]) == {"m = 16, eta = 0.0001, d = 5"}
        assert compared["z"].isna().all()  # means of ten seeds
        sizes = differences(compared).set_index("figure")
        assert sizes.loc["A, 1b: sliced_w1", "largest"] == pytest.approx(0.875)

    def test_the_others_are_single_runs_beside_our_seeds_at_the_same_t(self, tables):
        compared = comparison(tables)[2:].set_index("figure")
        assert list(compared.index) == ["A, 3: loss", "A, 4: sliced_w1", "A, 5: loss, mnist"]
        # at t = 20 seeds have 4 and 8: mean 6, sd 2 sqrt(2); the paper has 4
        assert list(compared["z"][["A, 3: loss", "A, 5: loss, mnist"]]) == pytest.approx(
            [-(0.5**0.5)] * 2
        )
        assert compared.loc["A, 3: loss", "cell"] == "m = 16, eta = 0.0001, d = 5, t = 20"
        assert pd.isna(compared.loc["A, 4: sliced_w1", "z"])  # the seeds start alike

    def test_how_many_lie_within_2_and_3_sds_and_would_by_chance(self):
        """Of values at t > 0; the expected numbers by simulation of seeds and one more run."""
        z = [0.0, -1.9, 2.5, -2.9, 9.0, 0.0]
        rows = {"figure": "A, 3: loss", "t": [500] * 5 + [0], "z": z, "seeds": 5}
        found = differences(pd.DataFrame(rows | {"relative_difference": 0.0})).iloc[0]
        assert (found["cells"], found["runs"]) == (6, 5)
        assert (found["within_2"], found["within_3"]) == (2, 4)
        runs = np.random.default_rng(0).standard_normal((200_000, 6))
        far = (runs[:, 5] - runs[:, :5].mean(axis=1)) / runs[:, :5].std(axis=1, ddof=1)
        assert found["expected_2"] == pytest.approx(5 * (abs(far) <= 2).mean(), abs=0.02)
        assert found["expected_3"] == pytest.approx(5 * (abs(far) <= 3).mean(), abs=0.02)

    def test_a_diverged_cell_is_left_out(self, tables):
        ours = simulation({0: [1, 2, float("nan")], 1: [1, 2, 3]})
        compared = comparison(tables | {"simulation": ours})
        assert list(compared["figure"]) == ["A, 4: sliced_w1", "A, 5: loss, mnist"]

    def test_figures_of_other_grids_are_named(self, tables):
        assert not_compared(comparison(tables)) == ""
        digits = tables["images"].assign(dataset="digits")
        said = not_compared(comparison(tables | {"images": digits}))
        assert said == "No cell of these grids is in the paper's figure 5."


def table_cell(text: str) -> str:
    return text.replace("|", r"\|")


class TestSummary:
    def test_a_bar_does_not_end_a_cell(self):
        assert table(["a"], [["|f|"]]).splitlines()[-1] == r"| \|f\| |"

    @pytest.mark.slow
    def test_it_has_every_verdict_and_every_cell(self, built):
        text = built.read("results/summary.md").decode()
        verdicts = pd.read_csv(built.folder / "results/verdicts.csv")
        compared = pd.read_csv(built.folder / "results/comparison.csv")
        assert text == summary(verdicts, compared)
        for row in verdicts.itertuples():
            assert f"| {row.paper} | {row.kind} | {table_cell(row.claim)} |" in text
        lines = [line for line in text.splitlines() if line.startswith("|")]
        tallies = len(wording.tallies(verdicts))
        figures = compared["figure"].nunique()
        assert len(lines) == len(verdicts) + len(compared) + tallies + figures + 4 * 2


class TestCaptions:
    @pytest.mark.parametrize("file", CAPTIONS, ids=lambda file: file.stem)
    def test_each_states_the_claim_the_setting_the_seeds_and_what_to_look_at(self, file):
        title, text = captions.split_title(captions.fill_in(file.read_text(), CONFIG))
        assert title.startswith(f"Paper {file.stem[0].upper()}, ")
        for part in ("Claim", "Setting", "What to look at"):
            assert f"*{part}*: " in text
        assert "seed" in text
        assert re.search(r"\bbands?\b|no band|exact", text)
        assert "<p>" in captions.to_html(text, file.name)  # which refuses what is not valid

    def test_every_figure_rule_has_one_and_every_one_a_module(self):
        modules = (REPOSITORY / "scripts/flowbounds/figures").glob("[ab]_*.py")
        assert {file.stem for file in CAPTIONS} == {file.stem for file in modules}

    def test_a_key_that_the_configuration_lacks_is_an_error(self):
        with pytest.raises(jinja2.UndefinedError, match="widths"):
            captions.fill_in('{{ snakemake.config["simulation"]["widths"] }}', CONFIG)

    def test_markup_that_is_not_valid_is_an_error_that_names_the_file(self):
        with pytest.raises(SystemMessage, match=r"mine\.rst:1: .*[Ss]ubstitution"):
            captions.to_html("the error |f - v| of f", "mine.rst")

    def test_a_caption_without_a_title_is_an_error(self):
        with pytest.raises(ValueError, match="title in bold"):
            captions.split_title("Figure 1.")


class Page(HTMLParser):
    """Every address, anchor and picture of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag == "a":
            self.links.append(attributes["href"])
        elif address := attributes.get("src") or attributes.get("href"):
            self.loaded.append(address)


@pytest.fixture(scope="module")
def report(built) -> Path:
    return built.folder / "results/report.html"


@pytest.mark.slow
class TestPage:
    def test_it_is_complete(self, built, report):
        page = report.read_text()
        verdicts = pd.read_csv(built.folder / "results/verdicts.csv")
        ids = Page(page).ids
        assert {file.stem for file in CAPTIONS} <= set(ids)
        assert {anchor(claim) for claim in verdicts["claim"]} <= set(ids)
        for row in verdicts.itertuples():
            assert page.count(f'href="#{anchor(row.claim)}"') >= 2  # the map, the figure
            assert wording.with_interval(row.measured, row.ci_low, row.ci_high) in page
        pictures = list((built.folder / "results/figures").glob("*.png"))
        assert page.count('src="data:image/png;base64,') == len(pictures) >= len(CAPTIONS)

    def test_it_can_be_mailed_and_loads_nothing(self, report):
        assert report.stat().st_size < 25e6
        page = report.read_text()
        assert all(address.startswith("data:") for address in Page(page).loaded)
        style = page[page.index("<style>") : page.index("</style>")]
        assert "url(" not in style
        assert "@import" not in style
        assert "<script" not in page

    def test_every_link_leads_somewhere(self, report):
        page = Page(report.read_text())
        assert len(page.ids) == len(set(page.ids))
        assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
        outside = {link for link in page.links if link.startswith("http")}
        assert all(link.startswith("https://arxiv.org/abs/") for link in outside)
        files = {link for link in page.links if link[0] != "#"} - outside
        assert len(files) > 2 * len(CAPTIONS)
        assert [file for file in files if not (report.parent / file).is_file()] == []

    def test_it_says_what_every_column_means(self, report):
        page = report.read_text()
        for name in tables():
            (section,) = re.findall(
                rf'<div class="wide" tabindex="0" id="columns-{anchor(name)}">(.*?)</div>',
                page,
                re.DOTALL,
            )
            shown = re.findall(r"<tr><td>(?:<em>)?<code>(\w+)<", section)
            assert shown == [column.name for column in columns(name)]
            for column in columns(name):
                assert f"<td>{in_signs(column.description)}</td>" in section
                assert in_signs(column.unit) in section
                assert in_signs(column.symbol) in section

    def test_a_number_is_two_clicks_from_its_code(self, built, report):
        page = report.read_text()
        for code in pd.read_csv(built.folder / "results/verdicts.csv")["code"]:
            found = sources.claim_code(code)
            assert f'<pre tabindex="0">{escape(found.source)}' in page
            assert "efute" in found.doc  # refuted by what, or what refutes it

    @pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
    @pytest.mark.parametrize(("device", "width"), [("laptop", 1280), ("phone", 390)])
    def test_it_shows_in_a_browser(self, report, tmp_path, device, width):
        """Pictures load, nothing sticks out sideways, a link into closed details opens them."""
        probe = """<script>addEventListener("load", () => {
          const images = [...document.images];
          const before = document.querySelectorAll("details[open]").length;
          document.querySelector(".square").click();
          setTimeout(() => {
            const opened = document.querySelectorAll("details[open]").length - before;
            document.querySelectorAll("details").forEach(d => { d.open = true; });
            parent.postMessage(JSON.stringify({ opened,
            pictures: images.length, broken: images.filter(i => !i.naturalWidth).length,
            width: innerWidth, content: document.documentElement.scrollWidth,
            narrowest: Math.min(...images.map(i => i.getBoundingClientRect().width))}), "*");
          }, 200);
        });</script>"""
        # in a frame: a window cannot be as narrow as a phone
        frame = f"""<body><iframe src="results/report.html" width="{width}" height="900"
          style="border: 0"></iframe><script>
          addEventListener("message", e => {{ document.body.textContent = e.data; }});</script>"""
        copy, framed = tmp_path / "results" / "report.html", tmp_path / "frame.html"
        copy.parent.mkdir()
        copy.write_text(report.read_text().replace("</body>", probe + "</body>"))
        framed.write_text(frame)

        def browse(page: Path, *what: str) -> str:
            command = [
                CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},2400",
                "--virtual-time-budget=5000", *what, page.as_uri(),
            ]  # fmt: skip
            return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout

        dumped = browse(framed, "--dump-dom")
        seen = json.loads(re.search(r"<body>(.*)</body>", dumped)[1])
        assert seen["pictures"] == len(list((report.parent / "figures").glob("*.png")))
        assert seen["broken"] == 0
        assert seen["width"] == width
        assert seen["content"] <= width
        assert seen["narrowest"] > 0.75 * min(width, 900)
        assert seen["opened"] == 1
        picture = report.parent / f"report_{device}.png"  # for a person to look at
        browse(report, f"--screenshot={picture}")
        assert picture.stat().st_size > 20_000  # a blank page has fewer

    def test_snakemakes_own_report_has_the_same_captions(self, workspace):
        run = workspace.snakemake("--report", "own.html")
        assert run.returncode == 0, run.stdout
        # the overview of the verdicts and their table have one caption
        shown = workspace.read("own.html").count(b"What to look at")
        assert shown == len(CAPTIONS) + 2

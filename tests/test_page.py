"""The page of all results, of a made-up run: what a reader meets first, links, signs, a browser."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import made_up_run
import pandas as pd
import pytest
import yaml
from conftest import REPOSITORY

from flowbounds.claims.registry import all_claims
from flowbounds.report import captions
from flowbounds.report.mathematics import formulas, in_signs
from flowbounds.report.page import anchor
from flowbounds.report.wording import state

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SOURCES = REPOSITORY / "workflow/report"
NAMES = {claim.name for _, claim in all_claims()}
CAUSES = yaml.safe_load((SOURCES / "causes.yaml").read_text())


def render(folder: Path, *more: str, out: str = "results/report.html") -> str:
    """Render the page of the results in a folder by the command of the rule."""
    judged = ("verdicts", "calibration", "robustness", "controls")
    options = {
        "contents": ["results/contents.json"],
        "template": [SOURCES / "page.html"],
        "style": [SOURCES / "page.css"],
        "causes": [SOURCES / "causes.yaml"],
        "introductions": [SOURCES / "paper_a.rst", SOURCES / "paper_b.rst"],
        "judged": [f"results/{name}.csv" for name in judged],
        "published": ["results/verdicts.csv"],
        "comparison": ["results/comparison.csv"],
        "records": [f"results/tables/{name}.meta.json" for name in made_up_run.TABLES],
        "dictionary": ["results/tables/datapackage.json"],
        "benchmarks": ["results/benchmarks"],
        "root": [os.path.relpath(REPOSITORY, folder)],
        "out": [out],
    }
    words = [word for name, values in options.items() for word in (f"--{name}", *map(str, values))]
    command = [sys.executable, str(REPOSITORY / "scripts/render_report.py"), *words, *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return (folder / out).read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        made_up_run.make(Path("results"), made_up_run.configuration())
    return folder


@pytest.fixture(scope="module")
def verdicts(folder) -> pd.DataFrame:
    return pd.read_csv(folder / "results/verdicts.csv")


@pytest.fixture(scope="module")
def page(folder) -> str:
    return render(folder)


class Text(HTMLParser):
    """Words that a reader sees, without code; links, anchors and the number of elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.elements = 0
        self.hidden = 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements += 1
        code = tag in ("pre", "code", "style", "title") or "literal" in attributes.get("class", "")
        self.hidden += code or (self.hidden > 0 and tag == "span")
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if tag == "a" else []

    def handle_endtag(self, tag):
        self.hidden -= self.hidden > 0 and tag in ("pre", "code", "style", "title", "span")

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)


class TestMathematics:
    @pytest.mark.parametrize(
        ("plain", "signs"),
        [
            ("H_inf", "H<sub>∞</sub>"),
            ("m^(-1/2)", "m<sup>−1/2</sup>"),
            ("V' H^-1V", "V&#39; H<sup>−1</sup>V"),
            ("{h}^{1/(2(d+2))}", "{h}<sup>1/(2(d+2))</sup>"),
            ("lambda_min <= eta", "λ<sub>min</sub> ≤ η"),
            ("log^2(n/delta)", "log<sup>2</sup>(n/δ)"),
            ("|score pi|_8^4", "|score π|<sub>8</sub><sup>4</sup>"),
            ("sqrt(d (n + 1))/n", '<span class="root">√<span>d (n + 1)</span></span>/n'),
            ("eta = 1e-2", "η = 10<sup>−2</sup>"),
            ("N(-2 e1, I)", "N(−2 e<sub>1</sub>, I)"),
            ("exponent -0.5, from -V", "exponent −0.5, from −V"),
            ("a late beta-test of a_fig3_loss", "a late beta-test of a_fig3_loss"),
        ],
    )
    def test_formulas_become_signs(self, plain, signs):
        assert in_signs(plain) == signs

    def test_code_and_addresses_stay(self):
        kept = '<a href="x_1^2">y</a> <code>tau_min</code> <pre>m^2</pre>'
        assert formulas(kept) == kept

    def test_what_is_no_html_is_escaped(self):
        assert in_signs("a < b & c") == "a &lt; b &amp; c"


class TestCaptionParts:
    def test_parts_and_plain_words(self):
        text = (
            "*Claim*: a \\| b.\n\n*Setting*: ``x`` is *large*, nu* is not.\n\n*What to look at*: c."
        )
        parts = captions.parts(text)
        assert list(parts) == ["Claim", "Setting", "What to look at"]
        assert captions.plain(parts["Setting"]) == "x is large, nu* is not."
        assert captions.plain(parts["Claim"]) == "a | b."


def test_causes_are_of_claims_that_there_are():
    assert set(CAUSES) <= NAMES
    assert not [cause for cause in CAUSES.values() if cause.endswith(".") or "\n" in cause]


class TestReader:
    def test_both_papers_and_every_failure_come_first(self, page, verdicts):
        top = page[: page.index('<section id="claims">')]
        for title in ("A Theory on Flow Matching with Neural", "Theoretical guarantees in KL for"):
            assert title in page[: page.index('class="maps"')]
        failed = verdicts[verdicts["verdict"].map(state).isin(["failed", "unmet"])]
        assert len(failed) > 5
        failures = top[top.index('<ul class="failures">') :]
        assert failures.count("<li>") == len(failed)
        for row in failed.itertuples():
            assert f'href="#{anchor(row.claim)}"' in failures
            if row.claim in CAUSES:
                assert in_signs(CAUSES[row.claim]) in failures
        assert len(top) < 0.4 * len(page)

    def test_a_square_for_every_claim_in_the_colour_of_its_verdict(self, page, verdicts):
        found = re.findall(r'<a class="square (\w+)" href="#([\w-]+)"', page)
        expected = {(state(row.verdict), anchor(row.claim)) for row in verdicts.itertuples()}
        assert set(found) == expected

    def test_claim_and_figure_lead_to_each_other(self, page, verdicts):
        for row in verdicts.itertuples():
            judged = page[page.index(f'id="{anchor(row.claim)}"') :]
            assert f'href="#{row.figure}"' in judged[: judged.index("</details>")]
            figure = page[page.index(f'<article id="{row.figure}">') :]
            assert f'href="#{anchor(row.claim)}"' in figure[: figure.index("</article>")]

    def test_the_title_of_a_figure_is_its_message(self, page, verdicts):
        row = verdicts[verdicts["verdict"] == "not reproduced"].iloc[0]
        article = page[page.index(f'<article id="{row.figure}">') :]
        heading = re.search(r"<h3>(.*?)</h3>", article)[1]
        assert heading.startswith("not reproduced: ")

    def test_no_formula_is_left_as_typed(self, page):
        words = " ".join(Text(page).words)
        assert "sqrt(" not in words
        assert re.findall(r"\S*\w\^\S*", words) == []
        assert re.findall(r"\b(?:lambda|tau|H|p)_\w+", words) == []

    def test_anchors_are_unique_and_links_lead_to_them(self, page, folder):
        text = Text(page)
        assert len(text.ids) == len(set(text.ids))
        assert {link[1:] for link in text.links if link.startswith("#")} <= set(text.ids)
        files = [
            link for link in text.links if not link.startswith(("#", "https://arxiv.org/abs/"))
        ]
        assert len(files) > 100
        assert [link for link in files if not (folder / "results" / link).exists()] == []

    def test_it_is_light(self, page):
        claims = page.count('<details class="claim"')
        assert Text(page).elements < 110 * claims
        assert page.count(" def ") < 2 * claims


def browse(tmp_path: Path, page: str, script: str, width: int) -> dict:
    """Open a page in a window of some width and return what a script hands to ``done``."""
    probe = f"""<script>
      const done = found => {{ document.body.textContent = "@@" + JSON.stringify(found) + "@@"; }};
      addEventListener("load", () => {{ {script} }});</script></body>"""
    file = tmp_path / "page.html"
    file.write_text(page.replace("</body>", probe))
    command = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900",
        "--virtual-time-budget=60000", "--dump-dom", file.as_uri(),
    ]  # fmt: skip
    dumped = subprocess.run(command, capture_output=True, text=True, timeout=300).stdout
    return json.loads(html.unescape(re.search("@@(.*)@@", dumped, re.DOTALL)[1]))


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
class TestBrowser:
    def test_filters_leave_what_they_say(self, page, verdicts, tmp_path):
        script = """
          document.getElementById("only-paper-A").click();
          document.getElementById("only-state-failed").click();
          const shown = [...document.querySelectorAll(".claim")].filter(c => c.offsetHeight > 0);
          done(shown.map(c => c.querySelector(".judged").id));"""
        failed = verdicts[verdicts["verdict"].map(state) == "failed"]
        expected = [anchor(claim) for claim in failed.loc[failed["paper"] == "A", "claim"]]
        assert browse(tmp_path, page, script, 1280) == expected

    @pytest.fixture
    def axe(self, tmp_path_factory) -> str:
        """The rules of axe-core, from the registry of npm, where there is one."""
        folder = tmp_path_factory.mktemp("axe")
        if shutil.which("npm") is None:
            pytest.skip("needs npm, for axe-core")
        command = ["npm", "install", "--silent", "--prefix", str(folder), "axe-core@4"]
        if subprocess.run(command, capture_output=True, timeout=120).returncode:
            pytest.skip("axe-core could not be had")
        return (folder / "node_modules/axe-core/axe.min.js").read_text().replace("</", "<\\/")

    @pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1000, "dark"), (500, "light")])
    def test_axe_finds_no_violation(self, page, axe, tmp_path, width, scheme):
        if scheme == "dark":
            page = page.replace("(prefers-color-scheme: dark)", "all")
        page = page.replace("</body>", f"<script>{axe}</script></body>")
        script = """
          document.querySelectorAll("details").forEach(d => { d.open = true; });
          axe.run().then(r => done(r.violations.map(v => [v.id, v.nodes[0].html])));"""
        assert browse(tmp_path, page, script, width) == []

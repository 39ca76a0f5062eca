"""What the figures share: a value looks the same in all of them, and verdicts can be seen."""

import importlib
import io
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image

from flowbounds.claims.a_experiments import bands_of_loss_are_narrow
from flowbounds.claims.a_generalization import theorem_33_rate_in_n
from flowbounds.claims.claim import verdict
from flowbounds.claims.judging import judge
from flowbounds.claims.registry import all_claims
from flowbounds.data.classes import class_tables
from flowbounds.data.codes import Codes
from flowbounds.data.datasets import load_images
from flowbounds.experiments.summaries import over_seeds
from flowbounds.figures import (
    a_fig3_loss_trajectories,
    a_fig5_image_dynamics,
    a_fig6_7_sample_grids,
    a_thm32_linear_rate,
    style,
    target_style,
)
from flowbounds.figures.catalogue import figures
from flowbounds.figures.judged import judged_tests
from flowbounds.figures.trajectory_grid import narrowest_gap, trajectory_grid
from flowbounds.figures.verdicts import add_below
from flowbounds.run.provenance import sha256_of_file

REFERENCE = Path(__file__).parent / "reference"
sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import plot  # noqa: E402

# values read off figure 5: one of a cell of the table below, one of another data set
PUBLISHED = pd.DataFrame(
    {"dataset": ["digits", "mnist"], "metric": "loss", "m": 128, "eta": 1e-3, "t": 20, "value": 4.5}
)


def untrained(dataset: str = "gaussian_mixture", d: int = 5) -> pd.DataFrame:
    """The table of what no training gives, two seeds of a population."""
    nothing = ["zero_loss", "sliced_w1_start", "sliced_w1_posterior", "sliced_w1_fresh"]
    experiment = "simulation" if dataset == "gaussian_mixture" else "images"
    rows = pd.DataFrame({"experiment": experiment, "dataset": dataset, "d": d, "seed": [0, 1]})
    return rows.assign(**dict.fromkeys(nothing, 0.5))


def test_the_look_is_seaborns_where_it_is_not_ours():
    """Set over seaborn's theme, ours comes to the same as set over matplotlib's defaults."""
    import seaborn

    looks = []
    for theme in (mpl.rcdefaults, lambda: seaborn.set_theme("paper", "ticks", font="DejaVu Sans")):
        with mpl.rc_context():
            theme()
            style.apply()
            looks.append(dict(mpl.rcParams))
    differing = {key for key in looks[0] if looks[0][key] != looks[1][key]}
    # what stands behind the one font, and the map of pictures, which have their own
    assert differing <= {"font.sans-serif", "image.cmap"}


def test_seaborns_colour_maps_are_what_it_draws_with():
    import seaborn  # noqa: F401  which brings its maps to matplotlib

    places = np.linspace(0, 1, 300)
    for name in ("crest", "flare"):
        np.testing.assert_array_equal(style.seaborns(name)(places), mpl.colormaps[name](places))


def lightness(colour: tuple[float, ...]) -> float:
    return float(np.dot(colour[:3], [0.2126, 0.7152, 0.0722]))


def test_wider_is_darker_at_every_hue():
    for hue in [style.eta_hue(eta, []) for eta in (1e-4, 1e-3, 1e-2)] + ["#777777"]:
        shades = [lightness(style.m_shade(hue, 2**k)) for k in range(4, 15)]
        assert (np.diff(shades) < 0).all()


def test_widths_below_the_papers_share_the_lightest_shade():
    assert style.m_shade("#777777", 4) == style.m_shade("#777777", 16)


def test_markers_and_hues_are_all_different():
    assert len({style.m_marker(2**k) for k in (*range(4, 11), 12, 14)}) == 9
    hues = [style.eta_hue(eta, []) for eta in (1e-4, 1e-3, 1e-2)]
    hues += [style.kappa_hue(kappa) for kappa in (0.1, 0.3, 1.0)]
    assert len(set(hues)) == 6


@pytest.mark.parametrize("last_sound", [-1, 0, 20])
def test_curves_of_diverged_networks_are_left_out(last_sound):
    """A curve may have no point at all, or end early; the markers are still placed."""
    t = np.arange(0, 60, 10)
    table = pd.concat(
        pd.DataFrame(
            {"dataset": "digits", "m": m, "eta": eta, "seed": seed, "t": t,
             "loss": 5.0 - t / 20, "sliced_w1": 1.0}
        )
        for m in (128, 512) for eta in (1e-3, 1e-2) for seed in (0, 1)
    )  # fmt: skip
    wild = (table["m"] == 512) & (table["eta"] == 1e-2) & (table["t"] > last_sound)
    table.loc[wild, ["loss", "sliced_w1"]] = np.nan
    style.apply()
    figure, numbers = a_fig5_image_dynamics.draw([table], [PUBLISHED], [untrained("digits")])
    figure.savefig(io.BytesIO())
    (theirs,) = numbers[numbers["source"] == "paper"].to_dict("records")
    assert (theirs["dataset"], theirs["quantity"], theirs["mean"]) == ("digits", "loss", 4.5)
    left_out = numbers[(numbers["m"] == 512) & (numbers["eta"] == 1e-2)]
    assert (left_out["mean"].isna() == (left_out["t"] > last_sound)).all()


@pytest.mark.parametrize("of_our_grid", [True, False])
def test_published_values_are_drawn_where_the_grid_has_them_and_else_said_to_be_missing(
    of_our_grid,
):
    rows = [(5, 16, 1e-3, s, t, 9.0 + s) for s in (0, 1) for t in (0, 500)]
    table = pd.DataFrame(rows, columns=["d", "m", "eta", "seed", "t", "loss"])
    d = 5 if of_our_grid else 50
    figure_3 = pd.DataFrame({"m": 16, "eta": 1e-3, "d": [d, 7], "t": 500, "value": [9.2, 3.0]})
    style.apply()
    figure, numbers = a_fig3_loss_trajectories.draw([table], [figure_3], [untrained()])
    assert (numbers["source"] == "paper").sum() == of_our_grid
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert any("no cell of this grid" in text for text in texts) != of_our_grid
    named = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert any("paper, one run" in text for text in named) == of_our_grid


@pytest.mark.parametrize(("dataset", "said"), [("digits", True), ("mnist", False)])
def test_image_sets_that_the_paper_does_not_show_are_named(dataset, said):
    rows = [(dataset, 128, 1e-3, s, t, 4.0 + s, 1.0 + s) for s in (0, 1) for t in (0, 20)]
    columns = ["dataset", "m", "eta", "seed", "t", "loss", "sliced_w1"]
    style.apply()
    both = pd.concat([PUBLISHED.iloc[1:], PUBLISHED.iloc[1:].assign(metric="sliced_w1")])
    table = pd.DataFrame(rows, columns=columns)
    figure, _ = a_fig5_image_dynamics.draw([table], [both], [untrained(dataset)])
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert ("the paper does not show digits" in texts) == said
    assert [text for text in texts if "does not show" in text] == said * [texts[-1]] * 2
    figure.draw_without_rendering()
    assert all(axes.get_position().width > 0.3 for axes in figure.axes)  # two fill the page


def contrast_on_white(colour) -> float:
    """The contrast ratio of WCAG 2 of a colour to white."""
    rgb = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return 1.05 / (float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast_on_white("black") == pytest.approx(21)
    assert contrast_on_white("#777777") == pytest.approx(4.48, abs=0.005)


class TestColours:
    def test_all_are_three_to_one_on_white(self):
        etas, odd = (1e-4, 1e-3, 1e-2), (0.3, 3.0, 30.0)
        hues = [style.eta_hue(eta, etas + odd) for eta in etas + odd]
        colours = [style.DimensionColours([d])[d] for d in range(1, 300)]
        colours += [colour for k in range(1, 9) for colour in style.shades(range(k)).values()]
        colours += style.shades(range(8), second=True).values()
        colours += [style.m_shade(hue, 2**k) for hue in [*hues, "#777777"] for k in range(4, 15)]
        colours += [style.kappa_hue(kappa) for kappa in (0.01, 0.1, 0.3, 1.0, 3.0)]
        colours += hues + [look[1] for look in target_style._TARGETS.values()]
        assert min(map(contrast_on_white, colours)) >= 3

    def test_a_dimension_has_one_whatever_else_is_drawn(self):
        alone, among = style.DimensionColours([20]), style.DimensionColours([5, 20, 40, 50])
        assert alone[20] == among[20]
        assert alone.handles()[0].get_color() == among.handles()[1].get_color()

    def test_larger_dimensions_are_darker_and_those_of_the_papers_apart(self):
        grid = [1, 2, 3, *range(5, 55, 5)]
        shades = [style.DimensionColours(grid)[d] for d in grid]
        assert (np.diff([lightness(shade) for shade in shades]) < 0).all()
        steps = np.linalg.norm(np.diff([shade[:3] for shade in shades], axis=0), axis=1)
        assert steps.min() > 0.03

    def test_no_colour_of_a_dimension_is_one_of_another_quantity(self):
        dimensions = [style.DimensionColours([d])[d][:3] for d in range(1, 51)]
        for shade in style.shades(range(8)).values():
            gaps = np.linalg.norm(np.array(dimensions) - shade[:3], axis=1)
            assert gaps.min() > 0.1


def falling(seeds: int = 5) -> pd.DataFrame:
    """A simulation whose losses fall geometrically, at a rate of its own for each d."""
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        {"d": d, "m": 64, "eta": 1e-2, "seed": seed, "t": t,
         "loss": d * (1 + 0.05 * noise) * np.exp(-t / (20 + d))}
        for d in (5, 20, 40)
        for seed, noise in enumerate(rng.normal(size=seeds))
        for t in range(0, 101, 10)
    )  # fmt: skip


class TestTrajectories:
    def test_the_gap_named_is_the_one_that_is_judged(self):
        table = falling()
        ends = over_seeds(table[table["t"] == 100], ["d"], "loss")
        evidence = bands_of_loss_are_narrow(table.assign(sliced_w1=1.0))
        found = judge(evidence, bands_of_loss_are_narrow.claim.allowed)
        assert f"{found.estimate.min():.1f} bands" in narrowest_gap(ends)
        assert narrowest_gap(ends.assign(sd=0.0)) == ""

    def test_a_geometric_decay_lies_on_its_straight_reference(self):
        style.apply()
        table = falling(seeds=1)
        none = table.head(0).rename(columns={"loss": "value"})
        figure, _ = trajectory_grid(table, none, untrained(), "loss", "loss", straight=True)
        lines = figure.axes[0].lines
        (straight,) = [line for line in lines if line.get_color() == "black"]
        curve = table[table["d"] == 40]
        np.testing.assert_allclose(straight.get_ydata(), curve["loss"], rtol=1e-12)


def test_every_width_has_its_own_linearised_curve():
    t = [0, 1, 10, 100]
    ntk = pd.DataFrame(
        {"d": 5, "n": 50, "m": m, "eta": 1e-2, "kappa": 1.0, "seed": seed, "t": at,
         "loss": np.exp(-at / m), "ntk_loss": np.exp(-at / m) * (1 + at / 1e4), "lambda_min": 0.1}
        for m in (64, 256) for seed in range(2) for at in t
    )  # fmt: skip
    modes = ntk.assign(rank=1, ranks=50, energy=ntk["loss"], ntk_energy=ntk["ntk_loss"])
    conditions = pd.DataFrame(
        {"d": 5, "m": 64, "eta": 1e-2, "seed": seed, "condition": condition,
         "relation": "<", "required": 1.0, "actual": 2.0, "holds": False}
        for seed in range(2) for condition in ("step_size", "kappa", "width")
    )  # fmt: skip
    style.apply()
    figure, _ = a_thm32_linear_rate.draw([ntk], [modes], [conditions])
    drawn = [
        tuple(line.get_ydata()) for line in figure.axes[0].lines
        if line.get_linestyle() == "-" and len(line.get_ydata()) == len(t)
    ]  # fmt: skip
    for m in (64, 256):
        own = np.exp(-np.array(t) / m) * (1 + np.array(t) / 1e4)
        assert any(np.allclose(line, own) for line in drawn), m


class TestVerdicts:
    def test_every_claim_is_judged_on_its_figure_where_its_tables_are_drawn(self):
        entries = {entry.name: entry for entry in figures()}
        unseen = set()
        for module, claim in all_claims():
            entry = entries[claim.figure]
            assert module in entry.judged_by, claim.name
            if not set(claim.tables) <= set(entry.inputs):
                unseen.add(claim.figure)
        assert unseen <= {"a_fig6_7_sample_grids"}  # mosaics, whose classes are counted elsewhere

    def test_a_figure_about_which_nothing_is_claimed_is_judged_by_nobody(self):
        (entry,) = (entry for entry in figures() if entry.name == "a_fig2_generated_images")
        assert entry.judged_by == ()

    def test_the_tests_drawn_are_those_of_the_verdict(self):
        table = pd.read_csv(REFERENCE / "generalization.csv")
        drawn = judged_tests(theorem_33_rate_in_n, table)
        row = verdict(theorem_33_rate_in_n.claim, {"generalization": table})
        closest = drawn[drawn["test"] == row["closest"]].iloc[0]
        assert closest[["mean", "low", "high"]].tolist() == [
            row["measured"], row["ci_low"], row["ci_high"],
        ]  # fmt: skip
        assert drawn["d"].tolist() == sorted(table["d"].unique())

    def test_they_stand_below_what_the_figure_shows(self):
        table = pd.read_csv(REFERENCE / "generalization.csv")
        row = verdict(theorem_33_rate_in_n.claim, {"generalization": table})
        style.apply()
        figure, axes = plt.subplots(figsize=(style.WIDTH, 3))
        axes.plot([1, 2], [1, 2], label="a line")
        legend = figure.legend(loc="outside lower center")
        figure.draw_without_rendering()
        height = axes.get_window_extent().height
        with style.settled(figure):
            add_below(figure, [row])
            figure.draw_without_rendering()
        strip = figure.axes[-1]
        assert {row["claim"], row["verdict"]} <= {text.get_text() for text in strip.texts}
        assert axes.get_window_extent().height == pytest.approx(height)
        assert legend.get_window_extent().y0 > strip.get_window_extent().y1
        assert strip.get_tightbbox().y0 > 0


PAPER_SCALE = Path(__file__).parents[1] / "docs" / "paper-scale" / "tables"


def of_tables() -> list[str]:
    """The figures that are drawn from published tables alone."""
    names = {file.name.removesuffix(".csv.gz") for file in PAPER_SCALE.glob("*.csv.gz")}
    return [entry.name for entry in figures() if set(entry.inputs) <= names]


@pytest.mark.slow
@pytest.mark.parametrize("name", of_tables())
def test_nothing_is_cut_off_at_the_papers_scale(name):
    """Where grids are longest: legends lie within the figure."""
    (inputs,) = (entry.inputs for entry in figures() if entry.name == name)
    tables = {table: [pd.read_csv(PAPER_SCALE / f"{table}.csv.gz")] for table in inputs}
    style.apply()
    figure, _ = importlib.import_module(f"flowbounds.figures.{name}").draw(**tables)
    with style.settled(figure):
        figure.draw_without_rendering()
        legends = [*figure.legends, *(one for part in figure.subfigs for one in part.legends)]
        for box in (legend.get_window_extent() for legend in legends):
            assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
            assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1
    plt.close(figure)


class TestMetadata:
    def drawn(self, folder: Path, source: Path) -> list[Path]:
        style.apply()
        figure, axes = plt.subplots()
        axes.plot([1, 2])
        (entry,) = (entry for entry in figures() if entry.name == "b_images")
        made = plot.save({"": (figure, pd.DataFrame())}, entry, str(folder), {}, [str(source)])
        return [Path(file) for file in made]

    def test_both_pictures_of_a_figure_have_one_layout(self, tmp_path, monkeypatch):
        laid_out = []
        monkeypatch.setattr(ConstrainedLayoutEngine, "execute", lambda _, fig: laid_out.append(fig))
        source = tmp_path / "table.csv"
        source.touch()
        self.drawn(tmp_path, source)
        assert len(laid_out) == 1

    def test_pictures_say_where_they_come_from_and_are_the_same_again(self, tmp_path):
        source = tmp_path / "table.csv"
        source.write_text("a\n1\n")
        png, pdf, _ = self.drawn(tmp_path / "one", source)
        says = Image.open(png).text
        assert says["Title"] == "b_images"
        assert f"table.csv {sha256_of_file(source)}" in says["Description"]
        assert "rule b_images" in says["Description"] and "commit " in says["Description"]
        assert sha256_of_file(source).encode() in pdf.read_bytes()
        again = self.drawn(tmp_path / "two", source)
        assert [file.read_bytes() for file in again[:2]] == [png.read_bytes(), pdf.read_bytes()]
        source.write_text("a\n2\n")
        other = self.drawn(tmp_path / "three", source)
        assert other[0].read_bytes() != png.read_bytes()


def test_sample_grids_draw_what_the_tables_hold():
    codes = vars(Codes.fit("digits", load_images("digits", "no folder needed"), 3))
    samples = {
        "dataset": np.array("digits"), "m": np.array(8), "eta": np.array([1e-3, 1e-2] * 2),
        "seed": np.array([0, 0, 1, 1]), "x": np.stack([codes["test"][:70]] * 4),
    }  # fmt: skip
    samples["x"][2] = np.inf  # seed 1 diverged at the smaller step size
    tables = class_tables(Codes(**codes), samples)
    style.apply()
    drawn = a_fig6_7_sample_grids.draw([samples], [codes], *([table] for table in tables.values()))
    figure, numbers = drawn["digits"]
    figure.savefig(io.BytesIO())
    assert (numbers["kind"] == "original").sum() == (numbers["kind"] == "projected").sum() == 64
    assert (numbers["kind"] == "generated").sum() == 2 * 64
    bars = numbers[(numbers["kind"] == "classes") & (numbers["quantity"] == "share")]
    assert bars[bars["eta"] == 1e-3]["mean"].isna().all()  # never averaged in
    real = tables["image_class_shares"].query("eta == 0.01 and seed == 0")["share"]
    np.testing.assert_allclose(bars[bars["eta"] == 1e-2]["mean"], real)
    saturated = numbers[numbers["kind"] == "saturated"].set_index("eta")["mean"]
    assert saturated[1e-2] == pytest.approx(Codes(**codes).saturated(codes["test"][:70]))

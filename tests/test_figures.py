"""What the figures share: a step size, a width or a kappa looks the same in all of them."""

import io

import numpy as np
import pandas as pd
import pytest

from flowbounds.data.classes import class_tables
from flowbounds.data.codes import Codes
from flowbounds.data.datasets import load_images
from flowbounds.figures import (
    a_fig3_loss_trajectories,
    a_fig5_image_dynamics,
    a_fig6_7_sample_grids,
    style,
)

# values read off figure 5: one of a cell of the table below, one of another data set
PUBLISHED = pd.DataFrame(
    {"dataset": ["digits", "mnist"], "metric": "loss", "m": 128, "eta": 1e-3, "t": 20, "value": 4.5}
)


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
    hues += [style.kappa_hue(kappa, []) for kappa in (0.1, 0.3, 1.0)]
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
    figure, numbers = a_fig5_image_dynamics.draw([table], [PUBLISHED])
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
    figure, numbers = a_fig3_loss_trajectories.draw([table], [figure_3])
    assert (numbers["source"] == "paper").sum() == of_our_grid
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert any("no cell of this grid" in text for text in texts) != of_our_grid
    assert len(figure.legends) == of_our_grid


@pytest.mark.parametrize(("dataset", "said"), [("digits", True), ("mnist", False)])
def test_image_sets_that_the_paper_does_not_show_are_named(dataset, said):
    rows = [(dataset, 128, 1e-3, s, t, 4.0 + s, 1.0 + s) for s in (0, 1) for t in (0, 20)]
    columns = ["dataset", "m", "eta", "seed", "t", "loss", "sliced_w1"]
    style.apply()
    both = pd.concat([PUBLISHED.iloc[1:], PUBLISHED.iloc[1:].assign(metric="sliced_w1")])
    figure, _ = a_fig5_image_dynamics.draw([pd.DataFrame(rows, columns=columns)], [both])
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert ("the paper does not show digits" in texts) == said
    assert [text for text in texts if "does not show" in text] == said * [texts[-1]] * 2


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

"""What the figures share: a step size, a width or a kappa looks the same in all of them."""

import io

import numpy as np
import pandas as pd
import pytest

from flowbounds.figures import a_fig5_image_dynamics, style


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
    nothing = ["zero_loss", "sliced_w1_start", "sliced_w1_posterior", "sliced_w1_fresh"]
    untrained = pd.DataFrame({"experiment": "images", "dataset": "digits", "seed": [0, 1]})
    figure, numbers = a_fig5_image_dynamics.draw(
        [table], [untrained.assign(**dict.fromkeys(nothing, 0.5))]
    )
    figure.savefig(io.BytesIO())
    left_out = numbers[(numbers["m"] == 512) & (numbers["eta"] == 1e-2)]
    assert (left_out["mean"].isna() == (left_out["t"] > last_sound)).all()

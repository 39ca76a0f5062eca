from dataclasses import replace

import numpy as np
import pytest

from flowbounds.data.classes import class_tables
from flowbounds.data.codes import Codes
from flowbounds.data.datasets import load_images


def test_real_images_are_classified_and_counted():
    codes = Codes.fit("digits", load_images("digits", "no folder needed"), 7)
    no_zeros = codes.test[codes.test_labels != 0][:500]
    samples = {
        "dataset": np.array("digits"),
        "m": np.array(8),
        "eta": np.array([1e-3, 1e-2, 1e-1]),
        "seed": np.array([0, 0, 0]),
        "x": np.stack([codes.test[:500], no_zeros, np.full((500, 7), np.inf)]),
    }
    tables = class_tables(codes, samples)
    table = tables["image_classes"]
    assert table["classes"].tolist()[:2] == [10, 9]  # all classes; all but the zeros
    assert np.isnan(table["classes"][2])  # diverged: not classified
    # 7 components tell the digits apart nine times out of ten, so that shares are nearly right
    assert table["imbalance"][0] < 0.1
    assert table["imbalance"][1] > 0.09
    assert table["clear_least"][0] > 0.5
    assert table["clear_least"][1] == 0  # no zeros at all
    # the histograms that these numbers come from
    shares = tables["image_class_shares"]
    assert shares["label"].tolist() == 3 * list(range(10))
    real, without, diverged = (part for _, part in shares.groupby("eta"))
    assert real["share"].sum() == pytest.approx(1)
    assert (real["clear"] <= real["share"]).all()
    assert without["clear"].iloc[0] == 0 < without["clear_real"].iloc[0]
    np.testing.assert_allclose(real["share_real"], np.bincount(codes.test_labels) / 900)
    distance = (real["share"] - real["share_real"]).abs().sum() / 2
    assert table["imbalance"][0] == pytest.approx(distance)
    assert diverged["share"].isna().all()


def test_pixels_that_are_clipped_count_as_saturated():
    """Two components on four pixels, worked by hand."""
    codes = Codes.fit("digits", load_images("digits", "no folder needed"), 2)
    plane = replace(
        codes,
        mean=np.array([0.5, 0.5, 0.0, 1.0]),
        components=np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0]]),
        image_shape=np.array([2, 2]),
    )
    x = np.array([[0.4, 0.0], [0.6, 0.0], [-0.6, 9.0]])  # none, one and two pixels outside
    assert plane.saturated(x) == pytest.approx(3 / 12)
    assert plane.saturated(100 * (x - 0.05)) == pytest.approx(6 / 12)
    assert plane.decode(x).min() == 0 and plane.decode(x).max() == 1


def test_originals_are_the_images_that_the_first_test_codes_are_of():
    images = load_images("digits", "no folder needed")
    codes = Codes.fit("digits", images, 64)  # all pixels: codes lose nothing
    decoded = codes.decode(codes.test[:64]).reshape(64, -1)
    np.testing.assert_allclose(decoded, codes.originals, atol=1e-4)


def test_noise_with_the_moments_of_the_codes_has_all_classes_but_no_clear_ones():
    codes = Codes.fit("digits", load_images("digits", "no folder needed"), 7)
    rng = np.random.default_rng(0)
    noise = rng.multivariate_normal(codes.train.mean(axis=0), np.cov(codes.train.T), 500)
    samples = {"dataset": np.array("digits"), "m": np.array(8)}
    samples |= {"eta": np.array([1e-2]), "seed": np.array([0]), "x": noise[None]}
    row = class_tables(codes, samples)["image_classes"].iloc[0]
    assert row["classes"] == 10  # so that counting classes shows nothing
    assert max(row["clear_least"], row["clear_noise"]) < 0.4
    assert row["clear_real"] > 0.6

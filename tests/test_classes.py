import numpy as np

from flowbounds.data.classes import class_table
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
    table = class_table(codes, samples)
    assert table["classes"].tolist()[:2] == [10, 9]  # all classes; all but the zeros
    assert np.isnan(table["classes"][2])  # diverged: not classified
    # 7 components tell the digits apart nine times out of ten, so that shares are nearly right
    assert table["imbalance"][0] < 0.1
    assert table["imbalance"][1] > 0.09
    assert table["clear_least"][0] > 0.5
    assert table["clear_least"][1] == 0  # no zeros at all


def test_noise_with_the_moments_of_the_codes_has_all_classes_but_no_clear_ones():
    codes = Codes.fit("digits", load_images("digits", "no folder needed"), 7)
    rng = np.random.default_rng(0)
    noise = rng.multivariate_normal(codes.train.mean(axis=0), np.cov(codes.train.T), 500)
    samples = {"dataset": np.array("digits"), "m": np.array(8)}
    samples |= {"eta": np.array([1e-2]), "seed": np.array([0]), "x": noise[None]}
    row = class_table(codes, samples).iloc[0]
    assert row["classes"] == 10  # so that counting classes shows nothing
    assert max(row["clear_least"], row["clear_noise"]) < 0.4
    assert row["clear_real"] > 0.6

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

"""Which classes generated images belong to (paper A: "samples span all ten classes")."""

import numpy as np
import pandas as pd

from flowbounds.data.codes import Codes

NEIGHBOURS = 5
# A class counts as present when it holds this share of the samples: a tenth of its even share.
PRESENT = 0.01


def class_table(codes: Codes, samples: dict[str, np.ndarray]) -> pd.DataFrame:
    """Classify generated codes by their nearest training codes, and count the classes.

    Args:
        codes: the population.
        samples: one archive of terminal samples: ``x`` of shape (E, n, d), ``eta`` and ``seed`` of
            shape (E,), ``dataset`` and ``m``.

    Returns:
        One row per network: dataset, m, eta, seed, classes (how many hold at least PRESENT of the
        samples) and imbalance (total variation distance of the class shares from those of the test
        split). Both are empty for a network whose samples are not finite.
    """
    from sklearn.neighbors import KNeighborsClassifier

    nearest = KNeighborsClassifier(NEIGHBOURS).fit(codes.train, codes.train_labels)
    labels = np.unique(codes.train_labels)
    expected = np.array([(codes.test_labels == label).mean() for label in labels])
    rows = []
    for x, eta, seed in zip(samples["x"], samples["eta"], samples["seed"], strict=True):
        classes = imbalance = np.nan
        if np.isfinite(x).all():
            found = nearest.predict(x)
            shares = np.array([(found == label).mean() for label in labels])
            classes = int((shares >= PRESENT).sum())
            imbalance = np.abs(shares - expected).sum() / 2
        rows.append((str(samples["dataset"]), int(samples["m"]), eta, seed, classes, imbalance))
    return pd.DataFrame(rows, columns=["dataset", "m", "eta", "seed", "classes", "imbalance"])

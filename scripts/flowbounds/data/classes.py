"""Which classes generated images belong to (paper A: "samples span all ten classes").

That the nearest training image of some sample is a zero says little: pure noise has all ten classes
in that sense. A code is *clear* when its five nearest training codes agree on the class: four in
five real codes of the digits are, one in three of Gaussian noise with the codes' own mean and
covariance. A class is there when clear codes of it are about as frequent as among real ones.
"""

import numpy as np
import pandas as pd

from flowbounds.data.codes import Codes
from flowbounds.data.streams import stream

NEIGHBOURS = 5
# A class counts as present when it holds this share of the samples: a tenth of its even share.
PRESENT = 0.01

COLUMNS = [
    "dataset", "m", "eta", "seed", "classes", "imbalance",
    "clear_least", "clear_noise", "clear_real", "saturated", "saturated_real",
]  # fmt: skip


class Classifier:
    """The nearest training codes of a data set, and how its test split is spread over classes."""

    def __init__(self, codes: Codes) -> None:
        from sklearn.neighbors import KNeighborsClassifier

        self.nearest = KNeighborsClassifier(NEIGHBOURS).fit(codes.train, codes.train_labels)
        self.labels = np.unique(codes.train_labels)
        self.expected = np.array([(codes.test_labels == label).mean() for label in self.labels])
        self.clear = self._clear_shares(self.nearest.predict_proba(codes.test))

    @staticmethod
    def _clear_shares(votes: np.ndarray) -> np.ndarray:
        return (votes == 1).mean(axis=0)

    def shares(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the share of each class in a sample, and that of its clear codes, shape (C,)."""
        votes = self.nearest.predict_proba(x)
        found = self.labels[votes.argmax(axis=1)]
        shares = np.array([(found == label).mean() for label in self.labels])
        return shares, self._clear_shares(votes)

    def least(self, clear: np.ndarray) -> float:
        """Return the least share of clear codes, relative to the class's in the test split."""
        return float((clear / self.clear).min())


def baselines(codes: Codes, classifier: Classifier, seed: int, n: int) -> dict[str, float]:
    """Return ``clear_noise`` and ``clear_real``: the least clear share of noise and of real codes.

    And ``saturated_real``, the share of pixels of the latter that are clipped when decoded. The
    noise is Gaussian with the mean and covariance of the training codes; the real codes are drawn
    from the test split. Both are as many as the samples that they are compared with.
    """
    rng = stream("images", str(codes.dataset), codes.train.shape[1], None, seed, "class baselines")
    train = codes.train.astype(float)
    noise = rng.multivariate_normal(train.mean(axis=0), np.atleast_2d(np.cov(train.T)), n)
    real = rng.choice(codes.test, n, replace=False)
    return {
        "clear_noise": classifier.least(classifier.shares(noise)[1]),
        "clear_real": classifier.least(classifier.shares(real)[1]),
        "saturated_real": codes.saturated(real),
    }


def class_tables(codes: Codes, samples: dict[str, np.ndarray]) -> dict[str, pd.DataFrame]:
    """Classify generated codes by their nearest training codes, and count the classes.

    Args:
        codes: the population.
        samples: one archive of terminal samples: ``x`` of shape (E, n, d), ``eta`` and ``seed`` of
            shape (E,), ``dataset`` and ``m``.

    Returns:
        ``image_classes`` with a row per network: dataset, m, eta, seed, classes (how many hold at
        least PRESENT of the samples), imbalance (total variation distance of the class shares from
        those of the test split), clear_least (see :meth:`Classifier.least`), saturated (share of
        pixels that are clipped) and the baselines of the last two. ``image_class_shares`` with a
        row per network and class: dataset, m, eta, seed, label, share, clear (share of clear
        codes), and both of the test split. All but the baselines are empty for a network whose
        samples are not finite.
    """
    classifier = Classifier(codes)
    n = min(samples["x"].shape[1], len(codes.test))
    beside = {
        int(seed): baselines(codes, classifier, int(seed), n) for seed in np.unique(samples["seed"])
    }
    rows, histograms = [], []
    for x, eta, seed in zip(samples["x"], samples["eta"], samples["seed"], strict=True):
        network = {"dataset": str(samples["dataset"]), "m": int(samples["m"])}
        network |= {"eta": eta, "seed": seed}
        row = network | beside[int(seed)]
        shares = clear = np.full(len(classifier.labels), np.nan)
        if np.isfinite(x).all():
            shares, clear = classifier.shares(x)
            row["classes"] = int((shares >= PRESENT).sum())
            row["imbalance"] = np.abs(shares - classifier.expected).sum() / 2
            row["clear_least"] = classifier.least(clear)
            row["saturated"] = codes.saturated(x)
        rows.append(row)
        real = {"share_real": classifier.expected, "clear_real": classifier.clear}
        of_classes = {"label": classifier.labels, "share": shares, "clear": clear} | real
        histograms.append(pd.DataFrame(network | of_classes))
    return {
        "image_classes": pd.DataFrame(rows, columns=COLUMNS),
        "image_class_shares": pd.concat(histograms, ignore_index=True),
    }

"""PCA codes of images: the space in which paper A's image experiments live."""

from dataclasses import dataclass

import numpy as np

from flowbounds.data.datasets import Images
from flowbounds.run.files import read_arrays

ORIGINALS = 64  # test images that are kept as pixels, to be shown beside their codes


@dataclass(frozen=True)
class Codes:
    """PCA codes of a data set, with what the inverse map needs.

    ``dataset`` is its name. ``train`` and ``test`` have shape (N, d) and are not whitened;
    ``mean`` has shape (pixels,), ``components`` shape (d, pixels) with orthonormal rows,
    ``explained`` shape (d,): the share of the training variance that each component explains;
    ``originals`` has the pixels of the first ORIGINALS test images, shape (k, pixels).
    """

    dataset: np.ndarray
    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray
    mean: np.ndarray
    components: np.ndarray
    explained: np.ndarray
    image_shape: np.ndarray
    originals: np.ndarray

    @classmethod
    def fit(cls, dataset: str, images: Images, components: int) -> "Codes":
        """Fit PCA on the full training split and encode both splits (paper A, section 5)."""
        from sklearn.decomposition import PCA

        # Deterministic, exact, and without a centred copy of the images.
        pca = PCA(components, svd_solver="covariance_eigh").fit(images.train)
        return cls(
            dataset=np.array(dataset),
            train=pca.transform(images.train),
            train_labels=images.train_labels,
            test=pca.transform(images.test),
            test_labels=images.test_labels,
            mean=pca.mean_,
            components=pca.components_,
            explained=pca.explained_variance_ratio_,
            image_shape=np.array(images.shape),
            originals=images.test[:ORIGINALS],
        )

    @classmethod
    def load(cls, path: str) -> "Codes":
        return cls(**read_arrays(path))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the images of codes of shape (N, d), pixels clipped to [0, 1] for display."""
        return self._pixels(codes).clip(0, 1).reshape(len(codes), *self.image_shape)

    def saturated(self, codes: np.ndarray) -> float:
        """Return the share of pixels of codes of shape (N, d) that are clipped when decoded."""
        pixels = self._pixels(codes)
        return float(((pixels < 0) | (pixels > 1)).mean())

    def _pixels(self, codes: np.ndarray) -> np.ndarray:
        return codes @ self.components + self.mean

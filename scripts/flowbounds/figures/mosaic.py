"""Mosaics of images: decoded PCA codes in a square grid."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from flowbounds.data.codes import Codes
from flowbounds.figures import style

SIDE = 8  # images on each side of a mosaic


def generated(samples: dict[str, np.ndarray], eta: float) -> np.ndarray:
    """Return the codes, shape (n, d), that the network of step size eta and seed 0 generated."""
    (network,) = np.flatnonzero((samples["seed"] == 0) & np.isclose(samples["eta"], eta, atol=0))
    return samples["x"][network]


def pictures(codes: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Decode the first SIDE^2 of codes of shape (n, d) to 8-bit images, shape (k, *image shape).

    A network that diverged generated nothing that could be shown: k = 0 if any code is not finite.
    """
    x = x[: SIDE**2] if np.isfinite(x).all() else x[:0]
    return np.round(255 * Codes(**codes).decode(x)).astype(np.uint8)


def originals(codes: dict[str, np.ndarray]) -> np.ndarray:
    """Return the test images whose codes come first, as 8-bit pixels, (k, *image shape)."""
    images = np.round(255 * codes["originals"][: SIDE**2]).astype(np.uint8)
    return images.reshape(len(images), *codes["image_shape"])


def draw_mosaic(axes: Axes, images: np.ndarray) -> None:
    """Draw up to SIDE^2 images of shape (k, height, width[, 3]) with a pixel between them."""
    k, height, width = images.shape[:3]
    canvas = np.full((SIDE * (height + 1) - 1, SIDE * (width + 1) - 1, *images.shape[3:]), 255)
    for place in range(k):
        top, left = place // SIDE * (height + 1), place % SIDE * (width + 1)
        canvas[top : top + height, left : left + width] = images[place]
    axes.imshow(canvas, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    if k == 0:
        axes.text(0.5, 0.5, "diverged", transform=axes.transAxes, ha="center", color=style.ALARM)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    axes.spines[:].set_visible(False)


def pixel_table(images: np.ndarray, **what) -> pd.DataFrame:
    """Return the images as a table: one row each, columns p0, p1, … of 8-bit pixels."""
    pixels = images.reshape(len(images), np.prod(images.shape[1:], dtype=int))
    table = pd.DataFrame(pixels, columns=[f"p{k}" for k in range(pixels.shape[1])])
    return pd.DataFrame({**what, "image": range(len(images))}).join(table)

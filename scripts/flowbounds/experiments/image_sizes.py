"""The image sets of a configuration, before any job: how large they are, and what they are."""

from collections.abc import Mapping

from flowbounds.data import own_images
from flowbounds.data.datasets import GAUSSIAN_MIXTURE, IMAGE_SETS, TWO_BALLS, DataError
from flowbounds.run.config import ConfigError

Size = tuple[int, int, int]
"""Training images, test images, pixels."""


def image_sizes(config: Mapping, section: str) -> dict[str, Size]:
    """Return the size of each image set that a section names, a reader's own from its headers.

    Raises:
        ConfigError: there is no set of a name, or a reader's own is not what it should be.
    """
    own = config["data"]["sets"]
    for name in own:
        if name in (*IMAGE_SETS, GAUSSIAN_MIXTURE, TWO_BALLS):
            raise ConfigError(f"data.sets.{name} is not allowed: {name} is another set's name")
    for k, name in enumerate(config[section]["datasets"]):
        if name not in IMAGE_SETS and name not in own:
            raise ConfigError(
                f"{section}.datasets[{k}] = {name!r} is not allowed. "
                f"Allowed: {', '.join((*IMAGE_SETS, *own))}, or another name in data.sets"
            )
    return {name: _size(name, own) for name in config[section]["datasets"]}


def _size(name: str, own: Mapping[str, str]) -> Size:
    if name not in own:
        return IMAGE_SETS[name]
    try:
        found = own_images.size(own[name])
    except DataError as error:
        raise ConfigError(f"data.sets.{name}: {error}") from None
    return found.train, found.test, found.pixels


def source(config: Mapping, name: str) -> str:
    """Return where a set is read from, as an option of scripts/encode_images.py.

    Option and path are one word: a path that begins with a dash would be taken for an option.
    """
    own = config["data"]["sets"]
    return f"--own={own[name]}" if name in own else f"--root={config['data']['root']}"


def content(config: Mapping, name: str) -> str:
    """Return a hash of a reader's own images: where it changes, they are encoded again."""
    own = config["data"]["sets"]
    return own_images.digest(own[name]) if name in own else ""


def megabytes(config: Mapping, name: str) -> int:
    """Estimate the memory of encoding a set: images as read and as floats, a matrix for PCA."""
    train, test, pixels = _size(name, config["data"]["sets"])
    return max(3000, 1000 + (12 * (train + test) * pixels + 24 * pixels**2) // 10**6)

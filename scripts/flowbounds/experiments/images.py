"""Paper A on PCA codes of images: loss and distances along training (figures 2, 5, 6, 7)."""

from collections.abc import Mapping

from flowbounds.experiments import trajectories
from flowbounds.experiments.experiment import Cell, Cost, without

TABLES = {"images": trajectories.with_dataset(trajectories.TRAJECTORY)}
STAGES = ("train", "sample")


def cells(config: Mapping) -> list[Cell]:
    part = config["images"]
    return [
        {"dataset": name, "d": part["components"], "m": m}
        for name in part["datasets"]
        for m in part["m"]
    ]


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["images"], "datasets", "components", "m", "showcase")


def cost(settings: Mapping, cell: Cell) -> Cost:
    return trajectories.cost(settings, cell, *STAGES)


def check(config: Mapping) -> None:
    """Check the grid, and that the image sets are as large as what is drawn from them.

    The showcase is filled in, in place: what it leaves open is the largest of the grid.

    Raises:
        ConfigError: on the first fault.
    """
    from flowbounds.experiments.image_sizes import image_sizes
    from flowbounds.run.config import ConfigError

    images = config["images"]
    trajectories.check("images", images)
    for key in ("m", "eta"):
        if images["showcase"][key] is None:
            images["showcase"][key] = max(images[key])
        if images["showcase"][key] not in images[key]:
            raise ConfigError(
                f"images.showcase.{key} = {images['showcase'][key]} is not in "
                f"images.{key} = {images[key]}: give one of these, or null for the largest"
            )
    for dataset, (train, test, pixels) in image_sizes(config, "images").items():
        for key, limit, what in (
            ("n_train", train, "training images"),
            ("n_test", test, "test images"),
            ("components", min(train, pixels), "principal components"),
        ):
            if images[key] > limit:
                raise ConfigError(
                    f"images.{key} = {images[key]}, but {dataset} has only {limit} {what}"
                )

"""Paper A on the Gaussian mixture: loss and distances along gradient descent (figures 1, 3, 4)."""

from collections.abc import Mapping

from flowbounds.experiments import trajectories
from flowbounds.experiments.experiment import Cell, Cost, without

TABLES = {"simulation": trajectories.TRAJECTORY}
STAGES = ("train", "sample")


def cells(config: Mapping) -> list[Cell]:
    part = config["simulation"]
    return [{"dataset": "gaussian_mixture", "d": d, "m": m} for d in part["d"] for m in part["m"]]


def settings(config: Mapping, cell: Cell) -> dict:
    return without(config["simulation"], "d", "m")


def cost(settings: Mapping, cell: Cell) -> Cost:
    return trajectories.cost(settings, cell, *STAGES)


def check(config: Mapping) -> None:
    trajectories.check("simulation", config["simulation"])

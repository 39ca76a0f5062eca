"""Timing: contenders take turns, and every number is a median."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

import torch

SIZES = ["m", "d", "n", "seeds", "checkpoints"]
COLUMNS = ["benchmark", *SIZES, "quantity", "value", "low", "high", "repeats"]


@dataclass(frozen=True)
class Timing:
    """Seconds of one contender, over the repeats."""

    seconds: list[float]

    @property
    def median(self) -> float:
        return median(self.seconds)

    def row(self, benchmark: str, quantity: str, factor: float = 1.0, **sizes) -> dict:
        """Return a row of the table: the median and the range, times ``factor``."""
        low, high = min(self.seconds) * factor, max(self.seconds) * factor
        spread = {"low": low, "high": high, "repeats": len(self.seconds)}
        return row(benchmark, quantity, self.median * factor, **sizes) | spread


def row(benchmark: str, quantity: str, value: float, **sizes) -> dict:
    """Return a row of the table for a value that is derived or read off."""
    return {"benchmark": benchmark, **sizes, "quantity": quantity, "value": value}


def alternate(
    contenders: Mapping[str, Callable[[], object]], repeats: int, device: torch.device
) -> dict[str, Timing]:
    """Time the contenders in turn, ``repeats`` turns each after one that is not counted.

    A machine that is slow for a while is then slow for all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(repeats + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if turn > 0:
                seconds[name].append(time.perf_counter() - start)
    return {name: Timing(values) for name, values in seconds.items()}

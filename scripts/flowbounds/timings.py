"""What Snakemake's benchmark files say of jobs: how long they took, how much memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Timing:
    """One job's last run."""

    seconds: float
    megabytes: float
    """The largest resident memory; NaN where it was too short to be measured."""


def read(path: str | Path) -> Timing | None:
    """Return what a benchmark file says; None where there is no readable one."""
    try:
        header, row = (line.split("\t") for line in Path(path).read_text().splitlines()[:2])
        values = dict(zip(header, row, strict=True))
        memory = values["max_rss"]
        return Timing(float(values["s"]), float("nan" if memory in ("NA", "-") else memory))
    except (OSError, ValueError, KeyError):
        return None


def total(paths: Iterable[str | Path]) -> tuple[float, int]:
    """Return the summed seconds of benchmark files, and how many of them are missing."""
    timings = [read(path) for path in paths]
    return sum(t.seconds for t in timings if t), sum(t is None for t in timings)


def estimate(seconds: Sequence[float], cores: int) -> float:
    """Return the least wall time of jobs on some cores: no shorter than the longest of them."""
    return max(sum(seconds) / cores, max(seconds, default=0.0))

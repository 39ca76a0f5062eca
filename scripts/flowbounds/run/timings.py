"""What Snakemake's benchmark files say of jobs: how long they took, how much memory."""

from dataclasses import dataclass
from math import nan
from pathlib import Path


@dataclass(frozen=True)
class Timing:
    """One job's last run."""

    seconds: float
    processor_seconds: float
    megabytes: float
    """The largest resident memory; NaN where it was too short to be measured."""


def read(path: str | Path) -> Timing | None:
    """Return what a benchmark file says; None where there is no readable one."""
    try:
        header, row = (line.split("\t") for line in Path(path).read_text().splitlines()[:2])
        values = dict(zip(header, row, strict=True))
        seconds = float(values["s"])
        # a job that was too short to be looked at has NA or - there, and ran on one core at most
        processor, memory = (
            unknown if values[name] in ("NA", "-") else float(values[name])
            for name, unknown in (("cpu_time", seconds), ("max_rss", nan))
        )
        return Timing(seconds, processor, memory)
    except (OSError, ValueError, KeyError):
        return None


def duration(seconds: float) -> str:
    """Write a time as people say it: 8 s, 3 min 20 s, 2 h 5 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"

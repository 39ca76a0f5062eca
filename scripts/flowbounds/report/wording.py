"""Numbers and verdicts in words, the same on the page, in the summary and on a terminal."""

import math
from collections.abc import Sequence

import pandas as pd

from flowbounds.claims.base import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED

VERDICTS = (REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE)
SYMBOLS = {REPRODUCED: "✓", NOT_REPRODUCED: "✗", INCONCLUSIVE: "?"}


def number(value: float) -> str:
    """Write a number with three digits, a missing one as a dash."""
    return f"{value:.3g}".replace("-", "−", 1) if math.isfinite(value) else "–"


def with_interval(measured: float, low: float, high: float) -> str:
    """Write an estimate with its interval; one that has no width is left out."""
    if low == high == measured:
        return number(measured)
    return f"{number(measured)} [{number(low)}, {number(high)}]"


def percent(ratio: float) -> str:
    return f"{100 * ratio:+.1f} %".replace("-", "−")


def duration(seconds: float) -> str:
    """Write a time as people say it: 8 s, 3 min 20 s, 2 h 5 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def counts(verdicts: Sequence[str] | pd.Series) -> dict[str, int]:
    """Return how many verdicts there are of each kind, in the order of VERDICTS."""
    verdicts = list(verdicts)
    return {kind: verdicts.count(kind) for kind in VERDICTS}

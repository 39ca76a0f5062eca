"""Numbers and verdicts in words, the same on the page and in the summary."""

import math
from collections.abc import Iterable

from flowbounds.claims.judging import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED

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


def counts(verdicts: Iterable[str]) -> dict[str, int]:
    """Return how many verdicts there are of each kind, in the order of VERDICTS."""
    verdicts = list(verdicts)
    return {kind: verdicts.count(kind) for kind in VERDICTS}

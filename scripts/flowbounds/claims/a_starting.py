"""What width does in paper A's experiments once the random output at t = 0 is out of the way."""

import pandas as pd

from flowbounds.claims.claim import OURS, claim
from flowbounds.claims.controls import scaled, tilted
from flowbounds.claims.evidence import Evidence, orderings, ratios
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import WHY_WIDTH, WIDTH_MARGIN

_OF_START = {"paper": "A", "kind": OURS, "source": "ours", "figure": "a_start"}


def _at_zero(start: pd.DataFrame) -> pd.DataFrame:
    """Return the networks that start from f = 0."""
    return start[start["antisymmetric"].astype(bool)]


@claim(
    name="start: from f = 0 a larger width lowers the loss",
    statement="with units in pairs, so that f = 0 at t = 0, the terminal loss falls with the width",
    quantity="terminal loss of a width over that of the one before, per d",
    allowed=Region(high=1.0, margin=WIDTH_MARGIN),
    why_margin=WHY_WIDTH,
    control=tilted("start", "loss", "m", 2.0),
    decided="after an audit had found a fivefold fall from m = 16 to 256 at d = 50",
    **_OF_START,
)
def width_lowers_the_loss(start: pd.DataFrame) -> Evidence:
    """That width does not help at kappa = 1 would be the start's doing; refuted by a rise."""
    return orderings(_at_zero(start), "loss", "m", ["d"])


@claim(
    name="start: from f = 0 samples beat x = x0",
    statement="with units in pairs, so that f = 0 at t = 0, terminal samples are closer to the "
    "data than their starting points at every (d, m)",
    quantity="sliced W1 at T over that of x = x0",
    allowed=Region(high=1.0),
    why_margin="none: who does as well as nothing has learned nothing",
    control=scaled("start", "sliced_w1", 100),
    **_OF_START,
)
def samples_beat_start_from_zero(start: pd.DataFrame) -> Evidence:
    """At t = 0 such a sampler returns x0, so that it starts at a ratio of 1; refuted by a rise."""
    return ratios(_at_zero(start), "sliced_w1", "sliced_w1_start", ["d", "m"])


@claim(
    name="start: from f = 0 a larger width brings samples closer",
    statement="with units in pairs, so that f = 0 at t = 0, terminal sliced W1 falls with the "
    "width",
    quantity="terminal sliced W1 of a width over that of the one before, per d",
    allowed=Region(high=1.0, margin=WIDTH_MARGIN),
    why_margin=WHY_WIDTH,
    control=tilted("start", "sliced_w1", "m", 1.0),
    **_OF_START,
)
def width_brings_samples_closer(start: pd.DataFrame) -> Evidence:
    """Whether a lower training loss is a better sampler; refuted by a rise."""
    return orderings(_at_zero(start), "sliced_w1", "m", ["d"])

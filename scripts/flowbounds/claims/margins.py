"""The margins of all claims, fixed beforehand, each with its reason.

Without a margin a law that holds exactly at its limit could never be upheld: half of all estimates
lie beyond. A margin is what a reader of the theorem would not call another law.
"""

RATE_MARGIN = 0.05
"""Of an exponent."""
WHY_RATE = (
    "0.05 in an exponent is 12 % per decade, less than lower-order terms and logarithms that the "
    "statement leaves open move it by on these grids"
)

BOUNDED_MARGIN = 0.0625
"""Of the exponent of something bounded."""
WHY_BOUNDED = (
    "an exponent of 1/16 is growth by a third over a hundredfold range; a sequence that still rises "
    "to its bound may show that much"
)

RATIO_MARGIN = 1.1
"""Of the two sides of an inequality that holds up to a vanishing remainder."""
WHY_RATIO = "ten per cent for a remainder that the statement lets vanish only in the limit"

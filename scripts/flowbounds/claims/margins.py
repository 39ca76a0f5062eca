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
    "an exponent of 1/16 is growth by a third over a hundredfold range; a sequence that still "
    "rises to its bound may show that much"
)

RATIO_MARGIN = 1.1
"""Of the two sides of an inequality that holds up to a vanishing remainder."""
WHY_RATIO = "ten per cent for a remainder that the statement lets vanish only in the limit"

PUBLISHED_MARGIN = 1.25
"""Of ours over a value read off a published figure; the scatter of both is in the interval."""
WHY_PUBLISHED = (
    "reading errors of 1 to 2 %, and up to 8 % between a mean of logarithms and the logarithm of "
    "the paper's mean where seeds scatter by 40 %, with room; the two readings of figure 1 differ "
    "by factors of 1.1 to 3.7"
)

WIDTH_MARGIN = 1.1
"""Of the loss of the widest over that of the narrowest network."""
WHY_WIDTH = (
    "a loss that is a tenth larger is, on the figure's axis of three decades, as good as equal"
)

FALL_MARGIN = 1.03
"""Of a distance over the same at an earlier checkpoint."""
WHY_FALL = (
    "starting points and reference are the same at every checkpoint, so that sampling moves both "
    "alike; a rise of 3 % would not be seen in figure 4"
)

FLOOR_MARGIN = 0.01
"""Of the least error that a network without biases can have."""
WHY_FLOOR = (
    "quadrature and 5000 test points move the floor by 0.002, and a floor of less than a hundredth "
    "would be below one per cent of the errors here"
)

EXCESS_MARGIN = 0.05
"""Of debiased W1, in units of the floor, W1 of two fresh samples."""
WHY_EXCESS = (
    "a twentieth of the distance of two fresh samples; debiased W1 of samples still differs from "
    "W1 of the laws by a bias that is a fraction of the floor"
)

FIRST_ORDER_MARGIN = 0.1
"""Of the exponent of the path KL in h."""
WHY_FIRST_ORDER = (
    "the next term, of relative order h over a squared width of the target, moves the exponent by "
    "some hundredths at the smallest steps here; 3/2 and 2, the other orders at hand, are far"
)

WHY_FALL_OF_W2 = (
    "3 %, as for other falls of a distance: samples that are as near to fresh ones as fresh ones "
    "to each other come no closer, and a rise of 3 % would not be seen in the figure"
)

RUN_MARGIN = 3.0
"""Of the distance of a published run from our means over that of one of ours."""
WHY_RUN = (
    "a run three times as far out as ours are on average lies two to three standard deviations "
    "away, where a value begins to count as another; of the few independent numbers in a single "
    "run less is not told from chance"
)

MEAN_MARGIN = 0.1
"""Of the exponent of a mean shift in m."""
WHY_MEAN = (
    "a fifth of what lies between the exponents of mean and fluctuation, -1 and -1/2; the next "
    "order, smaller by a factor m^-1/2, moves it by some hundredths on these grids"
)

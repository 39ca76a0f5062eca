"""Claims of Theorem 3.3 and Lemma 3.4: what training data say of fresh data.

All are judged on the kernel limit (m = inf), where the conditions on the width and on the number of
iterations hold by construction, and the theorem's on the paper's own law of flow times,
tau_min = 0. The limit starts from f = 0, as for kappa to 0, with the kernel of kappa = 1; with that
of kappa = 0.01 exponents move by at most 0.04 (d = 5 and 20, n = 64 to 1024, three seeds).
"""

import numpy as np
import pandas as pd

from flowbounds.claims.claim import BOUND, RATE, claim
from flowbounds.claims.controls import altered, scaled, tilted
from flowbounds.claims.evidence import Evidence, exponents, join, levels, nothing, ratios
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import (
    BOUNDED_MARGIN,
    FLOOR_MARGIN,
    RATE_MARGIN,
    WHY_BOUNDED,
    WHY_FLOOR,
    WHY_RATE,
)

B0 = 1.0
"""Bound of the linear schedule and its derivatives (Assumption 4)."""
DELTA = 0.05
"""Probability with which the theorem may fail; that of Lemma 3.4's column, too."""


def kernel_limit(table: pd.DataFrame, tau_min: float = 0.0) -> pd.DataFrame:
    """Return the rows of the kernel limit for one law of flow times."""
    return table[np.isinf(table["m"]) & np.isclose(table["tau_min"], tau_min)]


@claim(
    name="lemma 3.4: uniform deviation",
    paper="A",
    kind=BOUND,
    source="paper A, v1, Lemma 3.4",
    statement="the uniform deviation of the linearised class is at most "
    "2 rho R + sigma sqrt(2 log(1/delta)/n)",
    figure="a_lemma34_rademacher",
    quantity="widest deviation found in the class over the bound",
    allowed=Region(high=1.0),
    why_margin="none: the bound is explicit",
    control=scaled("generalization", "deviation", 100),
)
def lemma_34_bound(generalization: pd.DataFrame) -> Evidence:
    """Every (d, n, tau_min) is a test; both sides are taken against the lemma.

    Refuted by a member of the class whose error on fresh points exceeds that on training points by
    more than the bound. The deviation is what a search found, at most the supremum; sigma is the
    least that it can be. A ratio below 1 therefore supports the lemma without proving it.
    """
    limit = generalization[np.isinf(generalization["m"])]
    return ratios(limit, "deviation", "deviation_bound", ["d", "n", "tau_min"])


def _over_bound(limit: pd.DataFrame) -> pd.Series:
    """Divide the error by the first term of Theorem 3.3's bound, without its constant."""
    d, n = limit["d"], limit["n"]
    bound = limit["complexity"] * np.sqrt((d + B0**2) * np.log(n / DELTA) ** 2 / n)
    return limit["test_error"] / bound


@claim(
    name="theorem 3.3: one constant serves",
    paper="A",
    kind=RATE,
    source="paper A, v1, Theorem 3.3, the bound by data",
    statement="E|f - v| <= C sqrt(V' H^{-1} V) sqrt((d + B0^2) log^2(n/delta)/n) + "
    "C sqrt(d log(n/(lambda_min delta))/n)",
    figure="a_thm33_generalization",
    quantity="exponent in n of E|f - v| over the first term without C, B0 = 1, delta = 0.05",
    allowed=Region(high=0.0, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("generalization", "test_error", "n", 0.6),
    decided="after an audit had found exponents of about -0.4",
)
def theorem_33_one_constant(generalization: pd.DataFrame) -> Evidence:
    """The theorem's main inequality, which counts what the data are worth by their complexity.

    One constant serves all n if the ratio of the two sides does not grow: per d, refuted by a
    positive exponent. Leaving the second term out makes the test only stricter.
    """
    limit = kernel_limit(generalization)
    return exponents(limit.assign(over=_over_bound(limit)), "over", "n", ["d"])


def _over_logarithm(generalization: pd.DataFrame) -> pd.DataFrame:
    """Return the kernel limit with a column rate, E|f - v| over sqrt(log n)."""
    limit = kernel_limit(generalization)
    return limit.assign(rate=limit["test_error"] / np.sqrt(np.log(limit["n"])))


@claim(
    name="theorem 3.3: rate in n",
    paper="A",
    kind=RATE,
    source="paper A, v1, Theorem 3.3, its corollary C sqrt((d/n) log(n/delta))",
    statement="E|f - v| <= C sqrt((d/n) log(n/delta)): its fall with n at fixed d",
    figure="a_thm33_generalization",
    quantity="exponent in n of E|f - v| / sqrt(log n)",
    allowed=Region(high=-0.5, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=tilted("generalization", "test_error", "n", 0.5),
)
def theorem_33_rate_in_n(generalization: pd.DataFrame) -> Evidence:
    """Dividing by the logarithm leaves the power that the corollary names; per d.

    Refuted by a slower fall. log n in place of log(n/delta), which varies less, is to the
    corollary's advantage.
    """
    return exponents(_over_logarithm(generalization), "rate", "n", ["d"])


@claim(
    name="theorem 3.3: rate in n and d together",
    paper="A",
    kind=RATE,
    source="paper A, v1, Theorem 3.3, its corollary C sqrt((d/n) log(n/delta))",
    statement="E|f - v| <= C sqrt((d/n) log(n/delta)): with n proportional to d it grows like "
    "sqrt(log n) at most",
    figure="a_thm33_generalization",
    quantity="exponent in d of E|f - v| / sqrt(log n) at fixed n / d",
    allowed=Region(high=0.0, margin=BOUNDED_MARGIN),
    why_margin=WHY_BOUNDED,
    control=tilted("generalization", "test_error", "d", 1.0),
    decided="after the error had been seen to grow with d at fixed n, which tests another sentence",
)
def theorem_33_jointly(generalization: pd.DataFrame) -> Evidence:
    """What the corollary says of d: along a ray of fixed n / d its bound grows by a logarithm only.

    A fixed n says nothing, since there every network ends at f = 0 as d grows, whose error is below
    sqrt(d). Every ray that the grid has two dimensions of is a test; refuted by a ray along which
    the error grows.
    """
    limit = _over_logarithm(generalization)
    limit = limit.assign(**{"n / d": limit["n"] / limit["d"]})
    rays = [rows for _, rows in limit.groupby("n / d") if rows["d"].nunique() > 1]
    if not rays:
        return nothing("no two dimensions of the grid have sample sizes in proportion to them")
    return join([exponents(rows, "rate", "d", ["n / d"]) for rows in rays])


@claim(
    name="theorem 3.3: bounded complexity",
    paper="A",
    kind=BOUND,
    source="paper A, v1, Theorem 3.3, from the bound to its corollary",
    statement="sqrt(V' H^{-1} V) is O(B0) whatever n",
    figure="a_thm33_generalization",
    quantity="exponent in n of sqrt(V' H^{-1} V)",
    allowed=Region(high=0.0, margin=BOUNDED_MARGIN),
    why_margin=WHY_BOUNDED,
    control=tilted("generalization", "complexity", "n", 0.5),
)
def theorem_33_complexity_bounded(generalization: pd.DataFrame) -> Evidence:
    """The step from the bound by data to the rate; per d, refuted by growth with n."""
    return exponents(kernel_limit(generalization), "complexity", "n", ["d"])


@claim(
    name="theorem 3.3: homogeneity floor",
    paper="A",
    kind=BOUND,
    source="paper A, v1, Theorem 3.3, its corollary, and the network of its section 2",
    statement="E|f - v| <= C sqrt((d/n) log(n/delta)) for every n: no error stays above 0",
    figure="a_thm33_generalization",
    quantity="least E|f - v| of any network without biases, whatever its width, weights and n",
    allowed=Region(high=0.0, margin=FLOOR_MARGIN),
    why_margin=WHY_FLOOR,
    control=altered(
        "generalization",
        "a floor that is higher by 1",
        lambda rows: rows.assign(homogeneity_floor=rows["homogeneity_floor"] + 1),
    ),
    decided="after the error had been seen to level off",
)
def theorem_33_homogeneity_floor(generalization: pd.DataFrame) -> Evidence:
    """f is homogeneous of degree 1 in its inputs and v of degree 0: on rays they cannot agree.

    What is left over is a floor under the error of every such f, per d, and a sequence of errors
    with a positive floor has no rate. Refuted by a positive floor: this needs no training, no limit
    and no constant, and it holds for all n at once. The theorem's main inequality is not touched:
    its complexity may grow.
    """
    limit = kernel_limit(generalization)
    return levels(limit.drop_duplicates(["d", "seed"]), "homogeneity_floor", ["d"])

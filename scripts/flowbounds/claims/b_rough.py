"""Claims on the order in h of targets that are not analytic, or have heavy tails; exact laws."""

import numpy as np
import pandas as pd

from flowbounds.claims.b_exact import PAPER_B
from flowbounds.claims.claim import OURS, RATE, claim
from flowbounds.claims.controls import altered, tilted
from flowbounds.claims.evidence import Evidence, join, local_exponents, nothing
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import FIRST_ORDER_MARGIN, RATE_MARGIN, WHY_RATE

ERROR = 1e-3
"""Relative, of KL by quadrature; of the paths' it is what neighbouring N do not share."""
TAIL_ERROR = 1e-2
"""Likewise, with heavy tails, of which the farthest are left out."""
WHY_ORDER = (
    "the next power of h is a quarter to a half above, with a factor of its own, and moves an "
    "exponent by some hundredths at the smallest steps here; orders of a that differ by 1/4 differ "
    "by as much"
)

_FIGURE = {"paper": "B", "figure": "b_smoothness"}
_EXPECTED = _FIGURE | {"kind": OURS, "why_margin": WHY_ORDER}


def _powers(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["family"] == "power") & np.isfinite(table["shape"])]


def _jump(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["family"] == "power") & np.isinf(table["shape"])]


def _finest(table: pd.DataFrame, quantity: str = "kl_marginal", error: float = ERROR) -> Evidence:
    """Judge the exponent in h of every target between its two smallest steps."""
    if table.empty:
        return nothing("the grid has no such target")
    return local_exponents(table, quantity, "h", ["family", "shape"], first=1, relative_error=error)


def _over_expected(table: pd.DataFrame) -> Evidence:
    """Judge the exponent in h less the one that is expected of the target."""
    return _finest(table.assign(over=table["kl_marginal"] / table["h"] ** table["order"]), "over")


def _times_h(quantity: str, power: float):
    return tilted("dfm_smoothness", quantity, "h", power)


@claim(
    name="theorem 2: order in h, kinks",
    kind=RATE,
    source=f"{PAPER_B}, Theorem 2",
    statement="with the exact drift KL(nu* | nu_1) is of order h or smaller for targets that are "
    "not analytic, but have the eighth moments and scores that are asked for",
    quantity="exponent of KL in h between the two smallest steps",
    allowed=Region(low=1.0, margin=RATE_MARGIN),
    why_margin=WHY_RATE,
    control=_times_h("kl_marginal", -1.5),
    **_FIGURE,
)
def theorem_2_order_of_kinks(dfm_smoothness: pd.DataFrame) -> Evidence:
    """Every a with E|X|^8 and E|score|^8 finite, a > 7/8, is a test; refuted by a slower fall."""
    finite = np.isfinite(dfm_smoothness[["target_moment", "target_score"]]).all(axis=1)
    return _finest(_powers(dfm_smoothness[finite]))


@claim(
    name="theorem 2: order in h against smoothness",
    source="ours: a boundary layer of width sqrt(h) about the kink, in which log densities err by "
    "h^(a/2)",
    statement="for a density exp(-|x|^a) KL(nu* | nu_1) is of order a + 1/2, at most 2",
    quantity="exponent of KL in h less min(a + 1/2, 2), between the two smallest steps, a at least "
    "1/2 away from 3/2",
    allowed=Region(low=0.0, high=0.0, margin=FIRST_ORDER_MARGIN),
    control=_times_h("kl_marginal", 0.5),
    decided="after an audit had found local orders of Laplace's law that rise from 1.31 towards "
    "3/2, and the argument for other a; before any number of theirs",
    **_EXPECTED,
)
def order_against_smoothness(dfm_smoothness: pd.DataFrame) -> Evidence:
    """So that O(h) is loose by one order for analytic targets only. One a refutes it.

    The part of KL from early times is of order h^2. At a = 3/2, where the two powers meet, there is
    a logarithm, and beside it they are too close to be told apart by steps like these:
    :func:`order_near_the_cap`.
    """
    table = _powers(dfm_smoothness)
    return _over_expected(table[(table["shape"] - 1.5).abs() >= 0.5])


@claim(
    name="theorem 2: order in h where two powers meet",
    source="ours: KL = A h^(a + 1/2) - B h^2 with A and B that grow alike as a tends to 3/2",
    statement="for a density exp(-|x|^a), a near 3/2, the exponent of KL comes to min(a + 1/2, 2) "
    "from below and slowly",
    quantity="exponent of KL in h less min(a + 1/2, 2), between the two smallest steps, a less "
    "than 1/2 away from 3/2",
    allowed=Region(low=-0.3, high=0.0, margin=RATE_MARGIN),
    control=_times_h("kl_marginal", 0.5),
    decided="before, for the power of the next term in h",
    **_EXPECTED,
)
def order_near_the_cap(dfm_smoothness: pd.DataFrame) -> Evidence:
    """A logarithm at a = 3/2 costs 1 / log(1/h), .24 at h = 1/64. One a refutes it."""
    table = _powers(dfm_smoothness)
    return _over_expected(table[(table["shape"] - 1.5).abs() < 0.5])


@claim(
    name="theorem 2: order in h of a jump",
    source="ours: the last step carries mass of order sqrt(h) over the edge",
    statement="for a density that jumps, without a score and without early stopping, KL is of "
    "order sqrt(h), that of the marginals and that of the paths",
    quantity="exponents of both KL in h between the two smallest steps",
    allowed=Region(low=0.5, high=0.5, margin=RATE_MARGIN),
    control=altered(
        "dfm_smoothness",
        "both KL times h^0.5",
        lambda rows: rows.assign(
            kl_marginal=rows["kl_marginal"] * rows["h"] ** 0.5,
            kl_path=rows["kl_path"] * rows["h"] ** 0.5,
        ),
    ),
    decided="after an audit had found .500 for the marginal; before, for the paths",
    **_FIGURE | {"kind": OURS, "why_margin": WHY_RATE},
)
def order_of_a_jump(dfm_smoothness: pd.DataFrame) -> Evidence:
    """Theorem 2 asks for a score and says nothing here; refuted by another exponent of either."""
    table = _jump(dfm_smoothness)
    if table.empty:
        return nothing("the grid has no uniform target, a = inf")
    return join([_finest(table), _finest(table, "kl_path")])


@claim(
    name="theorem 2: order in h of paths, kinks and tails",
    source="ours: E|beta'|^2 grows like (1 - t)^(a - 3/2), whose integral is finite for a > 1/2",
    statement="the KL of the paths is of first order whether a target has a kink, a heavy tail or "
    "neither",
    quantity="exponent of the KL of the paths in h between the two smallest steps",
    allowed=Region(low=1.0, high=1.0, margin=FIRST_ORDER_MARGIN),
    control=_times_h("kl_path", 0.5),
    decided="before",
    **_EXPECTED,
)
def order_of_paths(dfm_smoothness: pd.DataFrame) -> Evidence:
    """Every target with a density that is continuous is a test; refuted by one.

    The last step's share is of order a + 1/2.
    """
    table = dfm_smoothness[np.isfinite(dfm_smoothness["shape"])]
    if table.empty:
        return nothing("the grid has no such target")
    # families have steps of their own
    return join([_finest(rows, "kl_path") for _, rows in table.groupby("family")])


@claim(
    name="theorem 2: order in h of heavy tails",
    source="ours: chains of N steps reach about N lengths, tails beyond count for h^(nu)",
    statement="for Student's t with nu > 2 KL(nu* | nu_1) is of order 2, as for other analytic "
    "targets, though no eighth moment exists",
    quantity="exponent of KL in h between the two smallest steps",
    allowed=Region(low=2.0, high=2.0, margin=FIRST_ORDER_MARGIN),
    control=_times_h("kl_marginal", -0.5),
    decided="before",
    **_EXPECTED,
)
def order_of_heavy_tails(dfm_smoothness: pd.DataFrame) -> Evidence:
    """The theorem's bound is infinite for nu up to 8 and says nothing. One nu above 2 refutes."""
    table = dfm_smoothness[dfm_smoothness["family"] == "student"]
    return _finest(table[table["shape"] > 2], error=TAIL_ERROR)

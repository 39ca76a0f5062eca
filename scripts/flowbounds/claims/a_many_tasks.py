"""Claims of Lemma 3.4 as a theorem on many tasks: complexity, coverage, and what a bound wastes."""

import pandas as pd

from flowbounds.claims.a_generalization import DELTA
from flowbounds.claims.claim import BOUND, CHECK, OURS, RATE, claim
from flowbounds.claims.controls import altered, scaled, tilted
from flowbounds.claims.evidence import Evidence, exponents, levels, local_exponents, nothing, ratios
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import RATE_MARGIN, WHY_RATE

LOOSENESS_MARGIN = 0.1
WHY_LOOSENESS = (
    "a tenth in an exponent of the tasks is a quarter over the grid's range; the largest of a few "
    "dozen deviations also has a part that all members share"
)

_OURS = {"paper": "A", "kind": OURS, "source": "ours", "figure": "a_lemma34_tasks"}
_LEMMA = {"paper": "A", "source": "paper A, v1, Lemma 3.4", "figure": "a_lemma34_tasks"}
_EXPONENT = {"why_margin": WHY_RATE}


def _covered(table: pd.DataFrame, losses: str) -> Evidence:
    rows = table[table["losses"] == losses]
    return levels(rows, "coverage", ["tasks", "n"])


_COVERAGE = {
    "kind": BOUND,
    "quantity": "share of samples whose uniform deviation is at most the bound",
    "allowed": Region(low=1 - DELTA),
    "why_margin": "none: the probability is the statement",
    "control": scaled("lemma34_coverage", "coverage", 0.3),
}


@claim(
    name="lemma 3.4: coverage, bounded losses",
    statement="with probability 1 - delta the uniform deviation is at most "
    "2 rho R + sigma sqrt(2 log(1/delta)/n); sigma half the range of the losses",
    **_LEMMA | _COVERAGE,
)
def bounded_losses_are_covered(lemma34_coverage: pd.DataFrame) -> Evidence:
    """Every number of tasks and n is a test, of a finite class of networks whose supremum is exact.

    Refuted where fewer samples than 1 - delta keep to the bound.
    """
    return _covered(lemma34_coverage, "bounded")


@claim(
    name="lemma 3.4: coverage, sub-Gaussian losses",
    statement="the same for unbounded losses with sub-Gaussian constant sigma",
    **_LEMMA | _COVERAGE,
)
def subgaussian_losses_are_covered(lemma34_coverage: pd.DataFrame) -> Evidence:
    """As for bounded losses; sigma is that of |v| alone, to the lemma's disadvantage.

    Refuted where fewer samples than 1 - delta keep to the bound.
    """
    return _covered(lemma34_coverage, "subgaussian")


@claim(
    name="lemma 3.4: heavy tails are not covered",
    statement="of losses without a variance, with a sample's standard deviation for sigma, fewer "
    "samples than 1 - delta keep to the bound at the largest n",
    quantity="share of samples whose uniform deviation is at most the bound, at the largest n",
    allowed=Region(high=1 - DELTA),
    why_margin="none: the probability is the statement",
    control=altered("lemma34_coverage", "all covered", lambda rows: rows.assign(coverage=1.0)),
    **_OURS,
)
def heavy_tails_are_not_covered(lemma34_coverage: pd.DataFrame) -> Evidence:
    """The lemma says nothing of them: no sigma exists. Refuted where the bound covers all the same.

    Means of losses with tail index 3/2 converge like n^-1/3, the bound falls like n^-1/2 to
    logarithms and n^1/6 of the standard deviation; samples without a large loss have both too
    small a mean and too small a standard deviation.
    """
    table = lemma34_coverage[lemma34_coverage["n"] == lemma34_coverage["n"].max()]
    return _covered(table, "heavy")


@claim(
    name="lemma 3.4: complexity in n",
    paper="A",
    kind=RATE,
    source="paper A, v1, Theorem 3.3: the factor n^-1/2 of complexity in its first term",
    statement="the Rademacher complexity of a fixed ball falls like n^-1/2",
    figure="a_lemma34_tasks",
    quantity="exponent in n of R of the unit ball",
    allowed=Region(high=-0.5, margin=RATE_MARGIN),
    control=tilted("lemma34_tasks", "rademacher", "n", 0.5),
    **_EXPONENT,
)
def complexity_in_n(lemma34_tasks: pd.DataFrame) -> Evidence:
    """Every d and number of tasks is a test; refuted by a slower fall."""
    return exponents(lemma34_tasks, "rademacher", "n", ["d", "tasks"])


@claim(
    name="lemma 3.4: complexity in the tasks",
    statement="at fixed inputs the Rademacher complexity of the ball grows like the square root of "
    "the number of tasks",
    quantity="exponent of R in the number of tasks",
    allowed=Region(low=0.5, high=0.5, margin=RATE_MARGIN),
    control=tilted("lemma34_tasks", "rademacher", "tasks", 0.5),
    **_OURS | _EXPONENT,
)
def complexity_in_tasks(lemma34_tasks: pd.DataFrame) -> Evidence:
    """R is the mean of sqrt(sum_j eps_j' K eps_j) / n: q independent terms. Another power refutes.

    Judged at numbers of tasks that every d has, at the largest n.
    """
    table = lemma34_tasks[lemma34_tasks["n"] == lemma34_tasks["n"].max()]
    return exponents(_common_tasks(table), "rademacher", "tasks", ["d"])


def _common_tasks(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the numbers of tasks that every d has."""
    dimensions = table.groupby("tasks")["d"].nunique()
    common = dimensions[dimensions == table["d"].nunique()].index
    return table[table["tasks"].isin(common)]


@claim(
    name="lemma 3.4: complexity in d",
    statement="at a fixed number of tasks the Rademacher complexity of the ball grows like sqrt(d)",
    quantity="exponent of R in d between the two largest d",
    allowed=Region(low=0.5, high=0.5, margin=RATE_MARGIN),
    control=tilted("lemma34_tasks", "rademacher", "d", 0.5),
    **_OURS | _EXPONENT,
)
def complexity_in_d(lemma34_tasks: pd.DataFrame) -> Evidence:
    """The kernel's diagonal is |x|^2, with mean 25/3 + 10 d/3. Refuted by another power.

    The constant 25/3, of the mixture's means, keeps the exponent below 1/2 at small d.
    """
    table = _common_tasks(lemma34_tasks)
    if table.empty:
        return nothing("no number of tasks is measured at every d")
    return local_exponents(table, "rademacher", "d", ["tasks", "n"], last=1)


@claim(
    name="lemma 3.4: as many tasks as dimensions",
    statement="with q = d tasks, as in flow matching, R of a fixed ball grows like d, where the "
    "first term of Theorem 3.3 grows like sqrt(d + B0^2) at a fixed complexity",
    quantity="exponent of R in d = q between the two largest d",
    allowed=Region(low=1.0, high=1.0, margin=RATE_MARGIN),
    control=tilted("lemma34_tasks", "rademacher", "d", -0.5),
    **_OURS | _EXPONENT,
)
def complexity_of_flow_matching(lemma34_tasks: pd.DataFrame) -> Evidence:
    """Tasks and inputs give a square root each; refuted by another power, as by the theorem's 1/2.

    So the theorem's first term does not follow from the lemma by this R: a factor sqrt(d) is open.
    """
    table = lemma34_tasks[lemma34_tasks["tasks"] == lemma34_tasks["d"]]
    return local_exponents(table, "rademacher", "d", ["n"], last=1)


@claim(
    name="lemma 3.4: the bound is loose",
    statement="the bound is at least twice the mean uniform deviation",
    quantity="bound over mean deviation, bounded and sub-Gaussian losses",
    allowed=Region(low=2.0),
    why_margin="none: a factor of two is the statement",
    control=scaled("lemma34_coverage", "bound", 0.05),
    **_OURS,
)
def bound_is_loose(lemma34_coverage: pd.DataFrame) -> Evidence:
    """Every kind of losses, number of tasks and n is a test; refuted by a tighter bound."""
    table = lemma34_coverage[lemma34_coverage["losses"] != "heavy"]
    return ratios(table, "bound", "deviation", ["losses", "tasks", "n"])


@claim(
    name="lemma 3.4: tasks make it looser",
    statement="2 rho R over the mean uniform deviation grows like the square root of the number of "
    "tasks: a loss is one number, R counts every output",
    quantity="exponent in the tasks of R over the mean deviation, sub-Gaussian losses",
    allowed=Region(low=0.5, high=0.5, margin=LOOSENESS_MARGIN),
    why_margin=WHY_LOOSENESS,
    control=tilted("lemma34_coverage", "deviation", "tasks", 0.6),
    **_OURS,
)
def tasks_make_it_looser(lemma34_coverage: pd.DataFrame) -> Evidence:
    """Every n is a test. To first order the loss sees f along v / |v| alone. Refuted elsewhere."""
    table = lemma34_coverage[lemma34_coverage["losses"] == "subgaussian"]
    table = table.assign(over=table["complexity"] / table["deviation"])
    return exponents(table, "over", "tasks", ["n"])


_MEMORISERS = {"figure": "a_lemma34_tasks", "paper": "A"}
_EXACT = 1e-12


@claim(
    name="lemma 3.4: two tasks need a constant",
    kind=OURS,
    source="ours; Szarek 1976 and Maurer 2016 on the factor sqrt(2)",
    statement="for two tasks and more there are classes, which memorise, whose uniform deviation "
    "exceeds 2 rho R + sigma sqrt(2 log(1/delta)/n), the bound without a factor, on every sample",
    quantity="uniform deviation over the bound at the largest n",
    allowed=Region(low=1.0),
    why_margin="none: closed forms",
    control=scaled("lemma34_memorisers", "deviation", 0.5),
    **_MEMORISERS,
)
def memorisers_exceed_the_bound(lemma34_memorisers: pd.DataFrame) -> Evidence:
    """Every number of tasks from two on is a test; refuted where the bound holds.

    The step from losses to outputs costs nothing for one output (Talagrand) and up to sqrt(2) for
    several. The finite classes of networks are far from needing it.
    """
    table = lemma34_memorisers
    table = table[(table["n"] == table["n"].max()) & (table["tasks"] > 1)]
    if table.empty:
        return nothing("one task is all that the grid has")
    return ratios(table, "deviation", "bound", ["tasks"], relative_error=_EXACT)


@claim(
    name="lemma 3.4: with sqrt(2) it holds",
    kind=CHECK,
    source="Maurer 2016, A vector-contraction inequality for Rademacher complexities",
    statement="with sqrt(2) R in place of R for two tasks and more the bound holds for classes "
    "that memorise",
    quantity="uniform deviation over the bound with the factor",
    allowed=Region(high=1.0),
    why_margin="none: closed forms",
    control=scaled("lemma34_memorisers", "deviation", 3.0),
    **_MEMORISERS,
)
def contracted_bound_holds(lemma34_memorisers: pd.DataFrame) -> Evidence:
    """Every number of tasks and n is a test; refuted, it would be an error in this code."""
    return ratios(
        lemma34_memorisers, "deviation", "contracted", ["tasks", "n"], relative_error=_EXACT
    )

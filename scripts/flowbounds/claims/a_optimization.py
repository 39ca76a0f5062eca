"""Claims of paper A on gradient descent: Lemmas 3.1, A.2 and B.3, Theorem 3.2.

A cell is (d, n, eta, kappa). Limits are read at what the grid has of them: the widest networks, the
smallest kappa.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from flowbounds.claims.claim import BOUND, LIMIT, OURS, RATE, claim
from flowbounds.claims.controls import altered, scaled, tilted
from flowbounds.claims.evidence import Evidence, exponents, join, levels, nothing, ratios
from flowbounds.claims.judging import Region
from flowbounds.claims.margins import RATE_MARGIN, RATIO_MARGIN, WHY_RATE, WHY_RATIO
from flowbounds.theory.conditions import network_conditions
from flowbounds.theory.extremes import expected_largest_norm

CELL = ("d", "n", "eta", "kappa")


def last_checkpoint(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["t"] == table["t"].max()]


def _widest(ntk: pd.DataFrame) -> pd.DataFrame:
    return ntk[ntk["m"] == ntk["m"].max()]


def outside_theorem_32(ntk: pd.DataFrame) -> str:
    """Say how far the best cell is from Theorem 3.2's conditions, constants taken as 1."""
    start = ntk[ntk["t"] == 0].dropna(subset=["loss"])
    worst = []
    for row in start.itertuples():
        conditions = network_conditions(
            row.d, row.n, row.m, row.eta, row.kappa, row.lambda_min, row.loss * row.n
        )
        # the step size is asked for twice, in two units
        broken = {c.condition: c for c in conditions if c.condition != "step_size" and not c.holds}
        worst.append(broken)
    best = min(worst, key=len, default={})
    if not best:
        return ""
    names = {"step_size_of_mean_loss": "eta", "width": "m", "kappa": "kappa"}
    return "; ".join(
        f"{names[name]} = {c.actual:.3g}, theorem 3.2 asks {c.relation} {c.required:.2g}"
        for name, c in best.items()
    )


@claim(
    name="lemma 3.1: positive definite",
    paper="A",
    kind=BOUND,
    source="paper A, v1, Lemma 3.1",
    statement="the smallest eigenvalue of H_inf is positive on every sample",
    figure="a_lemma31_gram_spectrum",
    quantity="lambda_min of a sample in units of rounding, n 2^-52 lambda_max",
    allowed=Region(low=1.0),
    why_margin="none: rounding itself is the unit",
    control=altered(
        "ntk_spectrum",
        "lambda_min = -1e-9 lambda_max",
        lambda table: table.assign(lambda_min=-1e-9 * table["lambda_max"]),
    ),
)
def lemma_31(ntk_spectrum: pd.DataFrame) -> Evidence:
    """Every sample is a test of its own: the claim is about each, so nothing is estimated.

    Refuted by a single Gram matrix whose smallest eigenvalue is not above what rounding makes of
    zero. The numerical error of an eigenvalue is one such unit.
    """
    table = ntk_spectrum.drop_duplicates(["dataset", "d", "n", "kappa", "seed"])
    rounding = table["n"] * np.finfo(float).eps * table["lambda_max"]
    table = table.assign(units=table["lambda_min"] / rounding, sample=table["seed"])
    cell = ["dataset", "d", "n", "kappa", "sample"]
    found = levels(table.drop(columns="seed"), "units", cell)
    return replace(found, error=np.ones(len(found.tests)))


def _movement(ntk: pd.DataFrame, column: str) -> Evidence:
    return exponents(last_checkpoint(ntk), column, "m", CELL)


def _lemma_a2(layer: str) -> dict:
    return {
        "paper": "A",
        "kind": RATE,
        "figure": "a_lemmaA2_weight_movement",
        "allowed": Region(high=-0.5, margin=RATE_MARGIN),
        "why_margin": WHY_RATE,
        "conditions": outside_theorem_32,
        "control": tilted("ntk", f"max_{layer}_move", "m", 0.5),
    }


@claim(
    name="lemma A.2: movement of w, as printed",
    source="paper A, v1, Lemmas A.2 and D.3",
    statement="max_r |w_r(t) - w_r(0)| = O(m^(-1/2))",
    quantity="exponent in m of max_r |w_r(T) - w_r(0)|",
    **_lemma_a2("w"),
)
def lemma_a2_w(ntk: pd.DataFrame) -> Evidence:
    """The statement as printed, without logarithms; refuted when the movement falls more slowly.

    A logarithm is to be expected: a unit moves by |a_r| m^{-1/2} times what all share, and the
    largest of m Gaussian |a_r| grows as sqrt(log m). :func:`lemma_a2_w_up_to_logarithm` allows it.
    """
    return _movement(ntk, "max_w_move")


@claim(
    name="lemma A.2: movement of a, as printed",
    source="paper A, v1, Lemmas A.2 and D.3",
    statement="max_r |a_r(t) - a_r(0)| = O(m^(-1/2))",
    quantity="exponent in m of max_r |a_r(T) - a_r(0)|",
    **_lemma_a2("a"),
)
def lemma_a2_a(ntk: pd.DataFrame) -> Evidence:
    """As :func:`lemma_a2_w`; here the factor is the largest of m Gaussian |w_r|."""
    return _movement(ntk, "max_a_move")


def _over_largest(ntk: pd.DataFrame, layer: str, dimension: pd.Series) -> pd.DataFrame:
    """Divide the largest movement by the expected largest norm of m standard Gaussians."""
    pairs = pd.DataFrame({"m": ntk["m"], "dimension": dimension})
    norms = {
        (m, k): expected_largest_norm(m, k)
        for m, k in pairs.drop_duplicates().itertuples(index=False)
    }
    largest = [norms[pair] for pair in pairs.itertuples(index=False, name=None)]
    return ntk.assign(**{f"max_{layer}_move": ntk[f"max_{layer}_move"] / largest})


@claim(
    name="lemma A.2: movement of w, up to the largest |a_r|",
    source="paper A, v1, Lemmas A.2 and D.3, with the logarithm that Theorem 3.3 is granted",
    statement="max_r |w_r(t) - w_r(0)| = O(m^(-1/2) E max_r |a_r|)",
    quantity="exponent in m of max_r |w_r(T) - w_r(0)| over the expected largest of m norms |a_r|",
    **_lemma_a2("w") | {"kind": OURS, "conditions": None},
    decided="after the printed rate was seen to fail by a logarithm",
)
def lemma_a2_w_up_to_logarithm(ntk: pd.DataFrame) -> Evidence:
    """Our reading of the lemma: refuted when more than a logarithm is missing."""
    return _movement(_over_largest(ntk, "w", ntk["d"]), "max_w_move")


@claim(
    name="lemma A.2: movement of a, up to the largest |w_r|",
    source="paper A, v1, Lemmas A.2 and D.3, with the logarithm that Theorem 3.3 is granted",
    statement="max_r |a_r(t) - a_r(0)| = O(m^(-1/2) E max_r |w_r|)",
    quantity="exponent in m of max_r |a_r(T) - a_r(0)| over the expected largest of m norms |w_r|",
    **_lemma_a2("a") | {"kind": OURS, "conditions": None},
    decided="after the printed rate was seen to fail by a logarithm",
)
def lemma_a2_a_up_to_logarithm(ntk: pd.DataFrame) -> Evidence:
    """As :func:`lemma_a2_w_up_to_logarithm`; w_r has 2 d + 1 entries."""
    return _movement(_over_largest(ntk, "a", 2 * ntk["d"] + 1), "max_a_move")

"""Claims of paper A on gradient descent: Lemmas 3.1, A.2 and B.3, Theorem 3.2.

A cell is (d, n, eta, kappa). Limits are read at what the grid has of them: the widest networks, the
smallest kappa.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from flowbounds.claims.claim import BOUND, LIMIT, OURS, RATE, claim
from flowbounds.claims.controls import altered, scaled, tilted
from flowbounds.claims.evidence import (
    Evidence,
    array,
    exponents,
    join,
    levels,
    ratios,
)
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
    allowed=Region(low=0.0),
    why_margin="none: rounding is the error of the number itself",
    control=altered(
        "ntk_spectrum",
        "lambda_min = -1e-9 lambda_max",
        lambda table: table.assign(lambda_min=-1e-9 * table["lambda_max"]),
    ),
)
def lemma_31(ntk_spectrum: pd.DataFrame) -> Evidence:
    """Every sample is a test of its own: the claim is about each, so nothing is estimated.

    Refuted by a single Gram matrix whose smallest eigenvalue is below zero by more than rounding,
    one unit; upheld when all are above it by more.
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
    """As :func:`lemma_a2_w`; refuted alike. Here the factor is the largest of m Gaussian |w_r|."""
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
    """As :func:`lemma_a2_w_up_to_logarithm`; refuted alike. w_r has 2 d + 1 entries."""
    return _movement(_over_largest(ntk, "a", 2 * ntk["d"] + 1), "max_a_move")


SMALL = 0.1
"""What counts as vanished of something that a lemma takes for vanishing: its margin."""


def _smallest_kappa(ntk: pd.DataFrame) -> pd.DataFrame:
    wide = _widest(ntk)
    return wide[wide["kappa"] == wide["kappa"].min()]


def outside_lemma_b3(ntk: pd.DataFrame) -> str:
    """Say where the lemma's two limits are not reached: own output and deviation are to vanish.

    At t = 0 the theorem's error is E = f(0), so that its column holds |f(0)| / |V|. The limits do
    not commute: the smaller kappa, the wider a network has to be to stay near its linearisation.
    """
    read = _smallest_kappa(ntk)
    at = f"at kappa = {read['kappa'].min():g}, m = {read['m'].max():g}"
    sizes = {
        "|f(0)|": read.loc[read["t"] == 0, "theorem_error"].mean(),
        "the deviation from the linearised dynamics": last_checkpoint(read)["deviation"].mean(),
    }
    units = ("|V|", "|Delta(0)|")
    words = [
        f"{name} is {size:.2g} {unit}"
        for (name, size), unit in zip(sizes.items(), units, strict=True)
        if size > SMALL
    ]
    return f"{at}, {' and '.join(words)}; the lemma takes it for vanishing" if words else ""


def _lemma_b3(layer: str, start: str, column: str) -> dict:
    form = "V' T C T V" if layer == "w" else "V' T B T V"
    return {
        "paper": "A",
        "figure": "a_lemmaA2_weight_movement",
        "statement": f"|{layer.upper()}(t) - {layer.upper()}(0)|_F <= sqrt({form}), up to what "
        f"vanishes as m grows and kappa shrinks, for residuals that start from {start}",
        "quantity": f"|{layer.upper()}(T) - {layer.upper()}(0)|_F over the bound, widest networks",
        "allowed": Region(high=1.0, margin=RATIO_MARGIN),
        "why_margin": WHY_RATIO,
        "control": scaled("ntk", f"fro_{layer}_{column}", 1 / 3),
    }


def _as_printed(layer: str) -> dict:
    return {
        "name": f"lemma B.3: movement of {layer}, as printed",
        "kind": BOUND,
        "source": "paper A, v1, Lemma B.3",
        "conditions": outside_lemma_b3,
    } | _lemma_b3(layer, "-V", "bound")


def _repaired(layer: str) -> dict:
    return {
        "name": f"lemma B.3: movement of {layer}, from Delta(0)",
        "kind": OURS,
        "source": "paper A, v1, Lemma B.3, with Delta(0) for -V",
        "decided": "after the printed form had been seen to depend on kappa",
    } | _lemma_b3(layer, "Delta(0)", "linear")


@claim(**_as_printed("w"))
def lemma_b3_w(ntk: pd.DataFrame) -> Evidence:
    """The lemma takes Delta(0) = -V, its limit for small kappa: read at the smallest of the grid.

    Refuted when the widest networks move by more than the bound and its remainder in some cell,
    but for grids whose smallest kappa leaves an output at t = 0 that is not small against V.
    """
    read = last_checkpoint(_smallest_kappa(ntk))
    return ratios(read, "fro_w_move", "fro_w_bound", CELL)


@claim(**_as_printed("a"))
def lemma_b3_a(ntk: pd.DataFrame) -> Evidence:
    """As :func:`lemma_b3_w`; refuted alike. The kernel of this layer is B."""
    read = last_checkpoint(_smallest_kappa(ntk))
    return ratios(read, "fro_a_move", "fro_a_bound", CELL)


@claim(**_repaired("w"))
def lemma_b3_w_from_start(ntk: pd.DataFrame) -> Evidence:
    """Our repair: with the residuals that the network starts from kappa need not be small.

    It is what the infinitely wide network moves by, so that it tests the lemma's argument apart
    from its last step. Refuted by a cell of any kappa in which the widest networks move farther.
    """
    return ratios(last_checkpoint(_widest(ntk)), "fro_w_move", "fro_w_linear", CELL)


@claim(**_repaired("a"))
def lemma_b3_a_from_start(ntk: pd.DataFrame) -> Evidence:
    """As :func:`lemma_b3_w_from_start`, for the second layer; refuted alike."""
    return ratios(last_checkpoint(_widest(ntk)), "fro_a_move", "fro_a_linear", CELL)


@claim(
    name="theorem 3.2: rate",
    paper="A",
    kind=BOUND,
    source="paper A, v1, Theorem 3.2",
    statement="|Delta(t)|^2 shrinks by at least a factor 1 - eta lambda_min / 2 a step "
    "(1 - eta lambda_min / n with the eta of the mean loss)",
    figure="a_thm32_linear_rate",
    quantity="rate of decrease of log L between checkpoints over -log(1 - eta lambda_min / n)",
    allowed=Region(low=1.0),
    why_margin="none: the envelope is loose enough",
    conditions=outside_theorem_32,
    control=altered(
        "ntk",
        "lambda_min = n / (2 eta): the loss would have to halve in every step",
        lambda rows: rows.assign(lambda_min=rows["n"] / (2 * rows["eta"])),
    ),
)
def theorem_32_rate(ntk: pd.DataFrame) -> Evidence:
    """Every cell and interval between checkpoints of the widest networks is a test.

    Refuted by an interval over which the loss falls more slowly than promised. The envelope is very
    loose: the linearised dynamics shrink even the slowest direction at four times the promised
    rate, 4 eta lambda_min / n, and over 500 steps the loss falls along the large eigenvalues, a
    hundredfold faster and more. Passing says little; ``slack`` says how little.
    """
    wide = _widest(ntk)
    loss, names, t = array(wide, "loss", CELL, "t")
    factor = -np.log1p(-wide["eta"] * wide["lambda_min"] / wide["n"])
    per_step, _, _ = array(wide.assign(promised=factor), "promised", CELL, "t")
    steps = np.diff(t)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        fall = np.log(-np.diff(np.log(loss), axis=1))
    promised = np.log(per_step[:, 1:] * steps)
    raw = np.stack([fall, promised], axis=2)
    tests = [f"{name}, t = {a:g} to {b:g}" for name in names for a, b in pairwise(t)]
    raw = raw.reshape(len(tests), 2, -1)
    return Evidence(tests, raw, np.tile([1.0, -1.0], (len(tests), 1)), log=True)


@claim(
    name="theorem 3.2: limit of large m",
    paper="A",
    kind=LIMIT,
    source="paper A, v1, Theorem 3.2",
    statement="the deviation from the linearised dynamics vanishes as m grows",
    figure="a_thm32_ntk_limit",
    quantity="exponent in m of |Delta_m(T) - linearised| / |Delta(0)|",
    allowed=Region(high=0.0),
    why_margin="none: a deviation that stays is already false",
    conditions=outside_theorem_32,
    control=tilted("ntk", "deviation", "m", 1.0),
)
def theorem_32_limit(ntk: pd.DataFrame) -> Evidence:
    """The linearised dynamics start from the network's own Delta(0), so that kappa plays no part.

    Refuted when the deviation does not fall with m in some cell. The theorem names no exponent;
    perturbation theory says -1/2 for one network's fluctuation.
    """
    return exponents(last_checkpoint(ntk), "deviation", "m", CELL)


@claim(
    name="theorem 3.2: limit of small kappa",
    paper="A",
    kind=LIMIT,
    source="paper A, v1, Theorem 3.2",
    statement="E(t) = Delta(t) + (I - eta H_inf)^t V vanishes as kappa shrinks, m being large",
    figure="a_thm32_ntk_limit",
    quantity="exponent in kappa of |E(T)| / |V|, widest networks",
    allowed=Region(low=0.0),
    why_margin="none: an error that stays is already false",
    conditions=outside_theorem_32,
    control=tilted("ntk", "theorem_error", "kappa", -2.0),
)
def theorem_32_small_kappa(ntk: pd.DataFrame) -> Evidence:
    """E holds the decayed output of the network at t = 0, of order kappa whatever the width.

    Refuted when it does not fall with kappa in some cell. At a fixed width it must stop falling, as
    the network leaves its linearisation: the widest of the grid are read.
    """
    wide = _widest(last_checkpoint(ntk))
    return exponents(wide, "theorem_error", "kappa", ("d", "n", "eta"))


# The cells of each condition that binds the network: the columns it depends on.
NETWORK_CONDITIONS = {
    "step_size": ("d", "eta"),
    "kappa": ("d",),
    "width": ("d", "m"),
}


@claim(
    name="theorem 3.2: conditions in the experiments",
    paper="A",
    kind=OURS,
    source="paper A, v1, Theorem 3.2 and section 5",
    statement="the synthetic experiments meet the conditions of theorem 3.2",
    figure="a_thm32_linear_rate",
    quantity="how far step size, kappa and width are inside what is asked for, constants of 1, as "
    "a factor",
    allowed=Region(low=1.0),
    why_margin="none: cells fail by orders of magnitude or not at all",
    decided="after the conditions had been seen to fail",
    control=altered(
        "assumptions",
        "a tenth of what is asked for",
        lambda rows: rows.assign(
            actual=rows["required"] * np.where(rows["relation"] == "<", 10.0, 0.1)
        ),
    ),
)
def theorem_32_conditions(assumptions: pd.DataFrame) -> Evidence:
    """No claim of the theorem, but what its experiments would have to meet to bear it out.

    Refuted by a cell that breaks a condition. Of each condition the cells are the values of what it
    depends on.
    """
    below = assumptions["relation"] == "<"
    ratio = assumptions["required"] / assumptions["actual"]
    table = assumptions.assign(inside=ratio.where(below, 1 / ratio))
    parts = []
    for condition, cell in NETWORK_CONDITIONS.items():
        rows = table[table["condition"] == condition].drop_duplicates([*cell, "seed"])
        parts.append(levels(rows, "inside", ["condition", *cell], log=True))
    return join(parts)

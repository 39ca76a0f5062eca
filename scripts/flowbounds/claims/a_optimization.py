"""Claims of paper A on gradient descent: Lemmas 3.1, A.2 and B.3, Theorem 3.2.

Asymptotic claims are read at what the grid has of their limit: the widest networks, the smallest
kappa. Claims about every cell are judged by the worst one, (d, n, eta, kappa) being a cell. The
parameters of a function are the names of the tables that it reads.
"""

import numpy as np
import pandas as pd

from flowbounds.claims.judging import (
    Estimate,
    Verdict,
    bootstrap,
    conclude,
    cube,
    exponents,
    last_checkpoint,
)

CELL = ("d", "n", "eta", "kappa")

# Lemma B.3 holds up to a remainder that vanishes as m grows and kappa shrinks, with constants that
# the paper leaves open: a tenth of the bound is allowed for it.
REMAINDER = 0.1


def _widest(ntk: pd.DataFrame) -> pd.DataFrame:
    return ntk[ntk["m"] == ntk["m"].max()]


def lemma_31(ntk_spectrum: pd.DataFrame) -> Verdict:
    """Lemma 3.1: H_inf is positive definite on every sample.

    Refuted by a single Gram matrix whose smallest eigenvalue is not above what rounding makes of
    zero, n * 2^-52 * lambda_max; measured is the smallest eigenvalue in these units, over all data
    sets, dimensions, sizes and seeds. The claim is about every sample, so nothing is estimated and
    the interval is the number itself.
    """
    rounding = ntk_spectrum["n"] * np.finfo(float).eps * ntk_spectrum["lambda_max"]
    smallest = float((ntk_spectrum["lambda_min"] / rounding).min())
    estimate = Estimate(smallest, smallest, smallest, ntk_spectrum["seed"].nunique())
    return conclude(
        estimate,
        low=np.nextafter(1, 2),
        claim="lemma 3.1: positive definite",
        statement="the smallest eigenvalue of H_inf is positive on every sample",
        figure="a_lemma31_gram_spectrum",
        quantity="smallest lambda_min over all samples, in units of rounding n eps lambda_max",
        expected="> 1",
    )


def _movement(ntk: pd.DataFrame, layer: str) -> Verdict:
    values, fit = exponents(last_checkpoint(ntk), f"max_{layer}_move", "m", *CELL)
    return conclude(
        bootstrap(values, lambda drawn: fit(drawn).max()),
        high=-0.5,
        claim=f"lemma A.2: movement of {layer}",
        statement=f"max_r |{layer}_r(t) - {layer}_r(0)| = O(m^(-1/2))",
        figure="a_lemmaA2_weight_movement",
        quantity=f"largest exponent in m of max_r |{layer}_r(T) - {layer}_r(0)| over cells",
        expected="<= -1/2",
    )


def lemma_a2_w(ntk: pd.DataFrame) -> Verdict:
    """Lemma A.2 / D.3: the unit of the first layer that moves most moves by O(m^{-1/2}).

    Refuted when the movement falls with m more slowly than m^{-1/2} in some cell; measured is the
    exponent of the largest movement at the last iteration, fitted over all widths. The statement
    is taken as printed, without logarithms. One is to be expected: a unit moves by |a_r| m^{-1/2}
    times what all share, and the largest of m Gaussian a_r grows as sqrt(log m), which over
    m = 64 ... 16384 alone makes the exponent -0.42. The root mean square over units, the other
    line of the figure, has no such factor.
    """
    return _movement(ntk, "w")


def lemma_a2_a(ntk: pd.DataFrame) -> Verdict:
    """Lemma A.2 / D.3: the unit of the second layer that moves most moves by O(m^{-1/2}).

    Refuted and measured as :func:`lemma_a2_w`; here the factor is the largest of m Gaussian |w_r|.
    """
    return _movement(ntk, "a")


def _frobenius(ntk: pd.DataFrame, layer: str, bound: str) -> Verdict:
    wide = _widest(last_checkpoint(ntk))
    start, cells = "Delta(0)", "all cells"
    if bound == "bound":
        wide = wide[wide["kappa"] == wide["kappa"].min()]
        start, cells = "-V", f"cells of kappa = {wide['kappa'].min():g}"
    pairs = np.stack([cube(wide, f"fro_{layer}_{what}", *CELL) for what in ("move", bound)])

    def worst_ratio(values: np.ndarray) -> float:
        moved, allowed = values.mean(axis=-1)
        return (moved / allowed).max()

    form = f"sqrt(V' T {'C' if layer == 'w' else 'B'} T V)"
    return conclude(
        bootstrap(pairs, worst_ratio),
        high=1 + REMAINDER,
        claim=f"lemma B.3: Frobenius movement of {layer} from {start}",
        statement=f"|{layer.upper()}(t) - {layer.upper()}(0)|_F <= {form} for residuals that start "
        f"from {start}, up to a remainder that vanishes as m grows and kappa shrinks",
        figure="a_lemmaA2_weight_movement",
        quantity=f"largest ratio of movement to bound over {cells}, m = {ntk['m'].max()}",
        expected=f"<= {1 + REMAINDER:g}",
    )


def lemma_b3_w(ntk: pd.DataFrame) -> Verdict:
    """Lemma B.3 as printed: W moves by at most sqrt(V' T C T V) in the Frobenius norm.

    Refuted when the movement exceeds the bound by more than REMAINDER in some cell. The bound
    takes Delta(0) = -V, its limit for small kappa, so it is read at the widest networks and the
    smallest kappa of the grid; there the network's output at t = 0, of size kappa sqrt(d) |x|, may
    still be large against V. :func:`lemma_b3_w_from_start` is free of that.
    """
    return _frobenius(ntk, "w", "bound")


def lemma_b3_a(ntk: pd.DataFrame) -> Verdict:
    """Lemma B.3 as printed, for a: sqrt(V' T B T V); refuted as :func:`lemma_b3_w`."""
    return _frobenius(ntk, "a", "bound")


def lemma_b3_w_from_start(ntk: pd.DataFrame) -> Verdict:
    """Lemma B.3 with the residuals that the network starts from in place of -V, any kappa.

    Refuted when the movement of the widest networks exceeds sqrt(Delta(0)' T C T Delta(0)) by more
    than REMAINDER in some cell. This is what the infinitely wide network moves by, so it tests the
    lemma's argument apart from its last step, in which kappa becomes small.
    """
    return _frobenius(ntk, "w", "linear")


def lemma_b3_a_from_start(ntk: pd.DataFrame) -> Verdict:
    """Lemma B.3 with the actual Delta(0), for a; refuted as :func:`lemma_b3_w_from_start`."""
    return _frobenius(ntk, "a", "linear")


def theorem_32_rate(ntk: pd.DataFrame) -> Verdict:
    """Theorem 3.2: |Delta|^2 shrinks by at least a factor 1 - eta lambda_min / 2 a step.

    That eta multiplies an unnormalised gradient; in ours, of L = (1/n) sum_i |f - v|^2, the factor
    is 1 - eta lambda_min / n. Refuted when |Delta|^2 shrinks less between two neighbouring
    checkpoints of some widest network: measured is the smallest ratio, over cells and intervals, of
    the logarithm of the shrinkage to that of the promised one. A ratio far above 1 says how
    loose the envelope is.
    """
    wide = _widest(ntk)
    t = np.sort(wide["t"].unique())
    factor = np.log1p(-wide["eta"] * wide["lambda_min"] / wide["n"])
    per_step = cube(wide.assign(factor=factor), "factor", "t", *CELL)[1:]
    promised = per_step * np.diff(t).reshape(-1, *[1] * (per_step.ndim - 1))
    measured = np.diff(np.log(cube(wide, "loss", "t", *CELL)), axis=0)
    slowest = (measured / promised).min(axis=tuple(range(measured.ndim - 1)))
    return conclude(
        bootstrap(slowest, np.min),
        low=1,
        claim="theorem 3.2: rate",
        statement="|Delta(t)|^2 shrinks by at least a factor 1 - eta lambda_min / 2 a step "
        "(1 - eta lambda_min / n with the eta of the mean loss)",
        figure="a_thm32_linear_rate",
        quantity="smallest ratio of measured to promised decay rate over cells and intervals, "
        f"m = {ntk['m'].max()}",
        expected=">= 1",
    )


def theorem_32_limit(ntk: pd.DataFrame) -> Verdict:
    """Theorem 3.2: as the width grows, the residuals follow the linearised dynamics.

    Refuted when, in some cell, the deviation from the linearised dynamics of the same start does
    not fall with m: measured is the exponent in m of |Delta_m(T) - linearised| / |Delta(0)|. The
    theorem names no exponent; perturbation theory says -1/2.
    """
    values, fit = exponents(last_checkpoint(ntk), "deviation", "m", *CELL)
    return conclude(
        bootstrap(values, lambda drawn: fit(drawn).max()),
        high=np.nextafter(0, -1),
        claim="theorem 3.2: limit of large m",
        statement="the deviation from the linearised dynamics vanishes as m grows",
        figure="a_thm32_ntk_limit",
        quantity="largest exponent in m of |Delta_m(T) - linearised| / |Delta(0)| over cells",
        expected="< 0",
    )


def theorem_32_small_kappa(ntk: pd.DataFrame) -> Verdict:
    """Theorem 3.2: E(t) = Delta(t) + (I - eta H_inf)^t V vanishes as kappa shrinks, m being large.

    Refuted when |E(T)| / |V| of the widest networks does not fall with kappa: measured is its
    exponent in kappa, the smallest over (d, n, eta). E holds the decayed output of the network at
    t = 0, which is of order kappa whatever the width.
    """
    wide = _widest(last_checkpoint(ntk))
    values, fit = exponents(wide, "theorem_error", "kappa", "d", "n", "eta")
    return conclude(
        bootstrap(values, lambda drawn: fit(drawn).min()),
        low=np.nextafter(0, 1),
        claim="theorem 3.2: limit of small kappa",
        statement="the theorem's error E(t), which starts from -V, vanishes as kappa shrinks",
        figure="a_thm32_ntk_limit",
        quantity=f"smallest exponent in kappa of |E(T)| / |V| over cells, m = {ntk['m'].max()}",
        expected="> 0",
    )


def theorem_32_conditions(assumptions: pd.DataFrame) -> Verdict:
    """The paper's own experiments live inside Theorem 3.2's conditions.

    Not a claim of the theorem but what its experiments are offered as evidence for. Refuted by
    cells that break a computable condition (step size, kappa, width up to its constant): measured
    is the share of the simulation's cells and seeds that meet all of them.
    """
    decisive = assumptions[assumptions["condition"].isin(["step_size", "kappa", "width"])]
    meets = cube(decisive, "holds", "condition", "d", "m", "eta").all(axis=0)
    return conclude(
        bootstrap(meets, np.mean),
        low=1,
        claim="theorem 3.2: conditions in the experiments",
        statement="the synthetic experiments meet the conditions of theorem 3.2",
        figure="a_thm32_linear_rate",
        quantity="share of cells that meet the conditions on step size, kappa and width",
        expected="1",
    )


CLAIMS = [
    lemma_31,
    lemma_a2_w,
    lemma_a2_a,
    lemma_b3_w,
    lemma_b3_a,
    lemma_b3_w_from_start,
    lemma_b3_a_from_start,
    theorem_32_rate,
    theorem_32_limit,
    theorem_32_small_kappa,
    theorem_32_conditions,
]

"""Other pairs of Theorem 2: closed forms, other quadratures, the plane and Monte Carlo."""

import numpy as np
import pandas as pd
import pytest
from made_up import claims_of, noticed, outcome, row

from flowbounds.claims import b_pairs as claims
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD
from flowbounds.dfm import plane
from flowbounds.dfm.bounds import of_product, squares_on_the_line
from flowbounds.dfm.exact_laws import divergences
from flowbounds.dfm.pairs import (
    correlated,
    diagonal,
    diagonal_distances,
    diagonal_norms,
    from_base,
    from_base_distances,
    gaussian_distances,
    norms_of_correlated,
    on_its_axes,
)
from flowbounds.dfm.path_measure import path_kl, path_kl_monte_carlo
from flowbounds.dfm.paths import uniform_times
from flowbounds.dfm.quadrature import euler_maruyama_law, kl
from flowbounds.experiments.experiment import Job, load
from flowbounds.figures import b_thm2_pairs as figure


@pytest.mark.parametrize("rho", [-0.99, -0.5, 0.0, 0.9])
def test_norms_of_correlated_pairs_are_those_along_two_axes(rho):
    """Along (1, 1) only pi has a score, along (1, -1) the tilt takes 1 from its precision."""
    z, weights = np.polynomial.hermite_e.hermegauss(10)
    weights = np.outer(weights, weights) / (2 * np.pi)
    squares = z[:, None] ** 2 / (1 + rho) + z**2 * rho**2 / (1 - rho)
    found = norms_of_correlated(rho)
    assert found.tilted_score == pytest.approx((weights * squares**4).sum(), rel=1e-10)
    assert found.base_score == found.target_moment == pytest.approx(105)


def test_equal_pairs_have_no_score_but_distances():
    for rho in (1.0, -1.0):
        assert np.isinf(norms_of_correlated(rho).tilted_score)
        near, at = (gaussian_distances(correlated(r), 8) for r in (rho * (1 - 1e-7), rho))
        assert at["kl_path"] == pytest.approx(near["kl_path"], rel=1e-5)
        assert at["kl_marginal"] == pytest.approx(near["kl_marginal"], rel=1e-5)


@pytest.mark.parametrize("rho", [-0.9, 0.5, 0.999])
def test_correlated_pairs_by_quadrature(rho):
    pair, times = correlated(rho), uniform_times(8)
    found = gaussian_distances(pair, 8)
    law = euler_maruyama_law(pair, pair.drift, times)
    assert found["kl_marginal"] == pytest.approx(kl(pair, law), rel=claims.MARGINAL_ERROR)
    assert found["kl_path"] == pytest.approx(
        path_kl(pair, pair.drift, times), rel=claims.PATH_ERROR
    )


def kl_on_a_grid(pair, steps: int, points: int) -> float:
    """Marginal KL of a chain on the line with every density on one even grid."""
    h, means = 1 / steps, np.concatenate([pair.base.means, pair.target.means])[:, 0]
    widest = np.sqrt(max(pair.base.covariances.max(), pair.target.covariances.max()) + 1)
    x = np.linspace(means.min() - 9 * widest, means.max() + 9 * widest, points)
    p = np.exp(pair.log_density(0.0, x[:, None]))
    for k in range(steps):
        image = x + h * pair.drift(k * h, x[:, None])[:, 0]
        kernel = np.exp(-((x[:, None] - image) ** 2) / (4 * h)) / np.sqrt(4 * np.pi * h)
        p = kernel @ p * (x[1] - x[0])
    log_true = pair.log_density(1.0, x[:, None])
    seen = (log_true > -60) & (p > 0)
    terms = np.exp(log_true[seen]) * (log_true[seen] - np.log(p[seen]))
    return float(terms.sum() * (x[1] - x[0]))


@pytest.mark.parametrize(("base", "scale"), [("mixture", 0.125), ("mixture", 8.0), ("skewed", 0.5)])
def test_bases_on_an_even_grid(base, scale):
    for steps in (4, 16):
        found = from_base_distances(base, scale, steps)["kl_marginal"]
        expected = kl_on_a_grid(from_base(base, scale), steps, 1001)
        assert found == pytest.approx(expected, rel=claims.MARGINAL_ERROR)


def test_gaussian_bases_by_quadrature():
    found = from_base_distances("gaussian", 2.0, 4)
    expected = divergences(from_base("gaussian", 2.0), uniform_times(4))[0]
    assert found["kl_marginal"] == pytest.approx(expected["kl_marginal"], rel=claims.MARGINAL_ERROR)
    assert found["kl_path"] == pytest.approx(expected["kl_path"], rel=claims.PATH_ERROR)


def test_a_base_that_shrinks_has_the_path_kl_of_a_point():
    """It comes to its limit like s^2: twice the scale, four times the way."""
    limit = from_base_distances("gaussian", 1e-5, 16)["kl_path"]
    gaps = [from_base_distances("gaussian", s, 16)["kl_path"] - limit for s in (0.01, 0.02)]
    assert gaps[1] / gaps[0] == pytest.approx(4, rel=0.03)
    assert from_base_distances("gaussian", 0.125, 16)["kl_path"] < 1.05 * limit


def test_simulated_paths_agree():
    pair, rng = from_base("mixture", 2.0), np.random.default_rng(1)
    found, error = path_kl_monte_carlo(pair, pair.drift, uniform_times(4), 2000, 20, rng)
    expected = from_base_distances("mixture", 2.0, 4)["kl_path"]
    assert error < 0.05 * expected
    assert abs(found - expected) < 3 * error + 0.01 * expected


@pytest.mark.parametrize("name", ["diagonal", "diagonal_correlated"])
class TestDiagonal:
    def test_the_plane_agrees(self, name):
        pair = diagonal(name, 2)
        found, mass = plane.euler_maruyama_kl(pair, pair.drift, uniform_times(4))
        assert mass == pytest.approx(1, abs=1e-6)
        expected = diagonal_distances(name, 2, 4)["kl_marginal"]
        assert found == pytest.approx(expected, rel=1e-5)

    def test_turned_drift_and_density_are_those_of_the_axes(self, name):
        """In any dimension, so that KL adds over the axes of both laws."""
        d, rng = 5, np.random.default_rng(2)
        along, across = on_its_axes(name, d)
        basis = np.linalg.qr(np.column_stack([np.ones(d), rng.standard_normal((d, d - 1))]))[0]
        x = rng.standard_normal((20, d))
        y = x @ basis
        for t in (0.0, 0.3, 0.9, 1.0):
            pairs = [along] + (d - 1) * [across]
            columns = [y[:, [k]] for k in range(d)]
            log = sum(p.log_density(t, c) for p, c in zip(pairs, columns, strict=True))
            assert diagonal(name, d).log_density(t, x) == pytest.approx(log, abs=1e-10)
            if t < 1:
                drift = np.hstack([p.drift(t, c) for p, c in zip(pairs, columns, strict=True)])
                assert diagonal(name, d).drift(t, x) @ basis == pytest.approx(drift, abs=1e-9)

    def test_norms_by_monte_carlo(self, name):
        d, rng = 3, np.random.default_rng(3)
        pair, found = diagonal(name, d), diagonal_norms(name, d)
        x0, x1 = pair.sample(200_000, rng)
        s0, s1, pull = -x0, pair.target.score(x1), (x1 - x0) / 2
        tilted = np.hstack([s0 - pull, s1 + pull])
        for norm, vectors in (
            ("target_moment", x1), ("target_score", s1), ("tilted_score", tilted),
            ("coupling_score", np.hstack([s0, s1])),
        ):  # fmt: skip
            powers = (vectors**2).sum(axis=1) ** 4
            error = powers.std() / np.sqrt(len(powers))
            assert abs(getattr(found, norm) - powers.mean()) < 4 * error
            assert error < 0.1 * powers.mean()

    def test_on_the_line_there_is_no_diagonal(self, name):
        along, _ = on_its_axes(name, 1)
        expected = divergences(along, uniform_times(4))[0]
        assert diagonal_distances(name, 1, 4)["kl_path"] == pytest.approx(expected["kl_path"])
        norms = of_product(squares_on_the_line(along), 1)
        assert diagonal_norms(name, 1).tilted_score == pytest.approx(norms.tilted_score)


def measured(name: str, **settings) -> pd.DataFrame:
    module = load(name)
    (cell,) = module.cells({name: settings})
    return module.measure(Job(name, cell, module.settings({name: settings}, cell)))[name]


@pytest.fixture(scope="module")
def smallest() -> dict[str, pd.DataFrame]:
    """Tables of one-point grids."""
    return {
        "dfm_correlation": measured("dfm_correlation", rho=[0.5], steps=[2]),
        "dfm_bases": measured("dfm_bases", bases=["gaussian"], scale=[0.5], steps=[2]),
        "dfm_diagonal": measured("dfm_diagonal", targets=["diagonal"], d=[2], steps=[2]),
    }


def test_tables_hold_their_columns(smallest):
    for name, table in smallest.items():
        assert set(table) == {column.name for column in load(name).TABLES[name]}
        assert (table["kl_marginal"] < table["kl_path"]).all()


def test_one_point_is_drawn_and_not_judged(smallest):
    drawn, numbers = figure.draw(**{name: [table] for name, table in smallest.items()})
    assert len(drawn.axes) == 6 and numbers["value"].notna().all()
    none = smallest | {"dfm_correlation": smallest["dfm_correlation"].assign(rho=1.0)}
    figure.draw(**{name: [table] for name, table in none.items()})
    for claim in claims_of(claims):
        for tables in (smallest, none, {k: v.iloc[:0] for k, v in smallest.items()}):
            found = row(claim.function, tables)
            assert found["outcome"] == OPEN and found["reason"]


def grid(**axes) -> pd.DataFrame:
    return pd.MultiIndex.from_product(axes.values(), names=axes).to_frame(index=False)


def world() -> dict[str, pd.DataFrame]:
    """Marginals of second and paths of first order; what the claims say of the rest is true."""
    steps, rhos = [8, 32, 128], [0.0, 0.9, 0.99, 0.999]
    pairs = grid(rho=[-rho for rho in rhos[:0:-1]] + rhos, steps=steps)
    bases = grid(base=["gaussian", "mixture"], scale=[0.01, 0.1, 1.0, 10.0], steps=steps)
    diagonals = grid(target=["diagonal", "diagonal_correlated"], d=[1, 16, 256], steps=steps)
    s, d = bases["scale"], diagonals["d"]
    worlds = {
        "dfm_correlation": pairs.assign(tilted_score=(1 - pairs["rho"].abs()) ** -4.0, size=1.0),
        "dfm_bases": bases.assign(norms=s**8 + s**-8.0, size=1 + s**2),
        "dfm_diagonal": diagonals.assign(size=d),
    }
    return {
        name: t.assign(
            h=1 / t["steps"],
            kl_path=t["size"] / t["steps"],
            kl_marginal=t["size"] / t["steps"] ** 2,
            bound_thm2=t.get("norms", 1.0) / t["steps"],
        )
        for name, t in worlds.items()
    }


@pytest.mark.parametrize("claim", list(claims_of(claims)), ids=lambda claim: claim.name)
def test_each_claim_holds_where_it_is_true_and_notices_what_is_not(claim):
    assert outcome(claim.function, world()) == UPHELD
    assert noticed(claim, world())
    gone = {
        name: table.assign(kl_marginal=np.nan, kl_path=np.nan, tilted_score=np.nan)
        for name, table in world().items()
    }
    assert outcome(claim.function, gone) == OPEN


def changed(table: str, column: str, factor) -> dict[str, pd.DataFrame]:
    """Return the world with a column times a function of its table."""
    tables = world()
    rows = tables[table]
    return tables | {table: rows.assign(**{column: rows[column] * factor(rows)})}


@pytest.mark.parametrize(
    ("function", "table", "column", "factor"),
    [
        (claims.tilted_score_diverges, "dfm_correlation", "tilted_score",
         lambda t: (1 - t["rho"].abs()) ** -0.1),
        (claims.correlation_is_free, "dfm_correlation", "kl_path",
         lambda t: (1 - t["rho"].clip(lower=0)) ** -0.1),
        (claims.opposite_pairs_are_free, "dfm_correlation", "kl_path",
         lambda t: (1 + t["rho"].clip(upper=0)) ** 0.1),
        (claims.bases_of_every_scale, "dfm_bases", "kl_marginal", lambda t: t["scale"] ** -8.5),
        (claims.bases_of_every_scale, "dfm_bases", "kl_marginal", lambda t: t["scale"] ** 6.5),
        (claims.narrow_base_is_free, "dfm_bases", "kl_path", lambda t: t["scale"] ** 0.1),
        (claims.order_in_h, "dfm_diagonal", "kl_marginal",
         lambda t: t["h"] ** (-1.2 * (t["d"] == 16))),
        (claims.order_in_h, "dfm_bases", "kl_marginal",
         lambda t: t["h"] ** (-1.2 * (t["scale"] == 0.1))),
        (claims.diagonal_dimension, "dfm_diagonal", "kl_marginal", lambda t: t["d"] ** 3.2),
        (claims.diagonal_paths_are_linear, "dfm_diagonal", "kl_path", lambda t: t["d"] ** 0.1),
    ],
)  # fmt: skip
def test_one_way_off_refutes(function, table, column, factor):
    assert outcome(function, changed(table, column, factor)) == REFUTED

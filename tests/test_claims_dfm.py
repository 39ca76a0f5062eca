"""Each claim on exact laws of paper B, on made-up tables: upheld where true, refuted where not."""

import numpy as np
import pandas as pd
import pytest
from made_up import claims_of, noticed, outcome, row

from flowbounds.claims import b_exact as claims
from flowbounds.claims.judging import OPEN, REFUTED, UPHELD
from flowbounds.dfm import bounds


def grid(**axes) -> pd.DataFrame:
    return pd.MultiIndex.from_product(axes.values(), names=axes).to_frame(index=False)


def in_h(h):
    return h * (h**0.125 + 1)


def discretization() -> pd.DataFrame:
    """Second order for marginals and first for paths, but for the larger steps."""
    t = grid(target=["gaussian", "skewed"], d=[1, 8], steps=[4, 16, 64])
    h = 1 / t["steps"]
    return t.assign(h=h, kl_marginal=t["d"] * h**2 / (1 + h), kl_path=t["d"] * h / (1 + h))


def drift_error() -> pd.DataFrame:
    t = grid(
        target=["gaussian"],
        d=[1],
        steps=[8, 32],
        perturbation=["constant", "fourier"],
        epsilon=[0, 0.1, 1.0, 10.0],
    )
    square = t["epsilon"] ** 2
    return t.assign(epsilon2=square, kl_marginal=0.01 + square / 5, kl_split=0.1 + square / 4)


def dimension() -> pd.DataFrame:
    t = grid(target=["gaussian", "correlated"], steps=[8, 32], d=[1, 4, 16])
    return t.assign(kl_marginal=t["d"] ** 1.5 / t["steps"])


def moments() -> pd.DataFrame:
    """A world in which second powers of the norms are what is needed."""
    scaled = grid(target=["gaussian", "mixture"], d=[1], scale=[0.125, 0.5, 2, 8], steps=[8, 32])
    apart = grid(target=["separated"], d=[1], scale=[0.0, 2.0, 4.0], steps=[8, 32])
    s = scaled["scale"]
    t = pd.concat(
        [
            scaled.assign(kl_marginal=s**2 + s**-2.0, target_moment=s**8, target_score=s**-8.0),
            apart.assign(kl_marginal=1.0, target_moment=1 + apart["scale"] ** 8, target_score=1.0),
        ],
        ignore_index=True,
    )
    h = 1 / t["steps"]
    t = t.assign(
        h=h, base_moment=1.0, base_score=1.0, tilted_score=t["target_moment"] + t["target_score"],
        kl_marginal=h * t["kl_marginal"],
    )  # fmt: skip
    return t.assign(
        bound_thm2=claims.theorem_2_bound(t, 8),
        bound_followup=in_h(h) * (1 + t["target_score"] ** 0.5),
    )


def early_stopping() -> pd.DataFrame:
    """KL is h^2 and delta^-2 for equal steps, of delta alone h^2 for shrinking ones."""
    t = grid(
        target=["two_points", "uniform", "mixture"],
        d=[1],
        steps=[8, 16, 32, 64],
        schedule=["uniform", "nonuniform"],
        delta=[0.1, 0.03, 0.001],
    )
    even, delta = t["schedule"] == "uniform", t["delta"]
    h = np.where(even, 1 - delta, 0.5 - np.log(2 * delta)) / t["steps"]
    return t.assign(
        h=h,
        kl_marginal=h**2 * np.where(even, delta**-2.0, 0.1),
        bound_followup=in_h(h) * np.where(even, delta**-4.0, np.log(1 / delta) + 10),
    )


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """A world in which every claim is true."""
    return {
        "dfm_discretization": discretization(),
        "dfm_drift_error": drift_error(),
        "dfm_dimension": dimension(),
        "dfm_moments": moments(),
        "dfm_early_stopping": early_stopping(),
    }


ALL = list(claims_of(claims))
NAMES = [claim.function.__name__ for claim in ALL]


@pytest.fixture(params=ALL, ids=NAMES)
def claim(request):
    return request.param


def altered(tables: dict, name: str, column: str, values, where) -> dict:
    """Replace a column in some rows of a table; values and where are functions of the table."""
    table = tables[name]
    replaced = table[column].mask(where(table), values(table))
    return tables | {name: table.assign(**{column: replaced})}


def measured(function, tables: dict) -> float:
    found = row(function, tables)
    assert found["ci_low"] < found["measured"] < found["ci_high"]
    assert found["ci_high"] - found["ci_low"] < 0.01 * max(1, abs(found["measured"]))
    return found["measured"]


def test_each_is_upheld_where_it_is_true_and_its_control_refutes_it(claim, tables):
    assert outcome(claim.function, tables) == UPHELD
    assert noticed(claim, tables)


def test_each_has_a_figure_of_paper_b(claim):
    assert claim.paper == "B"
    assert claim.figure.startswith("b_")


def test_names_are_unique():
    assert len({claim.name for claim in ALL}) == len(ALL) == 15


def test_a_number_that_is_missing_concludes_nothing(claim, tables):
    (name,) = claim.tables
    gone = tables[name].assign(kl_marginal=np.nan, kl_path=np.nan)
    assert outcome(claim.function, {name: gone}) == OPEN


def test_a_grid_of_one_value_says_why_nothing_is_concluded(tables):
    axes = {"dfm_discretization": "steps", "dfm_dimension": "d", "dfm_moments": "scale"}
    for claim in ALL:
        (name,) = claim.tables
        if name in axes:
            values = tables[name][axes[name]]
            found = row(claim.function, {name: tables[name][values == values.max()]})
            assert found["outcome"] == OPEN
            assert "one value only" in found["reason"]


@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_one_cell_that_is_missing_or_infinite_is_not_passed_over(tables, place, value):
    for function, name, schedule in [
        (claims.theorem_2_order, "dfm_discretization", None),
        (claims.theorem_3_power_of_delta, "dfm_early_stopping", "uniform"),
        (claims.shrinking_steps_without_score, "dfm_early_stopping", "nonuniform"),
        (claims.followup_theorem_3_gap, "dfm_early_stopping", "nonuniform"),
    ]:
        table = tables[name][tables[name].get("target") != "mixture"].copy()
        kept = table[table["steps"] == 64]
        if schedule:
            kept = kept[(kept["schedule"] == schedule) & (kept["delta"] == 0.001)]
        table.loc[kept.index[place], "kl_marginal"] = value
        assert outcome(function, tables | {name: table}) != UPHELD


class TestOrderInH:
    def test_one_target_in_one_dimension_that_stops_falling_is_enough(self, tables):
        assert measured(claims.theorem_2_order, tables) == pytest.approx(1.97, abs=0.01)
        slow = altered(
            tables, "dfm_discretization", "kl_marginal", lambda t: t["h"] ** 0.7,
            lambda t: (t["target"] == "skewed") & (t["d"] == 8),
        )  # fmt: skip
        assert measured(claims.theorem_2_order, slow) == pytest.approx(0.7)
        assert outcome(claims.theorem_2_order, slow) == REFUTED

    @pytest.mark.parametrize(
        ("order", "expected"), [(1.0, UPHELD), (0.96, UPHELD), (0.94, REFUTED)]
    )
    def test_the_order_of_the_theorem_itself_is_upheld_and_its_margin_kept(
        self, tables, order, expected
    ):
        exact = altered(
            tables,
            "dfm_discretization",
            "kl_marginal",
            lambda t: t["h"] ** order,
            lambda t: t["d"] > 0,
        )
        assert outcome(claims.theorem_2_order, exact) == expected

    def test_larger_steps_do_not_count(self, tables):
        changed = altered(
            tables, "dfm_discretization", "kl_marginal", lambda t: 1e-9, lambda t: t["steps"] == 4
        )
        assert measured(claims.theorem_2_order, changed) == pytest.approx(
            measured(claims.theorem_2_order, tables)
        )

    @pytest.mark.parametrize(("order", "expected"), [(0.5, REFUTED), (2.0, REFUTED), (1.0, UPHELD)])
    def test_paths_have_no_other_order_than_one(self, tables, order, expected):
        changed = altered(
            tables, "dfm_discretization", "kl_path", lambda t: t["h"] ** order,
            lambda t: t["target"] == "skewed",
        )  # fmt: skip
        assert outcome(claims.theorem_2_path_order, changed) == expected


def test_a_single_field_and_size_breaks_the_identity_of_drift_errors(tables):
    assert measured(claims.theorem_2_drift_error, tables) == pytest.approx(0.8, abs=0.01)
    cubic = altered(
        tables, "dfm_drift_error", "kl_marginal", lambda t: 0.01 + t["epsilon"] ** 3,
        lambda t: (t["perturbation"] == "fourier") & (t["steps"] == 32),
    )  # fmt: skip
    assert measured(claims.theorem_2_drift_error, cubic) > 30
    assert outcome(claims.theorem_2_drift_error, cubic) == REFUTED


@pytest.mark.parametrize(
    ("function", "power"),
    [(claims.theorem_2_dimension, 4), (claims.followup_theorem_1_dimension, 3)],
)
class TestDimension:
    def test_what_happens_between_small_dimensions_is_no_order(self, tables, function, power):
        changed = altered(
            tables, "dfm_dimension", "kl_marginal", lambda t: 1e-9, lambda t: t["d"] == 1
        )
        assert measured(function, changed) == pytest.approx(1.5)

    def test_its_own_power_is_upheld_and_a_larger_one_refuted(self, tables, function, power):
        for more, expected in ((0, UPHELD), (0.5, REFUTED)):
            changed = altered(
                tables, "dfm_dimension", "kl_marginal", lambda t, p=power + more: t["d"] ** p,
                lambda t: (t["target"] == "correlated") & (t["steps"] == 8),
            )  # fmt: skip
            assert outcome(function, changed) == expected

    def test_products_say_nothing(self, tables, function, power):
        products = tables["dfm_dimension"].query("target == 'gaussian'")
        found = row(function, {"dfm_dimension": products})
        assert found["outcome"] == OPEN
        assert "product" in found["reason"]


class TestMoments:
    def test_eighth_powers_are_the_theorem(self):
        norms = [2.0, 3.0, 5.0, 7.0, 11.0]
        table = pd.DataFrame([{"h": 0.1, "d": 3} | dict(zip(claims.NORMS, norms, strict=True))])
        of_theorem = bounds.theorem_2(0.1, 3, bounds.EighthMoments(*norms, np.inf))
        assert claims.theorem_2_bound(table, 8)[0] == pytest.approx(of_theorem)

    @pytest.mark.parametrize("sign", [1, -1])
    def test_a_target_that_outgrows_the_bound_at_one_end_is_enough(self, tables, sign):
        steep = altered(
            tables, "dfm_moments", "kl_marginal", lambda t: t["scale"] ** (9.0 * sign),
            lambda t: t["target"] == "mixture",
        )  # fmt: skip
        assert measured(claims.theorem_2_moments, steep) == pytest.approx(1, abs=0.05)
        assert outcome(claims.theorem_2_moments, steep) == REFUTED

    def test_one_fixed_step_size_does_not_decide(self, tables):
        """KL of a narrow target saturates beyond h = scale^2: only the largest constant tells."""
        t = grid(target=["gaussian"], d=[1], scale=[1 / 8, 1 / 4, 1, 4, 8], steps=[8, 32, 128])
        s, h = t["scale"], 1 / t["steps"]
        t = t.assign(
            h=h, base_moment=1.0, base_score=1.0, target_moment=s**8, target_score=s**-8.0,
            tilted_score=s**-8.0, kl_marginal=np.minimum(1, h**2 / s**4) / 10,
        )  # fmt: skip
        assert outcome(claims.theorem_2_third_powers, {"dfm_moments": t}) == UPHELD
        alone = t[t["steps"] == 128]
        assert outcome(claims.theorem_2_third_powers, {"dfm_moments": alone}) == REFUTED

    def test_the_followup_is_not_judged_at_large_scales(self, tables):
        steep = altered(
            tables,
            "dfm_moments",
            "kl_marginal",
            lambda t: t["scale"] ** 3,
            lambda t: t["scale"] > 1,
        )
        assert outcome(claims.followup_theorem_1_scores, steep) == UPHELD
        assert outcome(claims.theorem_2_first_powers, steep) == UPHELD


class TestEarlyStopping:
    def test_steps_longer_than_the_gap_do_not_count_and_it_is_said(self, tables):
        found = row(claims.theorem_3_order, tables)
        assert found["measured"] == pytest.approx(2)
        assert "judged at delta = 0.1; too few steps h <= delta at 0.001, 0.03" in found["reason"]
        long = altered(
            tables,
            "dfm_early_stopping",
            "kl_marginal",
            lambda t: 1.0,
            lambda t: t["h"] > t["delta"],
        )
        assert row(claims.theorem_3_order, long) == pytest.approx(found, nan_ok=True)

    def test_one_target_at_one_gap_is_enough(self, tables):
        one = altered(
            tables, "dfm_early_stopping", "kl_marginal", lambda t: t["steps"] ** -0.5,
            lambda t: (t["target"] == "two_points") & (t["delta"] == 0.1),
        )  # fmt: skip
        assert measured(claims.theorem_3_order, one) == pytest.approx(0.5)
        assert outcome(claims.theorem_3_order, one) == REFUTED
        one = altered(
            tables, "dfm_early_stopping", "kl_marginal", lambda t: t["delta"] ** -5.0,
            lambda t: (t["target"] == "uniform") & (t["steps"] == 64),
        )  # fmt: skip
        assert measured(claims.theorem_3_power_of_delta, one) == pytest.approx(5)
        assert outcome(claims.theorem_3_power_of_delta, one) == REFUTED

    @pytest.mark.parametrize(("power", "expected"), [(0.0, UPHELD), (0.3, REFUTED)])
    def test_growth_as_the_gap_closes_is_that_at_fixed_h(self, tables, power, expected):
        """Whatever depends on h, which grows as delta falls at a fixed number of steps."""
        exact = altered(
            tables, "dfm_early_stopping", "kl_marginal",
            lambda t: t["bound_followup"] * t["delta"] ** -power * t["h"] ** 0.7,
            lambda t: t["schedule"] == "nonuniform",
        )  # fmt: skip
        found = row(claims.followup_theorem_3_gap, exact)
        assert found["measured"] == pytest.approx(power, abs=1e-9)
        assert found["outcome"] == expected
        assert measured(claims.followup_theorem_3_order, exact) == pytest.approx(-0.7)

    def test_each_kind_of_target_has_its_own_claim_on_shrinking_steps(self, tables):
        worse = altered(
            tables, "dfm_early_stopping", "kl_marginal", lambda t: 1.43,
            lambda t: (t["target"] == "mixture") & (t["schedule"] == "nonuniform"),
        )  # fmt: skip
        worse = altered(
            worse, "dfm_early_stopping", "kl_marginal", lambda t: 1.0,
            lambda t: (t["target"] == "mixture") & (t["schedule"] == "uniform"),
        )  # fmt: skip
        assert outcome(claims.shrinking_steps_without_score, worse) == UPHELD
        assert outcome(claims.shrinking_steps_with_score, worse) == REFUTED
        assert measured(claims.shrinking_steps_with_score, worse) == pytest.approx(1.43)

    def test_smooth_targets_do_not_count_for_theorem_3(self, tables):
        changed = altered(
            tables, "dfm_early_stopping", "kl_marginal", lambda t: t["delta"] ** -9.0,
            lambda t: t["target"] == "mixture",
        )  # fmt: skip
        for function in (claims.theorem_3_order, claims.theorem_3_power_of_delta):
            assert row(function, changed) == pytest.approx(row(function, tables), nan_ok=True)

    def test_grids_without_what_is_asked_for_say_so(self, tables):
        table = tables["dfm_early_stopping"]
        smooth = {"dfm_early_stopping": table[table["target"] == "mixture"]}
        for function, rest in [
            (claims.theorem_3_order, smooth),
            (claims.theorem_3_power_of_delta, smooth),
            (claims.shrinking_steps_without_score, smooth),
            (claims.shrinking_steps_with_score, {"dfm_early_stopping": table[table["d"] > 1]}),
            *[
                (function, {"dfm_early_stopping": table[table["schedule"] == "uniform"]})
                for function in (
                    claims.followup_theorem_3_gap,
                    claims.followup_theorem_3_order,
                    claims.shrinking_steps_without_score,
                )
            ],
        ]:
            found = row(function, rest)
            assert found["outcome"] == OPEN
            assert found["reason"]

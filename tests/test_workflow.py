"""The DAG: what is built, what reruns when what changes, and that the cut does not matter."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import Workspace

from flowbounds.claims.claim import CHECK

FIGURES = [
    "a_fig1_global_view",
    "a_fig2_generated_images",
    "a_fig3_loss_trajectories",
    "a_fig4_sliced_w1_trajectories",
    "a_fig5_image_dynamics",
    "a_fig6_7_sample_grids_digits",
    "a_lemma31_gram_spectrum",
    "a_thm32_linear_rate",
    "a_thm32_ntk_limit",
    "a_lemmaA2_weight_movement",
    "a_thm33_generalization",
    "a_lemma34_rademacher",
    "a_thm35_sampling",
    "a_lemmaC1_sup_norm",
    "b_thm2_step_size",
    "b_thm2_drift_error",
    "b_thm2_dimension",
    "b_thm2_moments",
    "b_smoothness",
    "b_thm2_pairs",
    "b_thm2_worst_case",
    "b_thm3_early_stopping",
    "b_learned_drift",
    "b_images",
]
TABLES = ["results/tables/simulation.csv", "results/tables/images.csv"]
SMALLEST = """
run: {device: cpu}
simulation: {d: [2], m: [4], eta: [1.0e-3], seeds: 1, n_train: 2, n_test: 2, iterations: 1,
             checkpoint_every: 1, euler_steps: 1, projections: 1}
images: {components: 1, m: [4], eta: [1.0e-3], seeds: 1, n_train: 2, n_test: 2, iterations: 1,
         checkpoint_every: 1, euler_steps: 1, projections: 1, showcase: {m: 4, eta: 1.0e-3}}
start: {d: [2], m: [4], kappa: [1.0], seeds: 1, n_train: 2, n_test: 2, iterations: 1,
        euler_steps: 1, projections: 1}
ntk: {d: [1], n: [2], m: [4], eta: [1.0e-3], kappa: [0.1], seeds: 1, iterations: 1}
thm32_inside: {d: [1], n: [2], m: [4], seeds: 1, iterations: 1, split_m: [4], starts: 2,
               split_iterations: 1}
ntk_spectrum: {d: [1], n: [2], seeds: 1}
generalization: {d: [2], n: [2], m: [inf], tau_min: [0.0], seeds: 1, n_test: 4, iterations: 1}
thm33_causes: {d: [2], n: [2], tau_min: [0.0], m: 4, seeds: 1, n_test: 4}
lemma34_tasks: {d: [2], tasks: [1], n: [2], seeds: 1}
lemma34_coverage: {tasks: [1], n: [2], networks: 1, m: 4, seeds: 1, samples: 1, population: 4}
sampling: {d: [1], n: [2], m: [4], b1: [1.0], seeds: 1, n_test: 4, iterations: 1,
           euler_steps: 1, projections: 1}
thm35_causes: {d: [1], n: [2], b1: [1.0], start: [0.0], steps: [1], seeds: 1, n_test: 4}
sup_norm: {d: [1], n: [2], m: 4, tau_min: [0.2], seeds: 1, iterations: 1}
dfm_discretization: {targets: [gaussian], steps: [2], d: [1]}
dfm_drift_error: {targets: [gaussian], steps: [2], epsilon: [1.0], perturbations: [constant]}
dfm_dimension: {targets: [gaussian], steps: [2], d: [1]}
dfm_moments: {targets: [gaussian], steps: [2], scale: [1.0], separation: [0.0]}
dfm_correlation: {rho: [1.0], steps: [2]}
dfm_bases: {bases: [gaussian], scale: [1.0], steps: [2]}
dfm_diagonal: {targets: [diagonal], d: [1], steps: [2]}
dfm_worst_case: {families: [gaussian], reach: [1.5], steps: [2], points: 1}
dfm_early_stopping: {targets: [two_points], steps: [2], delta: [0.1], schedules: [uniform]}
dfm_point_mass: {d: [1], steps: [2], delta: [0.1], schedules: [uniform], goal: 1.0}
dfm_smoothness: {a: [2.0], nu: [5.0], steps: [2], steps_heavy: [2]}
dfm_early_path: {targets: [two_points], steps: [2], delta: [0.1], small_delta: [0.1],
                 schedules: [uniform]}
dfm_wasserstein: {targets: [gaussian], steps: [2], d: [1], epsilon: [1.0]}
dfm_learned: {targets: [mixture], n: [8], m: [4], steps: [2], seeds: 1, iterations: 1, batch: 1,
              paths: 2}
dfm_images: {couplings: [independent], steps: [2], delta: [0.0], m: 4, seeds: 1, n_train: 8,
             n_test: 2, iterations: 1, batch: 1, projections: 1}
"""


@pytest.mark.slow
class TestBuilt:
    @pytest.mark.parametrize("stem", FIGURES)
    def test_every_figure_is_there_in_three_forms(self, built, stem):
        figure = built.folder / "results" / "figures" / stem
        assert figure.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
        assert figure.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
        assert len(pd.read_csv(figure.with_suffix(".csv"))) > 0

    def test_tables_have_one_row_per_network_and_checkpoint(self, built):
        table = pd.read_csv(built.folder / TABLES[0])
        assert list(table.columns) == [
            "d", "m", "eta", "seed", "t", "loss", "sliced_w1", "w1_exact", "diverged_at",
        ]  # fmt: skip
        cells = table.set_index(["d", "m", "eta", "seed", "t"])
        expected = pd.MultiIndex.from_product([[2, 3], [4, 6], [1e-3, 1e-2], [0, 1], [0, 10, 20]])
        assert cells.index.equals(expected)
        assert cells[["loss", "sliced_w1"]].notna().all(axis=None)
        assert (table["w1_exact"].notna() == (table["t"] == 20)).all()
        images = pd.read_csv(built.folder / TABLES[1])
        assert {"dataset", "m", "eta", "seed", "t", "loss", "sliced_w1"} <= set(images.columns)
        assert len(images) == 2 * 2 * 2 * 3

    def test_tables_of_the_theory_have_one_row_per_cell(self, built):
        ntk = pd.read_csv(built.folder / "results/tables/ntk.csv")
        cells = ntk.set_index(["d", "n", "m", "eta", "kappa", "seed", "t"])
        assert cells.index.is_unique
        assert len(cells) == 2 * 2 * 2 * ntk["t"].nunique()
        assert {0, 20} <= set(ntk["t"])
        assert cells.pop("diverged_at").isna().all()
        assert cells.notna().all(axis=None)
        spectrum = pd.read_csv(built.folder / "results/tables/ntk_spectrum.csv")
        assert set(spectrum["dataset"]) == {"gaussian_mixture", "digits"}
        assert spectrum.groupby(["dataset", "d", "n", "seed"]).ngroups == (4 + 2) * 2
        assumptions = pd.read_csv(built.folder / "results/tables/assumptions.csv")
        assert (assumptions.groupby(["d", "m", "eta", "seed"]).size() == 10).all()
        assert assumptions["holds"].dtype == bool

    @pytest.mark.parametrize(
        ("name", "keys", "rows", "columns"),
        [
            (
                "generalization", ["d", "n", "m", "tau_min", "seed"], 2 * 2 * 2 * 2 * 2,
                {"train_error", "test_error", "complexity", "rademacher"},
            ),
            (
                "sampling", ["d", "n", "m", "b1", "seed"], 2 * 2 * 1 * 2 * 2,
                {"sliced_w1", "w1_exact", "w1_floor"},
            ),
            (
                "sup_norm", ["d", "n", "m", "b1", "tau_min", "seed"], 2 * 2 * 1 * 1 * 2 * 2,
                {"sup_error", "mean_error", "bound_low", "bound"},
            ),
            (
                "dfm_learned", ["target", "d", "n", "m", "steps", "seed"], 2 * 2 * 1 * 2 * 2,
                {"epsilon2", "kl_marginal", "kl_path"},
            ),
            (
                "dfm_images", ["dataset", "coupling", "d", "steps", "delta", "seed"],
                3 * 2 * 2 * 2, {"drift_mse", "sliced_w1", "w2_exact"},
            ),
        ],
    )  # fmt: skip
    def test_tables_of_the_theorems_are_full_grids(self, built, name, keys, rows, columns):
        table = pd.read_csv(built.folder / f"results/tables/{name}.csv")
        assert list(table.columns[: len(keys)]) == keys
        assert columns <= set(table.columns)
        assert len(table) == len(table[keys].drop_duplicates()) == rows
        assert table.pop("diverged_at").isna().all()
        assert table.notna().all(axis=None)
        meta = json.loads(built.read(f"results/tables/{name}.meta.json"))
        assert meta["seeds"] == [0, 1]
        assert name in meta["config"]
        if name == "generalization":
            limit = table[np.isinf(table["m"])]
            assert len(limit) == rows / 2
            assert (limit["train_error"] < 1e-6).all()

    @pytest.mark.parametrize(
        ("name", "keys", "rows", "columns"),
        [
            (
                "dfm_discretization", ["target", "d", "steps"], 2 * 2 * 2,
                {"h", "kl_marginal", "kl_path", "w2", "bound_thm2", "bound_followup"},
            ),
            (
                "dfm_drift_error", ["target", "d", "steps", "perturbation", "epsilon"], 3,
                {"epsilon2", "kl_marginal", "kl_path", "kl_split"},
            ),
            ("dfm_dimension", ["target", "d", "steps"], 2 * 2, {"bound_thm2", "bound_followup"}),
            ("dfm_moments", ["target", "d", "scale", "steps"], 2 + 2, {"target_moment"}),
            (
                "dfm_early_stopping", ["target", "d", "steps", "schedule", "delta"], 2 * 2 * 2,
                {"kl_marginal", "bound_followup"},
            ),
            (
                "dfm_point_mass", ["d", "steps", "schedule", "delta"], 2 * 2 * 2 * 2,
                {"h", "kl_marginal", "kl_path", "first_order"},
            ),
            (
                "dfm_wasserstein", ["target", "d", "steps", "epsilon"], 2 * 2 * 3 + 2,
                {"h", "w2", "moved", "w2_moved", "bound_w2"},
            ),
        ],
    )  # fmt: skip
    def test_tables_of_exact_laws_are_full_grids(self, built, name, keys, rows, columns):
        table = pd.read_csv(built.folder / f"results/tables/{name}.csv")
        assert list(table.columns[: len(keys)]) == keys
        assert columns <= set(table.columns)
        assert len(table) == len(table[keys].drop_duplicates()) == rows
        assert np.isfinite(table.select_dtypes("number").to_numpy()).all()
        meta = json.loads(built.read(f"results/tables/{name}.meta.json"))
        assert meta["seeds"] == []
        assert name in meta["config"]
        verdicts = pd.read_csv(built.folder / "results/verdicts.csv")
        assert (verdicts["paper"] == "B").sum() >= 9

    def test_step_sizes_share_data_and_initialisation(self, built):
        start = pd.read_csv(built.folder / TABLES[0]).query("t == 0")
        paired = start.groupby(["d", "m", "seed"])[["loss", "sliced_w1"]].nunique()
        assert (paired == 1).all(axis=None)
        assert start["loss"].nunique() == 2 * 2 * 2

    def test_a_table_says_where_it_comes_from(self, built):
        meta = json.loads(built.read("results/tables/simulation.meta.json"))
        assert meta["config"]["simulation"]["m"] == [4, 6]
        assert meta["seeds"] == [0, 1]
        assert meta["threads"] == [1]
        assert "CPU" in meta["device"][0]
        assert len(meta["config_sha256"]) == len(meta["code_sha256"]) == 64
        assert meta["versions"]["torch"].startswith("2.13")
        assert set(meta["git"]) == {"commit", "dirty"}

    def test_the_numbers_drawn_are_those_of_the_table(self, built):
        drawn = pd.read_csv(built.folder / "results/figures/a_fig1_global_view.csv")
        ours = drawn.query("source == 'replication' and quantity == 'loss'")
        table = pd.read_csv(built.folder / TABLES[0])
        for reading, rows in (
            ("terminal", table.query("t == 20")),
            ("mean over t > 0", table.query("t > 0")),
        ):
            expected = rows.groupby(["m", "eta", "d"])["loss"].mean()
            found = ours[ours["reading"] == reading].set_index(["m", "eta", "d"])["mean"]
            np.testing.assert_allclose(found.sort_index(), expected.sort_index(), rtol=1e-7)

    def test_nothing_is_left_to_do(self, built):
        assert built.planned() == {}


@pytest.mark.slow
class TestReruns:
    def test_touching_files_reruns_nothing(self, workspace):
        for file in [*workspace.folder.rglob("*.py"), *workspace.folder.rglob("*.smk")]:
            file.touch()
        (workspace.folder / "config.yaml").touch()
        assert workspace.planned() == {}

    def test_keys_in_another_order_compute_nothing(self, workspace):
        """But the page shows the configuration as it is written."""
        for name in ("config.yaml", *workspace.overlays):
            file = workspace.folder / name
            sections = yaml.safe_load(file.read_text())
            turned = {key: dict(reversed(sections[key].items())) for key in reversed(sections)}
            file.write_text(yaml.safe_dump(turned, sort_keys=False))
        assert set(workspace.planned()) <= {"contents", "report"}

    def test_editing_figure_code_retrains_nothing(self, workspace):
        module = workspace.folder / "scripts/flowbounds/figures/a_fig5_image_dynamics.py"
        module.write_text(module.read_text() + "\n# a change\n")
        assert workspace.planned() == {"a_fig5_image_dynamics": 1, "report": 1}

    def test_editing_the_metric_resamples_and_retrains_nothing(self, workspace):
        module = workspace.folder / "scripts/flowbounds/networks/metrics.py"
        module.write_text(module.read_text() + "\n# a change\n")
        planned = workspace.planned()
        assert planned["sample"] == 6
        assert not {"train", "draw_data", "image_codes"} & set(planned)

    def test_a_setting_of_the_sampler_retrains_nothing(self, workspace):
        workspace.overlay("more.yaml", "simulation: {euler_steps: 6}")
        planned = workspace.planned()
        assert planned["sample"] == 4
        assert "train" not in planned
        assert "a_fig5_image_dynamics" not in planned

    def test_a_new_width_runs_alone_and_changes_no_other_number(self, workspace):
        workspace.overlay("more.yaml", "simulation: {m: [4, 6, 8]}")
        planned = workspace.planned("a_fig3_loss_trajectories")
        assert planned == {
            "train": 2, "sample": 2, "table": 1, "a_fig3_loss_trajectories": 1,
        }  # fmt: skip
        before = workspace.read(TABLES[0]).splitlines()
        workspace.build("a_fig3_loss_trajectories")
        after = workspace.read(TABLES[0]).splitlines()
        assert set(before) < set(after)
        assert len(after) == len(before) + 2 * 2 * 2 * 3

    def test_a_new_sample_size_runs_alone(self, workspace):
        workspace.overlay("more.yaml", "sampling: {n: [10, 15, 20]}")
        assert workspace.planned("a_thm35_sampling") == {
            "sampling": 2, "table": 1, "a_thm35_sampling": 1,
        }  # fmt: skip

    def test_a_new_target_runs_alone(self, workspace):
        workspace.overlay("more.yaml", "dfm_early_stopping: {targets: [two_points, uniform]}")
        assert workspace.planned("b_thm3_early_stopping") == {
            "dfm_early_stopping": 1, "table": 1, "b_thm3_early_stopping": 1,
        }  # fmt: skip

    def test_one_figure_builds_only_what_it_needs(self, workspace):
        planned = workspace.planned("--forceall", "a_fig5_image_dynamics")
        assert planned == {
            "image_codes": 1, "draw_data": 2, "train": 2, "sample": 2, "baselines": 2, "table": 2,
            "a_fig5_image_dynamics": 1,
        }  # fmt: skip


@pytest.mark.slow
def test_cores_and_order_leave_the_tables_bit_identical(built, tmp_path):
    """A cell in a run of its own and the rest on one core, against all at once on two."""
    workspace = built.copy(tmp_path)
    before = [workspace.read(table) for table in TABLES]
    workspace.build(
        "results/measurements/simulation/gaussian_mixture/d3_m6.csv", "--forceall", cores=1
    )
    workspace.build(*TABLES, "--forceall", cores=1)
    assert [workspace.read(table) for table in TABLES] == before


@pytest.mark.slow
def test_a_seed_has_the_same_numbers_without_the_others(workspace):
    """Bit for bit, in every experiment that trains: lone networks, and sizes that are odd."""
    names = ["simulation", "images", "ntk", "generalization", "sampling", "sup_norm"]
    names += ["dfm_learned", "dfm_images"]
    tables = {name: f"results/tables/{name}.csv" for name in names}
    before = {name: pd.read_csv(workspace.folder / file) for name, file in tables.items()}
    workspace.overlay("one.yaml", "".join(f"{name}: {{seeds: 1}}\n" for name in names))
    workspace.build(*tables.values())
    for name, file in tables.items():
        alone, among = pd.read_csv(workspace.folder / file), before[name]
        pd.testing.assert_frame_equal(
            alone, among[among["seed"] == 0].reset_index(drop=True), check_exact=True
        )


@pytest.mark.slow
def test_a_diverged_network_is_shown_as_such(workspace):
    workspace.overlay("more.yaml", "simulation: {eta: [1.0e-3, 1.0e+6]}")
    workspace.build("a_fig1_global_view", "a_fig3_loss_trajectories")
    table = pd.read_csv(workspace.folder / TABLES[0])
    wild = table[table["eta"] == 1e6]
    assert wild["diverged_at"].between(1, 20).all()
    assert wild[wild["t"] >= wild["diverged_at"]]["loss"].isna().all()
    assert wild[wild["t"] == 0]["loss"].notna().all()
    sound = table[table["eta"] == 1e-3]
    assert sound["diverged_at"].isna().all()
    assert sound["loss"].notna().all()
    drawn = pd.read_csv(workspace.folder / "results/figures/a_fig1_global_view.csv")
    diverged = drawn[(drawn["eta"] == 1e6) & (drawn["reading"] == "terminal")]
    assert (diverged["diverged"] == 2).all()
    assert diverged["mean"].isna().all()


@pytest.mark.slow
def test_the_smallest_grid_that_is_allowed_is_drawn_and_judged(tmp_path):
    """One value on every axis, one seed, one step: little to see, and nothing to conclude."""
    smallest = Workspace.create(tmp_path, SMALLEST)
    smallest.build()
    assert (tmp_path / "results/report.html").exists()
    verdicts = pd.read_csv(tmp_path / "results/verdicts.csv")
    exact = {"lemma 3.1: positive definite", "theorem 2: drift error"}  # of each single value
    exact |= {f"theorem 2: worst case, {what}" for what in ("small steps", "near standard normals")}
    estimated = verdicts[(verdicts["kind"] != CHECK) & ~verdicts["claim"].isin(exact)]
    assert set(estimated["verdict"]) <= {"inconclusive", "conditions not met"}
    nothing_to_compare = verdicts["measured"].isna()
    assert 20 < nothing_to_compare.sum() < len(verdicts)


@pytest.mark.slow
def test_double_precision_and_another_schedule(workspace):
    single = pd.read_csv(workspace.folder / TABLES[0])
    workspace.overlay("more.yaml", "run: {dtype: float64}")
    workspace.build(TABLES[0])
    double = pd.read_csv(workspace.folder / TABLES[0])
    np.testing.assert_allclose(single["loss"], double["loss"], rtol=1e-4)
    assert not np.array_equal(single["loss"], double["loss"])
    workspace.overlay("other.yaml", "simulation: {schedule: trigonometric}")
    workspace.build(TABLES[0])
    other = pd.read_csv(workspace.folder / TABLES[0])
    assert np.abs(other["loss"] / double["loss"] - 1).min() > 1e-3


@pytest.mark.slow
def test_lint_is_clean(workspace):
    run = workspace.snakemake("--lint")
    assert run.returncode == 0, run.stdout
    assert "Congratulations" in run.stdout, run.stdout


def test_drawing_does_not_import_torch():
    code = (
        "import sys, pathlib, importlib\n"
        "sys.path.insert(0, 'scripts')\n"
        "for file in pathlib.Path('scripts/flowbounds/figures').glob('*.py'):\n"
        "    importlib.import_module(f'flowbounds.figures.{file.stem}')\n"
        "import plot\n"
        "assert 'matplotlib' in sys.modules\n"
        "assert not {'torch', 'sklearn', 'ot'} & set(sys.modules)\n"
    )
    root = Path(__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr

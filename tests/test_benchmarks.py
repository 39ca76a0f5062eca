"""The benchmarks at tiny sizes: contenders compute the same numbers, and every name is there."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import figure, jobs, metric, naive, precision, scaling
from benchmarks.clock import COLUMNS
from benchmarks.problem import problem

LIKE = torch.zeros((), dtype=torch.float32)
PROGRAMS = ("train", "sample")

needs_peers = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("torchcfm", "torchdiffeq")),
    reason="torchcfm and torchdiffeq come with the dependency group bench",
)


def test_the_plain_loop_computes_what_the_engine_computes():
    """Losses of 20 steps and samples of 10: a few hundred roundings of 6e-8 at the very most."""
    from flowbounds.networks.flow import euler_flow
    from flowbounds.networks.stack import train

    p = problem(16, 5, LIKE, n=60)
    network = naive.Network(p.stack.w[2], p.stack.a[2])
    theirs = naive.train(network, p.x1[0], p.x0[0], p.tau[0], float(p.eta[2]), 20)
    ours = train(p.stack, p.inputs, p.targets, p.eta, [20]).losses[:-1, 2]
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=0)
    start = naive.Network(p.stack.w[0], p.stack.a[0])
    samples = euler_flow(p.stack, p.start.mT[p.seed].contiguous(), 10, p.radius)[0].T
    theirs = naive.sample(start, p.start[0], 10, p.radius)
    torch.testing.assert_close(samples, theirs, rtol=1e-4, atol=1e-4)


@needs_peers
def test_all_contenders_of_a_cell_agree_and_every_quantity_is_there():
    from benchmarks import cells

    p = cells.part_of_a_job(16, 5, LIKE, 40)
    results = {name: run() for name, run in cells.contenders(p, 5, 10).items()}
    for stage in ("train", "flow"):
        torch.testing.assert_close(results[f"torch_{stage}"], results[f"engine_{stage}"])
    for who in ("naive", "torchcfm"):
        ours = results["engine_train"][:, 0]
        torch.testing.assert_close(results[f"{who}_train"], ours, rtol=1e-5, atol=0)
    for who in ("naive", "torchdiffeq"):
        ours = results["engine_flow"][0]
        torch.testing.assert_close(results[f"{who}_flow"], ours, rtol=1e-4, atol=1e-4)

    rows = cells.measure([4, 16], [5], LIKE, repeats=2, iterations=3, steps=4, n=20, matrix=32)
    derived, table, summary = cells.summarise(rows)
    assert set(pd.DataFrame([*rows, *derived]).columns) <= set(COLUMNS)
    assert len(table) == 2
    assert set(summary) >= {
        "gemm_efficiency", "gemm_efficiency_min", "gemm_efficiency_16_5", "speedup_naive",
        "speedup_naive_16_5", "speedup_torchcfm", "speedup_torchdiffeq", "peers",
        "speedup_torch", "speedup_torch_min", "speedup_torch_train", "speedup_torch_flow",
    }  # fmt: skip
    whole = pd.DataFrame(rows).set_index(["m", "quantity"])["value"]
    # a job's time is that of its parts, and the weights of the grid are the times of its cells
    assert summary["speedup_torchcfm"] == pytest.approx(
        sum(whole[m, "seconds_torchcfm_train"] for m in (4, 16))
        / sum(whole[m, "seconds_engine_train"] for m in (4, 16))
    )


def test_whole_jobs_are_the_pipelines_with_and_without_compiled_loops(tmp_path):
    rows, summary = jobs.measure([(4, 3)], tmp_path, repeats=1, n=20, iterations=50, steps=4)
    names = {r["quantity"] for r in rows}
    assert names == {
        *(f"seconds_job_{who}_{what}" for who in ("engine", "torch") for what in PROGRAMS),
        *(f"speedup_job_{what}" for what in PROGRAMS),
    }
    assert summary["speedup_job"] > 0
    assert len(pd.read_csv(tmp_path / "table.csv")) == 51 * 3 * jobs.SEEDS


def test_contenders_of_the_metric_agree():
    values = {name: run() for name, run in metric.contenders(problem(4, 5, LIKE), 1).items()}
    assert values["ours"] == pytest.approx(values["scipy"], rel=1e-5)
    assert values["ours"] == pytest.approx(values["pot"], rel=1e-5)
    rows, summary = metric.measure([3], LIKE, repeats=1, n=30, checkpoints=1)
    assert set(summary) == {"speedup_w1", "speedup_w1_pot", "speedup_w1_scipy"}
    assert {"seconds_ours", "seconds_pot", "seconds_scipy"} <= {r["quantity"] for r in rows}


def test_single_precision_costs_little_and_not_nothing():
    rows, summary = precision.measure(
        [(8, 3)], torch.device("cpu"), iterations=20, every=10, steps=10
    )
    assert set(summary) == {"float32_loss", "float32_sliced_w1", "float32_w1_exact"}
    assert 0 < summary["float32_loss"] < 1e-5
    assert 0 < summary["float32_sliced_w1"] < 1e-4
    assert len(rows) == 3


def test_scaling_gives_slopes_and_a_figure():
    base = {"seeds": 1, "m": 8, "d": 3, "n": 20, "checkpoints": 2}
    values = {size: [value, 2 * value] for size, value in base.items()}
    rows = scaling.measure(LIKE, repeats=1, base=base, values=values, steps=4)
    assert {f"slope_{size}" for size in base} < {r["quantity"] for r in rows}
    exact = [
        {"quantity": "seconds_against_n", "n": n, "value": 3e-4 * n**1.5} for n in (10, 20, 40)
    ]
    assert scaling.slope(exact, "n") == pytest.approx(1.5)
    cells = pd.DataFrame({"engine_train": [1.0], "engine_flow": [2.0], "metric": [0.5]})
    predicted = scaling.predict(cells, exact=0.1, start=2.0)
    assert predicted["train"] == 30
    assert predicted["flow"] == 60
    assert predicted["start-up"] == 2
    drawn = figure.draw(rows, base, predicted, measured={"train": 1.0, "sample": 2.0})
    assert len(drawn.axes) == 6


def test_only_a_run_at_the_papers_scale_counts_as_measured(tmp_path):
    assert scaling.measured(tmp_path) is None
    for rule in ("train", "sample"):
        folder = tmp_path / "benchmarks" / rule / "simulation"
        folder.mkdir(parents=True)
        for k in range(50):
            (folder / f"{k}.tsv").write_text("s\tmax_rss\n2.5\t100\n")
    assert scaling.measured(tmp_path) is None
    (tmp_path / "tables").mkdir()
    table = pd.DataFrame({"seed": np.arange(10)})
    table.to_csv(tmp_path / "tables" / "simulation.csv", index=False)
    assert scaling.measured(tmp_path) == {"train": 125.0, "sample": 125.0}
    table[:3].to_csv(tmp_path / "tables" / "simulation.csv", index=False)
    assert scaling.measured(tmp_path) is None

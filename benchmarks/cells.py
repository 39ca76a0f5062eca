"""Items 1 and 2: the engine beside the hardware, torch, a plain loop, torchcfm and torchdiffeq."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
import torch

from benchmarks import naive, peers
from benchmarks.clock import alternate, row
from benchmarks.problem import (
    CHECKPOINTS,
    ETA,
    EULER_STEPS,
    ITERATIONS,
    SEEDS,
    Problem,
    problem,
)
from flowbounds.networks import flow, stack
from flowbounds.networks.flow import euler_flow
from flowbounds.networks.metrics import SlicedW1
from flowbounds.networks.stack import Networks, parts, train

# contenders that take a whole stack at a time
STACKED = ("engine", "torch")


def operations(stage: str, m: int, d: int, n: int) -> int:
    """Useful operations of a network: what the algorithm does as it is written in the paper.

    A training step takes 14 n m d, an Euler step 4 n m d (the term of x0 computed once), whatever
    a contender does instead.
    """
    return n * m * d * (14 * ITERATIONS if stage == "train" else 4 * EULER_STEPS * CHECKPOINTS)


def matrix_rates(like: torch.Tensor, size: int) -> dict[str, Callable[[], object]]:
    """Large square products: torch.mm, and oneDNN's where torch has it."""
    a, b, out = (like.new_ones(size, size) for _ in range(3))
    rates = {"mm": lambda: torch.mm(a, b, out=out)}
    if torch.backends.mkldnn.is_available() and (like.device.type, like.dtype) == (
        "cpu",
        torch.float32,
    ):
        linear = torch.ops.mkldnn._linear_pointwise
        rates["mm_onednn"] = lambda: linear(a, b, None, "none", [], "")
    return rates


@contextmanager
def torch_loops() -> Iterator[None]:
    """Compute as where nothing can be compiled: by torch, operation by operation."""
    chosen = flow.fused_kernels
    flow.fused_kernels = stack.fused_kernels = lambda like: None
    try:
        yield
    finally:
        flow.fused_kernels = stack.fused_kernels = chosen


def contenders(p: Problem, iterations: int, steps: int) -> dict[str, Callable[[], torch.Tensor]]:
    """Every contender as a call; engine and torch run the whole stack, the others network 0.

    Names are <who>_<stage>. Training returns losses, shape (iterations, ...), flow the samples.
    """
    start = p.start.mT[p.seed].contiguous()
    one = (p.x1[0], p.x0[0], p.tau[0], float(p.eta[0]), iterations)

    def plain() -> naive.Network:
        return naive.Network(p.stack.w[0], p.stack.a[0])

    def engine_train() -> torch.Tensor:
        return train(p.stack, p.inputs, p.targets, p.eta, [iterations]).losses[:-1]

    def engine_flow() -> torch.Tensor:
        return euler_flow(p.stack, start, steps, p.radius).mT

    return {
        "engine_train": engine_train,
        "torch_train": torch_loops()(engine_train),
        "naive_train": lambda: naive.train(plain(), *one),
        "torchcfm_train": lambda: peers.train_torchcfm(plain(), *one),
        "engine_flow": engine_flow,
        "torch_flow": torch_loops()(engine_flow),
        "naive_flow": lambda: naive.sample(plain(), p.start[0], steps, p.radius),
        "torchdiffeq_flow": lambda: peers.sample_torchdiffeq(plain(), p.start[0], steps, p.radius),
    }


def part_of_a_job(m: int, d: int, like: torch.Tensor, n: int) -> Problem:
    """Draw a problem of as many networks as the engine computes at a time in a job of the paper."""
    whole = SEEDS * len(ETA)
    size = len(range(*parts(whole, m, n, like)[0].indices(whole)))
    p = problem(m, d, like, n, seeds=-(-size // len(ETA)))
    few = slice(0, size)
    return Problem(
        **{
            **vars(p),
            "stack": Networks(p.stack.w[few], p.stack.a[few]),
            "inputs": p.inputs[few],
            "targets": p.targets[few],
            "seed": p.seed[few],
            "eta": p.eta[few],
        }
    )


def measure(
    grid_m: Sequence[int],
    grid_d: Sequence[int],
    like: torch.Tensor,
    *,
    repeats: int,
    iterations: int = 50,
    steps: int = EULER_STEPS,
    n: int = 500,
    matrix: int = 1536,
) -> list[dict]:
    """Time all contenders in every (m, d); seconds are those of one network.

    Quantities: seconds_<who>_train of ITERATIONS steps, seconds_<who>_flow of CHECKPOINTS flows,
    seconds_metric of CHECKPOINTS sliced W1, and gigaflops_mm.
    """
    rows = []
    for m in grid_m:
        for d in grid_d:
            p = part_of_a_job(m, d, like, n)
            calls = contenders(p, iterations, steps)
            metric = SlicedW1(p.reference[0], p.directions[0], n)
            rates = matrix_rates(like, matrix)
            timings = alternate(
                calls | rates | {"metric": lambda f=metric, x=p.start[0]: f(x)},
                repeats,
                like.device,
            )
            sizes = {"m": m, "d": d, "n": n}
            scale = {
                "train": ITERATIONS / iterations,
                "flow": CHECKPOINTS * EULER_STEPS / steps,
                "metric": CHECKPOINTS,
            }
            for name, timing in timings.items():
                if name in rates:
                    rate = 2e-9 * matrix**3 / timing.median
                    rows.append(row("cells", f"gigaflops_{name}", rate, repeats=repeats, **sizes))
                    continue
                who, _, stage = name.rpartition("_")
                factor = scale[stage] / (len(p.stack) if who in STACKED else 1)
                rows.append(timing.row("cells", f"seconds_{name}", factor, **sizes))
    return rows


def summarise(rows: list[dict]) -> tuple[list[dict], pd.DataFrame, dict[str, float]]:
    """Return derived rows, the table by (m, d), and the summary's numbers."""
    cells = pd.DataFrame(rows).pivot(index=["m", "d"], columns="quantity", values="value")
    n = rows[0]["n"]
    m, d = (cells.index.get_level_values(k).to_numpy() for k in ("m", "d"))
    useful = pd.Series(
        operations("train", m, d, n) + operations("flow", m, d, n), index=cells.index
    )
    seconds = {
        who: cells[f"seconds_{who}_train"] + cells[f"seconds_{who}_flow"]
        for who in ("engine", "torch", "naive")
    }
    metric = cells["seconds_metric"]
    rate = useful / seconds["engine"] / 1e9
    table = pd.DataFrame(
        {
            "gigaflops": rate,
            "gemm_efficiency": rate / cells["gigaflops_mm"],
            "speedup_torch_train": cells["seconds_torch_train"] / cells["seconds_engine_train"],
            "speedup_torch_flow": cells["seconds_torch_flow"] / cells["seconds_engine_flow"],
            "speedup_naive": (seconds["naive"] + metric) / (seconds["engine"] + metric),
            "speedup_torchcfm": cells["seconds_torchcfm_train"] / cells["seconds_engine_train"],
            "speedup_torchdiffeq": cells["seconds_torchdiffeq_flow"] / cells["seconds_engine_flow"],
        }
    )
    total = useful.sum() / seconds["engine"].sum() / 1e9
    peers_of_cells = table[["speedup_torchcfm", "speedup_torchdiffeq"]]
    whole_naive = (seconds["naive"] + metric).sum()
    summary = {
        "gemm_efficiency": total / cells["gigaflops_mm"].median(),
        "gemm_efficiency_min": table["gemm_efficiency"].min(),
        "speedup_naive": whole_naive / (seconds["engine"] + metric).sum(),
        "speedup_naive_min": table["speedup_naive"].min(),
        "speedup_torch": seconds["torch"].sum() / seconds["engine"].sum(),
        "speedup_torch_min": table[["speedup_torch_train", "speedup_torch_flow"]].min(axis=None),
        **{
            f"speedup_torch_{stage}": cells[f"seconds_torch_{stage}"].sum()
            / cells[f"seconds_engine_{stage}"].sum()
            for stage in ("train", "flow")
        },
        "speedup_torchcfm": cells["seconds_torchcfm_train"].sum()
        / cells["seconds_engine_train"].sum(),
        "speedup_torchdiffeq": cells["seconds_torchdiffeq_flow"].sum()
        / cells["seconds_engine_flow"].sum(),
        "peers": peers_of_cells.min(axis=None),
        "gigaflops": total,
        "gigaflops_mm": cells["gigaflops_mm"].median(),
    }
    if "gigaflops_mm_onednn" in cells:
        table["onednn_efficiency"] = rate / cells["gigaflops_mm_onednn"]
        summary["gigaflops_mm_onednn"] = cells["gigaflops_mm_onednn"].median()
        summary["gemm_efficiency_onednn"] = total / summary["gigaflops_mm_onednn"]
    for where in ((16, 5), (256, 50)):
        if where in table.index:
            name = "_".join(map(str, where))
            for quantity in ("gemm_efficiency", "speedup_naive"):
                summary[f"{quantity}_{name}"] = table.loc[where, quantity]
    derived = [
        row("cells", quantity, value, m=where[0], d=where[1], n=n)
        for quantity, column in table.items()
        for where, value in column.items()
    ]
    return derived, table, summary

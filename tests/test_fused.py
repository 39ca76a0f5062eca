"""The compiled loops beside NumPy and torch in double precision, and how they are compiled."""

import os
import platform
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flowbounds.networks import compiled, engine, flow, stack
from flowbounds.networks import fused as kernels
from flowbounds.networks import tiles as t
from flowbounds.networks.stack import Networks, diverged_at, initialise, train

EPS = np.finfo(np.float32).eps


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


FINISHED = {
    t.SUM: lambda total, other: total,
    t.ADDED: lambda total, other: other + total,
    t.RELU: lambda total, other: np.maximum(total, 0),
    t.ADDED_RELU: lambda total, other: np.maximum(other + total, 0),
    t.WHERE_POSITIVE: lambda total, other: np.where(other > 0, total, 0),
}


class TestTiles:
    @settings(max_examples=60, deadline=None)
    @given(
        rows=st.integers(1, 20),
        inner=st.integers(1, 40),
        tiles=st.integers(1, 4),
        finish=st.sampled_from(sorted(FINISHED)),
        lies=st.booleans(),
    )
    def test_a_product_is_numpys(self, rows, inner, tiles, finish, lies):
        """To the rounding of a sum of ``inner`` products and one more addition."""
        points = tiles * t.LANES
        a, b, other = drawn(rows, inner), drawn(inner, points, seed=1), drawn(rows, points, seed=2)
        out = np.full((rows, points), np.nan, np.float32)
        t.product(out, np.ascontiguousarray(a.T).T if lies else a, b, other, finish)
        a, b = a.astype(float), b.astype(float)
        expected = FINISHED[finish](a @ b, other)
        bound = (inner + 1) * EPS * (np.abs(a) @ np.abs(b) + np.abs(other))
        assert (np.abs(out - expected) <= bound).all()

    @settings(max_examples=30, deadline=None)
    @given(p=st.integers(1, 6), q=st.integers(1, 6), eights=st.integers(1, 20))
    def test_an_outer_product_is_numpys(self, p, q, eights):
        n = eights * t.OUTER_LANES
        a, b = drawn(p * t.OUTER_ROWS, n), drawn(q * t.OUTER_COLUMNS, n, seed=1)
        out = drawn(len(a), len(b), seed=2)
        expected = out + a.astype(float) @ b.T.astype(float)
        bound = (n + 1) * EPS * (np.abs(a).astype(float) @ np.abs(b).T + np.abs(out))
        t.add_outer(out, a, b)
        assert (np.abs(out - expected) <= bound).all()

    @pytest.mark.parametrize("finish", [t.RELU, t.ADDED_RELU, t.WHERE_POSITIVE])
    def test_what_is_not_a_number_is_not_made_zero(self, finish):
        a, b = np.ones((1, 1), np.float32), np.ones((1, t.LANES), np.float32)
        other, out = np.full((1, t.LANES), np.nan, np.float32), np.zeros((1, t.LANES), np.float32)
        b[0, 3] = np.nan
        t.product(out, a, b, other, finish)
        assert np.isnan(out[0, 3])

    def test_nothing_is_written_beyond_the_result(self):
        out = np.zeros((9, 3 * t.LANES), np.float32)
        inner = out[1:8, t.LANES : 2 * t.LANES]
        t.product(inner, drawn(7, 5), drawn(5, t.LANES), inner, t.SUM)
        assert inner.all()
        inner[:] = 0
        assert not out.any()


SHAPES = [(16, 5, 500), (37, 3, 501), (1, 1, 1), (2, 7, 15), (300, 2, 700), (64, 50, 100)]


def problem(m: int, d: int, n: int, networks: int = 2):
    rng = np.random.default_rng(m + d + n)
    w, a = (
        torch.from_numpy(np.stack(layer))
        for layer in zip(*(initialise(m, d, 1.0, rng) for _ in range(networks)), strict=True)
    )
    x = torch.from_numpy(rng.standard_normal((networks, 2 * d + 1, n)))
    v = torch.from_numpy(rng.standard_normal((networks, d, n)))
    return Networks(w, a), x, v


def single(networks: Networks) -> Networks:
    return Networks(networks.w.float(), networks.a.float())


@pytest.mark.parametrize(("m", "d", "n"), SHAPES)
def test_steps_are_those_of_double_precision(m, d, n):
    """Losses and weights after thirty steps, to 2e-6 of what is subtracted and of the largest."""
    start, x, v = problem(m, d, n)
    # the numbers in single precision are the problem; only the steps are rounded
    start, x, v = single(start), x.float(), v.float()
    eta = torch.tensor([1e-3, 1e-2])
    double = Networks(start.w.double(), start.a.double())
    expected = stack.gradient_descent(double, x.double(), v.double(), eta.double(), 30)
    losses = kernels.descend(start.w, start.a, x, v, eta, 30)
    scale = expected[0] + (v.double() ** 2).sum(dim=(1, 2)) / n
    assert ((losses - expected).abs() < 2e-6 * scale).all()
    for ours, theirs in ((start.w, double.w), (start.a, double.a)):
        assert (ours - theirs).abs().max() < 2e-6 * theirs.abs().max()


@pytest.mark.parametrize("in_z", [False, True])
@pytest.mark.parametrize(("m", "d", "n"), SHAPES)
def test_samples_are_those_of_double_precision(m, d, n, in_z):
    """After forty steps, to 3e-6 of the largest number: the field's slope magnifies roundings."""
    networks, x, _ = problem(m, d, n)
    networks, x0 = single(networks), x[:, :d].float()
    double = Networks(networks.w.double(), networks.a.double())
    expected = flow.euler_in_x(double, x0.double(), 40)
    ours = kernels.euler(networks.w, networks.a, x0, 40, in_z)
    assert (ours - expected).abs().max() < 3e-6 * expected.abs().max()


def test_training_in_stretches_is_training_at_once(monkeypatch):
    monkeypatch.setattr(stack, "COMPILED_FROM", 0)
    start, x, v = problem(16, 5, 100)
    eta = torch.tensor([1e-3, 1e-2])
    few, many = (train(single(start), x.float(), v.float(), eta, t) for t in ([0, 30], range(31)))
    assert torch.equal(few.losses, many.losses)
    assert torch.equal(few.w[-1], many.w[-1])


def test_a_network_that_overflows_is_seen_by_its_loss(monkeypatch):
    monkeypatch.setattr(stack, "COMPILED_FROM", 0)
    start, x, v = problem(16, 5, 100)
    losses = train(single(start), x.float(), v.float(), torch.tensor([1e-3, 1e6]), [60]).losses
    assert not losses[-1, 1].isfinite()
    at = diverged_at(losses.numpy())
    assert np.isnan(at[0]) and at[1] < 10


class TestWhoComputes:
    def test_torch_computes_in_double_precision(self):
        assert engine.fused_kernels(torch.zeros(1, dtype=torch.float64)) is None
        assert engine.fused_kernels(torch.zeros(1, device="meta")) is None
        assert engine.fused_kernels(torch.zeros(1)) is kernels

    @pytest.mark.parametrize(("m", "n", "who"), [(16, 500, "torch"), (64, 500, "compiled")])
    def test_small_networks_are_trained_by_torch(self, m, n, who, monkeypatch):
        """Whatever the number of networks: bits would depend on the stack."""
        called = []
        monkeypatch.setattr(kernels, "descend", lambda *of: called.append(of) or torch.zeros(1, 1))
        for networks in (1, 40):
            start, x, v = problem(m, 2, n, networks)
            stack.gradient_descent(single(start), x.float(), v.float(), torch.zeros(networks), 1)
        assert len(called) == (0 if who == "torch" else 2)

    def test_without_the_compiler_torch_computes_and_one_line_says_so(self, tmp_path):
        (tmp_path / "numba.py").write_text("raise ImportError('needs another NumPy')")
        program = (
            "import torch; from flowbounds.networks.engine import fused_kernels\n"
            "print([fused_kernels(torch.zeros(1)) for _ in range(3)])"
        )
        run = python(program, PYTHONPATH=f"{tmp_path}{os.pathsep}{scripts()}")
        assert run.stdout == "[None, None, None]\n"
        assert run.stderr == "computing by torch, at half the speed: needs another NumPy\n"


class TestMachineCode:
    def test_two_processes_may_make_it_at_once(self, tmp_path):
        """In an empty folder; a third finds what they left, and nothing is compiled again."""
        program = (
            "from flowbounds.networks import fused\n"
            "print(sum(fused._descend.stats.cache_hits.values()), len(fused._descend.signatures))"
        )
        places = {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": scripts()}
        both = [
            subprocess.Popen(
                [sys.executable, "-c", program],
                env=os.environ | places,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        said = [one.communicate()[0] for one in both]
        assert all(one.endswith(" 1\n") for one in said), said
        assert python(program, **places).stdout == "1 1\n"

    @pytest.mark.skipif(platform.machine() != "x86_64", reason="names processors of x86-64")
    def test_that_for_another_processor_gives_the_same_bits(self, tmp_path):
        """Made for vectors half as wide, as sums are ordered by the code and fused by name."""
        program = (
            "import hashlib; import torch; from flowbounds.networks import fused\n"
            "torch.manual_seed(0); w, a = torch.randn(1, 37, 11), torch.randn(1, 5, 37)\n"
            "x, v = torch.randn(1, 11, 201), torch.randn(1, 5, 201)\n"
            "found = [fused.descend(w, a, x, v, torch.full((1,), 1e-2), 20), w, a]\n"
            "found += [fused.euler(w, a, x[:, :5], 10, in_z) for in_z in (False, True)]\n"
            "parts = b''.join(part.contiguous().numpy().tobytes() for part in found)\n"
            "print(hashlib.sha256(parts).hexdigest())"
        )
        other = {"NUMBA_CPU_NAME": "x86-64-v2", "NUMBA_CPU_FEATURES": "+avx,+fma,-avx2"}
        other |= {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": scripts()}
        here, there = python(program, PYTHONPATH=scripts()), python(program, **other)
        assert len(here.stdout) == 65, here.stderr
        assert here.stdout == there.stdout, there.stderr

    def test_it_is_known_by_sources_and_processor(self, tmp_path, monkeypatch):
        key = compiled._key()
        assert compiled._key() == key
        (tmp_path / "tiles.py").write_text("LANES = 8")
        monkeypatch.setattr(compiled, "HERE", tmp_path)
        before = compiled._key()
        (tmp_path / "tiles.py").write_text("LANES = 9")  # as long, and as old as may be
        assert len({key, before, compiled._key()}) == 3
        features = compiled.FEATURES | {"fma": False}
        monkeypatch.setattr(compiled, "FEATURES", type(compiled.FEATURES)(features))
        assert compiled._key() not in (key, before)

    def test_where_no_folder_can_be_written_to_it_is_made_each_time(self, monkeypatch):
        def njit(signature, cache=False):
            if cache:
                raise RuntimeError("cannot cache function: no locator available")
            return lambda function: (signature, function)

        monkeypatch.setattr(compiled.numba, "njit", njit)
        assert compiled.compiled("f4(f4)")(abs) == ("f4(f4)", abs)


def scripts() -> str:
    return str(compiled.HERE.parents[1])


def python(program: str, **places: str) -> subprocess.CompletedProcess:
    environment = os.environ | places
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )

"""Matrix products on small blocks that stay in registers, for the compiled loops of ``fused``.

A product is computed tile by tile: six rows of the result at sixteen points are summed in vector
registers, without a look at memory but for the two factors. Written in LLVM's language, because the
compiler makes no such code of plain loops: half the speed. Points are the columns of all arrays.

The order of every sum is fixed here, and each multiplication and addition is fused by name, so that
a result has the same bits on every processor.
"""

from collections.abc import Callable

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from flowbounds.networks.compiled import compiled

# Points of a tile: two AVX2 registers a row, one of AVX-512. The twelve sums of the largest tile
# leave four of AVX2's sixteen registers to the factors.
LANES = 16

# A tile of add_outer: eight sums of eight points each.
OUTER_ROWS, OUTER_COLUMNS, OUTER_LANES = 4, 2, 8

_FLOAT = ir.FloatType()
_INDEX = ir.IntType(32)


def up(size: int, to: int) -> int:
    """Round a size up to a multiple."""
    return -(-size // to) * to


class _Matrix:
    """A matrix of single precision in the code that is being written: what loads and stores it."""

    def __init__(self, context, builder: ir.IRBuilder, kind: types.Array, value: ir.Value) -> None:
        array = context.make_array(kind)(context, builder, value)
        self.builder = builder
        self.data = builder.bitcast(array.data, ir.IntType(8).as_pointer())
        self.shape = cgutils.unpack_tuple(builder, array.shape, 2)
        self.strides = cgutils.unpack_tuple(builder, array.strides, 2)

    def at(self, i: ir.Value, j: ir.Value) -> ir.Value:
        """Return the address of an entry."""
        i, j = (self.builder.mul(*pair) for pair in zip((i, j), self.strides, strict=True))
        return self.builder.gep(self.data, [self.builder.add(i, j)])

    def beyond(self, address: ir.Value, steps: int, axis: int = 0) -> ir.Value:
        """Return the address of the entry so many rows below, or columns on."""
        stride = self.strides[axis]
        return self.builder.gep(address, [self.builder.mul(stride, stride.type(steps))])

    def load(self, address: ir.Value, kind: ir.Type = _FLOAT) -> ir.Value:
        return self.builder.load(self.builder.bitcast(address, kind.as_pointer()), align=4)

    def store(self, value: ir.Value, address: ir.Value) -> None:
        self.builder.store(value, self.builder.bitcast(address, value.type.as_pointer()), align=4)


def _matrices(context, builder: ir.IRBuilder, signature, args) -> list[_Matrix]:
    return [
        _Matrix(context, builder, kind, value)
        for kind, value in zip(signature.args, args, strict=True)
        if isinstance(kind, types.Array)
    ]


def _repeated(builder: ir.IRBuilder, value: ir.Value, kind: ir.VectorType) -> ir.Value:
    nothing = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(nothing, value, _INDEX(0))
    mask = ir.Constant(ir.VectorType(_INDEX, kind.count), [0] * kind.count)
    return builder.shuffle_vector(first, nothing, mask)


def _add_product(builder: ir.IRBuilder, total: ir.Value, a: ir.Value, b: ir.Value) -> None:
    """Write total += a b, rounded once; ``total`` is an address."""
    kind = ir.FunctionType(a.type, [a.type] * 3)
    fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{a.type.count}f32")
    builder.store(builder.call(fma, [a, b, builder.load(total)]), total)


def _sums(builder: ir.IRBuilder, kind: ir.VectorType, count: int) -> list[ir.Value]:
    sums = [cgutils.alloca_once(builder, kind) for _ in range(count)]
    for one in sums:
        builder.store(ir.Constant(kind, None), one)
    return sums


def _half(builder: ir.IRBuilder, vector: ir.Value, first: int, count: int) -> ir.Value:
    mask = ir.Constant(ir.VectorType(_INDEX, count), list(range(first, first + count)))
    return builder.shuffle_vector(vector, vector, mask)


def _total(builder: ir.IRBuilder, vector: ir.Value) -> ir.Value:
    """Sum a vector's entries, half to half."""
    while (count := vector.type.count // 2) > 0:
        halves = (_half(builder, vector, first, count) for first in (0, count))
        vector = builder.fadd(*halves)
    return builder.extract_element(vector, _INDEX(0))


# What becomes of a sum before it is stored, given the entry of another matrix in the same place.
SUM, ADDED, RELU, ADDED_RELU, WHERE_POSITIVE = range(5)


def _where_positive(builder: ir.IRBuilder, value: ir.Value, of: ir.Value) -> ir.Value:
    """As torch does: what is not a number is not made zero."""
    zero = ir.Constant(value.type, None)
    return builder.select(builder.fcmp_ordered("<=", of, zero), zero, value)


_FINISH = {
    SUM: lambda builder, total, other: total,
    ADDED: lambda builder, total, other: builder.fadd(other, total),
    RELU: lambda builder, total, other: _where_positive(builder, total, total),
    ADDED_RELU: lambda builder, total, other: _where_positive(
        builder, *[builder.fadd(other, total)] * 2
    ),
    WHERE_POSITIVE: _where_positive,
}


def _tile(rows: int) -> Callable:
    """Return a function for compiled code: so many rows of ``out`` from (i, p) on."""

    @intrinsic
    def tile(typing_context, out, a, b, other, finish, i, p):
        def write(context, builder, signature, args):
            out, a, b, other = _matrices(context, builder, signature, args)
            finish, i, p = args[4:]
            vector = ir.VectorType(_FLOAT, LANES)
            sums = _sums(builder, vector, rows)
            with cgutils.for_range(builder, b.shape[0]) as loop:
                points = b.load(b.at(loop.index, p), vector)
                first = a.at(i, loop.index)
                for row, total in enumerate(sums):
                    weight = _repeated(builder, a.load(a.beyond(first, row)), vector)
                    _add_product(builder, total, weight, points)
            to, of = out.at(i, p), other.at(i, p)
            for code, finished in _FINISH.items():
                with builder.if_then(builder.icmp_signed("==", finish, finish.type(code))):
                    for row, total in enumerate(sums):
                        entry = other.load(other.beyond(of, row), vector)
                        value = finished(builder, builder.load(total), entry)
                        out.store(value, out.beyond(to, row))
            return context.get_dummy_value()

        kinds = out, a, b, other, types.intp, types.intp, types.intp
        return types.void(*kinds), write

    return tile


_one, _two, _three, _four, _five, _six = (_tile(rows) for rows in range(1, 7))


@compiled("void(f4[:,:], f4[:,:], f4[:,:], f4[:,:], i8)")
def product(out: np.ndarray, a: np.ndarray, b: np.ndarray, other: np.ndarray, finish: int) -> None:
    """Write a b to ``out``, finished with ``other``.

    Shapes (p, n), (p, q), (q, n) and (p, n), where n is a multiple of LANES and points are
    contiguous; nothing is checked. ``other`` may be ``out``. A sum is made from zero and then

        SUM             stored;
        ADDED           added to other;
        RELU            rectified;
        ADDED_RELU      added to other and rectified;
        WHERE_POSITIVE  stored where other > 0, and 0 elsewhere.
    """
    rows = a.shape[0]
    left = rows % 6
    whole = rows - left
    for p in range(0, b.shape[1], LANES):
        for i in range(0, whole, 6):
            _six(out, a, b, other, finish, i, p)
        if left == 1:
            _one(out, a, b, other, finish, whole, p)
        elif left == 2:
            _two(out, a, b, other, finish, whole, p)
        elif left == 3:
            _three(out, a, b, other, finish, whole, p)
        elif left == 4:
            _four(out, a, b, other, finish, whole, p)
        elif left == 5:
            _five(out, a, b, other, finish, whole, p)


@intrinsic
def _outer_tile(typing_context, out, a, b, i, j):
    def write(context, builder, signature, args):
        out, a, b = _matrices(context, builder, signature, args)
        i, j = args[3:]
        vector = ir.VectorType(_FLOAT, OUTER_LANES)
        sums = _sums(builder, vector, OUTER_ROWS * OUTER_COLUMNS)
        start, stop, step = i.type(0), a.shape[1], i.type(OUTER_LANES)
        with cgutils.for_range_slice(builder, start, stop, step) as (p, _):
            at_a, at_b = a.at(i, p), b.at(j, p)
            columns = [b.load(b.beyond(at_b, k), vector) for k in range(OUTER_COLUMNS)]
            for row in range(OUTER_ROWS):
                entries = a.load(a.beyond(at_a, row), vector)
                for k, column in enumerate(columns):
                    _add_product(builder, sums[row * OUTER_COLUMNS + k], entries, column)
        to = out.at(i, j)
        for k, total in enumerate(sums):
            row, column = divmod(k, OUTER_COLUMNS)
            entry = out.beyond(out.beyond(to, row), column, axis=1)
            total = _total(builder, builder.load(total))
            out.store(builder.fadd(out.load(entry), total), entry)
        return context.get_dummy_value()

    return types.void(out, a, b, types.intp, types.intp), write


@compiled("void(f4[:,:], f4[:,:], f4[:,:])")
def add_outer(out: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Add a b^T to ``out``, shapes (p, n), (q, n) and (p, q).

    p is a multiple of OUTER_ROWS, q of OUTER_COLUMNS and n of OUTER_LANES; nothing is checked.
    """
    for i in range(0, a.shape[0], OUTER_ROWS):
        for j in range(0, b.shape[0], OUTER_COLUMNS):
            _outer_tile(out, a, b, i, j)

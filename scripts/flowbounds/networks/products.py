"""Products of stacks of matrices, network by network, each by the faster of two kernels.

Torch multiplies stacks by MKL, which on many processors leaves half of the vector unit idle; it
also carries oneDNN, which does not (222 against 100 GFLOP/s a core where this was measured), but
takes one matrix at a time and some ten microseconds to start. Which one multiplies depends on the
shapes of the two matrices alone, never on the stack that they are in, so that a network keeps its
bits wherever it is computed. Two habits of torch work against that, and are met here: it multiplies
a lone vector and a matrix by other code than a stack of such pairs, and it chooses code by strides,
which of an axis of length 1 may be anything (:func:`laid_out`).
"""

import torch

# Operations of one product from which oneDNN is faster: its start costs as much as MKL needs for
# about a third of this.
WIDE = 3_000_000

_ONEDNN = torch.backends.mkldnn.is_available()


def _wide(a: torch.Tensor, b: torch.Tensor) -> bool:
    operations = 2 * a.shape[1] * a.shape[2] * b.shape[2]
    return _ONEDNN and a.device.type == "cpu" and a.dtype == torch.float32 and operations >= WIDE


def _onednn(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    # a linear layer a (b^T)^T without a bias; the pinned version of torch has no public name for it
    return torch.ops.mkldnn._linear_pointwise(a, b.mT, None, "none", [], "")


def _vectors(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Say whether vectors are multiplied: a lone one has to be multiplied as two."""
    return 1 in (a.shape[1], b.shape[2])


def laid_out(a: torch.Tensor) -> torch.Tensor:
    """Return a contiguous copy, with the strides that its shape says even where an axis has 1."""
    return a.clone(memory_format=torch.contiguous_format)


def product(a: torch.Tensor, b: torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
    """Return a b for stacks of shapes (E, p, q) and (E, q, r); ``out`` may be used to hold it."""
    if not _wide(a, b):
        if len(a) == 1 and _vectors(a, b):
            return torch.bmm(a.expand(2, -1, -1), b.expand(2, -1, -1))[:1]
        return torch.bmm(a, b, out=out)
    if len(a) == 1:  # as wide networks come: nothing to copy
        return _onednn(a[0], b[0]).unsqueeze(0)
    if out is None:
        out = a.new_empty(len(a), a.shape[1], b.shape[2])
    for e in range(len(a)):
        out[e] = _onednn(a[e], b[e])
    return out


def add_product_(c: torch.Tensor, a: torch.Tensor, b: torch.Tensor, factor: float = 1.0) -> None:
    """Add ``factor`` a b to ``c`` in place, for stacks (E, p, r), (E, p, q) and (E, q, r)."""
    if _wide(a, b):
        for e in range(len(a)):
            c[e].add_(_onednn(a[e], b[e]), alpha=factor)
    elif _vectors(a, b):  # in new memory: within a larger matrix they are added by other code
        stacks = (part.expand(max(2, len(a)), -1, -1) for part in (c, a, b))
        c.copy_(torch.baddbmm(*stacks, alpha=factor)[: len(c)])
    else:
        c.baddbmm_(a, b, alpha=factor)

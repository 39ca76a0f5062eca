"""Which engine computes: compiled loops for single precision on a CPU, torch for all else.

Small networks are trained by torch, too (``stack.COMPILED_FROM``).
"""

import sys
from functools import cache
from types import ModuleType

import torch


def fused_kernels(like: torch.Tensor) -> ModuleType | None:
    """Return the module ``fused`` if it takes tensors such as this one, else None."""
    if (like.device.type, like.dtype) != ("cpu", torch.float32):
        return None
    return _fused_here()


@cache
def _fused_here() -> ModuleType | None:
    """Import it where there is work for it: the compiler takes half a second to load."""
    try:
        from flowbounds.networks import fused
    except ImportError as error:
        print(f"computing by torch, at half the speed: {error}", file=sys.stderr)
        return None
    return fused

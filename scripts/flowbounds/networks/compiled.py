"""Compiling for the processor at hand, once: machine code is kept beside the sources.

It is kept by the contents of this room and by the processor, so that an edit or another node of a
cluster finds no code but its own, and two jobs at a time write the same.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import llvmlite.binding as llvm
import numba

HERE = Path(__file__).parent
FEATURES = llvm.get_host_cpu_features()

if llvm.get_default_triple().startswith("x86") and not FEATURES.get("fma"):
    raise ImportError("this processor has no fused multiply-add")


def _key() -> str:
    parts = [file.read_bytes() for file in sorted(HERE.glob("*.py"))]
    parts += [llvm.get_host_cpu_name().encode(), FEATURES.flatten().encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


if not numba.config.CACHE_DIR:  # NUMBA_CACHE_DIR, which a user may have set
    numba.config.CACHE_DIR = str(HERE / "__pycache__" / _key())


def compiled(signature: str) -> Callable:
    """Compile a function for one signature, or load what an earlier process compiled."""

    def now(function: Callable) -> Callable:
        try:
            return numba.njit(signature, cache=True)(function)
        except RuntimeError:  # no folder can be written to: each process compiles for itself
            return numba.njit(signature)(function)

    return now

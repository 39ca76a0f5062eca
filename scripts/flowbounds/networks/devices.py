"""The device and precision that a job computes with."""

import argparse
import os

import torch

# Intel's MKL picks its code by where a matrix happens to lie in memory, so that the last bit of a
# network would depend on its place in the stack. STRICT forbids that, at no measurable cost. Read
# at MKL's first call, later than this. oneDNN (see flowbounds.networks.products) has no such habit.
os.environ.setdefault("MKL_CBWR", "AVX2,STRICT")

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every computing job takes: --device, --dtype, --threads and --record."""
    parser.add_argument("--device", default="auto", help="auto (CUDA when present), cpu or cuda")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--record", required=True, help="JSON: device and seconds of this job")


def set_up(device: str, threads: int) -> torch.device:
    """Choose the device (``auto``: CUDA when present) and bound the threads on the CPU.

    TensorFloat-32 stays off: float32 means float32 on every device.

    Raises:
        ValueError: ``device`` is ``cuda`` and there is none.
    """
    torch.set_num_threads(threads)
    torch.backends.cuda.matmul.allow_tf32 = False
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    elif device == "cuda" and not torch.cuda.is_available():
        raise ValueError("run.device is cuda, but torch sees no CUDA device; use auto or cpu")
    return torch.device(device)


def describe(device: torch.device, threads: int) -> dict[str, object]:
    """Return what a reader needs to know of the device: name, threads, instruction set."""
    if device.type == "cuda":
        return {"device": torch.cuda.get_device_name(device), "threads": threads}
    return {"device": f"CPU, {torch.backends.cpu.get_cpu_capability()}", "threads": threads}

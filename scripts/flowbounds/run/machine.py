"""What a run takes of the machine that it runs on: the environment of its jobs, and a GPU."""

import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from flowbounds.run.files import PARENT

# Arrays come and go with every step of gradient descent and of Euler's method. The C library gives
# what is free back to the system, which clears the pages before it hands them out again: with wide
# networks half of the time. Up to these sizes, in bytes, it keeps them; 32 MiB is the most that
# glibc accepts for one array. Other C libraries do not read these names.
KEPT = {"MALLOC_MMAP_THRESHOLD_": 32 << 20, "MALLOC_TRIM_THRESHOLD_": 256 << 20}

# MB of the machine's own memory that CUDA takes in a job: 350 beyond the estimate were seen.
CUDA_MB = 500


def environment() -> dict[str, str]:
    """Return what the jobs of this process find in their environment, beside what it has itself.

    ``python`` in a command is the one that runs this, whether or not its environment is activated
    (where a job has an environment of its own, that comes before it); a job that outlives this
    process writes nothing any more; thresholds that the user has set stay.
    """
    kept = {name: os.environ.get(name, str(size)) for name, size in KEPT.items()}
    path = os.pathsep.join([os.path.dirname(sys.executable), *os.get_exec_path()])
    return kept | {"PATH": path, PARENT: str(os.getpid())}


def gpu(devices: Path = Path("/dev")) -> bool:
    """Say whether torch would find a GPU here, without importing it.

    That takes a torch built for one, and a device file: of NVIDIA, of AMD, or of Windows beneath.
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1")
    files = (devices.glob(name) for name in ("nvidia[0-9]*", "kfd", "dxg"))
    if hidden or not any(map(any, files)):
        return False
    torch = find_spec("torch")
    version = Path(torch.origin).with_name("version.py") if torch and torch.origin else None
    return version is not None and built_for_gpu(version.read_text(encoding="utf-8"))


def built_for_gpu(version: str) -> bool:
    """Say whether torch was built for a GPU, from the text of its module ``version``."""
    return re.search(r"^(cuda|hip)\b[^=]*= *['\"]", version, re.MULTILINE) is not None

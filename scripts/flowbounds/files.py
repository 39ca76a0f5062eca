"""Writing results: never half a file, and always with where it came from."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary name in the same folder, and rename it to ``path`` when all went well.

    A reader, or a run that takes up after a kill, sees the old file or the new one. The temporary
    name keeps the suffixes, which savers such as NumPy's look at.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | os.PathLike, value: object) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2) + "\n")


def write_csv(path: str | os.PathLike, table: "pandas.DataFrame") -> None:
    """Write a table; nine digits, which is all that single precision holds."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.9g")


def sha256_of_json(value: object) -> str:
    """Return the hash of a JSON value, the same for equal values whatever the order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def sha256_of_files(paths: Iterable[str]) -> str:
    """Return one hash over the names and contents of files, whatever their order."""
    digest = hashlib.sha256()
    for path in sorted(Path(p) for p in paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def git_commit(folder: Path) -> dict[str, object]:
    """Return the commit that ``folder`` is at and whether it has changes; None outside git."""

    def git(*command: str) -> str:
        return subprocess.run(
            ["git", *command], cwd=folder, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}


def versions() -> dict[str, str]:
    """Return the versions of the packages that the numbers depend on."""
    return {p: version(p) for p in ("numpy", "scipy", "scikit-learn", "torch", "pot", "pandas")}

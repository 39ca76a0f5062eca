"""Where results come from, so that anyone can check what belongs together.

A job writes a record of what it computed on and of the files it made. A table, a figure and the
verdicts have a ``.meta.json`` beside them: hashes of their own files, of the files they were made
from and of the code, with what else it takes to make them again.
"""

import ast
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from flowbounds.run.files import FileFault, read_json, write_json

if TYPE_CHECKING:
    import pandas

SCRIPTS = Path(__file__).parents[2]

# Words about columns, which change no number: editing them makes no result stale.
WORDS = SCRIPTS / "flowbounds" / "experiments" / "columns.py"


def sha256_of_file(path: str | os.PathLike) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_json(value: object) -> str:
    """Return the hash of a JSON value, the same for equal values whatever the order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def hashes(paths: Iterable[str | os.PathLike]) -> dict[str, str]:
    """Return the hash of each file by its path as given."""
    return {str(path): sha256_of_file(path) for path in sorted(map(str, paths))}


def code_of(files: Iterable[str | os.PathLike]) -> dict[str, str]:
    """Return the hash of each source file by its path in the folder of the scripts."""
    found = {Path(file).resolve() for file in files}
    return {str(file.relative_to(SCRIPTS)): sha256_of_file(file) for file in sorted(found)}


@cache
def imported_by(file: Path) -> frozenset[Path]:
    """Return the modules of ours that a source file imports, and all that these import."""
    found: set[Path] = set()
    left = [file]
    while left:
        new = _imports(left.pop()) - found
        found |= new
        left += new
    return frozenset(found)


@cache
def _imports(file: Path) -> frozenset[Path]:
    names = []
    for node in _statements(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    ours = (SCRIPTS / f"{name.replace('.', '/')}.py" for name in names if name)
    return frozenset(module for module in ours if module.exists() and module != WORDS)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements: a walk over every expression, too, takes Snakemake a while."""
    left = [tree]
    while left:
        node = left.pop()
        yield node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            left += getattr(node, block, ())


def running_code() -> dict[str, str]:
    """Return the hash of the running script and of every module of ours that it has imported."""
    # by name, as to look for the files of all the thousand that are loaded takes a while
    modules = (
        module
        for name, module in list(sys.modules.items())
        if name == "__main__" or name.startswith("flowbounds.")
    )
    files = (getattr(module, "__file__", None) for module in modules)
    found = {Path(file).resolve() for file in files if file}
    ours = (file for file in found if SCRIPTS in file.parents and file.name != "__init__.py")
    return code_of(file for file in ours if file != WORDS)


def git_commit(folder: Path) -> dict[str, object]:
    """Return the commit that ``folder`` is at and whether it has changes; None outside git.

    A folder that git does not track is outside, as a downloaded copy within another repository.
    """

    def git(*command: str) -> str:
        return subprocess.run(
            ["git", *command], cwd=folder, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", ".")
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that the numbers depend on."""
    packages = ("numpy", "scipy", "scikit-learn", "torch", "pot", "pandas")
    return {"python": platform.python_version()} | {p: version(p) for p in packages}


def arithmetic() -> list[str]:
    """Return what of this machine and its libraries decides how sums are rounded."""
    from threadpoolctl import threadpool_info

    blas = (
        " ".join(str(pool.get(key) or "") for key in ("internal_api", "version", "architecture"))
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    )
    # a module that is loaded where loops were compiled; torch computed elsewhere
    fused = "flowbounds.networks.fused" in sys.modules
    compiler = {f"numba {version('numba')}"} if fused else set()
    return sorted(
        {f"{platform.system()} {platform.machine()}"}
        | {f"MKL_CBWR={os.environ.get('MKL_CBWR', '')}"}
        | compiler
        | {" ".join(name.split()) for name in blas}
    )


def write_record(path: str, record: Mapping[str, object], *outputs: str) -> None:
    """Write what a job ran on and with which code, and the hashes of the files it made.

    Args:
        path: the JSON file.
        record: device, threads and seconds.
        outputs: the job's other files, already written.
    """
    own = {"arithmetic": arithmetic(), "code": running_code(), "outputs": hashes(outputs)}
    write_json(path, dict(record) | own)


def checked_records(paths: Iterable[str], files: Iterable[str]) -> list[dict]:
    """Read the records of jobs and check that they tell of these very files and of one code.

    Raises:
        FileFault: a file is not the one that its job wrote, or two jobs ran different code.
    """
    records = {path: read_json(path) for path in paths}
    made = {file: sha for record in records.values() for file, sha in record["outputs"].items()}
    for file in files:
        if sha256_of_file(file) != made.get(file):
            raise FileFault(
                f"{file} is not what its job wrote: changed by hand, or cut short. "
                "Delete it and run the same command again"
            )
    for path, record in records.items():
        for name, sha in record["code"].items():
            if sha256_of_file(SCRIPTS / name) != sha:
                raise FileFault(
                    f"{path} tells of a job that ran another version of scripts/{name}. "
                    "Delete it and run the same command again"
                )
    return list(records.values())


def meta_of(product: str | os.PathLike) -> Path:
    """Return the file that says where a product comes from: its own name with .meta.json."""
    return Path(product).with_suffix(".meta.json")


def write_meta(
    path: str,
    outputs: Iterable[str],
    inputs: Iterable[str],
    code: Mapping[str, str],
    **more: object,
) -> None:
    """Write where a product comes from.

    Args:
        path: the JSON file, beside the product.
        outputs: the product's files, already written, in the same folder.
        inputs: what it was made from.
        code: hashes of the source files that made it.
        more: what else there is to say.
    """
    made = {Path(file).name: sha for file, sha in hashes(outputs).items()}
    always = {"git": git_commit(SCRIPTS), "versions": versions()}
    own = {"outputs": made, "inputs": hashes(inputs), "code": dict(code)}
    write_json(path, own | always | more)


def read_table(path: str | os.PathLike) -> "pandas.DataFrame":
    """Read a CSV, refused unless it is the one that the .meta.json beside it tells of, if any.

    Raises:
        FileFault: the table was changed after it was made, or is cut short.
    """
    import pandas as pd

    meta = meta_of(path)
    if meta.exists() and read_json(meta)["outputs"].get(Path(path).name) != sha256_of_file(path):
        raise FileFault(
            f"{path} is not the table that {meta.name} tells of: changed by hand, or cut short. "
            "Delete it and run the same command again"
        )
    return pd.read_csv(path)

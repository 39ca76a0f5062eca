"""Reading and writing files: never half a file, and one line where a file is at fault."""

import json
import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas

# The process that a job works for, where there is one. A job that outlives it writes nothing:
# another run may have started since, with other settings.
PARENT = "FLOWBOUNDS_PARENT"


class FileFault(Exception):
    """A file is not what it should be; the message names it and says what to do."""


def ends_in_one_line(main: Callable[[], None]) -> None:
    """Run a program; a file or a disk at fault ends it with one line and status 1."""
    try:
        main()
    except (FileFault, OSError) as error:
        sys.exit(f"error: {error}")


def _orphaned() -> bool:
    parent = os.environ.get(PARENT)
    if parent is None:
        return False
    try:
        os.kill(int(parent), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, and is another user's
        pass
    return False


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Give a temporary name in the same folder, and rename it to ``path`` when all went well.

    A reader, or a run that takes up after a kill, sees the old file or the new one. The temporary
    name keeps the suffixes, which savers such as NumPy's look at.

    Raises:
        FileFault: the process named by PARENT is gone.
        OSError: as whatever writes raises it, with the file's name.
    """
    path = Path(path)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            if _orphaned():
                raise FileFault(f"{path} is not written: the run that asked for it is gone")
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_json(path: str | os.PathLike, value: object) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2) + "\n")


def write_csv(path: str | os.PathLike, table: "pandas.DataFrame") -> None:
    """Write a table; nine digits, which is all that single precision holds."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.9g")


def read_json(path: str | os.PathLike) -> dict:
    """Read a JSON object.

    Raises:
        FileFault: it is none.
    """
    try:
        value = json.loads(Path(path).read_text())
    except ValueError as error:
        raise FileFault(damaged(path, error)) from None
    if not isinstance(value, dict):
        raise FileFault(damaged(path, "no object"))
    return value


def read_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read all arrays of an NPZ archive, which checks each against its checksum; no pickles.

    Raises:
        FileFault: the archive is cut short, damaged or holds Python objects.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, TypeError) as error:
        raise FileFault(damaged(path, error)) from None


def damaged(path: str | os.PathLike, why: object) -> str:
    """Say that a file is damaged and what to do."""
    return f"{path} is damaged ({why}): delete it and run the same command again"

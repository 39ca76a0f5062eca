"""The published folder: a finished run in a few megabytes, with what it takes to check it.

Verdicts and what stands beside them as CSV, tables as ``csv.gz``, figures as WebP, and three
records of one content: ``manifest.json`` (commit, time, settings, hashes), ``datapackage.json``
(Frictionless Data Package) and ``ro-crate-metadata.json`` (Workflow Run RO-Crate), beside
``codecheck.yml``. The same results give the same bytes.
"""

import gzip
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import yaml
from PIL import Image

from flowbounds.report import crate
from flowbounds.run.files import FileFault, read_json, replacing, write_json
from flowbounds.run.provenance import meta_of, sha256_of_file

JUDGED = ("verdicts", "calibration", "robustness", "controls")
MANIFEST = "manifest.json"
MEGABYTES = 12
"""What the folder may hold: a clone stays below 30 MB."""

# what of a table's record says how it was made, and is the same wherever it is read
RECORDED = ("config", "config_sha256", "code_sha256", "seeds", "device", "git", "versions")
_TYPES = {"b": "boolean", "i": "integer", "f": "number"}


def _fields(table: pd.DataFrame) -> list[dict[str, str]]:
    return [{"name": c, "type": _TYPES.get(table[c].dtype.kind, "string")} for c in table]


def _compressed(source: Path, target: Path) -> None:
    """Compress without a time or a name, so that equal tables are equal files."""
    with replacing(target) as path:
        path.write_bytes(gzip.compress(source.read_bytes(), 9, mtime=0))


def _picture(source: Path, target: Path) -> None:
    """Write a PNG as lossless WebP: lines and letters stay sharp at half the size."""
    with Image.open(source) as picture, replacing(target) as path:
        picture.convert("RGB").save(path, "WEBP", lossless=True, quality=100, method=4)


def write_parts(results: Path, stems: Iterable[Path], out: Path) -> None:
    """Write verdicts, tables, pictures and summary into the folder.

    Args:
        results: the folder of a finished run.
        stems: its pictures without their suffix.
        out: the folder to publish in; what else lies there stays.
    """
    for name in (*JUDGED, "comparison"):
        with replacing(out / f"{name}.csv") as path:
            path.write_bytes((results / f"{name}.csv").read_bytes())
    with replacing(out / "summary.md") as path:
        path.write_bytes((results / "summary.md").read_bytes())
    for table in sorted((results / "tables").glob("*.csv")):
        _compressed(table, out / "tables" / f"{table.name}.gz")
    for stem in stems:
        _picture(stem.with_suffix(".png"), out / "figures" / f"{stem.name}.webp")


def datapackage(results: Path, out: Path) -> dict:
    """Describe the folder's CSVs: the tables as their dictionary does, with their new names."""
    package = read_json(results / "tables/datapackage.json")
    for resource in package["resources"]:
        resource |= {"path": f"tables/{resource['path']}.gz", "compression": "gz"}
    for name in (*JUDGED, "comparison"):
        table = pd.read_csv(out / f"{name}.csv")
        package["resources"].append(
            {
                "profile": "tabular-data-resource",
                "name": name,
                "path": f"{name}.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {"fields": _fields(table)},
            }
        )
    for resource in package["resources"]:
        file = out / resource["path"]
        resource |= {"hash": f"sha256:{sha256_of_file(file)}", "bytes": file.stat().st_size}
    return package | {"name": "flowbounds-published"}


def _time_of(file: Path) -> str:
    """Return when a file was written, in UTC, by ISO 8601."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="seconds")


def manifest(results: Path, config: Mapping, out: Path) -> dict:
    """Say where the folder comes from: commit, time, settings, each table's record, all hashes."""
    tables = {
        file.stem: {key: read_json(meta_of(file)).get(key) for key in RECORDED}
        for file in sorted((results / "tables").glob("*.csv"))
    }
    judged = read_json(results / "verdicts.meta.json")
    files = sorted(
        str(file.relative_to(out))
        for file in out.rglob("*")
        if file.is_file() and file.name not in (MANIFEST, crate.FILE, crate.CODECHECK)
    )
    return {
        "scale": judged["scale"],
        "git": judged["git"],
        "made": _time_of(results / "verdicts.csv"),
        "config": config,
        "tables": tables,
        "files": {
            name: {"sha256": sha256_of_file(out / name), "bytes": (out / name).stat().st_size}
            for name in files
        },
    }


def write_records(results: Path, contents: Mapping, out: Path) -> None:
    """Write the folder's records; all its other files are there.

    Raises:
        FileFault: the folder has grown beyond what a clone should carry.
    """
    write_json(out / "datapackage.json", datapackage(results, out))
    told = manifest(results, contents["config"], out)
    if (size := sum(file["bytes"] for file in told["files"].values()) / 1e6) > MEGABYTES:
        raise FileFault(f"{out} would hold {size:.1f} MB, more than {MEGABYTES}")
    write_json(out / MANIFEST, told)
    write_json(out / crate.FILE, crate.run_crate(told))
    with replacing(out / crate.CODECHECK) as path:
        path.write_text(yaml.safe_dump(crate.codecheck(told), sort_keys=False, width=100))


def faults(folder: Path) -> list[str]:
    """Return what of a published folder is not as its manifest says, a line each."""
    told = json.loads((folder / MANIFEST).read_text())["files"]
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    found = [f"{name} is missing" for name in sorted(set(told) - there)]
    found += [
        f"{name} is in no manifest"
        for name in sorted(there - set(told) - {MANIFEST, crate.FILE, crate.CODECHECK})
    ]
    return found + [
        f"{name} was changed after it was published"
        for name in sorted(set(told) & there)
        if sha256_of_file(folder / name) != told[name]["sha256"]
    ]

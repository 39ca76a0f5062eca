"""Whether what lies under results/ belongs together, to the present configuration and code."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from flowbounds.run.files import FileFault, read_json
from flowbounds.run.provenance import SCRIPTS, sha256_of_file

PRODUCTS = (
    *("tables/*.csv", "figures/*.png", "figures/*.pdf", "figures/*.csv"),
    *("verdicts.csv", "calibration.csv", "robustness.csv", "controls.csv"),
)
METAS = ("*.meta.json", "tables/*.meta.json", "figures/*.meta.json")


def products(results: Path) -> list[Path]:
    """Return the tables, figures and verdicts that are there."""
    return sorted(file for pattern in PRODUCTS for file in results.glob(pattern))


def faults(results: Path, config: Mapping) -> list[str]:
    """Return what does not belong together, a line each; none when all does.

    Every product is compared with the .meta.json that tells of it: its own content, the files that
    it was made from, the code and the settings that made it.

    Args:
        results: the folder of the results, as the jobs named it.
        config: the present configuration, complete.
    """
    told: set[Path] = set()
    found: list[str] = []
    for meta in sorted(file for pattern in METAS for file in results.glob(pattern)):
        try:
            says = read_json(meta)
            told |= {meta.parent / name for name in says["outputs"]}
            found += _faults_of(meta, says, config)
        except (FileFault, KeyError) as error:
            found.append(f"{meta} is damaged: {error}")
    untold = [file for file in products(results) if file not in told]
    return found + [f"{file}: nothing says where it comes from" for file in untold]


def _faults_of(meta: Path, says: Mapping, config: Mapping) -> Iterator[str]:
    name = str(meta).removesuffix(".meta.json")
    for file, sha in says["outputs"].items():
        match _state(meta.parent / file, sha):
            case "missing":
                yield f"{meta.parent / file} is missing"
            case "changed":
                yield f"{meta.parent / file} was changed after it was made"
    for file, sha in says["inputs"].items():
        match _state(Path(file), sha):
            case "missing":
                yield f"{name} was made from {file}, which is missing"
            case "changed":
                yield f"{name} was made from another {file} than is there now"
    for file, sha in says["code"].items():
        if _state(SCRIPTS / file, sha):
            yield f"{name} was made by another version of scripts/{file}"
    for part, settings in says.get("config", {}).items():
        for key, value in settings.items():
            if (now := config[part].get(key)) != value:
                yield f"{name} was made with {part}.{key} = {value}; the configuration says {now}"


def _state(file: Path, sha: str) -> str:
    """Return ``missing``, ``changed`` or, where all is well, nothing."""
    if not file.exists():
        return "missing"
    return "" if sha256_of_file(file) == sha else "changed"

"""Which figures there are: ``verdicts``, and the modules whose names begin with a_ or b_.

A figure's module has ``THEOREM``, what it is about, and ``draw``, whose arguments are called as the
tables and files that it needs; ``PER_DATASET`` where it is a picture for every image set. They are
read without being imported: what only plans needs no plotting library.
"""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A figure: rule, script option, caption and outputs have its name."""

    name: str
    theorem: str
    inputs: tuple[str, ...]
    per_dataset: bool = False

    @property
    def judged_by(self) -> tuple[str, ...]:
        """The modules of claims that name the figure, read without being imported as well."""
        claims = Path(__file__).parents[1] / "claims"
        named = f'"{self.name}"'
        files = sorted(claims.glob("[ab]_*.py"))
        return tuple(file.stem for file in files if named in file.read_text(encoding="utf-8"))

    @property
    def paper(self) -> str:
        """Paper A, Paper B, or Verdicts, which are on both."""
        return {"a_": "Paper A", "b_": "Paper B"}.get(self.name[:2], "Verdicts")


def _entry(module: Path) -> Entry:
    body = ast.parse(module.read_text(encoding="utf-8")).body
    constants = {
        node.targets[0].id: node.value.value
        for node in body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    draws = [n for n in body if isinstance(n, ast.FunctionDef) and n.name == "draw"]
    if not draws or "THEOREM" not in constants:
        raise ValueError(f"{module.name} is no figure: it lacks THEOREM or the function draw")
    (draw,) = draws
    inputs = tuple(argument.arg for argument in draw.args.args)
    return Entry(module.stem, constants["THEOREM"], inputs, constants.get("PER_DATASET", False))


@cache
def figures() -> tuple[Entry, ...]:
    """Return the figures by paper and theorem, those of experiments first."""
    folder = Path(__file__).parent
    found = map(_entry, [*folder.glob("[ab]_*.py"), folder / "verdicts.py"])
    return tuple(sorted(found, key=lambda entry: (entry.paper, entry.theorem, entry.name)))

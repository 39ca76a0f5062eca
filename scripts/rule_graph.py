"""Draw which rule needs which: what snakemake --rulegraph says, in few boxes, as SVG.

    python scripts/rule_graph.py docs/rulegraph.svg

Figures of a paper share a box, and so do rules that need the same rules and are needed by the same.
Needs dot, of Graphviz.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from flowbounds.figures.catalogue import figures
from flowbounds.run.files import ends_in_one_line, replacing

SNAKEFILE = Path(__file__).parents[1] / "Snakefile"
Edges = set[tuple[str, str]]

STYLE = """rankdir=LR; bgcolor=white; ranksep=0.4; nodesep=0.15;
node [shape=box, style=rounded, fontname="sans-serif", fontsize=11, color="#00578f"];
edge [color="#5b666e", arrowsize=0.6];"""


def rule_edges() -> Edges:
    """Return (needed, needing) for the rules behind the default target."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), "--rulegraph"]
    with tempfile.TemporaryDirectory() as folder:  # where nothing is built, and nothing locked
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stdout + run.stderr)
    names = dict(re.findall(r'^\s*(\d+)\[label = "(\w+)"', run.stdout, re.MULTILINE))
    arrows = re.findall(r"^\s*(\d+) -> (\d+)$", run.stdout, re.MULTILINE)
    return {(names[needed], names[needing]) for needed, needing in arrows}


def of_papers() -> dict[str, str]:
    """Return the box of each figure: that of its paper, headed by the rule that asks for all."""
    boxes = {}
    for paper, target in (("Paper A", "paper_a"), ("Paper B", "paper_b")):
        names = [figure.name for figure in figures() if figure.paper == paper]
        boxes |= dict.fromkeys(names, "\n".join([target, *names]))
    return boxes


def renamed(edges: Edges, boxes: dict[str, str]) -> Edges:
    """Return the edges between boxes."""
    return {(boxes.get(a, a), boxes.get(b, b)) for a, b in edges}


def without_detours(edges: Edges) -> Edges:
    """Return the edges without those to ``all`` from what is needed elsewhere, too."""
    needed = {a for a, b in edges if b != "all"}
    return {(a, b) for a, b in edges if b != "all" or a not in needed}


def together(edges: Edges) -> dict[str, str]:
    """Return the box of each rule: those with the same neighbours share one, a line each."""
    places: dict[tuple, list[str]] = {}
    for name in sorted({rule for edge in edges for rule in edge if "\n" not in rule}):
        before = frozenset(a for a, b in edges if b == name)
        after = frozenset(b for a, b in edges if a == name)
        places.setdefault((before, after), []).append(name)
    return {name: "\n".join(names) for names in places.values() for name in names}


def dot(edges: Edges) -> str:
    """Return the graph as dot reads it."""
    arrows = (f"{json.dumps(a)} -> {json.dumps(b)};" for a, b in sorted(edges))
    return "\n".join(["digraph rules {", STYLE, *arrows, "}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", help="the SVG")
    args = parser.parse_args()

    edges = without_detours(renamed(rule_edges(), of_papers()))
    edges = renamed(edges, together(edges))
    command = ["dot", "-Tsvg"]
    drawn = subprocess.run(command, input=dot(edges), capture_output=True, text=True, check=True)
    with replacing(args.out) as path:
        path.write_text(drawn.stdout)


if __name__ == "__main__":
    ends_in_one_line(main)

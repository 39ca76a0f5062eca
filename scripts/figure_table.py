"""Write the README's table of figures: names and captions from the rules, times from benchmarks.

    python scripts/figure_table.py

Run it where all figures have been built at the quick scale. A figure's time is the processor time
of all jobs behind it, shared ones included, as Snakemake's benchmark files have it.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from flowbounds.report.captions import fill_in, split_title
from flowbounds.run import timings

ROOT = Path(__file__).parents[1]
START, END = (
    "<!-- figures: scripts/figure_table.py writes this table -->\n",
    "<!-- end of figures -->",
)


def snakemake(*arguments: str) -> str:
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(run.stdout + run.stderr)
    return run.stdout + run.stderr


def seconds(figure: str) -> float:
    """Return the processor time of all jobs behind a figure."""
    jobs = re.findall(r"^ +benchmark: (.+)$", snakemake("-n", "--forceall", figure), re.MULTILINE)
    times = [timings.read(ROOT / job) for job in jobs]
    if None in times:
        raise SystemExit(f"{figure} has not been built: run snakemake --cores 2 first")
    return sum(time.processor_seconds for time in times)


def row(figure: dict, config: dict, time: str) -> str:
    """Return a figure's row: name, title without the paper, time."""
    title, _ = split_title(fill_in((ROOT / figure["caption"]).read_text(), config))
    return f"| `{figure['name']}` | {title.split(', ', 1)[1]} | {time} |"


def table(contents: dict, time_of) -> str:
    """Return the table, given a function from a figure's name to its time in words."""
    rows = []
    for paper in dict.fromkeys(figure["paper"] for figure in contents["figures"]):
        rows += [f"| **{paper}** | | |"]
        rows += [
            row(figure, contents["config"], time_of(figure["name"]))
            for figure in contents["figures"]
            if figure["paper"] == paper
        ]
    return "\n".join(["| figure | what it shows | one core |", "|---|---|---|", *rows, ""])


def main() -> None:
    snakemake("contents")
    contents = json.loads((ROOT / "results/contents.json").read_text())
    readme = ROOT / "README.md"
    before, rest = readme.read_text().split(START)
    _, after = rest.split(END)
    times = table(contents, lambda figure: f"{seconds(figure):.0f} s")
    readme.write_text(f"{before}{START}{times}{END}{after}")


if __name__ == "__main__":
    main()

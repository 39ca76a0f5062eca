"""Write the README's findings and docs/statements.md from docs/paper-scale/verdicts.csv.

    python scripts/write_findings.py

Each stands between two marks, ``<!-- findings -->`` and ``<!-- end of findings -->``, likewise
``headlines`` and ``statements``; what a file has no marks for is left out.
"""

import argparse
from pathlib import Path

import pandas as pd
import yaml

from flowbounds.report.findings import findings, statements
from flowbounds.run.files import ends_in_one_line, replacing

ROOT = Path(__file__).parents[1]


def between(text: str, name: str, new: str) -> str:
    """Put new text between the marks of a name, if there are any."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if start not in text:
        return text
    before, rest = text.split(start)
    return f"{before}{start}{new}{end}{rest.split(end)[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--files", nargs="+", type=Path, default=[ROOT / "README.md", ROOT / "docs/statements.md"]
    )
    parser.add_argument("--verdicts", type=Path, default=ROOT / "docs/paper-scale/verdicts.csv")
    args = parser.parse_args()
    verdicts = pd.read_csv(args.verdicts)
    causes = yaml.safe_load((ROOT / "workflow/report/causes.yaml").read_text())
    pictures = {file.stem for file in (args.verdicts.parent / "figures").glob("*.webp")}
    new = {"statements": statements(verdicts, pictures)}
    for name in ("headlines", "findings"):
        template = (ROOT / f"workflow/report/{name}.md").read_text()
        new[name] = findings(template, verdicts, causes)
    for file in args.files:
        text = file.read_text()
        for name, filled in new.items():
            text = between(text, name, filled)
        with replacing(file) as path:
            path.write_text(text)


if __name__ == "__main__":
    ends_in_one_line(main)

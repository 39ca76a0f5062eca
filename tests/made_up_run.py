"""A finished run with invented numbers, complete enough to be shown, published and compared.

It takes a second where the pipeline takes minutes. Claims, figures, captions, columns and code are
the real ones; every outcome occurs among the verdicts.
"""

import json
import os
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
from conftest import REPOSITORY
from PIL import Image

from flowbounds.claims.judging import OPEN, REFUTED, UPHELD
from flowbounds.claims.registry import all_claims
from flowbounds.experiments.experiment import check, columns, depends_on, tables
from flowbounds.figures.catalogue import figures
from flowbounds.report.dictionary import datapackage
from flowbounds.report.summary import summary
from flowbounds.run.config import complete, laid_over, read
from flowbounds.run.files import write_csv, write_json
from flowbounds.run.provenance import meta_of, write_meta

TABLES = tables()
VALUES = {"string": "gaussian", "boolean": True}


def configuration(*overlays: Path) -> dict:
    config = laid_over([REPOSITORY / "config.yaml", *overlays])
    complete(config, read(REPOSITORY / "workflow/schemas/config.schema.yaml"))
    check(config)
    return config


def table(name: str, rows: int = 6) -> pd.DataFrame:
    """A table with the real columns; the first key numbers the rows."""
    rng = np.random.default_rng(0)
    data = {}
    for column in columns(name):
        if column.key:
            data[column.name] = np.arange(rows) if not data else 1
        elif column.type == "integer":
            data[column.name] = 7
        else:
            data[column.name] = VALUES.get(column.type, rng.uniform(1, 2, rows))
    return pd.DataFrame(data)


def rows_of_verdicts(scale: str) -> dict[str, pd.DataFrame]:
    """Verdicts on all claims, with every outcome in turn, and what stands beside them."""
    rows: dict[str, list] = {"verdicts": [], "calibration": [], "robustness": [], "controls": []}
    for (module, claim), outcome in zip(
        all_claims(), cycle([UPHELD, REFUTED, OPEN, UPHELD]), strict=False
    ):
        broken = "m = 16, theorem 3.2 asks > 1e21" if claim.conditions else ""
        word = claim.word(outcome, broken)
        rows["verdicts"].append(
            {
                "claim": claim.name, "paper": claim.paper, "kind": claim.kind,
                "source": claim.source, "statement": claim.statement, "figure": claim.figure,
                "quantity": claim.quantity, "expected": str(claim.allowed), "measured": 1.25,
                "ci_low": 1.2, "ci_high": 1.3, "allowed_low": claim.allowed.low,
                "allowed_high": claim.allowed.high, "margin": claim.allowed.margin, "ratio": False,
                "cells": 4, "closest": "d = 5, m = 16", "slack": 0.1, "edge": np.nan, "seen": 1.5,
                "decided": claim.decided, "why_margin": claim.why_margin, "conditions": broken,
                "reason": "", "outcome": outcome, "verdict": word, "robust": 0.75, "diverged": 0,
                "scale": scale, "code": f"{module}:{claim.function.__name__}",
            }
        )  # fmt: skip
        rows["robustness"].append(
            {"claim": claim.name, "choice": "level 90 %", "measured": 1.25, "ci_low": 1.21,
             "ci_high": 1.29, "verdict": claim.word(OPEN, broken)}
        )  # fmt: skip
        rows["controls"].append(
            {"claim": claim.name, "altered": claim.control.words, "measured": 9.0, "ci_low": 8.0,
             "ci_high": 10.0, "outcome": REFUTED, "noticed": True}
        )  # fmt: skip
        rows["calibration"] += [
            {"claim": claim.name, "truth": truth, "theta": 1.0, "simulations": 400, "upheld": 0.9,
             "refuted": 0.05, "inconclusive": 0.05}
            for truth in ("with a margin", "at its limit", "at its margin", "violated")
        ]  # fmt: skip
    return {name: pd.DataFrame(of_name) for name, of_name in rows.items()}


def _figures(results: Path) -> list[dict]:
    """A grey picture for each figure, and what the rules say of it."""
    root, found = os.path.relpath(REPOSITORY), []
    for k, entry in enumerate(figures()):
        stem = results / "figures" / entry.name
        stem.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (1200, 700), (200, 3 * k, 220)).save(f"{stem}.png")
        for suffix in (".pdf", ".csv"):
            stem.with_suffix(suffix).write_text("x\n1\n")
        files = [str(stem.with_suffix(suffix)) for suffix in (".png", ".pdf", ".csv")]
        write_meta(str(meta_of(stem)), files, [], {})
        found.append(
            {
                "name": entry.name,
                "paper": entry.paper,
                "theorem": entry.theorem,
                "caption": f"{root}/workflow/report/{entry.name}.rst",
                "stems": [str(stem)],
                "inputs": [str(results / "tables/simulation.csv")],
                "code": [f"{root}/scripts/plot.py"],
                "computed_by": [f"{root}/scripts/train.py"],
            }
        )
    return found


def make(results: Path, config: dict, scale: str = "quick") -> None:
    """Write the results of a run; the working directory holds ``results``, which is relative."""
    (results / "benchmarks").mkdir(parents=True)
    for name, experiment in TABLES.items():
        file = results / "tables" / f"{name}.csv"
        write_csv(file, table(name))
        write_meta(
            str(meta_of(file)),
            [str(file)],
            [],
            {},
            config=depends_on(experiment, config),
            config_sha256="0" * 64,
            code_sha256="1" * 64,
            seeds=[0],
            device=["CPU"],
            threads=[1],
            arithmetic=["Linux"],
            compute_seconds=1.0,
        )
    titles = {name: f"The {name}." for name in TABLES}
    package = datapackage({name: columns(name) for name in TABLES}, titles)
    write_json(results / "tables/datapackage.json", package)
    judged = rows_of_verdicts(scale)
    for name, rows in judged.items():
        write_csv(results / f"{name}.csv", rows)
        file = str(results / f"{name}.csv")
        write_meta(str(meta_of(file)), [file], [], {}, scale=scale)
    comparison = pd.DataFrame(
        {
            "figure": ["A, 1a: loss", "A, 3: loss"], "cell": "m = 16, eta = 0.01, d = 5",
            "t": [np.nan, 500], "paper": 10.0, "ours": 10.5, "relative_difference": 0.05,
            "sd": 0.5, "seeds": 5, "z": [np.nan, -1.0], "quality": "good",
        }
    )  # fmt: skip
    write_csv(results / "comparison.csv", comparison)
    (results / "summary.md").write_text(summary(judged["verdicts"], comparison))
    contents = {"figures": _figures(results), "config": config}
    (results / "contents.json").write_text(json.dumps(contents))

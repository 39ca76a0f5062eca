"""Where and when results were made: from the tables' records and Snakemake's benchmark files."""

import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flowbounds.run import timings
from flowbounds.run.timings import duration


@dataclass(frozen=True)
class Experiment:
    """The record of a table, in words."""

    table: str
    device: str
    seeds: int
    compute: str
    commit: str
    config: str
    """The first eight digits of the hash of its configuration."""
    code: str
    """Likewise, of its code."""


@dataclass(frozen=True)
class Run:
    """The machine, the software and the time; and the record of each table."""

    facts: dict[str, str]
    experiments: list[Experiment]


def experiment(table: str, record: Mapping) -> Experiment:
    """Put the record of a table, its .meta.json, into words."""
    commit = record["git"]["commit"]
    changed = " with changes" if record["git"]["dirty"] else ""
    threads = ", ".join(map(str, record["threads"]))
    return Experiment(
        table=table,
        device=f"{'; '.join(record['device'])}; threads: {threads}",
        seeds=len(record["seeds"]),
        compute=duration(record["compute_seconds"]),
        commit=commit[:8] + changed if commit else "outside git",
        config=record["config_sha256"][:8],
        code=record["code_sha256"][:8],
    )


def processor() -> str:
    """Return the processor's name as the system gives it; its architecture where it has none."""
    try:
        names = re.findall(
            r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE
        )
    except OSError:  # not Linux
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def describe(records: Mapping[str, Mapping], benchmarks: Path) -> Run:
    """Say where and when the tables were made.

    Args:
        records: per table the content of its .meta.json.
        benchmarks: the folder of all benchmark files. Those of jobs that the present
            configuration no longer has may lie there as well; they are counted.
    """
    jobs = [job for file in benchmarks.rglob("*.tsv") if (job := timings.read(file))]
    longest = max((job.seconds for job in jobs), default=0)
    largest = max((job.megabytes for job in jobs if job.megabytes > 0), default=0)
    versions = {
        f"{name} {version}"
        for record in records.values()
        for name, version in record["versions"].items()
        if name != "python"
    }
    facts = {
        "Made": f"{datetime.now():%d %B %Y, %H:%M}",
        "Machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()}",
        "Jobs": f"{len(jobs)} with {duration(sum(job.processor_seconds for job in jobs))} of "
        f"processor time; the longest took {duration(longest)}",
        "Memory": f"{largest:.0f} MB in the largest job",
        "Software": ", ".join([f"Python {platform.python_version()}", *sorted(versions)]),
    }
    return Run(facts, [experiment(table, record) for table, record in records.items()])

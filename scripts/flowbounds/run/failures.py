"""Which line of which log says why a job failed."""

import re
from itertools import zip_longest
from pathlib import Path

_JOB = re.compile(r"^Error in (?:group job |rule )(?P<rule>\w+)", re.MULTILINE)
_LOG = re.compile(r"^ +log: (?P<files>.+?)(?: \(check log file.*\))?$", re.MULTILINE)
_EXCEPTION = re.compile(r"^(\w+\.)*\w*(Error|Exception|Interrupt|error)\b.*:")


def failed_jobs(text: str) -> list[tuple[str, list[str]]]:
    """Return (rule, log files) of every failed job that Snakemake's own log tells of."""
    starts = [*_JOB.finditer(text)]
    jobs: dict[tuple[str, str], None] = {}  # a job may be told of twice
    for start, following in zip_longest(starts, starts[1:]):
        log = _LOG.search(text, start.end(), following.start() if following else len(text))
        jobs[start["rule"], log["files"] if log else ""] = None
    return [(rule, [file for file in files.split(", ") if file]) for rule, files in jobs]


def decisive_line(text: str) -> tuple[int, str] | None:
    """Return number and text of the line that says what went wrong; None if a log is blank.

    It is the last one that names an exception, or else the last one that is not blank.
    """
    lines = [(k, line.strip()) for k, line in enumerate(text.splitlines(), 1) if line.strip()]
    named = [(k, line) for k, line in lines if _EXCEPTION.match(line)]
    return (named or lines or [None])[-1]


def explanation(snakemake_log: str) -> str:
    """Return, for every failed job, the line that matters and where it stands.

    Args:
        snakemake_log: the text of Snakemake's own log.
    """
    found = []
    for rule, files in failed_jobs(snakemake_log):
        for file in files:
            text = Path(file).read_text(errors="replace") if Path(file).exists() else ""
            if line := decisive_line(text):
                found.append(f"{rule} failed: {line[1]}\n    {file}, line {line[0]}")
            else:
                found.append(
                    f"{rule} failed and wrote nothing: was it killed, for want of memory?\n"
                    f"    {file} is empty"
                )
    return "\n".join(found)

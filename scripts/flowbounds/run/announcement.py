"""What a run is about to build, and how long that took last time."""

from collections.abc import Iterable

from flowbounds.run import timings
from flowbounds.run.timings import duration


def announcement(jobs: Iterable[tuple[str, str | None]], cores: int | None) -> str:
    """Return one sentence on what is to be built and one on the time it took before.

    Args:
        jobs: (rule, benchmark file) of every job; a rule without a benchmark takes no time.
        cores: that they share; None where they run elsewhere.
    """
    rules, files = zip(*jobs, strict=True)
    figures = sum(rule.startswith(("a_", "b_")) for rule in rules)
    parts = [counted(figures, "figure")] if figures else []
    parts += [name for name in ("verdicts", "summary", "report") if name in rules]
    measured = [timing.seconds for file in files if file and (timing := timings.read(file))]
    jobs_in_all = sum(file is not None for file in files)
    what = f"To build: {', '.join(parts) or 'no figure'}; {counted(jobs_in_all, 'job')}."
    if not measured:
        return f"{what} No time is known from an earlier run."
    least = max(sum(measured) / (cores or 1), max(measured))
    known = "this" if len(measured) == jobs_in_all else f"{len(measured)} of these"
    where = f", so about {duration(least)} on {counted(cores, 'core')}" if cores else ""
    return f"{what} Last time {known} took {duration(sum(measured))} in all{where}."


def counted(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"

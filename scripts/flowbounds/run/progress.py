"""Progress of long jobs: a bar on a terminal, sparse lines in a log."""

import sys
from collections.abc import Iterable, Sequence

from tqdm import tqdm


def progress(items: Sequence, label: str) -> Iterable:
    """Wrap a sequence so that its progress is shown on standard error.

    On a terminal this is tqdm's bar; elsewhere it is one line at most every ten seconds, so that
    a short job prints none.
    """
    if sys.stderr.isatty():
        return tqdm(items, desc=label)
    return tqdm(
        items,
        delay=10,
        mininterval=10,
        maxinterval=60,
        leave=False,
        file=_Lines(),
        bar_format=label + ": {percentage:.0f}% after {elapsed}, {remaining} to go",
    )


class _Lines:
    """A stream that turns tqdm's carriage returns into line ends."""

    def write(self, text: str) -> None:
        text = text.strip("\r\n ")
        if text:
            print(text, file=sys.stderr, flush=True)

    def flush(self) -> None:
        sys.stderr.flush()

"""Captions: reStructuredText with the configuration's numbers filled in.

They are those of Snakemake's own report, which fills in ``snakemake.config`` in the same way. The
first sentence, in bold, is the title.
"""

import re
from collections.abc import Mapping
from types import SimpleNamespace

from docutils.core import publish_parts
from jinja2 import Environment, StrictUndefined


def fill_in(text: str, config: Mapping) -> str:
    """Put the configuration's numbers into a caption.

    Raises:
        jinja2.UndefinedError: the caption names a key that the configuration lacks.
    """
    template = Environment(undefined=StrictUndefined, autoescape=False).from_string(text)
    return template.render(snakemake=SimpleNamespace(config=config))


def split_title(text: str) -> tuple[str, str]:
    """Return a caption's title without its full stop, and the rest.

    Raises:
        ValueError: the caption does not begin with a sentence in bold.
    """
    match = re.match(r"\*\*(.+?)\.?\*\*\s*", text)
    if match is None:
        raise ValueError(f"a caption begins with its title in bold, not with {text[:40]!r}")
    return match[1], text[match.end() :]


def to_html(text: str, source: str) -> str:
    """Turn reStructuredText into HTML without a frame.

    Args:
        text: what to turn.
        source: where it is from, for messages. A bar as in |f - v| has a backslash before it.

    Raises:
        docutils.utils.SystemMessage: the text is not valid.
    """
    settings = {"halt_level": 2, "report_level": 5, "initial_header_level": 3}
    return publish_parts(text, source, writer="html5", settings_overrides=settings)["body"]


_PARTS = re.compile(r"\*(Claim|Setting|What to look at)\*: ")


def parts(text: str) -> dict[str, str]:
    """Return what a caption says under ``Claim``, ``Setting`` and ``What to look at``.

    A part begins with its name in italics and a colon; one that is missing is missing here.
    """
    pieces = _PARTS.split(text)
    return dict(zip(pieces[1::2], (piece.strip() for piece in pieces[2::2]), strict=True))


def plain(text: str) -> str:
    """Return reStructuredText as a line without marks, for the alternative text of a picture."""
    text = re.sub(r"(?<!\w)(\*\*?)(?=\w)([^*]+)\1", r"\2", text.replace("``", ""))
    return " ".join(text.replace("\\|", "|").split())

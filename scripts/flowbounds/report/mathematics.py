"""Formulas of plain text as HTML: Greek letters, powers, indices, roots, not ``^`` and ``_``.

Claims and captions are written as one types them, ``sqrt(V' H^{-1} V)``; people read a page.
"""

import re

from markupsafe import Markup, escape

_GREEK = {
    "alpha": "α", "beta": "β", "delta": "δ", "Delta": "Δ", "eps": "ε", "epsilon": "ε", "eta": "η",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "phi": "φ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "theta": "θ", "inf": "∞",
}  # fmt: skip
_BASE = rf"(?:\b(?:{'|'.join(_GREEK)}|sum|max|min|sup|[A-Za-z])|[|)])"
_INDEX = r"(?:inf|min|max|tau|\w{1,2}?(?:_\w)?)(?![a-zA-Z0-9_])"
_NUMBER = r"-?\d+(?:\.\d+)?(?:/\d+)?"
_VERBATIM = re.compile(r"<(code|pre|tt|style)\b|<(span) class=\"docutils literal\"")


def _balanced(text: str, start: int) -> int:
    """Return the place after the bracket that closes the one at ``start``."""
    depth = 0
    for k in range(start, len(text)):
        depth += (text[k] in "({") - (text[k] in ")}")
        if depth == 0:
            return k + 1
    return len(text)


def _raised(text: str) -> str:
    """Turn powers into superscripts: a group in brackets, a number or one letter."""
    done = ""
    while "^" in text:
        before, after = text.split("^", 1)
        if after[:1] in ("{", "("):
            end = _balanced(after, 0)
            power = _raised(after[1 : end - 1])
        elif match := re.match(rf"{_NUMBER}|\|[^|]*\||[A-Za-z]\b", after):
            end = match.end()
            power = match[0]
        else:
            done, text = f"{done}{before}^", after
            continue
        done, text = f"{done}{before}<sup>{power}</sup>", after[end:]
    return done + text


def _rooted(text: str) -> str:
    """Turn square roots into a sign with a line over what is under it."""
    while (start := text.find("sqrt(")) >= 0:
        end = _balanced(text, start + 4)
        inside = text[start + 5 : end - 1]
        text = f'{text[:start]}<span class="root">√<span>{inside}</span></span>{text[end:]}'
    return text


def _formulas(text: str) -> str:
    """Turn the formulas of escaped text without tags into HTML."""
    text = re.sub(r"\b1e-0*(\d+)\b", r"10^-\1", text)
    text = _rooted(_raised(text))
    text = re.sub(rf"({_BASE})_(?:{{([^{{}}]*)}}|({_INDEX}))", _lowered, text)
    text = re.sub(r"\b([BUWXPxe])([012])\b", r"\1<sub>\2</sub>", text)
    text = re.sub(rf"(?<![-\w])({'|'.join(_GREEK)})(?![\w-])", lambda m: _GREEK[m[1]], text)
    for plain, sign in (("&lt;=", "≤"), ("&gt;=", "≥"), ("-&gt;", "→"), (" (x) ", " ⊗ ")):
        text = text.replace(plain, sign)
    text = re.sub(r"\bsum(?=<sub>)", "Σ", text)
    return re.sub(r"(?<![^\s(\[>=,])-(?=[\w(\s])", "−", text)


def _lowered(match: re.Match) -> str:
    return f"{match[1]}<sub>{(match[2] or match[3]).replace('_', '')}</sub>"


def formulas(html: str) -> Markup:
    """Turn the formulas of HTML into signs; tags, code and addresses stay as they are."""
    done, verbatim = [], ""
    for piece in re.split(r"(<[^>]+>)", str(html)):
        if piece.startswith("<"):
            if verbatim:
                verbatim = "" if piece == f"</{verbatim}>" else verbatim
            elif match := _VERBATIM.match(piece):
                verbatim = match[1] or match[2]
            done.append(piece)
        else:
            done.append(piece if verbatim else _formulas(piece))
    return Markup("".join(done))


def in_signs(text: str) -> Markup:
    """Turn plain text with formulas into HTML."""
    return formulas(str(escape(text)))

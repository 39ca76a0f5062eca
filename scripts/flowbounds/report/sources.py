"""Code as a reader meets it: the function that judged a claim."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

PREFIX = "flowbounds.claims."


@dataclass(frozen=True)
class ClaimCode:
    """The code of a claim, named as in the column ``code`` of the verdicts: module:function."""

    doc: str
    """What the claim says, what refutes it, and why the quantity measures it."""
    source: str
    line: int
    module: str
    tables: list[str]
    """The tables that the function reads."""


def claim_function(code: str) -> Callable:
    """Return the function that ``module:function`` names, module being one of the claims."""
    module, name = code.split(":")
    return getattr(import_module(PREFIX + module), name)


def claim_code(code: str) -> ClaimCode:
    """Return the code of the claim that ``module:function`` names."""
    function = claim_function(code)
    lines, first = inspect.getsourcelines(function)
    return ClaimCode(
        doc=inspect.getdoc(function),
        source="".join(lines),
        line=first,
        module=f"scripts/flowbounds/claims/{code.split(':')[0]}.py",
        tables=list(function.claim.tables),
    )

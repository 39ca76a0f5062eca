"""Which claims there are: those that the modules of this folder named a_* and b_* make."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from flowbounds.claims.claim import Claim


def all_claims() -> Iterator[tuple[str, Claim]]:
    """Yield every claim with the name of its module, by module and in its order."""
    for file in sorted(Path(__file__).parent.glob("[ab]_*.py")):
        for found in claims_in(file.stem):
            yield file.stem, found


def claims_in(module: str) -> Iterator[Claim]:
    """Yield the claims of one module, in its order."""
    for value in list(vars(import_module(f"flowbounds.claims.{module}")).values()):
        # functions that are imported from another module are that module's
        if isinstance(found := getattr(value, "claim", None), Claim) and (
            found.function.__module__.endswith(f".{module}")
        ):
            yield found

"""Which claims there are: those that the modules of this folder named a_* and b_* list."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path


def all_claims() -> Iterator[tuple[str, Callable]]:
    """Yield every claim with the name of its module, by module and in its order."""
    for file in sorted(Path(__file__).parent.glob("[ab]_*.py")):
        for claim in import_module(f"flowbounds.claims.{file.stem}").CLAIMS:
            yield file.stem, claim

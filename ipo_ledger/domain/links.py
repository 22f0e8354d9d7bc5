"""What builds on what: a batch, the later ones that depend on it, and what ties them."""

from __future__ import annotations

from msgspec import Struct

from ipo_ledger.domain.dependents import dependents
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.rollback import Past


class Link(Struct, frozen=True):
    """A later batch builds on an earlier one: they share these extensions and numbers."""

    later: int
    earlier: int
    extensions: tuple[int, ...]
    numbers: tuple[str, ...]


def links(past: Past, batch: Batch) -> tuple[list[Batch], list[Link]]:
    """Return a batch with its dependents, oldest first, and what ties each to the earlier ones it builds on."""
    together = [batch, *dependents(past, batch)]
    found = []
    for place, later in enumerate(together):
        for earlier in together[:place]:
            extensions = sorted(earlier.changes.keys() & later.changes.keys())
            numbers = sorted(earlier.numbers & later.numbers)
            if extensions or numbers:
                found.append(Link(later.number, earlier.number, tuple(extensions), tuple(numbers)))
    return together, found

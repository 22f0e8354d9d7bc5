"""The closed batches of a system, read from the store as rules ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ipo_ledger.domain.records import Batch, Change, numbers_in
from ipo_ledger.domain.renumbering import Hands, changed_hands

if TYPE_CHECKING:
    from ipo_ledger.application.ports.reading import Reading
    from ipo_ledger.domain.system import System


class StoredPast:
    """The closed batches of a system, as the store keeps them; each is read once."""

    def __init__(self, reading: Reading, key: int, known: int | None = None) -> None:
        """Look at one system by its key, as it is or was known to be."""
        self._reading = reading
        self._key = key
        self._at = known
        self._known: dict[int, Batch] = {}
        self._after: dict[int, list[Batch]] = {}

    def batch(self, number: int) -> Batch:
        """Return a batch, open or closed, with its changes and what reverses it."""
        if number not in self._known:
            batch = self._reading.batch(self._key, number, self._at)
            assert batch is not None, f"B{number} is referred to and must be there"
            self._known[number] = batch
        return self._known[number]

    def changed_hands(self, system: System, batch: Batch, changes: Iterable[Change]) -> Hands:
        """Return which numbers of these changes changed hands since a batch took effect."""
        if batch.in_force_at is None or not self._reading.hands_may_have_changed(self._key):
            return changed_hands(system, {})
        known = self._reading.head().position
        then: dict[str, str | None] = {}
        for number in sorted(numbers_in(changes)):
            had = self._reading.numbered(self._key, number, batch.in_force_at, known)
            then[number] = had[0] if had else None
        return changed_hands(system, then)

    def connected_after(self, batch: Batch) -> list[Batch]:
        """Return the batches connected with this one that took effect after it, oldest first, with their changes."""
        if batch.number not in self._after:
            found = list(self._reading.connected_after(self._key, batch))
            self._after[batch.number] = found
            self._known.update((b.number, b) for b in found)
        return self._after[batch.number]

"""Appending an entry, the same for both stores: the events first, then the read model, in one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from eventsourcing.persistence import ApplicationRecorder, EventStore, StoredEvent

from ipo_ledger.adapters.store.mapper import LedgerMapper
from ipo_ledger.adapters.store.projection import Rows, rows_of
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.system import System


class Appending(ABC):
    """What a transaction that may write does with an entry."""

    _recorder: ApplicationRecorder

    @abstractmethod
    def insert(self, stored_events: Sequence[StoredEvent]) -> list[int]:
        """Insert events at the next positions, move the head there, and return the positions."""

    @abstractmethod
    def _project(self, key: int, rows: Rows) -> None:
        """Write the rows of a system's read model."""

    def append(self, before: System, entry: Entry) -> None:
        """Append the facts of an entry, project them, and move the head. An entry of no facts changes nothing."""
        if not entry.facts:
            return
        recorded: EventStore[str] = EventStore(LedgerMapper(), self._recorder)
        positions = [r.notification.id for r in recorded.put(entry.facts, within=self)]
        if positions != [fact.position for fact in entry.facts]:
            msg = f"the entry begins at position {entry.facts[0].position}, the ledger goes on at {positions[0]}"
            raise RuntimeError(msg)
        self._project(entry.system.key, rows_of(before, entry.system, entry.facts))

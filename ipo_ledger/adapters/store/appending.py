"""Appending an entry, the same for both stores: the events first, then the read model, in one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from ipo_ledger.adapters.store.faults import DamagedHead
from ipo_ledger.adapters.store.mapper import LedgerMapper
from ipo_ledger.adapters.store.projection import Rows, rows_of
from ipo_ledger.adapters.store.tables import KEPT_FROM
from ipo_ledger.domain.entry import Entry
from ipo_ledger.evidence.tree import Frontier, Node, Row, leaf_hashes


def as_rows(stored_events: Sequence[StoredEvent], first: int, recorded_at: Iterable[int], db_role: str) -> list[Row]:
    """Return events as they will lie in the table, from position `first` on."""
    return [
        (position, str(s.originator_id), s.originator_version, s.topic, at, db_role, s.state)
        for (position, s), at in zip(enumerate(stored_events, first), recorded_at, strict=False)
    ]


class Growth:
    """A tree as an append leaves it: what to go on from, and the nodes to keep."""

    def __init__(self, frontier: bytes) -> None:
        """Go on from what the head keeps. Raises `DamagedHead` when that is no frontier."""
        try:
            self.frontier = Frontier.from_bytes(frontier)
        except ValueError as fault:
            raise DamagedHead(why=str(fault)) from fault

    def grow(self, rows: Sequence[Row]) -> list[Node]:
        """Take in the rows as they lie in the table; return the nodes to keep."""
        if rows[0][0] != self.frontier.size + 1:
            raise DamagedHead(why=f"the tree has {self.frontier.size} leaves, the next event is {rows[0][0]}")
        self.frontier, nodes = self.frontier.grown(leaf_hashes(rows))
        return [node for node in nodes if node[0] >= KEPT_FROM]


class Appending(ABC):
    """What a transaction that may write does with an entry."""

    _recorder: ApplicationRecorder
    _mapper = LedgerMapper()

    @abstractmethod
    def insert(self, stored_events: Sequence[StoredEvent]) -> list[int]:
        """Insert events at the next positions, move the head there, and return the positions."""

    @abstractmethod
    def project(self, key: int, rows: Rows) -> None:
        """Write the rows of a system's read model."""

    @abstractmethod
    def forget(self) -> None:
        """Empty the read model, which can be made anew."""

    def append(self, entry: Entry) -> None:
        """Append the facts of an entry, project them, and move the head. An entry of no facts changes nothing."""
        if not entry.facts:
            return
        # Not by the library's `EventStore.put`: what it returns of each event takes as long as its row.
        stored_events = [self._mapper.to_stored_event(fact) for fact in entry.facts]
        positions = self._recorder.insert_events(stored_events, within=self)
        assert positions is not None, "there are facts"
        self.follows(entry, positions[0])
        self.project(entry.system.key, rows_of(entry.system, entry.facts))

    @staticmethod
    def follows(entry: Entry, position: int) -> None:
        """See that an entry goes on where the ledger does: its events say their positions."""
        first = entry.facts[0].position
        if [fact.position for fact in entry.facts] != list(range(position, position + len(entry.facts))):
            msg = f"the entry begins at position {first}, the ledger goes on at {position}"
            raise RuntimeError(msg)

"""The read model, made anew from the events: the same fold and the same rows as when they were appended."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol

from ipo_ledger.adapters.store.faults import CannotFollow
from ipo_ledger.adapters.store.projection import Rows, rows_of
from ipo_ledger.domain import events as e
from ipo_ledger.domain import fold
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.system import System
from ipo_ledger.domain.trail import Trail

_AT_ONCE = 2000  # facts between two writes
_RECORDS_KEPT = 100_000  # extensions and users kept in memory: a ledger may have a thousand systems


class Projects(Protocol):
    """A transaction that writes the read model, and reads back what it wrote."""

    def system(self, name: str, known: int | None = None) -> System | None:
        """Return a system as far as it is projected."""
        ...

    def batch(self, key: int, number: int, known: int | None = None) -> Batch | None:
        """Return a batch as far as it is projected."""
        ...

    def project(self, key: int, rows: Rows) -> None:
        """Write the rows of a system's read model."""
        ...


class Projection:
    """Facts in, rows out, in order; memory stays flat however many there are."""

    def __init__(self, into: Projects) -> None:
        """Write into a transaction whose read model holds nothing of the facts to come."""
        self._into = into
        self._systems: OrderedDict[str, System] = OrderedDict()
        self._waiting: dict[str, list[e.Fact]] = {}
        self._count = 0

    def take(self, facts: Iterable[e.Fact]) -> int:
        """Project facts to the last one; return how many."""
        taken = 0
        for fact in facts:
            self.add(fact)
            taken += 1
        self.write()
        return taken

    def add(self, fact: e.Fact) -> None:
        """Project one fact; it is written with others, by `write` at the latest. Raises `CannotFollow`."""
        system = self.system(fact.system)
        try:
            if isinstance(fact.event, e.Corrected):
                self._closed_batches(system, fact.event)
            fold.apply(system, fact)
        except (LookupError, AssertionError, TypeError, ValueError, AttributeError) as fault:
            why = f"{type(fault).__name__}: {fault}"
            raise CannotFollow(position=fact.position, type=fact.name, why=why) from fault
        self._waiting.setdefault(fact.system, []).append(fact)
        self._count += 1
        if self._count >= _AT_ONCE:
            self.write()

    def _closed_batches(self, system: System, event: e.Corrected) -> None:
        """Bring back the batches that a correction opens again: those that are settled are not kept in memory."""
        missing = [b.batch for b in event.batches if b.batch not in system.open]
        if missing:
            self._write(system.name)
            for number in missing:
                batch = self._into.batch(system.key, number)
                assert batch is not None, f"B{number} is referred to and must be there"
                system.open[number] = batch

    def system(self, name: str) -> System:
        """Return a system as the facts so far leave it."""
        if name in self._systems:
            self._systems.move_to_end(name)
        else:
            self._systems[name] = self._into.system(name) or System(name)
            self._forget_the_oldest()
        return self._systems[name]

    def _forget_the_oldest(self) -> None:
        """Keep no more than fits, beside the one just read; what is needed again is read back from the rows."""
        kept = sum(len(s.extensions) + len(s.users) for s in self._systems.values())
        while kept > _RECORDS_KEPT and len(self._systems) > 1:
            oldest = next(iter(self._systems))
            self._write(oldest)
            system = self._systems.pop(oldest)
            kept -= len(system.extensions) + len(system.users)

    def write(self) -> None:
        """Write all that was projected."""
        for name in list(self._waiting):
            self._write(name)
        self._count = 0

    def _write(self, name: str) -> None:
        facts = self._waiting.pop(name, [])
        if facts:
            system = self._systems[name]
            self._into.project(system.key, rows_of(system, facts))
            system.trail = Trail()
            system.open = {n: b for n, b in system.open.items() if b.status in {"draft", "sent"}}
            system.owned = set()

"""From a batch, or what a command recorded, to answers."""

from __future__ import annotations

from collections.abc import Iterable

from ipo_ledger.application import answers as a
from ipo_ledger.application.telling import batch_id, batch_ids, changes
from ipo_ledger.domain import warnings
from ipo_ledger.domain.batch import bases_twice
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.events import Fact
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.system import System


def pending(system: System, batch: Batch) -> tuple[a.PendingAnswer, ...]:
    """Return what a batch waits for."""
    return tuple(
        a.PendingAnswer(
            extension_id=w.extension_id,
            waiting_for=w.waiting_for,
            user=w.user,
            number=w.number,
            by_hand=w.by_hand,
            seated_at=w.seated_at,
        )
        for w in system.waiting(batch)
    )


def events(facts: Iterable[Fact]) -> tuple[a.EventAnswer, ...]:
    """Return what a command recorded."""
    return tuple(
        a.EventAnswer(
            position=fact.position,
            type=fact.name,
            user=getattr(fact.event, "user", None),
            extension_id=getattr(fact.event, "extension_id", None),
            cause=getattr(fact.event, "cause", None),
        )
        for fact in facts
    )


def conflicts(system: System, batch: Batch) -> tuple[a.Conflict, ...]:
    """Return the numbers that would be the base of several extensions, were a draft sent now."""
    if not batch.pending_in_configuration:
        return ()
    return tuple(
        a.Conflict(base_extension=base, extensions=ids) for base, ids in sorted(bases_twice(system, batch).items())
    )


def warned(system: System, batch: Batch, unchanged: Iterable[int] = ()) -> tuple[a.WarningAnswer, ...]:
    """Return what to know of a batch."""
    found = warnings.about(system, batch, tuple(unchanged))
    return tuple(a.WarningAnswer(code=w.code, message=w.message) for w in found)


def drafted(entry: Entry, number: int, unchanged: Iterable[int] = (), *, dry_run: bool = False) -> a.Drafted:
    """Return the answer about a batch just drafted (and, with --done, sent and settled)."""
    system = entry.system
    batch = system.open[number]
    sent = bool(batch.sends)
    return a.Drafted(
        system=system.name,
        batch=None if dry_run else batch.name,
        status=batch.status,
        title=batch.title,
        reverses=batch_ids(batch.reverses),
        changes=changes(batch.changes.values()),
        warnings=warned(system, batch, unchanged),
        position=None if dry_run else entry.facts[-1].position,
        dry_run=dry_run,
        events=events(entry.facts) if sent and not dry_run else (),
        pending=pending(system, batch),
    )


def done(entry: Entry, number: int | None) -> a.Done:
    """Return the answer about what was just recorded, and the batch it belongs to."""
    system = entry.system
    batch = system.open.get(number) if number is not None else None
    return a.Done(
        system=system.name,
        batch=batch_id(number),
        status=batch.status if batch is not None else None,
        position=entry.facts[-1].position,
        events=events(entry.facts),
        pending=pending(system, batch) if batch is not None else (),
    )

"""From records to answers: times in the system's zone, batches by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from ipo_ledger.application import answers as a
from ipo_ledger.application.ports import SystemRow
from ipo_ledger.domain import warnings
from ipo_ledger.domain.batch import bases_twice
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.events import Fact
from ipo_ledger.domain.moments import local
from ipo_ledger.domain.records import Batch, Change, Extension, User
from ipo_ledger.domain.system import System


def batch_id(number: int | None) -> str | None:
    """Return `B12`, or None."""
    return f"B{number}" if number is not None else None


def batch_ids(numbers: Iterable[int]) -> tuple[str, ...]:
    """Return `B12`, ... in the order given."""
    return tuple(f"B{n}" for n in numbers)


def local_or_none(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a time in the zone, or None."""
    return local(at, zone) if at is not None else None


def changes(found: Iterable[Change]) -> tuple[a.ChangeAnswer, ...]:
    """Return changes as answers, in the order given."""
    return tuple(a.ChangeAnswer(extension_id=c.extension_id, old=c.old, new=c.new) for c in found)


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


def system_answer(row: SystemRow, zone: ZoneInfo, position: int | None = None) -> a.SystemAnswer:
    """Return a system and its settings."""
    return a.SystemAnswer(
        system=row.name,
        release=row.settings.release,
        timezone=row.settings.timezone,
        base_extension_by=row.settings.base_extension_by,
        logout_code=row.settings.logout_code,
        extensions=row.extensions,
        users=row.users,
        batches=row.batches,
        known_since=local_or_none(row.known_since, zone),
        position=position,
    )


def user_answer(system: str, user: User, position: int | None = None) -> a.UserAnswer:
    """Return a user as the ledger knows them."""
    return a.UserAnswer(
        system=system,
        user=user.name,
        number=user.number,
        full_name=user.full_name,
        has_login_code=user.has_login_code,
        forced_login=user.forced_login,
        extension_id=user.extension_id,
        position=position,
    )


def extension_answer(system: str, extension: Extension, position: int | None = None) -> a.ExtensionAnswer:
    """Return an extension as the ledger knows it."""
    return a.ExtensionAnswer(
        system=system,
        extension_id=extension.extension_id,
        module=extension.module,
        port=extension.port,
        kind=extension.kind,
        label=extension.label,
        base_extension=extension.base,
        user=extension.user,
        position=position,
    )

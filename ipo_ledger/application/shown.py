"""Everything about one batch."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ipo_ledger.application import answers as a
from ipo_ledger.application import telling, telling_batches
from ipo_ledger.application.asking import Look
from ipo_ledger.application.naming import batch_known
from ipo_ledger.application.past import StoredPast
from ipo_ledger.domain.batch import cycles
from ipo_ledger.domain.moments import local
from ipo_ledger.domain.records import Batch, Change, numbers_in
from ipo_ledger.domain.rollback import is_live, rest_of
from ipo_ledger.domain.system import System


def show(at: Look, batch: str) -> a.Shown:
    """Return everything about one batch, now or as known then. Raises `UnknownBatch`."""
    zone = at.zone
    found = batch_known(at.reading, at.row, batch, at.asked)
    # Only what is open waits for anybody, or conflicts with anything: for the rest nobody has to be looked up.
    system = at.reading.system(at.row.name, at.asked) if found.status in {"draft", "sent"} else None
    system = system if system is not None else System(at.row.name)
    past = StoredPast(at.reading, at.key, at.asked)
    live = [n for n in found.reversed_by if is_live(past, past.batch(n))]
    rest = rest_of(past, found) if found.in_force else list(found.changes.values())
    return a.Shown(
        system=at.row.name,
        known_at=at.asked,
        batch=found.name,
        status=found.status,
        live=is_live(past, found),
        title=found.title,
        reason=found.reason,
        actor=found.actor,
        ticket=found.ticket,
        observed=found.observed,
        opened_at=local(found.opened_at, zone),
        in_force_at=telling.local_or_none(found.in_force_at, zone),
        settled_at=telling.local_or_none(found.settled_at, zone),
        reverses=telling.batch_ids(found.reverses),
        reversed_by=telling.batch_id(live[-1]) if live else None,
        changes=telling.changes(found.changes.values()),
        cycles=_cycles(list(found.changes.values())),
        live_cycles=_cycles(rest) if found.in_force else (),
        conflicts=telling_batches.conflicts(system, found),
        sends=_sends(found, zone),
        pending=telling_batches.pending(system, system.open.get(found.number, found)),
    )


def _cycles(changes: list[Change]) -> tuple[tuple[str, ...], ...]:
    found = cycles(changes)
    return tuple(tuple(sorted(numbers_in(cycle))) for cycle in found)


def _sends(batch: Batch, zone: ZoneInfo) -> tuple[a.SendAnswer, ...]:
    return tuple(
        a.SendAnswer(
            at=local(send.at, zone),
            mode=send.mode,
            outcome=send.outcome,
            conflicts=send.conflicts,
            actor=send.actor,
            position=send.position,
        )
        for send in batch.sends
    )

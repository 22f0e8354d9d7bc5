"""From an entry to rows: what an append writes into the read model, in the events' own transaction.

No rule is applied here. The current state is the fold's, point rows are the trail's, log entries are the facts'.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from msgspec import Struct

from ipo_ledger.adapters.store import tables as t
from ipo_ledger.domain import events as e
from ipo_ledger.domain.moments import to_micros
from ipo_ledger.domain.records import Batch, Extension, Mark, User
from ipo_ledger.domain.system import System

Row: TypeAlias = tuple[Any, ...]


class Rows(Struct, frozen=True):
    """What to write: rows to put in place by key, rows to add, and after them what to close, in order.

    Rows are in the order of their keys: in a tree of many pages, neighbours are written to one page.
    """

    put: dict[str, list[Row]]
    add: dict[str, list[Row]]
    close: list[tuple[str, dict[str, Any]]]


# The points and the log entry of a fact, and the facts of a command, have one time.
_when = lru_cache(maxsize=4096)(to_micros)  # more than the facts between two writes
_OF_EXTENSIONS = frozenset(kind for kind in e.STORED_NAMES if "extension_id" in kind.__struct_fields__)
_OF_USERS = frozenset(kind for kind in e.STORED_NAMES if "user" in kind.__struct_fields__)


def rows_of(system: System, facts: Sequence[e.Fact]) -> Rows:
    """Return the rows by which facts, and the trail they left on a system, go into the read model, by table name."""
    trail, key = system.trail, system.key
    put = {
        t.SYSTEMS.name: [system_row(system)],
        t.EXTENSIONS.name: [_extension(key, system, i) for i in sorted(trail.extensions)],
        t.USERS.name: [_user(key, system, name) for name in sorted(trail.users)],
        t.BATCHES.name: [batch_row(key, system.open[n]) for n in sorted(trail.batches)],
    }
    add = added_rows(system, facts)
    for rows in add.values():
        rows.sort()  # no two rows of a table have one key: what comes after it is never compared
    return Rows(put, add, list(closings(key, system)))


def added_rows(system: System, facts: Sequence[e.Fact]) -> dict[str, list[Row]]:
    """Return the rows that facts, and the trail they left on a system, only add to, by table name."""
    trail, key = system.trail, system.key
    return {
        t.CHANGES.name: [
            (key, d.batch, d.change.extension_id, d.position, d.place, d.change.old, d.change.new)
            for d in trail.drafted
        ],
        t.REVERSALS.name: [(key, *reversal) for reversal in trail.reversals],
        t.SEATS.name: [
            (key, p.extension_id, p.position, _when(p.at), p.user, p.number, p.cause, p.batch, p.gone, p.below)
            for p in trail.seats
        ],
        t.PLACES.name: [
            (key, p.user, p.position, _when(p.at), p.extension_id, p.cause, p.batch, p.gone, p.below)
            for p in trail.places
        ],
        t.BASES.name: [(key, p.extension_id, p.position, _when(p.at), p.base, p.batch, p.below) for p in trail.bases],
        t.NUMBERS.name: [(key, p.user, p.position, _when(p.at), p.number, p.below) for p in trail.numbers],
        t.RESTARTS.name: [(key, position, _when(at)) for position, at in trail.restarts],
        t.FORMER_SETTINGS.name: [
            (key, until, s.release, s.timezone, s.base_extension_by, s.logout_code) for s, until in trail.settings_until
        ],
        t.FORMER_EXTENSIONS.name: [
            (key, x.extension_id, until, x.module, x.port, x.kind, x.label) for x, until in trail.extensions_until
        ],
        t.FORMER_USERS.name: [
            (key, u.name, until, u.full_name, u.has_login_code, u.forced_login) for u, until in trail.users_until
        ],
        t.FORMER_BATCHES.name: [
            (key, number, until, batch.status, *_sent(batch), *_in_force(batch))
            for (number, until), batch in trail.batches_until.items()
        ],
        t.CORRECTIONS.name: [*trail.taken],
        t.LOG_ENTRIES.name: [_log_entry(key, fact) for fact in facts],
    }


def closings(key: int, system: System) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what the trail of a system closes: a question that does it, and about what."""
    trail = system.trail
    for batch, by in trail.redrafted:
        yield "close_changes", {"key": key, "batch": batch, "by": by}
    for closed in trail.closed:
        about = {"key": key, "of": closed.of, "above": closed.above, "by": closed.by}
        yield f"close_{closed.pile}", about
        mark = "mark_extension" if isinstance(closed.of, int) else "mark_user"
        yield mark, {"key": key, "of": closed.of, "by": closed.by}
    if trail.taken:
        yield "close_restarts", {"key": key, "first": min(trail.taken)[0], "last": max(trail.taken)[0]}


def system_row(system: System) -> Row:
    """Return the row of a system."""
    settings = system.settings
    assert settings is not None
    return (
        system.key,
        system.name,
        system.version,
        settings.release,
        settings.timezone,
        settings.base_extension_by,
        settings.logout_code,
        *_mark(system.baseline),
        *_mark(system.floor),
        system.last_batch,
        len(system.extensions),
        len(system.users),
    )


def _mark(mark: Mark | None) -> Row:
    return (to_micros(mark.at), mark.position, mark.name) if mark is not None else (None, None, None)


def _extension(key: int, system: System, extension_id: int) -> Row:
    extension = system.extensions.get(extension_id)
    if extension is not None:
        return extension_row(key, extension, removed=False)
    return extension_row(key, system.gone_extensions[extension_id], removed=True)


def extension_row(key: int, extension: Extension, *, removed: bool) -> Row:
    """Return the row of an extension."""
    return (
        key,
        extension.extension_id,
        extension.module,
        extension.port,
        extension.kind,
        extension.label,
        extension.base,
        extension.base_batch,
        extension.base_position,
        extension.user,
        to_micros(extension.since),
        extension.seat_position,
        *_mark(extension.last),
        removed,
    )


def _user(key: int, system: System, name: str) -> Row:
    user = system.users.get(name)
    return (
        user_row(key, user, removed=False) if user is not None else user_row(key, system.gone_users[name], removed=True)
    )


def user_row(key: int, user: User, *, removed: bool) -> Row:
    """Return the row of a user."""
    return (
        key,
        user.name,
        user.number,
        user.full_name,
        user.has_login_code,
        user.forced_login,
        user.extension_id,
        to_micros(user.since),
        user.place_position,
        user.number_position,
        *_mark(user.last),
        removed,
    )


def batch_row(key: int, batch: Batch) -> Row:
    """Return the row of a batch; its changes have a table of their own."""
    return (
        key,
        batch.number,
        batch.status,
        batch.title,
        batch.observed,
        to_micros(batch.opened_at),
        batch.opened_position,
        batch.actor,
        batch.reason,
        batch.ticket,
        *_mark(batch.last),
        _json(batch.part),
        *_sent(batch),
        *_in_force(batch),
    )


def _sent(batch: Batch) -> Row:
    if not batch.sends:
        return (None,) * 6
    sent = batch.sends[-1]
    return (to_micros(sent.at), sent.position, sent.mode, sent.outcome, _json(sent.conflicts), sent.actor)


def _json(found: Sequence[int | str]) -> str:
    return json.dumps(found) if found else "[]"


def _in_force(batch: Batch) -> Row:
    return (
        _micros(batch.in_force_at),
        batch.in_force_position,
        _micros(batch.settled_at),
        batch.settled_position,
    )


def _micros(at: datetime | None) -> int | None:
    return to_micros(at) if at is not None else None


def _log_entry(key: int, fact: e.Fact) -> Row:
    event: Any = fact.event
    kind = type(event)
    return (
        fact.position,
        key,
        _when(fact.occurred_at),
        fact.actor,
        fact.batch,
        event.extension_id if kind in _OF_EXTENSIONS else None,
        event.user if kind in _OF_USERS else None,
    )

"""From an entry to rows: what an append writes into the read model, in the events' own transaction.

No rule is applied here. The current state is the fold's, point rows are the trail's, log entries are the facts'.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from msgspec import Struct

from ipo_ledger.adapters.store import tables as t
from ipo_ledger.domain import events as e
from ipo_ledger.domain import fold
from ipo_ledger.domain.moments import to_micros
from ipo_ledger.domain.records import Batch, Extension, Mark, User
from ipo_ledger.domain.system import System

Row: TypeAlias = tuple[Any, ...]


class Rows(Struct, frozen=True):
    """What to write: rows to put in place by key, rows to add, and the batches whose changes are written anew."""

    put: dict[str, list[Row]]
    add: dict[str, list[Row]]
    redraft: tuple[int, ...]


def rows_of(before: System, after: System, facts: Sequence[e.Fact]) -> Rows:
    """Return the rows that take the read model from `before` to `after`, by table name."""
    trail, key = after.trail, after.key
    extensions_removed, users_removed = _last_states(before, facts)
    drafted = sorted({f.event.batch for f in facts if isinstance(f.event, e.BatchOpened | e.BaseExtensionChanged)})
    opened = {f.event.batch: f.event for f in facts if isinstance(f.event, e.BatchOpened)}
    put = {
        t.SYSTEMS.name: [system_row(after)],
        t.EXTENSIONS.name: [_extension(key, after, extensions_removed, i) for i in sorted(trail.extensions)],
        t.USERS.name: [_user(key, after, users_removed, name) for name in sorted(trail.users)],
        t.BATCHES.name: [batch_row(key, after.open[n]) for n in sorted(trail.batches)],
    }
    add = {
        t.CHANGES.name: [row for n in drafted for row in change_rows(key, after.open[n])],
        t.REVERSALS.name: [
            (key, n, reversed_, place) for n, event in opened.items() for place, reversed_ in enumerate(event.reverses)
        ],
        t.SEATS.name: [
            (key, p.extension_id, to_micros(p.at), p.position, p.user, p.number, p.cause, p.batch, p.gone)
            for p in trail.seats
        ],
        t.PLACES.name: [
            (key, p.user, to_micros(p.at), p.position, p.extension_id, p.cause, p.batch, p.gone) for p in trail.places
        ],
        t.BASES.name: [(key, p.extension_id, to_micros(p.at), p.position, p.base, p.batch) for p in trail.bases],
        t.NUMBERS.name: [(key, p.user, to_micros(p.at), p.position, p.number) for p in trail.numbers],
        t.LOG_ENTRIES.name: [_log_entry(key, fact) for fact in facts],
    }
    return Rows(put, add, tuple(n for n in drafted if n not in opened))


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


def _last_states(before: System, facts: Sequence[e.Fact]) -> tuple[dict[int, Extension], dict[str, User]]:
    """Return the extensions and users that are removed in an entry, as they were right before that."""
    extensions: dict[int, Extension] = {}
    users: dict[str, User] = {}
    if any(isinstance(f.event, e.ExtensionRemoved | e.UserRemoved) for f in facts):
        system = before.copy()
        for fact in facts:
            if isinstance(fact.event, e.ExtensionRemoved):
                extensions[fact.event.extension_id] = system.extensions[fact.event.extension_id]
            elif isinstance(fact.event, e.UserRemoved):
                users[fact.event.user] = system.users[fact.event.user]
            fold.apply(system, fact)
    return extensions, users


def _extension(key: int, system: System, removed: dict[int, Extension], extension_id: int) -> Row:
    extension = system.extensions.get(extension_id)
    if extension is not None:
        return extension_row(key, extension, removed=False)
    return extension_row(key, removed[extension_id], removed=True)


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
        *_mark(extension.last),
        removed,
    )


def _user(key: int, system: System, removed: dict[str, User], name: str) -> Row:
    user = system.users.get(name)
    return user_row(key, user, removed=False) if user is not None else user_row(key, removed[name], removed=True)


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
        *_mark(user.last),
        removed,
    )


def batch_row(key: int, batch: Batch) -> Row:
    """Return the row of a batch; its changes have a table of their own."""
    sent = batch.sends[-1] if batch.sends else None
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
        json.dumps(batch.part),
        to_micros(sent.at) if sent is not None else None,
        sent.position if sent is not None else None,
        sent.mode if sent is not None else None,
        sent.outcome if sent is not None else None,
        json.dumps(sent.conflicts) if sent is not None else None,
        sent.actor if sent is not None else None,
        _micros(batch.in_force_at),
        batch.in_force_position,
        _micros(batch.settled_at),
    )


def change_rows(key: int, batch: Batch) -> list[Row]:
    """Return the rows of a batch's net changes, in order of first touch."""
    return [(key, batch.number, c.extension_id, place, c.old, c.new) for place, c in enumerate(batch.changes.values())]


def _micros(at: datetime | None) -> int | None:
    return to_micros(at) if at is not None else None


def _log_entry(key: int, fact: e.Fact) -> Row:
    event: Any = fact.event
    return (
        fact.position,
        key,
        to_micros(fact.occurred_at),
        fact.actor,
        fact.batch,
        getattr(event, "extension_id", None),
        getattr(event, "user", None),
    )

"""Answers from the read model, the same for both stores: rows in, records out.

A store brings `_ask`, which puts one of the `QUESTIONS` to its database.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ipo_ledger.adapters.store.from_rows import (
    batch_of,
    extension_of,
    fact_of,
    first_of,
    mark_of,
    system_of,
    user_of,
)
from ipo_ledger.application.ports import (
    BatchFilter,
    Head,
    KnownAnswer,
    LogFilter,
    SeatRow,
    SystemRow,
)
from ipo_ledger.domain.events import Fact
from ipo_ledger.domain.moments import from_micros, to_micros
from ipo_ledger.domain.records import Batch, Change, Extension, Settings, User
from ipo_ledger.domain.system import System
from ipo_ledger.domain.trail import BasePoint, PlacePoint, SeatPoint

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_LAST = 2**63 - 2  # the last position or time there can be: `recorded_to` of what still stands is after it
_PAGE = 5000  # events read at a time, so that memory stays flat however long the ledger is


class ReadModel(ABC):
    """One consistent look at a ledger, by way of its read model."""

    @abstractmethod
    def _ask(self, question: str, parameters: Mapping[str, Any], where: str) -> list[tuple[Any, ...]]:
        """Ask one of the `QUESTIONS`; `where` fills its condition, and is made of constants only."""

    @abstractmethod
    def head(self) -> Head:
        """Return the end of the ledger."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the store's clock."""

    def _rows(self, question: str, parameters: Mapping[str, Any], where: str = "") -> list[tuple[Any, ...]]:
        if any(isinstance(value, str) and _UNSTORABLE.search(value) for value in parameters.values()):
            return []  # no row can have such a text, and a database would not even be asked for it
        within = {n: max(-_LAST, min(v, _LAST)) if isinstance(v, int) else v for n, v in parameters.items()}
        return self._ask(question, within, where)

    def _row(self, question: str, **parameters: Any) -> tuple[Any, ...] | None:
        rows = self._rows(question, parameters)
        return rows[0] if rows else None

    # --- systems ------------------------------------------------------------------------------------------

    def systems(self) -> list[SystemRow]:
        """Return every system, by name."""
        return [system_of(row) for row in self._rows("systems", {})]

    def system_row(self, name: str) -> SystemRow | None:
        """Return one system's settings and counts, or None."""
        row = self._row("system", name=name)
        return system_of(row) if row is not None else None

    def system(self, name: str) -> System | None:
        """Return a system as it is now, or None: the state that decisions are made from."""
        row = self._row("system", name=name)
        if row is None:
            return None
        system = System(name)
        system.key, system.version, system.last_batch = row[0], row[2], row[13]
        system.settings = Settings(row[3], row[4], row[5], row[6])
        system.baseline, system.floor = mark_of(*row[7:10]), mark_of(*row[10:13])
        for values in self._rows("extensions", {"key": system.key}):
            system.take_in(extension_of(values))
        for values in self._rows("users", {"key": system.key}):
            system.take_in_user(user_of(values))
        for batch in self._batches(system.key, "open_batches", "changes_open", {"key": system.key}):
            system.take_in_batch(batch)
        return system

    # --- batches ------------------------------------------------------------------------------------------

    def batch(self, key: int, number: int) -> Batch | None:
        """Return a batch with its changes and what reverses it, or None."""
        row = self._row("batch", key=key, batch=number)
        if row is None:
            return None
        about = {"key": key, "batch": number}
        changes = {c[0]: Change(*c) for c in self._rows("changes", about)}
        reverses = tuple(r for (r,) in self._rows("reverses", about))
        reversed_by = tuple(r for (r,) in self._rows("reversed_by", about))
        return batch_of(row, changes, reverses, reversed_by)

    def batches_in_force_after(self, key: int, batch: Batch) -> list[Batch]:
        """Return the batches that took effect after this one, oldest first, with their changes."""
        about = {"key": key, "in_force": batch.in_force_position or 0, "batch": batch.number}
        found = self._batches(key, "in_force_after", "changes_in_force_after", about)
        return [other for other in found if other.order > batch.order]

    def _batches(self, key: int, question: str, changes: str, about: Mapping[str, Any]) -> list[Batch]:
        rows = self._rows(question, about)
        if not rows:
            return []
        of: dict[int, dict[int, Change]] = {}
        for number, extension_id, old, new in self._rows(changes, about):
            of.setdefault(number, {})[extension_id] = Change(extension_id, old, new)
        reverses: dict[int, list[int]] = {}
        reversed_by: dict[int, list[int]] = {}
        for number, other in self._rows("reversals", {"key": key}):
            reverses.setdefault(number, []).append(other)
            reversed_by.setdefault(other, []).append(number)
        return [
            batch_of(row, of.get(row[0], {}), tuple(reverses.get(row[0], ())), tuple(reversed_by.get(row[0], ())))
            for row in rows
        ]

    def batches(self, key: int, wanted: BatchFilter) -> list[tuple[Batch, int]]:
        """Return batches without their changes but with their number of changes, newest first."""
        where, values = ["1 = 1"], {"key": key, "limit": wanted.limit}
        _condition(where, values, "b.status = :status", status=wanted.status)
        _condition(where, values, "b.actor = :actor", actor=wanted.actor)
        _condition(where, values, "b.batch < :before", before=wanted.before)
        _condition(where, values, "b.opened_at >= :since", since=_micros(wanted.since))
        _condition(where, values, "b.opened_at < :until", until=_micros(wanted.until))
        _condition(where, values, _TOUCHES.format("c.extension_id = :ext"), ext=wanted.extension_id)
        _condition(
            where, values, _TOUCHES.format("(c.old_base = :number OR c.new_base = :number)"), number=wanted.number
        )
        rows = self._rows("batches", values, " AND ".join(where))
        reverses: dict[int, list[int]] = {}
        for number, other in self._rows("reversals", {"key": key}):
            reverses.setdefault(number, []).append(other)
        return [(batch_of(row, {}, tuple(reverses.get(row[0], ())), ()), row[-1]) for row in rows]

    # --- extensions and users -----------------------------------------------------------------------------

    def extension(self, key: int, extension_id: int) -> Extension | None:
        """Return an extension as it is now or, if it was removed, as it was last; None if it never was."""
        row = self._row("extension", key=key, extension_id=extension_id)
        return extension_of(row) if row is not None else None

    def user(self, key: int, name: str) -> User | None:
        """Return a user as they are now or, if removed, as they were last; None if they never were."""
        row = self._row("user", key=key, user_name=name)
        return user_of(row) if row is not None else None

    def extensions_labelled(self, key: int, label: str) -> list[int]:
        """Return the ids of the extensions with this label, present ones first."""
        return [i for (i,) in self._rows("extensions_labelled", {"key": key, "label": label})]

    def extensions_at(self, key: int, module: str, port: int) -> list[int]:
        """Return the ids of the extensions at this module and port, present ones first."""
        return [i for (i,) in self._rows("extensions_at", {"key": key, "module": module, "port": port})]

    def users_called(self, key: int, text: str) -> list[str]:
        """Return the names of the users who have, or last had, this name or number, present ones first."""
        rows = self._rows("users_called", {"key": key, "text": text})
        return [name for name, _ in sorted(rows, key=lambda row: (bool(row[1]), row[0]))]

    def all_users(self, key: int) -> list[tuple[str, str | None]]:
        """Return the name and number of everybody there is or was."""
        return [(name, number) for name, number in self._rows("all_users", {"key": key})]

    # --- what was true when -------------------------------------------------------------------------------

    def seat_points(self, key: int, extension_id: int, start: datetime, end: datetime, known: int) -> list[SeatPoint]:
        """Return the point in force at `start`, every point up to `end`, and the first after it."""
        about = {"key": key, "extension_id": extension_id, "known": known}
        about |= {"start": to_micros(start), "end": to_micros(end)}
        rows = self._rows("seat_points", about) + self._rows("seat_point_after", about)
        return [SeatPoint(r[0], from_micros(r[1]), r[2], r[3], r[4], r[5], r[6], bool(r[7])) for r in rows]

    def place_points(self, key: int, user: str, start: datetime, end: datetime, known: int) -> list[PlacePoint]:
        """Return the same for a user."""
        about = {"key": key, "user_name": user, "known": known}
        about |= {"start": to_micros(start), "end": to_micros(end)}
        rows = self._rows("place_points", about) + self._rows("place_point_after", about)
        return [PlacePoint(r[0], from_micros(r[1]), r[2], r[3], r[4], r[5], bool(r[6])) for r in rows]

    def base_points(self, key: int, extension_id: int, known: int) -> list[BasePoint]:
        """Return every base extension that was ever in force there, oldest first."""
        rows = self._rows("base_points", {"key": key, "extension_id": extension_id, "known": known})
        return [BasePoint(r[0], from_micros(r[1]), r[2], r[3], r[4]) for r in rows]

    def first_seat(self, key: int, extension_id: int) -> datetime | None:
        """Return when the first thing is known of an extension, or None."""
        return first_of(self._row("first_seat", key=key, extension_id=extension_id))

    def first_place(self, key: int, user: str) -> datetime | None:
        """Return when the first thing is known of a user, or None."""
        return first_of(self._row("first_place", key=key, user_name=user))

    def number_at(self, key: int, user: str, at: datetime, known: int) -> str | None:
        """Return the number a user had at an instant."""
        row = self._row("number_at", key=key, user_name=user, at=to_micros(at), known=known)
        return row[0] if row is not None else None

    def seats(self, key: int, at: datetime, known: int) -> list[SeatRow]:
        """Return every extension that existed at an instant, with its base in force and who was seated there."""
        rows = self._rows("seats", {"key": key, "at": to_micros(at), "known": known})
        return [
            SeatRow(extension=extension_of(r[:13]), base=r[13], user=r[14], number=r[15], since=from_micros(r[16]))
            for r in rows
        ]

    def off_the_air(self, key: int, at: datetime, known: int) -> list[str]:
        """Return every user who existed at an instant and was seated nowhere, by name."""
        rows = self._rows("off_the_air", {"key": key, "at": to_micros(at), "known": known})
        return [name for (name,) in rows]

    # --- the events ---------------------------------------------------------------------------------------

    def log(self, wanted: LogFilter) -> list[Fact]:
        """Return recorded events, newest first, at most `limit`."""
        where, values = ["1 = 1"], {"limit": wanted.limit}
        _condition(where, values, "l.system_id = :key", key=wanted.system)
        _condition(where, values, "l.user_name = :user_name", user_name=wanted.user)
        _condition(where, values, "l.extension_id = :ext", ext=wanted.extension_id)
        _condition(where, values, "l.batch = :batch", batch=wanted.batch)
        _condition(where, values, "l.actor = :actor", actor=wanted.actor)
        _condition(where, values, "l.occurred_at >= :since", since=_micros(wanted.since))
        _condition(where, values, "l.occurred_at < :until", until=_micros(wanted.until))
        _condition(where, values, "l.position < :before", before=wanted.before)
        return [fact_of(row) for row in self._rows("log", values, " AND ".join(where))]

    def facts(self, *, after: int = 0) -> Iterator[Fact]:
        """Return every recorded event after a position, oldest first, a page at a time."""
        while rows := self._rows("facts", {"after": after, "limit": _PAGE}):
            yield from map(fact_of, rows)
            after = rows[-1][0]

    def answer_to(self, command_id: str) -> KnownAnswer | None:
        """Return the first answer given to a command id, or None."""
        row = self._row("answer", command_id=command_id)
        return KnownAnswer(row[0], bytes(row[1])) if row is not None else None


_TOUCHES = "EXISTS (SELECT 1 FROM {{schema}}changes c WHERE c.system_id = b.system_id AND c.batch = b.batch AND {})"


def _condition(where: list[str], values: dict[str, Any], condition: str, **value: Any) -> None:
    """Add a condition where its value is given; the value itself always travels as a parameter."""
    ((name, given),) = value.items()
    if given is not None:
        where.append(condition)
        values[name] = given


def _micros(at: datetime | None) -> int | None:
    return to_micros(at) if at is not None else None

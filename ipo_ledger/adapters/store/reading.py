"""Answers from the read model, the same for both stores: rows in, records out.

A store brings `_ask`, which puts one of the `QUESTIONS` to its database.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ipo_ledger.adapters.store import payload
from ipo_ledger.adapters.store.faults import DamagedTree
from ipo_ledger.adapters.store.from_rows import (
    as_it_was,
    batch_of,
    extension_of,
    fact_of,
    first_of,
    mark_of,
    point_of,
    system_of,
    user_of,
)
from ipo_ledger.adapters.store.tables import KEPT_FROM
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
from ipo_ledger.domain.records import Batch, Change, Extension, Mark, Settings, User
from ipo_ledger.domain.system import EARLIEST, System
from ipo_ledger.domain.trail import BasePoint, NumberPoint, Pile, PlacePoint, Point, SeatPoint

FOREVER = 2**63 - 1  # `recorded_to` of what still stands
_EVER = datetime.max.replace(tzinfo=UTC)
if TYPE_CHECKING:
    from ipo_ledger.evidence.tree import Row

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_LAST = FOREVER - 1  # the last position or time there can be
_FEW = 100
PAGE = 5000  # events read at a time, so that memory stays flat however long the ledger is


class ReadModel(ABC):
    """One consistent look at a ledger, by way of its read model."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._tiles: dict[int, dict[tuple[int, int], bytes]] = {}

    @abstractmethod
    def _ask(self, question: str, parameters: Mapping[str, Any], where: str) -> list[tuple[Any, ...]]:
        """Ask one of the `QUESTIONS`; `where` fills its condition, and is made of constants only."""

    @abstractmethod
    def _pages(self, text: str) -> Iterator[list[tuple[Any, ...]]]:
        """Stream the rows of a query made of constants; `{schema}` and `{bytewise}` (an order) are filled in."""

    @abstractmethod
    def faults(self) -> list[str]:
        """Return what the database itself finds wrong, and what it lacks of what keeps the ledger append-only."""

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

    def system(self, name: str, known: int | None = None) -> System | None:
        """Return a system as it is now or, at position `known`, was known to be; None if it was not.

        As it is now it is the state that decisions are made from; as it was known it is for looking at only.
        """
        row = self._row("system", name=name)
        if row is None or (known is not None and row[0] > known):
            return None
        system = System(name)
        system.key, system.version, system.last_batch = row[0], row[2], row[13]
        system.settings = self.settings(row[0], known) or Settings(row[3], row[4], row[5], row[6])
        system.baseline, system.floor = mark_of(*row[7:10]), mark_of(*row[10:13])
        if known is not None and known < self.head().position:
            return self._as_known(system, known)
        for values in self._rows("extensions", {"key": system.key}):
            (system.take_in_removed if values[-1] else system.take_in)(extension_of(values))
        for values in self._rows("users", {"key": system.key}):
            (system.take_in_removed if values[-1] else system.take_in_user)(user_of(values))
        for batch in self._batches(system.key, "open_batches", "changes_open", {"key": system.key}):
            system.take_in_batch(batch)
        return system

    def _as_known(self, system: System, known: int) -> System:
        nothing = Mark(EARLIEST, 0, "")
        for seat in self.seats(system.key, _EVER, known):
            system.take_in(
                Extension(
                    extension_id=seat.extension_id,
                    module=seat.module,
                    port=seat.port,
                    kind=seat.kind,
                    label=seat.label,
                    base=seat.base,
                    base_batch=seat.base_batch,
                    base_position=seat.base_position,
                    user=seat.user,
                    since=seat.since,
                    seat_position=seat.position,
                    last=nothing,
                )
            )
        for user in self._users_as_known(system.key, known):
            system.take_in_user(user)
        for number in self._open_at(system.key, known):
            batch = self.batch(system.key, number, known)
            if batch is not None and batch.status in {"draft", "sent"}:
                system.take_in_batch(batch)
        return system

    def _users_as_known(self, key: int, known: int) -> list[User]:
        nothing = Mark(EARLIEST, 0, "")
        rows = self._rows("places_by", {"key": key, "at": to_micros(_EVER), "known": known})
        found = [(*row[:6], from_micros(row[6]), *row[7:]) for row in rows]
        for (name,) in self._rows("corrected_users", {"key": key}):
            place, number = (
                self._last("places", key, name, _EVER, known),
                self._last("numbers", key, name, _EVER, known),
            )
            if isinstance(place, PlacePoint) and isinstance(number, NumberPoint) and not place.gone:
                user = self._row("user", key=key, user_name=name)
                assert user is not None
                found.append(
                    (name, number.number, *user[2:5], place.extension_id, place.at, place.position, number.position)
                )
        former = {row[0]: row[1:] for row in self._rows("former_users", {"key": key, "known": known})}
        return [
            User(
                name=row[0],
                number=row[1],
                full_name=former.get(row[0], row[2:5])[0],
                has_login_code=bool(former.get(row[0], row[2:5])[1]),
                forced_login=bool(former.get(row[0], row[2:5])[2]),
                extension_id=row[5],
                since=row[6],
                place_position=row[7],
                number_position=row[8],
                last=nothing,
            )
            for row in sorted(found, key=lambda row: str(row[0]))
        ]

    def _open_at(self, key: int, known: int) -> list[int]:
        """Return the batches that may have been open at a position."""
        former = {row[0]: row[1] for row in self._rows("former_batches", {"key": key, "known": known})}
        now = {row[0] for row in self._rows("open_batches", {"key": key}) if row[0] not in former}
        return sorted({n for n, status in former.items() if status in {"draft", "sent"}} | now)

    def settings(self, key: int, known: int | None) -> Settings | None:
        """Return the settings a system was known to have at a position, where they are others now."""
        row = self._row("former_settings", key=key, known=known) if known is not None else None
        return Settings(*row) if row is not None else None

    # --- batches ------------------------------------------------------------------------------------------

    def batch(self, key: int, number: int, known: int | None = None) -> Batch | None:
        """Return a batch with its changes and what reverses it, as it is or was known to be, or None."""
        row = self._row("batch", key=key, batch=number)
        if row is None or (known is not None and row[5] > known):
            return None
        known = _LAST if known is None else known
        about = {"key": key, "batch": number}
        changes = {c[0]: Change(*c) for c in self._rows("changes_known", about | {"known": known})}
        reverses = tuple(r for (r,) in self._rows("reverses", about))
        reversed_by = tuple(r for (r,) in self._rows("reversed_by", about | {"known": known}))
        batch = batch_of(row, changes, reverses, reversed_by)
        former = self._row("former_batch", key=key, batch=number, known=known) if known < _LAST else None
        return as_it_was(batch, former[1:]) if former is not None else batch

    def batches_in_force_after(self, key: int, batch: Batch) -> list[Batch]:
        """Return the batches that took effect after this one, oldest first, with their changes."""
        about = {"key": key, "in_force": batch.in_force_position or 0, "batch": batch.number}
        found = self._batches(key, "in_force_after", "changes_in_force_after", about)
        return [other for other in found if other.order > batch.order]

    def batches_sent_after(self, key: int, position: int) -> list[Batch]:
        """Return the batches whose send, recorded after a position, stands; with their changes."""
        return self._batches(key, "sent_after", "changes_sent_after", {"key": key, "position": position})

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

    def extension(self, key: int, extension_id: int, known: int | None = None) -> Extension | None:
        """Return an extension as it is now or, if it was removed, as it was last; None if it never was.

        With `known`, what it is called (module, port, kind, label) is what it was called at that position.
        """
        row = self._row("extension", key=key, extension_id=extension_id)
        if row is None:
            return None
        former = self._row("former_extension", key=key, of=extension_id, known=known) if known is not None else None
        return extension_of(row if former is None else (*former, *row[5:]))

    def user(self, key: int, name: str, known: int | None = None) -> User | None:
        """Return a user as they are now or, if removed, as they were last; None if they never were.

        With `known`, what exports do not date (full name, flags) is what it was at that position.
        """
        row = self._row("user", key=key, user_name=name)
        if row is None:
            return None
        former = self._row("former_user", key=key, of=name, known=known) if known is not None else None
        return user_of(row if former is None else (row[0], row[1], *former[1:], *row[5:]))

    def once_called(self, key: int) -> list[int]:
        """Return the ids of the extensions that were once called otherwise than now: another label or place."""
        return [i for (i,) in self._rows("once_called", {"key": key})]

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

    def points(  # noqa: PLR0913, PLR0917 - which, whose, when, as known when
        self, pile: Pile, key: int, of: int | str, start: datetime, end: datetime, known: int
    ) -> list[Any]:
        """Return the points of the last instant at or before `start`, every point up to `end`, and the first after it.

        What stands is found by its index. For an earlier `known`, the last point recorded by then is where to look
        from: what lies on each other at that position is what was known, and of it only what a correction took off
        later has to be walked through.
        """
        about = {"key": key, "of": of, "start": to_micros(start), "end": to_micros(end), "known": _LAST}
        if known >= self.head().position:
            rows = self._rows(f"{pile}_within", about) + self._rows(f"{pile}_after", about)
            return [point_of(pile, row) for row in rows]
        off: list[tuple[Any, ...]] = []
        top = self._row(f"{pile}_top", key=key, of=of, known=known)
        while top is not None and top[3] != FOREVER:
            if top[3] > known:
                off.append(top)
            top = self._row(f"{pile}_at", key=key, of=of, position=top[4]) if top[4] is not None else None
        rows = []
        if top is not None:
            about |= {"known": top[2], "start": min(about["start"], top[1]), "end": min(about["end"], top[1])}
            rows = self._rows(f"{pile}_within", about)
            if about["end"] < top[1]:
                rows += self._rows(f"{pile}_after", about)
        rows += reversed(off)
        return [point_of(pile, row) for row in _around(rows, to_micros(start), to_micros(end))]

    def _last(self, pile: Pile, key: int, of: int | str, at: datetime, known: int) -> Point | None:
        found = [point for point in self.points(pile, key, of, at, at, known) if point.at <= at]
        return found[-1] if found else None

    def seat_points(self, key: int, extension_id: int, start: datetime, end: datetime, known: int) -> list[SeatPoint]:
        """Return the point in force at `start`, every point up to `end`, and the first after it."""
        return self.points("seats", key, extension_id, start, end, known)

    def place_points(self, key: int, user: str, start: datetime, end: datetime, known: int) -> list[PlacePoint]:
        """Return the same for a user."""
        return self.points("places", key, user, start, end, known)

    def base_points(self, key: int, extension_id: int, known: int) -> list[BasePoint]:
        """Return every base extension that was ever in force there, oldest first."""
        return self.points("bases", key, extension_id, EARLIEST, _EVER, known)

    def number_points(self, key: int, user: str, known: int) -> list[NumberPoint]:
        """Return every number a user ever had, oldest first."""
        return self.points("numbers", key, user, EARLIEST, _EVER, known)

    def first_seat(self, key: int, extension_id: int, known: int) -> datetime | None:
        """Return when the first thing is known of an extension, or None."""
        return first_of(self._row("first_seat", key=key, extension_id=extension_id, known=known))

    def first_place(self, key: int, user: str, known: int) -> datetime | None:
        """Return when the first thing is known of a user, or None."""
        return first_of(self._row("first_place", key=key, user_name=user, known=known))

    def number_at(self, key: int, user: str, at: datetime, known: int) -> str | None:
        """Return the number a user had at an instant."""
        point = self._last("numbers", key, user, at, known)
        return point.number if isinstance(point, NumberPoint) else None

    def renumbered(self, key: int) -> frozenset[str]:
        """Return the users whose number ever changed."""
        return frozenset(name for (name,) in self._rows("renumbered", {"key": key}))

    def hands_may_have_changed(self, key: int) -> bool:
        """Tell whether any user was ever renumbered or removed."""
        return bool(self._rows("any_hands", {"key": key}))

    def numbered(self, key: int, number: str, at: datetime, known: int) -> list[str]:
        """Return the users who had a number at an instant, by name."""
        names = sorted(name for (name,) in self._rows("numbered", {"key": key, "number": number}))
        return [name for name in names if self.number_at(key, name, at, known) == number]

    def once_numbered(self, key: int, number: str, known: int) -> list[str]:
        """Return the user who had a number last of all that was known at a position, or nobody."""
        found = [
            (point.at, point.position, point.user)
            for (name,) in self._rows("numbered", {"key": key, "number": number})
            for point in self.number_points(key, name, known)
            if point.number == number
        ]
        return [max(found)[2]] if found else []

    def seats(self, key: int, at: datetime, known: int) -> list[SeatRow]:
        """Return every extension that existed at an instant, with its base in force and who was seated there."""
        way = self._way(at, known)
        rows = self._rows(f"seats_{way}", {"key": key, "at": to_micros(at), "known": known})
        found = [_seat_row(row) for row in rows]
        if way != "now":
            found += self._corrected_seats(key, at, known)
            found.sort(key=lambda seat: seat.extension_id)
            former = {row[0]: row[1:] for row in self._rows("former_extensions", {"key": key, "known": known})}
            for place, seat in enumerate(found):
                if seat.extension_id in former:
                    module, port, kind, label = former[seat.extension_id]
                    found[place] = replace(seat, module=module, port=port, kind=kind, label=label)
        renumbered = self.renumbered(key)
        for place, seat in enumerate(found) if renumbered else ():
            if seat.user in renumbered:
                found[place] = replace(seat, number=self.number_at(key, seat.user, at, known))
        return found

    def _way(self, at: datetime, known: int) -> str:
        """Return how to look for the last points of a whole system (see `LAST`)."""
        if known >= self.head().position:
            return "now"
        row = self._row("recorded_at", position=known)
        return "by" if row is None or to_micros(at) >= row[0] else "then"

    def _corrected_seats(self, key: int, at: datetime, known: int) -> Iterator[SeatRow]:
        """Yield the rows of the extensions that corrections took something off: few, each looked at by itself."""
        for (i,) in self._rows("corrected_extensions", {"key": key}):
            seat, base = self._last("seats", key, i, at, known), self._last("bases", key, i, at, known)
            if isinstance(seat, SeatPoint) and isinstance(base, BasePoint) and not seat.gone:
                extension = self.extension(key, i)
                assert extension is not None
                yield SeatRow(
                    extension_id=i,
                    module=extension.module,
                    port=extension.port,
                    kind=extension.kind,
                    label=extension.label,
                    base=base.base,
                    base_batch=base.batch,
                    base_position=base.position,
                    user=seat.user,
                    since=seat.at,
                    position=seat.position,
                    number=seat.number,
                )

    def off_the_air(self, key: int, at: datetime, known: int) -> list[str]:
        """Return every user who existed at an instant and was seated nowhere, by name."""
        way = self._way(at, known)
        about = {"key": key, "at": to_micros(at), "known": known}
        if way == "now":
            return [name for (name,) in self._rows("off_the_air", about)]
        found = [row[0] for row in self._rows(f"places_{way}", about) if row[5] is None]
        for (name,) in self._rows("corrected_users", {"key": key}):
            point = self._last("places", key, name, at, known)
            if isinstance(point, PlacePoint) and point.extension_id is None and not point.gone:
                found.append(name)
        return sorted(found)

    def moved_on(self, key: int, at: datetime, without: Collection[int] = ()) -> dict[str, Mark]:
        """Return the numbers that changed hands or desks after an instant, with the last fact that did it.

        What the facts at the positions `without` did does not count: they are being taken away.
        """
        about = {"key": key, "at": to_micros(at)}
        changed = [*self._rows("desks_moved_on", about), *self._rows("hands_moved_on", about)]
        changed += [(number, None, *when) for number, *when in self._rows("desks_removed", about)]
        changed += [(number, None, *when) for number, *when in self._rows("hands_removed", about)]
        last: dict[str, tuple[int, int]] = {}
        for one, other, when, position in changed:
            for number in (one, other) if position not in without else ():
                if number is not None:
                    last[number] = max(last.get(number, (0, 0)), (when, position))
        facts = self.facts_at({position for _, position in last.values()})
        return {n: Mark(from_micros(when), position, facts[position].name) for n, (when, position) in last.items()}

    # --- a whole system over a span of time ---------------------------------------------------------------

    def all_points(self, pile: Pile, key: int, start: datetime, end: datetime, known: int) -> list[Point]:
        """Return, of every extension or user, the point in force at `start`, and those up to `end` that last."""
        way = "now" if known >= self.head().position else "then"
        about = {"key": key, "start": to_micros(start), "end": to_micros(end), "known": known}
        return [point_of(pile, row) for row in self._rows(f"{pile}_all_{way}", about)]

    def all_extensions(self, key: int, known: int) -> list[Extension]:
        """Return every extension there is or was, by id, called as it was at a position."""
        former = {row[0]: row for row in self._rows("former_extensions", {"key": key, "known": known})}
        rows = self._rows("extensions", {"key": key})
        found = [extension_of((*former[row[0]], *row[5:]) if row[0] in former else row) for row in rows]
        return sorted(found, key=lambda extension: extension.extension_id)

    def everybody(self, key: int, known: int) -> list[User]:
        """Return every user there is or was, by name, with the full name and flags they had at a position."""
        former = {row[0]: row for row in self._rows("former_users", {"key": key, "known": known})}
        rows = self._rows("users", {"key": key})
        found = [user_of((*row[:2], *former[row[0]][1:], *row[5:]) if row[0] in former else row) for row in rows]
        return sorted(found, key=lambda user: user.name)

    def all_batches(self, key: int, known: int) -> list[Batch]:
        """Return every batch, oldest first, as it was known to be at a position."""
        found = {b.number: b for b in self._batches(key, "batches_all", "changes_all", {"key": key, "known": known})}
        former = {row[0]: row for row in self._rows("former_batches", {"key": key, "known": known})}
        for number, batch in found.items():
            then = replace(batch, reversed_by=tuple(n for n in batch.reversed_by if n in found))
            found[number] = as_it_was(then, former[number][1:]) if number in former else then
        return list(found.values())

    # --- what a correction looks back at ------------------------------------------------------------------

    def points_from(self, pile: Pile, key: int, of: int | str, position: int) -> list[Point]:
        """Return the standing points of an extension or user recorded at a position or later, in order."""
        rows = self._rows(f"{pile}_from", {"key": key, "of": of, "position": position})
        return [point_of(pile, row) for row in rows]

    def point(self, pile: Pile, key: int, of: int | str, position: int) -> Point:
        """Return the point that the fact at a position left."""
        row = self._row(f"{pile}_at", key=key, of=of, position=position)
        assert row is not None, f"event {position} is referred to and must have left a point"
        return point_of(pile, row)

    def restarts_after(self, key: int, position: int) -> list[int]:
        """Return the positions of the restarts that stand after a position."""
        return [p for (p,) in self._rows("restarts_after", {"key": key, "position": position})]

    def restart_before(self, key: int, position: int) -> int | None:
        """Return the position of the last restart that stands before a position, or None."""
        row = self._row("restart_before", key=key, position=position)
        return row[0] if row is not None else None

    def settled_between(self, key: int, first: int, last: int) -> list[tuple[int, int]]:
        """Return the batches that a fact from `first` to `last` settled, with the position of the fact."""
        return [(n, p) for n, p in self._rows("settled_by", {"key": key, "first": first, "last": last})]

    def corrections_of(self, first: int, last: int) -> dict[int, int]:
        """Return which facts from `first` to `last` were corrected, and by which event."""
        return dict(self._rows("corrections_between", {"first": first, "last": last}))

    def taken_off(self, pile: Pile, key: int, of: int | str, start: datetime, end: datetime) -> list[tuple[int, int]]:
        """Return the facts of a time whose points a correction took off: their positions, and the correction's."""
        about = {"key": key, "of": of, "start": to_micros(start), "end": to_micros(end)}
        return [(position, by) for position, by in self._rows(f"{pile}_taken_off", about)]

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

    def facts_at(self, positions: Iterable[int]) -> dict[int, Fact]:
        """Return the events at these positions."""
        rows = [row for p in sorted(positions) for row in self._rows("facts_at", {"position": p})]
        return {row[0]: fact_of(row) for row in rows}

    def facts_before(self, position: int) -> Iterator[Fact]:
        """Return every recorded event before a position, newest first, a few at a time."""
        while rows := self._rows("facts_before", {"before": position, "limit": _FEW}):
            yield from map(fact_of, rows)
            position = rows[-1][0]

    def facts_of_batch(self, key: int, batch: int, before: int) -> Iterator[Fact]:
        """Return the events of a batch before a position, newest first, a few at a time."""
        wanted = LogFilter(system=key, batch=batch, before=before, limit=_FEW)
        while found := self.log(wanted):
            yield from found
            wanted = replace(wanted, before=found[-1].position)

    def last_recorded_by(self, at: datetime) -> int:
        """Return the last position recorded at or before an instant (0: none): times never decrease with positions."""
        low, high, micros = 0, self.head().position, to_micros(at)
        while low < high:
            middle = (low + high + 1) // 2
            row = self._row("recorded_at", position=middle)
            assert row is not None, "positions have no gap"
            low, high = (middle, high) if row[0] <= micros else (low, middle - 1)
        return low

    def facts(self, *, after: int = 0) -> Iterator[Fact]:
        """Return every recorded event after a position, oldest first, a page at a time."""
        while rows := self._rows("facts", {"after": after, "limit": PAGE}):
            yield from map(fact_of, rows)
            after = rows[-1][0]

    # --- the events as they lie there ---------------------------------------------------------------------

    def rows(self, *, after: int = 0) -> Iterator[list[Row]]:
        """Return every stored event after a position as it lies there, oldest first, a page at a time."""
        while found := self._rows("rows", {"after": after, "limit": PAGE}):
            yield [(p, stream, v, name, at, role, bytes(state)) for p, stream, v, name, at, role, state in found]
            after = found[-1][0]

    def fact(self, row: Row) -> Fact:
        """Return the fact that a stored event is. Raises `UnreadableEvent`."""
        position, stream, version, name, recorded_at, _, state = row
        return payload.decode(position, stream, version, name, state, recorded_at)

    def counted(self) -> int:
        """Return how many stored events there are, whatever their positions."""
        ((count,),) = self._rows("counted", {})
        return int(count)

    def rows_at(self, positions: Iterable[int]) -> list[Row]:
        """Return the stored events at these positions as they lie there, in order."""
        found = [row for p in sorted(positions) for row in self._rows("row_at", {"position": p})]
        return [(p, stream, v, name, at, role, bytes(state)) for p, stream, v, name, at, role, state in found]

    def frontier(self) -> bytes:
        """Return what the tree goes on from, as the head keeps it."""
        ((frontier,),) = self._rows("frontier", {})
        return bytes(frontier)

    def node(self, level: int, place: int) -> bytes:
        """Return the hash of a node of the tree; a low one is hashed anew from the events under it."""
        if level >= KEPT_FROM:
            row = self._row("tree_node", level=level, place=place)
            if row is None:
                raise DamagedTree(level=level, place=place)
            return bytes(row[0])
        tile = (place << level) >> KEPT_FROM
        if tile not in self._tiles:
            self._tiles = {tile: self._tile(tile)}
        try:
            return self._tiles[tile][level, place]
        except KeyError:  # an event is missing
            raise DamagedTree(level=level, place=place) from None

    def _tile(self, tile: int) -> dict[tuple[int, int], bytes]:
        from ipo_ledger.evidence.tree import Frontier, leaf_hashes  # whoever asks who sat where needs no proof

        first = tile << KEPT_FROM
        rows = self._rows("rows", {"after": first, "limit": 1 << KEPT_FROM})
        hashes = leaf_hashes((p, s, v, name, at, role, bytes(state)) for p, s, v, name, at, role, state in rows)
        _, nodes = Frontier().grown(hashes)
        return {(level, (first >> level) + place): hash_ for level, place, hash_ in nodes}

    def kept_nodes(self, level: int, first: int, last: int) -> dict[int, bytes]:
        """Return the hashes of those nodes of a level that are kept, from place `first` to `last`."""
        rows = self._rows("kept_nodes", {"level": level, "first": first, "last": last})
        return {place: bytes(found) for place, found in rows}

    def stray_nodes(self, size: int) -> list[tuple[int, int]]:
        """Return level and place of kept nodes that a tree of so many leaves does not have, a hundred at most."""
        return [(level, place) for level, place in self._rows("stray_nodes", {"size": size, "lowest": KEPT_FROM})]

    def kept_checkpoints(self) -> list[tuple[int, str, int]]:
        """Return the checkpoints that were given out: size, signed note, when; oldest first, always in one order."""
        return [(size, note, made_at) for size, note, made_at in self._rows("kept_checkpoints", {})]

    def answers(self) -> Iterator[list[tuple[str, str, bytes]]]:
        """Return the answers that are kept, by command id, a page at a time."""
        text = "SELECT command_id, fingerprint, answer FROM {schema}answers ORDER BY command_id {bytewise}"
        for page in self._pages(text):
            yield [(command_id, fingerprint, bytes(answer)) for command_id, fingerprint, answer in page]

    def model_rows(self, table: str, columns: Sequence[str], key: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        """Return the rows of a table of the read model in order of their keys, a page at a time."""
        return self._pages(f"SELECT {', '.join(columns)} FROM {{schema}}{table} ORDER BY {', '.join(key)}")  # noqa: S608 - names of columns

    def answer_to(self, command_id: str) -> KnownAnswer | None:
        """Return the first answer given to a command id, or None."""
        row = self._row("answer", command_id=command_id)
        return KnownAnswer(row[0], bytes(row[1])) if row is not None else None


_TOUCHES = "EXISTS (SELECT 1 FROM {{schema}}changes c WHERE c.system_id = b.system_id AND c.batch = b.batch AND {})"


def _around(rows: Sequence[tuple[Any, ...]], start: int, end: int) -> list[tuple[Any, ...]]:
    """Return the rows of the last instant at or before `start`, those up to `end`, and the first after it."""
    first = max((row[1] for row in rows if row[1] <= start), default=start)
    return [row for row in rows if first <= row[1] <= end] + [row for row in rows if row[1] > end][:1]


def _seat_row(row: tuple[Any, ...]) -> SeatRow:
    return SeatRow(
        extension_id=row[0],
        module=row[1],
        port=row[2],
        kind=row[3],
        label=row[4],
        base=row[5],
        base_batch=row[6],
        base_position=row[7],
        user=row[8],
        since=from_micros(row[9]),
        position=row[10],
        number=row[11],
    )


def _condition(where: list[str], values: dict[str, Any], condition: str, **value: Any) -> None:
    """Add a condition where its value is given; the value itself always travels as a parameter."""
    ((name, given),) = value.items()
    if given is not None:
        where.append(condition)
        values[name] = given


def _micros(at: datetime | None) -> int | None:
    return to_micros(at) if at is not None else None

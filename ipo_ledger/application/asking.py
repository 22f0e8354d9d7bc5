"""How a question about one system is put: which system, which time, and as known when.

"As known" always means a position. A time is turned into the last position recorded at or before it; settings and
time zone are then those known at that position, so that an answer once given never changes.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from ipo_ledger.application.naming import system_called
from ipo_ledger.application.refusals import NotKnownThen, NotYetKnown, UnknownPosition
from ipo_ledger.domain.moments import Day, Instant, When, iso, read_when, zone_of
from ipo_ledger.domain.refusals import NothingKnown, NothingKnownYet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ipo_ledger.application.ports.reading import Reading
    from ipo_ledger.application.ports.rows import SystemRow
    from ipo_ledger.application.ports.store import Store

KnownAt: TypeAlias = int | str | datetime | None
"""A position, or a time (text or an aware datetime) that stands for the last position by then; None: now."""

MOMENT = timedelta(microseconds=1)
_POSITION = re.compile(r"[0-9]{1,18}", re.ASCII)


class Look(Struct, frozen=True):
    """One consistent look at a system. `known` is the last position taken into account; `asked` None: all there is."""

    reading: Reading
    row: SystemRow
    zone: ZoneInfo
    known: int
    asked: int | None

    @property
    def key(self) -> int:
        """Return the system's short name in the read model."""
        return self.row.key

    def when(self, on: str | datetime) -> When:
        """Return what is meant by a date or time, read in the system's zone."""
        return Instant(on) if isinstance(on, datetime) else read_when(on, self.zone, self.reading.now())

    def instant(self, on: str | datetime) -> datetime:
        """Return an instant; a whole day is taken as it ended, or as it is now while it lasts.

        As known at a position it is taken as it ends, so that the answer stays the same when it has ended.
        """
        match self.when(on):
            case Day(_, _, end):
                last = end - MOMENT
                return last if self.asked is not None else min(last, self.reading.now())
            case Instant(at):
                return at

    def refuse_before(self, end: datetime, first: datetime | None, what: str) -> None:
        """Raise `NotKnownThen` where nothing is known of it, `NothingKnown` where nothing is so early."""
        if first is None:
            raise NotKnownThen(what=what, known_at=self.known)
        if end < first:
            raise NothingKnown(what=what, since=iso(first, self.zone))


def span(when: When) -> tuple[datetime, datetime]:
    """Return the first and the last instant asked about; an instant includes what happened at it."""
    match when:
        case Day(_, start, end):
            return start, end - MOMENT
        case Instant(at):
            return at, at


def on(when: When, zone: ZoneInfo) -> str:
    """Return a time asked about as it stands in an answer."""
    return when.date.isoformat() if isinstance(when, Day) else iso(when.at, zone)


@contextmanager
def look(store: Store, name: str, known_at: KnownAt, *, needs_baseline: bool = True) -> Iterator[Look]:
    """Look at a system as it is known now, or was at `known_at`.

    Raises `UnknownPosition`, `NotYetKnown`, `NotKnownThen`, or what an unknown system raises.
    """
    until = _time_of(store, name, known_at)
    if until is not None:
        with store.reading() as reading:
            behind = until > reading.head().recorded_at
        if behind:  # what is being appended this moment may still be stamped with an earlier time
            store.wait_for_writers()
    with store.reading() as reading:
        row = system_called(reading, name)
        last = reading.head().position
        asked = _position(known_at) if until is None else reading.last_recorded_by(until)
        if asked is not None and asked > last:  # what will be known at a later position is not known yet
            raise UnknownPosition(asked=asked, last=last)
        if needs_baseline and row.known_since is None:
            raise NothingKnownYet(system=row.name)
        if asked is not None:
            if asked < row.key:
                raise NotKnownThen(what=f"system {row.name}", known_at=asked)
            row = replace(row, settings=reading.settings(row.key, asked) or row.settings)
        known = last if asked is None else asked
        yield Look(reading, row, zone_of(row.settings.timezone), known, asked)


def as_position(known_at: KnownAt) -> int | None:
    """Return the position that is asked for, or None where it is none that there can be."""
    if isinstance(known_at, int):
        return known_at if known_at >= 0 else None
    return int(known_at) if isinstance(known_at, str) and _POSITION.fullmatch(known_at) else None


def _position(known_at: KnownAt) -> int | None:
    if known_at is None or isinstance(known_at, int):
        if known_at is not None and known_at < 0:
            raise UnknownPosition(asked=known_at, last="0 or later")
        return known_at
    return int(str(known_at)) if _POSITION.fullmatch(str(known_at)) else None


def _time_of(store: Store, name: str, known_at: KnownAt) -> datetime | None:
    """Return the instant that is meant, or None for a position; a whole day is taken as it ended."""
    if known_at is None or isinstance(known_at, int) or _position(known_at) is not None:
        return None
    with store.reading() as reading:
        row = system_called(reading, name)
        zone, now = zone_of(row.settings.timezone), reading.now()
    when: When = Instant(known_at) if isinstance(known_at, datetime) else read_when(known_at, zone, now)
    at = min(when.end - MOMENT, now) if isinstance(when, Day) and when.start <= now else span(when)[1]
    if at > now:
        raise NotYetKnown(at=iso(at, zone), now=iso(now, zone))
    return at

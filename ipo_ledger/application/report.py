"""Everything about one system over a span of time, from one look at the ledger: what a report is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from ipo_ledger.application import answers as a
from ipo_ledger.application import telling_batches
from ipo_ledger.application.asking import MOMENT, KnownAt, Look, look
from ipo_ledger.application.handle import Handle
from ipo_ledger.application.refusals import BadArgument, NotKnownThen
from ipo_ledger.domain.moments import EARLIEST, Day, iso, local
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.rollback import is_live
from ipo_ledger.domain.trail import BasePoint, NumberPoint, PlacePoint, Point, SeatPoint

_STEP = timedelta(hours=6)  # clocks are changed more seldom than that
_SECOND = timedelta(seconds=1)


class ReportedExtension(Struct, frozen=True, kw_only=True):
    """One extension and its points, oldest first: the ones in force when the span begins, and those within it."""

    extension_id: int
    module: str
    port: int
    label: str | None
    seats: tuple[SeatPoint, ...]
    bases: tuple[BasePoint, ...]


class ReportedUser(Struct, frozen=True, kw_only=True):
    """One user and their points, likewise."""

    name: str
    full_name: str | None
    places: tuple[PlacePoint, ...]
    numbers: tuple[NumberPoint, ...]


class ReportedBatch(Struct, frozen=True, kw_only=True):
    """One batch: whether it is live, the batches in effect that reverse it, and what it waits for."""

    batch: Batch
    live: bool
    reversed_by: tuple[int, ...]
    pending: tuple[a.PendingAnswer, ...]


class ClockChange(Struct, frozen=True):
    """From `at` on the clocks of the zone are `offset` ahead of UTC, which is called `name`."""

    at: datetime
    offset: timedelta
    name: str


class Report(Struct, frozen=True, kw_only=True):
    """One system from `start` to `end`, both included, as known at `position`.

    `known_at` is the position that was asked for (None: all there is). Only points that last are there: of several
    at one instant the last. `clocks` are those of the zone, from the first time in the report to its end.
    """

    system: str
    release: str
    timezone: str
    logout_code: str
    start: datetime
    end: datetime
    known_at: int | None
    position: int
    recorded_at: datetime
    clocks: tuple[ClockChange, ...]
    extensions: tuple[ReportedExtension, ...]
    users: tuple[ReportedUser, ...]
    batches: tuple[ReportedBatch, ...]


class Reports(Handle):
    """What a system can be asked for as a whole."""

    def report_data(
        self,
        from_: str | datetime | None = None,
        to: str | datetime | None = None,
        known_at: KnownAt = None,
    ) -> Report:
        """Return a system over a span of time, by default from the first thing known of it to now.

        As known at an earlier position it ends, by default, when that was recorded: asked again, it is the same.
        A day is taken whole. Raises `BadArgument` where the span is none, `NothingKnown` where nothing is so early.
        """
        with look(self._store, self.name, known_at) as at:
            recorded_at = _recorded_at(at)
            start, end = _span(at, from_, to, recorded_at)
            at.refuse_before(end, at.row.known_since, at.row.name)
            extensions, users = _extensions(at, start, end), _users(at, start, end)
            if not extensions:
                raise NotKnownThen(what=f"system {at.row.name}", known_at=at.known)
            first = min(point.at for x in extensions for point in x.seats)
            if end < first:
                at.refuse_before(end, first, at.row.name)
            start = max(start, first)
            named = {p.batch for x in extensions for p in x.seats} | {p.batch for x in extensions for p in x.bases}
            batches = _batches(at, start, end, named)
            times = [p.at for u in users for p in u.places] + [t for b in batches for t in _times(b.batch)]
            return Report(
                system=at.row.name,
                release=at.row.settings.release,
                timezone=at.row.settings.timezone,
                logout_code=at.row.settings.logout_code,
                start=start,
                end=end,
                known_at=at.asked,
                position=at.known,
                recorded_at=recorded_at,
                clocks=tuple(clock_changes(at.zone, min(first, recorded_at, *times), max(end, recorded_at))),
                extensions=extensions,
                users=users,
                batches=batches,
            )


def clock_changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[ClockChange]:
    """Yield what the clocks of a zone show at `start`, and each change of theirs until `end`."""
    now = _clock(zone, start)
    yield ClockChange(start, *now)
    at = start.replace(microsecond=0)
    while at < end:
        then = at + _STEP
        if _clock(zone, then) != now:
            steps = range(_STEP // _SECOND + 1)
            low, high = 0, len(steps) - 1
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _clock(zone, at + middle * _SECOND) == now else (low, middle)
            then = at + high * _SECOND
            now = _clock(zone, then)
            yield ClockChange(then, *now)
        at = then


def _clock(zone: ZoneInfo, at: datetime) -> tuple[timedelta, str]:
    there = local(at, zone)
    return there.utcoffset() or timedelta(), there.tzname() or ""


def _recorded_at(at: Look) -> datetime:
    recorded = at.reading.facts_at([at.known])[at.known].recorded_at
    assert recorded is not None
    return recorded


def _span(
    at: Look, from_: str | datetime | None, to: str | datetime | None, recorded_at: datetime
) -> tuple[datetime, datetime]:
    now = at.reading.now()
    start = EARLIEST
    if from_ is not None:
        when = at.when(from_)
        start = when.start if isinstance(when, Day) else when.at
    end = recorded_at if at.asked is not None else now
    if to is not None:
        when = at.when(to)
        end = when.end - MOMENT if isinstance(when, Day) else when.at
    end = min(end, max(now, recorded_at))
    if start > end:
        why = f"it would begin at {iso(start, at.zone)}, and end at {iso(end, at.zone)}, before that"
        raise BadArgument(what="report", why=why)
    return start, end


def _extensions(at: Look, start: datetime, end: datetime) -> tuple[ReportedExtension, ...]:
    seats = _by(at.reading.all_points("seats", at.key, start, end, at.known))
    bases = _by(at.reading.all_points("bases", at.key, start, end, at.known))
    return tuple(
        ReportedExtension(
            extension_id=x.extension_id,
            module=x.module,
            port=x.port,
            label=x.label,
            seats=tuple(seats[x.extension_id]),
            bases=tuple(bases.get(x.extension_id, ())),
        )
        for x in at.reading.all_extensions(at.key, at.known)
        if any(not point.gone for point in seats.get(x.extension_id, ()))
    )


def _users(at: Look, start: datetime, end: datetime) -> tuple[ReportedUser, ...]:
    places = _by(at.reading.all_points("places", at.key, start, end, at.known))
    numbers = _by(at.reading.all_points("numbers", at.key, start, end, at.known))
    return tuple(
        ReportedUser(
            name=user.name,
            full_name=user.full_name,
            places=tuple(places[user.name]),
            numbers=tuple(numbers.get(user.name, ())),
        )
        for user in at.reading.everybody(at.key, at.known)
        if any(not point.gone for point in places.get(user.name, ()))
    )


def _by(points: Iterable[Point]) -> dict[int | str, list[Any]]:
    """Return points by the extension or the user they are of."""
    found: dict[int | str, list[Any]] = {}
    for point in points:
        of = point.extension_id if isinstance(point, SeatPoint | BasePoint) else point.user
        found.setdefault(of, []).append(point)
    return found


def _batches(at: Look, start: datetime, end: datetime, named: set[int | None]) -> tuple[ReportedBatch, ...]:
    """Return the batches of a span, oldest first: something of them is in it, or they are open, or points name them."""
    past = _Past(at.reading.all_batches(at.key, at.known))
    system = at.reading.system(at.row.name, at.asked)
    assert system is not None
    return tuple(
        ReportedBatch(
            batch=batch,
            live=is_live(past, batch),
            reversed_by=tuple(n for n in batch.reversed_by if is_live(past, past.batch(n))),
            pending=telling_batches.pending(system, system.open[batch.number]) if batch.number in system.open else (),
        )
        for batch in past.batches
        if batch.number in named
        or (batch.opened_at <= end and (batch.number in system.open or any(t >= start for t in _times(batch))))
    )


def _times(batch: Batch) -> list[datetime]:
    sent = [send.at for send in batch.sends]
    return [t for t in (batch.opened_at, *sent, batch.in_force_at, batch.settled_at) if t is not None]


class _Past:
    """Every batch of a system, read at once."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self.batches = batches
        self._by_number = {batch.number: batch for batch in batches}

    def batch(self, number: int) -> Batch:
        return self._by_number[number]

    def connected_after(self, batch: Batch) -> list[Batch]:
        later = [other for other in self.batches if other.in_force and other.order > batch.order]
        return sorted(later, key=lambda other: other.order)

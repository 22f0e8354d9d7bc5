"""The questions about one system, by the names they have on the command line. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ipo_ledger.application import answers as a
from ipo_ledger.application import graphs, listing, sheets, telling
from ipo_ledger.application.handle import Handle
from ipo_ledger.application.naming import batch_known, extension_known, system_called, user_known
from ipo_ledger.application.ports import Reading, SystemRow
from ipo_ledger.application.recording import StoredPast
from ipo_ledger.application.refusals import BadArgument, UnknownPosition
from ipo_ledger.domain import baseline
from ipo_ledger.domain.batch import cycles
from ipo_ledger.domain.moments import Day, Instant, When, describe, iso, local, read_when, zone_of
from ipo_ledger.domain.records import Batch, Change
from ipo_ledger.domain.refusals import NothingKnown, NothingKnownYet
from ipo_ledger.domain.rollback import is_live, rest_of

_MOMENT = timedelta(microseconds=1)


class Questions(Handle):
    """What can be asked of one system. Times are read in its time zone, and answered in it."""

    def info(self) -> a.SystemAnswer:
        """Return the system's settings and counts."""
        with self._looking(needs_baseline=False) as (_, row, zone):
            return telling.system_answer(row, zone)

    def who(self, extension: int | str, *, on: str | datetime = "now", known_at: int | None = None) -> a.Who:
        """Return every stay at an extension on a day or at an instant, vacant times included.

        Raises `NothingKnown` for a time before the first thing known of it.
        """
        with self._looking() as (reading, row, zone):
            found = extension_known(reading, row, extension)
            when, known = _when(on, zone, reading), _known(known_at, reading)
            start, end = _span(when)
            first = reading.first_seat(row.key, found.extension_id)
            _refuse_before(end, first, f"extension {found.extension_id}", zone)
            points = reading.seat_points(row.key, found.extension_id, start, end, known)
            stays = [
                a.WhoStay(
                    user=point.user,
                    number=point.number,
                    from_=local(point.at, zone),
                    to=telling.local_or_none(until, zone),
                    cause=point.cause,
                    batch=telling.batch_id(point.batch),
                    ended=next_.cause if next_ is not None else None,
                )
                for point, until, next_ in listing.stays(points, start, end)
            ]
            return a.Who(
                system=row.name,
                extension_id=found.extension_id,
                module=found.module,
                port=found.port,
                label=found.label,
                on=_on(when, zone),
                read_as=describe(when, zone),
                known_at=known_at,
                stays=tuple(stays),
            )

    def where(self, user: str, *, on: str | datetime = "now", known_at: int | None = None) -> a.Where:
        """Return every stay of a person on a day or at an instant, off-the-air times included."""
        with self._looking() as (reading, row, zone):
            found = user_known(reading, row, str(user))
            when, known = _when(on, zone, reading), _known(known_at, reading)
            start, end = _span(when)
            _refuse_before(end, reading.first_place(row.key, found.name), f"user {found.name}", zone)
            points = reading.place_points(row.key, found.name, start, end, known)
            stays = []
            for point, until, next_ in listing.stays(points, start, end):
                at = reading.extension(row.key, point.extension_id) if point.extension_id is not None else None
                stays.append(
                    a.WhereStay(
                        extension_id=point.extension_id,
                        module=at.module if at is not None else None,
                        port=at.port if at is not None else None,
                        label=at.label if at is not None else None,
                        from_=local(point.at, zone),
                        to=telling.local_or_none(until, zone),
                        cause=point.cause,
                        batch=telling.batch_id(point.batch),
                        ended=next_.cause if next_ is not None else None,
                    )
                )
            return a.Where(
                system=row.name,
                user=found.name,
                number=reading.number_at(row.key, found.name, end, known),
                full_name=found.full_name,
                on=_on(when, zone),
                read_as=describe(when, zone),
                known_at=known_at,
                stays=tuple(stays),
            )

    def seats(self, *, on: str | datetime = "now", known_at: int | None = None) -> a.Seats:
        """Return the whole system at an instant; a whole day is taken as it ended (or is now, while it lasts)."""
        with self._looking() as (reading, row, zone):
            when, known = _when(on, zone, reading), _known(known_at, reading)
            at = min(when.end - _MOMENT, reading.now()) if isinstance(when, Day) else when.at
            _refuse_before(at, row.known_since, row.name, zone)
            seats = tuple(
                a.Seat(
                    extension_id=seat.extension.extension_id,
                    module=seat.extension.module,
                    port=seat.extension.port,
                    label=seat.extension.label,
                    base_extension=seat.base,
                    user=seat.user,
                    number=seat.number,
                    since=local(seat.since, zone),
                )
                for seat in reading.seats(row.key, at, known)
            )
            return a.Seats(
                system=row.name,
                on=iso(at, zone),
                read_as=describe(Instant(at), zone),
                known_at=known_at,
                seats=seats,
                off_the_air=tuple(reading.off_the_air(row.key, at, known)),
            )

    def status(self) -> a.StatusAnswer:
        """Return what is going on now: drafts, sent batches and what they wait for, who is off the air."""
        with self._looking(needs_baseline=False) as (reading, row, zone):
            system = reading.system(row.name)
            assert system is not None
            open_batches = sorted(system.open.values(), key=lambda b: b.number)
            return a.StatusAnswer(
                system=row.name,
                drafts=tuple(
                    a.DraftStatus(
                        batch=b.name,
                        title=b.title,
                        opened_at=local(b.opened_at, zone),
                        actor=b.actor,
                        reason=b.reason,
                        reverses=telling.batch_ids(b.reverses),
                        changes=telling.changes(b.changes.values()),
                        conflicts=telling.conflicts(system, b),
                    )
                    for b in open_batches
                    if b.status == "draft"
                ),
                sent=tuple(
                    a.SentStatus(
                        batch=b.name,
                        title=b.title,
                        sent_at=local(b.sends[-1].at, zone),
                        mode=b.sends[-1].mode,
                        waits_for_restart=b.waits_for_restart,
                        pending=telling.pending(system, b),
                    )
                    for b in open_batches
                    if b.status == "sent"
                ),
                off_the_air=tuple(sorted(u.name for u in system.users.values() if u.extension_id is None)),
                vacant=tuple(sorted(x.extension_id for x in system.extensions.values() if x.user is None)),
            )

    def show(self, batch: str) -> a.Shown:
        """Return everything about one batch. Raises `UnknownBatch`."""
        with self._looking(needs_baseline=False) as (reading, row, zone):
            found = batch_known(reading, row, batch)
            system = reading.system(row.name)
            assert system is not None
            past = StoredPast(reading, row.key)
            live = [n for n in found.reversed_by if is_live(past, past.batch(n))]
            rest = rest_of(past, found) if found.in_force else list(found.changes.values())
            return a.Shown(
                system=row.name,
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
                conflicts=telling.conflicts(system, found),
                sends=_sends(found, zone),
                pending=telling.pending(system, system.open.get(found.number, found)),
            )

    def sheet(self, batch: str) -> a.Sheet:
        """Return the work order of a batch: what to type in Manager, who dials what where, what E911 has to learn.

        A draft's is what will have to be done; a sent batch's is what still has to be, as people sit now.
        """
        with self._looking() as (reading, row, _):
            found = batch_known(reading, row, batch)
            system = reading.system(row.name)
            assert system is not None
            return sheets.sheet(system, found)

    def rollback_graph(self, batch: str) -> a.Graph:
        """Return a batch and the later ones that build on it, as fields, DOT and Mermaid text."""
        with self._looking() as (reading, row, _):
            found = batch_known(reading, row, batch)
            return graphs.graph(row.name, StoredPast(reading, row.key), found)

    def batches(self, **wanted: Any) -> a.BatchList:
        """Return batches, newest first: by `status`, `user`, `extension`, `actor`, `since`, `until`.

        `limit` at most 1000 (default 50); `before` a batch id goes on where a page ended.
        """
        with self._looking(needs_baseline=False) as (reading, row, zone):
            return listing.batches(reading, row, zone, wanted)

    def log(self, **wanted: Any) -> a.Log:
        """Return recorded events, newest first: by `user`, `extension`, `batch`, `actor`, `since`, `until`.

        `limit` at most 1000 (default 50); `before` a position goes on where a page ended.
        """
        with self._looking(needs_baseline=False) as (reading, row, zone):
            return listing.log(reading, row, zone, wanted)

    def history(self, *, user: str | None = None, extension: int | str | None = None, **wanted: Any) -> a.History:
        """Return what happened to one user or one extension, newest first, with why; paging as in `log`."""
        if (user is None) == (extension is None):
            raise BadArgument(what="history", why="name one user or one extension")
        with self._looking() as (reading, row, zone):
            return listing.history(reading, row, zone, user=user, extension=extension, wanted=wanted)

    def check(self, *paths: str | Path, mapping: str | Path | None = None) -> a.Checked:
        """Return what differs between fresh export files and the base extensions in force."""
        files = [Path(path) for path in paths]
        if not files:
            raise BadArgument(what="check", why="it needs at least one export file")
        site = self._read_exports(files, Path(mapping) if mapping is not None else None)
        said = site.extensions
        if said is None:
            raise BadArgument(what="check", why="these files say nothing of extensions")
        with self._looking() as (reading, row, _):
            system = reading.system(row.name)
            assert system is not None
        there = {s.extension_id for s in said}
        unknown = tuple(sorted(there - system.extensions.keys()))
        missing = tuple(sorted(system.extensions.keys() - there))
        found = baseline.drift(system, said)
        return a.Checked(
            system=row.name,
            agrees=not (found or unknown or missing),
            compared=len(there & system.extensions.keys()),
            drift=tuple(a.DriftAnswer(extension_id=d.extension_id, ledger=d.ledger, export=d.export) for d in found),
            unknown_extensions=unknown,
            missing_extensions=missing,
        )

    @contextmanager
    def _looking(self, *, needs_baseline: bool = True) -> Iterator[tuple[Reading, SystemRow, ZoneInfo]]:
        with self._store.reading() as reading:
            row = system_called(reading, self.name)
            if needs_baseline and row.known_since is None:
                raise NothingKnownYet(system=row.name)
            yield reading, row, zone_of(row.settings.timezone)


def _when(on: str | datetime, zone: ZoneInfo, reading: Reading) -> When:
    if isinstance(on, datetime):
        return Instant(on)
    return read_when(on, zone, reading.now())


def _on(when: When, zone: ZoneInfo) -> str:
    return when.date.isoformat() if isinstance(when, Day) else iso(when.at, zone)


def _known(known_at: int | None, reading: Reading) -> int:
    last = reading.head().position
    if known_at is None:
        return last
    if not 0 <= known_at <= last:  # what will be known at a later position is not known yet
        raise UnknownPosition(asked=known_at, last=last)
    return known_at


def _span(when: When) -> tuple[datetime, datetime]:
    """Return the first and the last instant asked about; an instant includes what happened at it."""
    match when:
        case Day(_, start, end):
            return start, end - _MOMENT
        case Instant(at):
            return at, at


def _refuse_before(end: datetime, first: datetime | None, what: str, zone: ZoneInfo) -> None:
    if first is None or end < first:
        since = iso(first, zone) if first is not None else "anything was recorded"
        raise NothingKnown(what=what, since=since)


def _cycles(changes: list[Change]) -> tuple[tuple[str, ...], ...]:
    found = cycles(changes)
    return tuple(tuple(sorted({n for c in cycle for n in (c.old, c.new) if n is not None})) for cycle in found)


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

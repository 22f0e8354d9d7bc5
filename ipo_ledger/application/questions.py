"""The questions about one system, by the names they have on the command line. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ipo_ledger.application import answers as a
from ipo_ledger.application import asking, differences, graphs, listing, sheets, telling
from ipo_ledger.application.asking import MOMENT, KnownAt, look, span
from ipo_ledger.application.handle import Handle
from ipo_ledger.application.naming import batch_known, extension_then, user_then
from ipo_ledger.application.recording import StoredPast
from ipo_ledger.application.refusals import BadArgument
from ipo_ledger.domain import baseline
from ipo_ledger.domain.batch import cycles
from ipo_ledger.domain.moments import Instant, describe, iso, local
from ipo_ledger.domain.records import Batch, Change, numbers_in
from ipo_ledger.domain.refusals import Removed
from ipo_ledger.domain.rollback import is_live, rest_of
from ipo_ledger.domain.system import System
from ipo_ledger.domain.trail import PlacePoint, SeatPoint


class Questions(Handle):
    """What can be asked of one system. Times are read in its time zone, and answered in it."""

    def info(self) -> a.SystemAnswer:
        """Return the system's settings and counts."""
        with look(self._store, self.name, None, needs_baseline=False) as at:
            return telling.system_answer(at.row, at.zone)

    def who(self, extension: int | str, *, on: str | datetime = "now", known_at: KnownAt = None) -> a.Who:
        """Return every stay at an extension on a day or at an instant, vacant times included.

        Raises `NothingKnown` for a time before the first thing known of it, `Removed` for one after its removal.
        """
        with look(self._store, self.name, known_at) as at:
            found = extension_then(at.reading, at.row, extension, at.asked)
            when = at.when(on)
            start, end = span(when)
            what = f"extension {found.extension_id}"
            at.refuse_before(end, at.reading.first_seat(at.key, found.extension_id, at.known), what)
            points = at.reading.seat_points(at.key, found.extension_id, start, end, at.known)
            refuse_removed(points, start, end, what, at.zone)
            renumbered = at.reading.renumbered(at.key)
            stays = [
                a.WhoStay(
                    user=point.user,
                    number=(
                        at.reading.number_at(at.key, point.user, _end_of(until, end), at.known)
                        if point.user is not None and point.user in renumbered
                        else point.number
                    ),
                    from_=local(point.at, at.zone),
                    to=telling.local_or_none(until, at.zone),
                    cause=point.cause,
                    batch=telling.batch_id(point.batch),
                    ended=next_.cause if next_ is not None else None,
                )
                for point, until, next_ in listing.stays(points, start, end)
            ]
            return a.Who(
                system=at.row.name,
                extension_id=found.extension_id,
                module=found.module,
                port=found.port,
                label=found.label,
                on=asking.on(when, at.zone),
                read_as=describe(when, at.zone),
                known_at=at.asked,
                stays=tuple(stays),
            )

    def where(self, user: str, *, on: str | datetime = "now", known_at: KnownAt = None) -> a.Where:
        """Return every stay of a person on a day or at an instant, off-the-air times included.

        A number is whose it was at that time. Raises as `who` does.
        """
        with look(self._store, self.name, known_at) as at:
            when = at.when(on)
            start, end = span(when)
            found = user_then(at.reading, at.row, str(user), end, at.known, asked=at.asked is not None)
            what = f"user {found.name}"
            at.refuse_before(end, at.reading.first_place(at.key, found.name, at.known), what)
            points = at.reading.place_points(at.key, found.name, start, end, at.known)
            refuse_removed(points, start, end, what, at.zone)
            stays = []
            for point, until, next_ in listing.stays(points, start, end):
                there = (
                    at.reading.extension(at.key, point.extension_id, at.known)
                    if point.extension_id is not None
                    else None
                )
                stays.append(
                    a.WhereStay(
                        extension_id=point.extension_id,
                        module=there.module if there is not None else None,
                        port=there.port if there is not None else None,
                        label=there.label if there is not None else None,
                        from_=local(point.at, at.zone),
                        to=telling.local_or_none(until, at.zone),
                        cause=point.cause,
                        batch=telling.batch_id(point.batch),
                        ended=next_.cause if next_ is not None else None,
                    )
                )
            return a.Where(
                system=at.row.name,
                user=found.name,
                number=at.reading.number_at(at.key, found.name, end, at.known),
                full_name=found.full_name,
                on=asking.on(when, at.zone),
                read_as=describe(when, at.zone),
                known_at=at.asked,
                stays=tuple(stays),
            )

    def seats(self, *, on: str | datetime = "now", known_at: KnownAt = None) -> a.Seats:
        """Return the whole system at an instant; a whole day is taken as it ended (or is now, while it lasts)."""
        with look(self._store, self.name, known_at) as at:
            instant = at.instant(on)
            at.refuse_before(instant, at.row.known_since, at.row.name)
            seats = tuple(
                a.Seat(
                    extension_id=seat.extension_id,
                    module=seat.module,
                    port=seat.port,
                    label=seat.label,
                    base_extension=seat.base,
                    user=seat.user,
                    number=seat.number,
                    since=local(seat.since, at.zone),
                )
                for seat in at.reading.seats(at.key, instant, at.known)
            )
            return a.Seats(
                system=at.row.name,
                on=iso(instant, at.zone),
                read_as=describe(Instant(instant), at.zone),
                known_at=at.asked,
                seats=seats,
                off_the_air=tuple(at.reading.off_the_air(at.key, instant, at.known)),
            )

    def diff(
        self,
        one: str | datetime,
        other: str | datetime | None = None,
        *,
        known_at: KnownAt = None,
        other_known_at: KnownAt = None,
    ) -> a.Diff:
        """Return the seats and base extensions that differ between two instants, or between two known-ats.

        Without `other` it is the same instant, as known at `known_at` and at `other_known_at`; without
        `other_known_at` both instants are as known at `known_at`. A whole day is taken as it ended.
        """
        if other is None and other_known_at is None:
            raise BadArgument(what="diff", why="give two times, or one time and two --known-at")
        before = self.seats(on=one, known_at=known_at)
        after = self.seats(
            on=one if other is None else other, known_at=known_at if other_known_at is None else other_known_at
        )
        return differences.between(before, after)

    def status(self, *, known_at: KnownAt = None) -> a.StatusAnswer:
        """Return what is going on, now or as known then: drafts, sent batches and what they wait for, who is off."""
        with look(self._store, self.name, known_at, needs_baseline=False) as at:
            zone = at.zone
            system = at.reading.system(at.row.name, at.asked)
            assert system is not None
            open_batches = sorted(system.open.values(), key=lambda b: b.number)
            return a.StatusAnswer(
                system=at.row.name,
                known_at=at.asked,
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

    def show(self, batch: str, *, known_at: KnownAt = None) -> a.Shown:
        """Return everything about one batch, now or as known then. Raises `UnknownBatch`."""
        with look(self._store, self.name, known_at, needs_baseline=False) as at:
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
                conflicts=telling.conflicts(system, found),
                sends=_sends(found, zone),
                pending=telling.pending(system, system.open.get(found.number, found)),
            )

    def sheet(self, batch: str) -> a.Sheet:
        """Return the work order of a batch: what to type in Manager, who dials what where, what E911 has to learn.

        A draft's is what will have to be done; a sent batch's is what still has to be, as people sit now.
        """
        with look(self._store, self.name, None) as at:
            found = batch_known(at.reading, at.row, batch)
            system = at.reading.system(at.row.name)
            assert system is not None
            return sheets.sheet(system, found)

    def rollback_graph(self, batch: str) -> a.Graph:
        """Return a batch and the later ones that build on it, as fields, DOT and Mermaid text."""
        with look(self._store, self.name, None) as at:
            found = batch_known(at.reading, at.row, batch)
            return graphs.graph(at.row.name, StoredPast(at.reading, at.key), found)

    def batches(self, **wanted: Any) -> a.BatchList:
        """Return batches, newest first: by `status`, `user`, `extension`, `actor`, `since`, `until`.

        `limit` at most 1000 (default 50); `before` a batch id goes on where a page ended.
        """
        with look(self._store, self.name, None, needs_baseline=False) as at:
            return listing.batches(at, wanted)

    def log(self, **wanted: Any) -> a.Log:
        """Return recorded events, newest first: by `user`, `extension`, `batch`, `actor`, `since`, `until`.

        `limit` at most 1000 (default 50); `before` a position goes on where a page ended.
        """
        with look(self._store, self.name, None, needs_baseline=False) as at:
            return listing.log(at, wanted)

    def history(
        self,
        *,
        user: str | None = None,
        extension: int | str | None = None,
        known_at: KnownAt = None,
        **wanted: Any,
    ) -> a.History:
        """Return what happened to one user or one extension, newest first, with why each stay began and ended.

        What a correction took away is left out (`log` has it). Paging as in `log`.
        """
        if (user is None) == (extension is None):
            raise BadArgument(what="history", why="name one user or one extension")
        with look(self._store, self.name, known_at) as at:
            return listing.history(at, user=user, extension=extension, wanted=wanted)

    def check(self, *paths: str | Path, mapping: str | Path | None = None) -> a.Checked:
        """Return what differs between fresh export files and the base extensions in force."""
        files = [Path(path) for path in paths]
        if not files:
            raise BadArgument(what="check", why="it needs at least one export file")
        site = self._read_exports(files, Path(mapping) if mapping is not None else None)
        said = site.extensions
        if said is None:
            raise BadArgument(what="check", why="these files say nothing of extensions")
        with look(self._store, self.name, None) as at:
            row, system = at.row, at.reading.system(at.row.name)
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


def refuse_removed(
    points: Sequence[SeatPoint] | Sequence[PlacePoint], start: datetime, end: datetime, what: str, zone: ZoneInfo
) -> None:
    """Raise `Removed` where what is asked about was gone before the time asked for, and did not come back in it."""
    within = [point for point in points if point.at <= end]
    last = within[-1] if within else None
    if last is not None and last.gone and last.at <= start:
        day = local(last.at - MOMENT, zone).date().isoformat()
        raise Removed(what=what[0].upper() + what[1:], since=iso(last.at, zone), day=day)


def _end_of(until: datetime | None, end: datetime) -> datetime:
    """Return the last instant of a stay within the time asked for."""
    return end if until is None or until > end else until - MOMENT


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

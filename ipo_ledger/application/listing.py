"""Stays out of points, and pages out of events and batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from ipo_ledger.application import answers as a
from ipo_ledger.application import telling
from ipo_ledger.application.asking import Look
from ipo_ledger.application.naming import EVER, batch_number, extension_known, extension_then, user_known, user_then
from ipo_ledger.application.ports.rows import BatchFilter, LogFilter
from ipo_ledger.application.refusals import BadArgument
from ipo_ledger.domain import events as e
from ipo_ledger.domain.moments import Day, Instant, local, read_when
from ipo_ledger.domain.trail import Pile, PlacePoint, SeatPoint

P = TypeVar("P", SeatPoint, PlacePoint)

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 1000


class _Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a list is asked for, before names are looked up."""

    status: str | None = None
    user: str | None = None
    extension: int | str | None = None
    batch: str | None = None
    actor: str | None = None
    since: Any = None  # a text or a datetime; msgspec takes both for one
    until: Any = None
    before: int | str | None = None
    limit: int = DEFAULT_LIMIT


def _read(wanted: Mapping[str, Any]) -> _Wanted:
    try:
        read = msgspec.convert(dict(wanted), _Wanted)
    except msgspec.ValidationError as fault:
        raise BadArgument(what="list", why=str(fault)) from None
    if not 1 <= read.limit <= LARGEST_LIMIT:
        raise BadArgument(what=f"limit {read.limit}", why=f"it is from 1 to {LARGEST_LIMIT}")
    return read


def _from(text: str | datetime | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    if text is None or isinstance(text, datetime):
        return text
    match read_when(str(text), zone, now):
        case Day(_, start, _):
            return start
        case Instant(at):
            return at


def _to(text: str | datetime | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    if text is None or isinstance(text, datetime):
        return text
    match read_when(str(text), zone, now):
        case Day(_, _, end):
            return end
        case Instant(at):
            return at


def batches(at: Look, asked: Mapping[str, Any]) -> a.BatchList:
    """Return a page of batches, newest first."""
    wanted = _read(asked)
    reading, row, zone = at.reading, at.row, at.zone
    now = reading.now()
    if wanted.status not in (None, "draft", "sent", "settled", "abandoned"):
        raise BadArgument(what=f"status {wanted.status!r}", why="it is draft, sent, settled or abandoned")
    number = user_known(reading, row, wanted.user).number if wanted.user is not None else None
    extension = extension_known(reading, row, wanted.extension) if wanted.extension is not None else None
    found = reading.batches(
        row.key,
        BatchFilter(
            status=wanted.status,
            number=number,
            extension_id=extension.extension_id if extension is not None else None,
            actor=wanted.actor,
            since=_from(wanted.since, zone, now),
            until=_to(wanted.until, zone, now),
            before=batch_number(row.name, wanted.before) if wanted.before is not None else None,
            limit=wanted.limit + 1,
        ),
    )
    page = found[: wanted.limit]
    return a.BatchList(
        system=row.name,
        batches=tuple(
            a.BatchLine(
                batch=b.name,
                status=b.status,
                title=b.title,
                opened_at=local(b.opened_at, zone),
                in_force_at=telling.local_or_none(b.in_force_at, zone),
                settled_at=telling.local_or_none(b.settled_at, zone),
                actor=b.actor,
                reason=b.reason,
                ticket=b.ticket,
                reverses=telling.batch_ids(b.reverses),
                changes=count,
            )
            for b, count in page
        ),
        next=page[-1][0].name if len(found) > len(page) else None,
    )


def log(at: Look, asked: Mapping[str, Any]) -> a.Log:
    """Return a page of events, newest first."""
    facts, next_ = _page(at, _read(asked))
    corrected = _corrected(at, facts)
    return a.Log(events=tuple(log_entry(fact, at.zone, corrected.get(fact.position)) for fact in facts), next=next_)


def history(at: Look, *, user: str | None, extension: int | str | None, wanted: Mapping[str, Any]) -> a.History:
    """Return a page of what happened to one user or extension, newest first, in words."""
    read = _read(wanted)
    of: int | str
    pile: Pile
    if user is not None:
        asked = at.asked is not None
        of, pile = user_then(at.reading, at.row, str(user), EVER, at.known, asked=asked).name, "places"
        subject, read = f"user {of}", msgspec.structs.replace(read, user=of)
    else:
        assert extension is not None
        of, pile = extension_then(at.reading, at.row, extension, at.asked).extension_id, "seats"
        subject, read = f"extension {of}", msgspec.structs.replace(read, extension=of)
    facts, next_ = _page(at, read, standing=True)
    return a.History(
        system=at.row.name,
        subject=subject,
        known_at=at.asked,
        entries=tuple(_history_entry(f, at, pile, of) for f in facts),
        next=next_,
    )


def _page(at: Look, wanted: _Wanted, *, standing: bool = False) -> tuple[Sequence[e.Fact], int | None]:
    """Return a page of facts known by then, newest first; with `standing` only those that no correction took away."""
    if isinstance(wanted.before, str) and not wanted.before.isdigit():
        raise BadArgument(what=f"before {wanted.before!r}", why="it is a position")
    before = int(wanted.before) if wanted.before is not None else None
    if at.asked is not None:
        before = min(before, at.asked + 1) if before is not None else at.asked + 1
    asked = _filter(at, wanted)
    found: list[e.Fact] = []
    while len(found) <= wanted.limit:
        facts = at.reading.log(msgspec.structs.replace(asked, before=before, limit=wanted.limit + 1))
        taken = _corrected(at, facts) if standing else {}
        found += [fact for fact in facts if fact.position not in taken]
        if len(facts) <= wanted.limit:
            break
        before = facts[-1].position
    page = found[: wanted.limit]
    return page, page[-1].position if len(found) > len(page) else None


def _corrected(at: Look, facts: Sequence[e.Fact]) -> Mapping[int, int]:
    """Return which of these facts were known to be corrected, and by which event."""
    if not facts:
        return {}
    positions = [fact.position for fact in facts]
    found = at.reading.corrections_of(min(positions), max(positions))
    return {position: by for position, by in found.items() if by <= at.known}


def _filter(at: Look, wanted: _Wanted) -> LogFilter:
    reading, row, now = at.reading, at.row, at.reading.now()
    return LogFilter(
        system=row.key,
        user=user_known(reading, row, wanted.user).name if wanted.user is not None else None,
        extension_id=(
            extension_known(reading, row, wanted.extension).extension_id if wanted.extension is not None else None
        ),
        batch=batch_number(row.name, wanted.batch) if wanted.batch is not None else None,
        actor=wanted.actor,
        since=_from(wanted.since, at.zone, now),
        until=_to(wanted.until, at.zone, now),
    )


def log_entry(fact: e.Fact, zone: ZoneInfo, corrected_by: int | None) -> a.LogEntry:
    """Return one event as it was recorded."""
    assert fact.recorded_at is not None
    return a.LogEntry(
        position=fact.position,
        type=fact.name,
        system=fact.system,
        occurred_at=local(fact.occurred_at, zone),
        recorded_at=local(fact.recorded_at, zone),
        actor=fact.actor,
        reason=fact.reason,
        ticket=fact.ticket,
        command_id=fact.command_id,
        batch=telling.batch_id(fact.batch),
        caused_by=fact.caused_by,
        corrected_by=corrected_by,
        data=msgspec.to_builtins(fact.event),
    )


def _history_entry(fact: e.Fact, at: Look, pile: Pile, of: int | str) -> a.HistoryEntry:
    next_ = _what_ended(fact, at, pile, of)
    return a.HistoryEntry(
        position=fact.position,
        occurred_at=local(fact.occurred_at, at.zone),
        type=fact.name,
        what=in_words(fact.event),
        user=getattr(fact.event, "user", None),
        extension_id=getattr(fact.event, "extension_id", None),
        cause=getattr(fact.event, "cause", None),
        batch=telling.batch_id(fact.batch),
        actor=fact.actor,
        reason=fact.reason,
        until=local(next_.at, at.zone) if next_ is not None else None,
        ended=next_.cause if next_ is not None else None,
    )


def _what_ended(fact: e.Fact, at: Look, pile: Pile, of: int | str) -> SeatPoint | PlacePoint | None:
    """Return the point that ended what a log-in or log-out began, at this extension or for this user."""
    if not isinstance(fact.event, e.UserLoggedIn | e.UserLoggedOut):
        return None
    look = at.reading.seat_points if pile == "seats" else at.reading.place_points
    points: Any = look(at.key, of, fact.occurred_at, fact.occurred_at, at.known)  # type: ignore[arg-type]
    later = [p for p in points if p.position > fact.position]
    return later[0] if later else None


_WHY = {
    "dialled": "dialled",
    "displaced": "displaced: somebody took the phone",
    "moved": "logged in elsewhere",
    "restart": "restart",
    "removed": "removed",
    "automatic": "automatic",
    "baseline": "baseline",
}


def in_words(event: e.Event) -> str:  # noqa: C901, PLR0912 - one case an event
    """Return what an event says, in one line."""
    match event:
        case e.UserLoggedIn():
            return f"{event.user} logged in at extension {event.extension_id} ({_WHY[event.cause]})"
        case e.UserLoggedOut():
            return f"{event.user} left extension {event.extension_id} ({_WHY[event.cause]})"
        case e.BaseExtensionChanged():
            return (
                f"B{event.batch} drafts base extension {event.old or 'blank'} -> {event.new or 'blank'} "
                f"at extension {event.extension_id}"
            )
        case e.ExtensionAdded():
            return f"extension {event.extension_id} known, base {event.base or 'blank'}"
        case e.ExtensionChanged():
            label = f", label {event.label}" if event.label else ""
            return f"extension {event.extension_id} is {event.module}/{event.port}{label}"
        case e.UserAdded():
            return f"{event.user} known, number {event.number or 'none'}"
        case e.UserChanged():
            forced = ", Force Login" if event.forced_login else ""
            code = "has a login code" if event.has_login_code else "has no login code"
            return f"{event.user} {code}{forced}"
        case e.UserRenumbered():
            return f"{event.user} renumbered {event.old or 'none'} -> {event.new or 'none'}"
        case e.Corrected():
            said = {"never": "never happened", "otherwise": "happened otherwise", "again": "stands again"}[event.how]
            what = f"{event.type} (event {event.target})"
            return (
                f"correction: what event {event.target} took away stands again"
                if event.how == "again"
                else (f"correction: {what} {said}")
            )
        case e.ExtensionRemoved():
            return f"extension {event.extension_id} removed"
        case e.UserRemoved():
            return f"{event.user} removed"
        case e.BatchOpened():
            return f"B{event.batch} opened: {event.title}"
        case e.BatchAbandoned():
            return f"B{event.batch} abandoned"
        case e.SystemRestarted():
            return "the system restarted"
        case e.ConfigurationSent():
            force = "in force" if event.in_force else "in force at the next restart"
            return f"B{event.batch} sent by {event.mode}, {event.outcome}, {force}"
        case _:
            return e.STORED_NAMES[type(event)][0]

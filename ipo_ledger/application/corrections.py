"""Correcting the ledger: what never happened, or happened otherwise; and what that does to which answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise, takewhile
from typing import Any, TypeAlias, Unpack
from zoneinfo import ZoneInfo

import msgspec

from ipo_ledger.application import answers as a
from ipo_ledger.application import telling_batches
from ipo_ledger.application.acting import Acting
from ipo_ledger.application.listing import in_words
from ipo_ledger.application.naming import batch_known, extension_in
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.recording import Deciding
from ipo_ledger.application.refusals import BadArgument
from ipo_ledger.application.saying import Said, instant
from ipo_ledger.domain import correction
from ipo_ledger.domain import events as e
from ipo_ledger.domain.correction import Found, How
from ipo_ledger.domain.moments import iso, local
from ipo_ledger.domain.records import Batch, Change
from ipo_ledger.domain.refusals import FactsRest, FutureTime, PlanStale, UnknownEvent
from ipo_ledger.domain.rests import RestedOn
from ipo_ledger.domain.trail import BasePoint, NumberPoint, Pile, PlacePoint, Point, SeatPoint

_BATCH = re.compile(r"[Bb][0-9]+$", re.ASCII)
_LISTED = 10  # later facts named in a refusal; all of them are in the details
_LIFE = e.BatchOpened | e.BaseExtensionChanged | e.BatchAbandoned | e.ConfigurationSent
_PILES: tuple[Pile, ...] = ("seats", "places", "bases", "numbers")

Step: TypeAlias = tuple[datetime, str | None]


class StoredHistory:
    """What stands of one system, as the store keeps it."""

    def __init__(self, deciding: Deciding) -> None:
        """Look at the system a command decides on."""
        self._reading: Reading = deciding.reading
        self._key = deciding.system.key
        self._name = deciding.system.name
        self._past = deciding.past
        self._facts: dict[int, e.Fact] = {}
        self._commands: dict[tuple[str, datetime | None], list[e.Fact]] = {}
        self._sent: dict[int, dict[str, list[Batch]]] = {}  # by position, then by number
        self._renumbered: frozenset[str] | None = None

    def points_from(self, pile: Pile, of: int | str, position: int) -> Sequence[Point]:
        """Return the standing points of an extension or user that were recorded at a position or later, in order."""
        return self._reading.points_from(pile, self._key, of, position)

    def point(self, pile: Pile, of: int | str, position: int) -> Point:
        """Return the point that the fact at a position left."""
        return self._reading.point(pile, self._key, of, position)

    def facts_at(self, positions: Iterable[int]) -> dict[int, e.Fact]:
        """Return the facts at these positions."""
        wanted = set(positions)
        self._facts |= self._reading.facts_at(wanted - self._facts.keys())
        return {position: self._facts[position] for position in wanted if position in self._facts}

    def command_of(self, fact: e.Fact) -> Sequence[e.Fact]:
        """Return what still stands of all that was recorded with a fact, by one command, in order."""
        key = (fact.command_id, fact.recorded_at)
        if key not in self._commands:
            self._commands[key] = self._standing(self._together(fact))
        return self._commands[key]

    def _together(self, fact: e.Fact) -> list[e.Fact]:
        earlier = takewhile(fact.recorded_with, self._reading.facts_before(fact.position))
        later = takewhile(fact.recorded_with, self._reading.facts(after=fact.position))
        return [*reversed([*earlier]), fact, *later]

    def _standing(self, facts: Sequence[e.Fact]) -> list[e.Fact]:
        taken = self._reading.corrections_of(facts[0].position, facts[-1].position)
        return [f for f in facts if f.position not in taken]

    def taken_away_by(self, position: int) -> int | None:
        """Return the position of the correction that took a fact away, or None: it stands."""
        return self._reading.corrections_of(position, position).get(position)

    def corrections_since(self, position: int) -> dict[int, e.Fact]:
        """Return the corrections that stand and were recorded after a position."""
        taken = self._reading.corrections_of(1, self._reading.head().position)
        found = self.facts_at({by for by in taken.values() if by > position and by not in taken})
        return {p: f for p, f in found.items() if f.system == self._name}

    def restarts_after(self, position: int) -> Sequence[int]:
        """Return the positions of the restarts that stand after a position."""
        return self._reading.restarts_after(self._key, position)

    def restart_before(self, position: int) -> e.Fact | None:
        """Return the last restart that stands before a position."""
        found = self._reading.restart_before(self._key, position)
        return self.facts_at([found])[found] if found is not None else None

    def settled_since(self, position: int) -> Sequence[int]:
        """Return the batches that a fact at a position or later settled."""
        last = self._reading.head().position
        return [number for number, _ in self._reading.settled_between(self._key, position, last)]

    def sent_since(self, number: str, position: int) -> Sequence[Batch]:
        """Return the batches sent after a position that give an extension this number, or take it off."""
        if position not in self._sent:
            by_number: dict[str, list[Batch]] = {}
            for batch in self._reading.batches_sent_after(self._key, position):
                for said in batch.numbers:
                    by_number.setdefault(said, []).append(batch)
            self._sent[position] = by_number
        return self._sent[position].get(number, [])

    def renumbered(self) -> Iterable[str]:
        """Return the users whose number ever changed."""
        if self._renumbered is None:
            self._renumbered = self._reading.renumbered(self._key)
        return self._renumbered

    def batch(self, number: int) -> Batch:
        """Return a batch, open or closed, with its changes and what reverses it."""
        return self._past.batch(number)

    def last_drafting(self, batch: int, before: int) -> e.Fact:
        """Return the last fact, before a position, that opened or changed a draft."""
        for fact in self._reading.facts_of_batch(self._key, batch, before):
            if isinstance(fact.event, e.BatchOpened | e.BaseExtensionChanged):
                return fact
        msg = f"B{batch} is there and must have been opened"
        raise AssertionError(msg)

    def went_on(self, batch: int, position: int) -> list[e.Fact]:
        """Return what stands of how a batch was drafted, sent or given up after a position."""
        facts = self._reading.facts_of_batch(self._key, batch, self._reading.head().position + 1)
        since = [f for f in takewhile(lambda f: f.position > position, facts) if isinstance(f.event, _LIFE)]
        return self._standing(since[::-1]) if since else []

    def changes_then(self, batch: int, position: int) -> dict[int, Change]:
        """Return the net changes of a batch as it said them at a position."""
        then = self._reading.batch(self._key, batch, position)
        return then.changes if then is not None else {}


class Corrections(Acting):
    """Taking back what is wrong in the ledger of one system."""

    def correct(
        self,
        what: int | str,
        *,
        never: bool = False,
        extension: int | str | None = None,
        dry_run: bool = False,
        as_planned: a.Correction | None = None,
        **said: Unpack[Said],
    ) -> a.Correction:
        """Record that a fact never happened (`never`), at another time (`at`), or, a log-in, at another `extension`.

        `what` is the position of an event, or a batch: then it is its send, and with `never` the batch is given up
        too. To correct a correction with `never` lets what it took away stand again. With `dry_run` it says what
        would change in which answers, and writes nothing; `as_planned` is such an answer that was agreed to.

        Raises `FactsRest` naming, newest first, the later facts that rest on it; `NotCorrectable`,
        `OnlyAConsequence`, `CorrectedAlready`, `UnknownEvent`, `PlanStale`.
        """
        at = said.get("at")
        if never == (at is not None or extension is not None):
            raise BadArgument(what="correct", why="say --never, or what is right: --at WHEN, or --extension EXTENSION")
        asked = {"what": str(what), "never": never, "extension": extension}

        def decide(deciding: Deciding) -> a.Correction:
            history = StoredHistory(deciding)
            found, batch = self._found(deciding, history, what)
            when = instant(at, deciding.zone, deciding.reading.now()) if at is not None else None
            corrected = self._correct(deciding, history, found, batch, never=never, when=when, extension=extension)
            answer = _answer(deciding, history, found, corrected, dry_run=dry_run)
            if as_planned is not None and (answer.effects, answer.batches) != (as_planned.effects, as_planned.batches):
                raise PlanStale(
                    listing="later facts changed what it would do",
                    what=f"correct {what}",
                    what_command=f"correct {what}",
                )
            return answer

        timeless: Said = {**said, "at": None}  # a correction is made now; what it corrects has its own time
        if dry_run:
            return self._recorder.try_out(timeless, decide)
        asked |= {"at": at}
        return self._recorder.record("correct", asked, timeless, decide, answer=a.Correction)

    def _found(self, deciding: Deciding, history: StoredHistory, what: int | str) -> tuple[Found, Batch | None]:
        text = str(what).strip()
        if not text.isascii() or not text.isdigit():
            if not _BATCH.search(text):
                why = "name the position of an event, such as 57, or a batch, such as B7"
                raise BadArgument(what=f"correct {text}", why=why)
            batch = batch_known(deciding.reading, deciding.system, text)
            return correction.of_batch(history, batch), batch
        position = int(text)
        fact = history.facts_at([position]).get(position)
        if fact is None or fact.system != self.name:
            raise UnknownEvent(system=self.name, asked=position)
        return correction.with_consequences(history, fact), None

    def _correct(  # noqa: PLR0913 - what, and how
        self,
        deciding: Deciding,
        history: StoredHistory,
        found: Found,
        batch: Batch | None,
        *,
        never: bool,
        when: datetime | None,
        extension: int | str | None,
    ) -> e.Fact:
        entry = deciding.entry
        of_correction = isinstance(found.target.event, e.Corrected)
        if of_correction and not never:
            raise BadArgument(what="correct", why="a correction is taken back with --never")
        if extension is not None and not _is_log_in(found):
            raise BadArgument(what="--extension", why=f"event {found.target.position} is no log-in")
        how: How = "again" if of_correction else "never" if never else "otherwise"
        try:
            corrected = correction.take_away(entry, found, history, how)
        except RestedOn as rest:
            raise _facts_rest(deciding, history, found, rest.positions) from None
        if of_correction:
            correction.stands_again(entry, found, history)
        elif not never:
            if when is not None and when > deciding.reading.now():
                zone = deciding.zone
                raise FutureTime(
                    at=iso(when, zone), now=iso(deciding.reading.now(), zone), hint="Give the time it really happened."
                )
            entry.moved_on = deciding.reading.moved_on(
                deciding.system.key,
                when if when is not None else found.roots[0].occurred_at,
                without={f.position for f in found.facts},
            )
            elsewhere = extension_in(deciding.system, extension).extension_id if extension is not None else None
            correction.said_otherwise(entry, found, at=when, extension_id=elsewhere)
        elif batch is not None:
            correction.abandon_taken(entry, batch.number)
        try:
            correction.refuse_held_twice(entry, corrected)
        except RestedOn as rest:
            raise _facts_rest(deciding, history, found, rest.positions) from None
        return corrected


def _is_log_in(found: Found) -> bool:
    return any(isinstance(f.event, e.UserLoggedIn) and f.event.cause == "dialled" for f in found.facts)


def _facts_rest(deciding: Deciding, history: StoredHistory, found: Found, positions: Sequence[int]) -> FactsRest:
    roots: dict[int, e.Fact] = {}
    for fact in history.facts_at(positions).values():
        command = {f.position: f for f in history.command_of(fact)}
        root = correction.root_of(fact, command)
        roots[root.position] = root
    newest_first = sorted(roots.values(), key=lambda f: -f.position)
    lines = [
        f"  event {f.position}, {iso(f.occurred_at, deciding.zone)}: {in_words(f.event)} (recorded by {f.actor})"
        for f in newest_first[:_LISTED]
    ]
    if len(newest_first) > _LISTED:
        lines.append(f"  and {len(newest_first) - _LISTED} more before")
    hint = _way_out(history, newest_first[0], found.target)
    if found.target.batch is not None and not isinstance(found.target.event, e.Corrected):
        back = f"`ipo-ledger rollback B{found.target.batch}`"
        hint += f" If it did happen, and is to be undone from now on, it is no mistake in the ledger: {back}."
    return FactsRest(
        position=found.target.position,
        count=len(newest_first),
        facts="fact rests" if len(newest_first) == 1 else "facts rest",
        listing="\n".join(lines),
        first=newest_first[0].position,
        events=[f.position for f in newest_first],
        hint=hint,
    )


def _way_out(history: StoredHistory, newest: e.Fact, target: e.Fact) -> str:
    """Return what to do first about the newest fact in the way: a draft is no mistake in the ledger."""
    match newest.event:
        case e.BaseExtensionChanged(batch=number):
            then = f"`ipo-ledger show B{number} --known-at {target.position}`"
            change = f"`ipo-ledger change EXTENSION BASE --batch B{number}`"
            return f"Let B{number} say again what it said then ({then}): {change}. Then correct this one again."
        case e.BatchOpened(batch=number) if history.batch(number).status == "draft":
            return f"Give up B{number} first, then correct this one again: `ipo-ledger abandon B{number}`."
        case _:
            return f"Correct the newest first, then this one again: `ipo-ledger correct {newest.position} --never`."


# --- what it does to which answers --------------------------------------------------------------------------


def _answer(
    deciding: Deciding, history: StoredHistory, found: Found, corrected: e.Fact, *, dry_run: bool
) -> a.Correction:
    entry, zone = deciding.entry, deciding.zone
    event = corrected.event
    assert isinstance(event, e.Corrected)
    return a.Correction(
        system=deciding.system.name,
        corrected=found.target.position,
        what=in_words(found.target.event),
        occurred_at=local(found.target.occurred_at, zone),
        how=event.how,
        took=event.took,
        effects=tuple(_effects(deciding, history, event)),
        batches=tuple(_batch_effects(deciding, history, event)),
        position=None if dry_run else entry.facts[-1].position,
        events=() if dry_run else telling_batches.events(entry.facts),
        dry_run=dry_run,
    )


def _batch_effects(deciding: Deciding, history: StoredHistory, event: e.Corrected) -> Iterator[a.BatchEffect]:
    numbers = sorted({b.batch for b in event.batches} | deciding.system.trail.batches)
    for number in numbers:
        was, now = history.batch(number).status, deciding.system.open[number].status
        if was != now:
            yield a.BatchEffect(batch=f"B{number}", was=was, becomes=now)


def _effects(deciding: Deciding, history: StoredHistory, event: e.Corrected) -> Iterator[a.Effect]:
    """Yield each stretch of time for which an answer about an extension or a user becomes another."""
    trail = deciding.system.trail
    new: dict[Pile, Sequence[Point]] = {
        "seats": trail.seats,
        "places": trail.places,
        "bases": trail.bases,
        "numbers": trail.numbers,
    }
    tops: dict[tuple[Pile, int | str], int] = {}
    for x in event.extensions:
        tops["seats", x.extension_id], tops["bases", x.extension_id] = x.seat_position, x.base_position
    for u in event.users:
        tops["places", u.user], tops["numbers", u.user] = u.place_position, u.number_position
    for pile in _PILES:
        for point in new[pile]:
            tops.setdefault((pile, _of(point)), point.below if point.below is not None else point.position)
    by_pile: dict[tuple[Pile, int | str], list[Point]] = {}
    for pile in _PILES:
        for point in new[pile]:
            by_pile.setdefault((pile, _of(point)), []).append(point)
    for (pile, of), top in sorted(tops.items(), key=lambda item: (_PILES.index(item[0][0]), str(item[0][1]))):
        before = history.points_from(pile, of, top)
        if not before:
            continue
        after = [before[0], *by_pile.get((pile, of), ())]
        yield from _differences(pile, of, _steps(before), _steps(after), deciding.zone)


def _steps(points: Sequence[Point]) -> list[Step]:
    """Return what was so from when on, the last of several in one instant."""
    found: dict[datetime, str | None] = {}
    for point in points:
        found[point.at] = _said(point)
    return sorted(found.items())


def _differences(
    pile: Pile, of: int | str, before: list[Step], after: list[Step], zone: ZoneInfo
) -> Iterator[a.Effect]:
    times: list[datetime | None] = [*sorted({at for at, _ in (*before, *after)}), None]
    open_: a.Effect | None = None
    for start, end in pairwise(times):
        assert start is not None
        was, becomes = _at(before, start), _at(after, start)
        until = local(end, zone) if end is not None else None
        if was == becomes:
            if open_ is not None:
                yield open_
            open_ = None
        elif open_ is not None and (open_.was, open_.becomes) == (was, becomes):
            open_ = msgspec.structs.replace(open_, to=until)
        else:
            if open_ is not None:
                yield open_
            open_ = a.Effect(
                about=_ABOUT[pile],
                extension_id=of if isinstance(of, int) else None,
                user=of if isinstance(of, str) else None,
                from_=local(start, zone),
                to=until,
                was=was,
                becomes=becomes,
            )
    if open_ is not None:
        yield open_


_ABOUT: dict[Pile, Any] = {"seats": "who", "places": "where", "bases": "base extension", "numbers": "number"}


def _at(steps: list[Step], at: datetime) -> str | None:
    said = None
    for start, what in steps:
        if start > at:
            break
        said = what
    return said


def _of(point: Point) -> int | str:
    return point.extension_id if isinstance(point, SeatPoint | BasePoint) else point.user


def _said(point: Point) -> str | None:
    match point:
        case SeatPoint():
            return point.user
        case PlacePoint():
            return str(point.extension_id) if point.extension_id is not None else None
        case BasePoint():
            return point.base
        case NumberPoint():
            return point.number

"""Every past state of a system, worked out the plain way: from the facts alone, with none of the program's own folds.

What was known at a position are the facts up to it, without those that a correction up to it took away. What was
true at an instant are those of them that had happened by then, one after the other in order of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias

from msgspec import Struct

from ipo_ledger.domain import events as e

Point: TypeAlias = tuple[Any, ...]
"""When, by which fact, and what is so from then on."""


class Desk(Struct):
    """An extension: its base in force and who is there, each with the fact that made it so."""

    base: str | None
    base_batch: int | None
    base_position: int
    user: str | None
    since: datetime
    position: int
    last_at: datetime


class Person(Struct):
    """A user: number, and where they are, each with the fact that made it so."""

    number: str | None
    number_position: int
    extension_id: int | None
    since: datetime
    position: int


class Sheet(Struct):
    """A batch as its own facts tell it."""

    number: int
    opened: e.Fact
    changes: dict[int, tuple[str | None, str | None]]
    sent: e.Fact | None = None
    in_force: e.Fact | None = None
    abandoned: bool = False
    settled_at: datetime | None = None
    settled_position: int | None = None

    @property
    def status(self) -> str:
        """Return how far it is."""
        if self.abandoned:
            return "abandoned"
        if self.sent is None:
            return "draft"
        return "sent" if self.settled_at is None else "settled"

    @property
    def observed(self) -> bool:
        """Tell whether an import found it; what was observed is in force whatever drafts say."""
        return isinstance(self.opened.event, e.BatchOpened) and self.opened.event.observed

    @property
    def waits_for_restart(self) -> bool:
        """Tell whether it was sent, and takes effect at the next restart."""
        return self.sent is not None and self.in_force is None


class State:
    """What the facts say when they are taken one after the other."""

    def __init__(self, drafted: dict[int, dict[int, dict[int, tuple[str | None, str | None]]]]) -> None:
        """Begin with nothing; `drafted` is what each batch said at the position of each fact that put it in force."""
        self.desks: dict[int, Desk] = {}
        self.people: dict[str, Person] = {}
        self._drafted = drafted
        # What each desk and person went through, each to the end.
        self.seats: dict[int, list[Point]] = {}
        self.places: dict[str, list[Point]] = {}
        self.bases: dict[int, list[Point]] = {}
        self.numbers: dict[str, list[Point]] = {}

    def take(self, fact: e.Fact) -> None:  # noqa: C901 - one case an event
        """Take one fact."""
        at, position, event = fact.occurred_at, fact.position, fact.event
        match event:
            case e.ExtensionAdded():
                self.desks[event.extension_id] = Desk(event.base, fact.batch, position, None, at, position, at)
                self._base(fact, event.extension_id, event.base, fact.batch)
                self._seat(fact, event.extension_id, None, None, "added")
            case e.ExtensionRemoved():
                del self.desks[event.extension_id]
                self._seat(fact, event.extension_id, None, None, "removed", gone=True)
            case e.UserAdded():
                self.people[event.user] = Person(event.number, position, None, at, position)
                self.numbers.setdefault(event.user, []).append((at, position, event.number))
                self._place(fact, event.user, None, "added")
            case e.UserRemoved():
                del self.people[event.user]
                self._place(fact, event.user, None, "removed", gone=True)
            case e.UserRenumbered():
                person = self.people[event.user]
                person.number, person.number_position = event.new, position
                self.numbers[event.user].append((at, position, event.new))
            case e.UserLoggedOut():
                self._move(fact, event.user, event.extension_id, None, None)
                self._seat(fact, event.extension_id, None, None, event.cause)
                self._place(fact, event.user, None, event.cause)
            case e.UserLoggedIn():
                self._move(fact, event.user, event.extension_id, event.user, event.extension_id)
                self._seat(fact, event.extension_id, event.user, event.number, event.cause)
                self._place(fact, event.user, event.extension_id, event.cause)
            case e.ConfigurationSent() if event.in_force:
                self._put_in_force(fact, event.batch)
            case e.SystemRestarted():
                for batch in event.in_force:
                    self._put_in_force(fact, batch)
            case _:
                pass

    def _move(self, fact: e.Fact, user: str, extension_id: int, seated: str | None, place: int | None) -> None:
        desk, person = self.desks[extension_id], self.people[user]
        desk.user, desk.since, desk.position, desk.last_at = seated, fact.occurred_at, fact.position, fact.occurred_at
        person.extension_id, person.since, person.position = place, fact.occurred_at, fact.position

    def _put_in_force(self, fact: e.Fact, batch: int) -> None:
        for extension_id, (_, new) in self._drafted[fact.position][batch].items():
            desk = self.desks.get(extension_id)
            if desk is not None:
                desk.base, desk.base_batch, desk.base_position = new, batch, fact.position
                desk.last_at = fact.occurred_at
                self._base(fact, extension_id, new, batch)

    def _base(self, fact: e.Fact, extension_id: int, base: str | None, batch: int | None) -> None:
        self.bases.setdefault(extension_id, []).append((fact.occurred_at, fact.position, base, batch))

    def _seat(
        self, fact: e.Fact, extension_id: int, user: str | None, number: str | None, cause: str, *, gone: bool = False
    ) -> None:
        point = (fact.occurred_at, fact.position, user, number, cause, fact.batch, gone)
        self.seats.setdefault(extension_id, []).append(point)

    def _place(self, fact: e.Fact, user: str, extension_id: int | None, cause: str, *, gone: bool = False) -> None:
        self.places.setdefault(user, []).append(
            (fact.occurred_at, fact.position, extension_id, cause, fact.batch, gone)
        )

    def whose(self, number: str | None) -> str | None:
        """Return who has a number."""
        return next((n for n, p in self.people.items() if number is not None and p.number == number), None)

    def at_rest(self, extension_id: int) -> bool:
        """Tell whether whoever the base names sits there, or nobody where it names nobody."""
        desk = self.desks.get(extension_id)
        return desk is None or desk.user == self.whose(desk.base)


class Known:
    """What was known at a position."""

    def __init__(self, facts: Sequence[e.Fact], position: int) -> None:
        """Look at the facts of one system up to a position."""
        self.position = position
        self.all = [f for f in facts if f.position <= position]
        self.taken = {p for f in self.all if isinstance(f.event, e.Corrected) for p in f.event.took}
        self.standing = [f for f in self.all if f.position not in self.taken]
        self.in_time = sorted(self.standing, key=lambda f: (f.occurred_at, f.position))

    @cached_property
    def now(self) -> State:
        """Return what is so once everything happened."""
        return self._state(self.in_time)

    def at(self, instant: datetime) -> State:
        """Return what was so at an instant, which includes what happened then."""
        return self._state([f for f in self.in_time if f.occurred_at <= instant])

    def _state(self, facts: Sequence[e.Fact]) -> State:
        state = State(self._drafted)
        for fact in facts:
            state.take(fact)
        return state

    @cached_property
    def _drafted(self) -> dict[int, dict[int, dict[int, tuple[str | None, str | None]]]]:
        """Return what the batches said at each fact that put some in force."""
        found = {}
        changes: dict[int, dict[int, tuple[str | None, str | None]]] = {}
        for fact in self.all:
            match fact.event:
                case e.BaseExtensionChanged():
                    _draft(changes.setdefault(fact.event.batch, {}), fact.event)
                case e.ConfigurationSent():
                    found[fact.position] = {fact.event.batch: dict(changes[fact.event.batch])}
                case e.SystemRestarted():
                    found[fact.position] = {n: dict(changes[n]) for n in fact.event.in_force}
        return found

    # --- by position alone --------------------------------------------------------------------------------

    @cached_property
    def settings(self) -> tuple[str, str, str, str]:
        """Return the settings."""
        said = [f.event for f in self.all if isinstance(f.event, e.SystemAdded | e.SystemChanged)][-1]
        return said.release, said.timezone, said.base_extension_by, said.logout_code

    @cached_property
    def names(self) -> dict[int, tuple[str, int, int | None, str | None]]:
        """Return where each extension is and what it is called: module, port, kind, label."""
        return {
            f.event.extension_id: (f.event.module, f.event.port, f.event.kind, f.event.label)
            for f in self.all
            if isinstance(f.event, e.ExtensionAdded | e.ExtensionChanged)
        }

    @cached_property
    def flags(self) -> dict[str, tuple[str | None, bool, bool]]:
        """Return the full name of each user, whether they have a login code, and whether they are Force Login."""
        return {
            f.event.user: (f.event.full_name, f.event.has_login_code, f.event.forced_login)
            for f in self.all
            if isinstance(f.event, e.UserAdded | e.UserChanged)
        }

    @cached_property
    def batches(self) -> dict[int, Sheet]:
        """Return every batch; whether it is settled is told by `Settling`."""
        found: dict[int, Sheet] = {}
        for fact in self.standing:
            match fact.event:
                case e.BatchOpened():
                    found[fact.event.batch] = Sheet(fact.event.batch, fact, {})
                case e.BaseExtensionChanged():
                    _draft(found[fact.event.batch].changes, fact.event)
                case e.BatchAbandoned():
                    found[fact.event.batch].abandoned = True
                case e.ConfigurationSent():
                    found[fact.event.batch].sent = fact
                    if fact.event.in_force:
                        found[fact.event.batch].in_force = fact
                case e.SystemRestarted():
                    for number in fact.event.in_force:
                        found[number].in_force = fact
        return found

    def reversed_by(self, number: int) -> list[int]:
        """Return the batches opened to take this one back."""
        events = [f.event for f in self.all if isinstance(f.event, e.BatchOpened)]
        return [b.batch for b in events if number in b.reverses]

    def live(self, number: int) -> bool:
        """Tell whether a batch took effect, and no batch in effect takes it back. No part of one is ever taken back."""
        return self.batches[number].in_force is not None and not any(self.live(n) for n in self.reversed_by(number))


def _draft(changes: dict[int, tuple[str | None, str | None]], event: e.BaseExtensionChanged) -> None:
    old, _ = changes.get(event.extension_id, (event.old, None))
    if old == event.new and event.extension_id in changes:
        del changes[event.extension_id]
    else:
        changes[event.extension_id] = (old, event.new)


def every_known(facts: Sequence[e.Fact]) -> Iterator[Known]:
    """Yield what was known at each position, one after the other, with the batches settled as far as they were.

    A batch in force settles with the first fact after which nobody is waited for, and stays so whatever people do.
    It is waited for again when a correction takes away the fact that settled it, or reopens it.
    """
    settled: dict[int, tuple[datetime, int]] = {}
    for fact in facts:
        known = Known(facts, fact.position)
        if isinstance(fact.event, e.Corrected):
            reopened = {b.batch for b in fact.event.batches}
            settled = {n: s for n, s in settled.items() if s[1] not in fact.event.took and n not in reopened}
        between = _half_said(fact.event)
        for number, sheet in known.batches.items():
            waits = sheet.in_force is not None and not sheet.abandoned and number not in settled
            if waits and not between and all(known.now.at_rest(i) for i in sheet.changes):
                settled[number] = (_settled_at(known, sheet, fact), fact.position)
            if number in settled:
                sheet.settled_at, sheet.settled_position = settled[number]
        yield known


def _half_said(event: e.Event) -> bool:
    """Tell whether the next fact belongs to this one: who displaces somebody, or what happened instead, or again."""
    displaced = isinstance(event, e.UserLoggedOut) and event.cause == "displaced"
    return displaced or (isinstance(event, e.Corrected) and event.how != "never")


def _settled_at(known: Known, sheet: Sheet, fact: e.Fact) -> datetime:
    if not isinstance(fact.event, e.Corrected):
        return fact.occurred_at
    assert sheet.in_force is not None
    there = [known.now.desks[i].last_at for i in sheet.changes if i in known.now.desks]
    return max(there, default=sheet.in_force.occurred_at)

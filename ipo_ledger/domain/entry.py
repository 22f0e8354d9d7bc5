"""What one command records: its facts in order, each applied to a working copy as it happens.

Nothing here is written anywhere: an entry is appended whole, or dropped. Time order is kept in this one place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct

from ipo_ledger.domain import fold
from ipo_ledger.domain.events import STORED_NAMES, Event, Fact
from ipo_ledger.domain.moments import iso, zone_of
from ipo_ledger.domain.records import Mark
from ipo_ledger.domain.refusals import OutOfOrder
from ipo_ledger.domain.system import System


class Given(Struct, frozen=True, kw_only=True):
    """What the person who records says beside the fact itself; `at` is an aware UTC datetime."""

    at: datetime
    actor: str
    command_id: str
    reason: str | None = None
    ticket: str | None = None


class Entry:
    """The facts of one command on one system, and the system as they leave it."""

    def __init__(
        self, system: System, given: Given, *, after: int, moved_on: Mapping[str, Mark] = MappingProxyType({})
    ) -> None:
        """Begin after position `after` of the ledger, on a copy of `system`.

        `moved_on` are the numbers that changed hands, or desks, after the time given, with the last fact that did it:
        where their people went at that time cannot be decided by what is in force now.
        """
        self.system = system.copy()
        self.given = given
        self.moved_on = moved_on
        self.because: Fact | None = None  # what causes everything that has no cause of its own
        self.facts: list[Fact] = []
        self._next = after + 1

    def happens(self, event: Event, *, batch: int | None = None, because: Fact | None = None) -> Fact:
        """Let an event happen, at the time given; refuse one that comes before what is recorded already.

        Raises `OutOfOrder` naming the fact in the way.
        """
        blocked = self.system.in_the_way(event, self.given.at, self.moved_on)
        if blocked is not None:
            raise self._out_of_order(event, *blocked)
        return self._apply(event, self.given.at, batch, because)

    def stands_again(self, earlier: Fact, *, because: Fact | None) -> Fact:
        """Let a fact stand again that a correction had taken away: at its own time, among what stood beside it."""
        return self._apply(earlier.event, earlier.occurred_at, earlier.batch, because)

    def _apply(self, event: Event, at: datetime, batch: int | None, because: Fact | None) -> Fact:
        because = because if because is not None else self.because
        fact = Fact(
            position=self._next,
            system=self.system.name,
            version=self.system.version + 1,
            event=event,
            occurred_at=at,
            actor=self.given.actor,
            command_id=self.given.command_id,
            reason=self.given.reason,
            ticket=self.given.ticket,
            batch=batch,
            caused_by=because.position if because is not None else None,
        )
        fold.apply(self.system, fact)
        self.facts.append(fact)
        self._next += 1
        return fact

    def must_not_precede(
        self, extension_ids: Sequence[int], users: Sequence[str], number: str | None, event: Event
    ) -> None:
        """Refuse when the rules would have to look at an extension, user or number that later facts changed."""
        moved = [(f"number {number}", self.moved_on[number])] if number is not None and number in self.moved_on else []
        blocked = self.system.later_than(self.given.at, extension_ids, users, moved)
        if blocked is not None:
            raise self._out_of_order(event, *blocked)

    def _out_of_order(self, event: Event, what: str, mark: Mark) -> OutOfOrder:
        zone = zone_of(self.system.settings.timezone if self.system.settings is not None else "UTC")
        return OutOfOrder(
            event=STORED_NAMES[type(event)][0],
            at=iso(self.given.at, zone),
            what=what,
            name=mark.name,
            last_at=iso(mark.at, zone),
            position=mark.position,
        )

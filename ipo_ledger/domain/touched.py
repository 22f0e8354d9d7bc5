"""What the facts that a correction takes away had touched: extensions, users, numbers, batches, and their piles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ipo_ledger.domain import events as e
from ipo_ledger.domain.looking_back import History
from ipo_ledger.domain.system import System
from ipo_ledger.domain.trail import Pile, Point


class Touched:
    """What the facts to be taken away touched, and what stands below and above them."""

    def __init__(self, system: System, history: History, took: set[int]) -> None:
        """Begin with nothing looked at; `took` are the positions of what is taken away."""
        self.system = system
        self.history = history
        self.took = took
        self.first = min(took)
        # The lowest position to be taken off each pile.
        self.lowest: dict[tuple[Pile, int | str], int] = {}
        self.piles: dict[tuple[Pile, int | str], Sequence[Point]] = {}
        self.extensions: set[int] = set()
        self.users: set[str] = set()
        self.desks: set[int] = set()  # extensions whose base changed
        self.numbers: set[str] = set()  # numbers that changed hands or desks
        self.sent: set[str] = set()  # numbers in what was sent
        self.batches: set[int] = set()
        self.lives: set[int] = set()  # batches that were sent, given up or put in force by it, or are again
        self.facts: dict[int, e.Fact] = {}
        self.again: dict[int, e.Fact] = {}  # what stands again
        self.restarts: list[e.Fact] = []
        self.rests: set[int] = set()

    def at(self, fact: e.Fact) -> None:
        """Look at what one fact touched."""
        event = fact.event
        self.facts[fact.position] = fact
        self._seen(fact)
        match event:
            case e.UserLoggedOut() | e.UserLoggedIn():
                self._touch("seats", event.extension_id, fact)
                self._touch("places", event.user, fact)
            case e.UserRenumbered():
                self._touch("numbers", event.user, fact)
            case e.ConfigurationSent() if event.in_force:
                self._bases(event.batch, fact)
            case e.SystemRestarted():
                self.restarts.append(fact)
                for number in event.in_force:
                    self._bases(number, fact)
            case e.Corrected():
                self._above_correction(fact, event)

    def _seen(self, fact: e.Fact) -> None:
        """Note what a fact changed; of a correction, also what stands again once it is taken away itself."""
        event = fact.event
        match event:
            case e.UserRenumbered():
                self.numbers |= {n for n in (event.old, event.new) if n is not None}
            case e.ConfigurationSent():
                self.batches.add(event.batch)
                self.lives.add(event.batch)
                self.sent |= self.history.batch(event.batch).numbers
                if event.in_force:
                    self._changed(event.batch)
            case e.BatchAbandoned():
                self.batches.add(event.batch)
                self.lives.add(event.batch)
            case e.SystemRestarted():
                for number in event.in_force:
                    self.batches.add(number)
                    self.lives.add(number)
                    self._changed(number)
            case e.Corrected():
                self._seen_again(event)

    def _seen_again(self, event: e.Corrected) -> None:
        self.extensions |= {x.extension_id for x in event.extensions}
        self.users |= {u.user for u in event.users}
        self.batches |= {b.batch for b in event.batches}
        for earlier in self.history.facts_at(event.took).values():
            self._seen(earlier)
            if not isinstance(earlier.event, e.Corrected):
                self.again[earlier.position] = earlier
            if isinstance(earlier.event, e.SystemRestarted):
                self._before_restart(earlier)

    def _changed(self, number: int) -> None:
        batch = self.history.batch(number)
        self.desks |= batch.changes.keys()
        self.numbers |= batch.numbers

    def _touch(self, pile: Pile, of: int | str, fact: e.Fact) -> None:
        self.lowest.setdefault((pile, of), fact.position)
        if isinstance(of, int):
            self.extensions.add(of)
        else:
            self.users.add(of)

    def _bases(self, number: int, fact: e.Fact) -> None:
        for extension_id in self.history.batch(number).changes:
            if extension_id in self.system.extensions:
                self._touch("bases", extension_id, fact)
            else:
                self._gone(extension_id)

    def _above_correction(self, fact: e.Fact, event: e.Corrected) -> None:
        """Find what was recorded, after a correction, of what it touched."""
        for extension in event.extensions:
            self._above("seats", extension.extension_id, fact.position)
            self._above("bases", extension.extension_id, fact.position)
        for user in event.users:
            self._above("places", user.user, fact.position)
            self._above("numbers", user.user, fact.position)

    def _before_restart(self, restart: e.Fact) -> None:
        """Find what was recorded since as before a restart that stands again: it would have touched it."""
        for extension in self.system.extensions.values():
            if max(extension.seat_position, extension.base_position) > self.first:
                self._above("seats", extension.extension_id, self.first, until=restart.occurred_at)
                self._above("bases", extension.extension_id, self.first, until=restart.occurred_at)
        for name in self.history.renumbered():
            self._above("numbers", name, self.first, until=restart.occurred_at)

    def _above(self, pile: Pile, of: int | str, position: int, *, until: datetime | None = None) -> None:
        points = self.history.points_from(pile, of, position + 1)
        self.rests |= {p.position for p in points if until is None or p.at <= until} - self.took

    def _homes(self, number: str) -> set[int]:
        """Return the extensions that had a number as their base at any time since."""
        found = {*self.system.homes(number)}
        found |= {x.extension_id for x in self.system.gone_extensions.values() if x.base == number}
        for batch in self.history.sent_since(number, self.first):
            found |= {c.extension_id for c in batch.changes.values() if number in {c.old, c.new}}
        return found

    def _top(self, pile: Pile, of: int | str, position: int) -> Point:
        """Return what is on top of a pile once what is taken away is off it."""
        points = self.piles.get((pile, of))
        if points:
            below = points[0].below
            assert below is not None, "what begins a pile cannot be taken away"
            position = below
        return self.history.point(pile, of, position)

    def _gone(self, of: int | str) -> None:
        """Look at an extension or user that is no longer there: that they went rests on it, if it was since."""
        gone = self.system.gone_extensions[of] if isinstance(of, int) else self.system.gone_users[of]
        if gone.last.position > self.first:
            self.rests.add(gone.last.position)

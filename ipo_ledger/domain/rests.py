"""What rests on the facts that a correction would take away: later facts that were decided by them."""

from __future__ import annotations

from collections.abc import Sequence

from ipo_ledger.domain import events as e
from ipo_ledger.domain.beneath import Reach, corrections_beneath, recorded_first
from ipo_ledger.domain.touched import Touched
from ipo_ledger.domain.trail import BasePoint, NumberPoint, Pile, Point


class RestedOn(Exception):
    """Later facts rest on what was to be taken away; `positions` are theirs."""

    def __init__(self, positions: Sequence[int]) -> None:
        """Keep what rests."""
        super().__init__(positions)
        self.positions = positions


class Rests(Touched):
    """Says which later facts rest on what is taken away."""

    def refuse_what_rests(self) -> None:
        """Raise `RestedOn` with every later fact that rests on what is taken away."""
        for (pile, of), lowest in self.lowest.items():
            points = self.history.points_from(pile, of, lowest)
            self.piles[pile, of] = points
            self.rests |= {p.position for p in points} - self.took
        for extension_id in self.desks | (self.extensions - self.system.extensions.keys()):
            self._sat(extension_id)  # who may leave, and who comes back, is decided by the base (H4, H7)
        for name in self.users - self.system.users.keys():
            self.rests.add(self.system.gone_users[name].last.position)
        for number in self.numbers | self.sent:
            self._changed_again(number)
        for name in [of for pile, of in self.lowest if pile == "numbers" and isinstance(of, str)]:
            self._taken_by_another(name)
        reach = self._near_by()
        self.rests |= set(self.history.restarts_after(self.first)) - self.took
        for batch in self.batches:
            self._reversals(batch)
        for batch in self.lives:
            self._went_on(batch)
        if self.again:
            self._stands_again_on(reach)
        if self.rests:
            raise RestedOn(sorted(self.rests, reverse=True))

    def _near_by(self) -> Reach:
        """Look at who went where by what was touched, and return all that decided it.

        Where people went is decided by who was at their home (H3), and whom a phone went back to by where they were
        (H4): at any time since, for homes and numbers change.
        """
        bases = {n for i in self.extensions for n in self._bases_of(i)} | self.numbers
        numbers = {n for name in self.users for n in self._numbers_of(name)} | self.numbers
        people = {name for number in bases for name in self._people(number)}
        for name in people:
            self._went(name)
        homes = {i for number in numbers for i in self._homes(number)}
        for extension_id in homes:
            self._sat(extension_id)
        return Reach(self.extensions | homes, self.users | people, bases | numbers | self.sent, self.lives)

    def _bases_of(self, extension_id: int) -> set[str]:
        """Return the base extensions that an extension had at any time since."""
        extension = self.system.extensions.get(extension_id)
        said = [p.base for p in self._since("bases", extension_id) if isinstance(p, BasePoint)]
        return {base for base in (*said, extension.base if extension is not None else None) if base is not None}

    def _numbers_of(self, name: str) -> set[str]:
        """Return the numbers that a user had at any time since."""
        user = self.system.users.get(name)
        said = [p.number for p in self._since("numbers", name) if isinstance(p, NumberPoint)]
        return {number for number in (*said, user.number if user is not None else None) if number is not None}

    def _since(self, pile: Pile, of: int | str) -> list[Point]:
        """Return the points recorded since, and the one below them."""
        points = list(self.history.points_from(pile, of, self.first))
        if points and points[0].below is not None:
            points.insert(0, self.history.point(pile, of, points[0].below))
        return points

    def _people(self, number: str) -> set[str]:
        """Return who had a number at any time since."""
        user = self.system.user_with(number)
        found = {user.name} if user is not None else set()
        found |= {u.name for u in self.system.gone_users.values() if u.number == number}
        return found | {name for name in self.history.renumbered() if number in self._numbers_of(name)}

    def _went(self, name: str) -> None:
        user = self.system.users.get(name)
        if user is None:
            self._gone(name)
        elif user.place_position > self.first:
            self._above("places", name, self.first)

    def _sat(self, extension_id: int) -> None:
        extension = self.system.extensions.get(extension_id)
        if extension is None:
            self._gone(extension_id)
        elif extension.seat_position > self.first:
            self._above("seats", extension_id, self.first)

    def _changed_again(self, number: str) -> None:
        """Look at what else changed a number's hands or desks since: a number has one owner, a send its conflicts."""
        for batch in self.history.sent_since(number, self.first):
            self.rests |= {batch.sends[-1].position} - self.took
        for name in self._people(number):
            self._above("numbers", name, self.first)

    def _taken_by_another(self, name: str) -> None:
        """Look at who has the number that would be this user's again: it was given with the same import."""
        if name in self.system.users:
            number = self._top("numbers", name, self.system.users[name].number_position)
            assert isinstance(number, NumberPoint)
            for other in self.system.users.values() if number.number is not None else ():
                if other.number == number.number and other.name != name and ("numbers", other.name) not in self.lowest:
                    self.rests.add(other.number_position)

    def _reversals(self, number: int) -> None:
        if not any(isinstance(f.event, e.ConfigurationSent) and f.event.batch == number for f in self.facts.values()):
            return
        for other in self.history.batch(number).reversed_by:
            reversal = self.history.batch(other)
            if reversal.status != "abandoned" and reversal.opened_position not in self.took:
                self.rests.add(reversal.sends[-1].position if reversal.sends else reversal.opened_position)

    def _went_on(self, number: int) -> None:
        """Look at how a batch went on since: what it was sent as, or given up as, must still be what it says."""
        since = {f for f in self.history.went_on(number, self.first) if f.position not in self.took}
        drafted = {f for f in since if isinstance(f.event, e.BaseExtensionChanged)}
        if self.history.changes_then(number, self.first) == self.history.batch(number).changes:
            since -= drafted  # changed, and changed back
        self.rests |= {f.position for f in since}

    def _stands_again_on(self, reach: Reach) -> None:
        """Look at what was taken from beneath what stands again.

        What stands anew for a fact that was recorded before all this is no later fact.
        """
        self.rests |= corrections_beneath(self.history, self.again, self.first, reach) - self.took
        first = min(recorded_first(self.history, p) for p in self.took)
        self.rests = {p for p in self.rests if recorded_first(self.history, p) > first}

"""What stands of a story: the `History` that a correction looks back at, kept from facts and points in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from ipo_ledger.domain import events as e
from ipo_ledger.domain.records import Batch, Change, Mark
from ipo_ledger.domain.trail import BasePoint, Closed, NumberPoint, Pile, Point, SeatPoint


def whose(point: Point) -> int | str:
    """Return the extension or user that a point is about."""
    return point.extension_id if isinstance(point, SeatPoint | BasePoint) else point.user


def off(points: list[Any], closed: Closed) -> None:
    """Take what a correction closed off the pile it lies on."""
    points[:] = [p for p in points if whose(p) != closed.of or not closed.above < p.position < closed.by]


def taken_away(facts: Iterable[e.Fact]) -> dict[int, int]:
    """Return the positions of the facts that corrections took away, each with the correction's."""
    return {position: f.position for f in facts if isinstance(f.event, e.Corrected) for position in f.event.took}


def standing(facts: Sequence[e.Fact]) -> list[e.Fact]:
    """Return what is left of some facts once their corrections are taken at their word."""
    taken = taken_away(facts)
    return [f for f in facts if f.position not in taken and not isinstance(f.event, e.Corrected)]


class Told:
    """The facts of a story, and the points that stand of each pile."""

    def __init__(self, facts: Sequence[e.Fact], piles: Mapping[Pile, list[Any]], batches: Mapping[int, Batch]) -> None:
        """Look back at a story as it is."""
        self._facts = {fact.position: fact for fact in facts}
        self.piles = piles
        self._batches = batches
        self._taken = taken_away(facts)

    def points_from(self, pile: Pile, of: int | str, position: int) -> Sequence[Point]:
        """Return the standing points of an extension or user that were recorded at a position or later, in order."""
        return [p for p in self.piles[pile] if whose(p) == of and p.position >= position]

    def point(self, pile: Pile, of: int | str, position: int) -> Point:
        """Return the point that the fact at a position left."""
        found: Point = next(p for p in self.piles[pile] if whose(p) == of and p.position == position)
        return found

    def facts_at(self, positions: Iterable[int]) -> dict[int, e.Fact]:
        """Return the facts at these positions."""
        return {position: self._facts[position] for position in positions}

    def command_of(self, fact: e.Fact) -> Sequence[e.Fact]:
        """Return what still stands of all that was recorded with a fact, by one command, in order."""
        return [f for f in self._facts.values() if f.command_id == fact.command_id and f.position not in self._taken]

    def taken_away_by(self, position: int) -> int | None:
        """Return the position of the correction that took a fact away, or None: it stands."""
        return self._taken.get(position)

    def restarts_after(self, position: int) -> Sequence[int]:
        """Return the positions of the restarts that stand after a position."""
        return [f.position for f in self._restarts() if f.position > position]

    def restart_before(self, position: int) -> e.Fact | None:
        """Return the last restart that stands before a position."""
        return next((f for f in reversed(self._restarts()) if f.position < position), None)

    def _restarts(self) -> list[e.Fact]:
        restarts = [f for f in self._facts.values() if isinstance(f.event, e.SystemRestarted)]
        return [f for f in restarts if f.position not in self._taken]

    def settled_since(self, position: int) -> Sequence[int]:
        """Return the batches that a fact at a position or later settled."""
        return [n for n, b in self._batches.items() if (b.settled_position or 0) >= position]

    def sent_since(self, number: str, position: int) -> Sequence[Batch]:
        """Return the batches sent after a position that give an extension this number, or take it off."""
        later = [b for b in self._batches.values() if b.sends and b.sends[-1].position > position]
        return [b for b in later if number in b.numbers]

    def renumbered(self) -> Iterable[str]:
        """Return the users whose number ever changed."""
        return {p.user for p in self.piles["numbers"] if p.below is not None}

    def batch(self, number: int) -> Batch:
        """Return a batch, open or closed, with its changes and what reverses it."""
        return with_reversals(self._batches, number)

    def last_drafting(self, batch: int, before: int) -> e.Fact:
        """Return the last fact, before a position, that opened or changed a draft."""
        drafting = e.BatchOpened | e.BaseExtensionChanged
        return next(
            f
            for f in reversed(self._facts.values())
            if f.position < before and isinstance(f.event, drafting) and f.event.batch == batch
        )

    def went_on(self, batch: int, position: int) -> Sequence[e.Fact]:
        """Return what stands of how a batch was drafted, sent or given up after a position."""
        life = e.BaseExtensionChanged | e.BatchAbandoned | e.ConfigurationSent
        later = [f for f in self._facts.values() if f.position > position and f.position not in self._taken]
        return [f for f in later if isinstance(f.event, life) and f.event.batch == batch]

    def changes_then(self, batch: int, position: int) -> dict[int, Change]:
        """Return the net changes of a batch as it said them at a position."""
        found: dict[int, Change] = {}
        for fact in self._facts.values():
            event = fact.event
            if isinstance(event, e.BaseExtensionChanged) and event.batch == batch and fact.position <= position:
                first = found.pop(event.extension_id, Change(event.extension_id, event.old, None))
                if first.old != event.new:
                    found[event.extension_id] = replace(first, new=event.new)
        return found

    def corrections_since(self, position: int) -> dict[int, e.Fact]:
        """Return the corrections that stand and were recorded after a position."""
        later = {p: f for p, f in self._facts.items() if p > position and p not in self._taken}
        return {p: f for p, f in later.items() if isinstance(f.event, e.Corrected)}

    def moved_on(self, at: datetime, *, without: Iterable[e.Fact] = ()) -> dict[str, Mark]:
        """Return the numbers that changed hands or desks after an instant, with the last fact that did it.

        What the facts `without` did does not count: they are being taken away.
        """
        ignored = {fact.position for fact in without}
        last: dict[str, Mark] = {}
        for pile, ends in (self.piles["bases"], self.piles["seats"]), (self.piles["numbers"], self.piles["places"]):
            said: dict[int | str, str | None] = {}  # the number of each extension, or user, so far
            for point in sorted([*pile, *(p for p in ends if p.gone)], key=lambda p: p.position):
                if point.position in ignored:
                    continue
                changed = {said.get(whose(point)), _number(point)}
                said[whose(point)] = _number(point)
                mark = Mark(point.at, point.position, self._facts[point.position].name)
                for number in changed if point.at > at else ():
                    if number is not None and (number not in last or _order(mark) > _order(last[number])):
                        last[number] = mark
        return last


def _number(point: Point) -> str | None:
    """Return the number that an extension or a user has from a point on; none where they are gone."""
    match point:
        case BasePoint():
            return point.base
        case NumberPoint():
            return point.number
        case _:
            return None


def _order(mark: Mark) -> tuple[datetime, int]:
    return (mark.at, mark.position)


def with_reversals(batches: Mapping[int, Batch], number: int) -> Batch:
    """Return a batch with what was opened to reverse it."""
    by = tuple(n for n, other in sorted(batches.items()) if number in other.reverses)
    return replace(batches[number], reversed_by=by)

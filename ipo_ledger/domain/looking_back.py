"""What stands of one system, as far as a correction has to look back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from ipo_ledger.domain import events as e
from ipo_ledger.domain.records import Batch, Change
from ipo_ledger.domain.trail import Pile, Point


class History(Protocol):
    """What stands of one system, as far as a correction has to look back."""

    def points_from(self, pile: Pile, of: int | str, position: int) -> Sequence[Point]:
        """Return the standing points of an extension or user that were recorded at a position or later, in order."""
        ...

    def point(self, pile: Pile, of: int | str, position: int) -> Point:
        """Return the point that the fact at a position left."""
        ...

    def facts_at(self, positions: Iterable[int]) -> dict[int, e.Fact]:
        """Return the facts at these positions."""
        ...

    def command_of(self, fact: e.Fact) -> Sequence[e.Fact]:
        """Return what still stands of all that was recorded with a fact, by one command, in order."""
        ...

    def taken_away_by(self, position: int) -> int | None:
        """Return the position of the correction that took a fact away, or None: it stands."""
        ...

    def corrections_since(self, position: int) -> Mapping[int, e.Fact]:
        """Return the corrections that stand and were recorded after a position."""
        ...

    def restarts_after(self, position: int) -> Sequence[int]:
        """Return the positions of the restarts that stand after a position."""
        ...

    def restart_before(self, position: int) -> e.Fact | None:
        """Return the last restart that stands before a position."""
        ...

    def settled_since(self, position: int) -> Sequence[int]:
        """Return the batches that a fact at a position or later settled."""
        ...

    def sent_since(self, number: str, position: int) -> Sequence[Batch]:
        """Return the batches sent after a position that give an extension this number, or take it off."""
        ...

    def renumbered(self) -> Iterable[str]:
        """Return the users whose number ever changed."""
        ...

    def batch(self, number: int) -> Batch:
        """Return a batch, open or closed, with its changes and what reverses it."""
        ...

    def last_drafting(self, batch: int, before: int) -> e.Fact:
        """Return the last fact, before a position, that opened or changed a draft."""
        ...

    def went_on(self, batch: int, position: int) -> Sequence[e.Fact]:
        """Return what stands of how a batch was drafted, sent or given up after a position."""
        ...

    def changes_then(self, batch: int, position: int) -> Mapping[int, Change]:
        """Return the net changes of a batch as it said them at a position."""
        ...

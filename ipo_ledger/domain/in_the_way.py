"""Which later batches are in the way of a rollback: those that have to be taken back before it is clean.

State decides: whatever changed something and changed it back is in nobody's way. Take back the batches named, newest
first, and the rollback is clean; leave one of them out, and it is not. Three or more batches that undid each other
by hand are all named: only single ones and pairs are tried.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

from ipo_ledger.domain.dependents import dependents
from ipo_ledger.domain.records import Batch, Change, numbers_in
from ipo_ledger.domain.rollback import Blocked, Past, is_live, rest_of
from ipo_ledger.domain.system import System

# Each batch is tried without, so the cost grows with the square: beyond this, all that build on it are named.
MOST_TRIED = 200
MOST_TRIED_IN_PAIRS = 40


def in_the_way(system: System, past: Past, batch: Batch) -> list[Batch]:
    """Return the later batches that a rollback of this one has to wait for, newest first."""
    rest = rest_of(past, batch)
    building_on = list(reversed(dependents(past, batch)))
    if len(building_on) > MOST_TRIED:
        return building_on
    named = _possible(system, past, building_on)
    if not _clean_without(system, past, rest, named):
        named = _touching(past, batch, rest)  # a batch and its reversal, too, where others came between the two
    if len(named) > MOST_TRIED or not _clean_without(system, past, rest, named):
        return building_on
    return _no_more_than_needed(system, past, rest, named)


def _no_more_than_needed(system: System, past: Past, rest: Sequence[Change], named: list[Batch]) -> list[Batch]:
    """Leave out every batch, and every two batches that undid each other by hand, without which it is clean too."""
    before = -1
    while len(named) != before:  # leaving one out may make another needless; nearly always one round does
        before = len(named)
        together = 2 if before <= MOST_TRIED_IN_PAIRS else 1
        for size in range(1, together + 1):
            for needless in combinations(reversed(named), size):  # oldest first: the later ones can still be taken back
                others = [other for other in named if other not in needless]
                if _clean_without(system, past, rest, others):
                    named = others
    return named


def leave_it_clean(system: System, past: Past, batch: Batch, named: Sequence[Batch]) -> bool:
    """Tell whether a batch is clean once those named are taken back: an import or a removal may stay in the way."""
    return _clean_without(system, past, rest_of(past, batch), named)


def blamed(blocked: Blocked, way: Sequence[Batch]) -> int | None:
    """Return the batch to name for one blocked extension: of those in the way, the newest that touched it.

    Who put last what is found may be a rollback that only gave back what another batch had put there.
    """
    if blocked.why not in {"changed", "taken"}:
        return blocked.by
    where = blocked.at_extension if blocked.at_extension is not None else blocked.extension_id
    return next((b.number for b in way if where in b.changes), blocked.by)


def _touching(past: Past, batch: Batch, rest: Sequence[Change]) -> list[Batch]:
    """Return every later batch that shares an extension or a number with this one, or one of them, newest first."""
    ids = {c.extension_id for c in rest}
    numbers = numbers_in(rest)
    found = []
    for later in past.connected_after(batch):
        if ids & later.changes.keys() or numbers & later.numbers:
            ids.update(later.changes)
            numbers |= later.numbers
            found.append(later)
    return found[::-1]


def _possible(system: System, past: Past, batches: Sequence[Batch]) -> list[Batch]:
    """Return those that can be taken back one after the other; what others undid in between stays as it is."""
    desks = _Desks(system)
    found: list[Batch] = []
    for batch in batches:
        if _in_effect(past, batch, found) and desks.take_back(batch.changes.values()):
            found.append(batch)
    return found


def _clean_without(system: System, past: Past, rest: Sequence[Change], taken_back: Sequence[Batch]) -> bool:
    """Tell whether these batches can be taken back, newest first, and the changes then could be, too."""
    desks = _Desks(system)
    for place, batch in enumerate(taken_back):
        if not (_in_effect(past, batch, taken_back[:place]) and desks.take_back(batch.changes.values())):
            return False
    return desks.take_back(rest)


def _in_effect(past: Past, batch: Batch, taken_back: Sequence[Batch]) -> bool:
    """Tell whether a batch is in effect, or is again once these are taken back: only then it can be."""
    return is_live(past, batch) or any(b.number in batch.reversed_by for b in taken_back)


class _Desks:
    """The base extensions as they would be: what was taken back is, the others are as they are in force."""

    def __init__(self, system: System) -> None:
        """Begin with what is in force."""
        self.system = system
        self.bases: dict[int, str | None] = {}
        self.gained: dict[str, set[int]] = {}  # number -> the extensions that got it back

    def take_back(self, changes: Collection[Change]) -> bool:
        """Take changes back and return True, or leave all as it is where they are not in force or a base is taken."""
        for c in changes:
            if self._base(c.extension_id) != c.new:
                return False
        inside = {c.extension_id for c in changes}
        for c in changes:
            if c.old is not None and self._is_held(c.old, inside):
                return False
        for c in changes:
            self.bases[c.extension_id] = c.old
            if c.old is not None:
                self.gained.setdefault(c.old, set()).add(c.extension_id)
        return True

    def _base(self, extension_id: int) -> str | None:
        if extension_id in self.bases:
            return self.bases[extension_id]
        known = self.system.extensions.get(extension_id)
        return known.base if known is not None else None

    def _is_held(self, number: str, inside: set[int]) -> bool:
        """Tell whether a number is the base of an extension that is not one of these."""
        for homes in (self.system.homes(number), self.gained.get(number, ())):
            for i in homes:
                if i not in inside and self._base(i) == number:
                    return True
        return False

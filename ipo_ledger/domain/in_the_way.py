"""Which later batches are in the way of a rollback: exactly those that have to be taken back before it is clean.

State decides: whatever changed something and changed it back is in nobody's way. Take back the batches named, newest
first, and the rollback is clean; leave one of them out, and it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from ipo_ledger.domain.dependents import dependents
from ipo_ledger.domain.records import Batch, Change
from ipo_ledger.domain.rollback import Blocked, Past, rest_of
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
    named = _possible(system, building_on)
    if not _clean_without(system, rest, named):
        named = _touching(past, batch, rest)  # a batch and its reversal, too, where others came between the two
    if len(named) > MOST_TRIED or not _clean_without(system, rest, named):
        return building_on
    return _no_more_than_needed(system, rest, named)


def _no_more_than_needed(system: System, rest: Sequence[Change], named: list[Batch]) -> list[Batch]:
    """Leave out every batch, and every two batches that undid each other by hand, without which it is clean too."""
    before = -1
    while len(named) != before:  # leaving one out may make another needless; nearly always one round does
        before = len(named)
        together = 2 if before <= MOST_TRIED_IN_PAIRS else 1
        for size in range(1, together + 1):
            for needless in combinations(named, size):
                others = [other for other in named if other not in needless]
                if len(others) == len(named) - size and _clean_without(system, rest, others):
                    named = others
    return named


def blamed(blocked: Blocked, way: Sequence[Batch]) -> int | None:
    """Return the batch to name for one blocked extension: of those in the way, the newest that touched it.

    Who put last what is found may be a rollback that only gave back what another batch had put there.
    """
    if blocked.why not in {"changed", "taken"}:
        return blocked.by
    where = blocked.at_extension if blocked.at_extension is not None else blocked.extension_id
    return next((b.number for b in way if where in b.changes), blocked.by)


def _touching(past: Past, batch: Batch, rest: Sequence[Change]) -> list[Batch]:
    """Return every later batch that touched what this one, or one of them, did, newest first."""
    ids = {c.extension_id for c in rest}
    found = []
    for later in past.in_force_after(batch):
        if ids & later.changes.keys():
            ids.update(later.changes)
            found.append(later)
    return found[::-1]


def _possible(system: System, batches: Sequence[Batch]) -> list[Batch]:
    """Return those that can be taken back one after the other; what others undid in between stays as it is."""
    bases = {i: extension.base for i, extension in system.extensions.items()}
    found = []
    for batch in batches:
        if all(bases.get(c.extension_id) == c.new for c in batch.changes.values()):
            bases.update((c.extension_id, c.old) for c in batch.changes.values())
            found.append(batch)
    return found


def _clean_without(system: System, rest: Sequence[Change], taken_back: Sequence[Batch]) -> bool:
    """Tell whether these batches can be taken back, newest first, and the changes then could be, too."""
    touched = {c.extension_id for b in taken_back for c in b.changes.values()} | {c.extension_id for c in rest}
    bases = {i: system.extensions[i].base for i in touched if i in system.extensions}
    for batch in taken_back:
        if any(bases.get(c.extension_id) != c.new for c in batch.changes.values()):
            return False
        bases.update((c.extension_id, c.old) for c in batch.changes.values())
    if any(bases.get(c.extension_id) != c.new for c in rest):
        return False
    inside = {c.extension_id for c in rest}
    outside = {base for i, base in bases.items() if i not in inside}
    for change in rest:
        if change.old is None:
            continue
        if change.old in outside or any(i not in bases for i in system.homes(change.old)):
            return False
    return True

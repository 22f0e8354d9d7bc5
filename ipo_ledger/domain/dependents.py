"""What builds on a batch: the later batches that have to go with it, and the history played without them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ipo_ledger.domain.records import Batch, Change, numbers_in
from ipo_ledger.domain.rollback import Past, rest_of


class Stuck(Exception):
    """A batch that stays was made from what would be taken back; the text names it."""


class Pair(Struct, frozen=True):
    """Batches and what takes them back, at these extensions: together they cancel out."""

    reversal: int
    targets: tuple[int, ...]  # oldest first
    extension_ids: frozenset[int]


def dependents(past: Past, batch: Batch) -> list[Batch]:
    """Return the later batches that build on a batch, oldest first, each with what is left of its changes.

    A later batch is a dependent if it shares an extension or a number with the batch or an earlier dependent.
    A batch and its complete reversal that both came after cancel out and are none.
    """
    rest = rest_of(past, batch)
    ids = {c.extension_id for c in rest}
    numbers = numbers_in(rest)
    found = []
    for other in _paired([batch, *past.connected_after(batch)])[0]:
        if other.number == batch.number:
            continue
        if ids & other.changes.keys() or numbers & other.numbers:
            found.append(other)
            ids.update(other.changes)
            numbers |= other.numbers
    return found


def bases_before(now: Mapping[int, str | None], batches: Sequence[Batch]) -> dict[int, str | None]:
    """Return the bases in force before these batches, oldest first, that led to `now`."""
    bases = dict(now)
    for batch in reversed(batches):
        bases.update((c.extension_id, c.old) for c in batch.changes.values())
    return bases


def bases_without(
    before: Mapping[int, str | None], batches: Sequence[Batch], undone: Sequence[Batch]
) -> tuple[dict[int, str | None], dict[int, str | None]]:
    """Return the bases that these batches led to, and those without the changes undone. Raises `Stuck`.

    A batch and its reversal are left out as well, where the batch would not find what it found.
    """
    actual, bases = dict(before), dict(before)
    without = {b.number: set[int]() for b in batches} | {b.number: set(b.changes) for b in undone}
    begins = defaultdict[int, list[Pair]](list)
    for pair in _paired(batches)[1]:
        begins[pair.targets[0]].append(pair)
    for batch in batches:
        lost = {i for i in batch.changes if bases[i] != actual[i]}
        for pair in begins[batch.number]:
            if lost & pair.extension_ids:
                for number in (*pair.targets, pair.reversal):
                    without[number] |= pair.extension_ids
        stays = [c for c in batch.changes.values() if c.extension_id not in without[batch.number]]
        if lost & {c.extension_id for c in stays}:
            raise Stuck(f"{batch.name}, which would stay, was made from what would be taken back")
        bases.update((c.extension_id, c.new) for c in stays)
        actual.update((c.extension_id, c.new) for c in batch.changes.values())
    return actual, bases


def _paired(batches: Sequence[Batch]) -> tuple[list[Batch], list[Pair]]:
    """Return these batches without what they take back of each other, and the pairs that left them out."""
    left = {b.number: dict(b.changes) for b in batches}
    order = {b.number: place for place, b in enumerate(batches)}
    pairs = []
    for reversal in reversed(batches):
        ours = left[reversal.number]
        if not ours or not reversal.reverses or not left.keys() >= set(reversal.reverses):
            continue  # nothing is left of it, or what it takes back is older than all of these
        if len(ours) == len(reversal.changes):
            of = set(reversal.part or (i for n in reversal.reverses for i in left[n]))
        elif len(reversal.reverses) == 1:
            of = set(ours)
        else:
            continue  # of several batches taken together no part is the part of one
        places = sorted(order[n] for n in reversal.reverses)
        targets = [replace(batches[place], changes=left[batches[place].number]) for place in places]
        if {c.extension_id: c.inverse for c in _net(targets) if c.extension_id in of} == ours:
            left[reversal.number] = {}
            for number in reversal.reverses:
                left[number] = {i: c for i, c in left[number].items() if i not in of}
            pairs.append(Pair(reversal.number, tuple(b.number for b in targets), frozenset(of)))
    return [replace(b, changes=left[b.number]) for b in batches if left[b.number]], pairs


def _net(batches: Sequence[Batch]) -> list[Change]:
    """Return what these batches, oldest first, come to: one change an extension, none where it came back."""
    net: dict[int, Change] = {}
    for batch in batches:
        for change in batch.changes.values():
            first = net.get(change.extension_id, change)
            net[change.extension_id] = Change(change.extension_id, first.old, change.new)
    return [c for c in net.values() if c.old != c.new]

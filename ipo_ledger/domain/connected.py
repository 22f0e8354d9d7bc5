"""Which later batches a rollback has to look at: those that share anything with it, however far round.

A batch that shares no extension and no number with another one, nor with any that does, and takes none of them back,
cannot be in its way, cannot build on it and is replayed as it was: it need not be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from ipo_ledger.domain.records import Batch, numbers_in

Touch: TypeAlias = tuple[int, int, str | None, str | None]
"""A batch, one extension it changes, the base extension there before and after."""


_ROUNDS = 8


def connected(batch: Batch, later: Iterable[Touch], reversals: Iterable[tuple[int, int]]) -> set[int]:
    """Return which of these later batches are connected with a batch.

    `later` is all that they change, in any order; `reversals` are pairs of a batch and one that it takes back.
    """
    beside = defaultdict[int, list[int]](list)
    for reversal, reversed_ in reversals:
        beside[reversal].append(reversed_)
        beside[reversed_].append(reversal)
    later = list(later)
    # Most of them are connected with nothing, and what is connected is so in few steps: to look at all some times over
    # is far quicker than to sort each into its place for one look.
    found, rest = set[int](), later
    extensions, numbers, others = set(batch.changes), numbers_in(batch.changes.values()), {*beside[batch.number]}
    for _ in range(_ROUNDS):
        more = {n for n, i, old, new in rest if i in extensions or old in numbers or new in numbers or n in others}
        if not more:
            return found
        found |= more
        touched = [touch for touch in rest if touch[0] in more]
        rest = [touch for touch in rest if touch[0] not in more]
        extensions = {i for _, i, _, _ in touched}
        numbers = {base for _, _, old, new in touched for base in (old, new) if base is not None}
        others = {other for number in more for other in beside[number]}
    return followed(batch, later, beside)


def followed(batch: Batch, later: Iterable[Touch], beside: defaultdict[int, list[int]]) -> set[int]:
    """Return the same in time that grows with `later` alone, in however many steps they are connected.

    `beside` are the batches that each takes back, or is taken back by; it is used up.
    """
    at_extension, at_number = defaultdict[int, list[int]](list), defaultdict[str, list[int]](list)
    touches = defaultdict[int, list[Touch]](list)
    for touch in later:
        number, extension_id, old, new = touch
        touches[number].append(touch)
        at_extension[extension_id].append(number)
        if old is not None:
            at_number[old].append(number)
        if new is not None:
            at_number[new].append(number)
    found: set[int] = set()
    # Popped, so that each extension, number and batch is followed once.
    queue = [other for i in batch.changes for other in at_extension.pop(i, [])]
    queue += [other for n in numbers_in(batch.changes.values()) for other in at_number.pop(n, [])]
    queue += beside.pop(batch.number, [])
    while queue:
        other = queue.pop()
        if other in found or other not in touches:  # there twice, or not among the later ones
            continue
        found.add(other)
        queue += beside.pop(other, [])
        for _, extension_id, old, new in touches[other]:
            queue += at_extension.pop(extension_id, [])
            for base in (old, new):
                if base is not None:
                    queue += at_number.pop(base, [])
    return found

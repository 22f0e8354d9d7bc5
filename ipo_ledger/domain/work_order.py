"""What people have to do for a batch, in order: what to type in Manager, who dials what where, E911.

Typing follows each cycle from one extension to the next, so that Manager warns of one number at a time, and of none
where a change ends in a number that is nobody's base (SWAP, steps 1 and 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import Struct

from ipo_ledger.domain.batch import cycles
from ipo_ledger.domain.records import Batch, Change, User
from ipo_ledger.domain.system import System


class Typing(Struct, frozen=True):
    """One change to type; `warns_of` are the numbers that are the base of two extensions until later steps."""

    change: Change
    warns_of: tuple[str, ...]


class Dialling(Struct, frozen=True):
    """One person who has to act: log out where they sit (`at`), log in by hand where they go (`to`), or both."""

    user: User
    at: int | None
    to: int | None
    logs_out: bool
    by_hand: bool


def typing_order(system: System, batch: Batch) -> list[Typing]:
    """Return the changes of a batch in the order that keeps Manager's warnings shortest."""
    bases = {i: extension.base for i, extension in system.extensions.items()}
    bases.update((c.extension_id, c.old) for c in batch.changes.values())
    held = Counter(base for base in bases.values() if base is not None)
    doubled: set[str] = set()
    steps = []
    for cycle in cycles(batch.changes.values()):
        for change in followed(cycle):
            if change.old is not None:
                held[change.old] -= 1
                if held[change.old] == 1:
                    doubled.discard(change.old)
            if change.new is not None:
                held[change.new] += 1
                if held[change.new] > 1:
                    doubled.add(change.new)
            steps.append(Typing(change, tuple(sorted(doubled))))
    return steps


def diallers(system: System, batch: Batch) -> list[Dialling]:
    """Return who has to act for a batch, as people sit now and as if it were in force, by number.

    Whoever sits at a changed extension that is not theirs then logs out; who is Force Login logs in by hand.
    """
    bases = {i: extension.base for i, extension in system.extensions.items()}
    if not batch.in_force:
        bases.update((c.extension_id, c.new) for c in batch.changes.values() if c.extension_id in bases)
    homes: dict[str, list[int]] = {}
    for extension_id, base in bases.items():
        if base is not None:
            homes.setdefault(base, []).append(extension_id)
    involved = _involved(system, batch)
    found = []
    for user in sorted(involved, key=lambda u: (u.number or "", u.name)):
        home = homes.get(user.number, []) if user.number is not None else []
        to = home[0] if len(home) == 1 else None
        away = user.extension_id is not None and user.extension_id != to
        logs_out = away and user.extension_id in batch.changes
        by_hand = user.forced_login and to is not None and user.extension_id != to
        if logs_out or by_hand:
            found.append(Dialling(user, user.extension_id, to, logs_out, by_hand))
    return found


def _involved(system: System, batch: Batch) -> list[User]:
    names = set()
    for change in batch.changes.values():
        extension = system.extensions.get(change.extension_id)
        if extension is not None and extension.user is not None:
            names.add(extension.user)
        comes = system.user_with(change.new)
        if comes is not None:
            names.add(comes.name)
    return [system.users[name] for name in names]


def followed(cycle: Sequence[Change]) -> list[Change]:
    """Return the changes of one cycle in typing order.

    Where a new number is no other change's old one, that change comes first, then whoever waits for what it lets go:
    no warning at all. A closed cycle goes the other way round, each change taking what the next lets go: one warning.
    """
    by_old: dict[str | None, list[Change]] = {}
    by_new: dict[str | None, list[Change]] = {}
    for change in cycle:
        by_old.setdefault(change.old, []).append(change)
        by_new.setdefault(change.new, []).append(change)
    order: dict[int, Change] = {}
    for start in [c for c in cycle if c.new not in by_old]:
        _chain(start, order, lambda c: by_new.get(c.old, []))
    for start in cycle:
        _chain(start, order, lambda c: by_old.get(c.new, []))
    return list(order.values())


def _chain(start: Change, order: dict[int, Change], after: Callable[[Change], Sequence[Change]]) -> None:
    at: Change | None = start
    while at is not None and at.extension_id not in order:
        order[at.extension_id] = at
        at = next((c for c in after(at) if c.extension_id not in order), None)

"""A user's number changes: whose a number was when, and what that means for a batch from before.

A renumber is no swap: base extensions do not follow it (Manager R9.x). A rollback gives desks back to people; where
a person has another number since, it gives them the new one, if the base extension followed them; else it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.events import UserRenumbered
from ipo_ledger.domain.records import Change, User, numbers_in
from ipo_ledger.domain.system import System

_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)


def checked_number(text: str | None) -> str | None:
    """Return a number as given, none as None. Raises `BadNumber`."""
    if text is None or text in {"", "-"}:
        return None
    if not _NUMBER.fullmatch(text):
        raise r.BadNumber(asked=text)
    return text


def renumber(entry: Entry, user: User, number: str | None) -> None:
    """Record that a user's number changed; nothing where it is theirs already. Raises `NumberTaken`."""
    other = entry.system.user_with(number)
    if other is not None and other.name != user.name:
        raise r.NumberTaken(number=number, other=other.name)
    if number != user.number:
        entry.happens(UserRenumbered(user.name, user.number, number))


class Hands(Struct, frozen=True):
    """Numbers that are not the same person's any more: by number, who had it, and the number they have now.

    `now` None: they have none. `given` are numbers whose person was removed, and who has them now.
    """

    had: dict[str, str]
    now: dict[str, str | None]
    given: dict[str, str]

    def of(self, changes: Iterable[Change]) -> set[str]:
        """Return the numbers of these changes that changed hands."""
        numbers = numbers_in(changes)
        return numbers & (self.now.keys() | self.given.keys())


def changed_hands(system: System, then: Mapping[str, str | None]) -> Hands:
    """Return which numbers changed hands since; `then` maps a number to the person who had it (None: nobody)."""
    hands = Hands({}, {}, {})
    for number, name in then.items():
        holder = system.user_with(number)
        if name is None or (holder is not None and holder.name == name):
            continue
        user = system.users.get(name)
        hands.had[number] = name
        if user is not None:
            hands.now[number] = user.number
        elif holder is not None:
            hands.given[number] = holder.name
    return hands


def followed(system: System, batch: str, changes: Sequence[Change], hands: Hands) -> Sequence[Change]:
    """Return the changes of a batch as its people are numbered now.

    Raises `AcrossRenumber` where somebody has no number now, somebody else has the number of a person who was
    removed, or the base extension did not follow the person to the new number.
    """
    moved = hands.of(changes)
    if not moved:
        return changes
    as_now = [Change(c.extension_id, _as_now(hands, c.old), _as_now(hands, c.new)) for c in changes]
    why = [f"{n} was {hands.had[n]}'s, and is {hands.given[n]}'s now" for n in sorted(moved & hands.given.keys())]
    why += [f"{n} was {hands.had[n]}'s, who has no number now" for n in sorted(moved) if hands.now.get(n, n) is None]
    for change, now in zip(changes, as_now, strict=True):
        known = system.extensions.get(change.extension_id)
        if change.new is not None and now.new != change.new and known is not None and known.base == change.new:
            why.append(
                f"{change.new} was {hands.had[change.new]}'s, who is {now.new or 'without a number'} now, "
                f"and extension {change.extension_id} still has {change.new} as its base extension"
            )
    if why:
        raise r.AcrossRenumber(batch=batch, listing="; ".join(why))
    return as_now


def _as_now(hands: Hands, number: str | None) -> str | None:
    return hands.now.get(number, number) if number is not None else None

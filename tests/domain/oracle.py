"""The rules of the telephone system once more, written differently: plain dictionaries, and one fixpoint.

`Desks` is told by the recorded events alone, without the fold; `dialled`, `logged_in` and `restarted` say what
the rules make of it. What the domain does is compared with this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ipo_ledger.domain import events as e

Bases: TypeAlias = dict[int, str | None]
Changes: TypeAlias = dict[int, tuple[str | None, str | None]]  # old and new, by extension


class Desks:
    """Who sits where, which numbers people have, and which bases are in force."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seats: dict[str, int] = {}
        self.bases: Bases = {}
        self.numbers: dict[str, str | None] = {}
        self.forced: set[str] = set()
        self.codes: set[str] = set()
        self.said: dict[tuple[int, int], str | None] = {}  # what each draft said last of an extension
        self.drafts: dict[int, Changes] = {}  # what came to nothing is no change, whatever is in force by then

    def tell(self, facts: Iterable[e.Fact]) -> Desks:
        """Take recorded facts at their word."""
        for fact in facts:
            self._tell(fact.event)
        return self

    def _tell(self, event: e.Event) -> None:  # noqa: C901, PLR0912 - one case an event
        match event:
            case e.ExtensionAdded():
                self.bases[event.extension_id] = event.base
            case e.ExtensionRemoved():
                del self.bases[event.extension_id]
            case e.UserAdded():
                self.numbers[event.user] = event.number
                self._flags(event)
            case e.UserChanged():
                self._flags(event)
            case e.UserRenumbered():
                assert self.numbers[event.user] == event.old
                self.numbers[event.user] = event.new
            case e.UserRemoved():
                del self.numbers[event.user]
            case e.BatchOpened():
                self.drafts[event.batch] = {}
            case e.BaseExtensionChanged():
                draft, i = self.drafts[event.batch], event.extension_id
                assert event.old in {self.bases[i], self.said.get((event.batch, i))}
                self.said[event.batch, i] = event.new
                old, _ = draft.pop(i, (event.old, None))
                if old != event.new:
                    draft[i] = (old, event.new)
            case e.ConfigurationSent() if event.in_force:
                self._put_in_force(event.batch)
            case e.SystemRestarted():
                for number in event.in_force:
                    self._put_in_force(number)
            case e.UserLoggedOut():
                assert self.seats.pop(event.user) == event.extension_id
                assert self.numbers[event.user] == event.number
            case e.UserLoggedIn():
                assert event.user not in self.seats
                assert event.extension_id not in self.seats.values()
                assert self.numbers[event.user] == event.number
                self.seats[event.user] = event.extension_id
            case e.Corrected():
                self._stands(event)
            case _:
                pass

    def _stands(self, event: e.Corrected) -> None:
        self.bases.update((x.extension_id, x.base) for x in event.extensions)
        for user in event.users:
            self.numbers[user.user] = user.number
            self.seats.pop(user.user, None)
        self.seats.update((u.user, u.extension_id) for u in event.users if u.extension_id is not None)

    def _flags(self, event: e.UserAdded | e.UserChanged) -> None:
        for flag, users in ((event.forced_login, self.forced), (event.has_login_code, self.codes)):
            (users.add if flag else users.discard)(event.user)

    def _put_in_force(self, number: int) -> None:
        self.bases.update((i, new) for i, (_, new) in self.drafts[number].items() if i in self.bases)

    # --- what the rules say -------------------------------------------------------------------------------

    def homes(self) -> dict[str, int]:
        """Return everybody's one home: who is the default user of no extension, or of several, has none."""
        found = {}
        for name, number in self.numbers.items():
            ids = [i for i, base in self.bases.items() if base is not None and base == number]
            if len(ids) == 1:
                found[name] = ids[0]
        return found

    def at_home(self) -> bool:
        """Tell whether everybody sits where a restart would seat them, and nobody else sits anywhere."""
        return self.seats == self.restarted()

    def restarted(self) -> dict[str, int]:
        """H8, H9: everybody at home but those who are Force Login."""
        return {name: home for name, home in self.homes().items() if name not in self.forced}

    def may_dial(self, name: str) -> bool:
        """H7: seated, and with a login code or at a phone whose base is not their number."""
        if name not in self.seats:
            return False
        base = self.bases[self.seats[name]]
        return name in self.codes or base is None or base != self.numbers[name]

    def dialled(self, name: str) -> dict[str, int]:
        """H3 to H6: who sits where once this user has logged out."""
        seats = dict(self.seats)
        left = seats.pop(name)
        return self._come_to_rest(seats, leavers={name}, left={left})

    def logged_in(self, name: str, extension_id: int) -> dict[str, int]:
        """H1 to H4: who sits where once this user has logged in at this extension."""
        seats = {user: seat for user, seat in self.seats.items() if seat != extension_id}
        leavers = self.seats.keys() - seats.keys()
        left = {seats[name]} if name in seats else set()
        seats[name] = extension_id
        return self._come_to_rest(seats, leavers=leavers, left=left)

    def _come_to_rest(self, seats: dict[str, int], *, leavers: set[str], left: set[int]) -> dict[str, int]:
        """Seat whoever may come home, until nobody is left: who left a phone, or whose phone was left."""
        homes = self.homes()
        come = {u for u, home in homes.items() if (u in leavers or home in left) and u not in self.forced}
        while ready := {u for u in come - seats.keys() if homes[u] not in seats.values()}:
            seats.update((user, homes[user]) for user in ready)
        return seats


def without(start: Bases, batches: Sequence[Changes]) -> Bases:
    """Return the bases once each batch's people traded places, wherever they now are (old number to new)."""
    bases = dict(start)
    for changes in batches:
        becomes = {old: new for old, new in changes.values() if old is not None}
        bases = {i: becomes.get(base, base) if base is not None else None for i, base in bases.items()}
    return bases


def without_at_ports(start: Bases, batches: Sequence[Changes]) -> Bases:
    """Return the bases once whoever was at each batch's ports traded them, as the batch's people did."""
    bases = dict(start)
    for changes in batches:
        held = {old: i for i, (old, _) in changes.items()}
        bases |= {i: bases[held[new]] for i, (_, new) in changes.items()}
    return bases

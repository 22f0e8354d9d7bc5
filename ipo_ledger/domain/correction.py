"""Taking back what is wrong in the ledger: it never happened, or it happened otherwise (docs/time.md).

A correction takes a fact away with everything that followed from it by itself, and spells out what stands then.
Nothing is erased: answers as known before it stay. It is refused when later facts rest on what it takes away: facts
of the same extension or user, of whoever would have come back to that phone, or phones that would have gone back to
that user, another change of the same number, a restart since, or a reversal; where facts stand again, also when their
batch went on since, or another correction took away what they had rested on (beneath.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ipo_ledger.domain import batch as batches
from ipo_ledger.domain import events as e
from ipo_ledger.domain import hot_desking
from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.beneath import Reach, corrections_beneath, recorded_first
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.records import Batch, Change, Mark
from ipo_ledger.domain.system import System, mark_of
from ipo_ledger.domain.trail import BasePoint, NumberPoint, Pile, PlacePoint, Point, SeatPoint

How: TypeAlias = Literal["never", "otherwise", "again"]


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


class RestedOn(Exception):
    """Later facts rest on what was to be taken away; `positions` are theirs."""

    def __init__(self, positions: Sequence[int]) -> None:
        """Keep what rests."""
        super().__init__(positions)
        self.positions = positions


class Found(Struct, frozen=True):
    """What is to be taken away: the fact that was named, everything that goes with it, and its roots in order."""

    target: e.Fact
    facts: tuple[e.Fact, ...]
    roots: tuple[e.Fact, ...]


# --- what goes with a fact ----------------------------------------------------------------------------------


def with_consequences(history: History, target: e.Fact) -> Found:
    """Return a fact and what followed from it by itself. Raises `NotCorrectable`, `OnlyAConsequence`."""
    _refuse_taken(history, target)
    command = history.command_of(target)
    by_position = {fact.position: fact for fact in command}
    root = root_of(target, by_position)
    if root is not target and not _same_move(root, target):
        raise r.OnlyAConsequence(position=target.position, type=target.name, root=root.position, root_type=root.name)
    if not _may_be_taken(root):
        raise r.NotCorrectable(position=target.position, type=target.name, **_instead(root, history))
    if isinstance(root.event, e.Corrected):
        return Found(target, tuple(command), (root,))
    roots = _traded(root, command)
    return Found(target, tuple(f for f in command if root_of(f, by_position) in roots), roots)


def _traded(root: e.Fact, command: Sequence[e.Fact]) -> tuple[e.Fact, ...]:
    """Return a fact and, of a renumber, those of the same command without which two people had one number."""
    if not isinstance(root.event, e.UserRenumbered):
        return (root,)
    renumbers = {f.position: (f, {f.event.old, f.event.new}) for f in command if isinstance(f.event, e.UserRenumbered)}
    found, numbers = {root.position}, {root.event.old, root.event.new} - {None}
    while more := {p for p, (_, said) in renumbers.items() if p not in found and said & numbers}:
        found |= more
        numbers |= {n for p in more for n in renumbers[p][1] if n is not None}
    return tuple(renumbers[p][0] for p in sorted(found))


def of_batch(history: History, batch: Batch) -> Found:
    """Return the send of a batch with what was recorded with it. Raises `NotCorrectable`."""
    if batch.status == "draft":
        raise r.NotCorrectable(
            position=batch.opened_position,
            type="BatchOpened",
            why=f"{batch.name} is a draft: nothing of it happened yet",
            instead=f"ipo-ledger abandon {batch.name}",
        )
    if not batch.sends:
        raise r.NotCorrectable(
            position=batch.opened_position,
            type="BatchOpened",
            why=f"{batch.name} is abandoned, and nothing of it is in effect",
            instead=f"ipo-ledger show {batch.name}",
        )
    sent = history.facts_at([batch.sends[-1].position])[batch.sends[-1].position]
    command = history.command_of(sent)
    by_position = {fact.position: fact for fact in command}
    root = {f.position: root_of(f, by_position).position for f in command}
    roots = tuple(
        f
        for f in command
        if root[f.position] == f.position
        and (f.position == sent.position or (f.position > sent.position and _may_be_taken(f)))
    )
    taken = {f.position for f in roots}
    return Found(sent, tuple(f for f in command if root[f.position] in taken), roots)


def root_of(fact: e.Fact, by_position: dict[int, e.Fact]) -> e.Fact:
    """Return the fact of the same command that a fact followed from, at the beginning: what somebody did."""
    while fact.caused_by is not None and fact.caused_by in by_position:
        cause = by_position[fact.caused_by]
        if isinstance(cause.event, e.Corrected) and not isinstance(fact.event, e.Corrected):
            return fact
        fact = cause
    return fact


def _same_move(root: e.Fact, target: e.Fact) -> bool:
    """Tell whether two facts are one thing somebody did: a log-in begins with leaving, or displacing."""
    return isinstance(target.event, e.UserLoggedIn) and target.event.cause == "dialled" and _leaves(root)


def _leaves(fact: e.Fact) -> bool:
    return isinstance(fact.event, e.UserLoggedOut) and fact.event.cause in {"moved", "displaced"}


def _may_be_taken(fact: e.Fact) -> bool:
    match fact.event:
        case e.UserLoggedOut():
            return fact.event.cause in {"dialled", "moved", "displaced"}
        case e.UserLoggedIn():
            return fact.event.cause == "dialled"
        case e.ConfigurationSent() | e.SystemRestarted() | e.BatchAbandoned() | e.UserRenumbered() | e.Corrected():
            return True
        case _:
            return False


def _instead(fact: e.Fact, history: History) -> dict[str, str]:
    match fact.event:
        case e.BatchOpened() | e.BaseExtensionChanged():
            batch = history.batch(fact.event.batch)
            way = "abandon" if batch.status == "draft" else "show" if not batch.sends else "correct"
            return {
                "why": "a draft says what is meant; what happened is its send",
                "instead": f"ipo-ledger {way} {batch.name}" + (" --never" if way == "correct" else ""),
            }
        case e.SystemAdded() | e.SystemChanged():
            return {"why": "settings are set anew", "instead": "ipo-ledger system set"}
        case e.UserChanged():
            return {"why": "what exports do not say is set anew", "instead": f"ipo-ledger user set {fact.event.user}"}
        case e.ExtensionChanged():
            return {"why": "a label is set anew", "instead": f"ipo-ledger label {fact.event.extension_id} TEXT"}
        case _:
            return {"why": "an export said so; a fresh one is taken in anew", "instead": "ipo-ledger import EXPORT"}


def _refuse_taken(history: History, target: e.Fact) -> None:
    by = history.taken_away_by(target.position)
    if by is not None:
        raise r.CorrectedAlready(position=target.position, by=by)


# --- taking away --------------------------------------------------------------------------------------------


def take_away(entry: Entry, found: Found, history: History, how: How) -> e.Fact:
    """Record the correction that takes facts away. Raises `RestedOn` with the positions of later facts in the way."""
    took = {f.position for f in found.facts}
    looked = _Looked(entry.system, history, took)
    for fact in found.facts:
        looked.at(fact)
    looked.refuse_what_rests()
    looked.unsettle()
    event = found.target.event
    for number in looked.batches:
        entry.system.open.setdefault(number, history.batch(number))
    corrected = entry.happens(
        e.Corrected(
            target=found.target.position,
            type=found.target.name,
            how=how,
            took=tuple(sorted(took)),
            extensions=tuple(looked.extension_stands(i) for i in sorted(looked.extensions)),
            users=tuple(looked.user_stands(name) for name in sorted(looked.users)),
            batches=tuple(looked.batch_stands(n) for n in sorted(looked.batches)),
            floor=looked.floor(),
            user=getattr(event, "user", None),
            extension_id=getattr(event, "extension_id", None),
        ),
        batch=found.target.batch,
    )
    entry.because = corrected
    return corrected


class _Looked:
    """What the facts to be taken away touched, and what stands below and above them."""

    def __init__(self, system: System, history: History, took: set[int]) -> None:
        self.system = system
        self.history = history
        self.took = took
        self.first = min(took)
        # The lowest position to be taken off each pile.
        self.lowest: dict[tuple[Pile, int | str], int] = {}
        self.piles: dict[tuple[Pile, int | str], Sequence[Point]] = {}
        self.extensions: set[int] = set()
        self.users: set[str] = set()
        self.desks: set[int] = set()  # extensions whose base changed
        self.numbers: set[str] = set()  # numbers that changed hands or desks
        self.sent: set[str] = set()  # numbers in what was sent
        self.batches: set[int] = set()
        self.lives: set[int] = set()  # batches that were sent, given up or put in force by it, or are again
        self.facts: dict[int, e.Fact] = {}
        self.again: dict[int, e.Fact] = {}  # what stands again
        self.restarts: list[e.Fact] = []
        self.rests: set[int] = set()

    def at(self, fact: e.Fact) -> None:
        """Look at what one fact touched."""
        event = fact.event
        self.facts[fact.position] = fact
        self._seen(fact)
        match event:
            case e.UserLoggedOut() | e.UserLoggedIn():
                self._touch("seats", event.extension_id, fact)
                self._touch("places", event.user, fact)
            case e.UserRenumbered():
                self._touch("numbers", event.user, fact)
            case e.ConfigurationSent() if event.in_force:
                self._bases(event.batch, fact)
            case e.SystemRestarted():
                self.restarts.append(fact)
                for number in event.in_force:
                    self._bases(number, fact)
            case e.Corrected():
                self._above_correction(fact, event)

    def _seen(self, fact: e.Fact) -> None:
        """Note what a fact changed; of a correction, also what stands again once it is taken away itself."""
        event = fact.event
        match event:
            case e.UserRenumbered():
                self.numbers |= {n for n in (event.old, event.new) if n is not None}
            case e.ConfigurationSent():
                self.batches.add(event.batch)
                self.lives.add(event.batch)
                self.sent |= self.history.batch(event.batch).numbers
                if event.in_force:
                    self._changed(event.batch)
            case e.BatchAbandoned():
                self.batches.add(event.batch)
                self.lives.add(event.batch)
            case e.SystemRestarted():
                for number in event.in_force:
                    self.batches.add(number)
                    self.lives.add(number)
                    self._changed(number)
            case e.Corrected():
                self._seen_again(event)

    def _seen_again(self, event: e.Corrected) -> None:
        self.extensions |= {x.extension_id for x in event.extensions}
        self.users |= {u.user for u in event.users}
        self.batches |= {b.batch for b in event.batches}
        for earlier in self.history.facts_at(event.took).values():
            self._seen(earlier)
            if not isinstance(earlier.event, e.Corrected):
                self.again[earlier.position] = earlier
            if isinstance(earlier.event, e.SystemRestarted):
                self._before_restart(earlier)

    def _changed(self, number: int) -> None:
        batch = self.history.batch(number)
        self.desks |= batch.changes.keys()
        self.numbers |= batch.numbers

    def _touch(self, pile: Pile, of: int | str, fact: e.Fact) -> None:
        self.lowest.setdefault((pile, of), fact.position)
        if isinstance(of, int):
            self.extensions.add(of)
        else:
            self.users.add(of)

    def _bases(self, number: int, fact: e.Fact) -> None:
        for extension_id in self.history.batch(number).changes:
            if extension_id in self.system.extensions:
                self._touch("bases", extension_id, fact)
            else:
                self._gone(extension_id)

    def _above_correction(self, fact: e.Fact, event: e.Corrected) -> None:
        """Find what was recorded, after a correction, of what it touched."""
        for extension in event.extensions:
            self._above("seats", extension.extension_id, fact.position)
            self._above("bases", extension.extension_id, fact.position)
        for user in event.users:
            self._above("places", user.user, fact.position)
            self._above("numbers", user.user, fact.position)

    def _before_restart(self, restart: e.Fact) -> None:
        """Find what was recorded since as before a restart that stands again: it would have touched it."""
        for extension in self.system.extensions.values():
            if max(extension.seat_position, extension.base_position) > self.first:
                self._above("seats", extension.extension_id, self.first, until=restart.occurred_at)
                self._above("bases", extension.extension_id, self.first, until=restart.occurred_at)
        for name in self.history.renumbered():
            self._above("numbers", name, self.first, until=restart.occurred_at)

    def _above(self, pile: Pile, of: int | str, position: int, *, until: datetime | None = None) -> None:
        points = self.history.points_from(pile, of, position + 1)
        self.rests |= {p.position for p in points if until is None or p.at <= until} - self.took

    # --- what rests on it ---------------------------------------------------------------------------------

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

    def _homes(self, number: str) -> set[int]:
        """Return the extensions that had a number as their base at any time since."""
        found = {*self.system.homes(number)}
        found |= {x.extension_id for x in self.system.gone_extensions.values() if x.base == number}
        for batch in self.history.sent_since(number, self.first):
            found |= {c.extension_id for c in batch.changes.values() if number in {c.old, c.new}}
        return found

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

    def _gone(self, of: int | str) -> None:
        """Look at an extension or user that is no longer there: that they went rests on it, if it was since."""
        gone = self.system.gone_extensions[of] if isinstance(of, int) else self.system.gone_users[of]
        if gone.last.position > self.first:
            self.rests.add(gone.last.position)

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

    # --- what stands then ---------------------------------------------------------------------------------

    def unsettle(self) -> None:
        """Look at the batches that came to rest since, at what was touched: perhaps they did not."""
        at_rest = set(self.extensions)
        for number in self.numbers:
            at_rest |= self._homes(number)
        for batch in self.history.settled_since(self.first):
            if at_rest & self.history.batch(batch).changes.keys():
                self.batches.add(batch)

    def extension_stands(self, extension_id: int) -> e.ExtensionStands:
        """Return an extension as it stands without what is taken away."""
        extension = self.system.extensions[extension_id]
        seat = self._top("seats", extension_id, extension.seat_position)
        base = self._top("bases", extension_id, extension.base_position)
        assert isinstance(seat, SeatPoint)
        assert isinstance(base, BasePoint)
        last = self._mark(seat, base)
        return e.ExtensionStands(
            extension_id=extension_id,
            user=seat.user,
            since=seat.at,
            seat_position=seat.position,
            base=base.base,
            base_batch=base.batch,
            base_position=base.position,
            last_at=last.at,
            last_position=last.position,
            last_name=last.name,
        )

    def user_stands(self, name: str) -> e.UserStands:
        """Return a user as they stand without what is taken away."""
        user = self.system.users[name]
        place = self._top("places", name, user.place_position)
        number = self._top("numbers", name, user.number_position)
        assert isinstance(place, PlacePoint)
        assert isinstance(number, NumberPoint)
        last = self._mark(place, number)
        return e.UserStands(
            user=name,
            number=number.number,
            number_position=number.position,
            extension_id=place.extension_id,
            since=place.at,
            place_position=place.position,
            last_at=last.at,
            last_position=last.position,
            last_name=last.name,
        )

    def batch_stands(self, number: int) -> e.BatchStands:
        """Return how far a batch is without what is taken away."""
        batch = self.history.batch(number)
        sent = bool(batch.sends) and batch.sends[-1].position not in self.took
        in_force = sent and batch.in_force_position is not None and batch.in_force_position not in self.took
        if not sent:
            before = batch.sends[-1].position if batch.sends else batch.last.position
            last = mark_of(self.history.last_drafting(number, before))
        elif not in_force:
            last = Mark(batch.sends[-1].at, batch.sends[-1].position, "ConfigurationSent")
        else:
            last = batch.last
        return e.BatchStands(
            batch=number,
            status="sent" if sent else "draft",
            sent=sent,
            in_force_at=batch.in_force_at if in_force else None,
            in_force_position=batch.in_force_position if in_force else None,
            last_at=last.at,
            last_position=last.position,
            last_name=last.name,
        )

    def floor(self) -> e.FloorStands | None:
        """Return the last restart that stands, where one is taken away."""
        if not self.restarts:
            return None
        before = self.history.restart_before(self.restarts[0].position)
        return e.FloorStands(before.occurred_at, before.position) if before is not None else e.FloorStands()

    def _top(self, pile: Pile, of: int | str, position: int) -> Point:
        """Return what is on top of a pile once what is taken away is off it."""
        points = self.piles.get((pile, of))
        if points:
            below = points[0].below
            assert below is not None, "what begins a pile cannot be taken away"
            position = below
        return self.history.point(pile, of, position)

    def _mark(self, one: Point, other: Point) -> Mark:
        last = max(one, other, key=lambda p: (p.at, p.position))
        fact = self.history.facts_at([last.position])[last.position]
        return Mark(last.at, last.position, fact.name)


# --- saying it anew -----------------------------------------------------------------------------------------


def said_otherwise(entry: Entry, found: Found, *, at: datetime | None, extension_id: int | None) -> None:
    """Record what really happened instead: the same at another time, or a log-in at another extension."""
    if at is not None:
        entry.given = replace(entry.given, at=at)
    for root in found.roots:
        if at is None:
            entry.given = replace(entry.given, at=root.occurred_at)
        _again(entry, root, found, extension_id)


def _again(entry: Entry, root: e.Fact, found: Found, extension_id: int | None) -> None:
    event: Any = root.event
    seated = next(
        (f.event for f in found.facts if isinstance(f.event, e.UserLoggedIn) and f.event.cause == "dialled"), None
    )
    match event:
        case e.UserLoggedOut() if event.cause == "dialled":
            hot_desking.log_out(entry, event.user)
        case e.UserLoggedOut() | e.UserLoggedIn():
            assert seated is not None
            hot_desking.log_in(entry, seated.user, seated.extension_id if extension_id is None else extension_id)
        case e.ConfigurationSent():
            batches.send(entry, event.batch, event.mode, with_conflicts=event.outcome == "conflicts")
        case e.SystemRestarted():
            hot_desking.restart(entry)
        case e.BatchAbandoned():
            batches.abandon(entry, event.batch)
        case e.UserRenumbered():
            entry.happens(e.UserRenumbered(event.user, event.old, event.new))


def stands_again(entry: Entry, found: Found, history: History) -> None:
    """Record anew, at their own times, the facts that a correction had taken away and that stand again."""
    target = found.target.event
    assert isinstance(target, e.Corrected)
    earlier = history.facts_at(target.took)
    now: dict[int, e.Fact] = {}
    for position in sorted(earlier):
        fact = earlier[position]
        if isinstance(fact.event, e.Corrected):
            continue  # what it had said is taken away with the correction that is taken back now
        cause = now.get(fact.caused_by) if fact.caused_by is not None else None
        now[position] = entry.stands_again(fact, because=cause)


def refuse_held_twice(entry: Entry, corrected: e.Fact) -> None:
    """Refuse to make a batch hold again what another one holds by now. Raises `RestedOn` with what opened that."""
    event = corrected.event
    assert isinstance(event, e.Corrected)
    rests = set()
    for number in (stands.batch for stands in event.batches):
        batch = entry.system.open[number]
        for other in entry.system.open.values() if batch.pending_in_configuration else ():
            shared = other.changes.keys() & batch.changes.keys()
            if other.number != number and other.pending_in_configuration and shared:
                rests.add(other.opened_position)
    if rests:
        raise RestedOn(sorted(rests, reverse=True))


def abandon_taken(entry: Entry, batch: int) -> None:
    """Record that a batch, whose send was taken away because the batch never was, is given up."""
    entry.given = replace(entry.given, at=max(entry.given.at, entry.system.open[batch].last.at))
    batches.abandon(entry, batch)

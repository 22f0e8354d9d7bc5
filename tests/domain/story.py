"""A story to test the domain with: steps played on one system, and what the ledger then holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from msgspec.structs import replace

from ipo_ledger.domain import baseline, batch, correction, hot_desking, rollback, ways_out
from ipo_ledger.domain import events as e
from ipo_ledger.domain.connected import connected
from ipo_ledger.domain.entry import Entry, Given
from ipo_ledger.domain.records import Batch, Mode, Waiting
from ipo_ledger.domain.rollback import Plan
from ipo_ledger.domain.site import Site, SiteExtension, SiteUser
from ipo_ledger.domain.system import System
from ipo_ledger.domain.trail import BasePoint, NumberPoint, PlacePoint, SeatPoint
from tests.domain.told import Told, off, with_reversals

T = TypeVar("T")

DAWN = datetime(2026, 3, 1, 9, tzinfo=UTC)
FIRST_POSITION = 41  # other systems were recorded before: a position is no version


class Batches:
    """The `Past` of the tests: every batch ever seen, kept from `System.open` after each entry."""

    def __init__(self, seen: Mapping[int, Batch]) -> None:
        """Begin with the batches seen already."""
        self.seen = dict(seen)

    def keep(self, system: System) -> None:
        """Keep what an entry left of the batches it touched; closed ones leave `open` at the next copy."""
        self.seen.update({n: replace(b, changes=dict(b.changes)) for n, b in system.open.items()})

    def batch(self, number: int) -> Batch:
        """Return a batch, open or closed, with what reverses it."""
        return with_reversals(self.seen, number)

    def in_force_after(self, batch: Batch) -> Sequence[Batch]:
        """Return every batch that took effect after this one, oldest first."""
        later = [self.batch(n) for n, b in self.seen.items() if b.in_force and b.order > batch.order]
        return sorted(later, key=lambda b: b.order)

    def connected_after(self, batch: Batch) -> Sequence[Batch]:
        """Return those of them that are connected with it."""
        later = self.in_force_after(batch)
        touches = [(b.number, c.extension_id, c.old, c.new) for b in later for c in b.changes.values()]
        reversals = [(b.number, reversed_) for b in later for reversed_ in b.reverses]
        found = connected(batch, touches, reversals)
        return [b for b in later if b.number in found]


class Story:
    """One system and everything recorded of it. A step records one command, a minute after the last one."""

    def __init__(self) -> None:
        """Begin with a system that nothing is recorded of."""
        self.system = System("hq")
        self.facts: list[e.Fact] = []
        self.last: list[e.Fact] = []  # what the last command recorded
        self.past = Batches({})
        self.minute = 0
        self.seat_points: list[SeatPoint] = []
        self.place_points: list[PlacePoint] = []
        self.base_points: list[BasePoint] = []
        self.number_points: list[NumberPoint] = []

    def fork(self) -> Story:
        """Return the same story, to be told on without touching this one."""
        twin = Story()
        twin.__dict__.update({k: list(v) if isinstance(v, list) else v for k, v in self.__dict__.items()})
        twin.past = Batches(self.past.seen)
        return twin

    # --- recording ----------------------------------------------------------------------------------------

    def record(self, command: Callable[[Entry], T], *, at: int | None = None, actor: str = "ana") -> T:
        """Record a command, dated at a minute of the story; when it is refused nothing is recorded."""
        minute = self.minute + 1 if at is None else at
        position = FIRST_POSITION + len(self.facts)
        given = Given(at=moment(minute), actor=actor, command_id=f"c{position}", reason="why not")
        late = given.at < self.system.newest
        moved_on = self.told.moved_on(given.at) if late else {}
        entry = Entry(self.system, given, after=position - 1, moved_on=moved_on)
        result = command(entry)
        self._keep(entry, minute)
        return result

    def _keep(self, entry: Entry, minute: int) -> None:
        self.minute = max(self.minute, minute)
        self.system = entry.system
        self.facts += entry.facts
        self.last = entry.facts
        self.past.keep(entry.system)
        trail = entry.system.trail
        self.seat_points += trail.seats
        self.place_points += trail.places
        self.base_points += trail.bases
        self.number_points += trail.numbers
        for closed in trail.closed:
            off(self.told.piles[closed.pile], closed)

    def happens(self, *events: e.Event, at: int | None = None) -> None:
        """Record bare events, for what no command of the domain records."""

        def command(entry: Entry) -> None:
            for event in events:
                entry.happens(event)

        self.record(command, at=at)

    def swap(self, one: str, other: str, *, at: int | None = None) -> int:
        """Draft the swap of two users."""

        def command(entry: Entry) -> batch.Drafted:
            users = entry.system.users
            moves = batch.swap_moves(entry.system, users[one], users[other])
            return batch.draft(entry, moves, title=f"{one} and {other}")

        return self.record(command, at=at).number

    def draft(
        self,
        moves: Mapping[int, str | None] | Sequence[batch.Move],
        *,
        into: int | None = None,
        at: int | None = None,
    ) -> int:
        """Draft moves, by extension id."""
        return self.drafted(moves, into=into, at=at).number

    def drafted(
        self,
        moves: Mapping[int, str | None] | Sequence[batch.Move],
        *,
        into: int | None = None,
        at: int | None = None,
    ) -> batch.Drafted:
        """Draft moves, and return what came of it."""
        listed = [batch.Move(i, base) for i, base in moves.items()] if isinstance(moves, Mapping) else moves
        return self.record(lambda entry: batch.draft(entry, listed, title="moves", into=into), at=at)

    def send(self, number: int, mode: Mode = "merge", *, with_conflicts: bool = False, at: int | None = None) -> e.Fact:
        """Record the send of a draft."""
        return self.record(lambda entry: batch.send(entry, number, mode, with_conflicts=with_conflicts), at=at)

    def abandon(self, number: int, *, at: int | None = None) -> e.Fact:
        """Give a draft up."""
        return self.record(lambda entry: batch.abandon(entry, number), at=at)

    def finish(self, number: int, *, at: int | None = None) -> None:
        """Record the send of a draft and all its log-outs in one command."""
        self.record(lambda entry: batch.finish(entry, number), at=at)

    def restart(self, *, at: int | None = None) -> e.Fact:
        """Record a restart."""
        return self.record(hot_desking.restart, at=at)

    def log_out(self, *users: str, at: int | None = None) -> None:
        """Record that users dialled the log-out code, one after the other, each a command."""
        for user in users:
            self.record(lambda entry, user=user: hot_desking.log_out(entry, user), at=at)  # type: ignore[misc]

    def log_in(self, user: str, extension_id: int, *, at: int | None = None) -> e.Fact:
        """Record that a user logged in by hand."""
        return self.record(lambda entry: hot_desking.log_in(entry, user, extension_id), at=at)

    def observe(self, seen: Site, *, at: int | None = None) -> baseline.Observed:
        """Import what a site says of itself."""
        return self.record(lambda entry: baseline.observe(entry, seen, title="import"), at=at)

    def observe_bases(self, bases: Mapping[int, str | None], *, at: int | None = None) -> baseline.Observed:
        """Import an export that says other base extensions, and nothing else."""
        seen = tuple(
            SiteExtension(
                extension_id=i,
                module=self.system.extensions[i].module,
                port=self.system.extensions[i].port,
                kind=None,
                base_extension=base,
                source="",
            )
            for i, base in bases.items()
        )
        return self.observe(Site(extensions=seen, users=None), at=at)

    def observe_extension(self, extension_id: int, base: str | None) -> baseline.Observed:
        """Import an export that lists one extension, digital on the base unit."""
        said = SiteExtension(
            extension_id=extension_id, module="BD", port=extension_id, kind=0, base_extension=base, source=""
        )
        return self.observe(Site(extensions=(said,), users=None))

    def observe_user(self, name: str, number: str | None, *, at: int | None = None) -> baseline.Observed:
        """Import an export that lists one user, new or renumbered."""
        said = SiteUser(name=name, number=number, full_name=None, has_login_code=None, forced_login=None, source="")
        return self.observe(Site(extensions=None, users=(said,)), at=at)

    def flag(self, user: str, *, forced_login: bool | None = None, login_code: bool | None = None) -> None:
        """Set what exports do not say of a user."""
        known = self.system.users[user]
        code = known.has_login_code if login_code is None else login_code
        forced = known.forced_login if forced_login is None else forced_login
        self.happens(e.UserChanged(user, known.full_name, code, forced))

    def remove_extension(self, extension_id: int, *, at: int | None = None) -> None:
        """Record that an extension is no longer there; who sat there goes where H3 takes them."""

        def command(entry: Entry) -> None:
            name = entry.system.extensions[extension_id].user
            if name is not None:
                hot_desking.leave_removed(entry, name)
            removed = entry.happens(e.ExtensionRemoved(extension_id))
            if name is not None:
                hot_desking.return_person(entry, name, removed)

        self.record(command, at=at)

    def remove_user(self, name: str, *, at: int | None = None) -> None:
        """Record that a user is no longer there; their phone goes back to whom H4 says."""

        def command(entry: Entry) -> None:
            left = entry.system.users[name].extension_id
            hot_desking.leave_removed(entry, name)
            removed = entry.happens(e.UserRemoved(name))
            if left is not None:
                hot_desking.return_phone(entry, left, removed)

        self.record(command, at=at)

    # --- rolling back -------------------------------------------------------------------------------------

    def plan(self, number: int, strategy: rollback.Strategy = "plain", **options: Any) -> Plan:
        """Return the plan of a rollback. Raises what refuses it, `StillBlocked` for a plain one."""
        taken_back = self.past.batch(number)
        rollback.refuse_unless_live(self.past, taken_back)
        match strategy:
            case "cascade":
                return ways_out.plan_cascade(self.system, self.past, taken_back)
            case "replan":
                return ways_out.plan_replan(self.system, self.past, taken_back, **options)
            case "partial":
                return ways_out.plan_partial(self.system, self.past, taken_back, **options)
            case "plain":
                plan, blocked = rollback.plan_plain(self.system, self.past, taken_back)
                if blocked:
                    raise StillBlocked(blocked)
                return plan

    def draft_rollback(self, number: int, strategy: rollback.Strategy = "plain", **options: Any) -> int:
        """Draft the rollback of a batch."""
        plan = self.plan(number, strategy, **options)
        moves = [batch.Move(c.extension_id, c.new) for c in plan.changes]

        def command(entry: Entry) -> batch.Drafted:
            return batch.draft(entry, moves, title=f"back from B{number}", reverses=plan.reverses, part=plan.part)

        return self.record(command, actor="ben").number

    def roll_back(self, number: int, strategy: rollback.Strategy = "plain", **options: Any) -> int:
        """Draft and send the rollback of a batch."""
        drafted = self.draft_rollback(number, strategy, **options)
        self.send(drafted)
        return drafted

    def blocked(self, number: int) -> list[rollback.Blocked]:
        """Return what is in the way of a plain rollback."""
        return rollback.plan_plain(self.system, self.past, self.past.batch(number))[1]

    def is_live(self, number: int) -> bool:
        """Tell whether a batch is in effect."""
        return rollback.is_live(self.past, self.past.batch(number))

    def live(self) -> set[int]:
        """Return the batches in effect."""
        return {number for number in self.past.seen if self.is_live(number)}

    def settle(self) -> None:
        """Let everybody a batch waits for log out, then those who have to log in by hand do."""
        for user in sorted({w.user for w in self.pending() if w.waiting_for == "log-out"}):
            self.log_out(user)
        for waiting in self.pending():
            if waiting.waiting_for == "log-in" and self.system.users[waiting.user].extension_id is None:
                self.log_in(waiting.user, waiting.extension_id)

    def pending(self) -> list[Waiting]:
        """Return what all batches in force wait for."""
        return [w for number in self.system.open for w in self.waiting(number)]

    # --- correcting ---------------------------------------------------------------------------------------

    def correct(
        self,
        position: int,
        *,
        never: bool = False,
        at: int | None = None,
        extension_id: int | None = None,
    ) -> e.Fact:
        """Record now that a fact never happened, or at another minute, or, a log-in, at another extension."""
        told = self.told
        found = correction.with_consequences(told, told.facts_at([position])[position])
        return self._correct(found, never=never, at=at, extension_id=extension_id)

    def correct_batch(self, number: int, *, never: bool = False, at: int | None = None) -> e.Fact:
        """Record now that a batch was never sent, and then it is given up, or that it was at another minute."""
        found = correction.of_batch(self.told, self.past.batch(number))
        return self._correct(found, never=never, at=at, given_up=number)

    def _correct(
        self,
        found: correction.Found,
        *,
        never: bool,
        at: int | None,
        extension_id: int | None = None,
        given_up: int | None = None,
    ) -> e.Fact:
        of_correction = isinstance(found.target.event, e.Corrected)
        told = self.told

        def command(entry: Entry) -> e.Fact:
            how: correction.How = "again" if of_correction else "never" if never else "otherwise"
            corrected = correction.take_away(entry, found, told, how)
            if of_correction:
                correction.stands_again(entry, found, told)
            elif not never:
                when = moment(at) if at is not None else found.roots[0].occurred_at
                entry.moved_on = told.moved_on(when, without=found.facts)
                correction.said_otherwise(entry, found, at=when if at is not None else None, extension_id=extension_id)
            elif given_up is not None:
                correction.abandon_taken(entry, given_up)
            correction.refuse_held_twice(entry, corrected)
            return corrected

        return self.record(command)

    # --- looking ------------------------------------------------------------------------------------------

    @property
    def told(self) -> Told:
        """Return what stands, to look back at."""
        return Told(
            self.facts,
            {
                "seats": self.seat_points,
                "places": self.place_points,
                "bases": self.base_points,
                "numbers": self.number_points,
            },
            self.past.seen,
        )

    @property
    def events(self) -> list[e.Event]:
        """Return the events that the last command recorded."""
        return [fact.event for fact in self.last]

    @property
    def seats(self) -> dict[int, str | None]:
        """Return who is seated where, by extension id (None: vacant)."""
        return {i: extension.user for i, extension in sorted(self.system.extensions.items())}

    @property
    def bases(self) -> dict[int, str | None]:
        """Return the base extensions in force, by extension id."""
        return {i: extension.base for i, extension in sorted(self.system.extensions.items())}

    @property
    def off_the_air(self) -> set[str]:
        """Return who is seated nowhere."""
        return {user.name for user in self.system.users.values() if user.extension_id is None}

    def status(self, number: int) -> str:
        """Return how far a batch is."""
        return self.past.seen[number].status

    def changes(self, number: int) -> dict[int, tuple[str | None, str | None]]:
        """Return the net changes of a batch, old and new by extension id."""
        return {c.extension_id: (c.old, c.new) for c in self.past.seen[number].changes.values()}

    def conflicts(self, number: int) -> dict[str, tuple[int, ...]]:
        """Return the numbers that would be the base of several extensions, were this batch in force."""
        return batch.bases_twice(self.system, self.past.seen[number])

    def waiting(self, number: int) -> list[Waiting]:
        """Return what a batch waits for."""
        known = self.system.open.get(number)
        return self.system.waiting(known) if known is not None else []

    def asked(self, number: int) -> list[tuple[int, str, str]]:
        """Return what a batch waits for, in short: extension, log-out or log-in, who."""
        return [(w.extension_id, w.waiting_for, w.user) for w in self.waiting(number)]


class StillBlocked(Exception):
    """A plain rollback has something in its way."""

    def __init__(self, blocked: list[rollback.Blocked]) -> None:
        """Keep what is in the way."""
        super().__init__("; ".join(rollback.told(b) for b in blocked))
        self.blocked = blocked


def moment(minute: int) -> datetime:
    """Return a minute of the story as a time."""
    return DAWN + timedelta(minutes=minute)

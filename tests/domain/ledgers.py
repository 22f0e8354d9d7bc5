"""What holds of every history: the invariants that random histories are checked against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from ipo_ledger.domain import events as e
from ipo_ledger.domain.batch import bases_twice
from ipo_ledger.domain.system import System
from ipo_ledger.domain.trail import BasePoint, NumberPoint, Point
from ipo_ledger.errors import Refused
from tests.domain.given import encoded, folded, homes_known, restless, state_of
from tests.domain.oracle import Changes, Desks
from tests.domain.story import FIRST_POSITION, Story
from tests.domain.told import taken_away, whose


def everybody_is_at_one_phone_at_most(system: System) -> None:
    """See that extensions and users say the same of who is where, and nobody is at two."""
    by_extension = {i: x.user for i, x in system.extensions.items() if x.user is not None}
    by_user = {u.extension_id: u.name for u in system.users.values() if u.extension_id is not None}

    assert by_extension == by_user
    assert len(set(by_extension.values())) == len(by_extension)


def told_by_the_events(system: System, desks: Desks) -> None:
    """See that the facts alone, read without the fold, lead to the same seats, bases, numbers and flags."""
    assert desks.seats == {u.name: u.extension_id for u in system.users.values() if u.extension_id is not None}
    assert desks.bases == {i: x.base for i, x in system.extensions.items()}
    assert desks.numbers == {u.name: u.number for u in system.users.values()}
    assert desks.forced & desks.numbers.keys() == {u.name for u in system.users.values() if u.forced_login}


def indices_are_right(system: System) -> None:
    """See that what is found by number is what a recount finds."""
    homes: dict[str, list[int]] = {}
    for i, known in sorted(system.extensions.items()):
        if known.base is not None:
            homes.setdefault(known.base, []).append(i)

    assert {number: list(system.homes(number)) for number in homes_known(system)} == homes
    assert system.shared == {number for number, ids in homes.items() if len(ids) > 1}
    assert system.by_number == {u.number: u.name for u in system.users.values() if u.number is not None}
    numbers = Counter(u.number for u in system.users.values() if u.number is not None)
    assert all(times == 1 for times in numbers.values())


def open_batches_are_right(story: Story) -> None:
    """See that each extension is held once at most, and that exactly what is not at rest is waited for."""
    system = story.system.copy()
    held = Counter(i for b in system.open.values() if b.pending_in_configuration for i in b.changes)
    unsettled = {n: b for n, b in system.open.items() if b.in_force}

    assert all(times == 1 for times in held.values())
    assert {b.status for b in system.open.values()} <= {"draft", "sent"}
    assert restless(system) == {n: {i for i in b.changes if not system.at_rest(i)} for n, b in unsettled.items()}
    for batch in unsettled.values():
        assert [w.extension_id for w in system.waiting(batch)] == sorted(restless(system)[batch.number])
        assert system.waiting(batch)
    for batch in story.past.seen.values():
        assert all(c.old != c.new for c in batch.changes.values())
        assert (batch.settled_at is not None) == (batch.status == "settled")


def the_fold_agrees(story: Story) -> None:
    """See that the facts folded from the beginning give the system that the commands left."""
    assert state_of(folded(story.facts)) == state_of(story.system)


def loading_gives_the_same(system: System) -> None:
    """See that a system put together from its extensions, users and open batches is the one that was folded."""
    loaded = System(system.name)
    for name in ("key", "version", "settings", "last_batch", "baseline", "floor"):
        setattr(loaded, name, getattr(system, name))
    for extension in system.extensions.values():
        loaded.take_in(extension)
    for user in system.users.values():
        loaded.take_in_user(user)
    for batch in system.copy().open.values():
        loaded.take_in_batch(batch)

    assert state_of(loaded) == state_of(system)


def the_trail_leads_here(story: Story) -> None:
    """See that the points, replayed, give the seats, places, bases and numbers of now, in order of time."""
    system = story.system
    seats = {p.extension_id: None if p.gone else (p.user, p.at) for p in story.seat_points}
    places = {p.user: None if p.gone else (p.extension_id, p.at) for p in story.place_points}

    assert {i: seat for i, seat in seats.items() if seat is not None} == {
        i: (x.user, x.since) for i, x in system.extensions.items()
    }
    assert {name: place for name, place in places.items() if place is not None} == {
        u.name: (u.extension_id, u.since) for u in system.users.values()
    }
    bases = {p.extension_id: (p.base, p.batch, p.position) for p in story.base_points}
    assert {i: (x.base, x.base_batch, x.base_position) for i, x in system.extensions.items()} == {
        i: base for i, base in bases.items() if i in system.extensions
    }
    numbers = {p.user: p.number for p in story.number_points}
    assert {u.name: u.number for u in system.users.values()} == {n: numbers[n] for n in system.users}


def facts_are_contiguous(facts: Sequence[e.Fact]) -> None:
    """See that positions and versions count on without a gap."""
    assert [f.version for f in facts] == list(range(1, len(facts) + 1))
    assert [f.position for f in facts] == list(range(FIRST_POSITION, FIRST_POSITION + len(facts)))


def the_piles_are_in_order(story: Story) -> None:
    """See that what stands of each extension and user lies on each other in order of time, each on the one below."""
    ends: dict[object, Point] = {}
    for pile in story.told.piles.values():
        ends.clear()
        for point in pile:
            below = ends.get(whose(point))
            assert below is None or (below.at <= point.at and below.position < point.position)
            assert below is None or point.below in {below.position, None} or _came_back(point)
            ends[whose(point)] = point


def _came_back(point: Point) -> bool:
    """Tell whether this begins the second life of something that was removed."""
    return isinstance(point, BasePoint | NumberPoint) or point.cause == "added"


def time_never_runs_backwards(facts: Sequence[e.Fact]) -> None:  # noqa: C901 - one case an event
    """See that the facts of one extension, and of one user, are in order of time, as long as none was corrected."""
    if taken_away(facts):
        return
    last: dict[object, datetime] = {}
    drafted: dict[int, Changes] = {}
    there: set[object] = set()
    for fact in facts:
        touched: set[object] = set()
        match fact.event:
            case e.ExtensionAdded(extension_id=i) | e.ExtensionRemoved(extension_id=i):
                touched = {i}
            case e.UserAdded(user=name) | e.UserRenumbered(user=name) | e.UserRemoved(user=name):
                touched = {name}
            case e.UserLoggedIn(user=name, extension_id=i) | e.UserLoggedOut(user=name, extension_id=i):
                touched = {name, i}
            case e.BaseExtensionChanged():
                said = drafted.setdefault(fact.event.batch, {})
                old, _ = said.pop(fact.event.extension_id, (fact.event.old, None))
                if old != fact.event.new:
                    said[fact.event.extension_id] = (old, fact.event.new)
            case e.ConfigurationSent(in_force=True):
                touched = there.intersection(drafted[fact.event.batch])
            case e.SystemRestarted():
                touched = set(there)
        if isinstance(fact.event, e.ExtensionAdded | e.UserAdded):
            last.update((one, fact.occurred_at) for one in touched)  # another one of the same name, perhaps
            there |= touched
        assert all(last[one] <= fact.occurred_at for one in touched), fact
        last.update((one, fact.occurred_at) for one in touched)
        if isinstance(fact.event, e.ExtensionRemoved | e.UserRemoved):
            there -= touched


def causes_come_first(facts: Sequence[e.Fact]) -> None:
    """See that every cause is an earlier fact of the same command, and every batch named was opened."""
    command = {f.position: f.command_id for f in facts}
    opened = set()
    for fact in facts:
        if isinstance(fact.event, e.BatchOpened):
            opened.add(fact.event.batch)
        assert fact.caused_by is None or (fact.caused_by < fact.position and command[fact.caused_by] == fact.command_id)
        assert fact.batch is None or fact.batch in opened


def facts_stay(facts: Sequence[e.Fact], told: list[bytes]) -> list[bytes]:
    """See that no fact told before has changed; return all that is told now."""
    now = [encoded(fact) for fact in facts]

    assert now[: len(told)] == told
    return now


def taking_back_leaves_no_trace(story: Story, number: int, some_log_out: int) -> None:
    """See that a batch sent and rolled back gives back the bases and, where all sat at theirs, the seats.

    Where the bases were not all different, or another batch waits for its restart, it may be refused: not told.
    """
    system, before = story.system, story.bases
    if any(b.waits_for_restart for b in system.open.values()) or bases_twice(system, story.past.seen[number]):
        return
    if any(len(system.homes(base)) > 1 for base in before.values()):
        return
    seats, at_base = story.seats, all_at_base(system)
    merges = system.settings is not None and system.settings.base_extension_by == "merge"
    try:
        story.send(number, "merge" if merges else "immediate")
    except Refused:  # stale, or empty
        return
    for waiting in story.waiting(number)[:some_log_out]:
        if waiting.waiting_for == "log-out":
            story.log_out(waiting.user)
    back = story.draft_rollback(number)
    story.send(back, "merge" if merges else "immediate")
    story.settle()

    assert story.bases == before
    assert not story.is_live(number)
    if at_base:
        forced = {u.name for u in system.users.values() if u.forced_login}
        assert all_at_base(story.system)
        for i, name in story.seats.items():
            assert name == seats[i] or (name or seats[i]) in forced


def all_at_base(system: System) -> bool:
    """Tell whether everybody sits at the extension that has their number; who is Force Login, there or nowhere."""
    for person in system.users.values():
        home = system.homes(person.number)
        if person.extension_id is None and home and not person.forced_login:
            return False
        if person.extension_id is not None and home != (person.extension_id,):
            return False
    return True

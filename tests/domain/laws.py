"""What must hold of rollbacks, tried on random histories of people who trade places.

The suite tries a thousand; many more: `python -m tests.domain.laws 100000` (it prints what it did).
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from random import Random

from ipo_ledger.domain.dependents import dependents
from ipo_ledger.domain.in_the_way import blamed, in_the_way
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.ways_out import NotPossible, ways_out
from ipo_ledger.errors import Refused
from tests.domain.given import a_site, state_of
from tests.domain.oracle import without, without_at_ports
from tests.domain.story import Batches, StillBlocked, Story
from tests.domain.thoroughness import tell_what_was_tried

PHONES = 8


def history(seed: int) -> Story:
    """Return a random history: batches of one or two cycles, and now and then a rollback; everybody settled."""
    chance = Random(seed)  # noqa: S311 - which desks, not a secret
    story = a_site(PHONES)
    for _ in range(chance.randint(2, 9)):
        if story.system.last_batch and chance.random() < 0.3:
            number = chance.randint(1, story.system.last_batch)
            try:
                story.roll_back(number, chance.choice(["plain", "cascade", "replan"]))
            except (Refused, NotPossible, StillBlocked):
                continue
        else:
            _trade(story, chance)
        if chance.random() < 0.7:
            story.settle()
    story.settle()
    return story


def _trade(story: Story, chance: Random) -> None:
    order = chance.sample(range(1, PHONES + 1), PHONES)
    first, second = chance.randint(2, 3), chance.choice([0, 0, 2])
    cycles = [order[:first], order[first : first + second]]
    moves = {i: story.bases[j] for c in cycles for i, j in zip(c, [*c[1:], *c[:1]], strict=True)}
    story.send(story.draft(moves))


def hold(seed: int) -> Counter[str]:
    """Check every law on one history; return how often each was tried."""
    chance = Random(seed)  # noqa: S311 - as above
    story = history(seed)
    tried: Counter[str] = Counter({"histories": 1, "batches": story.system.last_batch})
    _seated_once(story)
    _a_rollback_is_the_identity(story.fork(), chance)
    tried["rolled back, and the rollback too"] += 1
    _disjoint_rollbacks_commute(story, tried)
    for number in sorted(story.live()):
        _what_is_not_connected_makes_no_difference(story, number, tried)
        plain = not story.blocked(number)
        tried["rollbacks tried"] += 1
        tried["clean" if plain else "blocked"] += 1
        if not plain:
            _a_refusal_changes_nothing(story, number)
            if not story.past.batch(number).reversed_by:  # redone, it rests on what redid it
                _the_explanation_is_exact(story, number)
                tried["explained"] += 1
            _cascade(story.fork(), number, tried)
        if story.past.seen[number].part:
            continue
        _replan(story, number, tried)
        _partial(story.fork(), number, tried)
    return tried


def _seated_once(story: Story) -> None:
    seated = [user for user in story.seats.values() if user is not None]
    assert len(seated) == len(set(seated)), "somebody is seated twice"
    bases = [base for base in story.bases.values() if base is not None]
    assert len(bases) == len(set(bases)), "two desks have the same number"


def _a_rollback_is_the_identity(story: Story, chance: Random) -> None:
    bases, seats = story.bases, story.seats
    _trade(story, chance)
    new = story.system.last_batch
    story.settle()
    changed = story.bases, story.seats
    undone = story.roll_back(new)
    story.settle()
    assert (story.bases, story.seats) == (bases, seats), "a rollback did not give back what was"
    story.roll_back(undone)
    story.settle()
    assert (story.bases, story.seats) == changed, "a rollback of a rollback is no redo"
    assert story.is_live(new)
    _seated_once(story)


def _disjoint_rollbacks_commute(story: Story, tried: Counter[str]) -> None:
    clean = [n for n in sorted(story.live()) if not story.blocked(n)]
    for one, other in pairwise(clean):
        if story.changes(one).keys() & story.changes(other).keys():
            continue
        if one in _taken_back_by(story, {other}) or other in _taken_back_by(story, {one}):
            continue  # the one is in effect only because of the other
        tried["commute"] += 1
        ways = []
        for order in ((one, other), (other, one)):
            told = story.fork()
            for number in order:
                told.roll_back(number)
            told.settle()
            ways.append((told.bases, told.seats))
        assert ways[0] == ways[1], "disjoint rollbacks do not commute"


class _Everything(Batches):
    """A past that leaves nothing out."""

    def connected_after(self, batch: Batch) -> Sequence[Batch]:
        return self.in_force_after(batch)


def _what_is_not_connected_makes_no_difference(story: Story, number: int, tried: Counter[str]) -> None:
    batch, everything = story.past.batch(number), _Everything(story.past.seen)
    if len(story.past.connected_after(batch)) == len(everything.connected_after(batch)):
        return
    tried["batches left out"] += 1
    assert in_the_way(story.system, story.past, batch) == in_the_way(story.system, everything, batch)
    assert dependents(story.past, batch) == dependents(everything, batch)
    assert ways_out(story.system, story.past, batch) == ways_out(story.system, everything, batch)


def _a_refusal_changes_nothing(story: Story, number: int) -> None:
    before, facts = state_of(story.system), len(story.facts)
    try:
        story.roll_back(number)
    except StillBlocked:
        assert (state_of(story.system), len(story.facts)) == (before, facts)
    else:
        raise AssertionError("a blocked rollback went through")


def _the_explanation_is_exact(story: Story, number: int) -> None:
    batch = story.past.batch(number)
    named = in_the_way(story.system, story.past, batch)
    assert named, "something is in the way, and nothing is named"
    assert {blamed(b, named) for b in story.blocked(number)} <= {b.number for b in named}, "blamed, not in the way"
    assert _clean_without(story, number, [b.number for b in named]), "reversing what is named does not do"
    for spared in named:
        rest = [b.number for b in named if b is not spared]
        assert not _clean_without(story, number, rest), f"B{spared.number} is named and not in the way"


def _clean_without(story: Story, number: int, taken_back: list[int]) -> bool:
    """Take these back, newest first, each as it stands then; tell whether the batch is clean after it."""
    told = story.fork()
    for other in taken_back:
        moves = {i: old for i, (old, _) in told.changes(other).items()}
        if any(told.bases[i] != new for i, (_, new) in told.changes(other).items()):
            return False
        told.send(told.draft(moves))
    return not told.blocked(number)


def _cascade(story: Story, number: int, tried: Counter[str]) -> None:
    batch = story.past.batch(number)
    before = story.bases
    reversed_ = {b.number for b in dependents(story.past, batch)} | {number}
    others = story.live() - reversed_
    try:
        story.roll_back(number, "cascade")
    except NotPossible:  # together they change nothing, or a batch that stays was made from one of them
        tried["cascade not possible"] += 1
        return
    tried["cascade"] += 1
    touched = {i for n in reversed_ for i in story.changes(n)}
    assert all(story.bases[i] == base for i, base in before.items() if i not in touched)
    assert others - _taken_back_by(story, reversed_) <= story.live(), "an independent batch is not live any more"
    story.settle()
    _seated_once(story)


def _taken_back_by(story: Story, numbers: set[int]) -> set[int]:
    """Return what these batches take back, and what that had taken back, and so on: it changes with them."""
    found = {other for n in numbers for other in story.past.seen[n].reverses}
    return found | _taken_back_by(story, found) if found else found


def _replan(story: Story, number: int, tried: Counter[str]) -> None:
    position = story.past.seen[number].in_force_position or 0
    start = _bases_before(story, position)
    later = [story.changes(n) for n in _in_order(story) if story.past.seen[n].order > story.past.seen[number].order]
    for frame, replayed in (("people", without), ("ports", without_at_ports)):
        told = story.fork()
        try:
            plan = told.plan(number, "replan", frame=frame)
        except (NotPossible, Refused):
            tried["replan not possible"] += 1
            continue
        tried["replan"] += 1
        told.roll_back(number, "replan", frame=frame)
        assert told.bases == replayed(start, later), f"replan ({frame}) is not the history without the batch"
        assert len(plan.changes) == len(story.changes(number)), f"replan ({frame}) moves other than as many phones"
        told.settle()
        _seated_once(told)


def _partial(story: Story, number: int, tried: Counter[str]) -> None:
    numbers = sorted(base for base in story.bases.values() if base is not None)
    try:
        story.roll_back(number, "partial")
    except (NotPossible, Refused):
        tried["partial not possible"] += 1
        return
    tried["partial"] += 1
    assert sorted(base for base in story.bases.values() if base is not None) == numbers, "no permutation any more"
    story.settle()
    _seated_once(story)


def _in_order(story: Story) -> list[int]:
    in_force = [n for n, b in story.past.seen.items() if b.in_force]
    return sorted(in_force, key=lambda n: story.past.seen[n].order)


def _bases_before(story: Story, position: int) -> dict[int, str | None]:
    bases = dict(story.bases)
    for n in reversed(_in_order(story)):
        if (story.past.seen[n].in_force_position or 0) >= position:
            bases.update({i: old for i, (old, _) in story.changes(n).items()})
    return bases


def main(histories: int, first: int = 0) -> None:
    """Try the laws on many histories, and print what was tried."""
    tell_what_was_tried(hold, histories, first)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))

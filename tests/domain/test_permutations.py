"""Rollbacks in random histories of people who trade places, compared with the same history played without them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from ipo_ledger.domain.dependents import dependents
from ipo_ledger.domain.rollback import Strategy, rest_of
from ipo_ledger.domain.ways_out import NotPossible
from ipo_ledger.errors import Refused
from tests.domain.given import a_site
from tests.domain.oracle import Bases, Changes, Desks, without, without_at_ports
from tests.domain.story import StillBlocked, Story
from tests.domain.thoroughness import examples

PHONES = 7
Step: TypeAlias = tuple[Literal["trade"], list[list[int]]] | tuple[Strategy, int]


@st.composite
def trades(draw: st.DrawFn) -> Step:
    """Draw extensions that pass their bases on within one or two cycles."""
    order = draw(st.permutations(range(1, PHONES + 1)))
    first = draw(st.integers(2, 3))
    second = draw(st.sampled_from([0, 0, 2]))
    cycles = [order[:first], order[first : first + second]]
    return ("trade", [cycle for cycle in cycles if cycle])


trade_steps = trades()
rollback_steps = st.tuples(st.sampled_from(["plain", "cascade", "partial"]), st.integers(0, 30))
whole_steps = st.tuples(st.sampled_from(["plain", "cascade", "replan"]), st.integers(0, 30))
replan_steps = st.tuples(st.just("replan"), st.integers(0, 30))


def play(steps: list[Step], *, cascades_whole: bool = False) -> Story:
    """Play the steps that are possible, every batch a merge; people stay where they are, bases are the point.

    `cascades_whole`: a batch that took back several is itself rolled back as a whole only, for a part of several
    batches taken together is no part of any one of them.
    """
    story = a_site(PHONES)
    for step in steps:
        if step[0] == "trade":
            moves = {i: story.bases[j] for c in step[1] for i, j in zip(c, [*c[1:], c[0]], strict=True)}
            story.send(story.draft(moves))
        elif story.system.last_batch:
            number = step[1] % story.system.last_batch + 1
            if step[0] == "partial" and cascades_whole and takes_back_several(story, number):
                continue
            try:
                if cascades_whole and _clean_by_chance(story, number, step[0]):
                    continue
                story.roll_back(number, step[0])
            except (Refused, NotPossible, StillBlocked) as refused:
                event(f"{step[0]}: {type(refused).__name__}")
            else:
                event(f"{step[0]}: done")
    return story


def takes_back_several(story: Story, number: int) -> bool:
    """Tell whether a batch took back several together, or gave back what one that did had taken."""
    reverses = story.past.seen[number].reverses
    return len(reverses) > 1 or any(takes_back_several(story, other) for other in reverses)


def _clean_by_chance(story: Story, number: int, strategy: Strategy) -> bool:
    """Tell whether later work came between that stays, and happens to have put back what it found."""
    plan = story.plan(number, strategy)
    changed = {c.extension_id for c in plan.changes}
    later = dependents(story.past, story.past.batch(number))
    return any(b.number not in plan.reverses and b.changes.keys() & changed for b in later)


def twice_taken_back(story: Story) -> bool:
    """Tell whether two batches in effect take back the same: by hand one can come to that, as state decides."""
    live = story.live()
    return any(len(live.intersection(story.past.batch(n).reversed_by)) > 1 for n in story.past.seen)


def before(story: Story, number: int) -> Bases:
    """Return the bases as they were before a batch took effect, told by the events."""
    position = story.past.seen[number].in_force_position
    return Desks().tell(f for f in story.facts if f.position < (position or 0)).bases


def later(story: Story, number: int) -> list[Changes]:
    return [story.changes(n) for n in story.past.seen if n > number]


def cancelled(story: Story, number: int) -> set[int]:
    """Return the batches after this one that a later one took back exactly, and those that did."""
    after = [n for n in story.past.seen if n > number]
    found: set[int] = set()
    for reversal in reversed(after):
        reversed_ = set(story.past.seen[reversal].reverses)
        if reversal in found or not reversed_ or not reversed_ <= set(after) - found:
            continue
        came_to: Changes = {}
        for n in sorted(reversed_, key=lambda n: story.past.seen[n].order):
            for i, (old, new) in story.changes(n).items():
                came_to[i] = (came_to.get(i, (old, None))[0], new)
        if {i: (new, old) for i, (old, new) in came_to.items() if old != new} == story.changes(reversal):
            found |= {reversal, *reversed_}
    return found


@settings(max_examples=examples(200))
@given(st.lists(trade_steps, min_size=2, max_size=8), st.sampled_from(["people", "ports"]))
def test_replan_is_the_history_played_without_the_batch(steps: list[Step], frame: str) -> None:
    story = play(steps)
    play_on: Callable[[Bases, list[Changes]], Bases] = without if frame == "people" else without_at_ports

    for number in story.past.seen:
        told = story.fork()
        told.roll_back(number, "replan", frame=frame)

        assert told.bases == play_on(before(story, number), later(story, number)), number


@settings(max_examples=examples(200))
@given(st.lists(trade_steps, min_size=2, max_size=8), st.sampled_from(["people", "ports"]))
def test_replan_moves_exactly_as_many_phones_as_the_batch(steps: list[Step], frame: str) -> None:
    story = play(steps)

    for number in story.past.seen:
        plan = story.plan(number, "replan", frame=frame)

        assert len(plan.changes) == len(story.changes(number)), number


@settings(max_examples=examples(200))
@given(st.lists(trade_steps, min_size=2, max_size=8), st.sampled_from(["people", "ports"]))
def test_replan_is_the_plain_rollback_where_that_is_clean(steps: list[Step], frame: str) -> None:
    story = play(steps)

    for number in [n for n in story.past.seen if not story.blocked(n)]:
        plain, replanned = story.plan(number), story.plan(number, "replan", frame=frame)

        assert set(replanned.changes) == set(plain.changes), number


@settings(max_examples=examples(200))
@given(st.lists(trade_steps | rollback_steps, min_size=2, max_size=12))
def test_the_bases_in_force_are_what_the_live_batches_make_of_the_baseline(steps: list[Step]) -> None:
    """Whatever was rolled back, whole, in part, or with what builds on it, and redone."""
    story = play(steps, cascades_whole=True)
    assume(not twice_taken_back(story))
    begun: Bases = {i: str(200 + i) for i in range(1, PHONES + 1)}

    in_effect = []
    for number, batch in story.past.seen.items():
        if not batch.reverses:
            rest = {c.extension_id for c in rest_of(story.past, story.past.batch(number))}
            in_effect.append({i: change for i, change in story.changes(number).items() if i in rest})

    assert story.bases == without(begun, in_effect)


@settings(max_examples=examples(200))
@given(st.lists(trade_steps | whole_steps, min_size=3, max_size=12))
def test_a_cascade_is_the_history_played_without_the_batch_and_what_builds_on_it(steps: list[Step]) -> None:
    story = play(steps)

    for number in story.live():
        if not story.blocked(number):
            continue
        told = story.fork()
        try:
            back = told.roll_back(number, "cascade")
        except NotPossible as refused:
            event(str(refused))
            continue
        gone = {*told.past.seen[back].reverses, *cancelled(story, number)}
        kept = [story.changes(n) for n in story.past.seen if n >= number and n not in gone]

        assert told.bases == without(before(story, number), kept), number


@settings(max_examples=examples(200))
@given(st.lists(trade_steps | rollback_steps | replan_steps, min_size=3, max_size=12))
def test_every_way_out_that_is_offered_can_be_gone_and_come_back_from(steps: list[Step]) -> None:
    story = play(steps)
    ways: list[Strategy] = ["plain", "cascade", "replan", "partial"]

    for number in story.live():
        for way in ways:
            told = story.fork()
            try:
                back = told.roll_back(number, way)
            except (NotPossible, StillBlocked):
                continue
            assert len(set(told.bases.values())) == PHONES, (number, way)
            assert told.bases != story.bases, (number, way)

            told.roll_back(back)

            assert told.bases == story.bases, (number, way)
            assert told.live() - {told.system.last_batch} == story.live(), (number, way)


@pytest.mark.parametrize("frame", ["people", "ports"])
def test_the_oracle_tells_the_frames_apart(frame: str) -> None:
    """What is compared with has to be right: the two-user swap under a later swap, worked out by hand."""
    play_on: Callable[[Bases, list[Changes]], Bases] = without if frame == "people" else without_at_ports
    swap_of_u1_and_u3: Changes = {2: ("201", "203"), 3: ("203", "201")}

    told = play_on({1: "201", 2: "202", 3: "203"}, [swap_of_u1_and_u3])

    assert told == ({1: "203", 2: "202", 3: "201"} if frame == "people" else {1: "201", 2: "203", 3: "202"})

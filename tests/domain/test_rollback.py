"""Taking a batch back: when it is clean, what is in the way when it is not, and what is refused instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.events import (
    BaseExtensionChanged,
    BatchOpened,
    ConfigurationSent,
    UserLoggedIn,
    UserLoggedOut,
)
from ipo_ledger.domain.records import Change
from ipo_ledger.domain.rollback import Blocked, Plan, rest_of, told
from ipo_ledger.errors import Refused
from tests.domain.given import a_site, extension, rotation, state_of
from tests.domain.story import StillBlocked, Story


def a_swap_done(n: int = 2) -> Story:
    """Return a site where U1 and U2 have swapped desks, by B1."""
    story = a_site(n)
    story.finish(story.swap("U1", "U2"))
    return story


# --- clean --------------------------------------------------------------------------------------------------


def test_a_rollback_is_the_inverse_changes_in_reverse_order() -> None:
    story = a_site(3)
    number = story.draft(rotation([1, 2, 3]))
    story.send(number)

    plan = story.plan(number)

    assert plan == Plan(
        strategy="plain",
        reverses=(number,),
        changes=(Change(3, "201", "203"), Change(2, "203", "202"), Change(1, "202", "201")),
    )


def test_a_rollback_is_a_batch_like_any_other() -> None:
    story = a_swap_done()

    back = story.draft_rollback(1)
    drafted = story.last
    story.send(back)
    sent = story.events
    story.log_out("U1", "U2")

    assert [f.event for f in drafted] == [
        BatchOpened(2, "back from B1", reverses=(1,)),
        BaseExtensionChanged(2, 2, "201", "202"),
        BaseExtensionChanged(2, 1, "202", "201"),
    ]
    assert sent == [ConfigurationSent(2, "merge", "clean", True)]
    assert story.events == [
        UserLoggedOut("U2", "202", 1, "dialled"),
        UserLoggedIn("U1", "201", 1, "automatic"),
        UserLoggedIn("U2", "202", 2, "automatic"),
    ]
    assert story.seats == {1: "U1", 2: "U2"}
    assert story.status(back) == "settled"


def test_the_facts_of_a_rollback_name_who_rolled_back() -> None:
    story = a_swap_done()

    story.draft_rollback(1)

    assert {f.actor for f in story.last} == {"ben"}
    assert {f.actor for f in story.facts if f.batch == 1} == {"ana"}


def test_nothing_is_erased_by_a_rollback() -> None:
    story = a_swap_done()
    before = list(story.facts)

    story.roll_back(1)

    assert story.facts[: len(before)] == before
    assert story.past.seen[1].changes == {1: Change(1, "201", "202"), 2: Change(2, "202", "201")}


def test_a_batch_can_be_rolled_back_before_anybody_moved() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")
    story.send(number)

    story.roll_back(number)

    assert story.bases == {1: "201", 2: "202"}
    assert story.pending() == []


def test_a_batch_can_be_rolled_back_while_people_are_still_moving() -> None:
    story = a_site(3)
    number = story.draft(rotation([1, 2, 3]))
    story.send(number)
    story.log_out("U1", "U2")

    story.roll_back(number)
    story.settle()

    assert story.seats == {1: "U1", 2: "U2", 3: "U3"}


def test_independent_later_work_is_no_conflict() -> None:
    story = a_swap_done(4)
    story.finish(story.swap("U3", "U4"))

    story.roll_back(1)

    assert story.bases == {1: "201", 2: "202", 3: "204", 4: "203"}


def test_changed_and_changed_back_is_no_conflict() -> None:
    """State decides, not touch."""
    story = a_swap_done(3)
    story.finish(story.swap("U1", "U3"))
    story.finish(story.swap("U1", "U3"))

    blocked = story.blocked(1)

    assert blocked == []


def test_a_later_batch_rolled_back_is_no_conflict() -> None:
    story = a_swap_done(3)
    later = story.swap("U2", "U3")
    story.finish(later)
    story.roll_back(later)

    blocked = story.blocked(1)

    assert blocked == []


def test_blank_bases_come_back_blank() -> None:
    story = a_site(1, also=[extension(9, None)])
    number = story.draft({1: None, 9: "201"})
    story.send(number)

    story.roll_back(number)

    assert story.bases == {1: "201", 9: None}


def test_a_change_that_came_to_nothing_in_the_draft_is_none_to_take_back() -> None:
    story = a_site(3)
    number = story.draft({1: "202", 2: "201", 3: "299"})
    story.draft({3: "203"}, into=number)
    story.send(number)

    plan = story.plan(number)

    assert plan.changes == (Change(2, "201", "202"), Change(1, "202", "201"))


def test_a_batch_sent_with_conflicts_is_rolled_back() -> None:
    story = a_site(2)
    number = story.draft({1: "202"})
    story.send(number, with_conflicts=True)

    story.roll_back(number)

    assert story.bases == {1: "201", 2: "202"}


def test_a_batch_put_in_force_by_a_restart_is_rolled_back() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")
    story.send(number, "timed")
    story.restart()

    story.roll_back(number)
    story.settle()

    assert story.seats == {1: "U1", 2: "U2"}


# --- blocked ------------------------------------------------------------------------------------------------


def test_an_older_swap_is_blocked_by_a_later_swap_and_names_it() -> None:
    """Taking back B1 alone would put 201 at two extensions and 203 at none."""
    story = a_swap_done(3)
    later = story.swap("U1", "U3")
    story.finish(later)
    before = state_of(story.system)

    with pytest.raises(StillBlocked) as refused:
        story.plan(1)

    assert refused.value.blocked == [
        Blocked(extension_id=1, why="taken", expected=None, found="201", by=later, at_extension=3),
        Blocked(extension_id=2, why="changed", expected="201", found="203", by=later),
    ]
    assert str(refused.value) == (
        "extension 1 would get 201 back, but B2 put it at extension 3; "
        "extension 2 should have 201, but B2 put 203 there"
    )
    assert state_of(story.system) == before


def test_the_later_swap_itself_is_clean() -> None:
    story = a_swap_done(3)
    later = story.swap("U1", "U3")
    story.finish(later)

    story.roll_back(later)

    assert story.bases == {1: "202", 2: "201", 3: "203"}


def test_a_later_send_blocks_though_nobody_moved_yet() -> None:
    story = a_swap_done(3)
    later = story.swap("U1", "U3")
    story.send(later)

    blocked = story.blocked(1)

    assert [(b.extension_id, b.why, b.by) for b in blocked] == [(1, "taken", later), (2, "changed", later)]


def test_a_draft_on_one_of_its_extensions_blocks() -> None:
    story = a_swap_done(3)
    draft = story.swap("U1", "U3")

    blocked = story.blocked(1)

    assert blocked == [Blocked(extension_id=2, why="held", expected="201", found="203", by=draft)]
    assert told(blocked[0]) == "extension 2 is held by B2, which is not in force yet"


def test_a_batch_that_waits_for_its_restart_blocks_like_a_draft() -> None:
    story = a_swap_done(3)
    waiting = story.swap("U1", "U3")
    story.send(waiting, "timed")

    blocked = story.blocked(1)

    assert [(b.extension_id, b.why, b.by) for b in blocked] == [(2, "held", waiting)]


def test_an_abandoned_draft_blocks_nothing() -> None:
    story = a_swap_done(3)
    story.abandon(story.swap("U1", "U3"))

    blocked = story.blocked(1)

    assert blocked == []


def test_a_draft_elsewhere_blocks_nothing() -> None:
    story = a_swap_done(4)
    story.swap("U3", "U4")

    blocked = story.blocked(1)

    assert blocked == []


def test_a_removed_extension_blocks() -> None:
    story = a_swap_done()
    story.remove_extension(2)

    blocked = story.blocked(1)

    assert blocked == [Blocked(extension_id=2, why="removed", expected="201", found=None, by=None)]
    assert told(blocked[0]) == "extension 2 was removed"


def test_a_base_that_was_taken_elsewhere_blocks() -> None:
    """U1 moved out of 1 to nowhere; 201 was then given to extension 3."""
    story = a_site(3)
    story.finish(story.draft({1: None}))
    story.finish(story.draft({3: "201"}))

    blocked = story.blocked(1)

    assert blocked == [Blocked(extension_id=1, why="taken", expected=None, found="201", by=2, at_extension=3)]
    assert told(blocked[0]) == "extension 1 would get 201 back, but B2 put it at extension 3"


def test_a_base_that_an_import_added_elsewhere_blocks_and_names_the_import() -> None:
    story = a_site(1)
    story.finish(story.draft({1: None}))
    story.observe_extension(9, "201")

    blocked = story.blocked(1)

    assert [told(b) for b in blocked] == ["extension 1 would get 201 back, but the import put it at extension 9"]


def test_a_base_that_moves_within_the_batch_is_not_taken_elsewhere() -> None:
    story = a_site(3)
    number = story.draft(rotation([1, 2, 3]))
    story.send(number)

    blocked = story.blocked(number)

    assert blocked == []


def test_every_blocked_extension_is_named_with_one_reason() -> None:
    story = a_site(6)
    story.finish(story.draft({**rotation([1, 2]), **rotation([3, 4])}))
    story.finish(story.swap("U1", "U5"))
    story.swap("U3", "U6")
    story.remove_extension(3)

    blocked = story.blocked(1)

    assert [(b.extension_id, b.why) for b in blocked] == [
        (1, "taken"),
        (2, "changed"),
        (3, "removed"),
        (4, "held"),
    ]


def test_a_changed_extension_is_told_as_blank_when_it_is() -> None:
    story = a_swap_done()
    story.finish(story.draft({1: None}))

    blocked = story.blocked(1)

    assert [told(b) for b in blocked] == ["extension 1 should have 202, but B2 put blank there"]


# --- not in effect ------------------------------------------------------------------------------------------


def a_draft(story: Story) -> None:
    story.swap("U1", "U2")


def abandoned(story: Story) -> None:
    story.abandon(story.swap("U1", "U2"))


def waiting_for_its_restart(story: Story) -> None:
    story.send(story.swap("U1", "U2"), "timed")


def reversed_already(story: Story) -> None:
    story.finish(story.swap("U1", "U2"))
    story.roll_back(1)


def reversed_before_anybody_moved(story: Story) -> None:
    story.send(story.swap("U1", "U2"))
    story.roll_back(1)


def its_reversal_is_drafted(story: Story) -> None:
    story.finish(story.swap("U1", "U2"))
    story.draft_rollback(1)


def its_reversal_waits(story: Story) -> None:
    story.finish(story.swap("U1", "U2"))
    story.send(story.draft_rollback(1), "when-free")


def reversed_in_two_parts(story: Story) -> None:
    story.finish(story.draft({**rotation([1, 2]), **rotation([3, 4])}))
    story.roll_back(1, "partial", only=["201"])
    story.roll_back(1)


@pytest.mark.parametrize(
    ("given", "refusal", "hint"),
    [
        (a_draft, r.NotSentYet, "`ipo-ledger abandon B1`"),
        (abandoned, r.NeverInForce, "`ipo-ledger show B1`"),
        (waiting_for_its_restart, r.WaitsForRestart, "`ipo-ledger restart`"),
        (reversed_already, r.ReversedAlready, "`ipo-ledger rollback B2`"),
        (reversed_before_anybody_moved, r.ReversedAlready, "`ipo-ledger rollback B2`"),
        (reversed_in_two_parts, r.ReversedAlready, "B2, B3"),
        (its_reversal_is_drafted, r.ReversalDrafted, "`ipo-ledger show B2`"),
        (its_reversal_waits, r.ReversalDrafted, "`ipo-ledger show B2`"),
    ],
)
def test_only_batches_in_effect_are_rolled_back(
    given: Callable[[Story], None], refusal: type[Refused], hint: str
) -> None:
    story = a_site(4)
    given(story)
    before = state_of(story.system)

    with pytest.raises(refusal) as refused:
        story.plan(1)

    assert hint in refused.value.hint
    assert state_of(story.system) == before


def test_the_refusal_for_a_waiting_batch_says_how_it_was_sent() -> None:
    story = a_site(4)
    waiting_for_its_restart(story)

    with pytest.raises(r.WaitsForRestart) as refused:
        story.plan(1)

    assert "(timed)" in refused.value.message


def test_an_abandoned_reversal_is_no_reversal() -> None:
    story = a_swap_done()
    story.abandon(story.draft_rollback(1))

    story.roll_back(1)

    assert story.bases == {1: "201", 2: "202"}


def test_a_settled_batch_is_in_effect() -> None:
    story = a_swap_done()

    live = story.is_live(1)

    assert (story.status(1), live) == ("settled", True)


# --- redo ---------------------------------------------------------------------------------------------------


def test_the_rollback_of_a_rollback_is_the_batch_again() -> None:
    story = a_swap_done()
    back = story.roll_back(1)
    story.settle()

    again = story.roll_back(back)
    story.settle()

    assert story.changes(again) == story.changes(1)
    assert story.seats == {1: "U2", 2: "U1"}


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_each_rollback_takes_effect_from_the_one_before_and_gives_it_to_the_one_before_that(depth: int) -> None:
    story = a_swap_done()

    for _ in range(depth):
        story.roll_back(story.system.last_batch)

    newest = depth + 1
    assert story.live() == {n for n in range(1, newest + 1) if (newest - n) % 2 == 0}


def test_a_batch_redone_can_be_rolled_back_once_more() -> None:
    story = a_swap_done()
    story.roll_back(story.roll_back(1))

    back = story.roll_back(1)

    assert story.bases == {1: "201", 2: "202"}
    assert story.live() == {3, back}


def test_a_reversal_that_was_never_sent_leaves_its_batch_live() -> None:
    story = a_swap_done()

    story.draft_rollback(1)

    assert story.live() == {1}


def test_a_reversal_takes_effect_when_it_is_in_force_not_when_it_is_sent() -> None:
    story = a_swap_done()
    story.send(story.draft_rollback(1), "timed")
    before = story.live()

    story.restart()

    assert (before, story.live()) == ({1}, {2})


# --- the rest of a batch rolled back in part ----------------------------------------------------------------


def two_cycles_done() -> Story:
    """Return a site where B1 swapped U1 and U2, and U3 and U4."""
    story = a_site(4)
    story.finish(story.draft({**rotation([1, 2]), **rotation([3, 4])}))
    return story


def rest(story: Story, number: int) -> list[int]:
    return [c.extension_id for c in rest_of(story.past, story.past.batch(number))]


def test_a_batch_stays_live_for_the_rest() -> None:
    story = two_cycles_done()

    story.roll_back(1, "partial", only=["201"])

    assert story.live() == {1, 2}
    assert rest(story, 1) == [3, 4]


def test_the_rest_is_rolled_back_later() -> None:
    story = two_cycles_done()
    story.roll_back(1, "partial", only=["201"])

    back = story.roll_back(1)

    assert story.past.seen[back].part == (3, 4)
    assert story.bases == {1: "201", 2: "202", 3: "203", 4: "204"}
    assert story.live() == {2, 3}


def test_the_rest_is_clean_though_the_part_taken_back_was_changed_since() -> None:
    story = two_cycles_done()
    story.roll_back(1, "partial", only=["201"])
    story.finish(story.draft({1: "299"}))

    plan = story.plan(1)

    assert [c.extension_id for c in plan.changes] == [4, 3]


def test_a_part_taken_back_and_redone_is_in_effect_again() -> None:
    story = two_cycles_done()
    part = story.roll_back(1, "partial", only=["201"])

    story.roll_back(part)

    assert rest(story, 1) == [1, 2, 3, 4]
    assert story.live() == {1, 3}


def test_a_rollback_that_is_itself_taken_back_in_part_gives_that_part_back() -> None:
    story = two_cycles_done()
    back = story.roll_back(1)

    story.roll_back(back, "partial", only=["203"])

    assert story.bases == {1: "201", 2: "202", 3: "204", 4: "203"}
    assert rest(story, 1) == [3, 4]
    assert rest(story, back) == [2, 1]


def test_the_part_given_back_is_rolled_back_again() -> None:
    story = two_cycles_done()
    story.roll_back(story.roll_back(1), "partial", only=["203"])

    story.roll_back(1)

    assert story.bases == {1: "201", 2: "202", 3: "203", 4: "204"}
    assert rest(story, 1) == []


def test_a_draft_of_another_part_does_not_refuse_the_rest() -> None:
    story = two_cycles_done()
    story.draft_rollback(1, "partial", only=["201"])

    plan = story.plan(1, "partial", only=["203"])

    assert plan.part == (3, 4)

"""When a rollback is blocked: cascade, replan and partial, and what each refuses."""

from __future__ import annotations

import pytest

from ipo_ledger.domain.dependents import dependents
from ipo_ledger.domain.records import Change
from ipo_ledger.domain.rollback import Plan
from ipo_ledger.domain.ways_out import NotPossible, ways_out
from tests.domain.given import a_site, extension, rotation
from tests.domain.story import Story


def builds_on(story: Story, number: int) -> list[int]:
    return [b.number for b in dependents(story.past, story.past.batch(number))]


def moved(plan: Plan) -> dict[int, tuple[str | None, str | None]]:
    return {c.extension_id: (c.old, c.new) for c in plan.changes}


def played(n: int, *swaps: tuple[int, int]) -> Story:
    """Return a site where these users swapped desks, each swap a batch: B1, B2, ..."""
    story = a_site(n)
    for one, other in swaps:
        story.finish(story.swap(f"U{one}", f"U{other}"))
    return story


# --- cascade ------------------------------------------------------------------------------------------------


def test_cascade_takes_back_the_later_batch_too_as_one_batch() -> None:
    """B1: U1 and U2; B2: U1 (now at 2) and U3."""
    story = played(3, (1, 2), (1, 3))

    plan = story.plan(1, "cascade")

    assert (plan.strategy, plan.reverses, plan.part) == ("cascade", (2, 1), ())
    assert moved(plan) == {1: ("202", "201"), 2: ("203", "202"), 3: ("201", "203")}


def test_cascade_settles_everybody_back_and_neither_batch_is_live() -> None:
    story = played(3, (1, 2), (1, 3))

    back = story.roll_back(1, "cascade")
    story.settle()

    assert story.seats == {1: "U1", 2: "U2", 3: "U3"}
    assert story.live() == {back}


def test_the_rollback_of_a_cascade_is_all_of_it_again() -> None:
    story = played(3, (1, 2), (1, 3))
    bases = story.bases
    back = story.roll_back(1, "cascade")

    again = story.roll_back(back)

    assert story.bases == bases
    assert story.live() == {1, 2, again}


def test_where_the_plain_rollback_is_clean_cascade_is_the_plain_rollback() -> None:
    """B2 and B3 changed and changed back: they share extensions with B1 and are not in its way."""
    story = played(3, (1, 2), (1, 3), (1, 3))

    plan = story.plan(1, "cascade")

    assert plan == story.plan(1)
    assert plan.reverses == (1,)


def test_independent_later_batches_stay() -> None:
    story = played(5, (1, 2), (4, 5), (1, 3))

    plan = story.plan(1, "cascade")

    assert plan.reverses == (3, 1)
    assert set(moved(plan)) == {1, 2, 3}


def test_a_batch_that_shares_only_a_number_is_a_dependent() -> None:
    """B1 empties extension 1; B2 gives its number to extension 3, which B1 never touched."""
    story = a_site(3)
    story.finish(story.draft({1: None}))
    story.finish(story.draft({3: "201"}))

    plan = story.plan(1, "cascade")

    assert plan.reverses == (2, 1)
    assert moved(plan) == {1: (None, "201"), 3: ("201", "203")}


def test_a_batch_that_builds_on_a_dependent_is_a_dependent() -> None:
    story = played(5, (1, 2), (2, 3), (3, 4))

    found = builds_on(story, 1)

    assert found == [2, 3]


def test_a_batch_before_the_dependent_it_shares_with_is_none() -> None:
    """B2 (U3 and U4) came first; B3 (U2 and U3) builds on it, not the other way round."""
    story = played(5, (1, 2), (3, 4), (2, 3))

    found = builds_on(story, 1)
    plan = story.plan(1, "cascade")

    assert found == [3]
    assert plan.reverses == (3, 1)
    story.roll_back(1, "cascade")
    assert story.bases == {1: "201", 2: "202", 3: "204", 4: "203", 5: "205"}


def test_earlier_batches_are_no_dependents() -> None:
    story = played(3, (1, 2), (1, 3), (2, 3))

    found = builds_on(story, 2)

    assert found == [3]


def test_a_batch_and_its_reversal_that_both_came_after_cancel_out() -> None:
    story = played(4, (1, 2), (2, 3))
    story.roll_back(2)
    story.finish(story.swap("U1", "U4"))

    plan = story.plan(1, "cascade")

    assert builds_on(story, 1) == [4]
    assert plan.reverses == (4, 1)


def test_a_reversal_redone_cancels_with_its_redo_and_the_batch_is_a_dependent_again() -> None:
    story = played(4, (1, 2), (2, 3))
    again = story.roll_back(story.roll_back(2))

    plan = story.plan(1, "cascade")

    assert (again, builds_on(story, 1), plan.reverses) == (4, [2], (2, 1))


def test_a_reversal_that_reaches_back_before_the_batch_is_a_dependent_like_any_other() -> None:
    """B4 takes back B3, which came after B2, together with B1, which is older: it does not cancel out."""
    story = played(5, (1, 2), (3, 4), (2, 3))
    story.roll_back(1, "cascade")
    story.finish(story.swap("U4", "U5"))

    plan = story.plan(2, "cascade")
    back = story.roll_back(2, "cascade")

    assert plan.reverses == (5, 4, 3, 2)
    assert story.bases == {1: "202", 2: "201", 3: "203", 4: "204", 5: "205"}
    assert story.live() == {1, back}


def test_what_was_done_and_undone_between_a_batch_and_its_reversal_changes_nothing() -> None:
    """B2 is reversed by B5; B3 and B4, in between, led extension 1 there and back."""
    story = played(5, (1, 2), (2, 3), (3, 4), (3, 4))
    story.roll_back(2)
    story.finish(story.swap("U1", "U5"))

    plan = story.plan(1, "cascade")
    story.roll_back(1, "cascade")

    assert plan.reverses == (6, 4, 3, 1)
    assert story.bases == {1: "201", 2: "202", 3: "203", 4: "204", 5: "205"}


def test_what_a_reversed_batch_had_put_somewhere_does_not_come_back() -> None:
    """B2 had put 202 at extension 3, B3 and B4 led there and back; B5 reversed B2 before B6 changed 3 again."""
    story = played(5, (1, 2), (2, 3), (2, 4), (2, 4))
    story.roll_back(2)
    story.finish(story.swap("U1", "U3"))

    story.roll_back(1, "cascade")

    assert story.bases == {1: "201", 2: "202", 3: "203", 4: "204", 5: "205"}


def test_a_batch_partly_rolled_back_is_a_dependent_with_what_is_left_of_it() -> None:
    """B2 has two cycles. The one that builds on B1 was rolled back, so B2 is in nobody's way; B4 is."""
    story = a_site(6)
    story.finish(story.swap("U1", "U2"))
    story.finish(story.draft({2: "203", 3: "201", 4: "205", 5: "204"}))
    story.roll_back(2, "partial", only=["203"])
    story.finish(story.swap("U1", "U6"))

    plan = story.plan(1, "cascade")
    story.roll_back(1, "cascade")

    assert plan.reverses == (4, 1)
    assert story.bases == {1: "201", 2: "202", 3: "203", 4: "205", 5: "204", 6: "206"}


def test_cascade_takes_back_only_what_is_left_of_a_batch_partly_rolled_back() -> None:
    """Of B1 the swap of U1 and U2 was rolled back by B2; the cascade must not bring it back by undoing B2."""
    story = a_site(5)
    story.finish(story.draft({**rotation([1, 2]), **rotation([3, 4])}))
    story.roll_back(1, "partial", only=["201"])
    story.finish(story.swap("U3", "U5"))

    plan = story.plan(1, "cascade")
    story.roll_back(1, "cascade")

    assert plan.reverses == (3, 1)
    assert set(plan.part) == {3, 4, 5}
    assert story.bases == {1: "201", 2: "202", 3: "203", 4: "204", 5: "205"}
    assert story.live() == {2, 4}


def test_a_part_redone_is_taken_back_by_a_cascade_too() -> None:
    """B2 took back both cycles' halves, B3 redid one: what is left of B1 is that one and the third."""
    story = a_site(7)
    story.finish(story.draft({**rotation([1, 2]), **rotation([3, 4]), **rotation([5, 6])}))
    story.roll_back(1, "partial", only=["201", "203"])
    story.roll_back(2, "partial", only=["201"])
    story.finish(story.swap("U5", "U7"))

    story.roll_back(1, "cascade")

    assert story.bases == {i: str(200 + i) for i in range(1, 8)}


def test_a_part_of_a_cascade_redone_is_the_part_of_no_one_batch() -> None:
    """B4 took back B3 and B1; B6 redoes a part of what they had come to: B1 and B3 are not live for that."""
    story = a_site(6)
    story.finish(story.draft(rotation([2, 3, 5])))
    story.finish(story.swap("U1", "U6"))
    story.finish(story.draft({5: "203", 2: "204", 4: "202"}))
    story.roll_back(1, "cascade")
    bases = story.bases

    again = story.roll_back(4, "partial", only=["203"])

    assert story.bases != bases
    assert story.live() == {2, 4, again}


def test_a_cascade_over_such_a_part_takes_it_back_too() -> None:
    story = a_site(7)
    story.finish(story.swap("U5", "U7"))
    story.finish(story.draft({2: "203", 3: "207", 5: "202"}))
    story.finish(story.draft({5: "203", 2: "204", 4: "202"}))
    story.roll_back(2, "cascade")
    story.roll_back(4, "partial", only=["203"])
    story.finish(story.swap("U7", "U1"))

    story.roll_back(1, "cascade")

    assert story.bases == {i: str(200 + i) for i in range(1, 8)}


def test_cascade_is_not_possible_where_an_extension_was_removed() -> None:
    story = played(3, (1, 2), (1, 3))
    story.remove_extension(3)

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "cascade")

    assert "extension 3 was removed" in str(refused.value)


def test_cascade_is_not_possible_where_a_draft_holds_an_extension() -> None:
    story = played(4, (1, 2), (1, 3))
    story.swap("U1", "U4")

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "cascade")

    assert "extension 3 is held by B3" in str(refused.value)


def test_cascade_is_not_possible_where_a_base_was_taken_by_no_batch() -> None:
    story = a_site(2)
    story.finish(story.draft({1: None}))
    story.finish(story.draft({1: "299"}))
    story.observe_extension(9, "201")

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "cascade")

    assert "the import put it at extension 9" in str(refused.value)


def test_cascade_is_not_possible_where_a_batch_that_stays_would_lose_what_it_was_made_from() -> None:
    """B6 could take B2 back because B4 and B5 had led 201 back to extension 5; they build on B1, and B3 does not."""
    story = played(5, (3, 4), (1, 5), (1, 2), (2, 4), (1, 4))
    story.roll_back(2)

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "cascade")

    assert builds_on(story, 1) == [4, 5]
    assert str(refused.value) == "B6, which would stay, was made from what would be taken back"


def test_cascade_is_not_possible_where_together_nothing_would_change() -> None:
    """B2 undid B1 by hand; only a draft is in the way."""
    story = played(3, (1, 2), (1, 2))
    story.swap("U1", "U3")

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "cascade")

    assert str(refused.value) == "taken together these batches change nothing"


# --- replan -------------------------------------------------------------------------------------------------


def test_replan_keeps_all_later_work_for_the_people() -> None:
    """Had U1 and U2 never swapped, U1 would have left extension 1, not 2, when U1 and U3 traded places."""
    story = played(3, (1, 2), (1, 3))

    plan = story.plan(1, "replan")
    back = story.roll_back(1, "replan")
    story.settle()

    assert (plan.strategy, plan.reverses, plan.part) == ("replan", (1,), ())
    assert story.seats == {1: "U3", 2: "U2", 3: "U1"}
    assert story.live() == {2, back}


def test_replan_keeps_all_later_work_at_the_ports() -> None:
    """Had U1 and U2 never swapped, it would have been U2 whom the trade of 2 and 3 moved."""
    story = played(3, (1, 2), (1, 3))

    story.roll_back(1, "replan", frame="ports")
    story.settle()

    assert story.seats == {1: "U1", 2: "U3", 3: "U2"}


@pytest.mark.parametrize("frame", ["people", "ports"])
def test_replan_moves_as_many_phones_as_the_batch_did(frame: str) -> None:
    story = played(5, (1, 2), (1, 3), (3, 4), (2, 5))

    plan = story.plan(1, "replan", frame=frame)

    assert len(plan.changes) == 2


@pytest.mark.parametrize("frame", ["people", "ports"])
def test_replan_is_the_plain_rollback_where_that_is_clean(frame: str) -> None:
    story = played(5, (1, 2), (3, 4))

    plan = story.plan(1, "replan", frame=frame)

    assert moved(plan) == moved(story.plan(1))


def test_replan_skips_a_later_batch_and_its_reversal_by_playing_both() -> None:
    story = played(4, (1, 2), (2, 3))
    story.roll_back(2)
    story.finish(story.swap("U1", "U4"))

    story.roll_back(1, "replan")
    story.settle()

    assert story.seats == {1: "U4", 2: "U2", 3: "U3", 4: "U1"}


def test_replan_leaves_later_work_that_is_no_permutation_where_it_does_not_matter() -> None:
    story = played(5, (1, 2), (1, 3))
    story.finish(story.draft({4: None, 5: "299"}))

    story.roll_back(1, "replan")

    assert story.bases == {1: "203", 2: "202", 3: "201", 4: None, 5: "299"}


def test_replan_is_not_possible_for_a_batch_that_is_no_permutation() -> None:
    story = a_site(3, also=[extension(9, None)])
    story.finish(story.draft({1: None, 9: "201"}))

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "replan")

    assert str(refused.value) == "B1 is no permutation: its old and new base extensions differ as sets"


@pytest.mark.parametrize("later", [{2: "299"}, {2: None}, {2: "203", 3: None}, {4: "201", 2: "299"}])
def test_replan_is_not_possible_when_later_work_that_matters_is_no_permutation(
    later: dict[int, str | None],
) -> None:
    story = played(4, (1, 2))
    story.finish(story.draft(later))

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "replan")

    assert str(refused.value) == "B2, which came later and matters, is no permutation"


def test_replan_is_not_possible_when_a_part_was_rolled_back() -> None:
    story = a_site(4)
    story.finish(story.draft({**rotation([1, 2]), **rotation([3, 4])}))
    story.roll_back(1, "partial", only=["201"])

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "replan")

    assert str(refused.value) == "a part of B1 was rolled back already"


def test_replan_is_not_possible_where_one_of_its_extensions_was_removed() -> None:
    story = played(3, (1, 2))
    story.remove_extension(2)

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "replan")

    assert str(refused.value) == "extension 2 was removed"


def test_replan_is_not_possible_where_it_would_move_an_extension_that_was_removed() -> None:
    """Without B1, U2 and not U1 would have ended up at extension 3, which is gone."""
    story = played(3, (1, 2), (1, 3))
    story.remove_extension(3)

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "replan", frame="ports")

    assert str(refused.value) == "extension 3 was removed"


def test_replan_is_not_possible_where_an_extension_was_removed_and_came_back_otherwise() -> None:
    story = played(3, (1, 2), (1, 3))
    story.remove_extension(2)
    story.observe_extension(2, "299")

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "replan")

    assert str(refused.value) == "extension 2 should have 203, but the import put 299 there"


def test_replan_is_not_possible_where_a_draft_holds_an_extension() -> None:
    story = played(4, (1, 2), (1, 3))
    story.swap("U2", "U4")

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "replan")

    assert str(refused.value) == "extension 1 is held by B3, which is not in force yet"


def test_replan_is_not_possible_when_a_number_is_the_base_of_two_extensions() -> None:
    """Which of the two would have traded places nobody can say."""
    story = played(5, (1, 2))
    story.send(story.draft({5: "203"}), with_conflicts=True)
    trade = story.draft({2: "203", 3: "201"})
    story.send(trade, with_conflicts=True)

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "replan")

    assert str(refused.value) == "203 is the base of several extensions when B3 is replayed"


# --- partial ------------------------------------------------------------------------------------------------


def two_cycles_one_blocked() -> Story:
    """Return a site where B1 swapped U1 and U2, and U3 and U4, and B2 then swapped U1 and U5."""
    story = a_site(5)
    story.finish(story.draft({**rotation([1, 2]), **rotation([3, 4])}))
    story.finish(story.swap("U1", "U5"))
    return story


def test_partial_takes_back_the_whole_cycles_that_are_clean() -> None:
    story = two_cycles_one_blocked()

    plan = story.plan(1, "partial")

    assert plan == Plan(
        strategy="partial",
        reverses=(1,),
        part=(3, 4),
        changes=(Change(4, "203", "204"), Change(3, "204", "203")),
    )


def test_partial_of_everything_is_no_part() -> None:
    story = a_site(4)
    story.finish(story.draft({**rotation([1, 2]), **rotation([3, 4])}))

    plan = story.plan(1, "partial")

    assert plan.part == ()
    assert moved(plan) == moved(story.plan(1))


def test_only_picks_the_cycles_that_contain_the_numbers() -> None:
    story = a_site(6)
    story.finish(story.draft({**rotation([1, 2]), **rotation([3, 4]), **rotation([5, 6])}))

    plan = story.plan(1, "partial", only=["204", "205", "206"])

    assert plan.part == (3, 4, 5, 6)


def test_only_is_not_possible_for_a_cycle_that_is_blocked() -> None:
    story = two_cycles_one_blocked()

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "partial", only=["201", "203"])

    assert str(refused.value) == "the cycle of 201, 202 is blocked itself"


def test_only_is_not_possible_for_a_number_that_is_in_no_cycle() -> None:
    story = two_cycles_one_blocked()

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "partial", only=["203", "205"])

    assert str(refused.value) == "205 is in no cycle of B1 that is left"


def test_only_is_not_possible_for_a_cycle_taken_back_already() -> None:
    story = two_cycles_one_blocked()
    story.roll_back(1, "partial", only=["203"])

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "partial", only=["203"])

    assert str(refused.value) == "203 is in no cycle of B1 that is left"


def test_partial_is_not_possible_when_no_cycle_is_clean() -> None:
    story = played(3, (1, 2), (1, 3))

    with pytest.raises(NotPossible) as refused:
        story.plan(1, "partial")

    assert str(refused.value) == "no cycle of B1 is clean"


def test_the_rest_is_taken_back_once_it_is_clean() -> None:
    story = two_cycles_one_blocked()
    story.roll_back(1, "partial")
    story.roll_back(2)

    story.roll_back(1, "partial")
    story.settle()

    assert story.seats == {i: f"U{i}" for i in range(1, 6)}
    assert not story.is_live(1)


# --- all ways out of a refusal ------------------------------------------------------------------------------


def test_a_refusal_offers_each_way_out_with_its_plan() -> None:
    story = two_cycles_one_blocked()

    offered = ways_out(story.system, story.past, story.past.batch(1))

    assert [(way.option, way.possible, way.why_not) for way in offered] == [
        ("cascade", True, None),
        ("replan", True, None),
        ("partial", True, None),
    ]
    assert [way.plan for way in offered] == [
        story.plan(1, "cascade"),
        story.plan(1, "replan"),
        story.plan(1, "partial"),
    ]


def test_a_refusal_says_why_a_way_out_is_closed() -> None:
    story = played(3, (1, 2))
    story.finish(story.draft({2: "299"}))

    offered = ways_out(story.system, story.past, story.past.batch(1))

    assert [(way.option, way.possible, way.plan is None) for way in offered] == [
        ("cascade", True, False),
        ("replan", False, True),
        ("partial", False, True),
    ]
    assert [way.why_not for way in offered[1:]] == [
        "B2, which came later and matters, is no permutation",
        "no cycle of B1 is clean",
    ]


def test_offering_the_ways_out_changes_nothing() -> None:
    story = two_cycles_one_blocked()
    facts = list(story.facts)

    ways_out(story.system, story.past, story.past.batch(1))

    assert (story.facts, story.system.version) == (facts, facts[-1].version)

"""Which later batches a refusal names: those that have to be taken back, and no other."""

from __future__ import annotations

import msgspec
import pytest

from ipo_ledger.domain.in_the_way import in_the_way, leave_it_clean
from ipo_ledger.domain.records import Batch
from tests.domain.given import a_site, extension
from tests.domain.story import Batches, Story


def named(story: Story, number: int) -> list[int]:
    return [b.number for b in in_the_way(story.system, story.past, story.past.batch(number))]


def taken_by_b2() -> Story:
    """Return a site where B1 freed 201, B2 gave it to extension 2, and B3 and B4 led extension 1 there and back."""
    story = a_site(3)
    story.send(story.draft({1: "250"}))
    story.send(story.draft({2: "201"}))
    story.send(story.draft({1: "251"}))
    story.send(story.draft({1: "250"}))
    return story


def changed_between_a_batch_and_its_reversal(n: int) -> Story:
    """Return a site where B5 took back B2, and B3 and B4 had changed the same extensions in between."""
    story = a_site(n)
    story.send(story.draft({2: "203", 3: "202"}))
    story.send(story.draft({1: "203", 2: "201"}))
    story.send(story.draft({3: "203", 1: "204", 4: "202"}))
    story.send(story.draft({1: "203", 3: "204"}))
    story.roll_back(2)
    return story


# --- what is named, and what is not -------------------------------------------------------------------------


def test_who_took_the_number_is_named_without_what_led_there_and_back() -> None:
    story = taken_by_b2()

    way = named(story, 1)

    assert way == [2]


def test_what_is_named_does_not_depend_on_where_the_past_was_read() -> None:
    """Read from a store, the same number is equal to the one in force, and another object."""
    story = taken_by_b2()
    stored = msgspec.json.encode(story.past.seen)
    story.past = Batches(msgspec.json.decode(stored, type=dict[int, Batch]))

    way = named(story, 1)

    assert way == [2]


def test_a_lower_number_in_the_place_of_the_one_put_there_is_in_the_way_too() -> None:
    story = a_site(1)
    story.send(story.draft({1: "250"}))
    story.send(story.draft({1: "240"}))

    way = named(story, 1)

    assert way == [2]


def test_a_batch_that_also_filled_a_blank_names_who_took_the_number_it_freed() -> None:
    """A number is at one extension, a blank at many: 8 may be blank again, and 9, too."""
    story = a_site(2, also=[extension(8, None), extension(9, None)])
    story.send(story.draft({9: "250", 1: "251"}))
    story.send(story.draft({2: "201", 8: "258"}))
    story.send(story.draft({1: "252"}))
    story.send(story.draft({1: "251"}))

    way = named(story, 1)

    assert way == [2]


def test_who_would_get_the_number_back_once_a_later_batch_is_taken_back_is_named_too() -> None:
    """B2 gave 201 to extension 3, and B3 took it from there: once B3 is taken back, it is there again."""
    story = a_site(3)
    story.send(story.draft({1: "250"}))
    story.send(story.draft({3: "201"}))
    story.send(story.draft({3: "260", 1: "251"}))

    way = named(story, 1)

    assert way == [3, 2]


def test_a_batch_that_builds_on_it_is_not_named_where_only_a_draft_is_in_the_way() -> None:
    """B2 gave the number that B1 put at extension 1 to extension 3 as well: that keeps nobody from taking B1 back."""
    story = a_site(3)
    story.send(story.draft({1: "250"}))
    story.send(story.draft({3: "250"}), with_conflicts=True)
    story.draft({1: "251"})

    way = named(story, 1)

    assert way == []


# --- what cannot be taken back any more ---------------------------------------------------------------------


def test_what_was_done_at_an_extension_removed_since_is_not_named() -> None:
    """B3 gave 202, which B2 had freed, to extension 3; with that extension B3 is gone, and B2 can be taken back."""
    story = a_site(3)
    story.send(story.draft({1: "250"}))
    story.send(story.draft({2: "201"}))
    story.send(story.draft({3: "202"}))
    story.remove_extension(3)

    way = named(story, 1)

    assert way == [2]


def test_where_an_extension_of_the_batch_was_removed_those_that_build_on_it_are_named() -> None:
    """Extension 2 never comes back; B2 and B3 are in the way of extension 1 all the same."""
    story = a_site(3)
    story.send(story.draft({1: "250", 2: "252"}))
    story.send(story.draft({1: "251"}))
    story.send(story.draft({3: "201"}))
    story.remove_extension(2)

    way = named(story, 1)

    assert way == [3, 2]


def test_a_batch_and_its_reversal_are_named_where_others_came_between() -> None:
    """B2 and B5 cancel out; still B4 and B3 can be taken back only after B5, and then B2 is to be taken back, too."""
    story = changed_between_a_batch_and_its_reversal(4)

    way = named(story, 1)

    assert way == [5, 4, 3, 2]


def test_then_what_happened_elsewhere_does_not_matter() -> None:
    """B6 changed extension 5, which is gone: B6 itself could not be taken back."""
    story = changed_between_a_batch_and_its_reversal(5)
    story.send(story.draft({5: "299"}))
    story.remove_extension(5)

    way = named(story, 1)

    assert way == [5, 4, 3, 2]


# --- the limits ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("most", "way"), [(3, [2]), (2, [4, 3, 2])])
def test_where_too_many_build_on_it_to_try_each_all_are_named(
    most: int, way: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipo_ledger.domain.in_the_way.MOST_TRIED", most)
    story = taken_by_b2()

    found = named(story, 1)

    assert found == way


@pytest.mark.parametrize(("most", "way"), [(4, [5, 4, 3, 2]), (3, [4, 3])])
def test_where_too_many_touched_it_to_try_each_those_that_build_on_it_are_named(
    most: int, way: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipo_ledger.domain.in_the_way.MOST_TRIED", most)
    story = changed_between_a_batch_and_its_reversal(4)

    found = named(story, 1)

    assert found == way


@pytest.mark.parametrize(("most", "way"), [(3, [2]), (2, [4, 3, 2])])
def test_where_too_many_are_left_to_try_every_two_each_is_still_tried_alone(
    most: int, way: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """B5 is left out alone, B3 and B4 only together."""
    monkeypatch.setattr("ipo_ledger.domain.in_the_way.MOST_TRIED_IN_PAIRS", most)
    story = a_site(4)
    story.send(story.draft({1: "250", 4: "254"}))
    story.send(story.draft({2: "201"}))
    story.send(story.draft({1: "251"}))
    story.send(story.draft({1: "250"}))
    story.send(story.draft({3: "254"}), with_conflicts=True)

    found = named(story, 1)

    assert found == way


# --- taken back in this order, each can be ------------------------------------------------------------------


def test_who_holds_a_number_that_one_of_them_would_give_back_is_named_too() -> None:
    """B3 gave 250, which B2 had freed, to extension 2: before B2 can be taken back, B3 has to be."""
    story = a_site(2)
    story.send(story.draft({1: "250"}))
    story.send(story.draft({1: "251"}))
    story.send(story.draft({2: "250"}))

    way = named(story, 1)

    assert way == [3, 2]
    story.roll_back(3)
    story.roll_back(2)
    assert story.blocked(1) == []


def test_of_a_batch_reversed_and_its_reversal_the_one_in_effect_is_named() -> None:
    """B3 did by hand what B1 had done; B4, which took back B2, is in effect, and B2 is not."""
    story = a_site(5)
    story.send(story.draft({4: "202", 2: "204"}))
    story.send(story.draft({4: "204", 2: "202"}))
    story.send(story.draft({4: "202", 2: "204"}))
    story.roll_back(2, "replan")
    story.send(story.draft({4: "202", 2: "203", 3: "204"}))
    story.roll_back(story.roll_back(5, "replan"))

    way = named(story, 1)

    assert way == [5, 4]
    story.roll_back(5)
    story.roll_back(4)
    assert story.blocked(1) == []


def test_what_no_batch_put_there_stays_in_the_way_whatever_is_taken_back() -> None:
    story = a_site(3)
    first = story.draft({1: None})
    story.send(first)
    for base in ("299", "298"):
        story.send(story.draft({1: base}))
    story.observe_extension(9, "201")
    named = in_the_way(story.system, story.past, story.past.batch(first))

    assert [b.number for b in named] == [3, 2]
    assert not leave_it_clean(story.system, story.past, story.past.batch(first), named)
    story.roll_back(3)
    story.roll_back(2)
    assert [b.why for b in story.blocked(first)] == ["taken"]

"""The laws of rollback hold on a thousand random histories; `python -m tests.domain.laws 100000` tries more."""

from __future__ import annotations

import pytest

from ipo_ledger.domain.in_the_way import blamed, in_the_way
from tests.domain.given import a_site
from tests.domain.laws import hold
from tests.domain.thoroughness import examples

SLICES = 20  # so that a failing seed is near, and all cores have something to do


@pytest.mark.parametrize("slice_", range(SLICES))
def test_the_laws_of_rollback_hold_on_random_histories(slice_: int) -> None:
    each = examples(1000) // SLICES

    tried = sum((hold(seed) for seed in range(slice_ * each, (slice_ + 1) * each)), start=hold(slice_))

    assert (
        min(tried[law] for law in ("clean", "blocked", "cascade", "replan", "partial", "commute", "batches left out"))
        > 0
    )


@pytest.mark.parametrize("seed", [23, 712, 1714, 5639])
def test_the_laws_hold_where_they_once_did_not(seed: int) -> None:
    """Work between a batch and its reversal, and a redo by replan: what is in the way was told wrong there."""
    assert sum(hold(seed).values()) > 0


def test_what_was_changed_and_changed_back_is_not_named() -> None:
    story = a_site(6)
    story.send(story.draft({1: "202", 2: "201", 3: "204", 4: "203"}))
    story.send(story.draft({1: "205", 5: "202"}))
    story.send(story.draft({1: "202", 5: "205"}))  # by hand, not as a rollback
    story.send(story.draft({3: "206", 6: "204"}))

    named = in_the_way(story.system, story.past, story.past.batch(1))

    assert [b.number for b in named] == [4]


def test_what_changed_twice_is_named_newest_first() -> None:
    story = a_site(3)
    story.send(story.draft({1: "250"}))
    story.send(story.draft({1: "251"}))
    story.send(story.draft({1: "252"}))

    named = in_the_way(story.system, story.past, story.past.batch(1))

    assert [b.number for b in named] == [3, 2]
    assert [blamed(b, named) for b in story.blocked(1)] == [3]


def test_who_holds_the_number_that_would_come_back_is_named() -> None:
    story = a_site(3)
    story.send(story.draft({1: "250"}))
    story.send(story.draft({2: "201"}))

    named = in_the_way(story.system, story.past, story.past.batch(1))

    assert [b.number for b in named] == [2]
    assert [blamed(b, named) for b in story.blocked(1)] == [2]


def test_where_a_draft_is_in_the_way_no_later_batch_is() -> None:
    story = a_site(3)
    story.send(story.draft({1: "250"}))
    draft = story.draft({1: "251"})

    named = in_the_way(story.system, story.past, story.past.batch(1))

    assert named == []
    assert [blamed(b, named) for b in story.blocked(1)] == [draft]

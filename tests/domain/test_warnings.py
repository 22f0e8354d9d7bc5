"""What is said about a batch before it is sent, though no rule forbids it."""

from __future__ import annotations

from ipo_ledger.domain.warnings import about
from tests.domain.given import a_site, extension
from tests.domain.story import Story


def codes_of(story: Story, number: int) -> list[str]:
    return sorted(warned.code for warned in about(story.system, story.past.seen[number]))


def test_a_draft_warns_of_its_conflicts_until_they_are_gone() -> None:
    story = a_site(2, codes=("U1", "U2"))
    number = story.draft({1: "202"})
    before = codes_of(story, number)

    story.draft({2: "201"}, into=number)

    assert (before, codes_of(story, number)) == (["base-extension-conflict"], [])


def test_a_conflict_names_the_number_and_the_extensions() -> None:
    story = a_site(2, codes=("U1", "U2"))

    number = story.draft({1: "202"})

    assert [w.message for w in about(story.system, story.past.seen[number])] == [
        "202 is the base of 2 extensions: 1, 2"
    ]


def test_who_has_no_login_code_is_told_about_the_short_code() -> None:
    story = a_site(2, codes=("U1",))

    number = story.swap("U1", "U2")

    assert codes_of(story, number) == ["no-login-code"]


def test_forced_login_users_have_to_log_in_by_hand() -> None:
    story = a_site(2, codes=("U1", "U2"), forced=("U2",))

    number = story.swap("U1", "U2")

    assert codes_of(story, number) == ["forced-login"]


def test_a_number_that_nobody_has_is_said() -> None:
    story = a_site(1, codes=("U1",))

    number = story.draft({1: "299"})

    assert codes_of(story, number) == ["nobody-has-number"]


def test_a_blank_base_is_said_for_ip_phones_only() -> None:
    story = a_site(1, codes=("U1",), also=[extension(8, "208", module="0", port=0, kind=1)])

    number = story.draft({1: None, 8: None})

    assert [w.message for w in about(story.system, story.past.seen[number])] == [
        "extension 8 is an IP phone: release 12.3 wants a base there"
    ]


def test_long_bases_are_said_sooner_for_ip_phones() -> None:
    story = a_site(1, codes=("U1",), also=[extension(8, "208", module="0", port=0, kind=1)])

    number = story.draft({1: "12345678", 8: "87654321"})

    assert codes_of(story, number) == ["long-base-extension", "nobody-has-number", "nobody-has-number"]


def test_rows_left_out_are_said() -> None:
    story = a_site(2, codes=("U1", "U2"))

    drafted = story.drafted({1: "299", 2: "202"})

    told = about(story.system, story.past.seen[drafted.number], drafted.unchanged)
    assert told[0].message == "extension 2 has that base extension already: left out"


def test_nothing_is_said_of_an_extension_that_is_gone() -> None:
    story = a_site(2, codes=("U1", "U2"))
    number = story.draft({1: "299", 2: "298"})

    story.remove_extension(1)

    assert [w.message for w in about(story.system, story.past.seen[number])] == [
        "no user has the number 298: extension 2 will have no default user"
    ]


def test_a_settled_batch_warns_of_nobody() -> None:
    story = a_site(2, forced=("U2",))
    number = story.swap("U1", "U2")
    story.finish(number)

    story.log_in("U2", 1)

    assert codes_of(story, number) == []

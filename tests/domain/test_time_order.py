"""When things happened: of one extension and of one user time never runs backwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.events import UserLoggedIn, UserLoggedOut
from tests.domain.given import a_site, extension, state_of
from tests.domain.story import Story, moment


def with_a_spare_phone(n: int) -> Story:
    return a_site(n, codes=("U1", "U2"), also=[extension(9, None)])


def test_a_fact_before_what_is_recorded_of_the_extension_is_refused_naming_it() -> None:
    story = with_a_spare_phone(2)
    story.log_in("U1", 9, at=60)
    in_the_way = story.last[-1]
    before = state_of(story.system)

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_in("U2", 9, at=59)

    assert refused.value.details == {
        "event": "UserLoggedOut",
        "at": "2026-03-01T09:59:00+00:00",
        "what": "extension 9",
        "name": "UserLoggedIn",
        "last_at": "2026-03-01T10:00:00+00:00",
        "position": in_the_way.position,
    }
    assert f"ipo-ledger correct {in_the_way.position}" in refused.value.hint
    assert state_of(story.system) == before


def test_a_fact_before_what_is_recorded_of_the_user_is_refused() -> None:
    """At extension 9 nothing ever happened, but U1 was at another one until 60."""
    story = a_site(1, forced=("U1",), codes=("U1",), also=[extension(9, None)])
    story.log_out("U1", at=60)

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_in("U1", 9, at=59)

    assert refused.value.details["what"] == "user U1"


def test_the_same_moment_is_not_before() -> None:
    story = with_a_spare_phone(2)
    story.log_in("U1", 9, at=60)

    story.log_in("U2", 9, at=60)

    assert story.seats == {1: "U1", 2: None, 9: "U2"}


def test_other_extensions_are_recorded_in_any_order() -> None:
    story = a_site(4)
    story.send(story.swap("U1", "U2"), at=1)
    story.log_out("U1", "U2", at=100)
    number = story.swap("U3", "U4", at=40)
    story.send(number, at=50)

    story.log_out("U3", "U4", at=60)

    assert story.seats == {1: "U2", 2: "U1", 3: "U4", 4: "U3"}
    assert story.last[-1].occurred_at == moment(60)


def test_recording_late_is_normal() -> None:
    """On Monday what happened on Friday is recorded, in its order."""
    story = a_site(2)
    story.minute = 5000

    number = story.swap("U1", "U2", at=10)
    story.send(number, at=11)
    story.log_out("U1", at=12)
    story.log_out("U2", at=13)

    assert story.past.seen[number].settled_at == moment(13)


def test_of_several_facts_in_the_way_the_refusal_names_the_latest_in_time() -> None:
    """Its time is the one from which on it would be taken: the advice has to be good enough."""
    story = a_site(2, also=[extension(8, None), extension(9, None)])
    number = story.draft({8: "208", 9: "209"}, at=1)
    story.log_in("U1", 9, at=100)
    story.log_in("U2", 8, at=50)

    with pytest.raises(r.OutOfOrder) as refused:
        story.send(number, at=40)

    assert refused.value.details["what"] == "extension 9"
    assert refused.value.details["last_at"] == "2026-03-01T10:40:00+00:00"


# --- drafts and sends ---------------------------------------------------------------------------------------


def test_a_draft_does_not_pin_the_clock_of_its_extensions() -> None:
    story = with_a_spare_phone(2)
    story.swap("U1", "U2", at=100)

    story.log_in("U1", 9, at=50)

    assert story.seats == {1: None, 2: "U2", 9: "U1"}


def test_a_send_that_waits_for_its_restart_does_not_pin_them_either() -> None:
    story = with_a_spare_phone(2)
    story.send(story.swap("U1", "U2", at=100), "timed", at=101)

    story.log_in("U1", 9, at=50)

    assert story.seats[9] == "U1"


def test_a_send_in_force_pins_its_extensions() -> None:
    story = with_a_spare_phone(3)
    story.send(story.swap("U1", "U2", at=100), at=101)

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_out("U1", at=100)

    assert refused.value.details["what"] == "extension 1"
    assert refused.value.details["name"] == "ConfigurationSent"


def test_a_send_in_force_does_not_pin_other_extensions() -> None:
    story = a_site(3, codes=("U3",))
    story.send(story.swap("U1", "U2", at=100), at=101)

    story.log_out("U3", at=50)

    assert story.seats[3] == "U3"


def test_a_send_is_not_before_its_draft() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2", at=100)

    with pytest.raises(r.OutOfOrder) as refused:
        story.send(number, at=99)

    assert refused.value.details["what"] == f"batch B{number}"


def test_a_change_into_a_draft_is_not_before_the_draft() -> None:
    story = a_site(2)
    number = story.draft({1: "202"}, at=100)

    with pytest.raises(r.OutOfOrder):
        story.draft({2: "201"}, into=number, at=99)

    assert story.changes(number) == {1: ("201", "202")}


def test_a_draft_is_not_abandoned_before_it_was_made() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2", at=100)

    with pytest.raises(r.OutOfOrder):
        story.abandon(number, at=99)

    assert story.status(number) == "draft"


def test_a_send_in_force_is_not_before_what_happened_at_its_extensions_or_to_its_people() -> None:
    story = with_a_spare_phone(2)
    number = story.swap("U1", "U2", at=1)
    story.log_in("U1", 9, at=100)

    with pytest.raises(r.OutOfOrder) as refused:
        story.send(number, at=99)

    assert refused.value.details["what"] == "user U1"


def test_a_rollback_is_not_sent_before_what_it_takes_back() -> None:
    story = a_site(2)
    first = story.swap("U1", "U2", at=1)
    story.send(first, at=100)
    back = story.draft_rollback(first)

    with pytest.raises(r.OutOfOrder):
        story.send(back, at=99)

    assert story.bases == {1: "202", 2: "201"}


# --- the restart and the baseline ---------------------------------------------------------------------------


def test_a_restart_pins_everything_even_where_nobody_moved() -> None:
    story = with_a_spare_phone(2)
    story.restart(at=100)
    restarted = story.last[0]

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_in("U1", 9, at=99)

    assert (refused.value.details["what"], refused.value.details["position"]) == (
        "the restart of hq",
        restarted.position,
    )


BEFORE_A_RESTART: dict[str, Callable[[Story], object]] = {
    "log-out": lambda story: story.log_out("U1", at=99),
    "send": lambda story: story.send(1, at=99),
    "renumbering": lambda story: story.observe_user("U1", "299", at=99),
    "removal": lambda story: story.remove_extension(9, at=99),
    "another restart": lambda story: story.restart(at=99),
}


@pytest.mark.parametrize("what", BEFORE_A_RESTART)
def test_nothing_that_it_could_have_changed_is_recorded_before_a_restart(what: str) -> None:
    story = with_a_spare_phone(2)
    story.swap("U1", "U2", at=1)
    story.restart(at=100)

    with pytest.raises(r.OutOfOrder):
        BEFORE_A_RESTART[what](story)

    assert story.seats == {1: "U1", 2: "U2", 9: None}


def test_a_restart_is_not_before_anything_that_happened_anywhere() -> None:
    story = with_a_spare_phone(2)
    story.log_in("U1", 9, at=100)

    with pytest.raises(r.OutOfOrder):
        story.restart(at=99)

    assert story.seats[9] == "U1"


def test_a_restart_is_not_before_the_send_of_a_batch_that_waits_for_it() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2", at=1)
    story.send(number, "timed", at=100)

    with pytest.raises(r.OutOfOrder) as refused:
        story.restart(at=99)

    assert refused.value.details["what"] == f"batch B{number}"


def test_a_draft_may_be_older_than_a_restart() -> None:
    story = a_site(2)
    story.restart(at=100)

    number = story.swap("U1", "U2", at=50)
    story.send(number, at=101)

    assert story.bases == {1: "202", 2: "201"}


BEFORE_THE_BASELINE: dict[str, Callable[[Story], object]] = {
    "draft": lambda story: story.swap("U1", "U2", at=-1),
    "restart": lambda story: story.restart(at=-1),
    "import": lambda story: story.observe_user("U3", "203", at=-1),
    "log-in": lambda story: story.log_in("U1", 9, at=-1),
}


@pytest.mark.parametrize("what", BEFORE_THE_BASELINE)
def test_nothing_is_recorded_before_the_baseline(what: str) -> None:
    story = with_a_spare_phone(2)
    before = state_of(story.system)

    with pytest.raises(r.OutOfOrder):
        BEFORE_THE_BASELINE[what](story)

    assert state_of(story.system) == before


# --- consequences -------------------------------------------------------------------------------------------


def test_a_log_out_is_refused_when_the_phone_it_would_lead_home_to_has_later_facts() -> None:
    """U1's own phone was taken at 100: how it was at 50 nobody can say who looks at it now."""
    story = with_a_spare_phone(3)
    story.log_in("U1", 9, at=10)
    story.log_in("U3", 1, at=100)

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_out("U1", at=50)

    assert refused.value.details["what"] == "extension 1"


def test_a_log_out_is_refused_when_the_default_user_of_the_phone_has_later_facts() -> None:
    story = a_site(3, codes=("U1", "U2"), also=[extension(9, None)])
    story.log_in("U1", 2, at=10)
    story.log_in("U2", 9, at=100)

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_out("U1", at=50)

    assert refused.value.details["what"] == "user U2"


def test_a_log_in_is_refused_when_the_displaced_would_go_where_later_facts_are() -> None:
    story = a_site(3, also=[extension(9, None)])
    story.log_in("U1", 9, at=10)
    story.log_in("U3", 1, at=100)

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_in("U2", 9, at=50)

    assert refused.value.details["what"] == "extension 1"


def test_a_log_out_is_refused_when_a_second_home_was_given_only_later() -> None:
    """At 50 extension 1 was U1's one home; from 100 on there are two, and nobody is logged in by itself."""
    story = a_site(3, also=[extension(9, None)])
    story.log_in("U1", 9, at=10)
    story.send(story.draft({3: "201"}, at=20), with_conflicts=True, at=100)

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_out("U1", at=50)

    assert refused.value.details["what"] == "extension 3"


def test_a_phone_is_not_returned_when_its_default_user_was_given_a_second_home_only_later() -> None:
    story = a_site(3, forced=("U2",), codes=("U2",), also=[extension(9, None)])
    story.log_out("U2", at=10)
    story.flag("U2", forced_login=False)
    story.log_in("U1", 2, at=20)
    story.send(story.draft({9: "202"}, at=20), with_conflicts=True, at=100)

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_out("U1", at=50)

    assert refused.value.details["what"] == "extension 9"


def test_a_log_out_without_such_consequences_is_taken() -> None:
    story = a_site(3, also=[extension(9, None)])
    story.observe_user("Guest", "299", at=5)
    story.log_in("Guest", 9, at=10)
    story.log_in("U3", 1, at=100)

    story.log_out("Guest", at=50)

    assert story.events == [UserLoggedOut("Guest", "299", 9, "dialled")]


def test_a_late_fact_leaves_what_is_recorded_elsewhere_alone() -> None:
    story = a_site(3, also=[extension(9, None)])
    story.log_in("U3", 1, at=100)

    story.log_in("U2", 9, at=50)

    assert story.events == [UserLoggedOut("U2", "202", 2, "moved"), UserLoggedIn("U2", "202", 9, "dialled")]
    assert story.seats == {1: "U3", 2: None, 3: None, 9: "U2"}

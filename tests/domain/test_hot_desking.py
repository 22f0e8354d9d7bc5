"""Who ends up on which phone: tests for each of the rules H1 to H10, and for the events."""

from __future__ import annotations

import pytest

from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.events import (
    Event,
    LogInCause,
    LogOutCause,
    SystemRestarted,
    UserLoggedIn,
    UserLoggedOut,
)
from ipo_ledger.domain.hot_desking import home_of, may_log_out, seats_after_restart
from tests.domain.given import a_site, extension
from tests.domain.story import Story


def out(name: str, extension_id: int, cause: LogOutCause = "dialled") -> Event:
    return UserLoggedOut(name, name.replace("U", "20"), extension_id, cause)


def seated(name: str, extension_id: int, cause: LogInCause = "automatic") -> Event:
    return UserLoggedIn(name, name.replace("U", "20"), extension_id, cause)


def with_a_spare_phone(n: int, *, forced: tuple[str, ...] = (), codes: tuple[str, ...] = ()) -> Story:
    """Return a site with a phone, extension 9, that is nobody's."""
    return a_site(n, forced=forced, codes=codes, also=[extension(9, None)])


# --- H1: a phone is taken over ------------------------------------------------------------------------------


def test_h1_logging_in_at_a_phone_logs_out_whoever_is_on_it() -> None:
    story = with_a_spare_phone(2)
    story.log_in("U1", 9)

    story.log_in("U2", 9)

    assert story.seats == {1: "U1", 2: None, 9: "U2"}
    assert out("U1", 9, "displaced") in story.events


def test_h1_the_default_user_is_displaced_from_their_own_phone_too() -> None:
    story = a_site(2)

    story.log_in("U1", 2)

    assert story.seats == {1: None, 2: "U1"}
    assert story.off_the_air == {"U2"}


def test_h1_logging_in_where_one_is_already_is_refused() -> None:
    story = a_site(2)

    with pytest.raises(r.AlreadyThere) as refused:
        story.log_in("U1", 1)

    assert refused.value.details == {"user": "U1", "extension_id": 1}


# --- H2: at one phone at most -------------------------------------------------------------------------------


def test_h2_logging_in_elsewhere_leaves_the_old_phone() -> None:
    story = with_a_spare_phone(1)

    story.log_in("U1", 9)

    assert story.events == [out("U1", 1, "moved"), seated("U1", 9, "dialled")]
    assert story.seats == {1: None, 9: "U1"}


# --- H3: a person comes home --------------------------------------------------------------------------------


def test_h3_who_logs_out_away_from_home_is_logged_in_at_home() -> None:
    story = with_a_spare_phone(1)
    story.log_in("U1", 9)

    story.log_out("U1")

    assert story.events == [out("U1", 9), seated("U1", 1)]


def test_h3_who_is_displaced_away_from_home_is_logged_in_at_home() -> None:
    story = with_a_spare_phone(2)
    story.log_in("U1", 9)

    story.log_in("U2", 9)

    assert story.events == [
        out("U2", 2, "moved"),
        out("U1", 9, "displaced"),
        seated("U2", 9, "dialled"),
        seated("U1", 1),
    ]


def test_h3_nobody_comes_home_to_a_phone_that_is_taken() -> None:
    story = with_a_spare_phone(2)
    story.log_in("U1", 9)
    story.log_in("U2", 1)

    story.log_out("U1")

    assert story.events == [out("U1", 9)]
    assert story.seats == {1: "U2", 2: None, 9: None}


def test_h3_forced_login_users_do_not_come_home_by_themselves() -> None:
    story = with_a_spare_phone(1, forced=("U1",))
    story.log_in("U1", 9)

    story.log_out("U1")

    assert story.events == [out("U1", 9)]


def test_h3_who_has_no_home_stays_off_the_air() -> None:
    story = with_a_spare_phone(1)
    story.observe_user("U2", "202")
    story.log_in("U2", 9)

    story.log_out("U2")

    assert story.events == [out("U2", 9)]


def test_h3_nobody_else_who_is_off_the_air_comes_home_on_that_occasion() -> None:
    """U3's phone is free and U3 is off the air, but neither was left just now."""
    story = with_a_spare_phone(3, forced=("U3",))
    story.log_in("U3", 9)
    story.log_in("U1", 9)
    story.flag("U3", forced_login=False)

    story.log_out("U1")

    assert story.seats == {1: "U1", 2: "U2", 3: None, 9: None}


# --- H4: a phone goes back to its default user --------------------------------------------------------------


def test_h4_a_phone_that_is_left_goes_back_to_its_default_user() -> None:
    story = a_site(2, codes=("U1",))
    story.log_in("U1", 2)

    story.log_out("U1")

    assert story.events == [out("U1", 2), seated("U2", 2), seated("U1", 1)]


def test_h4_not_to_a_default_user_who_is_logged_in_elsewhere() -> None:
    story = with_a_spare_phone(2, codes=("U1",))
    story.log_in("U2", 9)
    story.log_in("U1", 2)

    story.log_out("U1")

    assert story.seats == {1: "U1", 2: None, 9: "U2"}


def test_h4_not_to_a_default_user_who_is_forced_login() -> None:
    story = a_site(2, forced=("U2",))
    story.log_in("U1", 2)

    story.log_out("U1")

    assert story.seats == {1: "U1", 2: None}


def test_h4_a_phone_whose_base_is_nobodys_shows_no_user() -> None:
    story = a_site(1, also=[extension(9, "299")])
    story.log_in("U1", 9)

    story.log_out("U1")

    assert story.seats == {1: "U1", 9: None}


def test_h4_applies_to_the_phone_that_a_login_elsewhere_leaves() -> None:
    story = with_a_spare_phone(2)
    story.log_in("U1", 2)

    story.log_in("U1", 9)

    assert story.events == [out("U1", 2, "moved"), seated("U1", 9, "dialled"), seated("U2", 2)]


# --- H5: off the air ----------------------------------------------------------------------------------------


def test_h5_a_user_with_nowhere_to_go_is_off_the_air() -> None:
    story = a_site(2)

    story.log_in("U2", 1)

    assert story.events == [out("U2", 2, "moved"), out("U1", 1, "displaced"), seated("U2", 1, "dialled")]
    assert story.off_the_air == {"U1"}


def test_h5_who_is_off_the_air_cannot_log_out() -> None:
    story = a_site(2)
    story.log_in("U2", 1)

    with pytest.raises(r.NotSeated) as refused:
        story.log_out("U1")

    assert refused.value.details == {"user": "U1"}


# --- H6: logging out at home --------------------------------------------------------------------------------


def test_h6_who_logs_out_at_home_is_logged_straight_back_in() -> None:
    story = a_site(1, codes=("U1",))

    story.log_out("U1")

    assert story.events == [out("U1", 1), seated("U1", 1)]


def test_h6_unless_they_are_forced_login() -> None:
    story = a_site(1, codes=("U1",), forced=("U1",))

    story.log_out("U1")

    assert story.events == [out("U1", 1)]
    assert story.off_the_air == {"U1"}


# --- H7: who may log out ------------------------------------------------------------------------------------


def test_h7_without_a_login_code_nobody_logs_out_of_their_own_base() -> None:
    story = a_site(2)

    with pytest.raises(r.LogOutForbidden) as refused:
        story.log_out("U2")

    assert refused.value.details == {"user": "U2", "number": "202", "extension_id": 2}
    assert "rule H7" in refused.value.message


def test_h7_with_a_login_code_one_does() -> None:
    story = a_site(1, codes=("U1",))

    story.log_out("U1")

    assert story.events[0] == out("U1", 1)


def test_h7_without_a_code_one_logs_out_where_the_base_is_another_number() -> None:
    story = a_site(2)
    story.send(story.swap("U1", "U2"))

    story.log_out("U1")

    assert story.events == [out("U1", 1)]


def test_h7_without_a_code_one_logs_out_where_the_base_is_blank() -> None:
    story = a_site(1)
    story.send(story.draft({1: None}))

    story.log_out("U1")

    assert story.events == [out("U1", 1)]


def test_h7_a_blank_base_is_no_match_for_a_user_without_a_number() -> None:
    """No number and no base are not the same number."""
    story = with_a_spare_phone(1)
    story.observe_user("Guest", None)
    story.log_in("Guest", 9)

    allowed = may_log_out(story.system, story.system.users["Guest"])

    assert allowed


def test_h7_a_renumbered_user_no_longer_matches_their_base() -> None:
    story = a_site(1)
    story.observe_user("U1", "299")

    story.log_out("U1")

    assert story.events == [UserLoggedOut("U1", "299", 1, "dialled")]
    assert story.off_the_air == {"U1"}


def test_h7_who_is_seated_nowhere_may_not_log_out() -> None:
    story = a_site(1, forced=("U1",), codes=("U1",))
    story.log_out("U1")

    allowed = may_log_out(story.system, story.system.users["U1"])

    assert not allowed


# --- H8, H9: the restart ------------------------------------------------------------------------------------


def test_h8_a_restart_logs_every_default_user_in() -> None:
    story = a_site(2)
    story.log_in("U1", 2)

    story.restart()

    assert story.events == [
        SystemRestarted(),
        out("U1", 2, "restart"),
        seated("U1", 1, "restart"),
        seated("U2", 2, "restart"),
    ]
    assert story.seats == {1: "U1", 2: "U2"}


def test_h8_forced_login_users_are_off_the_air_until_they_log_in() -> None:
    story = a_site(2, forced=("U2",))

    story.restart()

    assert story.events == [SystemRestarted(), out("U2", 2, "restart")]
    assert story.seats == {1: "U1", 2: None}


def test_h8_puts_waiting_batches_in_force_first() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")
    story.send(number, "when-free")

    story.restart()

    assert story.events == [
        SystemRestarted(in_force=(number,)),
        out("U1", 1, "restart"),
        out("U2", 2, "restart"),
        seated("U2", 1, "restart"),
        seated("U1", 2, "restart"),
    ]
    assert {fact.caused_by for fact in story.last[1:]} == {story.last[0].position}


def test_h8_only_people_whose_seat_really_changes_get_events() -> None:
    story = a_site(3)

    story.restart()

    assert story.events == [SystemRestarted()]


def test_h8_what_a_restart_would_do_is_told_without_recording_it() -> None:
    story = a_site(3, forced=("U3",))
    story.log_in("U1", 2)

    told = seats_after_restart(story.system)

    assert told == {"U1": 1, "U2": 2}
    assert story.seats == {1: None, 2: "U1", 3: "U3"}


def test_h9_a_restart_undoes_hot_desking() -> None:
    story = with_a_spare_phone(3)
    story.log_in("U1", 9)
    story.log_in("U3", 2)

    story.restart()

    assert story.seats == {1: "U1", 2: "U2", 3: "U3", 9: None}


def test_h9_who_has_no_base_is_off_the_air_after_a_restart() -> None:
    story = with_a_spare_phone(1)
    story.observe_user("U2", "202")
    story.log_in("U2", 9)

    story.restart()

    assert story.events == [SystemRestarted(), out("U2", 9, "restart")]


# --- H10: a phone that is nobody's --------------------------------------------------------------------------


def test_h10_a_vacant_phone_has_no_user() -> None:
    """What H10 says of calls is not recorded; that a phone shows NoUser is: it is vacant."""
    story = with_a_spare_phone(1)

    phone = story.system.extensions[9]

    assert phone.user is None
    assert story.system.default_user(9) is None


# --- who is the default of two extensions -------------------------------------------------------------------


def two_homes() -> Story:
    """Return a site where 201 is the base of extensions 1 and 2, as it was sent with conflicts."""
    story = a_site(2, codes=("U1", "U2"))
    story.send(story.draft({2: "201"}), with_conflicts=True)
    return story


def test_who_is_the_default_of_two_extensions_has_no_home() -> None:
    story = two_homes()

    home = home_of(story.system, story.system.users["U1"])

    assert home is None
    assert story.system.homes("201") == (1, 2)


def test_who_is_the_default_of_two_extensions_is_not_logged_in_when_they_log_out() -> None:
    story = two_homes()

    story.log_out("U1")

    assert story.events == [out("U1", 1)]


def test_who_is_the_default_of_two_extensions_is_not_logged_in_where_a_phone_is_left() -> None:
    story = two_homes()
    story.log_out("U1")

    story.log_out("U2")

    assert story.events == [out("U2", 2)]
    assert story.off_the_air == {"U1", "U2"}


def test_who_is_the_default_of_two_extensions_is_not_logged_in_at_a_restart() -> None:
    story = two_homes()

    story.restart()

    assert story.events == [SystemRestarted(), out("U1", 1, "restart"), out("U2", 2, "restart")]


def test_once_mended_they_are_logged_in_again() -> None:
    story = two_homes()
    story.log_out("U1", "U2")
    story.send(story.draft({2: "202"}))

    story.restart()

    assert story.seats == {1: "U1", 2: "U2"}


# --- the events: their order, their cause, their batch ------------------------------------------------------


def test_a_login_that_displaces_records_leave_displaced_seated_person_phone() -> None:
    """U1 (who sits at 3) takes U2's seat at 9: U2 goes home to 2 (H3), then 3 goes back to U3 (H4)."""
    story = with_a_spare_phone(3)
    story.log_in("U1", 3)
    story.log_in("U2", 9)

    story.log_in("U1", 9)

    assert story.events == [
        out("U1", 3, "moved"),
        out("U2", 9, "displaced"),
        seated("U1", 9, "dialled"),
        seated("U2", 2),
        seated("U3", 3),
    ]


def test_each_consequence_of_a_login_names_its_cause() -> None:
    story = with_a_spare_phone(3)
    story.log_in("U1", 3)
    story.log_in("U2", 9)

    story.log_in("U1", 9)

    left, displaced, sat, person, phone = story.last
    assert left.caused_by is None
    assert (displaced.caused_by, sat.caused_by) == (left.position, left.position)
    assert (person.caused_by, phone.caused_by) == (sat.position, sat.position)


def test_a_login_from_nowhere_that_displaces_begins_with_who_is_displaced() -> None:
    story = with_a_spare_phone(2, forced=("U1",), codes=("U1",))
    story.log_out("U1")
    story.log_in("U2", 9)

    story.log_in("U1", 9)

    displaced, sat, person = story.last
    assert [f.event for f in story.last] == [
        out("U2", 9, "displaced"),
        seated("U1", 9, "dialled"),
        seated("U2", 2),
    ]
    assert (displaced.caused_by, sat.caused_by, person.caused_by) == (None, displaced.position, sat.position)


def test_a_login_at_a_vacant_phone_from_nowhere_is_one_event_without_a_cause() -> None:
    story = with_a_spare_phone(2)
    story.log_in("U1", 2)

    story.log_in("U2", 9)

    assert [(f.event, f.caused_by) for f in story.last] == [(seated("U2", 9, "dialled"), None)]


def test_the_phone_comes_before_the_person_on_a_log_out() -> None:
    """C11: both orders end alike; here it is H4, then H3."""
    story = a_site(2)
    story.log_in("U1", 2)

    story.log_out("U1")

    dialled, phone, person = story.last
    assert [f.event for f in story.last] == [out("U1", 2), seated("U2", 2), seated("U1", 1)]
    assert (dialled.caused_by, phone.caused_by, person.caused_by) == (
        None,
        dialled.position,
        dialled.position,
    )


def test_moves_belong_to_the_batch_that_changed_the_extension() -> None:
    story = a_site(4)
    number = story.swap("U1", "U2")
    story.send(number)

    story.log_out("U1", "U2")

    assert [(f.event, f.batch) for f in story.last] == [
        (out("U2", 2), number),
        (seated("U1", 2), number),
        (seated("U2", 1), number),
    ]


def test_moves_at_extensions_that_no_open_batch_changed_belong_to_none() -> None:
    story = with_a_spare_phone(3)
    story.send(story.swap("U1", "U2"))

    story.log_in("U3", 9)

    assert [f.batch for f in story.last] == [None, None]


def test_moves_after_a_batch_settled_belong_to_none() -> None:
    story = a_site(2, codes=("U1", "U2"))
    story.finish(story.swap("U1", "U2"))

    story.log_out("U1")

    assert [f.batch for f in story.last] == [None, None]


def test_a_consequence_elsewhere_belongs_to_the_batch_of_its_cause() -> None:
    """U1 sits at 3 for the day; the batch changes 3; when U1 logs out there, home is extension 1."""
    story = a_site(3)
    story.log_in("U1", 3)
    number = story.draft({3: "299"})
    story.send(number)

    story.log_out("U1")

    assert [(f.event, f.batch) for f in story.last] == [(out("U1", 3), number), (seated("U1", 1), number)]


def test_an_extension_changed_by_two_open_batches_belongs_to_the_one_in_force_last() -> None:
    """The older draft, stale for a while, is sent after an import saw other bases come and go."""
    story = a_site(3)
    story.log_in("U2", 1)
    older = story.draft({1: "299"})
    story.observe_bases({1: "298"})
    story.observe_bases({1: "201"})
    story.send(older)

    story.log_out("U2")

    assert story.last[0].batch == older


def test_the_facts_of_one_command_share_its_time_actor_and_reason() -> None:
    story = a_site(2)
    story.log_in("U1", 2)

    story.log_out("U1")

    assert {(f.occurred_at, f.actor, f.reason, f.command_id) for f in story.last} == {
        (story.last[0].occurred_at, "ana", "why not", f"c{story.last[0].position}")
    }
    assert [f.position for f in story.last] == list(range(story.last[0].position, story.last[0].position + 3))


def test_a_person_who_is_removed_leaves_their_phone_to_its_default_user() -> None:
    story = a_site(2)
    story.log_in("U1", 2)

    story.remove_user("U1")

    assert story.seats == {1: None, 2: "U2"}
    assert story.events[0] == out("U1", 2, "removed")


def test_a_person_whose_phone_is_removed_goes_home() -> None:
    story = with_a_spare_phone(1)
    story.log_in("U1", 9)

    story.remove_extension(9)

    assert story.seats == {1: "U1"}

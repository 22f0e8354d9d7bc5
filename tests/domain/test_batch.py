"""The life of a batch: drafted, sent, settled or abandoned, and everything that is refused on the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.batch import Move, checked_base, cycles, release_numbers, takes_only_reboot
from ipo_ledger.domain.events import (
    BaseExtensionChanged,
    BatchAbandoned,
    BatchOpened,
    ConfigurationSent,
    SystemChanged,
    SystemRestarted,
    UserLoggedIn,
    UserLoggedOut,
)
from ipo_ledger.domain.records import Change, Mode, Settings
from tests.domain.given import a_site, a_system, extension, rotation, state_of

# --- drafting -----------------------------------------------------------------------------------------------


def test_a_swap_opens_a_batch_and_changes_two_bases() -> None:
    story = a_site(2)

    number = story.swap("U1", "U2")

    assert story.events == [
        BatchOpened(1, "U1 and U2"),
        BaseExtensionChanged(1, 1, "201", "202"),
        BaseExtensionChanged(1, 2, "202", "201"),
    ]
    assert {f.batch for f in story.last} == {number}
    assert story.status(number) == "draft"


def test_a_draft_changes_neither_bases_nor_seats() -> None:
    story = a_site(2)

    story.swap("U1", "U2")

    assert story.bases == {1: "201", 2: "202"}
    assert story.seats == {1: "U1", 2: "U2"}


def test_batches_are_numbered_within_their_system() -> None:
    story = a_site(4)

    numbers = [story.swap("U1", "U2"), story.swap("U3", "U4")]

    assert numbers == [1, 2]
    assert story.past.seen[2].name == "B2"


def test_a_batch_remembers_who_opened_it_when_and_why() -> None:
    story = a_site(2)

    number = story.swap("U1", "U2")

    opened = story.past.seen[number]
    assert (opened.actor, opened.reason) == ("ana", "why not")
    assert (opened.opened_position, opened.opened_at) == (story.last[0].position, story.last[0].occurred_at)


def test_rows_that_change_nothing_are_left_out_and_said() -> None:
    story = a_site(3)

    drafted = story.drafted({1: "202", 2: "202", 3: "209"})

    assert drafted.unchanged == (2,)
    assert story.changes(drafted.number) == {1: ("201", "202"), 3: ("203", "209")}


def test_a_batch_with_nothing_left_is_refused() -> None:
    story = a_site(2)

    with pytest.raises(r.NothingToChange) as refused:
        story.draft({1: "201", 2: "202"})

    assert "extension 1 has 201 already, extension 2 has 202 already" in refused.value.message


def test_an_empty_list_is_refused() -> None:
    story = a_site(1)

    with pytest.raises(r.NothingToChange) as refused:
        story.draft({})

    assert "the list is empty" in refused.value.message


def test_a_long_list_of_nothing_is_told_in_short() -> None:
    story = a_site(7)

    with pytest.raises(r.NothingToChange) as refused:
        story.draft(story.bases)

    assert "and 2 more likewise" in refused.value.message


def test_a_change_into_a_draft_is_added_to_it() -> None:
    story = a_site(3)
    number = story.draft({1: "202"})

    story.draft({2: "203"}, into=number)

    assert story.events == [BaseExtensionChanged(number, 2, "202", "203")]
    assert story.changes(number) == {1: ("201", "202"), 2: ("202", "203")}


def test_an_extension_changed_twice_in_a_draft_is_one_net_change() -> None:
    story = a_site(3)
    number = story.draft({1: "202"})

    story.draft({1: "203"}, into=number)

    assert story.events == [BaseExtensionChanged(number, 1, "202", "203")]
    assert story.changes(number) == {1: ("201", "203")}


def test_a_command_leaves_the_system_it_began_with_alone() -> None:
    """A command that comes to nothing is dropped with its copy; the draft it changed is what it was."""
    story = a_site(3)
    number = story.draft({1: "202"})
    was, before = story.system, state_of(story.system)

    story.draft({2: "203"}, into=number)
    story.draft({3: "201"}, into=number)

    assert state_of(was) == before
    assert story.changes(number).keys() == {1, 2, 3}


def test_an_extension_changed_and_changed_back_in_a_draft_is_no_change() -> None:
    story = a_site(3)
    number = story.draft({1: "202", 3: "209"})

    story.draft({1: "201"}, into=number)

    assert story.changes(number) == {3: ("203", "209")}


def test_a_change_that_the_draft_says_already_is_nothing() -> None:
    story = a_site(2)
    number = story.draft({1: "202"})

    with pytest.raises(r.NothingToChange):
        story.draft({1: "202"}, into=number)

    assert story.changes(number) == {1: ("201", "202")}


def test_two_rows_for_one_extension_follow_each_other() -> None:
    story = a_site(2)

    number = story.draft([Move(1, "202"), Move(1, "203")])

    assert story.events[1:] == [
        BaseExtensionChanged(number, 1, "201", "202"),
        BaseExtensionChanged(number, 1, "202", "203"),
    ]
    assert story.changes(number) == {1: ("201", "203")}


def test_two_rows_for_one_extension_that_cancel_out_are_nothing() -> None:
    story = a_site(2)

    with pytest.raises(r.NothingToChange):
        story.draft([Move(1, "202"), Move(1, "201")])

    assert story.past.seen == {}


def test_blank_is_a_base_like_any_other() -> None:
    story = a_site(1, also=[extension(9, None)])

    number = story.draft({1: None, 9: "201"})

    assert story.changes(number) == {1: ("201", None), 9: (None, "201")}


def test_an_extension_held_by_a_draft_is_refused_naming_it() -> None:
    story = a_site(3)
    first = story.swap("U1", "U2")
    before = state_of(story.system)

    with pytest.raises(r.ExtensionHeld) as refused:
        story.swap("U2", "U3")

    assert refused.value.details["extension_id"] == 2
    assert refused.value.details["holder"] == f"B{first}"
    assert refused.value.details["status"] == "draft"
    assert state_of(story.system) == before


def test_an_extension_held_by_a_batch_that_waits_for_its_restart_is_refused() -> None:
    story = a_site(3)
    story.send(story.swap("U1", "U2"), "when-free")

    with pytest.raises(r.ExtensionHeld) as refused:
        story.draft({2: "209"})

    assert refused.value.details["status"] == "sent"


def test_an_extension_of_a_batch_in_force_is_free_though_people_have_not_moved() -> None:
    story = a_site(3)
    story.send(story.swap("U1", "U2"))

    number = story.draft({2: "203", 3: "201"})

    assert story.changes(number) == {2: ("201", "203"), 3: ("203", "201")}


def test_an_abandoned_draft_holds_nothing() -> None:
    story = a_site(2)
    first = story.swap("U1", "U2")

    story.abandon(first)
    second = story.swap("U1", "U2")

    assert story.status(first) == "abandoned"
    assert story.status(second) == "draft"


@pytest.mark.parametrize("verb", ["changed", "sent", "abandoned"])
@pytest.mark.parametrize("status", ["sent", "settled", "abandoned", "unknown"])
def test_only_drafts_are_changed_sent_or_abandoned(status: str, verb: str) -> None:
    story = a_site(3)
    number = story.swap("U1", "U2") if status != "unknown" else 7
    match status:
        case "sent":
            story.send(number)
        case "settled":
            story.finish(number)
        case "abandoned":
            story.abandon(number)
    steps: dict[str, Callable[[], object]] = {
        "changed": lambda: story.draft({3: "209"}, into=number),
        "sent": lambda: story.send(number),
        "abandoned": lambda: story.abandon(number),
    }

    with pytest.raises(r.NotADraft) as refused:
        steps[verb]()

    assert refused.value.details["verb"] == verb


# --- what a swap needs --------------------------------------------------------------------------------------


def test_nobody_swaps_with_themselves() -> None:
    story = a_site(2)

    with pytest.raises(r.SameUser):
        story.swap("U1", "U1")


def test_who_has_no_number_cannot_swap() -> None:
    story = a_site(1)
    story.observe_user("Guest", None)

    with pytest.raises(r.NoNumber):
        story.swap("U1", "Guest")


def test_who_has_no_base_extension_cannot_swap() -> None:
    story = a_site(1)
    story.observe_user("U2", "202")

    with pytest.raises(r.NoHome) as refused:
        story.swap("U1", "U2")

    assert refused.value.details["number"] == "202"


def test_who_has_two_base_extensions_cannot_swap() -> None:
    story = a_site(3)
    story.send(story.draft({3: "201"}), with_conflicts=True)

    with pytest.raises(r.TwoHomes) as refused:
        story.swap("U1", "U2")

    assert refused.value.details["extensions"] == "extension 1 and of extension 3"


# --- sending ------------------------------------------------------------------------------------------------


def test_a_draft_without_changes_is_not_sent() -> None:
    story = a_site(2)
    number = story.draft({1: "202"})
    story.draft({1: "201"}, into=number)

    with pytest.raises(r.EmptyDraft):
        story.send(number)

    assert story.status(number) == "draft"


def test_a_stale_draft_is_not_sent_and_the_refusal_names_the_event() -> None:
    story = a_site(2)
    number = story.draft({1: "209"})
    observed = story.observe_bases({1: "208"})
    in_the_way = next(f for f in story.last if isinstance(f.event, ConfigurationSent))

    with pytest.raises(r.StaleDraft) as refused:
        story.send(number)

    assert (
        f"expects 201 at extension 1, but B{observed.batch} put 208 there (event {in_the_way.position})"
        in refused.value.message
    )


def test_a_draft_is_stale_when_its_extension_is_gone() -> None:
    story = a_site(2)
    number = story.draft({1: "209"})
    story.remove_extension(1)

    with pytest.raises(r.StaleDraft) as refused:
        story.send(number)

    assert "extension 1 was removed" in refused.value.message


def test_a_draft_is_no_longer_stale_when_the_base_came_back() -> None:
    story = a_site(2)
    number = story.draft({1: "209"})
    story.observe_bases({1: "208"})
    story.observe_bases({1: "201"})

    story.send(number)

    assert story.bases[1] == "209"


def test_a_base_twice_is_refused() -> None:
    story = a_site(3)
    number = story.draft({1: "202"})

    with pytest.raises(r.BaseTwice) as refused:
        story.send(number)

    assert "202 would be the base of extension 1 and extension 2" in refused.value.message
    assert story.bases == {1: "201", 2: "202", 3: "203"}


def test_a_base_twice_is_recorded_when_that_is_what_really_was_sent() -> None:
    story = a_site(3)
    number = story.draft({1: "202"})

    story.send(number, with_conflicts=True)

    assert story.events == [ConfigurationSent(number, "merge", "conflicts", True, ("202",))]
    assert story.past.seen[number].sends[0].outcome == "conflicts"
    assert story.bases == {1: "202", 2: "202", 3: "203"}


def test_a_batch_that_mends_a_conflict_is_sent_clean() -> None:
    story = a_site(3)
    story.send(story.draft({1: "202"}), with_conflicts=True)

    number = story.draft({1: "201"})
    story.send(number, with_conflicts=True)

    assert story.events == [ConfigurationSent(number, "merge", "clean", True)]


def test_a_conflict_elsewhere_refuses_too_for_the_whole_configuration_is_sent() -> None:
    story = a_site(4)
    story.send(story.draft({1: "202"}), with_conflicts=True)
    number = story.swap("U3", "U4")

    with pytest.raises(r.BaseTwice) as refused:
        story.send(number)

    assert "202 would be the base of" in refused.value.message


def test_a_batch_that_waits_for_its_restart_counts_for_conflicts() -> None:
    story = a_site(3)
    story.send(story.draft({1: "209"}), "timed")
    number = story.draft({2: "209"})

    with pytest.raises(r.BaseTwice):
        story.send(number)

    assert story.conflicts(number) == {"209": (1, 2)}


def test_a_number_that_a_waiting_batch_gives_up_is_free() -> None:
    story = a_site(3)
    story.send(story.draft({1: "209"}), "timed")

    number = story.draft({2: "201"})
    story.send(number, "timed")

    assert story.past.seen[number].sends[0].outcome == "clean"


@pytest.mark.parametrize(("release", "by"), [("11.1", "reboot"), ("4.1", "reboot"), ("4.1", "merge")])
def test_a_merge_is_refused_on_a_reboot_system_and_before_4_2(release: str, by: str) -> None:
    story = a_site(2, release=release, by="reboot" if by == "reboot" else "merge")
    number = story.swap("U1", "U2")

    with pytest.raises(r.MergeRefused) as refused:
        story.send(number)

    assert ("always before release 4.2" in refused.value.message) == (release == "4.1")
    assert story.status(number) == "draft"


def test_a_setting_changed_counts_from_then_on() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")
    story.happens(SystemChanged("11.1", "Europe/Madrid", "reboot", "*36"))

    with pytest.raises(r.MergeRefused):
        story.send(number)

    assert story.system.settings == Settings("11.1", "Europe/Madrid", "reboot", "*36")


@pytest.mark.parametrize("mode", ["when-free", "timed"])
def test_when_free_and_timed_take_effect_at_the_restart(mode: Mode) -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")

    story.send(number, mode)
    sent = story.events
    waiting = story.past.seen[number]
    story.restart()

    assert sent == [ConfigurationSent(number, mode, "clean", False)]
    assert (waiting.status, waiting.in_force, waiting.waits_for_restart) == ("sent", False, True)
    assert story.events[0] == SystemRestarted(in_force=(number,))
    assert story.bases == {1: "202", 2: "201"}
    assert story.status(number) == "settled"


def test_a_batch_that_waits_for_its_restart_waits_for_nobody_yet() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")

    story.send(number, "timed")

    assert story.asked(number) == []
    assert story.bases == {1: "201", 2: "202"}


def test_a_restart_puts_waiting_batches_in_force_in_the_order_they_were_sent() -> None:
    story = a_site(4)
    first, second = story.swap("U1", "U2"), story.swap("U3", "U4")
    story.send(second, "timed")
    story.send(first, "when-free")

    story.restart()

    assert story.events[0] == SystemRestarted(in_force=(second, first))
    assert story.past.seen[second].order < story.past.seen[first].order


def test_immediate_restarts_at_once() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")

    story.send(number, "immediate")

    assert story.events == [
        ConfigurationSent(number, "immediate", "clean", True),
        SystemRestarted(),
        UserLoggedOut("U1", "201", 1, "restart"),
        UserLoggedOut("U2", "202", 2, "restart"),
        UserLoggedIn("U2", "202", 1, "restart"),
        UserLoggedIn("U1", "201", 2, "restart"),
    ]
    assert {f.batch for f in story.last} == {number}
    assert story.last[1].caused_by == story.last[0].position
    assert story.status(number) == "settled"


def test_immediate_puts_waiting_batches_in_force_too() -> None:
    story = a_site(4)
    waiting, number = story.swap("U1", "U2"), story.swap("U3", "U4")
    story.send(waiting, "timed")

    story.send(number, "immediate")

    assert story.events[1] == SystemRestarted(in_force=(waiting,))
    assert story.bases == {1: "202", 2: "201", 3: "204", 4: "203"}


def test_immediate_sends_forced_login_users_off_the_air() -> None:
    story = a_site(2, forced=("U1",))
    number = story.swap("U1", "U2")

    story.send(number, "immediate")

    assert story.seats == {1: "U2", 2: None}
    assert story.asked(number) == [(2, "log-in", "U1")]


# --- settling -----------------------------------------------------------------------------------------------


def test_settled_is_derived_and_dated_by_the_last_log_out() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")
    story.send(number)

    story.log_out("U1", "U2")

    assert story.status(number) == "settled"
    assert story.past.seen[number].settled_at == story.last[-1].occurred_at


def test_a_batch_settles_at_its_send_when_everybody_sits_there_already() -> None:
    story = a_site(2, codes=("U1", "U2"))
    story.log_in("U1", 2)
    story.log_in("U2", 1)
    number = story.swap("U1", "U2")

    story.send(number)

    assert story.status(number) == "settled"


def test_settled_stays_whatever_people_do_later() -> None:
    story = a_site(3)
    number = story.swap("U1", "U2")
    story.finish(number)
    settled_at = story.past.seen[number].settled_at

    story.log_in("U3", 1)

    assert story.status(number) == "settled"
    assert story.past.seen[number].settled_at == settled_at


def test_an_extension_without_a_default_user_is_at_rest_when_vacant() -> None:
    story = a_site(1)
    number = story.draft({1: "299"})
    story.send(number)
    before = story.status(number)

    story.log_out("U1")

    assert (before, story.status(number)) == ("sent", "settled")


def test_a_seat_that_only_changes_hands_does_not_settle_a_batch() -> None:
    """Between the user displaced and the one seated, the phone is vacant for no time at all."""
    story = a_site(2)
    number = story.draft({1: "299"})
    story.send(number)

    story.log_in("U2", 1)

    assert story.status(number) == "sent"
    assert story.asked(number) == [(1, "log-out", "U2")]


def test_a_batch_unsettled_elsewhere_waits_again_for_who_came_back() -> None:
    story = a_site(3)
    number = story.draft(rotation([1, 2, 3]))
    story.send(number)
    story.log_out("U1", "U2", "U3")
    back = story.draft({1: "201", 2: "202", 3: "203"})
    story.send(back)

    story.log_out("U2")

    assert story.status(number) == "settled"
    assert story.status(back) == "sent"
    assert story.asked(back) == [(1, "log-in", "U1"), (2, "log-out", "U3"), (3, "log-out", "U1")]


def test_two_batches_in_force_at_one_extension_settle_together() -> None:
    story = a_site(3)
    first = story.swap("U1", "U2")
    story.send(first)
    second = story.draft({2: "203", 3: "201"})
    story.send(second)

    story.log_out("U1", "U2", "U3")

    assert story.seats == {1: "U2", 2: "U3", 3: "U1"}
    assert (story.status(first), story.status(second)) == ("settled", "settled")


def test_a_removed_extension_is_waited_for_no_more() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")
    story.send(number)

    story.remove_extension(1)
    asked = story.asked(number)
    story.remove_extension(2)

    assert asked == [(2, "log-out", "U2")]
    assert story.status(number) == "settled"


def test_a_removed_extension_that_comes_back_is_waited_for_again() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")
    story.send(number)
    story.remove_extension(1)

    story.observe_extension(1, "202")

    assert story.asked(number) == [(1, "log-in", "U2"), (2, "log-out", "U2")]


def test_a_renumbering_can_be_what_a_batch_waited_for() -> None:
    story = a_site(1)
    number = story.draft({1: "299"})
    story.send(number)

    story.observe_user("U1", "299")

    assert story.status(number) == "settled"


# --- finish: for work already done --------------------------------------------------------------------------


def test_finish_records_the_send_and_every_log_out_in_one_command() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")

    story.finish(number)

    assert story.events == [
        ConfigurationSent(number, "merge", "clean", True),
        UserLoggedOut("U1", "201", 1, "dialled"),
        UserLoggedOut("U2", "202", 2, "dialled"),
        UserLoggedIn("U1", "201", 2, "automatic"),
        UserLoggedIn("U2", "202", 1, "automatic"),
    ]
    assert len({f.command_id for f in story.last}) == 1
    assert story.status(number) == "settled"


def test_finish_seats_a_cycle_of_five() -> None:
    story = a_site(5)
    number = story.draft(rotation([1, 2, 3, 4, 5]))

    story.finish(number)

    assert story.seats == {1: "U2", 2: "U3", 3: "U4", 4: "U5", 5: "U1"}
    assert story.status(number) == "settled"


def test_finish_leaves_forced_login_users_to_log_in_by_hand() -> None:
    story = a_site(3, forced=("U2",))
    number = story.draft(rotation([1, 2, 3]))

    story.finish(number)

    assert story.seats == {1: None, 2: "U3", 3: "U1"}
    assert story.asked(number) == [(1, "log-in", "U2")]
    assert story.waiting(number)[0].by_hand


@pytest.mark.parametrize("release", ["4.1", "11.1"])
def test_finish_restarts_a_reboot_system(release: str) -> None:
    story = a_site(2, by="reboot", release=release)
    number = story.swap("U1", "U2")

    story.finish(number)

    assert story.events[:2] == [ConfigurationSent(number, "immediate", "clean", True), SystemRestarted()]
    assert story.seats == {1: "U2", 2: "U1"}
    assert story.status(number) == "settled"


def test_finish_restarts_before_4_2_whatever_the_setting_says() -> None:
    story = a_site(2, by="merge", release="4.1")
    number = story.swap("U1", "U2")

    story.finish(number)

    assert story.seats == {1: "U2", 2: "U1"}


def test_finish_logs_out_a_guest_who_sits_at_a_changed_phone() -> None:
    story = a_site(3)
    story.log_in("U3", 1)
    number = story.swap("U1", "U2")

    story.finish(number)

    assert UserLoggedOut("U3", "203", 1, "dialled") in story.events
    assert story.seats == {1: "U2", 2: "U1", 3: "U3"}
    assert story.status(number) == "settled"


def test_finish_does_not_hide_a_conflict() -> None:
    story = a_site(2)
    number = story.draft({1: "202"})

    with pytest.raises(r.BaseTwice):
        story.finish(number)

    assert story.status(number) == "draft"


# --- abandoning ---------------------------------------------------------------------------------------------


def test_an_abandoned_draft_never_took_effect() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")

    story.abandon(number)

    assert story.events == [BatchAbandoned(number)]
    assert story.bases == {1: "201", 2: "202"}
    assert number not in story.system.copy().open


# --- small things -------------------------------------------------------------------------------------------


def test_cycles_are_the_connected_components_of_the_numbers() -> None:
    changes = [
        Change(1, "201", "202"),
        Change(2, "202", "201"),
        Change(3, "203", "204"),
        Change(4, "204", "205"),
        Change(5, "205", "203"),
        Change(6, "206", None),
    ]

    found = [[c.extension_id for c in cycle] for cycle in cycles(changes)]

    assert found == [[1, 2], [3, 4, 5], [6]]


def test_a_change_that_joins_two_components_makes_them_one() -> None:
    changes = [
        Change(1, "201", "202"),
        Change(2, "203", "204"),
        Change(3, "202", "203"),
        Change(4, "204", "209"),
    ]

    found = [sorted(c.extension_id for c in cycle) for cycle in cycles(changes)]

    assert found == [[1, 2, 3, 4]]


def test_blank_joins_nothing() -> None:
    changes = [Change(1, "201", None), Change(2, None, "202")]

    found = [[c.extension_id for c in cycle] for cycle in cycles(changes)]

    assert found == [[1], [2]]


@pytest.mark.parametrize(("text", "base"), [("20", "20"), ("0201", "0201"), ("1" * 15, "1" * 15)])
def test_a_base_of_2_to_15_digits_is_taken_as_it_is(text: str, base: str) -> None:
    checked = checked_base(text)

    assert checked == base


@pytest.mark.parametrize("text", [None, "", "-"])
def test_blank_is_written_as_nothing_or_a_dash(text: str | None) -> None:
    checked = checked_base(text)

    assert checked is None


@pytest.mark.parametrize("text", ["2", "1" * 16, "20a", " 201", "201\n", "٢٠١", "-1", "--", "20.1"])
def test_anything_else_is_no_base(text: str) -> None:
    with pytest.raises(r.BadBase) as refused:
        checked_base(text)

    assert refused.value.details == {"asked": text}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("4.2", (4, 2)),
        ("8.1(69)", (8, 1, 69)),
        ("11.1.2.1.0", (11, 1, 2, 1, 0)),
        ("R9", (9,)),
        (" 12.0 ", (12, 0)),
    ],
)
def test_releases_are_read_by_their_numbers(text: str, numbers: tuple[int, ...]) -> None:
    read = release_numbers(text)

    assert read == numbers


@pytest.mark.parametrize("text", ["", "latest", "11.x", "4,2", "-1", "1.", "٤.٢"])
def test_what_is_no_release_is_refused(text: str) -> None:
    with pytest.raises(r.BadSetting) as refused:
        release_numbers(text)

    assert refused.value.details["asked"] == text


@pytest.mark.parametrize(
    ("text", "only"), [("3.2", True), ("4.1.9", True), ("4.2", False), ("4.10", False), ("11.1", False)]
)
def test_releases_are_compared_by_numbers_not_as_text(text: str, only: bool) -> None:
    told = takes_only_reboot(text)

    assert told == only


def test_a_system_nothing_is_known_of_has_nothing_open() -> None:
    story = a_system()

    assert (story.system.open, story.system.extensions, story.system.baseline) == ({}, {}, None)


def test_a_removed_extension_is_no_conflict() -> None:
    """Neither where a draft gives it a number, nor where a batch that waits for its restart does."""
    story = a_site(2, also=[extension(9, None)])
    number = story.draft({9: "201"})
    assert story.conflicts(number) == {"201": (1, 9)}
    story.remove_extension(9)

    assert story.conflicts(number) == {}


def test_a_removed_extension_is_no_conflict_of_what_waits() -> None:
    story = a_site(2, also=[extension(9, None)])
    story.send(story.draft({9: "260"}), "timed")
    number = story.draft({2: "260"})
    assert story.conflicts(number) == {"260": (2, 9)}
    story.remove_extension(9)

    assert story.conflicts(number) == {}


def test_what_an_import_saw_counts_before_what_waits_for_its_restart() -> None:
    story = a_site(2)
    story.send(story.draft({1: "260"}), "timed")

    story.observe_bases({1: "261", 2: "260"})

    assert [x.conflicts for x in story.events if isinstance(x, ConfigurationSent)] == [()]

"""Taking back what is wrong: it never happened, or otherwise; and what it is refused for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ipo_ledger.domain import events as e
from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.batch import Move
from ipo_ledger.domain.records import Mode
from ipo_ledger.domain.rests import RestedOn
from ipo_ledger.domain.site import Site
from ipo_ledger.errors import LedgerError
from tests.domain import ledgers
from tests.domain.given import a_site, extension, state_of, user
from tests.domain.steps import tell_done
from tests.domain.story import Story, moment


def with_a_guest(n: int = 3) -> Story:
    """Everybody has a login code; Nomad (260) has no desk, and extension 9 is nobody's."""
    names = [f"U{i}" for i in range(1, n + 1)]
    nomad = user("Nomad", "260", login_code=True)
    return a_site(n, codes=names, also=[extension(9, None)], and_users=[nomad])


def swapped() -> Story:
    """U1 and U2 traded desks, and the batch is settled."""
    story = with_a_guest()
    story.send(story.swap("U1", "U2"))
    story.log_out("U1", "U2")
    return story


def last(story: Story) -> int:
    """Return the position of what the last command recorded first."""
    return story.last[0].position


def everything(story: Story) -> tuple[object, ...]:
    """Return what a correction may change."""
    return (story.seats, story.bases, story.off_the_air, {n: story.status(n) for n in story.past.seen}, story.pending())


def holds(story: Story) -> None:
    """See that facts, indices and points still say the same."""
    ledgers.the_fold_agrees(story)
    ledgers.the_trail_leads_here(story)
    ledgers.indices_are_right(story.system)
    ledgers.open_batches_are_right(story)
    ledgers.everybody_is_at_one_phone_at_most(story.system)


# --- it never happened --------------------------------------------------------------------------------------


def test_a_log_out_that_never_happened_takes_back_whom_it_brought_in() -> None:
    """U1 sat at U2's phone; dialling out there brought U2 in again (H4), and U1 home (H3)."""
    story = with_a_guest()
    story.log_in("U1", 2)
    before = everything(story)
    story.log_out("U1")

    story.correct(last(story), never=True)

    assert everything(story) == before
    assert story.seats == {1: None, 2: "U1", 3: "U3", 9: None}
    holds(story)


@pytest.mark.parametrize("named", [0, 2])
def test_a_log_in_that_never_happened_gives_the_phone_back_to_whom_it_displaced(named: int) -> None:
    """It is named by leaving, or by the log-in itself: both are the one thing somebody did."""
    story = with_a_guest()
    before = everything(story)
    story.log_in("U1", 2)

    story.correct(story.last[named].position, never=True)

    assert everything(story) == before
    assert [type(event) for event in story.events] == [e.Corrected]
    holds(story)


@pytest.mark.parametrize("mode", ["merge", "immediate", "when-free", "timed"])
def test_a_send_that_never_happened_leaves_the_draft(mode: Mode) -> None:
    story = with_a_guest()
    story.log_in("Nomad", 3)
    number = story.swap("U1", "U2")
    before = everything(story)
    story.send(number, mode)

    story.correct(last(story), never=True)

    assert everything(story) == before
    assert story.status(number) == "draft"
    story.send(number)
    assert story.bases[1] == "202"
    holds(story)


def test_a_restart_that_never_happened_leaves_its_batches_waiting_and_everybody_where_they_were() -> None:
    story = with_a_guest()
    story.log_in("Nomad", 3)
    number = story.swap("U1", "U2")
    story.send(number, "timed")
    before = everything(story)
    story.restart()

    story.correct(last(story), never=True)

    assert everything(story) == before
    assert story.system.open[number].waits_for_restart
    assert story.system.floor is None
    holds(story)


def test_an_earlier_restart_is_the_last_one_again() -> None:
    story = with_a_guest()
    story.restart(at=50)
    floor = story.system.floor
    story.restart(at=60)

    story.correct(last(story), never=True)

    assert story.system.floor == floor


def test_the_restart_of_a_send_is_corrected_with_the_send_only() -> None:
    story = with_a_guest()
    story.send(story.swap("U1", "U2"), "immediate")

    with pytest.raises(r.OnlyAConsequence) as refused:
        story.correct(story.last[1].position, never=True)

    assert refused.value.details["root"] == last(story)


def test_an_abandonment_that_never_happened_leaves_the_draft() -> None:
    story = with_a_guest()
    number = story.swap("U1", "U2")
    before = everything(story)
    story.abandon(number)

    story.correct(last(story), never=True)

    assert everything(story) == before
    story.send(number)
    holds(story)


def test_a_renumber_that_never_happened_gives_the_number_back() -> None:
    story = with_a_guest()
    story.observe_user("U1", "299")

    story.correct(last(story), never=True)

    assert story.system.users["U1"].number == "201"
    assert story.system.user_with("299") is None
    holds(story)


@pytest.mark.parametrize("named", [0, 1])
def test_two_people_who_traded_numbers_in_one_import_trade_them_back_together(named: int) -> None:
    story = with_a_guest()
    story.observe(Site(extensions=None, users=(user("U1", "202"), user("U2", "201"), user("U3", "299"))))
    position = [f.position for f in story.last if f.name == "UserRenumbered"][named]

    story.correct(position, never=True)

    numbers = {u.name: u.number for u in story.system.users.values()}
    assert numbers == {"U1": "201", "U2": "202", "U3": "299", "Nomad": "260"}
    holds(story)


def test_a_number_does_not_come_back_that_the_same_import_gave_to_a_new_user() -> None:
    story = with_a_guest()
    story.observe(Site(extensions=None, users=(user("U1", "299"), user("Anew", "201"))))
    renumbered = next(f.position for f in story.last if f.name == "UserRenumbered")
    added = next(f.position for f in story.last if f.name == "UserAdded")

    with pytest.raises(RestedOn) as refused:
        story.correct(renumbered, never=True)

    assert added in refused.value.positions


def test_a_batch_recorded_as_finished_that_never_was_is_given_up_with_all_its_log_outs() -> None:
    story = with_a_guest()
    before = (story.seats, story.bases)
    tell_done(story, [Move(1, "202"), Move(2, "201")], story.minute + 1)

    story.correct_batch(1, never=True)

    assert (story.seats, story.bases) == before
    assert story.status(1) == "abandoned"
    assert [type(event) for event in story.events] == [e.Corrected, e.BatchAbandoned]
    holds(story)


def test_one_log_out_of_a_batch_recorded_as_finished_is_corrected_by_itself() -> None:
    story = with_a_guest()
    tell_done(story, [Move(1, "202"), Move(2, "201")], story.minute + 1)
    dialled = [f.position for f in story.last if isinstance(f.event, e.UserLoggedOut)]

    story.correct(dialled[-1], never=True)

    assert story.seats == {1: None, 2: "U2", 3: "U3", 9: None}
    assert story.asked(1) == [(1, "log-in", "U2"), (2, "log-out", "U2")]
    holds(story)


def test_a_settled_batch_waits_again_for_the_log_out_that_never_happened() -> None:
    story = swapped()
    assert story.status(1) == "settled"

    story.correct(last(story), never=True)

    assert story.status(1) == "sent"
    assert story.asked(1) == [(1, "log-in", "U2"), (2, "log-out", "U2")]
    holds(story)


def test_a_batch_waits_again_whichever_of_its_log_outs_never_happened() -> None:
    """What settled it was recorded later, at other desks; it came to rest on this one too."""
    story = with_a_guest(4)
    story.send(story.draft({1: "202", 2: "201", 3: "204", 4: "203"}))
    story.log_out("U3", "U4")
    of_the_first_pair = last(story)
    story.log_out("U1", "U2")
    assert story.status(1) == "settled"

    story.correct(of_the_first_pair, never=True)

    assert story.status(1) == "sent"
    assert [who for _, _, who in story.asked(1)] == ["U4", "U4"]
    holds(story)


def test_a_batch_comes_to_rest_when_who_was_in_its_way_never_was_there() -> None:
    story = with_a_guest()
    story.log_in("Nomad", 9, at=10)
    sat_down = last(story)
    number = story.draft({9: "299"}, at=11)
    story.send(number, at=12)
    assert story.asked(number) == [(9, "log-out", "Nomad")]

    story.correct(sat_down, never=True)

    assert story.status(number) == "settled"
    assert story.past.seen[number].settled_at == moment(12)
    holds(story)


def test_a_correction_says_what_it_took_and_what_stands() -> None:
    story = with_a_guest()
    story.log_in("U1", 9)
    taken = [f.position for f in story.last]
    story.correct(taken[1], never=True)
    (event,) = story.events

    assert isinstance(event, e.Corrected)
    assert (event.target, event.type, event.how, event.took) == (taken[1], "UserLoggedIn", "never", tuple(taken))
    assert (event.user, event.extension_id) == ("U1", 9)
    assert [(x.extension_id, x.user) for x in event.extensions] == [(1, "U1"), (9, None)]
    assert [(u.user, u.extension_id) for u in event.users] == [("U1", 1)]


def test_the_points_that_were_true_before_are_the_last_ones_again() -> None:
    story = with_a_guest()
    seats, places = list(story.seat_points), list(story.place_points)
    story.log_in("U1", 2)

    story.correct(last(story), never=True)

    assert (story.seat_points, story.place_points) == (seats, places)


# --- it happened otherwise ----------------------------------------------------------------------------------


def since(story: Story, extension_id: int) -> object:
    return story.system.extensions[extension_id].since


@pytest.mark.parametrize("really", [20, 40])
def test_a_log_out_happened_at_another_time(really: int) -> None:
    story = with_a_guest()
    story.log_in("U1", 2, at=10)
    story.log_out("U1", at=30)
    seats = story.seats

    story.minute = 60
    story.correct(last(story), at=really)

    assert story.seats == seats
    assert since(story, 1) == since(story, 2) == moment(really)
    assert story.last[0].occurred_at == moment(61), "the correction itself is made now"
    holds(story)


def test_a_log_in_happened_at_another_extension_at_the_same_time() -> None:
    story = with_a_guest()
    story.log_in("U1", 2, at=10)

    story.correct(story.last[2].position, extension_id=9)

    assert story.seats == {1: None, 2: "U2", 3: "U3", 9: "U1"}
    assert since(story, 9) == moment(10)
    holds(story)


def test_what_happened_instead_is_caused_by_the_correction() -> None:
    story = with_a_guest()
    story.log_in("U1", 2, at=10)

    corrected = story.correct(last(story), extension_id=9)

    assert [f.caused_by for f in story.last] == [None, corrected.position, corrected.position + 1]
    assert [type(event) for event in story.events] == [e.Corrected, e.UserLoggedOut, e.UserLoggedIn]


def test_what_follows_is_decided_anew_by_the_rules() -> None:
    """It was Nomad's phone that U1 took, and not U2's: U2 was never displaced, and Nomad was."""
    story = with_a_guest()
    story.log_in("Nomad", 9, at=5)
    story.log_in("U1", 2, at=10)

    story.correct(last(story), extension_id=9)

    assert story.seats == {1: None, 2: "U2", 3: "U3", 9: "U1"}
    assert story.off_the_air == {"Nomad"}


@pytest.mark.parametrize("mode", ["merge", "immediate", "when-free"])
def test_a_send_happened_at_another_time(mode: Mode) -> None:
    story = with_a_guest()
    number = story.swap("U1", "U2", at=10)
    story.send(number, mode, at=30)
    bases = story.bases

    story.correct(last(story), at=20)

    assert story.bases == bases
    assert story.past.seen[number].sends[-1].at == moment(20)
    assert len(story.past.seen[number].sends) == 1
    holds(story)


def test_a_finished_batch_happened_at_another_time_with_all_its_log_outs() -> None:
    """Its own send is no later change of its numbers: it is taken away."""
    story = with_a_guest()
    number = story.draft({1: "202", 2: "201"}, at=5)
    story.finish(number, at=60)
    seats = story.seats

    story.correct_batch(number, at=20)

    assert story.seats == seats == {1: "U2", 2: "U1", 3: "U3", 9: None}
    assert since(story, 1) == since(story, 2) == moment(20)
    assert story.past.seen[number].settled_at == moment(20)
    holds(story)


def test_a_restart_and_an_abandonment_happened_at_another_time() -> None:
    story = with_a_guest()
    number = story.swap("U1", "U2", at=5)
    story.abandon(number, at=30)
    story.correct(last(story), at=20)
    story.restart(at=40)
    story.correct(last(story), at=35)

    assert story.past.seen[number].last.at == moment(20)
    assert story.system.floor is not None
    assert story.system.floor.at == moment(35)
    holds(story)


def test_a_renumber_happened_at_another_time() -> None:
    story = with_a_guest()
    story.observe_user("U1", "299", at=30)

    story.correct(last(story), at=20)

    assert story.system.users["U1"].number == "299"
    assert story.number_points[-1].at == moment(20)
    holds(story)


def test_another_time_is_refused_where_the_same_would_be_refused_as_a_new_fact() -> None:
    story = with_a_guest()
    story.log_in("U1", 9, at=10)
    story.log_out("U1", at=30)
    dialled, before = last(story), state_of(story.system)

    with pytest.raises(r.OutOfOrder):
        story.correct(dialled, at=9)

    assert state_of(story.system) == before


def test_another_time_is_refused_where_its_consequences_cannot_be_known() -> None:
    """At 20 the home of U1 was extension 1; from 25 on it is extension 2."""
    story = with_a_guest()
    story.log_in("U1", 9, at=10)
    story.log_in("U2", 3, at=11)
    story.send(story.draft({1: "298", 2: "201"}, at=12), at=25)
    story.log_out("U1", at=30)
    dialled = last(story)

    with pytest.raises(r.OutOfOrder):
        story.correct(dialled, at=20)

    assert story.seats[2] == "U1"


# --- corrections of corrections -----------------------------------------------------------------------------


def dials_out(story: Story) -> None:
    story.log_in("U1", 2)
    story.log_out("U1")


def restarts(story: Story) -> None:
    story.send(story.swap("U1", "U2"), "timed")
    story.log_in("Nomad", 3)
    story.restart()


def settles_a_batch(story: Story) -> None:
    story.send(story.swap("U1", "U2"))
    story.log_out("U1", "U2")


TAKEN: dict[str, Callable[[Story], object]] = {
    "log-out": dials_out,
    "log-in": lambda story: story.log_in("U1", 2),
    "send": lambda story: story.send(story.swap("U1", "U2")),
    "immediate send": lambda story: story.send(story.swap("U1", "U2"), "immediate"),
    "waiting send": lambda story: story.send(story.swap("U1", "U2"), "timed"),
    "restart": restarts,
    "abandonment": lambda story: story.abandon(story.swap("U1", "U2")),
    "renumber": lambda story: story.observe_user("U1", "299"),
    "last log-out of a batch": settles_a_batch,
}


@pytest.mark.parametrize("what", TAKEN)
def test_a_correction_taken_back_leaves_what_was_before_to_any_depth(what: str) -> None:
    story = with_a_guest()
    TAKEN[what](story)
    with_it, marks = everything(story), {i: x.last.at for i, x in story.system.extensions.items()}
    story.correct(last(story), never=True)
    without = everything(story)

    for expected in (with_it, without, with_it):
        story.correct(last(story), never=True)
        assert everything(story) == expected
        holds(story)
    assert {i: x.last.at for i, x in story.system.extensions.items()} == marks


def test_what_stands_again_is_recorded_anew_at_its_own_time_with_its_causes() -> None:
    story = with_a_guest()
    story.log_in("U1", 2, at=10)
    first = list(story.last)
    story.minute = 50
    story.correct(last(story), never=True)

    corrected = story.correct(last(story), never=True)

    again = story.last[1:]
    assert isinstance(corrected.event, e.Corrected)
    assert corrected.event.how == "again"
    assert [(f.event, f.occurred_at) for f in again] == [(f.event, f.occurred_at) for f in first]
    assert [f.caused_by for f in again] == [corrected.position, again[0].position, again[0].position]


def test_a_correction_of_the_time_taken_back_leaves_the_first_time() -> None:
    story = with_a_guest()
    story.log_in("U1", 9, at=30)
    story.correct(last(story), at=20)

    story.correct(last(story), never=True)

    assert since(story, 9) == moment(30)
    holds(story)


def test_a_time_corrected_wrongly_is_corrected_once_more() -> None:
    story = with_a_guest()
    story.log_in("U1", 9, at=30)
    story.correct(last(story), at=20)

    story.correct(story.last[-1].position, at=25)

    assert since(story, 9) == moment(25)
    holds(story)


def test_a_correction_is_taken_back_though_what_it_said_instead_was_taken_away_before() -> None:
    story = with_a_guest()
    story.log_in("U1", 9, at=30)
    correction = story.correct(last(story), at=20)
    instead = story.last[1]
    by = story.correct(instead.position, never=True)

    taken_back = story.correct(correction.position, never=True)

    assert isinstance(taken_back.event, e.Corrected)
    assert taken_back.event.took == (correction.position,)
    assert since(story, 9) == moment(30)
    assert story.told.taken_away_by(instead.position) == by.position
    holds(story)


def test_a_finished_batch_never_was_though_one_of_its_log_outs_was_corrected_before() -> None:
    story = with_a_guest()
    seats = story.seats
    tell_done(story, [Move(1, "202"), Move(2, "201")], story.minute + 1)
    dialled = [f.position for f in story.last if isinstance(f.event, e.UserLoggedOut)]
    story.correct(dialled[-1], never=True)

    story.correct_batch(1, never=True)

    assert story.seats == seats
    assert story.status(1) == "abandoned"
    holds(story)


def test_a_restart_stands_again_among_facts_that_came_after_it() -> None:
    """At extension 3 and to Nomad nothing happened by it: what they did later does not rest on it."""
    story = with_a_guest()
    story.log_in("U1", 9, at=10)
    story.restart(at=20)
    restarted = last(story)
    story.correct(restarted, never=True)
    correction = last(story)
    story.log_in("Nomad", 3, at=40)

    story.correct(correction, never=True)

    assert story.seats == {1: "U1", 2: "U2", 3: "Nomad", 9: None}
    holds(story)


def test_a_restart_does_not_stand_again_after_facts_that_it_would_have_undone() -> None:
    story = with_a_guest()
    story.log_in("U1", 9, at=10)
    story.restart(at=20)
    story.correct(last(story), never=True)
    correction = last(story)
    story.log_in("Nomad", 3, at=15)
    sat_down = [f.position for f in story.last]

    with pytest.raises(RestedOn) as refused:
        story.correct(correction, never=True)

    assert refused.value.positions == sat_down[::-1]


def test_a_correction_is_not_taken_back_when_later_facts_rest_on_it() -> None:
    story = with_a_guest()
    story.log_in("U1", 9)
    story.correct(last(story), never=True)
    correction = last(story)
    story.log_in("U1", 3)

    with pytest.raises(RestedOn) as refused:
        story.correct(correction, never=True)

    assert min(refused.value.positions) > correction


# --- what a correction rests on that is taken back ----------------------------------------------------------


def a_send_corrected(story: Story, mode: Mode = "merge") -> tuple[int, int]:
    """Return a batch whose send never happened, and that correction."""
    number = story.swap("U1", "U2")
    story.send(number, mode)
    story.correct(last(story), never=True)
    return number, last(story)


def an_abandonment_corrected(story: Story) -> tuple[int, int]:
    """Return a batch that was never given up, and that correction."""
    number = story.swap("U1", "U2")
    story.abandon(number)
    story.correct(last(story), never=True)
    return number, last(story)


WENT_ON: dict[str, Callable[[Story, int], object]] = {
    "given up": lambda story, number: story.abandon(number),
    "sent": lambda story, number: story.send(number),
    "sent, to wait": lambda story, number: story.send(number, "timed"),
    "changed": lambda story, number: story.draft({9: "298"}, into=number),
    "seen in force by an import": lambda story, _: story.observe_bases({1: "202", 2: "201"}),
}


@pytest.mark.parametrize("then", ["given up", "sent", "sent, to wait", "changed", "seen in force by an import"])
@pytest.mark.parametrize("mode", ["merge", "timed", "immediate"])
def test_a_send_does_not_stand_again_once_its_batch_went_on(mode: Mode, then: str) -> None:
    story = with_a_guest()
    number, correction = a_send_corrected(story, mode)
    WENT_ON[then](story, number)
    before, done = state_of(story.system), story.last[-1].position

    with pytest.raises(RestedOn) as refused:
        story.correct(correction, never=True)

    assert done in refused.value.positions
    assert min(refused.value.positions) > correction
    assert state_of(story.system) == before


@pytest.mark.parametrize("then", ["given up", "sent", "sent, to wait", "changed"])
def test_an_abandonment_does_not_stand_again_once_its_batch_went_on(then: str) -> None:
    story = with_a_guest()
    number, correction = an_abandonment_corrected(story)
    WENT_ON[then](story, number)
    done = last(story)

    with pytest.raises(RestedOn) as refused:
        story.correct(correction, never=True)

    assert refused.value.positions == [done]


def test_a_batch_given_up_with_its_send_and_at_another_time_since_is_not_sent_again() -> None:
    story = with_a_guest()
    story.observe_bases({9: "299"})
    story.correct_batch(1, never=True)
    correction, given_up = story.last[0].position, story.last[1].position
    story.minute += 5
    story.correct(given_up, at=story.minute)
    at_another_time = story.last[1].position

    with pytest.raises(RestedOn) as refused:
        story.correct(correction, never=True)

    assert refused.value.positions == [at_another_time]


def test_once_what_became_of_the_batch_is_taken_back_its_send_stands_again() -> None:
    story = with_a_guest()
    number, correction = a_send_corrected(story)
    story.abandon(number)
    story.correct(last(story), never=True)

    story.correct(correction, never=True)

    assert story.status(number) == "sent"
    assert story.bases[1] == "202"
    holds(story)


def test_a_draft_that_says_again_what_was_sent_is_sent_again() -> None:
    story = with_a_guest()
    number, correction = a_send_corrected(story)
    story.draft({1: "298", 9: "298"}, into=number)
    story.draft({1: "202", 9: None}, into=number)

    story.correct(correction, never=True)

    assert story.bases == {1: "202", 2: "201", 3: "203", 9: None}
    holds(story)


def test_a_removal_says_nothing_of_a_send_that_waited() -> None:
    story = with_a_guest()
    number, correction = a_send_corrected(story, "timed")
    story.remove_extension(2)

    story.correct(correction, never=True)

    assert story.system.open[number].waits_for_restart
    holds(story)


def a_log_out_by_a_base(story: Story) -> tuple[int, int]:
    """U1 left extension 1 for 2 only because a batch had traded their bases."""
    story.send(story.swap("U1", "U2"))
    sent = last(story)
    story.log_out("U1")
    return sent, last(story)


def a_log_in_where_somebody_was(story: Story) -> tuple[int, int]:
    story.log_in("U1", 9)
    first = last(story)
    story.log_in("Nomad", 9)
    return first, last(story)


def a_renumber_of_a_number(story: Story) -> tuple[int, int]:
    story.observe_user("U1", "299")
    first = last(story)
    story.observe_user("U1", "298")
    return first, last(story)


def a_number_that_was_given_up(story: Story) -> tuple[int, int]:
    story.observe_user("U1", "299")
    first = last(story)
    story.observe_user("Nomad", "201")
    return first, last(story)


def a_log_in_by_whom_a_phone_does_not_go_back_to(story: Story) -> tuple[int, int]:
    """When U3 leaves 2, U2 comes in only because U2 had left 9 and is nowhere: H4 looks at who is not moved."""
    story.log_in("U2", 9)
    first = last(story)
    story.log_in("U3", 2)
    return first, last(story)


def a_restart_that_put_a_batch_in_force(story: Story) -> tuple[int, int]:
    story.send(story.swap("U1", "U2"), "timed")
    sent = last(story)
    story.restart()
    return sent, last(story)


def a_restart_that_moved_somebody(story: Story) -> tuple[int, int]:
    story.log_in("U1", 9)
    first = last(story)
    story.restart()
    return first, last(story)


def a_configuration_in_conflict_with_what_waited(story: Story) -> tuple[int, int]:
    story.send(story.draft({1: "260"}), "timed")
    first = last(story)
    story.send(story.draft({9: "260"}), "timed", with_conflicts=True)
    return first, last(story)


BENEATH = [
    a_log_out_by_a_base,
    a_log_in_where_somebody_was,
    a_renumber_of_a_number,
    a_number_that_was_given_up,
    a_log_in_by_whom_a_phone_does_not_go_back_to,
    a_restart_that_put_a_batch_in_force,
    a_restart_that_moved_somebody,
    a_configuration_in_conflict_with_what_waited,
]


@pytest.mark.parametrize("told", BENEATH)
def test_a_fact_does_not_stand_again_without_what_it_rested_on(told: Callable[[Story], tuple[int, int]]) -> None:
    story = with_a_guest()
    below, above = told(story)
    story.correct(above, never=True)
    correction = last(story)
    story.correct(below, never=True)
    beneath, before = last(story), state_of(story.system)

    with pytest.raises(RestedOn) as refused:
        story.correct(correction, never=True)

    assert refused.value.positions == [beneath]
    assert state_of(story.system) == before


@pytest.mark.parametrize("told", BENEATH)
def test_corrections_are_taken_back_newest_first(told: Callable[[Story], tuple[int, int]]) -> None:
    story = with_a_guest()
    below, above = told(story)
    with_it = everything(story)
    story.correct(above, never=True)
    correction = last(story)
    story.correct(below, never=True)

    story.correct(last(story), never=True)
    story.correct(correction, never=True)

    assert everything(story) == with_it
    holds(story)


def test_what_stands_again_is_not_taken_from_beneath_either() -> None:
    """It was taken away a second time, by the event with which it stood again."""
    story = with_a_guest()
    below, above = a_log_in_where_somebody_was(story)
    story.correct(above, never=True)
    correction = last(story)
    story.correct(below, never=True)
    story.correct(last(story), never=True)
    story.correct(story.last[1].position, never=True)
    beneath = last(story)

    with pytest.raises(RestedOn) as refused:
        story.correct(correction, never=True)

    assert refused.value.positions == [beneath]


def test_what_stands_again_stays_while_a_fact_that_stands_again_too_rests_on_it() -> None:
    story = with_a_guest()
    below, above = a_log_in_where_somebody_was(story)
    story.correct(above, never=True)
    correction = last(story)
    story.correct(below, never=True)
    story.correct(last(story), never=True)
    below_again = last(story)
    story.correct(correction, never=True)
    above_again = story.last[1].position

    with pytest.raises(RestedOn) as refused:
        story.correct(below_again, never=True)

    assert above_again in refused.value.positions


def test_a_correction_elsewhere_is_nothing_that_stood_beneath() -> None:
    story = with_a_guest()
    story.log_in("Nomad", 3)
    elsewhere = last(story)
    story.log_in("U1", 9)
    story.correct(last(story), never=True)
    correction = last(story)
    story.correct(elsewhere, never=True)

    story.correct(correction, never=True)

    assert story.seats == {1: None, 2: "U2", 3: "U3", 9: "U1"}
    holds(story)


# --- what rests on what -------------------------------------------------------------------------------------


def the_same_extension(story: Story) -> int:
    story.log_in("U1", 9)
    taken = last(story)
    story.log_in("Nomad", 9)
    return taken


def the_same_user(story: Story) -> int:
    story.log_in("U1", 9)
    taken = last(story)
    story.observe_user("U2", "299")
    story.log_in("U1", 2)
    return taken


def whoever_would_have_come_home(story: Story) -> int:
    """U1 left 9 for home, which Nomad had taken (H3)."""
    story.log_in("U1", 9)
    story.log_in("Nomad", 1)
    taken = last(story)
    story.log_out("U1")
    return taken


def whoever_would_have_come_home_when_that_was_it(story: Story) -> int:
    """As before, but extension 1 is the home of nobody by now."""
    story.log_in("U1", 9)
    story.log_in("Nomad", 1)
    taken = last(story)
    story.log_out("U1")
    story.send(story.draft({1: "298"}))
    return taken


def the_phone_that_would_have_gone_back(story: Story) -> int:
    """U1's home is 3, where U3 was; then nobody is, for U1 sits at 9 (H4)."""
    story.send(story.draft({1: "298", 3: "201"}))
    story.log_out("U1")
    story.log_in("U1", 9)
    taken = last(story)
    story.log_in("Nomad", 3)
    story.log_out("Nomad")
    return taken


def who_leaves_a_phone_without_a_base(story: Story) -> int:
    """Nomad sits at U1's phone; with a base extension, U1 would have come back there."""
    story.log_in("U1", 2)
    story.log_in("Nomad", 1)
    story.log_in("U2", 2)
    story.send(story.draft({1: None}))
    taken = last(story)
    story.log_out("Nomad")
    return taken


def a_second_owner_of_the_number(story: Story) -> int:
    story.observe_user("U1", "299")
    taken = last(story)
    story.observe_user("Nomad", "201")
    return taken


def another_desk_of_the_number(story: Story) -> int:
    """Only because 201 was taken off extension 1 is it the base of one extension."""
    story.send(story.draft({1: "298"}))
    taken = last(story)
    story.send(story.draft({9: "201"}))
    return taken


def a_configuration_with_what_waits_in_it(story: Story) -> int:
    story.send(story.draft({1: "260"}), "timed")
    taken = last(story)
    story.send(story.draft({9: "260"}), with_conflicts=True)
    return taken


def a_restart(story: Story) -> int:
    story.log_in("U1", 9)
    taken = last(story)
    story.restart()
    return taken


def a_drafted_reversal(story: Story) -> int:
    story.send(story.draft({9: "298"}))
    taken = last(story)
    story.draft_rollback(1)
    return taken


def a_sent_reversal(story: Story) -> int:
    story.send(story.draft({9: "298"}))
    taken = last(story)
    story.roll_back(1)
    return taken


def another_draft_of_what_was_given_up(story: Story) -> int:
    number = story.draft({9: "298"})
    story.abandon(number)
    taken = last(story)
    story.draft({9: "299"})
    return taken


def a_removal_of_the_extension(story: Story) -> int:
    story.log_in("Nomad", 9)
    taken = last(story)
    story.remove_extension(9)
    return taken


RESTS: dict[str, Callable[[Story], int]] = {
    found.__name__: found
    for found in (
        the_same_extension,
        the_same_user,
        whoever_would_have_come_home,
        whoever_would_have_come_home_when_that_was_it,
        the_phone_that_would_have_gone_back,
        who_leaves_a_phone_without_a_base,
        a_second_owner_of_the_number,
        another_desk_of_the_number,
        a_configuration_with_what_waits_in_it,
        a_restart,
        a_drafted_reversal,
        a_sent_reversal,
        another_draft_of_what_was_given_up,
        a_removal_of_the_extension,
    )
}


@pytest.mark.parametrize("what", RESTS)
def test_what_later_facts_rest_on_is_not_taken_away(what: str) -> None:
    story = with_a_guest()
    taken = RESTS[what](story)
    before, facts = state_of(story.system), list(story.facts)

    with pytest.raises(RestedOn) as refused:
        story.correct(taken, never=True)

    positions = list(refused.value.positions)
    assert positions
    assert positions == sorted(positions, reverse=True), "newest first"
    assert min(positions) > taken
    assert (state_of(story.system), story.facts) == (before, facts)


@pytest.mark.parametrize(
    "what",
    [
        the_same_extension,
        the_same_user,
        whoever_would_have_come_home,
        the_phone_that_would_have_gone_back,
        who_leaves_a_phone_without_a_base,
        another_desk_of_the_number,
        a_restart,
    ],
)
def test_once_what_rests_is_taken_back_newest_first_it_goes_too(what: Callable[[Story], int]) -> None:
    story = with_a_guest()
    taken = what(story)

    for _ in range(5):
        try:
            story.correct(taken, never=True)
            break
        except RestedOn as refused:
            story.correct(root(story, refused.positions[0]), never=True)

    assert story.events[0] == next(f.event for f in story.last if isinstance(f.event, e.Corrected))
    assert any(isinstance(f.event, e.Corrected) and f.event.target == taken for f in story.last)
    holds(story)


def root(story: Story, position: int) -> int:
    """Return what somebody did, of which a fact is a consequence."""
    by_position = {f.position: f for f in story.facts}
    fact = by_position[position]
    while fact.caused_by is not None:
        fact = by_position[fact.caused_by]
    return fact.position


def test_what_happened_elsewhere_does_not_rest_on_it() -> None:
    story = with_a_guest()
    story.log_in("U1", 9)
    taken = last(story)
    story.log_in("Nomad", 3)
    story.observe_user("U2", "299")
    story.draft({2: "299"})

    story.correct(taken, never=True)

    assert story.seats == {1: "U1", 2: "U2", 3: "Nomad", 9: None}
    holds(story)


def test_a_send_at_the_extension_does_not_rest_on_who_sat_there() -> None:
    story = with_a_guest()
    story.log_in("U1", 9)
    taken = last(story)
    story.send(story.draft({9: "299"}))

    story.correct(taken, never=True)

    assert (story.seats[9], story.bases[9]) == (None, "299")
    holds(story)


def test_an_abandoned_reversal_is_nothing_to_rest_on_it() -> None:
    story = with_a_guest()
    story.send(story.draft({9: "298"}))
    taken = last(story)
    story.abandon(story.draft_rollback(1))

    story.correct(taken, never=True)

    assert story.status(1) == "draft"


# --- what is not for a correction ---------------------------------------------------------------------------


def nothing_to_correct() -> Story:
    story = with_a_guest()
    story.happens(e.SystemChanged("11.2", "UTC", "merge", "*36"))
    story.happens(e.ExtensionChanged(9, "BD", 9, 0, "corner"))
    story.swap("U1", "U2")
    return story


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("SystemAdded", "system set"),
        ("SystemChanged", "system set"),
        ("ExtensionAdded", "import"),
        ("ExtensionChanged", "label 9"),
        ("UserAdded", "import"),
        ("UserChanged", "user set U3"),
        ("BatchOpened", "abandon B1"),
        ("BaseExtensionChanged", "abandon B1"),
    ],
)
def test_what_is_said_anew_instead_is_not_corrected(name: str, instead: str) -> None:
    story = nothing_to_correct()
    position = [f.position for f in story.facts if f.name == name][-1]
    before = state_of(story.system)

    with pytest.raises(r.NotCorrectable) as refused:
        story.correct(position, never=True)

    assert instead in refused.value.hint
    assert state_of(story.system) == before


def test_a_draft_is_abandoned_and_not_corrected() -> None:
    story = with_a_guest()
    number = story.swap("U1", "U2")

    with pytest.raises(r.NotCorrectable, match="nothing of it happened yet"):
        story.correct_batch(number, never=True)


def test_an_abandoned_batch_is_not_corrected() -> None:
    story = with_a_guest()
    number = story.swap("U1", "U2")
    story.abandon(number)

    with pytest.raises(r.NotCorrectable, match="abandoned"):
        story.correct_batch(number, never=True)


def test_a_consequence_is_corrected_with_what_it_followed_from() -> None:
    story = with_a_guest()
    story.log_in("U1", 2)
    story.log_out("U1")
    dialled, came_back, _ = story.last

    with pytest.raises(r.OnlyAConsequence) as refused:
        story.correct(came_back.position, never=True)

    assert refused.value.details == {
        "position": came_back.position,
        "type": "UserLoggedIn",
        "root": dialled.position,
        "root_type": "UserLoggedOut",
    }


def test_what_is_seated_by_the_baseline_is_not_corrected() -> None:
    story = with_a_guest()
    seated = next(f.position for f in story.facts if isinstance(f.event, e.UserLoggedIn))

    with pytest.raises(LedgerError):
        story.correct(seated, never=True)


def test_what_was_corrected_is_not_corrected_again() -> None:
    story = with_a_guest()
    story.log_in("U1", 9)
    taken = last(story)
    corrected = story.correct(taken, never=True)

    with pytest.raises(r.CorrectedAlready) as refused:
        story.correct(taken, never=True)

    assert refused.value.details == {"position": taken, "by": corrected.position}
    assert f"correct {corrected.position} --never" in refused.value.hint


# --- what comes after it ------------------------------------------------------------------------------------


def test_a_fact_may_be_dated_before_what_was_taken_away() -> None:
    story = with_a_guest()
    story.log_in("U1", 9, at=60)
    in_the_way = last(story)
    with pytest.raises(r.OutOfOrder):
        story.log_in("U2", 9, at=30)

    story.correct(in_the_way, never=True)
    story.log_in("U2", 9, at=30)

    assert story.seats == {1: "U1", 2: None, 3: "U3", 9: "U2"}
    holds(story)


def test_facts_may_be_dated_before_a_restart_that_never_was() -> None:
    story = with_a_guest()
    story.restart(at=60)
    story.correct(last(story), never=True)

    story.log_in("U1", 9, at=30)

    assert story.seats[9] == "U1"


def test_a_fact_is_not_dated_before_what_stands_below() -> None:
    story = with_a_guest()
    story.log_in("U1", 9, at=30)
    story.log_in("U2", 9, at=60)
    story.correct(last(story), never=True)

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_in("U2", 9, at=29)

    assert refused.value.details["last_at"] == "2026-03-01T09:30:00+00:00"


def test_what_stands_again_does_not_set_the_clock_back() -> None:
    """The base of extension 9 changed after the log-in that stands again: nothing is dated before that."""
    story = with_a_guest()
    story.log_in("U1", 9, at=10)
    sat_down = last(story)
    story.send(story.draft({9: "299"}, at=11), at=50)
    story.correct(sat_down, never=True)
    story.correct(last(story), never=True)

    with pytest.raises(r.OutOfOrder) as refused:
        story.log_out("U1", at=49)

    assert refused.value.details["name"] == "ConfigurationSent"
    holds(story)


def test_life_goes_on_after_a_correction() -> None:
    story = swapped()
    story.correct(last(story), never=True)

    story.log_out("U2")

    assert story.status(1) == "settled"
    assert story.seats == {1: "U2", 2: "U1", 3: "U3", 9: None}
    back = story.roll_back(1)
    story.log_out("U1", "U2")
    assert (story.status(back), story.seats[1]) == ("settled", "U1")
    holds(story)

"""The procedure itself: the two-user swap, step by step; cycles in every order of log-outs."""

from __future__ import annotations

from itertools import permutations

import pytest

from ipo_ledger.domain.events import ConfigurationSent, UserLoggedIn, UserLoggedOut
from ipo_ledger.domain.site import Site
from tests.domain.given import a_site, a_system, extension, number_of, people, rotation, user
from tests.domain.story import Story


def a_and_b(*, forced: tuple[str, ...] = ()) -> Story:
    """Return user A (202) at extension 1, user B (203) at extension 2."""
    story = a_system()
    users = [user(name, number, forced=name in forced) for name, number in (("A", "202"), ("B", "203"))]
    story.observe(Site(extensions=(extension(1, "202"), extension(2, "203")), users=tuple(users)), at=0)
    for name in forced:
        story.log_in(name, 1 if name == "A" else 2)
    return story


# --- the two-user swap, step by step ------------------------------------------------------------------------


def test_step_1_the_first_change_alone_is_a_conflict_in_the_draft() -> None:
    story = a_and_b()

    number = story.draft({1: "203"})

    assert story.changes(number) == {1: ("202", "203")}
    assert story.conflicts(number) == {"203": (1, 2)}
    assert story.bases == {1: "202", 2: "203"}


def test_step_2_the_second_change_ends_the_conflict() -> None:
    story = a_and_b()
    number = story.draft({1: "203"})

    story.draft({2: "202"}, into=number)

    assert story.changes(number) == {1: ("202", "203"), 2: ("203", "202")}
    assert story.conflicts(number) == {}


def test_step_3_the_send_moves_nobody() -> None:
    story = a_and_b()
    number = story.swap("A", "B")

    story.send(number)

    assert story.events == [ConfigurationSent(number, "merge", "clean", True)]
    assert story.bases == {1: "203", 2: "202"}
    assert story.seats == {1: "A", 2: "B"}
    assert story.asked(number) == [(1, "log-out", "A"), (2, "log-out", "B")]


def test_step_4_the_first_log_out_leaves_a_phone_vacant_and_a_person_off_the_air() -> None:
    story = a_and_b()
    number = story.swap("A", "B")
    story.send(number)

    story.log_out("A")

    assert story.events == [UserLoggedOut("A", "202", 1, "dialled")]
    assert story.seats == {1: None, 2: "B"}
    assert story.off_the_air == {"A"}
    assert story.status(number) == "sent"
    assert story.asked(number) == [(1, "log-in", "B"), (2, "log-out", "B")]


def test_step_5_the_second_log_out_seats_both_and_settles() -> None:
    story = a_and_b()
    number = story.swap("A", "B")
    story.send(number)
    story.log_out("A")

    story.log_out("B")

    assert story.events == [
        UserLoggedOut("B", "203", 2, "dialled"),
        UserLoggedIn("A", "202", 2, "automatic"),
        UserLoggedIn("B", "203", 1, "automatic"),
    ]
    assert story.seats == {1: "B", 2: "A"}
    assert story.status(number) == "settled"
    assert story.asked(number) == []


# --- cycles -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [2, 3, 4, 5])
def test_a_cycle_ends_the_same_in_every_order_of_log_outs(length: int) -> None:
    story = a_site(length)
    number = story.draft(rotation(range(1, length + 1)))
    story.send(number)
    ends = {i: f"U{i % length + 1}" for i in range(1, length + 1)}

    for order in permutations(people(length)):
        told = story.fork()
        told.log_out(*order)

        assert told.seats == ends, order
        assert told.status(number) == "settled", order


@pytest.mark.parametrize(("length", "at_most"), [(2, 1), (3, 1), (4, 2), (5, 2)])
def test_in_between_one_person_is_off_the_air_and_two_in_long_cycles(length: int, at_most: int) -> None:
    story = a_site(length)
    story.send(story.draft(rotation(range(1, length + 1))))

    most = set()
    for order in permutations(people(length)):
        told = story.fork()
        seen = []
        for name in order:
            told.log_out(name)
            seen.append(len(told.off_the_air))
        most.add(max(seen))

    assert max(most) == at_most


@pytest.mark.parametrize("length", [3, 4, 5])
def test_nobody_dials_in_vain_and_nobody_dials_twice(length: int) -> None:
    story = a_site(length)
    number = story.draft(rotation(range(1, length + 1)))
    story.send(number)

    for order in permutations(people(length)):
        told = story.fork()
        dialled = []
        for name in order:
            asked = {user for _, what, user in told.asked(number) if what == "log-out"}
            told.log_out(name)
            dialled.append(name in asked)

        assert all(dialled), order


def test_two_cycles_in_one_batch_do_not_mind_each_other() -> None:
    story = a_site(5)
    number = story.draft({**rotation([1, 2]), **rotation([3, 4, 5])})
    story.send(number)

    story.log_out("U4", "U1", "U3", "U2", "U5")

    assert story.seats == {1: "U2", 2: "U1", 3: "U4", 4: "U5", 5: "U3"}
    assert story.status(number) == "settled"


# --- who does not take part ---------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [2, 3, 4, 5])
def test_when_one_never_dials_one_user_stays_off_the_air_and_one_phone_vacant(length: int) -> None:
    story = a_site(length)
    number = story.draft(rotation(range(1, length + 1)))
    story.send(number)

    for order in permutations(people(length)[:-1]):
        told = story.fork()
        told.log_out(*order)

        assert len(told.off_the_air) == 1, order
        assert list(told.seats.values()).count(None) == 1, order
        assert told.seats[length] == f"U{length}", order
        assert told.status(number) == "sent", order


def test_who_never_dials_is_what_the_batch_waits_for() -> None:
    story = a_site(3)
    number = story.draft(rotation([1, 2, 3]))
    story.send(number)

    story.log_out("U1", "U2")

    assert story.asked(number) == [(2, "log-in", "U3"), (3, "log-out", "U3")]
    assert story.off_the_air == {"U1"}


def test_a_restart_ends_it_for_whoever_never_dialled() -> None:
    story = a_site(3)
    number = story.draft(rotation([1, 2, 3]))
    story.send(number)
    story.log_out("U1")

    story.restart()

    assert story.seats == {1: "U2", 2: "U3", 3: "U1"}
    assert story.status(number) == "settled"


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_the_new_phone_of_a_forced_login_user_waits_until_they_log_in(order: tuple[str, str]) -> None:
    story = a_and_b(forced=("A",))
    number = story.swap("A", "B")
    story.send(number)

    story.log_out(*order)

    assert story.seats == {1: "B", 2: None}
    assert story.status(number) == "sent"
    assert [(w.extension_id, w.user, w.by_hand) for w in story.waiting(number)] == [(2, "A", True)]


def test_the_batch_settles_when_the_forced_login_user_logs_in_at_the_new_phone() -> None:
    story = a_and_b(forced=("A",))
    number = story.swap("A", "B")
    story.send(number)
    story.log_out("A", "B")

    story.log_in("A", 2)

    assert story.events == [UserLoggedIn("A", "202", 2, "dialled")]
    assert story.last[0].batch == number
    assert story.status(number) == "settled"


def test_who_sits_elsewhere_for_the_day_is_not_fetched_by_a_batch() -> None:
    """U2 works at the spare phone: the new phone waits for them until they leave the spare one."""
    story = a_site(2, also=[extension(9, None)])
    story.log_in("U2", 9)
    number = story.swap("U1", "U2")
    story.send(number)

    story.log_out("U1")
    asked = story.asked(number)
    story.log_out("U2")

    assert asked == [(1, "log-in", "U2")]
    assert story.seats == {1: "U2", 2: "U1", 9: None}
    assert story.status(number) == "settled"


def test_moving_into_an_empty_office_takes_one_log_out() -> None:
    story = a_site(1, also=[extension(9, None)])
    number = story.draft({9: number_of(1), 1: None})
    story.send(number)

    story.log_out("U1")

    assert story.seats == {1: None, 9: "U1"}
    assert story.status(number) == "settled"


def test_before_4_2_a_restart_does_it_all() -> None:
    story = a_site(3, by="reboot", release="4.1")
    number = story.draft(rotation([1, 2, 3]))

    story.send(number, "immediate")

    assert story.seats == {1: "U2", 2: "U3", 3: "U1"}
    assert story.status(number) == "settled"

"""What a site says of itself, taken in: the baseline, what changed since, and what differs."""

from __future__ import annotations

import pytest

from ipo_ledger.domain.baseline import Drift, NumberTwice, Observed, about, drift, observe
from ipo_ledger.domain.events import (
    BaseExtensionChanged,
    BatchOpened,
    ConfigurationSent,
    Event,
    ExtensionAdded,
    ExtensionChanged,
    ExtensionRemoved,
    UserAdded,
    UserChanged,
    UserLoggedIn,
    UserLoggedOut,
    UserRemoved,
    UserRenumbered,
)
from ipo_ledger.domain.site import Site
from tests.domain.given import a_site, a_system, exported, extension, site, state_of, user
from tests.domain.story import Story, moment

# --- the baseline -------------------------------------------------------------------------------------------


def test_the_baseline_seats_everybody_at_their_base() -> None:
    story = a_system()

    observed = story.observe(site(2), at=0)

    assert story.events == [
        ExtensionAdded(1, "BD", 1, 0, None, "201"),
        ExtensionAdded(2, "BD", 2, 0, None, "202"),
        UserAdded("U1", "201", None, False, False),
        UserAdded("U2", "202", None, False, False),
        UserLoggedIn("U1", "201", 1, "baseline"),
        UserLoggedIn("U2", "202", 2, "baseline"),
    ]
    assert observed == Observed(
        extensions_added=2,
        extensions_changed=0,
        users_added=2,
        users_changed=0,
        users_renumbered=0,
        seated=2,
        batch=None,
        missing_extensions=(),
        missing_users=(),
        extensions_removed=(),
        users_removed=(),
    )


def test_each_seat_of_the_baseline_is_caused_by_its_extension() -> None:
    story = a_system()

    story.observe(site(2), at=0)

    added, other, *_, first, second = story.last
    assert (first.caused_by, second.caused_by) == (added.position, other.position)


def test_the_baseline_is_the_first_thing_known() -> None:
    story = a_system()

    story.observe(site(1), at=7)

    assert story.system.baseline is not None
    assert (story.system.baseline.at, story.system.baseline.name) == (moment(7), "ExtensionAdded")


def test_a_blank_extension_is_vacant() -> None:
    story = a_system()

    story.observe(site(1, also=[extension(9, None)]), at=0)

    assert story.seats == {1: "U1", 9: None}


def test_an_extension_with_nobodys_number_is_vacant() -> None:
    story = a_system()

    story.observe(site(1, also=[extension(9, "299")]), at=0)

    assert story.seats == {1: "U1", 9: None}


def test_a_user_without_an_extension_is_off_the_air() -> None:
    story = a_system()

    story.observe(site(1, and_users=[user("Nomad", "299"), user("Guest", None)]), at=0)

    assert story.off_the_air == {"Nomad", "Guest"}


def test_a_forced_login_user_is_not_seated_by_the_baseline() -> None:
    story = a_system()

    story.observe(Site(extensions=(extension(1, "201"),), users=(user("U1", "201", forced=True),)), at=0)

    assert story.seats == {1: None}


def test_a_user_who_is_the_default_of_two_extensions_is_seated_at_neither() -> None:
    story = a_system()

    story.observe(site(1, also=[extension(9, "201")]), at=0)

    assert story.seats == {1: None, 9: None}


def test_extensions_first_and_users_later_seat_them_then() -> None:
    story = a_system()
    story.observe(Site(extensions=(extension(1, "201"),), users=None), at=0)

    observed = story.observe(Site(extensions=None, users=(user("U1", "201"),)))

    assert (observed.seated, story.seats) == (1, {1: "U1"})


def test_users_first_and_extensions_later_seat_them_then() -> None:
    story = a_system()
    story.observe(Site(extensions=None, users=(user("U1", "201"),)), at=0)

    observed = story.observe(Site(extensions=(extension(1, "201"),), users=None))

    assert (observed.seated, story.seats) == (1, {1: "U1"})


def test_only_whether_there_is_a_login_code_is_kept() -> None:
    story = a_system()

    story.observe(Site(extensions=None, users=(user("A", "201", login_code=True), user("B", "202"))), at=0)

    assert [u.has_login_code for u in story.system.users.values()] == [True, False]


# --- importing again ----------------------------------------------------------------------------------------


def test_the_same_export_again_records_nothing() -> None:
    story = a_site(3)

    observed = story.observe(exported(story))

    assert story.events == []
    assert (observed.batch, observed.seated) == (None, 0)


def test_changed_bases_are_an_observed_batch_in_force_that_moves_nobody() -> None:
    story = a_site(3)

    observed = story.observe(exported(story, e1="202", e2="201"))

    assert story.events == [
        BatchOpened(1, "import", observed=True),
        BaseExtensionChanged(1, 1, "201", "202"),
        BaseExtensionChanged(1, 2, "202", "201"),
        ConfigurationSent(1, "observed", "clean", True),
    ]
    assert observed.batch == 1
    assert story.bases == {1: "202", 2: "201", 3: "203"}
    assert story.seats == {1: "U1", 2: "U2", 3: "U3"}
    assert story.asked(1) == [(1, "log-out", "U1"), (2, "log-out", "U2")]


def test_an_observed_batch_is_rolled_back_like_any_other() -> None:
    story = a_site(3)
    observed = story.observe(exported(story, e1="202", e2="201"))
    assert observed.batch is not None

    story.roll_back(observed.batch)

    assert story.bases == {1: "201", 2: "202", 3: "203"}
    assert story.is_live(observed.batch) is False


def test_an_observed_conflict_is_recorded_as_it_is() -> None:
    story = a_site(2)

    story.observe(exported(story, e1="202"))

    assert story.events[-1] == ConfigurationSent(1, "observed", "conflicts", True, ("202",))


def test_an_import_does_not_mind_drafts_which_are_stale_then() -> None:
    story = a_site(2)
    number = story.swap("U1", "U2")

    observed = story.observe(exported(story, e1="299"))

    assert observed.batch == 2
    assert (story.bases[1], story.status(number)) == ("299", "draft")


def test_a_new_extension_is_added_and_its_user_seated() -> None:
    story = a_site(1)

    observed = story.observe(site(2))

    assert story.events == [
        ExtensionAdded(2, "BD", 2, 0, None, "202"),
        UserAdded("U2", "202", None, False, False),
        UserLoggedIn("U2", "202", 2, "baseline"),
    ]
    assert (observed.extensions_added, observed.users_added, observed.seated) == (1, 1, 1)


def test_a_new_user_whose_phone_is_taken_is_off_the_air() -> None:
    story = a_site(1, also=[extension(9, "209")])
    story.log_in("U1", 9)

    story.observe_user("U9", "209")

    assert story.events == [UserAdded("U9", "209", None, False, False)]
    assert story.off_the_air == {"U9"}


def test_a_new_extension_is_no_reason_to_move_who_is_seated() -> None:
    story = a_site(1, and_users=[user("U9", "209")], also=[extension(8, None)])
    story.log_in("U9", 8)

    story.observe(Site(extensions=(extension(9, "209"),), users=None))

    assert story.seats == {1: "U1", 8: "U9", 9: None}


def test_a_moved_port_is_a_changed_extension_that_keeps_its_label_and_its_base() -> None:
    story = a_site(1)
    story.happens(ExtensionChanged(1, "BD", 1, 0, "window"))

    observed = story.observe(Site(extensions=(extension(1, "201", module="BP", port=4),), users=None))

    assert story.events == [ExtensionChanged(1, "BP", 4, 0, "window")]
    assert observed.extensions_changed == 1
    assert (story.system.extensions[1].base, story.seats) == ("201", {1: "U1"})


def test_what_an_export_does_not_say_stays() -> None:
    story = a_site(1, forced=("U1",), codes=("U1",))

    story.observe(Site(extensions=None, users=(user("U1", "201", login_code=None),)))

    assert story.events == []


def test_what_it_says_of_a_user_is_taken() -> None:
    story = a_site(1)

    observed = story.observe(Site(extensions=None, users=(user("U1", "201", full_name="Ana", login_code=True),)))

    assert story.events == [UserChanged("U1", "Ana", True, False)]
    assert observed.users_changed == 1


def test_a_blank_full_name_is_no_full_name() -> None:
    story = a_site(1)
    story.observe(Site(extensions=None, users=(user("U1", "201", full_name="Ana"),)))

    story.observe(Site(extensions=None, users=(user("U1", "201", full_name=""),)))

    assert story.events == [UserChanged("U1", None, False, False)]


def test_a_new_number_is_a_renumbering_which_moves_no_base() -> None:
    story = a_site(1)

    observed = story.observe_user("U1", "299")

    assert story.events == [UserRenumbered("U1", "201", "299")]
    assert observed.users_renumbered == 1
    assert story.bases == {1: "201"}
    assert story.seats == {1: "U1"}


def test_two_users_trade_numbers_in_one_import() -> None:
    story = a_site(2)

    story.observe(Site(extensions=None, users=(user("U1", "202"), user("U2", "201"))))

    assert story.events == [UserRenumbered("U1", "201", "202"), UserRenumbered("U2", "202", "201")]
    assert story.system.by_number == {"202": "U1", "201": "U2"}


def test_three_users_pass_their_numbers_on_in_one_import() -> None:
    story = a_site(3)

    story.observe(Site(extensions=None, users=(user("U1", "202"), user("U2", "203"), user("U3", "201"))))

    assert story.system.by_number == {"202": "U1", "203": "U2", "201": "U3"}


def test_a_number_given_up_can_be_taken_over_by_a_new_user() -> None:
    story = a_site(1)

    story.observe(Site(extensions=None, users=(user("U1", None), user("New", "201"))))

    assert story.system.by_number == {"201": "New"}
    assert story.seats == {1: "U1"}
    assert story.off_the_air == {"New"}


def test_a_number_twice_is_refused() -> None:
    story = a_site(3)
    before = state_of(story.system)

    with pytest.raises(NumberTwice) as refused:
        story.observe_user("U1", "203")

    assert refused.value.message.endswith(": 203 would be the number of U1 and U3.")
    assert state_of(story.system) == before


def test_users_without_a_number_share_none() -> None:
    story = a_site(2)

    story.observe(Site(extensions=None, users=(user("U1", None), user("U2", None))))

    assert story.system.by_number == {}


def test_what_the_export_leaves_out_is_said_and_left_alone() -> None:
    story = a_site(3)

    observed = story.observe(site(1))

    assert (observed.missing_extensions, observed.missing_users) == ((2, 3), ("U2", "U3"))
    assert story.events == []


def test_an_export_of_users_alone_misses_no_extensions() -> None:
    story = a_site(2)

    observed = story.observe_user("U1", "201")

    assert (observed.missing_extensions, observed.missing_users) == ((), ("U2",))


# --- what to know of an import -------------------------------------------------------------------------------


def test_an_import_that_crosses_a_draft_says_so() -> None:
    story = a_site(3)
    story.draft({1: "299", 2: "298"})

    observed = story.observe(exported(story, e1="299", e2="297"))

    assert [(w.code, w.message) for w in about(story.system, observed)] == [
        ("crosses-draft", "B1 drafts extension 1 too, and says the same: if it was sent, record its send next time"),
        ("crosses-draft", "B1 drafts extension 2 too, and says otherwise: it is stale now"),
    ]


def test_an_import_with_a_base_twice_says_who_is_not_logged_in() -> None:
    story = a_site(2)

    observed = story.observe(exported(story, e1="202"))

    assert [(w.code, w.message) for w in about(story.system, observed)] == [
        ("base-extension-twice", "202 is the base of extensions 1, 2: its user is logged in nowhere automatically")
    ]


def test_an_import_that_crosses_nothing_says_nothing() -> None:
    story = a_site(2)

    observed = story.observe(exported(story, e1="299"))

    assert about(story.system, observed) == []


# --- drift --------------------------------------------------------------------------------------------------


def test_drift_is_every_base_that_an_export_says_otherwise() -> None:
    story = a_site(3, also=[extension(9, None)])

    found = drift(story.system, exported(story, e3=None, e1="202", e9="209").extensions or ())

    assert found == [Drift(1, "201", "202"), Drift(3, "203", None), Drift(9, None, "209")]


def test_a_draft_is_no_drift_and_a_send_not_yet_exported_is() -> None:
    story = a_site(2)
    before = exported(story).extensions or ()
    number = story.swap("U1", "U2")

    drafted = drift(story.system, before)
    story.send(number)
    sent = drift(story.system, before)

    assert drafted == []
    assert sent == [Drift(1, "202", "201"), Drift(2, "201", "202")]


def test_an_extension_that_the_ledger_does_not_know_is_no_drift() -> None:
    story = a_site(1)

    found = drift(story.system, site(2).extensions or ())

    assert found == []


# --- what a complete export lacks ---------------------------------------------------------------------------


def take_in_whole(story: Story, seen: Site) -> list[Event]:
    """Import a complete export, and return what it recorded of people and phones."""
    story.record(lambda entry: observe(entry, seen, title="whole", removed=True))
    return [event for event in story.events if not isinstance(event, BatchOpened | BaseExtensionChanged)]


def test_who_replaces_a_removed_user_takes_over_number_and_phone() -> None:
    """The number is free before it is given, and the newcomer is found there, as by a baseline."""
    story = a_site(2)

    events = take_in_whole(story, Site(extensions=None, users=(user("U1", "201"), user("New", "202"))))

    assert events == [
        UserLoggedOut("U2", "202", 2, "removed"),
        UserRemoved("U2"),
        UserAdded("New", "202", None, has_login_code=False, forced_login=False),
        UserLoggedIn("New", "202", 2, "baseline"),
    ]


def test_who_replaces_a_removed_user_is_at_the_base_that_the_export_says() -> None:
    story = a_site(2)

    take_in_whole(
        story,
        Site(extensions=(extension(1, "201"), extension(2, "250")), users=(user("U1", "201"), user("New", "250"))),
    )

    assert story.seats == {1: "U1", 2: "New"}


def test_users_are_removed_before_their_phones() -> None:
    story = a_site(2)

    events = take_in_whole(story, Site(extensions=(extension(1, "201"),), users=(user("U1", "201"),)))

    assert events == [UserLoggedOut("U2", "202", 2, "removed"), UserRemoved("U2"), ExtensionRemoved(2)]


def test_the_phone_that_a_removed_user_had_goes_back_to_whose_it_is() -> None:
    story = a_site(2, codes=("U1",))
    story.log_in("U1", 2)
    assert story.off_the_air == {"U2"}

    take_in_whole(story, Site(extensions=None, users=(user("U2", "202"),)))

    assert story.seats == {1: None, 2: "U2"}

"""What is appended is there whole and unchanged, or not at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from eventsourcing.persistence import IntegrityError
from msgspec.structs import replace

from ipo_ledger.application.ports.rows import Head, KnownAnswer
from ipo_ledger.application.ports.store import Store
from ipo_ledger.domain import batch
from ipo_ledger.domain import events as e
from ipo_ledger.domain.entry import Entry, Given
from ipo_ledger.domain.refusals import NothingToChange
from ipo_ledger.domain.system import System
from tests.domain.given import rotation, site
from tests.domain.story import DAWN, moment
from tests.stores.places import Place, machine_clock
from tests.stores.stored_story import a_stored_site, a_stored_system, note


class AppendingContract:
    """Facts in, facts out."""

    def test_facts_come_back_as_they_were_recorded(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 6)
        number = story.swap("U1", "U2")
        story.send(number)
        story.settle()
        story.flag("U3", forced_login=True, login_code=True)
        story.observe_user("U4", "999")
        story.send(story.draft({5: None, 6: "205"}), "when-free")
        story.restart()
        story.abandon(story.draft({1: None}))
        story.remove_extension(6)
        story.remove_user("U5")
        story.happens(e.SystemChanged("11.1", "Europe/Madrid", "merge", "*36"))
        story.happens(e.ExtensionChanged(1, "BD", 1, 0, "window"))
        story.log_in("U3", 4)
        story.log_out("U3")
        story.correct(story.last[0].position, never=True)
        story.correct(story.last[0].position, never=True)
        story.correct(story.last[1].position, at=story.minute)

        with place.store().reading() as reading:
            found = list(reading.facts())

        assert [replace(fact, recorded_at=None) for fact in found] == story.facts
        assert {type(fact.event) for fact in found} == set(e.STORED_NAMES)

    def test_a_row_holds_a_stable_name_a_version_and_json(self, place: Place) -> None:
        note(place.ledger(), "hq")

        ((position, stream, version, topic, state),) = place.run(
            f"SELECT {place.position}, originator_id, originator_version, topic, state FROM {place.schema}stored_events"
        )

        assert (position, stream, version, topic) == (1, "hq", 1, "SystemAdded")
        assert json.loads(state) == {
            "schema": 1,
            "occurred_at": moment(1).isoformat().replace("+00:00", "Z"),
            "actor": "ana",
            "command_id": "c1",
            "reason": "why not",
            "ticket": "T1",
            "data": {"release": "11.1", "timezone": "UTC", "base_extension_by": "merge", "logout_code": "*36"},
        }

    def test_an_appended_entry_moves_the_head(self, place: Place) -> None:
        store = place.ledger()
        with store.reading() as reading:
            empty = reading.head()

        a_stored_site(store, 2)

        with store.reading() as reading:
            head, facts = reading.head(), list(reading.facts())
        assert empty == Head(0, datetime(1970, 1, 1, tzinfo=UTC))
        assert head == Head(7, max(f.recorded_at for f in facts if f.recorded_at is not None))
        assert [f.position for f in facts] == [f.version for f in facts] == list(range(1, 8))

    def test_a_fact_is_recorded_at_the_time_of_the_store(self, place: Place) -> None:
        store = place.ledger()
        with store.reading() as reading:
            before = reading.now()

        note(store, "hq")

        with store.reading() as reading:
            (fact,) = reading.facts()
            after = reading.now()
        assert fact.recorded_at is not None
        assert before <= fact.recorded_at <= after
        assert abs(after - machine_clock()) < timedelta(minutes=1)

    def test_recorded_at_never_decreases_though_the_clock_goes_back(self, place: Place) -> None:
        hour = iter(range(50, 0, -1))
        store = place.ledger(clock=lambda: DAWN + timedelta(hours=next(hour)))

        for _ in range(5):
            note(store, "hq")

        with store.reading() as reading:
            times = [fact.recorded_at for fact in reading.facts()]
            assert times == sorted(times, key=lambda at: at or DAWN)
            assert times[-1] == reading.head().recorded_at

    def test_an_append_is_stamped_later_than_all_before_though_the_clock_stands_still(self, place: Place) -> None:
        """A time then says which events were known by it."""
        store = place.ledger(clock=lambda: DAWN)
        note(store, "hq")
        place.let_the_clock_stand_still()

        for _ in range(3):
            note(store, "hq")

        with store.reading() as reading:
            times = [fact.recorded_at or DAWN for fact in reading.facts()]
            assert all(earlier < later for earlier, later in pairwise(times))
            assert [reading.last_recorded_by(at) for at in times] == [1, 2, 3, 4]

    def test_a_part_of_several_that_raises_leaves_the_others_whole(self, place: Place) -> None:
        store = place.ledger()

        with store.together():
            note(store, "one")
            with pytest.raises(RuntimeError):
                _append_and_raise(store, "two")
            note(store, "three")

        with store.reading() as reading:
            assert [(fact.position, fact.system) for fact in reading.facts()] == [(1, "one"), (2, "three")]
            assert [row.name for row in reading.systems()] == ["one", "three"]
        note(store, "four")
        with place.store().reading() as reading:
            assert reading.head().position == 3

    def test_several_are_there_for_others_once_all_are(self, place: Place) -> None:
        store, other = place.ledger(), place.store()

        with store.together():
            note(store, "one")
            note(store, "two")
            with other.reading() as reading:
                before = reading.head().position

        with other.reading() as reading:
            assert (before, reading.head().position) == (0, 2)

    def test_reading_a_part_begins_after_a_position(self, place: Place) -> None:
        store = place.ledger()
        a_stored_site(store, 3)

        with store.reading() as reading:
            assert [fact.position for fact in reading.facts(after=8)] == [9, 10]
            assert list(reading.facts(after=10)) == []
            assert list(reading.facts(after=10**30)) == []

    def test_an_entry_without_facts_changes_nothing(self, place: Place) -> None:
        store = place.ledger()
        before = place.dump()

        with store.writing() as writing:
            writing.append(Entry(System("hq"), Given(at=DAWN, actor="ana", command_id="c"), after=0))

        assert place.dump() == before

    def test_three_thousand_changes_are_one_append(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 3000)

        number = story.draft(rotation(range(1, 3001)))
        story.finish(number)

        with place.store().reading() as reading:
            system, row = reading.system("hq"), reading.system_row("hq")
            assert system is not None
            assert row is not None
            assert (row.extensions, row.users, row.batches, row.version) == (3000, 3000, 1, system.version)
            assert reading.head().position == 1 + 9000 + 3001 + 1 + 6000
            assert {i: x.user for i, x in system.extensions.items()} == {i: f"U{i % 3000 + 1}" for i in range(1, 3001)}
            found = reading.batch(system.key, number)
        assert found is not None
        assert (found.status, list(found.changes)) == ("settled", list(range(1, 3001)))

    def test_several_entries_in_one_transaction_follow_each_other(self, place: Place) -> None:
        store = place.ledger()

        with store.writing() as writing:
            for name in ("hq", "branch"):
                system = System(name)
                given = Given(at=DAWN, actor="ana", command_id=name)
                entry = Entry(system, given, after=writing.head().position)
                entry.happens(e.SystemAdded("11.1", "UTC", "merge", "*36"))
                writing.append(entry)
                assert writing.system(name) is not None, "a transaction sees what it wrote"

        with store.reading() as reading:
            assert [fact.system for fact in reading.facts()] == ["hq", "branch"]

    @pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, GeneratorExit])
    def test_an_exception_leaves_nothing(self, place: Place, fault: type[BaseException]) -> None:
        story = a_stored_site(place.ledger(), 4)
        story.draft({1: None})
        before = place.dump()

        def fail() -> None:
            with story.store.writing() as writing:
                system = writing.system("hq")
                assert system is not None
                given = Given(at=moment(9), actor="ana", command_id="c")
                entry = Entry(system, given, after=writing.head().position)
                batch.draft(entry, [batch.Move(2, "999"), batch.Move(3, None)], title="more", into=1)
                batch.send(entry, 1, "merge")
                writing.append(entry)
                writing.remember_answer("c", KnownAnswer("f", b"{}"))
                raise fault

        with pytest.raises(fault):
            fail()

        assert place.dump() == before
        story.send(1)

    def test_a_refused_command_leaves_nothing(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        before = place.dump()

        with pytest.raises(NothingToChange):
            story.draft({1: "201"})

        assert place.dump() == before

    def test_an_entry_decided_on_an_older_state_is_refused_whole(self, place: Place) -> None:
        story = a_stored_system(place.ledger())
        with story.store.reading() as reading:
            stale, position = reading.system("hq"), reading.head().position
        assert stale is not None
        story.observe(site(2))
        before = place.dump()

        entry = Entry(stale, Given(at=moment(5), actor="ben", command_id="c"), after=position + 6)
        entry.happens(e.SystemChanged("11.1", "UTC", "reboot", "*36"))
        with pytest.raises(IntegrityError, match="originator_version"), story.store.writing() as writing:
            writing.append(entry)

        assert place.dump() == before

    def test_an_entry_that_begins_at_another_position_is_refused_whole(self, place: Place) -> None:
        store = place.ledger()
        note(store, "hq")
        before = place.dump()

        system = System("branch")
        entry = Entry(system, Given(at=DAWN, actor="ana", command_id="c"), after=0)
        entry.happens(e.SystemAdded("11.1", "UTC", "merge", "*36"))
        with pytest.raises(RuntimeError, match=r"begins at position 1, .* goes on at 2"), store.writing() as writing:
            writing.append(entry)

        assert place.dump() == before

    def test_a_transaction_inside_another_of_the_same_thread_is_refused(self, place: Place) -> None:
        store = place.ledger()

        with store.writing() as writing:
            with pytest.raises(RuntimeError, match="inside a transaction"), store.reading():
                pass
            with pytest.raises(RuntimeError, match="inside a transaction"), store.writing():
                pass
            writing.remember_answer("c", KnownAnswer("f", b"{}"))

        with store.reading() as reading:
            assert reading.answer_to("c") == KnownAnswer("f", b"{}")

    @pytest.mark.parametrize(
        "name", ["Büro 5%", ":key", "%(name)s", "o'brien", '"quoted"', "a\\b\n", "{where}", "日本", "NULL", ""]
    )
    def test_any_text_is_kept_as_it_is(self, place: Place, name: str) -> None:
        store = place.ledger()
        story = a_stored_system(store, name)
        story.happens(e.UserAdded(name, name, name, False, False))

        with store.reading() as reading:
            system = reading.system(name)
            assert system is not None
            assert system.users == story.system.users
            assert reading.users_called(system.key, name) == [name]
            assert [fact.event for fact in reading.facts()][1] == e.UserAdded(name, name, name, False, False)


def _append_and_raise(store: Store, name: str) -> None:
    with store.writing() as writing:
        entry = Entry(System(name), Given(at=DAWN, actor="ana", command_id="c"), after=writing.head().position)
        entry.happens(e.SystemAdded("11.1", "UTC", "merge", "*36"))
        writing.append(entry)
        raise RuntimeError

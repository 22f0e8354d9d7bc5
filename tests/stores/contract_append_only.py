"""What is recorded stays: events and answers cannot be changed, and what was changed by force is noticed."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from ipo_ledger.adapters.store.faults import StoreFailed, UnreadableEvent
from ipo_ledger.application.ports.rows import KnownAnswer
from tests.stores.places import Place, PostgresPlace
from tests.stores.stored_story import note

STATE = '{"schema":1,"occurred_at":"2026-03-01T09:00:00Z","actor":"a","command_id":"c","data":{}}'


class AppendOnlyContract:
    """Nothing is ever rewritten."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE {schema}stored_events SET topic = 'UserRemoved'",
            "UPDATE {schema}stored_events SET recorded_at = 0 WHERE {position} = 2",
            "DELETE FROM {schema}stored_events",
            "DELETE FROM {schema}stored_events WHERE {position} = 2",
            "UPDATE {schema}answers SET fingerprint = 'other'",
            "DELETE FROM {schema}answers",
        ],
    )
    def test_rewriting_is_refused_whoever_asks(self, place: Place, statement: str) -> None:
        store = place.ledger()
        note(store, "hq")
        note(store, "hq")
        with store.writing() as writing:
            writing.remember_answer("c", KnownAnswer("f", b"{}"))
        before = place.dump()

        with pytest.raises(place.append_only_refusal, match="append-only"):
            place.run(statement.format(schema=place.schema, position=place.position))

        assert place.dump() == before

    def test_an_answer_is_remembered_once(self, place: Place) -> None:
        store = place.ledger()
        first = KnownAnswer("fingerprint", b'{"batch":"B1"}')
        with store.writing() as writing:
            assert writing.answer_to("id") is None
            writing.remember_answer("id", first)
            assert writing.answer_to("id") == first

        with pytest.raises(StoreFailed), store.writing() as writing:
            writing.remember_answer("id", KnownAnswer("other", b"{}"))

        with store.reading() as reading:
            assert reading.answer_to("id") == first
            assert reading.answer_to("ID") is None
            assert reading.answer_to("\0") is None

    @pytest.mark.parametrize(
        ("topic", "state", "why"),
        [
            ("os:system", STATE, "'os:system' is no event"),
            ("ipo_ledger.domain.events:SystemAdded", STATE, "is no event"),
            ("antigravity:fly", STATE, "is no event"),
            ("", STATE, "is no event"),
            ("SystemRestarted", STATE.replace('"schema":1', '"schema":2'), "newer than this release"),
            ("SystemRestarted", STATE.replace('"data":{}', '"data":{"more":1}'), "unknown field"),
            ("SystemAdded", STATE, "missing required field"),
            ("SystemRestarted", STATE.replace("00Z", "00"), "timezone"),
            ("SystemRestarted", STATE[:40], "truncated"),
            ("SystemRestarted", "", "truncated"),
        ],
    )
    def test_an_event_no_release_wrote_is_told_and_imports_nothing(
        self, place: Place, topic: str, state: str, why: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = place.ledger()
        note(store, "hq")
        blob = f"x'{state.encode().hex()}'" if not isinstance(place, PostgresPlace) else f"'\\x{state.encode().hex()}'"
        place.run(
            f"INSERT INTO {place.schema}stored_events ({place.position}, originator_id, originator_version, topic, "
            f"state, recorded_at) VALUES (2, 'hq', 2, '{topic}', {blob}, 0)"
        )
        monkeypatch.setattr("importlib.import_module", _never)

        with pytest.raises(UnreadableEvent, match=why) as refused, store.reading() as reading:
            list(reading.facts())

        assert refused.value.details["position"] == 2

    def test_a_version_of_a_stream_is_there_once(self, place: Place) -> None:
        note(place.ledger(), "hq")

        with pytest.raises((sqlite3.IntegrityError, psycopg.errors.UniqueViolation), match=r"(?i)unique"):
            place.run(
                f"INSERT INTO {place.schema}stored_events ({place.position}, originator_id, originator_version, "
                "topic, state, recorded_at) "
                f"SELECT 2, originator_id, originator_version, topic, state, 0 FROM {place.schema}stored_events"
            )


def _never(name: str) -> None:
    raise AssertionError(name)

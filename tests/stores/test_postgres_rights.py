"""What the server lets a writer and an auditor do, and refuses, whatever program they use."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ipo_ledger.adapters.store.faults import NoRights
from ipo_ledger.adapters.store.tables import READ_MODEL
from ipo_ledger.application.ports.rows import KnownAnswer
from tests.domain.given import state_of
from tests.stores.people import name_of, person
from tests.stores.places import PostgresPlace
from tests.stores.stored_story import a_stored_site, note

EVENT = "(position, originator_id, originator_version, topic, state"


INSERT_OR_UPDATE = (
    f"INSERT INTO ipo_ledger.stored_events {EVENT}) VALUES (1, 'hq', 1, 'x', '') "
    "ON CONFLICT (position) DO UPDATE SET topic = 'x'"
)


@pytest.fixture
def place(postgres_ledger_url: str) -> Iterator[PostgresPlace]:
    """Return a ledger that a superuser made, with one event and one answer in it."""
    place = PostgresPlace(postgres_ledger_url)
    store = place.ledger()
    note(store, "hq")
    with store.writing() as writing:
        writing.remember_answer("c", KnownAnswer("f", b"{}"))
    yield place
    place.close()


@pytest.fixture
def writer(place: PostgresPlace) -> Iterator[PostgresPlace]:
    """Return the ledger as somebody sees it who is granted ipo_ledger_writer, and nothing else."""
    with person(place, "ipo_ledger_writer") as seen:
        yield seen


@pytest.fixture
def auditor(place: PostgresPlace) -> Iterator[PostgresPlace]:
    """Return the ledger as somebody sees it who is granted ipo_ledger_auditor, and nothing else."""
    with person(place, "ipo_ledger_auditor") as seen:
        yield seen


def test_a_writer_does_all_that_the_program_does(place: PostgresPlace, writer: PostgresPlace) -> None:
    story = a_stored_site(writer.store(), 4, "branch")
    story.draft({1: None})
    story.draft({2: "999"}, into=1)
    story.send(1)
    story.settle()
    story.remove_extension(3)
    with story.store.writing() as writing:
        writing.remember_answer("id", KnownAnswer("f", b"{}"))

    with place.store().reading() as reading:
        loaded = reading.system("branch")
        assert loaded is not None
        assert state_of(loaded) == state_of(story.system)
    roles = place.run("SELECT DISTINCT db_role FROM ipo_ledger.stored_events WHERE originator_id = 'branch'")
    assert roles == [(name_of(writer),)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ipo_ledger.stored_events SET state = ''",
        "UPDATE ipo_ledger.stored_events SET recorded_at = 0",
        "DELETE FROM ipo_ledger.stored_events",
        "TRUNCATE ipo_ledger.stored_events",
        "ALTER TABLE ipo_ledger.stored_events DISABLE TRIGGER ALL",
        "ALTER TABLE ipo_ledger.stored_events ALTER COLUMN db_role SET DEFAULT 'ana'",
        "DROP TABLE ipo_ledger.stored_events",
        "DROP TRIGGER stored_events_append_only ON ipo_ledger.stored_events",
        f"INSERT INTO ipo_ledger.stored_events {EVENT}, recorded_at) VALUES (2, 'hq', 2, 'x', '', 0)",
        f"INSERT INTO ipo_ledger.stored_events {EVENT}, db_role) VALUES (2, 'hq', 2, 'x', '', 'ana')",
        INSERT_OR_UPDATE,
        "MERGE INTO ipo_ledger.stored_events USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
        "SELECT FROM ipo_ledger.stored_events FOR UPDATE",
        "UPDATE ipo_ledger.head SET recorded_at = 0",
        "UPDATE ipo_ledger.head SET one = 2",
        "INSERT INTO ipo_ledger.head VALUES (1, 1, 0)",
        "DELETE FROM ipo_ledger.head",
        "TRUNCATE ipo_ledger.head",
        "UPDATE ipo_ledger.answers SET answer = ''",
        "DELETE FROM ipo_ledger.answers",
        "TRUNCATE ipo_ledger.answers",
        "INSERT INTO ipo_ledger.answers VALUES ('c', 'g', '') ON CONFLICT (command_id) DO UPDATE SET answer = ''",
        "TRUNCATE ipo_ledger.seats",
        "INSERT INTO ipo_ledger.schema_migrations VALUES (2, 'x', 'x', 0)",
        "DELETE FROM ipo_ledger.schema_migrations",
        "CREATE TABLE ipo_ledger.mine ()",
        "CREATE OR REPLACE FUNCTION ipo_ledger.clock_micros() RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'",
        "ALTER FUNCTION ipo_ledger.recording_time() RENAME TO mine",
        "DROP SCHEMA ipo_ledger CASCADE",
        "SET ROLE ipo_ledger_owner",
        "GRANT ipo_ledger_owner TO CURRENT_USER",
        "SET session_replication_role = replica",
    ],
)
def test_the_server_refuses_a_writer(place: PostgresPlace, writer: PostgresPlace, statement: str) -> None:
    before = place.dump()

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.run(statement)

    assert place.dump() == before


@pytest.mark.parametrize("table", ["stored_events", "answers"])
def test_even_a_superuser_cannot_truncate_by_mistake(place: PostgresPlace, table: str) -> None:
    before = place.dump()

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        place.run(f"TRUNCATE ipo_ledger.{table}")

    assert place.dump() == before


def test_the_head_never_moves_back(place: PostgresPlace, writer: PostgresPlace) -> None:
    before = place.dump()

    with pytest.raises(psycopg.errors.RaiseException, match="never moves back"):
        writer.run("UPDATE ipo_ledger.head SET position = position - 1")

    assert place.dump() == before


def test_the_server_stamps_what_a_writer_inserts_by_hand(place: PostgresPlace, writer: PostgresPlace) -> None:
    writer.run(f"INSERT INTO ipo_ledger.stored_events {EVENT}) VALUES (2, 'hq', 2, 'x', '')")

    found = place.run(
        "SELECT e.recorded_at = h.recorded_at, e.db_role FROM ipo_ledger.stored_events e, ipo_ledger.head h "
        "WHERE e.position = 2"
    )
    assert found == [(True, name_of(writer))]


def test_who_acts_as_another_role_is_still_recorded_as_themselves(place: PostgresPlace, writer: PostgresPlace) -> None:
    insert = f"INSERT INTO ipo_ledger.stored_events {EVENT}) VALUES (2, 'hq', 2, 'x', '')"
    writer.run(f"SET ROLE ipo_ledger_writer; {insert}")

    assert place.run("SELECT db_role FROM ipo_ledger.stored_events WHERE position = 2") == [(name_of(writer),)]


def test_an_auditor_reads_and_does_not_write(place: PostgresPlace, auditor: PostgresPlace) -> None:
    store = auditor.store()
    before = place.dump()

    with store.reading() as reading:
        assert [fact.system for fact in reading.facts()] == ["hq"]
        assert reading.system("hq") is not None
        assert reading.answer_to("c") == KnownAnswer("f", b"{}")
    with pytest.raises(NoRights, match="permission denied") as refused, store.writing():
        pass

    assert "ipo_ledger_writer" in refused.value.hint
    assert place.dump() == before


def test_an_auditor_may_change_nothing(place: PostgresPlace, auditor: PostgresPlace) -> None:
    for table in place.tables():
        for statement in (f"DELETE FROM ipo_ledger.{table}", f"INSERT INTO ipo_ledger.{table} DEFAULT VALUES"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                auditor.run(statement)


def test_a_stranger_sees_nothing(place: PostgresPlace) -> None:
    with person(place) as stranger:
        store = stranger.store()

        for transaction in (store.reading, store.writing):
            with pytest.raises(NoRights, match="permission denied for schema"), transaction():
                pass
        with pytest.raises(NoRights):
            store.create()


def test_making_what_is_made_needs_no_rights(writer: PostgresPlace, auditor: PostgresPlace) -> None:
    assert not writer.store().create()
    assert not auditor.store().create()


def test_who_may_not_make_a_ledger_is_told_who_may(postgres_url: str) -> None:
    place = PostgresPlace(postgres_url)

    with person(place) as stranger, pytest.raises(NoRights, match=r"permission denied|admin option") as refused:
        stranger.store().create()

    assert "administrator" in refused.value.hint
    assert "CREATEROLE" in refused.value.hint
    assert place.run("SELECT FROM pg_namespace WHERE nspname = 'ipo_ledger'") == []


def test_rights_are_these_and_no_others(place: PostgresPlace) -> None:
    owners = place.run("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'ipo_ledger'")
    logins = place.run("SELECT rolname FROM pg_roles WHERE rolname LIKE 'ipo\\_ledger\\_%r' AND rolcanlogin")
    tables = place.run(
        "SELECT table_name, grantee, privilege_type FROM information_schema.table_privileges "
        "WHERE table_schema = 'ipo_ledger' AND grantee <> 'ipo_ledger_owner'"
    )
    columns = place.run(
        "SELECT table_name, column_name, privilege_type FROM information_schema.column_privileges "
        "WHERE table_schema = 'ipo_ledger' AND grantee = 'ipo_ledger_writer' AND privilege_type <> 'SELECT' "
        "AND table_name IN ('head', 'stored_events', 'checkpoints')"
    )

    kept = {table.name for table in READ_MODEL}
    assert owners == [("ipo_ledger_owner",)]
    assert logins == []
    assert set(tables) == {
        *((t, grantee, "SELECT") for t in place.tables() for grantee in ("ipo_ledger_writer", "ipo_ledger_auditor")),
        *((t, "ipo_ledger_writer", privilege) for t in kept for privilege in ("INSERT", "UPDATE", "DELETE")),
        ("answers", "ipo_ledger_writer", "INSERT"),
        ("tree_nodes", "ipo_ledger_writer", "INSERT"),
    }
    assert set(columns) == {
        ("head", "position", "UPDATE"),
        ("head", "frontier", "UPDATE"),
        ("checkpoints", "size", "INSERT"),
        ("checkpoints", "note", "INSERT"),
        *(
            ("stored_events", column, "INSERT")
            for column in ("position", "originator_id", "originator_version", "topic", "state")
        ),
    }

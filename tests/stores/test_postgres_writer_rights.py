"""What a writer cannot do to the tree, the checkpoints and what guards them, whatever program they use."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

import ipo_ledger
from ipo_ledger.evidence.notes import Checkpoint, Note, SigningKey
from tests.stores.people import name_of, person
from tests.stores.places import PostgresPlace

KEY = SigningKey.of("hq.example/desk-moves", bytes(range(32)))
EVENT = "(position, originator_id, originator_version, topic, state)"


@pytest.fixture
def place(postgres_ledger_url: str) -> Iterator[PostgresPlace]:
    """Return a ledger that a superuser made, with one system, a node of the tree, and a checkpoint."""
    place = PostgresPlace(postgres_ledger_url)
    place.ledger()
    with ipo_ledger.open(postgres_ledger_url, actor="ana") as ledger:
        ledger.add_system("hq", release="11", timezone="UTC")
        ledger.checkpoint(KEY)
    place.run("INSERT INTO ipo_ledger.tree_nodes VALUES (8, 1000, '')")
    yield place
    place.close()


@pytest.fixture
def writer(place: PostgresPlace) -> Iterator[PostgresPlace]:
    """Return the ledger as somebody sees it who is granted ipo_ledger_writer, and nothing else."""
    with person(place, "ipo_ledger_writer") as seen:
        yield seen


EVIDENCE = ("tree_nodes", "checkpoints")
EVERY_TABLE = (
    "DELETE FROM ipo_ledger.{}",
    "TRUNCATE ipo_ledger.{}",
    "DROP TABLE ipo_ledger.{}",
    "ALTER TABLE ipo_ledger.{} DISABLE TRIGGER USER",
    "ALTER TABLE ipo_ledger.{} RENAME TO mine",
    "ALTER TABLE ipo_ledger.{} OWNER TO CURRENT_USER",
)
FORBIDDEN = {
    "to rewrite the evidence": (
        *(statement.format(table) for table in EVIDENCE for statement in EVERY_TABLE),
        "UPDATE ipo_ledger.tree_nodes SET hash = ''",
        "UPDATE ipo_ledger.checkpoints SET note = ''",
        "INSERT INTO ipo_ledger.tree_nodes VALUES (8, 1000, '') ON CONFLICT (level, place) DO UPDATE SET hash = 'x'",
        "INSERT INTO ipo_ledger.checkpoints (size, note, made_at) VALUES (1, '', 0)",
        (
            "INSERT INTO ipo_ledger.checkpoints (size, note) VALUES (1, '') "
            "ON CONFLICT (size, note) DO UPDATE SET note = 'x'"
        ),
    ),
    "to take the guards away": (
        "DROP TRIGGER tree_nodes_append_only ON ipo_ledger.tree_nodes",
        "DROP TRIGGER head_stamped ON ipo_ledger.head",
        "ALTER TABLE ipo_ledger.stored_events DISABLE TRIGGER stored_events_append_only",
        "ALTER TABLE ipo_ledger.head DISABLE TRIGGER head_stamped",
        "ALTER TABLE ipo_ledger.stored_events ALTER COLUMN recorded_at SET DEFAULT 0",
        "DROP FUNCTION ipo_ledger.refuse_rewriting() CASCADE",
        "SET SESSION AUTHORIZATION ipo_ledger_owner",
        "ALTER ROLE CURRENT_USER SET session_replication_role = replica",
        "SET LOCAL session_replication_role = replica",
        "ALTER SYSTEM SET session_replication_role = replica",
        "ALTER DEFAULT PRIVILEGES FOR ROLE ipo_ledger_owner GRANT ALL ON TABLES TO PUBLIC",
        "ALTER SCHEMA ipo_ledger RENAME TO mine",
    ),
    "to put something of their own in the way": (
        (
            "CREATE TRIGGER mine BEFORE INSERT ON ipo_ledger.stored_events "
            "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
        "CREATE RULE mine AS ON INSERT TO ipo_ledger.stored_events DO INSTEAD NOTHING",
        "CREATE POLICY mine ON ipo_ledger.stored_events USING (false)",
        "CREATE INDEX mine ON ipo_ledger.stored_events (topic)",
        "CREATE FUNCTION ipo_ledger.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        (
            "CREATE OR REPLACE FUNCTION ipo_ledger.stamp_head() RETURNS trigger "
            "LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        ),
        "CREATE SCHEMA mine",
        "BEGIN; LOCK TABLE ipo_ledger.stored_events IN ACCESS EXCLUSIVE MODE",
    ),
    "to reach behind the tables": (
        "COPY ipo_ledger.stored_events TO '/tmp/ledger'",
        "COPY ipo_ledger.answers FROM PROGRAM 'true'",
        "SELECT pg_catalog.pg_read_file('PG_VERSION')",
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_server_does_not_let_a_writer(what: str, place: PostgresPlace, writer: PostgresPlace) -> None:
    before = place.dump()

    for statement in FORBIDDEN[what]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            writer.run(statement)

    assert place.dump() == before


def test_a_writer_has_no_right_to_hand_on(place: PostgresPlace, writer: PostgresPlace) -> None:
    """PostgreSQL only warns of it."""
    writer.run("GRANT UPDATE, DELETE, INSERT ON ipo_ledger.stored_events TO PUBLIC, CURRENT_USER")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.run("UPDATE ipo_ledger.stored_events SET topic = 'x'")


def test_what_a_writer_has_in_their_own_session_does_not_change_the_stamps(
    place: PostgresPlace, writer: PostgresPlace
) -> None:
    """Their own search path, and tables and functions called as ours are."""
    writer.run(
        "CREATE TEMP TABLE head AS SELECT 0::bigint AS recorded_at; "
        "CREATE FUNCTION pg_temp.clock_micros() RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'; "
        "SET search_path = pg_temp; "
        "UPDATE ipo_ledger.head SET position = position + 1; "
        f"INSERT INTO ipo_ledger.stored_events {EVENT} VALUES (2, 'hq', 2, 'x', '')"
    )

    ((stamped, role),) = place.run(
        "SELECT e.recorded_at = h.recorded_at AND e.recorded_at > 0, e.db_role "
        "FROM ipo_ledger.stored_events e, ipo_ledger.head h WHERE e.position = 2"
    )
    assert (stamped, role) == (True, name_of(writer))


@pytest.mark.parametrize("table", ["stored_events", "answers", *EVIDENCE])
def test_the_guards_also_hold_where_ordinary_triggers_are_off(place: PostgresPlace, table: str) -> None:
    """As in a session that plays a replica's part, which only a superuser can begin."""
    for statement in ("DELETE FROM", "TRUNCATE"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            place.run(f"SET session_replication_role = replica; {statement} ipo_ledger.{table}")


def test_the_head_does_not_move_back_there_either(place: PostgresPlace) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="never moves back"):
        place.run("SET session_replication_role = replica; UPDATE ipo_ledger.head SET position = 0")


# --- checkpoints -------------------------------------------------------------------------------------------


def test_a_writer_signs_and_the_ledger_keeps_it(place: PostgresPlace, writer: PostgresPlace) -> None:
    with ipo_ledger.open(writer.url, actor="ben") as ledger:
        ledger.system().set(release="12")
        found = ledger.checkpoint(KEY)

    assert found.kept
    assert place.run("SELECT size, note FROM ipo_ledger.checkpoints ORDER BY size DESC LIMIT 1") == [(2, found.note)]
    assert place.run("SELECT count(*) FROM ipo_ledger.checkpoints WHERE made_at = 0") == [(0,)]


def test_an_auditor_signs_and_is_told_that_the_ledger_does_not_keep_it(place: PostgresPlace) -> None:
    other = SigningKey.of("audit.example", bytes(32))
    before = place.dump()

    with person(place, "ipo_ledger_auditor") as auditor, ipo_ledger.open(auditor.url, actor="eve") as ledger:
        found = ledger.checkpoint(other)
        proof = ledger.prove(1, key=other)

    assert Note.read(found.note).verify([other.verifier])
    assert Checkpoint.read(Note.read(found.note).text).size == 1
    assert not found.kept
    assert "permission denied" in (found.not_kept or "")
    assert proof.evidence
    assert place.dump() == before


# --- what is said of rights --------------------------------------------------------------------------------


def told(place: PostgresPlace) -> tuple[tuple[str, ...], str]:
    """Return the rights of whoever sees the ledger so, and what is more than they need."""
    with ipo_ledger.open(place.url) as ledger:
        found = ledger.store()
    assert found.role == name_of(place)
    assert (found.kind, found.mode, found.position) == ("postgresql", None, 1)
    assert found.size is not None
    assert found.size > 8192
    return found.rights, "; ".join(warning.message for warning in found.warnings)


@pytest.mark.parametrize(
    ("role", "rights"), [("ipo_ledger_writer", ("read", "append")), ("ipo_ledger_auditor", ("read",))]
)
def test_who_has_what_they_need_is_not_warned(role: str, rights: tuple[str, ...], place: PostgresPlace) -> None:
    with person(place, role) as somebody:
        assert told(somebody) == (rights, "")


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        ("ALTER ROLE {} SUPERUSER", "superuser"),
        ("ALTER ROLE {} CREATEROLE", "CREATEROLE"),
        ("GRANT ipo_ledger_owner TO {}", "ipo_ledger_owner"),
        ("GRANT CREATE ON SCHEMA ipo_ledger TO {}", "CREATE in the schema"),
        ("GRANT UPDATE, DELETE ON ipo_ledger.stored_events TO {}", "it may UPDATE, DELETE stored_events"),
        ("GRANT UPDATE (state) ON ipo_ledger.stored_events TO {}", "it may UPDATE stored_events"),
        ("GRANT TRUNCATE ON ipo_ledger.checkpoints TO {}", "it may TRUNCATE checkpoints"),
        ("GRANT TRIGGER ON ipo_ledger.tree_nodes TO {}", "it may TRIGGER tree_nodes"),
        ("GRANT DELETE ON ipo_ledger.answers TO {}", "it may DELETE answers"),
        ("GRANT INSERT ON ipo_ledger.stored_events TO {}", "times or database roles of its own choice"),
        ("GRANT pg_write_all_data TO {}", "it may UPDATE, DELETE stored_events"),
        ("GRANT pg_execute_server_program TO {}", "on the server"),
    ],
)
def test_who_has_more_than_they_need_is_warned(grant: str, said: str, place: PostgresPlace) -> None:
    with person(place, "ipo_ledger_writer") as somebody:
        place.run(grant.format(name_of(somebody)))

        _, excess = told(somebody)

    assert said in excess


def test_the_owner_of_the_database_is_warned(place: PostgresPlace) -> None:
    (database,) = place.run(
        "SELECT current_database(), datdba::regrole::text FROM pg_database WHERE datname = current_database()"
    )
    with person(place, "ipo_ledger_writer") as somebody:
        place.run(f"ALTER DATABASE {database[0]} OWNER TO {name_of(somebody)}")
        try:
            _, excess = told(somebody)
        finally:
            place.run(f"ALTER DATABASE {database[0]} OWNER TO {database[1]}")

    assert "owner of the database" in excess

"""Making a ledger on a server of its own, where nobody has made the roles yet; on each PostgreSQL of this machine."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from ipo_ledger.adapters.store.faults import NoLedgerYet, NoRights, NotALedger
from tests.postgres_server import Server
from tests.stores.people import name_of, person
from tests.stores.places import PostgresPlace
from tests.stores.stored_story import a_stored_site, note


def _database(server: Server) -> PostgresPlace:
    return PostgresPlace(server.create_database(f"db_{uuid.uuid4().hex[:8]}"))


def test_who_may_make_roles_makes_a_ledger_and_is_then_a_writer_like_others(
    own_postgres: Server, request: pytest.FixtureRequest
) -> None:
    place = _database(own_postgres)
    with person(place, attributes="CREATEROLE") as maker:
        place.run(f"GRANT CREATE ON DATABASE {place.run('SELECT current_database()')[0][0]} TO {name_of(maker)}")
        store = maker.store()
        assert store.create()
        a_stored_site(store, 3)

        for statement in ("DELETE FROM ipo_ledger.stored_events", "ALTER TABLE ipo_ledger.seats ADD mine text"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                maker.run(statement)
        assert place.run("SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid "
                         "JOIN pg_roles w ON w.oid = m.member WHERE r.rolname = 'ipo_ledger_owner' "
                         "AND pg_has_role(w.oid, r.oid, 'USAGE')") == [(0,)]  # fmt: skip

        request.getfixturevalue("next_release")
        assert maker.store().create()
        note(maker.store(), "branch")
        owned = place.run("SELECT tableowner FROM pg_tables WHERE tablename = 'more'")
        assert owned == [("ipo_ledger_owner",)]
        store.close()
        place.run("DROP SCHEMA ipo_ledger CASCADE")
        place.run("DROP OWNED BY ipo_ledger_owner, ipo_ledger_writer, ipo_ledger_auditor")
        place.run("DROP ROLE ipo_ledger_owner, ipo_ledger_writer, ipo_ledger_auditor")


def test_an_administrator_can_prepare_the_roles_for_one_who_may_make_none(own_postgres: Server) -> None:
    place = _database(own_postgres)
    _database(own_postgres).ledger()  # whoever made another ledger on this server made its roles
    with person(place, "ipo_ledger_owner") as maker:
        place.run(f"GRANT CREATE ON DATABASE {place.run('SELECT current_database()')[0][0]} TO {name_of(maker)}")

        assert maker.store().create()

        note(maker.store(), "hq")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            maker.run("DELETE FROM ipo_ledger.stored_events")
        place.run("DROP SCHEMA ipo_ledger CASCADE")


def test_ledgers_made_at_the_same_moment_in_many_databases_share_their_roles(own_postgres: Server) -> None:
    places = [_database(own_postgres) for _ in range(8)]

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda place: place.store().create(), places))

    assert made == [True] * 8
    for place in places:
        note(place.ledger(), "hq")
        place.close()


def test_who_may_make_roles_but_no_schema_is_told_so(own_postgres: Server) -> None:
    place = _database(own_postgres)

    with person(place, attributes="CREATEROLE") as maker, pytest.raises(NoRights, match="denied for database"):
        maker.store().create()

    assert place.run("SELECT FROM pg_roles WHERE rolname LIKE 'ipo\\_ledger\\_owner'") == []


def test_the_schema_of_another_program_is_left_alone(postgres_url: str) -> None:
    place = PostgresPlace(postgres_url)
    place.run("CREATE SCHEMA ipo_ledger")
    place.run("CREATE TABLE ipo_ledger.ledger AS SELECT 'theirs' AS whose")
    store = place.store()

    for transaction in (store.reading, store.writing):
        with pytest.raises(NotALedger, match="another program"), transaction():
            pass
    with pytest.raises(NotALedger, match="another program"):
        store.create()

    assert place.tables() == ["ledger"]
    place.close()


@pytest.mark.parametrize("columns", ["version text", "number bigint, name text"])
def test_a_table_of_our_name_and_another_shape_is_no_ledger(postgres_url: str, columns: str) -> None:
    place = PostgresPlace(postgres_url)
    place.run("CREATE SCHEMA ipo_ledger")
    place.run(f"CREATE TABLE ipo_ledger.schema_migrations ({columns})")

    with pytest.raises(NotALedger), place.store().reading():
        pass

    place.close()


def test_an_empty_schema_is_a_place_for_a_ledger(postgres_url: str, tmp_path: Path) -> None:
    place = PostgresPlace(postgres_url)
    place.run("CREATE SCHEMA ipo_ledger")

    with pytest.raises(NoLedgerYet), place.store().reading():
        pass
    assert place.store().create()

    note(place.ledger(), "hq")
    place.close()

"""What is said when PostgreSQL cannot be reached, or lets nobody in: the right class, and never a password."""

from __future__ import annotations

import traceback
from urllib.parse import urlsplit

import psycopg
import pytest

from ipo_ledger.adapters.postgres.failures import refused as refused_connection
from ipo_ledger.adapters.postgres.store import PostgresStore
from ipo_ledger.adapters.store.faults import (
    NoDatabase,
    NoRights,
    NotLetIn,
    StoreUnreachable,
)
from ipo_ledger.errors import StoreUnusable
from tests.postgres_server import Server
from tests.stores.people import PASSWORD, person
from tests.stores.places import AnyStore, PostgresPlace
from tests.stores.stored_story import note


def _fails(store: AnyStore, kind: type[StoreUnusable], saying: str) -> StoreUnusable:
    for transaction in (store.reading, store.writing):
        with pytest.raises(kind, match=saying) as refused, transaction():
            pass
    with pytest.raises(kind, match=saying):
        store.create()
    told = "".join(traceback.format_exception(refused.value))
    assert "s3cr3t" not in told + refused.value.hint
    assert PASSWORD not in told + refused.value.hint
    return refused.value


def test_a_server_that_is_not_there_is_named() -> None:
    store = PostgresStore("postgresql://ana:s3cr3t@127.0.0.1:1/ledger")

    fault = _fails(store, StoreUnreachable, r'connection to server at "127\.0\.0\.1", port 1 failed')

    assert "\n" not in fault.message


def test_a_socket_that_is_not_there_is_named() -> None:
    _fails(PostgresStore("postgresql:///ledger?host=/nowhere"), StoreUnreachable, r"/nowhere/\.s\.PGSQL")


def test_all_servers_that_are_not_there_are_named() -> None:
    store = PostgresStore("postgresql://ana:s3cr3t@127.0.0.1:1,127.0.0.1:2/ledger")

    fault = _fails(store, StoreUnreachable, "port 1 failed: .*; .*port 2 failed: ")

    assert "\n" not in fault.message


def test_of_several_servers_the_one_that_answers_is_used(postgres_ledger: PostgresPlace) -> None:
    parts = urlsplit(postgres_ledger.url)
    user, at, host = parts.netloc.rpartition("@")
    both = parts._replace(netloc=f"{user}{at}127.0.0.1:1,{host}", query="target_session_attrs=read-write").geturl()
    store = PostgresStore(both)

    note(store, "hq")

    assert store.url == both
    store.close()


def test_a_missing_database_is_named(postgres_ledger: PostgresPlace) -> None:
    missing = PostgresStore(urlsplit(postgres_ledger.url)._replace(path="/no_such_database").geturl())

    fault = _fails(missing, NoDatabase, 'database "no_such_database" does not exist')

    assert "createdb" in fault.hint


def test_an_unknown_user_is_not_let_in(postgres_ledger: PostgresPlace) -> None:
    parts = urlsplit(postgres_ledger.url)
    host = parts.netloc.rpartition("@")[2]
    store = PostgresStore(parts._replace(netloc=f"no_such_user:s3cr3t@{host}").geturl())

    _fails(store, NotLetIn, "no_such_user")


def test_a_wrong_or_missing_password_is_not_let_in(own_postgres_ledger: PostgresPlace, own_postgres: Server) -> None:
    with person(own_postgres_ledger, "ipo_ledger_writer") as seen:
        rules = own_postgres.data / "pg_hba.conf"
        trusting = rules.read_text("utf-8")
        rules.write_text(f"host all postgres all trust\nhost all all all scram-sha-256\n{trusting}", "utf-8")
        own_postgres_ledger.run("SELECT pg_reload_conf()")
        own_postgres_ledger.run("SELECT pg_sleep(0.1)")
        user, _, rest = seen.url.removeprefix("postgresql://").partition(":")
        host = rest.rpartition("@")[2]

        note(seen.store(), "hq")
        _fails(PostgresStore(f"postgresql://{user}:s3cr3t@{host}"), NotLetIn, "password authentication failed")
        _fails(PostgresStore(f"postgresql://{user}@{host}"), NotLetIn, "no password supplied")


def test_a_refusal_in_another_language_is_told_in_its_own_words() -> None:
    said = 'connection failed: connection to server at "db", port 5432 failed: FATAL:  Datenbank »x« existiert nicht'

    fault = refused_connection(psycopg.OperationalError(said), "postgresql://db/x")

    assert isinstance(fault, StoreUnreachable)
    assert fault.message.endswith("Datenbank »x« existiert nicht.")


def test_who_may_not_connect_has_no_rights(postgres_ledger: PostgresPlace) -> None:
    database = postgres_ledger.run("SELECT current_database()")[0][0]
    postgres_ledger.run(f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")

    with person(postgres_ledger) as stranger:
        _fails(stranger.store(), NoRights, "permission denied for database")


def test_a_ledger_is_reached_over_a_socket(own_postgres_ledger: PostgresPlace, own_postgres: Server) -> None:
    store = PostgresStore(own_postgres.socket_url("ledger"))

    note(store, "hq")

    assert store.url == own_postgres.socket_url("ledger")
    store.close()


def test_the_server_is_told_who_calls(postgres_ledger: PostgresPlace) -> None:
    store = postgres_ledger.store()
    with store.reading():
        found = postgres_ledger.run("SELECT application_name FROM pg_stat_activity WHERE datname = current_database()")

    assert ("ipo-ledger",) in found

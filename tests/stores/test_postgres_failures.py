"""What is said when PostgreSQL fails in the middle, and what is recorded then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from ipo_ledger.adapters.store.faults import (
    CommitUnknown,
    ConnectionLost,
    DamagedLedger,
    StoreFailed,
    StoreReadOnly,
    StoreUnreachable,
)
from ipo_ledger.application.ports.rows import KnownAnswer
from tests.postgres_server import Server
from tests.stores.places import PostgresPlace
from tests.stores.stored_story import a_stored_site, note

KILL_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ipo-ledger'"


# --- lost ---------------------------------------------------------------------------------------------------


def test_a_connection_that_died_between_transactions_is_opened_again(postgres_ledger: PostgresPlace) -> None:
    store = postgres_ledger.ledger()
    note(store, "hq")

    for transaction in (store.reading, store.writing):
        postgres_ledger.run(f"{KILL_OTHERS} AND datname = current_database()")
        with transaction() as look:
            assert look.head().position == 1


def test_a_restarted_server_is_found_again(own_postgres_ledger: PostgresPlace, own_postgres: Server) -> None:
    store = own_postgres_ledger.ledger()
    note(store, "hq")

    own_postgres.kill()
    with pytest.raises(StoreUnreachable), store.reading():
        pass
    own_postgres.start()

    note(store, "hq")
    with store.reading() as reading:
        assert reading.head().position == 2


def test_a_connection_lost_inside_a_transaction_leaves_nothing(postgres_ledger: PostgresPlace) -> None:
    store = postgres_ledger.ledger()
    before = postgres_ledger.dump()

    def lose() -> None:
        with store.writing() as writing:
            writing.remember_answer("c", KnownAnswer("f", b"{}"))
            postgres_ledger.run(f"{KILL_OTHERS} AND datname = current_database()")
            writing.remember_answer("d", KnownAnswer("f", b"{}"))

    with pytest.raises(StoreUnreachable, match="the connection was lost"):
        lose()

    assert postgres_ledger.dump() == before
    note(store, "hq")


def test_a_connection_lost_before_the_commit_arrives_has_recorded_nothing(postgres_ledger: PostgresPlace) -> None:
    store = postgres_ledger.ledger()
    before = postgres_ledger.dump()

    def lose() -> None:
        with store.writing() as writing:
            writing.remember_answer("c", KnownAnswer("f", b"{}"))
            postgres_ledger.run(f"{KILL_OTHERS} AND datname = current_database()")

    with pytest.raises(ConnectionLost) as refused:
        lose()

    assert "Nothing of this command was recorded" in refused.value.hint
    assert postgres_ledger.dump() == before
    note(store, "hq")


@pytest.mark.parametrize("how", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_commit_that_a_standby_did_not_confirm_is_not_called_done(
    own_postgres_ledger: PostgresPlace, own_postgres: Server, how: str
) -> None:
    store = own_postgres_ledger.store(busy_seconds=0.5)
    own_postgres_ledger.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    own_postgres_ledger.run("SELECT pg_reload_conf()")
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'ipo-ledger'"

    with ThreadPoolExecutor(1) as thread:
        commit = thread.submit(note, store, "hq")
        while not own_postgres_ledger.run(waiting):
            assert not commit.done()
        own_postgres_ledger.run(f"SELECT {how}(pid) FROM ({waiting}) w")

        with pytest.raises(CommitUnknown, match="may be recorded, or not"):
            commit.result(30)


@pytest.mark.parametrize("transaction", ["reading", "writing"])
def test_who_interrupts_at_the_commit_can_go_on(
    transaction: str, postgres_ledger: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = postgres_ledger.ledger()
    note(store, "hq")
    execute = psycopg.Connection.execute

    def interrupted(connection: psycopg.Connection, query: Any, *given: Any, **more: Any) -> object:
        if query == "COMMIT":
            raise KeyboardInterrupt
        return execute(connection, query, *given, **more)

    with monkeypatch.context() as pressed:
        pressed.setattr(psycopg.Connection, "execute", interrupted)
        with pytest.raises(KeyboardInterrupt), getattr(store, transaction)() as begun:
            begun.head()

    note(store, "other")
    with store.reading() as reading:
        assert [fact.system for fact in reading.facts()] == ["hq", "other"]


def test_a_swallowed_failure_does_not_pass_for_a_commit(postgres_ledger: PostgresPlace) -> None:
    store = postgres_ledger.ledger()
    before = postgres_ledger.dump()

    def swallow() -> None:
        with store.writing() as writing:
            writing.remember_answer("c", KnownAnswer("f", b"{}"))
            with suppress(psycopg.errors.UniqueViolation):
                writing.remember_answer("c", KnownAnswer("f", b"{}"))

    with pytest.raises(StoreFailed, match="took back"):
        swallow()

    assert postgres_ledger.dump() == before
    note(store, "hq")


# --- otherwise ----------------------------------------------------------------------------------------------


def test_a_standby_is_read_and_not_written(own_postgres_ledger: PostgresPlace, own_postgres: Server) -> None:
    store = own_postgres_ledger.ledger()
    note(store, "hq")
    own_postgres.stop()
    (own_postgres.data / "standby.signal").touch()
    own_postgres.start()

    with store.reading() as reading:
        assert [fact.system for fact in reading.facts()] == ["hq"]
        assert reading.now() is not None
    with pytest.raises(StoreReadOnly, match="standby") as refused, store.writing():
        pass

    assert "target_session_attrs=read-write" in refused.value.hint
    assert not store.create()


def test_a_database_set_to_read_only_is_said_to_be(postgres_ledger: PostgresPlace) -> None:
    database = postgres_ledger.run("SELECT current_database()")[0][0]
    postgres_ledger.run(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    store = postgres_ledger.store()

    with store.reading() as reading:
        assert reading.head().position == 0
    with pytest.raises(StoreReadOnly), store.writing():
        pass


def test_a_ledger_that_lost_a_table_is_damaged(postgres_ledger: PostgresPlace) -> None:
    store = postgres_ledger.ledger()
    postgres_ledger.run("DROP TABLE ipo_ledger.head")

    for transaction in (store.reading, store.writing):
        with pytest.raises(DamagedLedger, match=r"ipo_ledger\.head"), transaction():
            pass


def test_settings_of_the_database_change_nothing(postgres_ledger: PostgresPlace) -> None:
    database = postgres_ledger.run("SELECT current_database()")[0][0]
    for setting in (
        "default_transaction_isolation = serializable",
        "search_path = nowhere",
        "timezone = 'Asia/Kathmandu'",
        "bytea_output = escape",
        "standard_conforming_strings = off",
        "lock_timeout = 1",
        "default_transaction_deferrable = on",
    ):
        postgres_ledger.run(f"ALTER DATABASE {database} SET {setting}")
    store = postgres_ledger.store()

    a_stored_site(store, 3)

    with store.reading() as reading:
        assert reading.head().position == len(list(reading.facts())) == 10

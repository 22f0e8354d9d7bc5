"""The tests' own PostgreSQL servers do what the other tests rely on."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres_home import UnusableServer, made_once, session_home
from tests.postgres_installations import (
    BIN_VARIABLE,
    WHEEL,
    Installation,
    found_installations,
    must_fail_without_server,
)
from tests.postgres_reachable import ReachableServer
from tests.postgres_server import Server

AS_ROOT = sys.platform != "win32" and os.geteuid() == 0


def asked(url: str, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def told(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_server_answers_over_tcp_and_over_its_socket(own_postgres: Server) -> None:
    assert asked(own_postgres.url("postgres"), "SELECT 1") == [(1,)]
    if sys.platform != "win32":
        assert asked(own_postgres.socket_url("postgres"), "SELECT 1") == [(1,)]


def test_a_server_is_of_the_version_its_installation_tells(own_postgres: Server) -> None:
    major, minor = own_postgres.installation.version

    number = asked(own_postgres.url("postgres"), "SELECT current_setting('server_version_num')::int")

    assert number == [(major * 10_000 + minor,)]


def test_committed_rows_survive_a_kill_and_open_transactions_do_not(own_postgres: Server) -> None:
    url = own_postgres.create_database("ledger")
    told(url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (0)")
    sessions = [psycopg.connect(url) for _ in range(8)]
    for n, session in enumerate(sessions, start=1):
        session.execute("INSERT INTO kept VALUES (%s)", [n])

    own_postgres.kill()

    assert not own_postgres.running
    for session in sessions:
        with pytest.raises(psycopg.OperationalError):
            session.commit()
        session.close()
    own_postgres.restart()
    assert asked(url, "SELECT n FROM kept") == [(0,)]


def test_a_server_comes_back_at_its_url_however_often_it_is_killed_at_work(own_postgres: Server) -> None:
    url = own_postgres.url("postgres")
    told(url, "CREATE TABLE kept (n int)")

    for n in range(5):
        told(url, f"INSERT INTO kept VALUES ({n})")
        sessions = [psycopg.connect(url) for _ in range(8)]
        own_postgres.kill()
        own_postgres.restart()
        for session in sessions:
            session.close()

    assert asked(url, "SELECT count(*) FROM kept") == [(5,)]


@pytest.mark.skipif(sys.platform == "win32", reason="no root there")
def test_a_server_never_runs_as_root(own_postgres: Server) -> None:
    written_by_the_server = own_postgres.data / "postmaster.pid"

    assert written_by_the_server.stat().st_uid != 0


def test_a_url_for_another_role_logs_in_as_that_role(own_postgres: Server) -> None:
    told(own_postgres.url("postgres"), 'CREATE ROLE "an auditor" LOGIN')

    who = asked(own_postgres.url("postgres", user="an auditor"), "SELECT session_user")

    assert who == [("an auditor",)]


def test_a_test_can_change_every_setting(own_postgres: Server) -> None:
    url = own_postgres.url("postgres")
    assert asked(url, "SELECT name FROM pg_settings WHERE source = 'command line'") == []

    told(url, "ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET timezone = 'Asia/Kolkata'")
    own_postgres.restart()

    assert asked(url, "SELECT current_setting('fsync'), current_setting('timezone')") == [("on", "Asia/Kolkata")]


def test_settings_can_be_given_and_acknowledged_commits_are_always_written(
    postgres_installation: Installation, postgres_home: Path
) -> None:
    with Server(postgres_installation, postgres_home, fsync=True, settings={"application_name": "it's"}) as server:
        names = ("fsync", "full_page_writes", "synchronous_commit", "application_name")
        settings = asked(
            server.url("postgres"),
            f"SELECT name, reset_val FROM pg_settings WHERE name IN {names} ORDER BY name",
        )

    assert settings == [
        ("application_name", "it's"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
    ]
    assert not server.folder.exists()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing_behind(
    postgres_installation: Installation, postgres_home: Path
) -> None:
    server = Server(postgres_installation, postgres_home, settings={"max_connections": "none"})

    with pytest.raises(UnusableServer, match='invalid value for parameter "max_connections"'), server:
        pass

    assert not server.running
    assert not server.folder.exists()


@pytest.fixture
def other_home() -> Iterator[Path]:
    """A home beside the session's, with no template yet."""
    with session_home() as home:
        yield home


@pytest.mark.skipif(not AS_ROOT, reason="only root's folders are closed to the servers' account")
def test_a_wheel_in_a_closed_folder_is_copied_to_where_the_server_can_execute_it(
    tmp_path: Path, other_home: Path
) -> None:
    wheels = [installation for installation in found_installations({}) if installation.origin == WHEEL]
    if not wheels:
        pytest.skip("the wheel is not installed")
    package = wheels[0].bin.parents[1]
    tmp_path.chmod(0o700)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, tmp_path / folder.name)
    closed = Installation(tmp_path / package.name / "pginstall" / "bin", wheels[0].version, WHEEL)

    with Server(closed, other_home) as server:
        assert asked(server.url("postgres"), "SELECT 1") == [(1,)]
        assert server.installation.bin.is_relative_to(other_home)


@pytest.fixture
def unused() -> str:
    """A name that no database has: a server that was named by its DSN serves several processes."""
    return f"ipo ledger test {uuid.uuid4()}"


def test_each_test_gets_an_empty_database(postgres_server: ReachableServer, postgres_url: str, unused: str) -> None:
    told(postgres_server.create_database(unused), "CREATE TABLE of_another_test (n int)")

    tables = asked(postgres_url, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")

    assert tables == []
    postgres_server.drop_database(unused)


def test_a_database_is_dropped_with_its_sessions(postgres_server: ReachableServer, unused: str) -> None:
    with psycopg.connect(postgres_server.create_database(unused)):
        postgres_server.drop_database(unused)

    assert asked(postgres_server.dsn, f"SELECT 1 FROM pg_database WHERE datname = '{unused}'") == []


def test_a_server_that_is_reached_by_its_dsn_alone_serves_as_well(postgres_server: ReachableServer) -> None:
    named = ReachableServer(postgres_server.dsn)

    named.check()

    assert asked(named.url("template1"), "SELECT current_database()") == [("template1",)]


@pytest.mark.parametrize(
    ("dsn", "user", "expected"),
    [
        (
            "postgresql://me:secret@db:5433/x?sslmode=require",
            None,
            "postgresql://me:secret@db:5433/a%20b?sslmode=require",
        ),
        ("postgresql://me:secret@db:5433/x", "o'b@c", "postgresql://o%27b%40c@db:5433/a%20b"),
        ("postgresql://one:1,two:2/x", None, "postgresql://one:1,two:2/a%20b"),
        ("postgresql:///x?host=/run/sockets", "me", "postgresql://me@/a%20b?host=/run/sockets"),
    ],
)
def test_a_url_keeps_what_its_dsn_says_about_the_server(dsn: str, user: str | None, expected: str) -> None:
    assert ReachableServer(dsn).url("a b", user) == expected


def test_a_dsn_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(UnusableServer, match="does not answer"):
        ReachableServer("postgresql://nobody@127.0.0.1:1/none").check()


def test_a_named_folder_without_a_server_is_an_error_and_no_other_is_taken(tmp_path: Path) -> None:
    with pytest.raises(UnusableServer, match="has no postgres and initdb"):
        found_installations({BIN_VARIABLE: str(tmp_path)})


def test_a_named_folder_stands_alone(postgres_installation: Installation) -> None:
    found = found_installations({BIN_VARIABLE: str(postgres_installation.bin)})

    assert [(one.bin, one.origin) for one in found] == [(postgres_installation.bin, "environment")]


@pytest.mark.parametrize(
    ("environment", "fails"),
    [({}, False), ({"CI": ""}, False), ({"CI": "false"}, False), ({"CI": "true"}, True), ({"CI": "1"}, True)],
)
def test_without_a_server_tests_fail_in_ci_and_are_skipped_elsewhere(environment: dict[str, str], fails: bool) -> None:
    assert must_fail_without_server(environment) is fails


def test_of_two_processes_that_make_the_same_thing_one_is_first_and_both_use_it(tmp_path: Path) -> None:
    target = tmp_path / "template"

    def make_while_another_finishes(draft: Path) -> None:
        (draft / "file").write_text("second", "utf-8")
        target.mkdir()
        (target / "file").write_text("first", "utf-8")

    made = made_once(target, make_while_another_finishes)

    assert (made / "file").read_text("utf-8") == "first"
    assert list(tmp_path.iterdir()) == [target]


def test_no_test_sees_the_settings_or_the_home_of_whoever_runs_it() -> None:
    foreign = [name for name in os.environ if name.startswith(("PG", "IPO_LEDGER_"))]

    assert [name for name in foreign if not name.startswith("IPO_LEDGER_TEST_")] == []
    assert list(Path.home().iterdir()) == []
    assert Path(os.environ["XDG_DATA_HOME"]).is_relative_to(Path.home())


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there, so nothing is cleared away")
def test_a_killed_session_is_cleared_away_by_the_next_and_a_running_one_is_not() -> None:
    with session_home() as running:
        killed = Path(tempfile.mkdtemp(prefix="ipo-pg-", dir=running.parent))
        (killed / "alive").touch()

        with session_home() as latest:
            assert not killed.exists()
            assert running.exists()
            assert latest != running

"""docker-compose.yml is valid, and what it starts is the ledger of a team: its pages are played there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import ipo_ledger
from ipo_ledger.adapters.postgres.store import PostgresStore
from tests.cli.pages import ROOT, compare
from tests.cli.team_server import DATABASE, MIGRATIONS, PASSWORDS, SCRIPTS, administer, begin_anew, on, team_server
from tests.cli.test_pages import ON_A_SERVER
from tests.postgres_server import SUPERUSER, Server

Line = Callable[..., tuple[int, list[str]]]
COMPOSE = ROOT / "docker-compose.yml"
_MOUNT = re.compile(r"^\s+- (?P<here>\./[\w./]+):(?P<there>/[\w./-]+):ro$", re.MULTILINE)


@pytest.fixture(scope="module")
def team(postgres_server: object, postgres_home: Path) -> Iterator[Server]:
    """The server that the compose file makes, once for all tests here that this process runs."""
    if not isinstance(postgres_server, Server):
        pytest.skip("a server of its own is needed, and one was named")
    with team_server(postgres_server.installation, postgres_home) as server:
        yield server


def test_the_compose_file_keeps_to_the_compose_specification() -> None:
    """The schema is the specification's own, as check-jsonschema brings it."""
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True, text=True, check=False
    )  # fmt: skip

    assert (checked.returncode, checked.stdout) == (0, "ok -- validation done\n"), checked.stdout + checked.stderr


def test_what_the_compose_file_mounts_is_there_and_is_given_what_it_asks_for() -> None:
    written = COMPOSE.read_text(encoding="utf-8")

    mounted = {found["there"]: (ROOT / found["here"]).resolve() for found in _MOUNT.finditer(written)}

    assert mounted == {"/docker-entrypoint-initdb.d": SCRIPTS, "/ipo-ledger/migrations": MIGRATIONS}
    asked = {
        name for script in SCRIPTS.iterdir() for name in re.findall(r"\\getenv \w+ (\w+)", script.read_text("utf-8"))
    }
    assert len(asked) == 3
    assert {name for name in asked if f"\n      {name}: " not in written} == set()


def test_the_first_ledger_of_a_team_is_as_init_would_have_made_it(team: Server) -> None:
    made_by_init = PostgresStore(team.create_database("by_init"))
    made_by_init.create()
    made_by_init.close()

    with ipo_ledger.open(team.url(DATABASE, SUPERUSER), actor="ana") as ledger:
        assert ledger.init() is False, "there was something left to do"
        assert ledger.verify().findings == ()
    assert _shape(team, DATABASE) == _shape(team, "by_init")


def _shape(server: Server, database: str) -> dict[str, list[tuple[object, ...]]]:
    import psycopg

    asked = {
        "columns": "SELECT table_name, column_name, data_type, column_default, is_nullable "
        "FROM information_schema.columns WHERE table_schema = 'ipo_ledger'",
        "rights": "SELECT table_name, column_name, grantee, privilege_type FROM information_schema.column_privileges "
        "WHERE table_schema = 'ipo_ledger'",
        "owners": "SELECT relname, pg_get_userbyid(relowner) FROM pg_class "
        "WHERE relnamespace = 'ipo_ledger'::regnamespace",
        "migrations": "SELECT number, name, checksum FROM ipo_ledger.schema_migrations",
    }
    with psycopg.connect(server.url(database, SUPERUSER)) as connection:
        return {what: sorted(connection.execute(query.encode()).fetchall()) for what, query in asked.items()}


@pytest.mark.parametrize("login", PASSWORDS)
def test_the_logins_of_the_compose_file_have_their_passwords(login: str, team: Server) -> None:
    import psycopg

    url = team.url(DATABASE, login)
    with psycopg.connect(url, password=PASSWORDS[login]) as connection:
        assert connection.execute("SELECT count(*) FROM ipo_ledger.stored_events").fetchone() is not None
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url, password="another")  # noqa: S106 - of nobody


@pytest.mark.parametrize(("page", "played"), ON_A_SERVER.items())
def test_the_pages_of_a_team_are_played_on_that_server(
    page: str, played: int, team: Server, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_anew(team)

    assert compare(ROOT / page, on(team, line, monkeypatch), sql=administer(team)) == played

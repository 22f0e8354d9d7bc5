"""A server as docker-compose.yml makes it: what the image's entrypoint does when its volume is empty, done here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.pages import ROOT, Run
from tests.postgres_home import hand_over, unprivileged_account
from tests.postgres_installations import Installation, must_fail_without_server
from tests.postgres_server import SUPERUSER, Server

SCRIPTS = ROOT / "migrations" / "compose"
MIGRATIONS = ROOT / "migrations" / "postgres"
DATABASE = "ipo_ledger"
PASSWORDS = {"writer": "of who records", "auditor": "of who only reads"}
OTHERS = ("ana", "olga")
BEGUN = "begun"
PLACE = "@localhost/"
"""Where pages and the compose file have the server."""
_SIZE = re.compile(r"^((?:2> )?  size +).+$")  # each release of PostgreSQL has another


@contextmanager
def team_server(installation: Installation, home: Path) -> Iterator[Server]:
    """Start a server of which nothing was used yet, and let it run the scripts of the compose file."""
    server = Server(installation, home)
    asked = "".join(f"host all {name} 127.0.0.1/32 scram-sha-256\n" for name in (*PASSWORDS, *OTHERS))
    rules = server.data / "pg_hba.conf"
    rules.write_text(asked + rules.read_text(encoding="utf-8"), encoding="utf-8")
    with server:
        server.create_database(DATABASE)
        migrations = server.folder / "migrations"  # the account that the server runs as can read it there
        shutil.copytree(MIGRATIONS, migrations)
        hand_over(migrations, unprivileged_account())
        begin(server, migrations)
        administer(server, "postgres")(f"CREATE DATABASE {BEGUN} TEMPLATE {DATABASE}")
        yield server


def begin_anew(server: Server) -> None:
    """Let the ledger be as the scripts left it, and take away the logins that a page gave."""
    sql = administer(server, "postgres")
    for name in OTHERS:
        sql(f"DROP ROLE IF EXISTS {name}")
    server.drop_database(DATABASE)
    sql(f"CREATE DATABASE {DATABASE} TEMPLATE {BEGUN}")


def begin(server: Server, migrations: Path) -> None:
    """Run every script of the folder in order, as the entrypoint of the image does with an empty volume."""
    psql = shutil.which("psql", path=os.pathsep.join([str(server.installation.bin), os.environ["PATH"]]))
    if psql is None:
        missing = "no psql here: the image has one, and so have the packages of PostgreSQL"
        if must_fail_without_server():
            pytest.fail(missing)
        pytest.skip(missing)
    given = {
        "IPO_LEDGER_MIGRATIONS": str(migrations),
        **{f"IPO_LEDGER_{name.upper()}_PASSWORD": password for name, password in PASSWORDS.items()},
    }
    for script in sorted(SCRIPTS.iterdir()):
        assert script.suffix == ".sql", f"{script.name}: only SQL is run here"
        subprocess.run(
            [psql, "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "--quiet", "--no-password", "--file", script,
             server.url(DATABASE, SUPERUSER)],
            check=True, capture_output=True, env={**os.environ, **given}, timeout=60
        )  # fmt: skip


def on(server: Server, line: Run, patch: pytest.MonkeyPatch) -> Run:
    """Return what runs the commands of a page: where the page has its server, there is this one."""
    here = f"@127.0.0.1:{server.port}/"

    def run(*words: str, **given: str) -> tuple[int, list[str]]:
        with patch.context() as ours:
            for name in [name for name in given if name.startswith("PG")]:
                ours.setenv(name, given.pop(name))
            code, said = line(*(w.replace(PLACE, here) for w in words), **_moved(given, here))
        return code, [_SIZE.sub(r"\g<1>1 MB", text.replace(here, PLACE)) for text in said]

    return run


def _moved(given: Mapping[str, str], here: str) -> dict[str, Any]:
    return {name: value.replace(PLACE, here) for name, value in given.items()}


def administer(server: Server, database: str = DATABASE) -> Callable[[str], None]:
    """Return what does as the superuser does in psql."""
    import psycopg

    def sql(statements: str) -> None:
        with psycopg.connect(server.url(database, SUPERUSER), autocommit=True) as connection:
            connection.execute(statements.encode())

    return sql

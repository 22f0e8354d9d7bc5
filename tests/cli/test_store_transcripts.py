"""What the program says of stores that cannot be used: a transcript each, for they fail in different ways."""

from __future__ import annotations

import re
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ipo_ledger.adapters import migrations
from ipo_ledger.opening import default_url
from tests.cli.played_stores import PlayedPostgres, PlayedSqlite
from tests.cli.transcript import FOLDER, Player, compare
from tests.postgres_reachable import ReachableServer

THEIR_WORDS = (
    (re.compile(r"(cannot be reached: |does not allow this: ).+?(\.$|\.\")"), r"\1<their own words>\2"),
    (re.compile(r'(?<="why":")(?:[^"\\]|\\.)+'), "<their own words>"),
)
"""What operating systems and servers say differs from one to the other."""


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], object]]:
    """Directives that install a release with one more migration than this one, and this one again."""
    this, later = migrations._folder(), tmp_path / "later"  # noqa: SLF001 - where another release has its files
    shutil.copytree(str(this), later)
    for dialect, table in (("sqlite", "later"), ("postgres", "ipo_ledger.later")):
        number = len(list((later / dialect).glob("[0-9]*.sql"))) + 1
        sql = f"CREATE TABLE {table} (one integer);\n"
        (later / dialect / f"{number:04}_later.sql").write_text(sql, encoding="utf-8")
    return {
        "a later release is installed": lambda: monkeypatch.setattr(migrations, "_folder", lambda: later),
        "this release is installed again": lambda: monkeypatch.setattr(migrations, "_folder", lambda: this),
    }


def test_what_can_be_wrong_with_a_ledger_in_a_file(
    folder: Path, releases: dict[str, Callable[[], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_other() -> None:
        other = sqlite3.connect("other.db")
        other.execute("CREATE TABLE songs (name text)")
        other.close()

    file = FOLDER / "stores" / "sqlite.txt"
    player = Player(
        PlayedSqlite(),
        directions={**releases, "another program makes other.db": make_other},
        places={"default": default_url()},
        masks=THEIR_WORDS,
    )

    compare(file, player.play(file.read_text(encoding="utf-8")))


def test_how_a_ledger_in_a_file_is_backed_up_damaged_and_restored(folder: Path) -> None:
    cut: list[bytes] = []

    def cut_off() -> None:
        cut.append(Path("ledger.db").read_bytes()[: 20 * 4096])
        Path("ledger.db").write_bytes(cut[0])

    def is_as_it_was() -> None:
        assert Path("ledger.db").read_bytes() == cut[0]

    file = FOLDER / "stores" / "backup.txt"
    player = Player(
        PlayedSqlite(),
        directions={
            "ledger.db is cut off": cut_off,
            "ledger.db is as it was": is_as_it_was,
            "ledger.db is moved away": lambda: Path("ledger.db").rename("damaged.db"),
        },
        masks=((re.compile(r'(?<="size":)[0-9]+'), "<bytes>"),),  # SQLite's releases do not fill pages alike
    )

    compare(file, player.play(file.read_text(encoding="utf-8")))


@pytest.fixture
def outsider(postgres_server: ReachableServer) -> Iterator[str]:
    """Make a role of nobody in particular, that may log in and nothing more."""
    role = f"outsider_{uuid.uuid4().hex}"
    administer(postgres_server.dsn, f"CREATE ROLE {role} LOGIN")
    yield role
    administer(postgres_server.dsn, f"DROP ROLE {role}")


def administer(url: str, statement: str) -> None:
    """Do as an administrator does."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_what_can_be_wrong_with_a_ledger_in_a_database(
    folder: Path,
    postgres_server: ReachableServer,
    postgres_url: str,
    outsider: str,
    releases: dict[str, Callable[[], object]],
) -> None:
    database = postgres_url.rpartition("/")[2].partition("?")[0]
    outside = postgres_server.url(database, outsider)
    file = FOLDER / "stores" / "postgres.txt"
    player = Player(
        PlayedPostgres(postgres_url),
        directions={
            **releases,
            "the outsider may read": lambda: administer(postgres_url, f"GRANT ipo_ledger_auditor TO {outsider}"),
            "the outsider may write": lambda: administer(postgres_url, f"GRANT ipo_ledger_writer TO {outsider}"),
            "another program has the schema": lambda: administer(
                postgres_url,
                "DROP SCHEMA ipo_ledger CASCADE; CREATE SCHEMA ipo_ledger; CREATE TABLE ipo_ledger.songs (name text)",
            ),
        },
        places={
            "closed": "postgresql://ana:secret@127.0.0.1:1/ledger",
            "missing": postgres_server.url("ipo_ledger_no_such_database"),
            "outsider": outside,
        },
        masks=THEIR_WORDS,
    )

    compare(file, player.play(file.read_text(encoding="utf-8")))

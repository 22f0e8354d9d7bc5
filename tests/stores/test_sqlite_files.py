"""What lies at a path and is no ledger, or cannot be written, or is somewhere odd."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ipo_ledger.adapters.sqlite.store import SqliteStore
from ipo_ledger.adapters.store.faults import DamagedLedger, NoLedgerYet, NotALedger, StoreUnreachable
from ipo_ledger.errors import StoreUnusable
from tests.stores.places import SqlitePlace, machine_clock
from tests.stores.stored_story import a_stored_site, note

NOBODY = 65534
SOMEBODY_ELSE = pytest.mark.skipif(sys.platform == "win32", reason="no Unix permissions there")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SqlitePlace]:
    """Return a file that is not there yet."""
    place = SqlitePlace(tmp_path / "ledger.db")
    yield place
    place.close()


def _fails(store: SqliteStore, kind: type[StoreUnusable], saying: str, *, create: bool = True) -> None:
    for transaction in (store.reading, store.writing):
        with pytest.raises(kind, match=saying), transaction():
            pass
    if create:
        with pytest.raises(kind, match=saying):
            store.create()


def _store(path: Path) -> SqliteStore:
    return SqliteStore(path, machine_clock)


# --- what is no ledger --------------------------------------------------------------------------------------


def test_a_file_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("CREATE TABLE schema_migrations (number INTEGER, checksum TEXT)")
    before = path.read_bytes()

    _fails(_store(path), NotALedger, "another program")

    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["theirs.db"]


@pytest.mark.parametrize(
    "content", [b"x", b"not a database\n" * 100, bytes(5000), b"SQLite format 3\0" + b"\xff" * 4080]
)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)

    _fails(_store(path), NotALedger, "not a SQLite file")

    assert path.read_bytes() == content


def test_a_ledger_whose_pages_are_overwritten_is_damaged(place: SqlitePlace) -> None:
    a_stored_site(place.ledger(), 50)
    place.close()
    content = bytearray(place.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    place.path.write_bytes(content)

    with pytest.raises(DamagedLedger, match="malformed"), place.store().reading():
        pass


@pytest.mark.parametrize("content", [None, b""])
def test_nothing_and_an_empty_file_are_no_ledger_yet(place: SqlitePlace, content: bytes | None) -> None:
    if content is not None:
        place.path.write_bytes(content)

    with pytest.raises(NoLedgerYet), place.store().reading():
        pass

    assert place.path.exists() == (content is not None), "looking makes nothing"
    assert place.store().create()


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    _fails(_store(tmp_path), StoreUnreachable, "unable to open")


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    store = _store(tmp_path / "a" / "b" / "ledger.db")

    with pytest.raises(NoLedgerYet), store.reading():
        pass
    assert store.create()

    note(store, "hq")
    store.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreUnreachable, match="file"):
        _store(tmp_path / "file" / "ledger.db").create()


@pytest.mark.parametrize("name", ["led ger%20.db", "a?b#c.db", "Büro.db", "100%.db", "'quoted'.db", "file:x.db"])
def test_any_name_of_a_file_will_do(tmp_path: Path, name: str) -> None:
    if sys.platform == "win32" and set(name) & set("?:"):
        pytest.skip("no such names there")
    store = _store(tmp_path / name)

    store.create()
    note(store, "hq")
    store.close()

    assert (tmp_path / name).stat().st_size > 0


def test_looking_at_the_file_lets_go_of_no_lock(place: SqlitePlace) -> None:
    """Closing any descriptor of a file drops all POSIX locks that the process has on it, SQLite's included.

    Another process would then believe that it is the last to close the file, and take the write-ahead log away.
    """
    store = place.ledger()
    note(store, "hq")
    log = place.path.with_name("ledger.db-wal")

    with store.reading():
        assert not place.store().create()
        with ThreadPoolExecutor(1) as thread:
            thread.submit(note, place.store(), "hq").result(30)
        subprocess.run([sys.executable, "-c", OPEN_AND_CLOSE, str(place.path)], check=True)

        assert log.exists()


OPEN_AND_CLOSE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT * FROM head")
connection.close()
"""

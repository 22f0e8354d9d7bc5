"""Whom the file system does not let read or write a ledger, and what they are told."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ipo_ledger.adapters.sqlite.store import SqliteStore
from ipo_ledger.adapters.store.faults import NoRights
from ipo_ledger.errors import StoreUnusable
from tests.stores.places import SqlitePlace, machine_clock
from tests.stores.stored_story import note

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


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    """Return a folder that everybody can enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="ipo-shared-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@SOMEBODY_ELSE
def test_a_new_ledger_is_for_its_owner_alone(place: SqlitePlace) -> None:
    note(place.ledger(), "hq")

    for file in place.path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


@SOMEBODY_ELSE
def test_a_file_that_may_not_be_written_is_read(shared: Path) -> None:
    path = _ledger_for_others(shared, folder=0o777, file=0o444)

    with _as_nobody():
        store = _store(path)
        with store.reading() as reading:
            assert [fact.system for fact in reading.facts()] == ["hq"]
        with pytest.raises(NoRights, match="readonly"):
            note(store, "hq")
        store.close()


@SOMEBODY_ELSE
def test_a_file_that_may_not_be_read_is_said(shared: Path) -> None:
    path = _ledger_for_others(shared, folder=0o755, file=0o600)

    with _as_nobody():
        _fails(_store(path), NoRights, "Permission denied")


@SOMEBODY_ELSE
def test_a_folder_that_may_not_be_written_is_said(shared: Path) -> None:
    path = _ledger_for_others(shared, folder=0o755, file=0o666)

    with _as_nobody():
        _fails(_store(path), NoRights, "folder", create=False)
        with pytest.raises(NoRights):
            _store(shared / "new.db").create()
        with pytest.raises(NoRights):
            _store(shared / "new" / "ledger.db").create()


@SOMEBODY_ELSE
def test_a_folder_that_may_not_be_entered_is_said(shared: Path) -> None:
    path = _ledger_for_others(shared, folder=0o700, file=0o666)

    with _as_nobody():
        _fails(_store(path), NoRights, "Permission denied", create=False)
        with pytest.raises(NoRights):
            _store(path).create()


def _ledger_for_others(shared: Path, *, folder: int, file: int) -> Path:
    (shared / "their").mkdir()
    store = _store(shared / "their" / "ledger.db")
    store.create()
    note(store, "hq")
    store.close()
    store.path.chmod(file)
    store.path.parent.chmod(folder)
    return store.path


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Act as somebody who owns nothing; who is not root already owns too much, and is asked to be refused as is."""
    assert sys.platform != "win32"
    if os.geteuid() != 0:
        pytest.skip("only root can act as somebody else")
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)

"""A backup is the ledger as it was at one moment, whole or not there, and goes on from every checkpoint before it."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ipo_ledger.adapters.store.faults import NoLedgerYet
from ipo_ledger.application.ledger import Ledger
from ipo_ledger.application.refusals import BackupElsewhere, BackupNotWritten, BackupThere, BadExport
from ipo_ledger.errors import StoreDamaged
from tests.domain.given import site
from tests.stores.places import PostgresPlace, SqlitePlace
from tests.stores.tampering_tools import KEY, ledger_of

UNIX = pytest.mark.skipif(sys.platform == "win32", reason="no Unix permissions there")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SqlitePlace]:
    """A ledger of nine people at their desks."""
    made = SqlitePlace(tmp_path / "ledger.db")
    ledger = ledger_of(made)
    ledger.add_system("hq", release="11.1", timezone="UTC")
    ledger.system("hq").import_exports("site")
    yield made
    made.close()


def _of(path: Path) -> Ledger:
    return ledger_of(SqlitePlace(path))


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"ledger.db", "ledger.db-wal", "ledger.db-shm"}


def test_a_backup_goes_on_from_the_checkpoint_before_it_and_says_what_the_one_after_it_says(place: SqlitePlace) -> None:
    ledger = ledger_of(place)
    kept = ledger.checkpoint(KEY)
    ledger.system("hq").swap("U1", "U2", done=True)

    made = ledger.backup(place.path.with_name("monday.db"))

    later = ledger.checkpoint(KEY)
    assert (made.events, made.root) == (later.size, later.root)
    with _of(place.path.with_name("monday.db")) as backup:
        found = backup.verify(against=kept.note, key=str(KEY.verifier))
        assert (found.verified, found.events, found.root) == (True, made.events, made.root)
        backup.system("hq").swap("U3", "U4", done=True)
        assert backup.verify(against=later.note).verified, "it can be gone on with"


def test_a_backup_of_an_empty_ledger_is_one(tmp_path: Path) -> None:
    with _of(tmp_path / "ledger.db") as ledger:
        made = ledger.backup(tmp_path / "copy.db")

    assert (made.events, made.recorded_at) == (0, None)
    assert _of(tmp_path / "copy.db").verify().verified


def test_what_others_record_while_it_is_made_is_not_in_it(place: SqlitePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others write between one page and the next; the copy is what it was at its beginning."""
    monkeypatch.setattr("ipo_ledger.adapters.sqlite.backup._PAGES", 16)
    ledger, other = ledger_of(place), SqlitePlace(place.path)
    for n in range(120):
        ledger.system("hq").swap(f"U{n % 8 + 1}", f"U{n % 8 + 2}", done=True)
    before = ledger.checkpoint(KEY)
    written: list[int] = []

    def write(stage: str, done: int, of: int) -> None:
        if stage == "pages" and not written:
            assert 0 < done < of
            thread = threading.Thread(target=lambda: written.append(_swap(other)))
            thread.start()
            thread.join(30)

    made = ledger.backup(place.path.with_name("copy.db"), progress=write)

    assert written[0] > before.size
    assert (made.events, made.root) == (before.size, before.root)
    assert _of(place.path.with_name("copy.db")).verify(against=before.note).verified
    other.close()


def _swap(place: SqlitePlace) -> int:
    with Ledger(place.store(), actor="eva", read_exports=lambda paths, mapping: site(9)) as ledger:
        return ledger.system("hq").swap("U8", "U9", done=True).position or 0


def test_a_backup_is_never_written_over(place: SqlitePlace) -> None:
    there = place.path.with_name("there.db")
    there.write_bytes(b"mine")

    with pytest.raises(BackupThere):
        ledger_of(place).backup(there)
    with pytest.raises(BackupThere):
        ledger_of(place).backup(place.path)

    assert there.read_bytes() == b"mine"
    assert _names(there.parent) == {"there.db"}


def test_a_file_that_somebody_puts_there_meanwhile_stays(place: SqlitePlace) -> None:
    there = place.path.with_name("there.db")

    def put(stage: str, done: int, of: int) -> None:
        there.write_bytes(b"mine")

    with pytest.raises(BackupThere):
        ledger_of(place).backup(there, progress=put)

    assert there.read_bytes() == b"mine"
    assert _names(there.parent) == {"there.db"}


@UNIX
def test_a_link_that_leads_nowhere_is_not_followed(place: SqlitePlace) -> None:
    link = place.path.with_name("link.db")
    link.symlink_to(place.path.with_name("elsewhere.db"))

    with pytest.raises(BackupThere):
        ledger_of(place).backup(link)

    assert not link.exists()


@UNIX
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_nobody_else_can_read_it_whatever_new_files_are_like(place: SqlitePlace, umask: int) -> None:
    modes: set[int] = set()

    def look(stage: str, done: int, of: int) -> None:
        modes.update(stat.S_IMODE(path.stat().st_mode) for path in place.path.parent.glob(".*"))

    before = os.umask(umask)
    try:
        ledger_of(place).backup(place.path.with_name("copy.db"), progress=look)
    finally:
        os.umask(before)

    assert modes == {0o600}
    assert stat.S_IMODE(place.path.with_name("copy.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("where", ["no/such/folder.db", "file/inside.db", "x" * 300])
def test_a_place_where_nothing_can_be_written_is_said(place: SqlitePlace, where: str) -> None:
    place.path.with_name("file").write_bytes(b"")

    with pytest.raises(BackupNotWritten):
        ledger_of(place).backup(place.path.parent / where)

    assert _names(place.path.parent) == {"file"}


def test_a_full_disk_leaves_nothing(place: SqlitePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(BackupNotWritten, match="No space left"):
        ledger_of(place).backup(place.path.with_name("copy.db"))

    assert _names(place.path.parent) == set()


def test_file_systems_without_links_will_do(place: SqlitePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", none)

    ledger_of(place).backup(place.path.with_name("copy.db"))

    assert _names(place.path.parent) == {"copy.db"}
    assert _of(place.path.with_name("copy.db")).verify().verified


def test_of_a_damaged_ledger_there_is_no_backup(place: SqlitePlace) -> None:
    ledger = ledger_of(place)
    ledger.system("hq").swap("U1", "U2", done=True, reason="here")
    place.close()
    content = place.path.read_bytes()
    page = content.index(b'"reason":"here"') // 4096 * 4096
    place.path.write_bytes(content[:page] + bytes(4096) + content[page + 4096 :])

    with pytest.raises(StoreDamaged), _of(place.path) as damaged:
        damaged.backup(place.path.with_name("copy.db"))

    assert _names(place.path.parent) == set()


def test_there_is_no_backup_of_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(NoLedgerYet),
        Ledger(
            SqlitePlace(tmp_path / "no.db").store(), actor="ana", read_exports=lambda paths, mapping: site(9)
        ) as ledger,
    ):
        ledger.backup(tmp_path / "copy.db")

    assert list(tmp_path.iterdir()) == []


def test_postgresql_backs_itself_up(tmp_path: Path) -> None:
    place = PostgresPlace("postgresql://ana:s3cret@db.example.com/ledger?sslmode=require")
    ledger = Ledger(place.store(), actor="ana", read_exports=lambda paths, mapping: site(9))

    with pytest.raises(BackupElsewhere) as refused:
        ledger.backup(tmp_path / "copy.db")

    assert f"--schema=ipo_ledger --file={tmp_path / 'copy.db'} " in refused.value.hint
    assert "s3cret" not in str(refused.value.told())


# --- loading, which is how what was exported comes back -------------------------------------------------------


def _load(lines: list[bytes], to: Path) -> None:
    with Ledger(SqlitePlace(to).store(), actor="ana", read_exports=lambda paths, mapping: site(9)) as ledger:
        ledger.load(lines)


@pytest.mark.parametrize("broken", ["first", "middle", "last"])
def test_a_load_that_is_refused_leaves_no_file(place: SqlitePlace, tmp_path: Path, broken: str) -> None:
    lines = list(ledger_of(place).export())
    at = {"first": 0, "middle": len(lines) // 2, "last": len(lines) - 1}[broken]
    folder = tmp_path / "new"
    folder.mkdir()

    with pytest.raises(BadExport):
        _load([*lines[:at], b"{}\n", *lines[at + 1 :]], folder / "copy.db")
    with pytest.raises(BadExport):
        _load(lines[:at], folder / "copy.db")

    assert list(folder.iterdir()) == []
    _load(lines, folder / "copy.db")
    assert [path.name for path in folder.iterdir()] == ["copy.db"]
    assert _of(folder / "copy.db").verify().verified


@UNIX
def test_what_is_loaded_is_its_owners_alone_from_the_beginning(place: SqlitePlace, tmp_path: Path) -> None:
    lines = list(ledger_of(place).export())
    folder = tmp_path / "new"
    modes: set[int] = set()

    def looking() -> Iterator[bytes]:
        for line in lines:
            modes.update(stat.S_IMODE(path.stat().st_mode) for path in folder.glob(".*"))
            yield line

    before = os.umask(0)
    try:
        _load(looking(), folder / "copy.db")  # type: ignore[arg-type] # lines come one by one
    finally:
        os.umask(before)

    assert modes == {0o600}


def test_a_ledger_that_is_there_and_empty_is_filled_in_its_place(place: SqlitePlace, tmp_path: Path) -> None:
    lines = list(ledger_of(place).export())
    empty = tmp_path / "empty.db"
    _of(empty).close()
    with closing(sqlite3.connect(empty)) as holding:
        holding.execute("SELECT * FROM head").fetchall()

        with pytest.raises(BadExport):
            _load(lines[:-1], empty)
        assert holding.execute("SELECT count(*) FROM stored_events").fetchone() == (0,)
        _load(lines, empty)

        assert holding.execute("SELECT count(*) FROM stored_events").fetchone()[0] > 0

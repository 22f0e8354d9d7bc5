"""Disks that are full, closed, gone, or fail: what is said is true, nothing is lost, and it goes on afterwards."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import pytest

from ipo_ledger.adapters.store.faults import CommitUnknown, NoLedgerYet, StoreFailed
from ipo_ledger.application.refusals import AlreadyRecorded
from tests.faults.site import a_ledger, opened, recorded, refuse_unsound, swap


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A ledger with one command in it."""
    found = f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}"
    a_ledger(found)
    with opened(found) as ledger:
        swap(ledger, "first")
    return found


def test_a_sync_that_fails_leaves_it_open_and_asking_again_has_one_effect(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(sqlite3.Connection):
        """Commits, and says that the disk failed: so it looks when the power comes back afterwards."""

        def commit(self) -> None:
            super().commit()
            fault = sqlite3.OperationalError("disk I/O error")
            fault.sqlite_errorname = "SQLITE_IOERR_FSYNC"
            raise fault

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Failing))
        with opened(url) as ledger, pytest.raises(CommitUnknown, match="may be recorded, or not") as unknown:
            swap(ledger, "second")

    command_id = unknown.value.details["command_id"]
    assert f"--command-id {command_id}" in unknown.value.hint
    with opened(url) as ledger, pytest.raises(AlreadyRecorded, match=r"event 44 is its last"):
        swap(ledger, "second", command_id=command_id)
    refuse_unsound(url, {"second": 44})


def test_a_command_that_was_not_recorded_is_done_when_it_is_asked_for_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(sqlite3.Connection):
        """Does not commit, for the disk failed."""

        def commit(self) -> None:
            fault = sqlite3.OperationalError("disk I/O error")
            fault.sqlite_errorname = "SQLITE_IOERR_WRITE"
            raise fault

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Failing))
        with opened(url) as ledger, pytest.raises(CommitUnknown) as unknown:
            swap(ledger, "second")

    command_id = unknown.value.details["command_id"]
    with opened(url) as ledger:
        assert swap(ledger, "second", command_id=command_id) == swap(ledger, "second", command_id=command_id) == 44
    refuse_unsound(url, {"second": 44})


def test_a_full_disk_is_said_nothing_is_recorded_and_it_goes_on_when_there_is_room(url: str) -> None:
    with opened(url) as ledger:
        acknowledged = {"second": swap(ledger, "second")}
        connection = _connection(ledger)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        for room in range(8):
            connection.execute(f"PRAGMA max_page_count = {pages + room}")
            try:
                acknowledged[f"full {room}"] = swap(ledger, f"full {room}")
            except StoreFailed as full:
                assert "full" in full.message
                assert "Nothing of this command was recorded" in full.hint
                assert f"full {room}" not in recorded(url)
        assert len(acknowledged) < 10
        connection.execute("PRAGMA max_page_count = 1000000")
        acknowledged["room again"] = swap(ledger, "room again")

    refuse_unsound(url, acknowledged)


def test_a_folder_that_is_gone_is_no_ledger_and_comes_back(url: str, tmp_path: Path) -> None:
    away = tmp_path.with_name(f"{tmp_path.name} away")
    tmp_path.rename(away)

    with opened(url) as ledger, pytest.raises(NoLedgerYet):
        swap(ledger, "second")

    away.rename(tmp_path)
    refuse_unsound(url, {"first": 36})


def _connection(ledger: object) -> sqlite3.Connection:
    found = ledger._store._kept.mine()  # type: ignore[attr-defined]  # noqa: SLF001 - its limits are what is changed
    assert isinstance(found, sqlite3.Connection)
    return found

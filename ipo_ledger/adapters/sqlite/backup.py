"""A backup of a ledger file while others write to it: SQLite's own copy of all pages, as they are at one moment."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ipo_ledger.adapters.new_files import made_whole
from ipo_ledger.adapters.sqlite import damage
from ipo_ledger.application.ports.rows import Head
from ipo_ledger.application.ports.store import Backup, Progress
from ipo_ledger.application.refusals import BackupNotWritten, BackupThere, Damaged
from ipo_ledger.domain.moments import from_micros

_PAGES = 1024  # copied between two words of progress


def back_up(connection: sqlite3.Connection, to: Path, progress: Progress | None) -> Backup:
    """Copy the ledger into a new file, and look at every page of the copy before it gets its name.

    The connection is inside a transaction that reads: it is the ledger as that one sees it that is copied. Raises
    `BackupThere`, `BackupNotWritten`, `Damaged`; then there is no file.
    """
    position, recorded_at, frontier = connection.execute("SELECT position, recorded_at, frontier FROM head").fetchone()
    try:
        with made_whole(to) as part:
            _copied(connection, part, progress)
            size = part.stat().st_size
    except FileExistsError:
        raise BackupThere(where=str(to)) from None
    except OSError as fault:
        raise BackupNotWritten(where=str(to), why=fault.strerror or str(fault)) from fault
    return Backup(head=Head(position, from_micros(recorded_at)), frontier=frontier, size=size)


def _copied(connection: sqlite3.Connection, part: Path, progress: Progress | None) -> None:
    def tell(status: int, remaining: int, total: int) -> None:
        del status
        if progress is not None:
            progress("pages", total - remaining, total)

    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        try:
            connection.backup(copy, pages=_PAGES, progress=tell)
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorname.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")):
                raise BackupNotWritten(where=str(part), why=str(fault)) from fault
            raise
        if progress is not None:
            progress("looking at the copy", 0, 0)
        found = damage.seen(copy) or damage.seen_in_all_pages(copy)
    if found is not None:
        raise Damaged(why=f"a copy of it would be, too: {found}")

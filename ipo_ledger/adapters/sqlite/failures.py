"""From what SQLite reports of a file to the ledger's own words."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from ipo_ledger.adapters.sqlite import damage
from ipo_ledger.adapters.store.faults import (
    DamagedLedger,
    NoRights,
    NotALedger,
    StoreBusy,
    StoreFailed,
    StoreUnreachable,
)
from ipo_ledger.errors import StoreUnusable


def failed(fault: sqlite3.DatabaseError, path: Path, url: str, *, busy_seconds: float) -> StoreUnusable:
    """Return the fault of the ledger that a failure of its file is."""
    name = getattr(fault, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusy(url=url, seconds=f"{busy_seconds:g}")
    if name.startswith("SQLITE_CANTOPEN") and path.is_file() and not _allowed(path, os.R_OK):
        return NoRights(url=url, why="Permission denied")
    if (
        name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN"))
        and path.is_file()
        and not _allowed(path.parent, os.W_OK)
    ):
        return NoRights(url=url, why="SQLite keeps files beside it, and its folder cannot be written")
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return NoRights(url=url, why=str(fault))
    if name.startswith("SQLITE_CANTOPEN"):
        return StoreUnreachable(url=url, why=str(fault))
    if name.startswith("SQLITE_NOTADB") and not damage.bears_our_mark(path):
        return NotALedger(url=url, why="it is not a SQLite file")
    if _is_damage(fault, name):
        return DamagedLedger(url=url, why=str(fault))
    return StoreFailed(url=url, why=str(fault))


def _allowed(path: Path, how: int) -> bool:
    return os.access(path, how, effective_ids=os.access in os.supports_effective_ids)


def _is_damage(fault: sqlite3.DatabaseError, name: str) -> bool:
    """Tell whether SQLite cannot read what lies in the file; a text that is none it hands on as it is."""
    return (
        name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_CORRUPTFS"))
        or "Could not decode to UTF-8" in str(fault)
        or str(fault).startswith(("no such table: ", "no such column: ", "malformed database schema"))
        or str(fault) == "unsupported file format"
    )

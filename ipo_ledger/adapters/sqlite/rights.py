"""Who may write the file of a ledger, as far as its mode and that of its folder say."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from ipo_ledger.application.ports.store import StoreReport

_BESIDE = ("", "-wal", "-shm")  # what SQLite keeps a database in
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def report(path: Path) -> StoreReport:
    """Return what the file takes, and what the system lets this account do with it."""
    path = path.resolve()
    size = 0
    for end in _BESIDE:
        with suppress(FileNotFoundError):
            size += path.with_name(f"{path.name}{end}").stat().st_size
    writes = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return StoreReport(
        kind="sqlite",
        size=size,
        role=None,
        rights=("read", "append") if writes else ("read",),
        mode=None if os.name == "nt" else stat.filemode(path.stat().st_mode),  # Windows has other rights than these
        excess=() if os.name == "nt" else tuple(_excess(path)),
    )


def _excess(path: Path) -> list[str]:
    found = []
    if path.stat().st_mode & _OTHERS:
        found.append("others than its owner may write the file")
    folder = path.parent.stat().st_mode
    if folder & _OTHERS and not folder & stat.S_ISVTX:
        found.append("others than its owner may write its folder, and put another file in its place")
    return found

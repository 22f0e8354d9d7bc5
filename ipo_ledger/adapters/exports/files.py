"""Getting a file's bytes: within a limit, and with a clear sentence for all that is no file to read."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from ipo_ledger.adapters.exports.faults import NotReadable

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_FILE = 32 * 1024 * 1024
"""Bytes. An export of 3000 users, the most there can be, is about 10 MB: what is larger is something else."""


def content(path: Path) -> bytes:
    """Read a file, or a pipe, whole; refuse what is too large before it is read."""
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise NotReadable("is a directory: name the files in it")
        if state.st_size > LARGEST_FILE:
            raise _too_large()
        with path.open("rb") as file:
            read = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise NotReadable("there is no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise NotReadable(f"cannot be opened: {getattr(error, 'strerror', None) or error}") from None
    if len(read) > LARGEST_FILE:
        raise _too_large()
    return read


def _too_large() -> NotReadable:
    size = LARGEST_FILE // 1024 // 1024
    return NotReadable(f"is larger than {size} MiB, three times the export of the largest system: give it in parts")

"""A file that is made whole beside its place, for its owner alone, and put there only if the place is still free."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_OWNER = 0o600
_BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite keeps a database in


@contextmanager
def made_whole(place: Path) -> Iterator[Path]:
    """Give an empty file in the same folder; at the end of the block put it, synced, in its place.

    Nothing is left of it where the block raises. Nobody but its owner can ever read it; on Windows it has the rights
    of its folder. Raises FileExistsError where there is something at the place, before or after; OSError.
    """
    if place.exists() or place.is_symlink():
        raise FileExistsError(place)
    part = place.with_name(f".{place.name}.{os.urandom(4).hex()}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER))
    try:
        yield part
        _sync(part)
        _put(part, place)
    finally:
        for end in _BESIDE:
            with suppress(FileNotFoundError):
                part.with_name(f"{part.name}{end}").unlink()
    sync_folder(place.parent)


def _put(part: Path, place: Path) -> None:
    """Give a file its name. Raises FileExistsError where somebody was quicker."""
    if os.name == "nt":
        part.rename(place)  # which does not replace there
        return
    try:
        place.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # no such links on this file system
        if place.exists():
            raise FileExistsError(place) from None
        part.rename(place)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDWR)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def sync_folder(folder: Path) -> None:
    """Let what was made in a folder outlive a loss of power; where folders cannot be opened, the system sees to it."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems cannot; the file itself is synced
            os.fsync(opened)
    finally:
        os.close(opened)

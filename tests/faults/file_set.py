"""The files of an embedded ledger as a loss of power leaves them: what was not synced is there in part, or torn.

What SQLite promises (https://www.sqlite.org/wal.html): a transaction is there once all its frames are, up to the one
that says commit; and while a checkpoint writes pages back, the log it takes them from is kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

PAGE = 4096
WAL_HEADER, FRAME_HEADER = 32, 24
FRAME = FRAME_HEADER + PAGE


@dataclass(frozen=True, slots=True)
class Files:
    """The database and its log, byte for byte. What is shared in memory is gone with the power."""

    database: bytes
    log: bytes

    @classmethod
    def of(cls, path: Path) -> Files:
        """Read them as they are now."""
        log = path.with_name(path.name + "-wal")
        return cls(path.read_bytes(), log.read_bytes() if log.exists() else b"")

    def lay(self, folder: Path) -> Path:
        """Lay them into an empty folder of that name, and return the path of the database."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        path = folder / "ledger.db"
        path.write_bytes(self.database)
        path.with_name("ledger.db-wal").write_bytes(self.log)
        return path


def commits_cut_off(before: Files, after: Files, chance: Random) -> Iterator[tuple[str, Files]]:
    """Yield the log of a commit with only the beginning of it on the disk: at each frame, and somewhere within it."""
    new = after.log[len(before.log) :]
    assert after.log.startswith(before.log)
    assert len(new) % FRAME == (WAL_HEADER if not before.log else 0), "the commit did not only add frames"
    for start in range(0, len(new), FRAME):
        yield f"cut at byte {start}", Files(before.database, before.log + new[:start])
        torn = start + chance.randrange(1, FRAME)
        if torn < len(new):
            yield f"cut at byte {torn}", Files(before.database, before.log + new[:torn])


def commits_torn(before: Files, after: Files, chance: Random, count: int) -> Iterator[tuple[str, Files]]:
    """Yield the log of a commit with one sector of it never written: as it was, zeros, or anything."""
    sector = 512
    for _ in range(count):
        at = len(before.log) + chance.randrange((len(after.log) - len(before.log)) // sector) * sector
        kind = chance.choice(["zeros", "anything"])
        put = bytes(sector) if kind == "zeros" else chance.randbytes(sector)
        yield f"{kind} at byte {at}", Files(before.database, after.log[:at] + put + after.log[at + sector :])


def checkpoints_torn(before: Files, after: Files, chance: Random, count: int) -> Iterator[tuple[str, Files]]:
    """Yield a checkpoint of which only some pages reached the database, one of them in part; the log is there."""
    changed = [
        at
        for at in range(0, len(after.database), PAGE)
        if before.database[at : at + PAGE] != after.database[at : at + PAGE]
    ]
    for _ in range(count):
        pages = bytearray(before.database)
        for at in chance.sample(changed, chance.randint(1, len(changed))):
            if at >= len(pages):
                pages.extend(bytes(at + PAGE - len(pages)))
            written = chance.choice([PAGE, PAGE, chance.randrange(PAGE)])
            pages[at : at + written] = after.database[at : at + written]
        yield "pages of a checkpoint", Files(bytes(pages), before.log)

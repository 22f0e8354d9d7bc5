"""Loss of power on SQLite: at every statement of a command, within its commit, and within a checkpoint."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeAlias

from ipo_ledger.adapters.sqlite.store import SqliteStore
from tests.faults.file_set import Files, checkpoints_torn, commits_cut_off, commits_torn
from tests.faults.site import a_ledger, look, opened, swap
from tests.faults.trial import Found, Trial, a_folder

Losing: TypeAlias = "Callable[[Powered, Random], Iterator[tuple[str, Files]]]"


class Powered:
    """A ledger whose files are looked at while commands are recorded in it; its log is never written back by itself."""

    def __init__(self, folder: Path) -> None:
        """Make it, with two commands in it: one in the database, one in the log."""
        self.path = folder / "ledger.db"
        self.acknowledged: dict[str, int] = {}
        a_ledger(self.url)
        self.ledger = opened(self.url)
        store = self.ledger._store  # noqa: SLF001 - its connection is what is looked at
        assert isinstance(store, SqliteStore)
        self.store = store
        self.record("first")
        self.write_back()
        self.record("second")

    @property
    def url(self) -> str:
        """Return its URL."""
        return f"sqlite:///{self.path.as_posix()}"

    @property
    def connection(self) -> sqlite3.Connection:
        """Return the connection that records."""
        found = self.store._kept.mine()  # noqa: SLF001 - nobody else needs it
        assert found is not None
        return found

    def record(self, name: str) -> None:
        """Record a command, and note its acknowledgement."""
        self.acknowledged[name] = swap(self.ledger, name)
        self.connection.execute("PRAGMA wal_autocheckpoint = 0")

    def write_back(self) -> None:
        """Write what is in the log into the database."""
        assert self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def statements(powered: Powered, name: str) -> Iterator[tuple[str, Files]]:
    """Record a command, and yield the files as they were before each of its statements."""
    seen: list[tuple[str, Files]] = []
    powered.connection.set_trace_callback(lambda sql: seen.append((sql.split("(")[0][:60], Files.of(powered.path))))
    try:
        swap(powered.ledger, name)
    finally:
        powered.connection.set_trace_callback(None)
    yield from seen


def at_statements(powered: Powered, chance: Random) -> Iterator[tuple[str, Files]]:
    """Lose power before each statement of a command, and after the last."""
    del chance
    yield from statements(powered, "under way")
    yield "the end", Files.of(powered.path)


def in_a_commit(powered: Powered, chance: Random, torn: int = 40) -> Iterator[tuple[str, Files]]:
    """Lose power within a commit: its log is cut off anywhere, or has a hole."""
    before = Files.of(powered.path)
    swap(powered.ledger, "under way")
    after = Files.of(powered.path)
    yield from commits_cut_off(before, after, chance)
    yield from commits_torn(before, after, chance, torn)


def in_a_checkpoint(powered: Powered, chance: Random, torn: int = 40) -> Iterator[tuple[str, Files]]:
    """Lose power while the log is written back."""
    before = Files.of(powered.path)
    powered.write_back()
    yield from checkpoints_torn(before, Files.of(powered.path), chance, torn)


def complaint(files: Files, folder: Path, acknowledged: Mapping[str, int]) -> str | None:
    """Return what is wrong with a ledger after the power is back, or None."""
    looked = look(f"sqlite:///{files.lay(folder).as_posix()}", acknowledged)
    return "; ".join([*(f"{name} is lost" for name in looked.lost), *looked.wrong]) or None


def lose_power(how: Losing, rounds: int, chance: Random) -> Found:
    """Lose power in one way, `rounds` times over; what leaves the same files is looked at once."""
    found = Found()
    for _ in range(rounds):
        with a_folder() as folder:
            powered = Powered(folder / "source")
            with closing(powered.ledger):
                states = list(how(powered, chance))
            found.injected += len(states)
            distinct = dict.fromkeys(files for _, files in states)
            found.seen["distinct states of the files"] += len(distinct)
            for files in distinct:
                looked = look(f"sqlite:///{files.lay(folder / 'lost').as_posix()}", powered.acknowledged)
                found.take(looked, len(powered.acknowledged))
                found.seen["the command under way is there"] += looked.commands > len(powered.acknowledged)
    return found


TRIALS = [
    Trial("power-statement", "power is lost before each statement of a command", 3, partial(lose_power, at_statements)),
    Trial(
        "power-commit", "power is lost within a commit: its log is cut off or torn", 3, partial(lose_power, in_a_commit)
    ),
    Trial("power-checkpoint", "power is lost within a checkpoint", 3, partial(lose_power, in_a_checkpoint)),
]

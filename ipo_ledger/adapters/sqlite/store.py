"""The SQLite store: where it is, how it is made, and its two kinds of transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipo_ledger.adapters.sqlite.file import Clock, LedgerFile
from ipo_ledger.adapters.store.questions import QUESTIONS
from ipo_ledger.adapters.store.reading import ReadModel
from ipo_ledger.adapters.store.threads import PerThread
from ipo_ledger.application.ports import Head
from ipo_ledger.domain.moments import from_micros

if TYPE_CHECKING:
    from ipo_ledger.adapters.sqlite.recorder import SqliteWriting

BUSY_SECONDS = 30.0


class SqliteStore:
    """A ledger in one file. Connections belong to one thread each; `close` closes them all."""

    def __init__(self, path: Path, clock: Clock, *, busy_seconds: float = BUSY_SECONDS) -> None:
        """Name the file; nothing is opened or made yet."""
        self.path = path
        self.clock = clock
        self._file = LedgerFile(path, clock, busy_seconds=busy_seconds)
        self._kept: PerThread[sqlite3.Connection] = PerThread()

    @property
    def url(self) -> str:
        """Return the ledger's URL."""
        return self._file.url

    @property
    def makes_itself(self) -> bool:
        """Tell that the file is made on first use."""
        return True

    def create(self) -> bool:
        """Make the file and its folder, or bring it to this release; tell whether anything had to be done."""
        with self._file.translating():
            return self._file.create()

    @contextmanager
    def reading(self) -> Iterator[SqliteReading]:
        """Look at the ledger as it is at one moment."""
        with self._file.translating():
            connection = self._connection()
            connection.execute("BEGIN")
            try:
                yield SqliteReading(connection, self.clock)
            finally:
                connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[SqliteWriting]:
        """Begin a transaction that alone may write; commit when the block ends, leave nothing when it raises."""
        # The eventsourcing library is needed to append, and costs a reader 50 ms at start.
        from ipo_ledger.adapters.sqlite.recorder import SqliteWriting

        with self._file.translating():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteWriting(connection, self.clock)
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def close(self) -> None:
        """Close every connection."""
        self._kept.close()

    def _connection(self) -> sqlite3.Connection:
        connection = self._kept.mine()
        if connection is None:
            connection = self._file.open()
            self._kept.keep(connection)
        if connection.in_transaction:
            msg = "this thread is inside a transaction already"
            raise RuntimeError(msg)
        return connection


class SqliteReading(ReadModel):
    """One look at a SQLite ledger, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        """Use a connection that is inside a transaction."""
        self.connection = connection
        self.clock = clock

    def _ask(self, question: str, parameters: Mapping[str, Any], where: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(_sql(question, where), parameters).fetchall()

    def head(self) -> Head:
        """Return the end of the ledger."""
        position, recorded_at = self.connection.execute("SELECT position, recorded_at FROM head").fetchone()
        return Head(position, from_micros(recorded_at))

    def now(self) -> datetime:
        """Return this machine's clock: the embedded store has no other."""
        return self.clock()


@lru_cache(maxsize=256)
def _sql(question: str, where: str) -> str:
    text = QUESTIONS[question].replace("{where}", where)
    return text.replace("{schema}", "").replace("{position}", "rowid")

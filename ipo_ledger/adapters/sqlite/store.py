"""The SQLite store: where it is, how it is made, and its two kinds of transaction."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import AbstractContextManager, closing, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ipo_ledger.adapters.sqlite.file import Clock, LedgerFile
from ipo_ledger.adapters.store.asking import PAGE
from ipo_ledger.adapters.store.faults import CommitUnknown, DamagedHead
from ipo_ledger.adapters.store.glances import Glances
from ipo_ledger.adapters.store.questions import QUESTIONS
from ipo_ledger.adapters.store.reading import ReadModel
from ipo_ledger.adapters.store.threads import PerThread
from ipo_ledger.adapters.store.whole import as_many_as_can_be_read
from ipo_ledger.application.ports.rows import Head
from ipo_ledger.domain.moments import from_micros, to_micros

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from ipo_ledger.adapters.sqlite.loading import SqliteLoading
    from ipo_ledger.adapters.sqlite.recorder import SqliteWriting
    from ipo_ledger.adapters.sqlite.together import SqliteTogether
    from ipo_ledger.application.ports.shadow import Shadow
    from ipo_ledger.application.ports.store import Backup, Progress, StoreReport

BUSY_SECONDS = 30.0


class SqliteStore(Glances):
    """A ledger in one file. Connections belong to one thread each; `close` closes them all."""

    def __init__(self, path: Path, clock: Clock, *, busy_seconds: float = BUSY_SECONDS) -> None:
        """Name the file; nothing is opened or made yet."""
        self.path = path
        self.clock = clock
        self._file = LedgerFile(path, clock, busy_seconds=busy_seconds)
        self._kept: PerThread[sqlite3.Connection] = PerThread()
        self._outer = _Outer()

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
        if self._outer.writing is not None:
            return False  # it is there: this thread is writing to it
        with self._file.translating():
            return self._file.create()

    @contextmanager
    def reading(self) -> Iterator[SqliteReading]:
        """Look at the ledger as it is at one moment."""
        if self._outer.writing is not None:
            yield self._outer.writing
            return
        with self._file.translating():
            connection = self._connection()
            with self._kept.in_use(connection):
                connection.execute("BEGIN")
                try:
                    yield SqliteReading(connection, self.clock)
                finally:
                    connection.rollback()

    @contextmanager
    def examining(self) -> Iterator[SqliteExamining]:
        """Look at the ledger even where it is damaged, on a connection of its own that writes nothing."""
        with self._file.translating_all(), closing(self._file.open_to_examine()) as connection:
            connection.execute("BEGIN")
            try:
                yield SqliteExamining(connection, self.clock, self._file)
            finally:
                connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[SqliteWriting]:
        """Begin a transaction that alone may write; commit when the block ends, leave nothing when it raises."""
        # The eventsourcing library is needed to append, and costs a reader 50 ms at start.
        from ipo_ledger.adapters.sqlite.recorder import SqliteWriting

        if self._outer.writing is not None:
            with self._outer.writing.part():
                yield self._outer.writing
            return
        with self._file.translating():
            connection = self._connection()
            with self._kept.in_use(connection):
                self._file.begin_alone(connection)
                try:
                    yield SqliteWriting(connection, self.clock)
                    self._commit(connection)
                except BaseException:
                    connection.rollback()
                    raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let this thread's transactions be parts of one: a part that raises leaves nothing, all commit at the end."""
        from ipo_ledger.adapters.sqlite.together import SqliteTogether

        with self.writing() as writing:
            together = self._outer.writing = SqliteTogether(writing.connection, self.clock)
            try:
                yield
                together.finish()
            finally:
                self._outer.writing = None

    def wait_for_writers(self) -> None:
        """Return once every append that had begun is committed, or given up: alone for a moment, as a writer is."""
        with self._file.translating():
            connection = self._connection()
            with self._kept.in_use(connection):
                # Where the file cannot be written, nobody who could be waited for is let in either.
                try:
                    connection.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as fault:
                    if not fault.sqlite_errorname.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
                        raise
                connection.rollback()

    def note(self) -> str | None:
        """Return None: a file is never behind."""
        return None

    @contextmanager
    def loading(self) -> Iterator[SqliteLoading]:
        """Begin a transaction that may set positions, times and roles: whoever can write the file may.

        Where there is no file one is made beside its place, and put there once it is whole.
        """
        from ipo_ledger.adapters.sqlite.loading import SqliteLoading

        if self._file.is_there():
            self.create()
            with self.writing() as writing:
                yield SqliteLoading(writing)
            return
        with self._file.made() as part, closing(SqliteStore(part, self.clock)) as store:
            store.create()
            with store.writing() as writing:
                yield SqliteLoading(writing)
            store.close()  # which puts its write-ahead log into it

    def shadow(self) -> AbstractContextManager[Shadow]:
        """Make room for a read model to be made anew."""
        from ipo_ledger.adapters.store.shadow import opened

        return opened(self.url)

    def report(self) -> StoreReport:
        """Return what the file is, and who may write it."""
        from ipo_ledger.adapters.sqlite.rights import report

        with self.reading():  # there is a ledger
            return report(self.path)

    def backup(self, to: Path, progress: Progress | None) -> Backup:
        """Copy the file as it is at one moment into a new one; others may write meanwhile."""
        from ipo_ledger.adapters.sqlite.backup import back_up

        with self.reading() as reading:
            return back_up(reading.connection, to, progress)

    def close(self) -> None:
        """Close every connection."""
        self._kept.close()

    def _glance(self, question: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        connection = self._kept.mine()
        if connection is None or connection.in_transaction:
            return None
        with self._kept.in_use(connection):
            try:
                rows = connection.execute(sql(question, ""), parameters).fetchall()
            except (sqlite3.DatabaseError, UnicodeDecodeError):
                with self._file.translating():
                    raise
        return rows[0] if rows else None

    def _clock_micros(self) -> int:
        return to_micros(self.clock())

    def _commit(self, connection: sqlite3.Connection) -> None:
        """Commit. Raises `CommitUnknown` when the disk fails: what was written and not synced may be there later."""
        try:
            connection.commit()
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorname.startswith("SQLITE_IOERR"):
                raise CommitUnknown(url=self.url, why=str(fault)) from fault
            raise

    def _connection(self) -> sqlite3.Connection:
        connection = self._kept.mine()
        if connection is None:
            connection = self._file.open()
            self._kept.keep(connection)
        if connection.in_transaction:
            msg = "this thread is inside a transaction already"
            raise RuntimeError(msg)
        return connection


class _Outer(threading.local):
    """The transaction that this thread puts several together in, while it does."""

    writing: SqliteTogether | None = None


class SqliteReading(ReadModel):
    """One look at a SQLite ledger, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        """Use a connection that is inside a transaction."""
        super().__init__()
        self.connection = connection
        self.clock = clock
        self._head: Head | None = None  # the same as long as this look lasts

    def _ask(self, question: str, parameters: Mapping[str, Any], where: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql(question, where), parameters).fetchall()

    def _pages(self, text: str) -> Iterator[list[tuple[Any, ...]]]:
        cursor = self.connection.execute(text.replace("{schema}", "").replace("{bytewise}", ""))
        while rows := cursor.fetchmany(PAGE):
            yield rows

    def faults(self) -> list[str]:
        """Return what SQLite finds wrong with the file, and where its tables and triggers are not as they are made."""
        from ipo_ledger.adapters.sqlite.checking import faults

        return faults(self.connection)

    def head(self) -> Head:
        """Return the end of the ledger."""
        if self._head is None:
            row = self.connection.execute("SELECT position, recorded_at FROM head").fetchone()
            if row is None:
                raise DamagedHead(why="its row is missing")
            self._head = Head(row[0], from_micros(row[1]))
        return self._head

    def now(self) -> datetime:
        """Return this machine's clock: the embedded store has no other."""
        return self.clock()


class SqliteExamining(SqliteReading):
    """One look at a SQLite ledger that may be damaged."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock, file: LedgerFile) -> None:
        """Use a connection that is inside a transaction."""
        super().__init__(connection, clock)
        self._file = file

    def _ask(self, question: str, parameters: Mapping[str, Any], where: str) -> list[tuple[Any, ...]]:
        if question != "rows":
            return super()._ask(question, parameters, where)

        def ask(limit: int) -> list[tuple[Any, ...]]:
            return super(SqliteExamining, self)._ask(question, {**parameters, "limit": limit}, where)

        return as_many_as_can_be_read(ask, parameters["limit"], (sqlite3.DatabaseError, MemoryError))

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Do one part; what cannot be read is `DamagedLedger`, and after it the next part can be read."""
        with self._file.translating_all():
            yield


@lru_cache(maxsize=256)
def sql(question: str, where: str) -> str:
    """Return a question with its condition, as SQLite is asked it."""
    text = QUESTIONS[question].replace("{where}", where)
    return text.replace("{schema}", "").replace("{position}", "rowid")

"""The SQLite store: where it is, how it is made, and its two kinds of transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipo_ledger.adapters.migrations import migrations, pending, refuse_unless_current
from ipo_ledger.adapters.store.faults import (
    NoLedgerYet,
    NoRights,
    NotALedger,
    StoreBusy,
    StoreFailed,
    StoreUnreachable,
)
from ipo_ledger.adapters.store.questions import QUESTIONS
from ipo_ledger.adapters.store.reading import ReadModel
from ipo_ledger.application.ports import Head
from ipo_ledger.domain.moments import from_micros, to_micros

if TYPE_CHECKING:
    from ipo_ledger.adapters.sqlite.recorder import SqliteWriting

APPLICATION_ID = 0x49504F4C  # "IPOL": says in the file itself what it is
BUSY_SECONDS = 30.0

Clock = Callable[[], datetime]


class SqliteStore:
    """A ledger in one file. Connections belong to one thread each; `close` closes them all."""

    def __init__(self, path: Path, clock: Clock, *, busy_seconds: float = BUSY_SECONDS) -> None:
        """Name the file; nothing is opened or made yet."""
        self.path = path
        self.clock = clock
        self.busy_seconds = busy_seconds
        self._own = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._guard = threading.Lock()

    @property
    def url(self) -> str:
        """Return the ledger's URL."""
        return f"sqlite:///{self.path.as_posix()}"

    @property
    def makes_itself(self) -> bool:
        """Tell that the file is made on first use."""
        return True

    def create(self) -> bool:
        """Make the file and its folder, or bring it to this release; tell whether anything had to be done."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():
                self.path.touch(mode=0o600)
        except OSError as fault:
            raise StoreUnreachable(url=self.url, why=str(fault)) from fault
        with self._translating():
            connection = self._connect()
            try:
                return self._migrate(connection)
            finally:
                connection.close()

    @contextmanager
    def reading(self) -> Iterator[SqliteReading]:
        """Look at the ledger as it is at one moment."""
        with self._translating():
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

        with self._translating():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteWriting(connection, self.clock)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def close(self) -> None:
        """Close every connection."""
        with self._guard:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._own = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            if not self.path.exists() or self.path.stat().st_size == 0:
                raise NoLedgerYet(url=self.url)
            connection = self._connect()
            try:
                self._check(connection)
            except BaseException:
                connection.close()
                raise
            self._own.connection = connection
            with self._guard:
                self._all.append(connection)
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self.busy_seconds, isolation_level=None, check_same_thread=False
        )
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                with suppress(sqlite3.OperationalError):  # a read-only file stays as it is
                    connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA recursive_triggers = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        self._refuse_other_files(connection)
        applied = _applied(connection)
        known = migrations("sqlite")
        if applied and pending(known, applied, self.url):
            self._migrate(connection)  # the embedded store brings itself to this release
            applied = _applied(connection)
        if not applied:
            raise NoLedgerYet(url=self.url)
        refuse_unless_current("sqlite", applied, self.url)

    def _refuse_other_files(self, connection: sqlite3.Connection) -> None:
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if mark != APPLICATION_ID and tables:
            raise NotALedger(url=self.url, why="it is a SQLite file of another program")

    def _migrate(self, connection: sqlite3.Connection) -> bool:
        self._refuse_other_files(connection)
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                "checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
            )
            wanted = pending(migrations("sqlite"), _applied(connection), self.url)
            for migration in wanted:
                for statement in statements(migration.sql):
                    connection.execute(statement)
                connection.execute(
                    "INSERT INTO schema_migrations VALUES (?, ?, ?, ?)",
                    (migration.number, migration.name, migration.checksum, to_micros(self.clock())),
                )
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
        return bool(wanted)

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Say the database's failures in the ledger's own words."""
        try:
            yield
        except sqlite3.DatabaseError as fault:
            name = getattr(fault, "sqlite_errorname", "") or ""
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise StoreBusy(url=self.url, seconds=f"{self.busy_seconds:g}") from fault
            if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
                raise NoRights(url=self.url, why=str(fault)) from fault
            if name.startswith("SQLITE_CANTOPEN"):
                raise StoreUnreachable(url=self.url, why=str(fault)) from fault
            if name.startswith("SQLITE_NOTADB"):
                raise NotALedger(url=self.url, why="it is not a SQLite file") from fault
            raise StoreFailed(url=self.url, why=str(fault)) from fault


class SqliteReading(ReadModel):
    """One look at a SQLite ledger, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        """Use a connection that is inside a transaction."""
        self.connection = connection
        self.clock = clock

    def _rows(self, question: str, parameters: Mapping[str, Any], where: str = "") -> list[tuple[Any, ...]]:
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


def _applied(connection: sqlite3.Connection) -> dict[int, str]:
    there = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").fetchone()
    if there is None:
        return {}
    return dict(connection.execute("SELECT number, checksum FROM schema_migrations").fetchall())


def statements(script: str) -> Iterator[str]:
    """Return the statements of a script one by one, so that they run inside one transaction.

    `executescript` would commit what is open; `complete_statement` knows triggers and strings.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""

"""Where the tests of the stores keep a ledger, and how they look at it behind the program's back."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import psycopg

from ipo_ledger.adapters.postgres.store import PostgresStore
from ipo_ledger.adapters.sqlite.store import SqliteStore
from ipo_ledger.adapters.store.tables import READ_MODEL

AnyStore: TypeAlias = SqliteStore | PostgresStore
Clock = Callable[[], datetime]


def machine_clock() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


class Place(ABC):
    """A place for one ledger. The stores opened there are closed with it."""

    schema: str  # what its tables' names begin with
    position: str  # the column of an event's position
    append_only_refusal: type[Exception]

    def __init__(self) -> None:
        """Begin with nothing opened."""
        self._opened: list[AnyStore] = []
        self._made: AnyStore | None = None

    def store(self, *, clock: Clock = machine_clock, busy_seconds: float = 30.0) -> AnyStore:
        """Return a store on this place; nothing is made."""
        opened = self._open(clock, busy_seconds)
        self._opened.append(opened)
        return opened

    def ledger(self, *, clock: Clock = machine_clock) -> AnyStore:
        """Return a store that is made; the same one whenever it is asked for."""
        if self._made is None:
            self._made = self.store(clock=clock)
            self._made.create()
        return self._made

    def close(self) -> None:
        """Close every store that was opened."""
        for store in self._opened:
            store.close()

    def dump(self) -> dict[str, list[str]]:
        """Return every row of every table, so that two ledgers can be compared."""
        return {t: sorted(map(repr, self.run(f"SELECT * FROM {self.schema}{t}"))) for t in self.tables()}

    def read_model(self) -> dict[str, list[str]]:
        """Return every row of the read model, spelled alike on both stores."""
        return {table.name: self._alike(f"SELECT * FROM {self.schema}{table.name}") for table in READ_MODEL}

    def _alike(self, question: str) -> list[str]:
        rows = (tuple(int(v) if isinstance(v, bool) else v for v in row) for row in self.run(question))
        return sorted(map(repr, rows))

    @abstractmethod
    def let_the_clock_stand_still(self) -> None:
        """Let the store's clock say nothing later than what the last event was stamped with."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Return the URL that a child process opens it with."""

    @abstractmethod
    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Run any SQL as somebody who may do everything, and return the rows."""

    @abstractmethod
    def tables(self) -> list[str]:
        """Return the names of all tables."""

    @abstractmethod
    def _open(self, clock: Clock, busy_seconds: float) -> AnyStore: ...


class SqlitePlace(Place):
    """A file."""

    schema = ""
    position = "rowid"
    append_only_refusal = sqlite3.IntegrityError

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__()
        self.path = path

    @property
    def url(self) -> str:
        """Return its URL."""
        return f"sqlite:///{self.path.as_posix()}"

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Run SQL on a connection of its own."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        found = self.run("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1")
        return [name for (name,) in found]

    def let_the_clock_stand_still(self) -> None:
        """Do nothing: the story's clock is the store's."""

    def _open(self, clock: Clock, busy_seconds: float) -> SqliteStore:
        return SqliteStore(self.path, clock, busy_seconds=busy_seconds)


class PostgresPlace(Place):
    """A database."""

    schema = "ipo_ledger."
    position = "position"
    append_only_refusal = psycopg.errors.InsufficientPrivilege

    def __init__(self, url: str) -> None:
        """Name the database, as a role that may do everything there."""
        super().__init__()
        self._url = url

    @property
    def url(self) -> str:
        """Return its URL."""
        return self._url

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Run SQL on a connection of its own."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description is not None else []

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        found = self.run("SELECT tablename FROM pg_tables WHERE schemaname = 'ipo_ledger' ORDER BY 1")
        return [name for (name,) in found]

    def let_the_clock_stand_still(self) -> None:
        """Stamp the last event as if it were tomorrow: the server's clock is behind from then on."""
        day = 24 * 3600 * 1_000_000
        self.run("ALTER TABLE ipo_ledger.head DISABLE TRIGGER head_stamped")
        self.run(f"UPDATE ipo_ledger.head SET recorded_at = recorded_at + {day}")
        self.run("ALTER TABLE ipo_ledger.head ENABLE ALWAYS TRIGGER head_stamped")

    def _open(self, clock: Clock, busy_seconds: float) -> PostgresStore:
        del clock  # the server's
        return PostgresStore(self._url, busy_seconds=busy_seconds)

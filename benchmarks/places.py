"""Places for ledgers to be measured: made fresh, opened by the API, and looked at by plain SQL beside it."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import psycopg

import ipo_ledger
from ipo_ledger import Ledger
from ipo_ledger.adapters.postgres.store import PostgresStore
from ipo_ledger.adapters.sqlite.store import SqliteStore
from tests.stores.places import AnyStore, machine_clock

Kind: TypeAlias = Literal["sqlite", "postgres"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")


class Place(ABC):
    """A place for one ledger. What was opened there is closed with it."""

    kind: Kind
    schema: str
    position: str  # the column of an event's position

    def __init__(self, url: str) -> None:
        """Name it; nothing is made."""
        self.url = url
        self._open: list[Any] = []

    def made(self) -> Place:
        """Make an empty ledger here."""
        self.ledger().init()
        return self

    def ledger(self) -> Ledger:
        """Open the ledger, as a program that uses the API does."""
        ledger = ipo_ledger.open(self.url, actor="bench")
        self._open.append(ledger)
        return ledger

    def store(self) -> AnyStore:
        """Open the store under the ledger."""
        store = self._store()
        self._open.append(store)
        return store

    def close(self) -> None:
        """Close what was opened."""
        for opened in self._open:
            opened.close()
        self._open.clear()

    @abstractmethod
    def _store(self) -> AnyStore: ...

    @abstractmethod
    def ask(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Put a question (values as `?`) over one connection that stays open, prepared: the least there can be."""

    @abstractmethod
    def bytes_used(self) -> dict[str, int]:
        """Return the bytes on disk of each table with its indexes."""


class SqlitePlace(Place):
    """A file."""

    kind: Kind = "sqlite"
    schema = ""
    position = "rowid"

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(f"sqlite:///{path.as_posix()}")
        self.path = path
        self._raw: sqlite3.Connection | None = None

    def _store(self) -> SqliteStore:
        return SqliteStore(self.path, machine_clock)

    def connect(self) -> sqlite3.Connection:
        """Open a connection as durable as the ledger's."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        self._open.append(connection)
        return connection

    def ask(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Put a question; the connection keeps the statement prepared."""
        if self._raw is None:
            self._raw = self.connect()
        return self._raw.execute(question, values).fetchall()

    def close(self) -> None:
        """Close what was opened."""
        super().close()
        self._raw = None

    def bytes_used(self) -> dict[str, int]:
        """Return the bytes of each table with its indexes, whole pages."""
        rows = self.ask(
            # Page by page: what SQLite adds up by itself (aggregate = TRUE) overflows at 2 GiB.
            "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_schema m ON m.name = s.name GROUP BY m.tbl_name"
        )
        return dict(rows)


class PostgresPlace(Place):
    """A database."""

    kind: Kind = "postgres"
    schema = "ipo_ledger."
    position = "position"

    def __init__(self, url: str) -> None:
        """Name the database, as a role that may do everything there."""
        super().__init__(url)
        self._raw: psycopg.Connection[tuple[Any, ...]] | None = None

    def _store(self) -> PostgresStore:
        return PostgresStore(self.url)

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Open a connection that commits each statement."""
        connection = psycopg.connect(self.url, autocommit=True)
        self._open.append(connection)
        return connection

    def ask(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Put a question, prepared and in binary."""
        if self._raw is None:
            self._raw = self.connect()
        text = question.replace("%", "%%").replace("?", "%s")
        cursor = self._raw.execute(text.encode(), values, prepare=True, binary=True)
        return cursor.fetchall() if cursor.description is not None else []

    def close(self) -> None:
        """Close what was opened."""
        super().close()
        self._raw = None

    def bytes_used(self) -> dict[str, int]:
        """Return the bytes of each table with its indexes."""
        return dict(
            self.ask(
                "SELECT relname::text, pg_total_relation_size(oid) FROM pg_class "
                "WHERE relkind = 'r' AND relnamespace = 'ipo_ledger'::regnamespace"
            )
        )

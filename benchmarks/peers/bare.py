"""The limit: the drivers alone, doing the least work that keeps the same events as durably."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

COPY = "raw COPY"
INSERT = "raw INSERT"
EXECUTEMANY = "raw executemany"

_SQLITE = (
    "CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, "
    "topic TEXT NOT NULL, state BLOB NOT NULL)"
)
_POSTGRES = (
    "CREATE TABLE events (position bigint PRIMARY KEY, stream text NOT NULL, version bigint NOT NULL, "
    "topic text NOT NULL, state bytea NOT NULL)"
)
_TYPES = ("int8", "text", "int8", "text", "bytea")


class BareSqlite:
    """One table in one file, WAL, synchronous FULL."""

    def __init__(self, path: Path) -> None:
        """Make the table."""
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(_SQLITE)
        self.count = 0

    def append(self, payloads: Sequence[tuple[str, bytes]]) -> float:
        """Insert events in one transaction; return the seconds."""
        first, self.count = self.count + 1, self.count + len(payloads)
        rows = [(n, "system", n, topic, state) for n, (topic, state) in enumerate(payloads, first)]
        began = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
        self._connection.execute("COMMIT")
        return time.perf_counter() - began

    def close(self) -> None:
        """Close it."""
        self._connection.close()


class BarePostgres:
    """One table in one database."""

    def __init__(self, url: str) -> None:
        """Make the table."""
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(_POSTGRES)
        self.count = 0

    def copy(self, payloads: Sequence[tuple[str, bytes]]) -> float:
        """Copy events in, in binary, in one transaction; return the seconds."""
        rows = self._rows(payloads)
        began = time.perf_counter()
        with self._connection.cursor() as cursor, cursor.copy("COPY events FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)
        return time.perf_counter() - began

    def insert(self, payloads: Sequence[tuple[str, bytes]]) -> float:
        """Insert events one by one with a prepared statement, in one transaction; return the seconds."""
        rows = self._rows(payloads)
        began = time.perf_counter()
        with self._connection.transaction():
            for row in rows:
                self._connection.execute("INSERT INTO events VALUES (%b, %b, %b, %b, %b)", row, prepare=True)
        return time.perf_counter() - began

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def _rows(self, payloads: Sequence[tuple[str, bytes]]) -> list[tuple[int, str, int, str, bytes]]:
        first, self.count = self.count + 1, self.count + len(payloads)
        return [(n, "system", n, topic, state) for n, (topic, state) in enumerate(payloads, first)]

"""The two stores that every transcript is played on, and what they hold: to tell that nothing was written."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Protocol


class PlayedStore(Protocol):
    """A store that transcripts are played on."""

    @property
    def url(self) -> str:
        """The URL of the ledger."""

    @property
    def shown(self) -> str:
        """The URL as the program shows it."""

    def content(self) -> object:
        """Return all that it holds, to compare."""


class PlayedSqlite:
    """A ledger in a file in the current folder."""

    url = shown = "sqlite:///ledger.db"

    def content(self) -> bytes:
        """Return the file, byte for byte, once the write-ahead log is in it."""
        connection = sqlite3.connect("ledger.db")
        try:
            assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        finally:
            connection.close()
        return Path("ledger.db").read_bytes()


class PlayedPostgres:
    """A ledger in a database of its own."""

    def __init__(self, url: str) -> None:
        """Take the URL of an empty database."""
        from ipo_ledger.adapters.postgres.store import PostgresStore

        self.url = url
        self.shown = PostgresStore(url).url

    def content(self) -> dict[str, list[bytes]]:
        """Return every table of every schema of ours, row by row."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url) as connection:
            tables = connection.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'ipo_ledger%'"
            ).fetchall()
            held = {}
            for table in tables:
                with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(*table))) as rows:
                    held[".".join(table)] = sorted(bytes(row) for row in rows)
        assert held, "there is no ledger in this database"
        return held

"""The two stores that every transcript is played on, and what they hold: to tell that nothing was written."""

from __future__ import annotations

import sqlite3
from datetime import datetime
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

    def go_by(self, now: datetime) -> None:
        """Let the store's own clock stand there."""

    def content(self) -> object:
        """Return all that it holds, to compare."""


class PlayedSqlite:
    """A ledger in a file in the current folder."""

    url = shown = "sqlite:///ledger.db"

    def go_by(self, now: datetime) -> None:
        """Do nothing: it goes by the clock of whoever runs the program."""

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

    def go_by(self, now: datetime) -> None:
        """Put another clock in the place of the server's, as only the owner of the ledger can."""
        import psycopg
        from psycopg import sql

        micros = round(now.timestamp() * 1_000_000)
        clock = sql.SQL(
            "CREATE OR REPLACE FUNCTION ipo_ledger.clock_micros() RETURNS bigint LANGUAGE sql VOLATILE "
            "AS $$ SELECT {}::bigint $$"
        ).format(micros)
        with psycopg.connect(self.url) as connection:
            connection.execute(clock)

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

"""The PostgreSQL store: where it is, how it is made, and its two kinds of transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ipo_ledger.adapters.postgres import creation
from ipo_ledger.adapters.postgres.address import address
from ipo_ledger.adapters.postgres.questions import sql
from ipo_ledger.adapters.postgres.sessions import Connection, Sessions, abandon, end
from ipo_ledger.adapters.store.reading import ReadModel
from ipo_ledger.application.ports import Head
from ipo_ledger.domain.moments import from_micros

if TYPE_CHECKING:
    from ipo_ledger.adapters.postgres.recorder import PostgresWriting

BUSY_SECONDS = 30.0

Clock = Callable[[], datetime]

# One round trip each. The clock is read after the head is locked: waiting for it may have taken a while.
_READ = b"""
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT position, recorded_at, ipo_ledger.clock_micros() FROM ipo_ledger.head
"""
_WRITE = """
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = {milliseconds};
WITH head AS MATERIALIZED (SELECT position, recorded_at FROM ipo_ledger.head FOR UPDATE)
SELECT position, recorded_at, ipo_ledger.clock_micros() FROM head
"""


class PostgresStore:
    """A ledger in a PostgreSQL database. Connections belong to one thread each; `close` closes them all."""

    def __init__(self, url: str, *, clock: Clock | None = None, busy_seconds: float = BUSY_SECONDS) -> None:
        """Name the database; nothing is reached yet. `clock` stands in for the server's, in tests.

        Raises `BadLedgerUrl`.
        """
        self._sessions = Sessions(address(url), busy_seconds=busy_seconds)
        self._clock = clock
        self._write = _WRITE.format(milliseconds=max(1, round(busy_seconds * 1000))).encode()

    @property
    def url(self) -> str:
        """Return the ledger's URL without a password."""
        return self._sessions.address.shown

    @property
    def makes_itself(self) -> bool:
        """Tell that an administrator makes the ledger: it takes rights that nobody who records should have."""
        return False

    def create(self) -> bool:
        """Make the schema, or bring it to this release; tell whether anything had to be done."""
        with self._sessions.translating(), self._sessions.connect() as connection:
            return creation.create(connection, self.url)

    @contextmanager
    def reading(self) -> Iterator[PostgresReading]:
        """Look at the ledger as it is at one moment; a standby and a role that may only read will do."""
        with self._sessions.translating():
            connection, row = self._sessions.begin(_READ)
            try:
                yield PostgresReading(connection, row, self._clock)
            except BaseException:
                abandon(connection)
                raise
            end(connection, self.url)  # ROLLBACK would make psycopg forget what it has prepared

    @contextmanager
    def writing(self) -> Iterator[PostgresWriting]:
        """Begin a transaction that alone may write; commit when the block ends, leave nothing when it raises."""
        # The eventsourcing library is needed to append, and costs a reader 50 ms at start.
        from ipo_ledger.adapters.postgres.recorder import PostgresWriting

        with self._sessions.translating():
            connection, row = self._sessions.begin(self._write)
            try:
                yield PostgresWriting(connection, row, self._clock)
            except BaseException:
                abandon(connection)
                raise
            end(connection, self.url)

    def close(self) -> None:
        """Close every connection."""
        self._sessions.close()


class PostgresReading(ReadModel):
    """One look at a PostgreSQL ledger, inside one transaction."""

    def __init__(self, connection: Connection, begun: tuple[Any, ...], clock: Clock | None) -> None:
        """Use a connection inside a transaction that began with this position, time of its recording, and clock."""
        self.connection = connection
        self._clock = clock
        self._head = Head(begun[0], from_micros(begun[1]))
        self._began, self._then = from_micros(begun[2]), time.monotonic()

    def _ask(self, question: str, parameters: Mapping[str, Any], where: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql(question, where), parameters, binary=True).fetchall()

    def head(self) -> Head:
        """Return the end of the ledger."""
        return self._head

    def now(self) -> datetime:
        """Return the server's clock: what it said when the transaction began, and the time since then."""
        if self._clock is not None:
            return self._clock()
        return self._began + timedelta(seconds=time.monotonic() - self._then)

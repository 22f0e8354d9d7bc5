"""The PostgreSQL store: where it is, how it is made, and its two kinds of transaction."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import psycopg

from ipo_ledger.adapters.postgres import creation, outcome, standby
from ipo_ledger.adapters.postgres.address import address
from ipo_ledger.adapters.postgres.failures import unreadable
from ipo_ledger.adapters.postgres.questions import sql
from ipo_ledger.adapters.postgres.sessions import Connection, Sessions, abandon, end, leave
from ipo_ledger.adapters.store.asking import PAGE
from ipo_ledger.adapters.store.faults import (
    CommitUnknown,
    ConnectionLost,
    DamagedLedger,
    StandbyBehind,
    in_a_command,
)
from ipo_ledger.adapters.store.glances import Glances
from ipo_ledger.adapters.store.reading import ReadModel
from ipo_ledger.adapters.store.whole import as_many_as_can_be_read
from ipo_ledger.application.ports.rows import Head
from ipo_ledger.application.ports.shadow import Shadow
from ipo_ledger.application.ports.store import Progress, StoreReport
from ipo_ledger.application.refusals import BackupElsewhere
from ipo_ledger.domain.moments import from_micros, to_micros

if TYPE_CHECKING:
    from ipo_ledger.adapters.postgres.loading import PostgresLoading
    from ipo_ledger.adapters.postgres.recorder import PostgresWriting

BUSY_SECONDS = 30.0

Clock = Callable[[], datetime]

# One round trip each. The clock is read after the head is locked: waiting for it may have taken a while.
_READ = b"""
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT position, recorded_at, ipo_ledger.clock_micros(), pg_catalog.pg_is_in_recovery() FROM ipo_ledger.head
"""
_WRITE = """
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = {milliseconds};
WITH head AS MATERIALIZED (SELECT position, recorded_at FROM ipo_ledger.head FOR UPDATE)
SELECT position, recorded_at, ipo_ledger.clock_micros(), pg_catalog.pg_advisory_xact_lock({lock}) FROM head
"""
# Whoever appends holds this lock until the commit. A reader who needs to know that no append is under way takes it
# together with others for a moment: no rights are needed for that, as they would be to lock the head.
_APPENDING = 0x49504F4C
_WAIT = """
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
SET LOCAL lock_timeout = {milliseconds};
SELECT pg_catalog.pg_advisory_xact_lock_shared({lock}), pg_catalog.pg_is_in_recovery()
"""


class PostgresStore(Glances):
    """A ledger in a PostgreSQL database. Connections belong to one thread each; `close` closes them all."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        busy_seconds: float = BUSY_SECONDS,
        warned: Callable[[str], None] | None = None,
    ) -> None:
        """Name the database; nothing is reached yet. `clock` stands in for the server's, in tests.

        `warned` is told once when a connection that leaves this machine is not encrypted. Raises `BadLedgerUrl`.
        """
        self._sessions = Sessions(address(url), busy_seconds=busy_seconds, warned=warned)
        self._clock = clock
        self._outer = _Outer()
        self._note: str | None = None
        patience = {"milliseconds": self._sessions.milliseconds, "lock": _APPENDING}
        self._write = _WRITE.format(**patience).encode()
        self._wait = _WAIT.format(**patience).encode()

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
        if self._outer.writing is not None:
            yield self._outer.writing
            return
        with self._sessions.translating():
            connection, row = self._sessions.begin(_READ)
            try:
                reading = PostgresReading(connection, row, self._clock)
                self._note = standby.note(connection, reading.head()) if row[3] else None
                yield reading
            except BaseException:
                abandon(connection)
                raise
            leave(connection)

    @contextmanager
    def examining(self) -> Iterator[PostgresExamining]:
        """Look at the ledger even where it is damaged, on a connection of its own."""
        with self._sessions.translating(), self._sessions.examining(_READ) as (connection, row):
            examining = PostgresExamining(connection, row, self._clock, self.url)
            self._note = standby.note(connection, examining.head()) if row[3] else None
            yield examining

    @contextmanager
    def writing(self) -> Iterator[PostgresWriting]:
        """Begin a transaction that alone may write; commit when the block ends, leave nothing when it raises.

        A commit that is not answered is looked up. Raises `ConnectionLost` when nothing was recorded, `CommitUnknown`
        when that cannot be found out.
        """
        # The eventsourcing library is needed to append, and costs a reader 50 ms at start.
        from ipo_ledger.adapters.postgres.recorder import PostgresWriting

        if self._outer.writing is not None:
            with self._outer.writing.part():
                yield self._outer.writing
            return
        with self._sessions.translating():
            connection, row = self._sessions.begin(self._write, patient=True)
            writing = PostgresWriting(connection, row, self._clock)
            try:
                yield writing
            except BaseException:
                abandon(connection)
                raise
            self._commit(writing)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let this thread's transactions be parts of one: a part that raises leaves nothing, all commit at the end."""
        with self.writing() as writing:
            self._outer.writing = writing
            try:
                yield
            finally:
                self._outer.writing = None

    def wait_for_writers(self) -> None:
        """Return once every append that had begun is committed, or given up. Raises `StandbyBehind` on a standby."""
        with self._sessions.translating():
            connection, (_, is_standby) = self._sessions.begin(self._wait)
            leave(connection)
        if is_standby:  # nobody writes here, and what is on its way from the primary nobody knows
            with self.reading() as reading:
                head = reading.head()
            at = head.recorded_at.isoformat(timespec="seconds")
            raise StandbyBehind(url=self.url, position=head.position, recorded_at=at)

    def note(self) -> str | None:
        """Return how far the ledger was when it was last read, if that was on a standby."""
        return self._note

    @contextmanager
    def loading(self) -> Iterator[PostgresLoading]:
        """Begin a transaction that acts as the owner, and so may set positions, times and roles.

        Raises `NoRights`, which says who may.
        """
        from ipo_ledger.adapters.postgres.loading import PostgresLoading

        with self.writing() as writing, creation.owning_to_load(writing.connection, self.url):
            yield PostgresLoading(writing)

    def shadow(self) -> AbstractContextManager[Shadow]:
        """Make room for a read model to be made anew: on this machine, not on the server."""
        from ipo_ledger.adapters.store.shadow import opened

        return opened(self.url)

    def report(self) -> StoreReport:
        """Return what the store is, and what it lets the role that logged in do."""
        from ipo_ledger.adapters.postgres.rights import report

        with self.reading() as reading:
            return report(reading.connection)

    def backup(self, to: Path, progress: Progress | None) -> NoReturn:
        """Refuse, and say how PostgreSQL makes one."""
        del progress
        raise BackupElsewhere(url=self.url, file=in_a_command(str(to)), address=in_a_command(self.url))

    def close(self) -> None:
        """Close every connection."""
        self._sessions.close()

    def _glance(self, question: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        if self._note is not None:  # who reads from a standby is told how far it is
            return None
        try:
            rows = self._sessions.glance(sql(question, ""), parameters)
        except psycopg.Error:
            with self._sessions.translating():
                raise
        return rows[0] if rows and not rows[0][0] else None

    def _clock_micros(self) -> int | None:
        return to_micros(self._clock()) if self._clock is not None else None

    def _commit(self, writing: PostgresWriting) -> None:
        try:
            end(writing.connection, self.url)
        except CommitUnknown as unknown:
            if writing.trace is None or not writing.connection.closed:
                raise
            if not outcome.was_committed(self._sessions, self._write, writing.trace, unknown):
                why = f"the connection was lost: {unknown.details['why']}"
                raise ConnectionLost(url=self.url, why=why) from unknown


class _Outer(threading.local):
    """The transaction in which this thread puts several together, while it does."""

    writing: PostgresWriting | None = None


class PostgresReading(ReadModel):
    """One look at a PostgreSQL ledger, inside one transaction."""

    def __init__(self, connection: Connection, begun: tuple[Any, ...], clock: Clock | None) -> None:
        """Use a connection inside a transaction that began with this position, time of its recording, and clock."""
        super().__init__()
        self.connection = connection
        self._clock = clock
        self._head = Head(begun[0], from_micros(begun[1]))
        self._began, self._then = from_micros(begun[2]), time.monotonic()
        self._cursors = 0

    def _ask(self, question: str, parameters: Mapping[str, Any], where: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql(question, where), parameters, binary=True).fetchall()

    def _pages(self, text: str) -> Iterator[list[tuple[Any, ...]]]:
        self._cursors += 1
        filled = text.replace("{schema}", "ipo_ledger.").replace("{bytewise}", 'COLLATE "C"')
        with self.connection.cursor(f"ipo_ledger_{self._cursors}") as cursor:
            cursor.execute(filled.encode(), binary=True)
            while rows := cursor.fetchmany(PAGE):
                yield rows

    def faults(self) -> list[str]:
        """Return what the schema lacks of what keeps the ledger append-only, as far as any reader can see it."""
        from ipo_ledger.adapters.postgres.checking import faults

        return faults(self.connection)

    def head(self) -> Head:
        """Return the end of the ledger."""
        return self._head

    def now(self) -> datetime:
        """Return the server's clock: what it said when the transaction began, and the time since then."""
        if self._clock is not None:
            return self._clock()
        return self._began + timedelta(seconds=time.monotonic() - self._then)


class PostgresExamining(PostgresReading):
    """One look at a PostgreSQL ledger that may be damaged."""

    def __init__(self, connection: Connection, begun: tuple[Any, ...], clock: Clock | None, url: str) -> None:
        """Use a connection inside a transaction, as `PostgresReading` does."""
        super().__init__(connection, begun, clock)
        self._url = url

    def _ask(self, question: str, parameters: Mapping[str, Any], where: str) -> list[tuple[Any, ...]]:
        if question != "rows":
            return super()._ask(question, parameters, where)

        def ask(limit: int) -> list[tuple[Any, ...]]:
            with self.apart():
                return super(PostgresExamining, self)._ask(question, {**parameters, "limit": limit}, where)

        return as_many_as_can_be_read(ask, parameters["limit"], (DamagedLedger,))

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Do one part; what cannot be read is `DamagedLedger`, and after it the next part can be read."""
        self.connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException as fault:
            if not self.connection.closed:
                self.connection.execute("ROLLBACK TO SAVEPOINT part")
                self.connection.execute("RELEASE SAVEPOINT part")
            damage = unreadable(fault, self._url) if isinstance(fault, psycopg.Error) else None
            if damage is not None:
                raise damage from fault
            raise
        self.connection.execute("RELEASE SAVEPOINT part")

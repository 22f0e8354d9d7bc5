"""Connections to PostgreSQL: one a thread, checked when opened, opened again when found dead."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from ipo_ledger.adapters.migrations import refuse_unless_current
from ipo_ledger.adapters.postgres import arrays
from ipo_ledger.adapters.postgres.address import Address
from ipo_ledger.adapters.postgres.encryption import in_the_clear
from ipo_ledger.adapters.postgres.failures import failed, refused, words
from ipo_ledger.adapters.store.faults import (
    CommitUnknown,
    DamagedHead,
    DamagedLedger,
    NoLedgerYet,
    NotALedger,
    StoreFailed,
    StoreUnreachable,
)
from ipo_ledger.adapters.store.threads import PerThread
from ipo_ledger.adapters.store.whole import head_differs

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

_AT_REST = {TransactionStatus.IDLE, TransactionStatus.UNKNOWN}  # unknown: it is closed
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5  # seconds between two tries to reach a server again
_APPLIED = "SELECT number, checksum FROM ipo_ledger.schema_migrations"
_HEAD = """
SELECT h.position, h.recorded_at, h.frontier, e.position, e.recorded_at FROM ipo_ledger.head h
LEFT JOIN (SELECT position, recorded_at FROM ipo_ledger.stored_events ORDER BY position DESC LIMIT 1) e ON TRUE
"""
_WHAT_IS_THERE = """
SELECT to_regclass('ipo_ledger.schema_migrations') IS NOT NULL,
  EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = n.oid)
FROM pg_catalog.pg_namespace n WHERE n.nspname = 'ipo_ledger'
"""


class Sessions:
    """The connections of one store."""

    def __init__(self, address: Address, *, busy_seconds: float, warned: Callable[[str], None] | None = None) -> None:
        """Connect to nothing yet; `warned` is told once where a connection can be listened to."""
        self.address = address
        self.busy_seconds = busy_seconds
        self._warned = warned
        self._kept: PerThread[Connection] = PerThread()
        self._was_reached = False

    @property
    def milliseconds(self) -> int:
        """Return how long a writer waits, as PostgreSQL's settings take it."""
        return max(1, round(self.busy_seconds * 1000))

    @property
    def lost(self) -> bool:
        """Tell whether the connection of this thread is lost."""
        mine = self._kept.mine()
        return mine is not None and mine.closed

    def connect(self) -> Connection:
        """Open a connection, to whatever is there."""
        try:
            connection = psycopg.connect(**self.address.parameters, autocommit=True)  # type: ignore[arg-type] # mypy cannot know which of libpq's names are in it
        except psycopg.OperationalError as fault:
            raise refused(fault, self.address.shown) from fault
        warning = in_the_clear(connection, self.address)
        if warning is not None and self._warned is not None:
            self._warned(warning)
            self._warned = None
        # Every integer of ours is a bigint; psycopg would send small ones as int2.
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.adapters.register_dumper(int, Int8BinaryDumper)
        arrays.register(connection)
        return connection

    def begin(self, statements: bytes, *, patient: bool = False) -> tuple[Connection, tuple[Any, ...]]:
        """Begin a transaction on this thread's connection; return it and the row that the last statement gives.

        A connection that turns out to be dead is replaced once: the server may have been restarted since. Whoever is
        `patient` waits for a server that was reached before, or for the one that takes its place, to come up.
        """
        connection = self._kept.mine()
        if connection is not None:
            if connection.info.transaction_status not in _AT_REST:
                msg = "this thread is inside a transaction already"
                raise RuntimeError(msg)
            try:
                return connection, _begun(connection, statements)
            except psycopg.OperationalError as fault:
                if not is_lost(connection, fault):
                    raise
                self._kept.drop()
        connection = self._reached_again() if patient and self._was_reached else self._checked()
        self._kept.keep(connection)
        return connection, _begun(connection, statements)

    def glance(self, statement: bytes, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return what one statement finds, without a transaction; nothing where no connection is open and at rest.

        One that turns out to be dead is let go of: whoever asks next opens another.
        """
        connection = self._kept.mine()
        if connection is None or connection.pgconn.transaction_status != TransactionStatus.IDLE:
            return []
        try:
            return connection.execute(statement, parameters, binary=True).fetchall()
        except psycopg.OperationalError as fault:
            if not is_lost(connection, fault):
                raise
            self._kept.drop()
            return []

    @contextmanager
    def examining(self, statements: bytes) -> Iterator[tuple[Connection, tuple[Any, ...]]]:
        """Begin a transaction on a connection of its own, to a ledger that may be damaged; it ends with the block."""
        connection = self.connect()
        try:
            self._refuse_what_is_no_current_ledger(connection)
            yield connection, _begun(connection, statements)
        except psycopg.OperationalError as fault:
            if connection.closed:
                raise failed(fault, self.address.shown, busy_seconds=self.busy_seconds, lost=True) from fault
            raise
        finally:
            connection.close()

    def close(self) -> None:
        """Close every connection."""
        self._kept.close()

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Say PostgreSQL's failures in the ledger's own words."""
        try:
            yield
        except psycopg.Error as fault:
            mine = self._kept.mine()
            if mine is not None:
                is_lost(mine, fault)
            raise failed(fault, self.address.shown, busy_seconds=self.busy_seconds, lost=self.lost) from fault

    def _reached_again(self) -> Connection:
        """Open a connection as soon as there is a server again; give up when a writer would give up waiting."""
        until, pause = time.monotonic() + self.busy_seconds, _FIRST_PAUSE
        while True:
            try:
                return self._checked()
            except (psycopg.OperationalError, StoreUnreachable) as fault:
                if time.monotonic() + pause > until:
                    why = words(fault) if isinstance(fault, psycopg.Error) else fault.details["why"]
                    raise StoreUnreachable(url=self.address.shown, why=why, hint=self._given_up()) from fault
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _given_up(self) -> str:
        return (
            f"The server was lost on the way, and did not come back for {self.busy_seconds:g} s. "
            "Nothing of this command was recorded: give it again when the server is back."
        )

    def _checked(self) -> Connection:
        connection = self.connect()
        try:
            self._refuse_what_is_no_current_ledger(connection)
            self._refuse_damage(connection)
        except BaseException:
            connection.close()
            raise
        self._was_reached = True
        return connection

    def _refuse_damage(self, connection: Connection) -> None:
        """Refuse a ledger that can be seen at once to be damaged."""
        found = head_differs(connection.execute(_HEAD, binary=True).fetchall())
        if found is not None:
            raise DamagedLedger(url=self.address.shown, why=found)

    def _refuse_what_is_no_current_ledger(self, connection: Connection) -> None:
        applied = applied_migrations(connection, self.address.shown)
        if not applied:
            raise NoLedgerYet(url=self.address.shown)
        refuse_unless_current("postgres", applied, self.address.shown)


def applied_migrations(connection: Connection, url: str) -> dict[int, str]:
    """Return the checksums of the migrations that a database has, by number; empty where there is no ledger.

    Raises `NotALedger` when something else has taken the schema.
    """
    found = connection.execute(_WHAT_IS_THERE).fetchone()
    if found is None:
        return {}
    ours, anything = found
    if not ours and anything:
        raise NotALedger(url=url, why="its schema ipo_ledger is another program's")
    try:
        return dict(connection.execute(_APPLIED).fetchall()) if ours else {}
    except psycopg.errors.UndefinedColumn as fault:
        raise NotALedger(url=url, why=words(fault)) from fault


def end(connection: Connection, url: str) -> None:
    """Commit. Raises `CommitUnknown` unless the server, and the standby it waits for, said that it is done."""
    warnings: list[str] = []

    def warned(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":  # cancelled while it waited for the standby
            warnings.append(notice.message_primary or "")

    connection.add_notice_handler(warned)
    try:
        said = connection.execute("COMMIT").statusmessage
    except psycopg.Error as fault:
        if is_lost(connection, fault):
            raise CommitUnknown(url=url, why="; ".join([*warnings, words(fault)])) from fault
        raise
    except KeyboardInterrupt:
        if warnings:  # it is committed here, and no standby has confirmed it
            raise CommitUnknown(url=url, why="; ".join(warnings)) from None
        abandon(connection)  # or this thread would find itself inside a transaction
        raise
    finally:
        connection.remove_notice_handler(warned)
    if said != "COMMIT":  # a failed statement was swallowed inside the block: the server rolls back, politely
        raise StoreFailed(url=url, why="a statement had failed, and the server took back the transaction")
    if warnings:
        raise CommitUnknown(url=url, why="; ".join(warnings))


def leave(connection: Connection) -> None:
    """End a transaction that only read: whatever happens to it, nothing hangs on its commit.

    ROLLBACK would make psycopg forget what it has prepared.
    """
    with suppress(psycopg.OperationalError):
        try:
            connection.execute("COMMIT")
        except KeyboardInterrupt:
            abandon(connection)
            raise


def is_lost(connection: Connection, fault: psycopg.Error) -> bool:
    """Tell whether a connection is lost; one that the server has given up with these words is closed."""
    if not connection.closed and fault.diag.severity_nonlocalized in {"FATAL", "PANIC"}:
        connection.close()  # what comes next is the end of the connection, if it has not come yet
    return connection.closed


def abandon(connection: Connection) -> None:
    """Roll back; a connection that is lost has done so by itself."""
    with suppress(psycopg.Error):
        connection.execute("ROLLBACK")


def _begun(connection: Connection, statements: bytes) -> tuple[Any, ...]:
    try:
        cursor = connection.execute(statements)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    except BaseException:
        abandon(connection)
        raise
    if row is None:  # what begins a transaction looks at the head
        abandon(connection)
        raise DamagedHead(why="its row is missing")
    return row

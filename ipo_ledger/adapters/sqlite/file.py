"""The file of an embedded ledger: recognised, opened, made and migrated; its failures in the ledger's own words."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ipo_ledger.adapters.migrations import is_behind, migrations, pending, refuse_unless_current
from ipo_ledger.adapters.new_files import made_whole, sync_folder
from ipo_ledger.adapters.sqlite import damage
from ipo_ledger.adapters.sqlite.damage import APPLICATION_ID
from ipo_ledger.adapters.sqlite.failures import failed
from ipo_ledger.adapters.store.faults import (
    DamagedLedger,
    NoLedgerYet,
    NoRights,
    NotALedger,
    StoreUnreachable,
)
from ipo_ledger.domain.moments import to_micros

if TYPE_CHECKING:
    from pathlib import Path

SMALLEST_DATABASE = 512  # bytes: one page of the smallest size
_OURS_ALONE: dict[str, Any] = {"isolation_level": None, "check_same_thread": False}
_ASKED_FOR = 10  # milliseconds: so long SQLite asks by itself whether it may write, after 1, 3 and 8 of them
_SCHEMA_MIGRATIONS = (
    "CREATE TABLE IF NOT EXISTS schema_migrations "
    "(number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
)

Clock = Callable[[], datetime]


class LedgerFile:
    """One file, and what has to be right with it before it is used."""

    def __init__(self, path: Path, clock: Clock, *, busy_seconds: float) -> None:
        """Name the file; nothing is opened or made."""
        self.path = path
        self._clock = clock
        self._busy_seconds = busy_seconds

    @property
    def url(self) -> str:
        """Return the ledger's URL."""
        return f"sqlite:///{self.path.as_posix().replace('%', '%25')}"

    def open(self) -> sqlite3.Connection:
        """Open a ledger that is there, and bring it to this release: the embedded store needs nobody for that.

        Raises `NoLedgerYet`, `NotALedger`, `DamagedLedger`, `StoreAhead`, `MigrationChanged`.
        """
        if not self._is_there():
            raise NoLedgerYet(url=self.url)
        connection = self._connect_to_use()
        try:
            self._applied(connection)
            self._write_ahead(connection)
            self._bring_to_this_release(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def open_to_examine(self) -> sqlite3.Connection:
        """Open a ledger to look at only, damaged or not. Raises as `open`, but for damage that can be looked at."""
        if not self._is_there():
            raise NoLedgerYet(url=self.url)
        connection = self._connect_to_look() if self._log_is_waiting() else self._connect()
        try:
            if is_behind("sqlite", self._applied(connection), self.url):
                connection.close()
                return self.open()
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def create(self) -> bool:
        """Make the file and its folder, or bring it to this release; tell whether anything had to be done."""
        with self._making(), suppress(FileExistsError):  # opened only where it is made: see `_is_there`
            self.path.touch(mode=0o600, exist_ok=False)
            sync_folder(self.path.parent)  # SQLite syncs what is in the file, not that there is one
        self._is_there()
        with closing(self._connect_to_use()) as connection:
            self._write_ahead(connection)
            return self._migrate(connection)

    def is_there(self) -> bool:
        """Tell whether there is a file at all, empty or not, or something else."""
        return self.path.exists() or self.path.is_symlink() or self._log_is_waiting()

    @contextmanager
    def made(self) -> Iterator[Path]:
        """Give a new file to be filled, which is put in its place when the block ends, or is gone when it raises."""
        with ExitStack() as stack:
            with self._making():
                part = stack.enter_context(made_whole(self.path))
            yield part
            with self._making():  # it is synced, and given its name
                stack.close()

    @contextmanager
    def _making(self) -> Iterator[None]:
        """Make the folder, and say in the ledger's own words what goes wrong with it or in the block."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            yield
        except PermissionError as fault:
            raise NoRights(url=self.url, why=str(fault)) from fault
        except OSError as fault:
            raise StoreUnreachable(url=self.url, why=str(fault)) from fault

    def begin_alone(self, connection: sqlite3.Connection) -> None:
        """Begin a transaction that alone may write, once it is this one's turn.

        SQLite has no queue, and asks ever less often, up to ten times a second: whoever waits longest would be passed
        by those who have just come. So it is asked anew all the time.
        """
        until = time.monotonic() + self._busy_seconds
        connection.execute(f"PRAGMA busy_timeout = {_ASKED_FOR}")
        try:
            while True:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as fault:
                    if not fault.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() >= until:
                        raise
                else:
                    return
        finally:
            connection.execute(f"PRAGMA busy_timeout = {round(self._busy_seconds * 1000)}")

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Say the database's failures in the ledger's own words."""
        try:
            yield
        except UnicodeDecodeError as fault:  # of SQLite's own messages too: they quote what they find
            raise DamagedLedger(url=self.url, why=f"a text in it is none ({fault})") from fault
        except sqlite3.DatabaseError as fault:
            raise failed(fault, self.path, self.url, busy_seconds=self._busy_seconds) from fault

    @contextmanager
    def translating_all(self) -> Iterator[None]:
        """Do as `translating` does, for a file that may be damaged: then SQLite asks for more memory than there is."""
        try:
            with self.translating():
                yield
        except MemoryError as fault:
            raise DamagedLedger(url=self.url, why="a length in it is beyond all measure") from fault

    def _is_there(self) -> bool:
        """Tell whether there is a file with something in it. Raises `NotALedger` for one too short to be a database.

        SQLite would take a short file of any kind for an empty database, and write over it. The file is looked at
        from outside only: to open and close it here would drop the locks that this process's other connections
        hold on it (POSIX advisory locks belong to the process), and let two of them write at once.
        """
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        except OSError as fault:
            raise NoRights(url=self.url, why=str(fault)) from fault
        if self.path.is_file() and 0 < there.st_size < SMALLEST_DATABASE:
            raise NotALedger(url=self.url, why="it is not a SQLite file")
        if there.st_size == 0 and self._log_is_waiting():  # SQLite would delete the log
            raise DamagedLedger(url=self.url, why="its file is empty, and the write-ahead log beside it is not")
        return there.st_size > 0

    def _log_is_waiting(self) -> bool:
        """Tell whether there is a write-ahead log with something in it: somebody writes, or was killed."""
        try:
            return self.path.with_name(f"{self.path.name}-wal").stat().st_size > 0
        except OSError:
            return False

    def _connect(self) -> sqlite3.Connection:
        return self._checked(sqlite3.connect(self.path, timeout=self._busy_seconds, **_OURS_ALONE))

    def _connect_to_use(self) -> sqlite3.Connection:
        """Connect to a file that is no damaged ledger."""
        if self._log_is_waiting():  # whoever closes the file last puts it in: not into a damaged one
            with closing(self._connect_to_look()) as looking:
                self._refuse_damage(looking)
        connection = self._connect()
        try:
            self._refuse_damage(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_to_look(self) -> sqlite3.Connection:
        """Connect to a file that is not written, not even when it is closed with a write-ahead log beside it."""
        place = f"{self.path.absolute().as_uri()}?mode=ro"
        return self._checked(sqlite3.connect(place, uri=True, timeout=self._busy_seconds, **_OURS_ALONE))

    def _checked(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        try:
            connection.execute("PRAGMA trusted_schema = OFF")  # a file from elsewhere may hold triggers of its own
            self._refuse_other_programs(connection)  # before anything is changed, such as the journal mode
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _write_ahead(connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            with suppress(sqlite3.OperationalError):  # a read-only file stays as it is
                connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # Pages that many commands change are put into the file once for all of them: 16 MB of log are soon read.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute("PRAGMA recursive_triggers = ON")

    def _refuse_other_programs(self, connection: sqlite3.Connection) -> None:
        tables = damage.names(connection)
        # The mark is asked for second: where tables are seen, the mark that is made in the same transaction is too.
        if tables and not damage.is_ours(connection, tables):
            raise NotALedger(url=self.url, why="it is a SQLite file of another program")

    def _refuse_damage(self, connection: sqlite3.Connection) -> None:
        """Refuse what can be seen to be damaged; before a migration, which reads everything anyway, everything."""
        if not damage.names(connection):
            return  # it is to be made
        applied = self._applied(connection)
        behind = is_behind("sqlite", applied, self.url)
        found = damage.seen_in_all_pages(connection) if behind else damage.seen(connection)
        if found is not None:
            raise DamagedLedger(url=self.url, why=found)

    def _applied(self, connection: sqlite3.Connection) -> dict[int, str]:
        """Return the checksums of the migrations by number. Raises `NoLedgerYet`, `DamagedLedger`."""
        tables = damage.names(connection)
        applied = _applied(connection)
        if not tables:
            raise NoLedgerYet(url=self.url)
        if not applied:
            raise DamagedLedger(url=self.url, why="it does not say of which release it is")
        return applied

    def _bring_to_this_release(self, connection: sqlite3.Connection) -> None:
        if is_behind("sqlite", _applied(connection), self.url):
            self._migrate(connection)
        refuse_unless_current("sqlite", _applied(connection), self.url)

    def _migrate(self, connection: sqlite3.Connection) -> bool:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(_SCHEMA_MIGRATIONS)
            wanted = pending(migrations("sqlite"), _applied(connection), self.url)
            for migration in wanted:
                for statement in statements(migration.sql):
                    connection.execute(statement)
                connection.execute(
                    "INSERT INTO schema_migrations VALUES (?, ?, ?, ?)",
                    (migration.number, migration.name, migration.checksum, to_micros(self._clock())),
                )
            if any(m.grows_the_tree for m in wanted):
                self._grow_the_tree(connection)
            if any(m.rebuilds for m in wanted):
                self._rebuild(connection)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        return bool(wanted)

    def _grow_the_tree(self, connection: sqlite3.Connection) -> None:
        from ipo_ledger.adapters.sqlite.recorder import SqliteWriting

        SqliteWriting(connection, self._clock).grow_the_tree()

    def _rebuild(self, connection: sqlite3.Connection) -> None:
        # What appends is not needed to read; it imports this file.
        from ipo_ledger.adapters.sqlite.recorder import SqliteWriting
        from ipo_ledger.adapters.store.rebuilding import Projection

        writing = SqliteWriting(connection, self._clock)
        if writing.head().position:
            Projection(writing).take(writing.facts())


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
    yield statement  # what a missing semicolon leaves, or nothing


def _applied(connection: sqlite3.Connection) -> dict[int, str]:
    there = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").fetchone()
    if there is None:
        return {}
    return dict(connection.execute("SELECT number, checksum FROM schema_migrations").fetchall())

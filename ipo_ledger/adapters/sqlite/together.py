"""Many commands in one transaction: what they append waits, and is written in a few statements when it has to be.

Most commands on a system decide on the state that is kept of it, and look at nothing else: what they append is
written with that of others. Whatever looks at the database writes first, so that everybody sees what was appended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from ipo_ledger.adapters.sqlite.recorder import SqliteWriting
from ipo_ledger.adapters.store.from_rows import system_of
from ipo_ledger.adapters.store.projection import Row, Rows, rows_of
from ipo_ledger.adapters.store.tables import READ_MODEL, SYSTEMS
from ipo_ledger.application.ports.rows import Head, KnownAnswer, SystemRow
from ipo_ledger.domain.moments import from_micros, to_micros

if TYPE_CHECKING:
    from eventsourcing.persistence import StoredEvent

    from ipo_ledger.adapters.sqlite.file import Clock
    from ipo_ledger.domain.entry import Entry

_KEYS = {table.name: len(table.key) for table in READ_MODEL}  # a key is a table's first columns
_MOST_WAITING = 5000  # events, so that memory stays flat however large the commands of a group are


class _Appended(NamedTuple):
    """What one command appended."""

    stored_events: list[StoredEvent]
    recorded_at: int
    rows: Rows


class SqliteTogether(SqliteWriting):
    """A transaction made of parts, one a command; a part can be given up by itself."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        """Use a connection that is inside a transaction that alone may write."""
        self._appended: list[_Appended] = []
        self._first = 0  # position of the first event that waits
        self._answers: dict[str, KnownAnswer] = {}
        self._systems: dict[str, SystemRow] = {}
        self._before: tuple[int, int] | None = None  # how much waits of the parts before this one; None: no part
        self._savepoint = False
        self._as_it_is = False  # whether the connection is used without writing what waits
        super().__init__(connection, clock)

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection: whoever uses it finds everything written."""
        if not self._as_it_is:
            self._write_all()
        return self._bare

    @connection.setter
    def connection(self, connection: sqlite3.Connection) -> None:
        self._bare = connection

    @contextmanager
    def part(self) -> Iterator[None]:
        """Let what follows be a part of this transaction that can be given up by itself."""
        head, self._before = self._head, (len(self._appended), len(self._answers))
        try:
            yield
        except BaseException:
            self._head = head
            self._systems.clear()
            del self._appended[self._before[0] :]
            self._answers = dict(_first(self._before[1], self._answers))
            if self._savepoint:
                with suppress(sqlite3.Error):  # a disk that is full has given up everything
                    self._bare.execute("ROLLBACK TO part")
                    self._bare.execute("RELEASE part")
            raise
        else:
            if self._savepoint:
                self._bare.execute("RELEASE part")
        finally:
            self._before, self._savepoint = None, False

    @contextmanager
    def _just_as_it_is(self) -> Iterator[None]:
        """Let the connection be used without writing what waits."""
        self._as_it_is = True
        try:
            yield
        finally:
            self._as_it_is = False

    def finish(self) -> None:
        """Write what waits."""
        self._write_all()

    # --- what is known without a look at the database ---------------------------------------------------------

    def head(self) -> Head:
        """Return the end of the ledger as these commands have moved it so far."""
        if self._head is None:
            self._head = super().head()
        return self._head

    def system_row(self, name: str) -> SystemRow | None:
        """Return one system's settings and counts as these commands have left them, or None."""
        if name not in self._systems:
            found = super().system_row(name)
            if found is None:
                return None
            self._systems[name] = found
        return self._systems[name]

    def answer_to(self, command_id: str) -> KnownAnswer | None:
        """Return the first answer given to a command id, or None."""
        waiting = self._answers.get(command_id)
        if waiting is not None:
            return waiting
        with self._just_as_it_is():  # no other answer, and no event, can be this one
            return super().answer_to(command_id)

    # --- appending --------------------------------------------------------------------------------------------

    def append(self, entry: Entry) -> None:
        """Append the facts of an entry, project them, and move the head: when the transaction ends, at the latest."""
        if not entry.facts:
            return
        head = self.head()
        self.follows(entry, head.position + 1)
        recorded_at = max(to_micros(head.recorded_at) + 1, to_micros(self.clock()))
        rows = rows_of(entry.system, entry.facts)
        stored_events = [self._mapper.to_stored_event(fact) for fact in entry.facts]
        self._appended.append(_Appended(stored_events, recorded_at, rows))
        self._head = Head(entry.facts[-1].position, from_micros(recorded_at))
        self._systems[entry.system.name] = system_of(rows.put[SYSTEMS.name][0])
        if len(self._appended) == 1:
            self._first = entry.facts[0].position
        # What closes rows closes those that are there by then.
        if rows.close or self._head.position - self._first >= _MOST_WAITING:
            self._write_all()

    def remember_answer(self, command_id: str, answer: KnownAnswer) -> None:
        """Keep the first answer to a command id."""
        self._answers[command_id] = answer

    # --- writing ----------------------------------------------------------------------------------------------

    def _write_all(self) -> None:
        """Write what waits: of the parts before this one first, so that this one can be given up without them."""
        if self._before is not None and not self._savepoint:
            self._write(*self._before)
            self._bare.execute("SAVEPOINT part")
            self._savepoint, self._before = True, (0, 0)
        self._write(len(self._appended), len(self._answers))

    def _write(self, appended: int, answers: int) -> None:
        """Write so many of what waits, each table once."""
        with self._just_as_it_is():
            if appended:
                self._write_appended(self._appended[:appended])
            for command_id, answer in _first(answers, self._answers):
                super().remember_answer(command_id, answer)
                del self._answers[command_id]
        del self._appended[:appended]

    def _write_appended(self, appended: list[_Appended]) -> None:
        stored_events = [stored for one in appended for stored in one.stored_events]
        times = [one.recorded_at for one in appended for _ in one.stored_events]
        self._recorder.insert_events(stored_events, within=self, recorded_at=times)
        put: dict[str, dict[Row, Row]] = {}
        add: dict[str, list[Row]] = {}
        for one in appended:
            for name, rows in one.rows.put.items():
                put.setdefault(name, {}).update((row[: _KEYS[name]], row) for row in rows)
            for name, rows in one.rows.add.items():
                add.setdefault(name, []).extend(rows)
        # In the order of their keys, as the rows of one command are.
        last = {name: [row for _, row in sorted(rows.items())] for name, rows in put.items()}
        self.project(0, Rows(last, {name: sorted(rows) for name, rows in add.items()}, appended[-1].rows.close))


def _first(count: int, answers: dict[str, KnownAnswer]) -> list[tuple[str, KnownAnswer]]:
    return list(answers.items())[:count]

"""Appending to PostgreSQL: events, read model and head in one transaction, positions without gaps.

The recorder is an application recorder of the eventsourcing library; positions are its notification ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Any

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)

from ipo_ledger.adapters.postgres.arrays import columns, placeholders
from ipo_ledger.adapters.postgres.outcome import AnswerTrace, EventTrace, Trace
from ipo_ledger.adapters.postgres.questions import sql
from ipo_ledger.adapters.postgres.store import PostgresReading
from ipo_ledger.adapters.store import tables
from ipo_ledger.adapters.store.appending import Appending, Growth, as_rows
from ipo_ledger.adapters.store.projection import Rows
from ipo_ledger.application.ports.rows import Head, KnownAnswer
from ipo_ledger.domain.moments import from_micros

if TYPE_CHECKING:
    from ipo_ledger.adapters.postgres.store import PostgresStore
    from ipo_ledger.adapters.store.shadow import Shape

_MOVE_HEAD = (
    b"UPDATE ipo_ledger.head SET position = position + %s RETURNING position, recorded_at, frontier, session_user::text"
)
# The tree grows in the same statement, for one round trip: the three tables have nothing to do with each other.
_NODE = ("bigint", "bigint", "bytea")
_EVENT = ("bigint", "text", "bigint", "text", "bytea")
_INSERT_EVENTS = f"""
WITH moved AS (UPDATE ipo_ledger.head SET frontier = %b),
kept AS (
  INSERT INTO ipo_ledger.tree_nodes (level, place, hash)
  SELECT * FROM unnest({placeholders(_NODE)})
)
INSERT INTO ipo_ledger.stored_events (position, originator_id, originator_version, topic, state)
SELECT * FROM unnest({placeholders(_EVENT)})
""".encode()  # noqa: S608 - constants
_KEEP_NODE = b"INSERT INTO ipo_ledger.tree_nodes (level, place, hash) VALUES (%s, %s, %s)"
_REMEMBER = b"INSERT INTO ipo_ledger.answers (command_id, fingerprint, answer) VALUES (%s, %s, %s)"
_KEEP_CHECKPOINT = b"INSERT INTO ipo_ledger.checkpoints (size, note) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_EVENTS = """
SELECT originator_id, originator_version, topic, state FROM ipo_ledger.stored_events
WHERE originator_id = %(stream)s AND originator_version > coalesce(%(gt)s::bigint, -1)
AND originator_version <= coalesce(%(lte)s::bigint, 9223372036854775807)
ORDER BY originator_version {order} LIMIT %(limit)s::bigint
"""
_NOTIFICATIONS = b"""
SELECT position, originator_id, originator_version, topic, state FROM ipo_ledger.stored_events
WHERE position >= %(first)s AND position <= coalesce(%(stop)s::bigint, 9223372036854775807)
AND (cardinality(%(topics)s::text[]) = 0 OR topic = ANY(%(topics)s::text[]))
ORDER BY position LIMIT %(limit)s
"""


class PostgresRecorder(ApplicationRecorder):
    """The library's recorder interface over a ledger's schema."""

    def __init__(self, store: PostgresStore | None = None) -> None:
        """Use a store of which this recorder begins its own transactions, or none: then one is always given."""
        self._store = store

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append events and return their positions; `within` names a transaction to do it in.

        Raises the library's `IntegrityError` when a version of a stream is there already.
        """
        if not stored_events:
            return None
        within: PostgresWriting | None = kwargs.get("within")
        if within is not None:
            return within.insert(stored_events)
        with self._needed().writing() as writing:
            return writing.insert(stored_events)

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return the events of one stream."""
        rows = self._select(
            _EVENTS.format(order="DESC" if desc else "ASC").encode(),
            {"stream": originator_id, "gt": gt, "lte": lte, "limit": limit},
        )
        return [StoredEvent(*row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return events of all streams in order of their positions."""
        first = (start if inclusive_of_start else start + 1) if start is not None else 0
        rows = self._select(_NOTIFICATIONS, {"first": first, "stop": stop, "topics": list(topics), "limit": limit})
        return [
            Notification(id=row[0], originator_id=row[1], originator_version=row[2], topic=row[3], state=row[4])
            for row in rows
        ]

    def max_notification_id(self) -> int | None:
        """Return the last position, or None for an empty ledger."""
        return self._select(b"SELECT max(position) FROM ipo_ledger.stored_events", {})[0][0]  # type: ignore[no-any-return]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Refuse: nobody follows a ledger as it grows. Raises `NotImplementedError`, as the library's SQLite one."""
        msg = "a ledger does not notify its readers"
        raise NotImplementedError(msg)

    def _select(self, sql: bytes, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._needed().reading() as reading:
            return reading.connection.execute(sql, parameters, binary=True).fetchall()

    def _needed(self) -> PostgresStore:
        if self._store is None:
            msg = "this recorder was made to be used within a transaction"
            raise RuntimeError(msg)
        return self._store


class PostgresWriting(PostgresReading, Appending):
    """A transaction that alone may write: it has locked the head of the ledger."""

    _recorder = PostgresRecorder()
    trace: Trace | None = None  # by which this transaction is found again, when its commit is not answered

    @contextmanager
    def part(self) -> Iterator[None]:
        """Let what follows be a part of this transaction that can be given up by itself."""
        head, trace = self._head, self.trace
        self.connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._head, self.trace = head, trace
            with suppress(psycopg.Error):  # a connection that is lost has given up everything
                self.connection.execute("ROLLBACK TO part")
                self.connection.execute("RELEASE part")
            raise
        self.connection.execute("RELEASE part")

    def insert(self, stored_events: Sequence[StoredEvent]) -> list[int]:
        """Insert rows at the next positions and move the head there; the server stamps both with its clock."""
        moved = self.connection.execute(_MOVE_HEAD, (len(stored_events),)).fetchone()
        assert moved is not None
        positions = list(range(self._head.position + 1, moved[0] + 1))
        growth = Growth(moved[2])
        nodes = growth.grow(as_rows(stored_events, positions[0], repeat(moved[1]), moved[3]))
        events = [
            (position, s.originator_id, s.originator_version, s.topic, s.state)
            for position, s in zip(positions, stored_events, strict=True)
        ]
        try:
            self.connection.execute(
                _INSERT_EVENTS, [growth.frontier.to_bytes(), *columns(nodes, _NODE), *columns(events, _EVENT)]
            )
        except psycopg.IntegrityError as fault:
            raise IntegrityError(str(fault)) from fault
        self._head = Head(moved[0], from_micros(moved[1]))
        self.trace = EventTrace(positions[-1], stored_events[-1].state)
        return positions

    def grow_the_tree(self) -> None:
        """Grow the tree from where it stopped over the events that are there."""
        found = self.connection.execute("SELECT frontier FROM ipo_ledger.head").fetchone()
        assert found is not None
        growth = Growth(bytes(found[0]))
        for rows in self.rows(after=growth.frontier.size):
            for node in growth.grow(rows):
                self.connection.execute(_KEEP_NODE, node)
        self.connection.execute("UPDATE ipo_ledger.head SET frontier = %s", (growth.frontier.to_bytes(),))

    def remember_answer(self, command_id: str, answer: KnownAnswer) -> None:
        """Keep the first answer to a command id."""
        self.connection.execute(_REMEMBER, (command_id, answer.fingerprint, answer.answer))
        self.trace = self.trace or AnswerTrace(command_id, answer.fingerprint, answer.answer)

    def keep_checkpoint(self, size: int, note: str) -> None:
        """Keep a checkpoint that is given out; one that is kept already stays."""
        self.connection.execute(_KEEP_CHECKPOINT, (size, note))

    def project(self, key: int, rows: Rows) -> None:
        """Write the rows of a system's read model."""
        del key  # every row says it
        # All tables in one statement, for one round trip: they have nothing to do with each other.
        put = {name: found for name, found in rows.put.items() if found}
        add = {name: found for name, found in rows.add.items() if found}
        values = [
            column
            for name, found in (*put.items(), *add.items())
            for column in columns(found, tuple(_TABLES[name].columns.values()))
        ]
        self.connection.execute(_write_sql(tuple(put), tuple(add)), values)
        for question, about in rows.close:
            self.connection.execute(sql(question, ""), about)

    def model_rows_at(self, shape: Shape, keys: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Return the rows of the read model that have these keys."""
        asked = f"SELECT {', '.join(shape.read)} FROM ipo_ledger.{shape.name} WHERE {_among(shape)}"  # noqa: S608 - constants
        return self.connection.execute(asked.encode(), columns(keys, _kinds(shape, shape.key)), binary=True).fetchall()

    def replace_rows(self, shape: Shape, keys: Sequence[Sequence[Any]], rows: Sequence[Sequence[Any]]) -> None:
        """Delete the rows of the read model that have these keys, and insert others."""
        if keys:
            delete = f"DELETE FROM ipo_ledger.{shape.name} WHERE {_among(shape)}"  # noqa: S608 - constants
            self.connection.execute(delete.encode(), columns(keys, _kinds(shape, shape.key)))
        if rows:
            named = ", ".join(shape.columns)
            insert = f"INSERT INTO ipo_ledger.{shape.name} ({named}) SELECT * FROM unnest({placeholders(shape.kinds)})"  # noqa: S608 - constants
            self.connection.execute(insert.encode(), columns(rows, shape.kinds))

    def fill(self, shape: Shape, pages: Iterable[Sequence[Sequence[Any]]]) -> None:
        """Insert all rows of a table of the read model that has none; they come in order of their keys."""
        for page in pages:
            self.replace_rows(shape, (), page)

    def forget(self) -> None:
        """Empty the read model, which can be made anew."""
        for name in _TABLES:
            self.connection.execute(f"DELETE FROM ipo_ledger.{name}".encode())  # noqa: S608 - constants


_TABLES = {table.name: table for table in tables.READ_MODEL}


def _kinds(shape: Shape, names: Sequence[str]) -> list[str]:
    kinds = dict(zip(shape.columns, shape.kinds, strict=True))
    return [kinds[name] for name in names]


def _among(shape: Shape) -> str:
    keys = placeholders(_kinds(shape, shape.key))
    return f"({', '.join(shape.key)}) IN (SELECT * FROM unnest({keys}))"  # noqa: S608 - constants


@lru_cache(maxsize=128)
def _write_sql(put: tuple[str, ...], add: tuple[str, ...]) -> bytes:
    written = [_put_sql(_TABLES[name]) for name in put] + [_add_sql(_TABLES[name]) for name in add]
    parts = ", ".join(f"w{i} AS ({sql})" for i, sql in enumerate(written))
    return f"WITH {parts} SELECT".encode()


def _add_sql(table: tables.Table) -> str:
    named, values = ", ".join(table.columns), placeholders(tuple(table.columns.values()))
    return f"INSERT INTO ipo_ledger.{table.name} ({named}) SELECT * FROM unnest({values})"  # noqa: S608 - constants


def _put_sql(table: tables.Table) -> str:
    changes = ", ".join(f"{c} = excluded.{c}" for c in table.others)
    return f"{_add_sql(table)} ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {changes}"

"""Appending to SQLite: events, read model and head in one transaction, positions without gaps.

The recorder is an application recorder of the eventsourcing library; positions are its notification ids.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)

from ipo_ledger.adapters.sqlite.store import SqliteReading, sql
from ipo_ledger.adapters.store import tables
from ipo_ledger.adapters.store.appending import Appending, Growth, as_rows
from ipo_ledger.adapters.store.projection import Rows
from ipo_ledger.application.ports.rows import Head, KnownAnswer
from ipo_ledger.domain.moments import to_micros

if TYPE_CHECKING:
    from ipo_ledger.adapters.sqlite.store import SqliteStore
    from ipo_ledger.adapters.store.shadow import Shape

INSERT_EVENT = (
    "INSERT INTO stored_events (rowid, originator_id, originator_version, topic, recorded_at, db_role, state) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_HEAD = "SELECT position, recorded_at, frontier FROM head"
KEEP_NODE = "INSERT INTO tree_nodes (level, place, hash) VALUES (?, ?, ?)"
MOVE_HEAD = "UPDATE head SET position = ?, recorded_at = ?, frontier = ?"
_KEEP_CHECKPOINT = (
    "INSERT INTO checkpoints (size, note, made_at) SELECT :size, :note, :made_at "
    "WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE size = :size AND note = :note)"
)
DB_ROLE = ""  # SQLite has no roles: whoever can write the file is whoever the operating system lets
_COLUMNS = "originator_id, originator_version, topic, state"


class SqliteRecorder(ApplicationRecorder):
    """The library's recorder interface over a ledger file."""

    def __init__(self, store: SqliteStore | None = None) -> None:
        """Use a store of which this recorder begins its own transactions, or none: then one is always given."""
        self._store = store

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append events and return their positions; `within` names a transaction to do it in, `recorded_at` times.

        Raises the library's `IntegrityError` when a version of a stream is there already.
        """
        if not stored_events:
            return None
        within: SqliteWriting | None = kwargs.get("within")
        if within is not None:
            return within.insert(stored_events, kwargs.get("recorded_at"))
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
        order = "DESC" if desc else "ASC"
        rows = self._select(
            f"SELECT {_COLUMNS} FROM stored_events WHERE originator_id = :stream "  # noqa: S608 - constants only
            "AND (:gt IS NULL OR originator_version > :gt) AND (:lte IS NULL OR originator_version <= :lte) "
            f"ORDER BY originator_version {order} LIMIT :limit",
            {"stream": originator_id, "gt": gt, "lte": lte, "limit": -1 if limit is None else limit},
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
        names = ", ".join(f":t{i}" for i in range(len(topics)))
        chosen = f"AND topic IN ({names}) " if topics else ""
        rows = self._select(
            f"SELECT rowid, {_COLUMNS} FROM stored_events WHERE rowid >= :first "  # noqa: S608 - names of parameters
            f"AND (:stop IS NULL OR rowid <= :stop) {chosen}ORDER BY rowid LIMIT :limit",
            {"first": first, "stop": stop, "limit": limit, **{f"t{i}": t for i, t in enumerate(topics)}},
        )
        return [
            Notification(id=row[0], originator_id=row[1], originator_version=row[2], topic=row[3], state=row[4])
            for row in rows
        ]

    def max_notification_id(self) -> int | None:
        """Return the last position, or None for an empty ledger."""
        return self._select("SELECT max(rowid) FROM stored_events", {})[0][0]  # type: ignore[no-any-return]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Refuse: SQLite cannot notify. Raises `NotImplementedError`, as the library's own recorder does."""
        msg = "an embedded ledger does not notify its readers"
        raise NotImplementedError(msg)

    def _select(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._needed().reading() as reading:
            return reading.connection.execute(sql, parameters).fetchall()

    def _needed(self) -> SqliteStore:
        if self._store is None:
            msg = "this recorder was made to be used within a transaction"
            raise RuntimeError(msg)
        return self._store


class SqliteWriting(SqliteReading, Appending):
    """A transaction that alone may write (`BEGIN IMMEDIATE`)."""

    _recorder = SqliteRecorder()

    def head(self) -> Head:
        """Return the end of the ledger as this transaction has moved it so far."""
        self._head = None
        return super().head()

    def insert(self, stored_events: Sequence[StoredEvent], recorded_at: Sequence[int] | None = None) -> list[int]:
        """Insert rows at the next positions and move the head there; recorded now, or at these times."""
        position, stamped, frontier = self.connection.execute(_HEAD).fetchone()
        if recorded_at is None:
            now = max(stamped + 1, to_micros(self.clock()))  # later than all before: a time says which are known
            recorded_at = [now] * len(stored_events)
        positions = list(range(position + 1, position + 1 + len(stored_events)))
        rows = as_rows(stored_events, position + 1, recorded_at, DB_ROLE)
        growth = Growth(frontier)
        nodes = growth.grow(rows)
        try:
            self.connection.executemany(INSERT_EVENT, rows)
        except sqlite3.IntegrityError as fault:
            raise IntegrityError(str(fault)) from fault
        if nodes:
            self.connection.executemany(KEEP_NODE, nodes)
        self.connection.execute(MOVE_HEAD, (positions[-1], recorded_at[-1], growth.frontier.to_bytes()))
        return positions

    def grow_the_tree(self) -> None:
        """Grow the tree from where it stopped over the events that are there."""
        growth = Growth(self.connection.execute(_HEAD).fetchone()[2])
        for rows in self.rows(after=growth.frontier.size):
            self.connection.executemany(KEEP_NODE, growth.grow(rows))
        self.connection.execute("UPDATE head SET frontier = ?", (growth.frontier.to_bytes(),))

    def remember_answer(self, command_id: str, answer: KnownAnswer) -> None:
        """Keep the first answer to a command id."""
        self.connection.execute(
            "INSERT INTO answers (command_id, fingerprint, answer) VALUES (?, ?, ?)",
            (command_id, answer.fingerprint, answer.answer),
        )

    def keep_checkpoint(self, size: int, note: str) -> None:
        """Keep a checkpoint that is given out; one that is kept already stays."""
        self.connection.execute(_KEEP_CHECKPOINT, {"size": size, "note": note, "made_at": to_micros(self.clock())})

    def project(self, key: int, rows: Rows) -> None:
        """Write the rows of a system's read model."""
        del key  # every row says it
        for name, found in rows.put.items():
            if found:
                self.connection.executemany(_put_sql(name), found)
        for name, found in rows.add.items():
            if found:
                self.connection.executemany(_add_sql(name), found)
        for question, about in rows.close:
            self.connection.execute(sql(question, ""), about)

    def model_rows_at(self, shape: Shape, keys: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Return the rows of the read model that have these keys."""
        where = " AND ".join(f"{c} = ?" for c in shape.key)
        asked = f"SELECT {', '.join(shape.read)} FROM {shape.name} WHERE {where}"  # noqa: S608 - constants
        return [row for key in keys for row in self.connection.execute(asked, key)]

    def replace_rows(self, shape: Shape, keys: Sequence[Sequence[Any]], rows: Sequence[Sequence[Any]]) -> None:
        """Delete the rows of the read model that have these keys, and insert others."""
        where = " AND ".join(f"{c} = ?" for c in shape.key)
        self.connection.executemany(f"DELETE FROM {shape.name} WHERE {where}", keys)  # noqa: S608 - constants
        values = ", ".join("?" * len(shape.columns))
        insert = f"INSERT INTO {shape.name} ({', '.join(shape.columns)}) VALUES ({values})"  # noqa: S608 - constants
        self.connection.executemany(insert, rows)

    def fill(self, shape: Shape, pages: Iterable[Sequence[Sequence[Any]]]) -> None:
        """Insert all rows of a table of the read model that has none; they come in order of their keys.

        Its indexes are made once the rows are there, which takes half as long as keeping them up row by row.
        """
        indexes = self.connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL "
            "ORDER BY rowid",
            (shape.name,),
        ).fetchall()
        for name, _ in indexes:
            self.connection.execute(f"DROP INDEX {name}")
        for page in pages:
            self.replace_rows(shape, (), page)
        for _, text in indexes:
            self.connection.execute(text)

    def forget(self) -> None:
        """Empty the read model, which can be made anew."""
        for name in _TABLES:
            self.connection.execute(f"DELETE FROM {name}")  # noqa: S608 - constants


_TABLES = {table.name: table for table in tables.READ_MODEL}


@lru_cache
def _add_sql(name: str) -> str:
    table = _TABLES[name]
    columns = ", ".join(table.columns)
    return f"INSERT INTO {name} ({columns}) VALUES ({', '.join('?' * len(table.columns))})"  # noqa: S608 - constants


@lru_cache
def _put_sql(name: str) -> str:
    table = _TABLES[name]
    changes = ", ".join(f"{c} = excluded.{c}" for c in table.others)
    return f"{_add_sql(name)} ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {changes}"

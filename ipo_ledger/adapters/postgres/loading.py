"""Filling an empty schema with events as they were recorded elsewhere: their positions, times and roles are kept.

Only the owner may: the writer's columns are few, and the head is stamped for whoever moves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ipo_ledger.adapters.postgres.arrays import columns, placeholders
from ipo_ledger.adapters.postgres.recorder import PostgresWriting
from ipo_ledger.adapters.store.loading import LoadingPlace

if TYPE_CHECKING:
    from ipo_ledger.evidence.tree import Node, Row

_EVENTS = (
    "stored_events (position, originator_id, originator_version, topic, recorded_at, db_role, state)",
    ("bigint", "text", "bigint", "text", "bigint", "text", "bytea"),
)
_NODES = "tree_nodes (level, place, hash)", ("bigint", "bigint", "bytea")
_ANSWERS = "answers (command_id, fingerprint, answer)", ("text", "text", "bytea")
_CHECKPOINTS = "checkpoints (size, note, made_at)", ("bigint", "text", "bigint")
_MOVE_HEAD = b"UPDATE ipo_ledger.head SET position = %s, recorded_at = %s, frontier = %s"
_STAMPED = b"ALTER TABLE ipo_ledger.head ENABLE ALWAYS TRIGGER head_stamped"
_NOT_STAMPED = b"ALTER TABLE ipo_ledger.head DISABLE TRIGGER head_stamped"


class PostgresLoading(LoadingPlace[PostgresWriting]):
    """A transaction that has locked the head, and acts as the owner."""

    def keep_answers(self, answers: Sequence[tuple[str, str, bytes]]) -> None:
        """Keep answers."""
        self._add(_ANSWERS, answers)

    def keep_checkpoints(self, checkpoints: Sequence[tuple[int, str, int]]) -> None:
        """Keep checkpoints."""
        self._add(_CHECKPOINTS, checkpoints)

    def move_head(self, position: int, recorded_at: int, frontier: bytes) -> None:
        """Set the head of the ledger; nobody sees it unstamped, for all this is one transaction."""
        for statement, values in ((_NOT_STAMPED, ()), (_MOVE_HEAD, (position, recorded_at, frontier)), (_STAMPED, ())):
            self._writing.connection.execute(statement, values)

    def _insert(self, rows: Sequence[Row], nodes: Sequence[Node]) -> None:
        self._add(_EVENTS, rows)
        self._add(_NODES, nodes)

    def _add(self, to: tuple[str, Sequence[str]], rows: Sequence[tuple[object, ...]]) -> None:
        table, kinds = to
        if rows:
            insert = f"INSERT INTO ipo_ledger.{table} SELECT * FROM unnest({placeholders(kinds)})"  # noqa: S608 - constants
            self._writing.connection.execute(insert.encode(), columns(rows, kinds))

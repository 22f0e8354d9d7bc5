"""Filling an empty schema with events as they were recorded elsewhere: their positions, times and roles are kept.

Only the owner may: the writer's columns are few, and the head is stamped for whoever moves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ipo_ledger.adapters.postgres.recorder import PostgresWriting
from ipo_ledger.adapters.store.loading import LoadingPlace

if TYPE_CHECKING:
    from ipo_ledger.evidence.tree import Node, Row

_INSERT = b"""
INSERT INTO ipo_ledger.stored_events
  (position, originator_id, originator_version, topic, recorded_at, db_role, state)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::bytea[])
"""
_KEEP_NODES = b"""
INSERT INTO ipo_ledger.tree_nodes (level, place, hash) SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[])
"""
_KEEP_ANSWERS = b"""
INSERT INTO ipo_ledger.answers (command_id, fingerprint, answer)
SELECT * FROM unnest(%b::text[], %b::text[], %b::bytea[])
"""
_KEEP_CHECKPOINTS = b"""
INSERT INTO ipo_ledger.checkpoints (size, note, made_at) SELECT * FROM unnest(%b::bigint[], %b::text[], %b::bigint[])
"""
_MOVE_HEAD = b"UPDATE ipo_ledger.head SET position = %s, recorded_at = %s, frontier = %s"
_STAMPED = b"ALTER TABLE ipo_ledger.head ENABLE ALWAYS TRIGGER head_stamped"
_NOT_STAMPED = b"ALTER TABLE ipo_ledger.head DISABLE TRIGGER head_stamped"


class PostgresLoading(LoadingPlace[PostgresWriting]):
    """A transaction that has locked the head, and acts as the owner."""

    def keep_answers(self, answers: Sequence[tuple[str, str, bytes]]) -> None:
        """Keep answers."""
        self._add(_KEEP_ANSWERS, answers)

    def keep_checkpoints(self, checkpoints: Sequence[tuple[int, str, int]]) -> None:
        """Keep checkpoints."""
        self._add(_KEEP_CHECKPOINTS, checkpoints)

    def move_head(self, position: int, recorded_at: int, frontier: bytes) -> None:
        """Set the head of the ledger; nobody sees it unstamped, for all this is one transaction."""
        for statement, values in ((_NOT_STAMPED, ()), (_MOVE_HEAD, (position, recorded_at, frontier)), (_STAMPED, ())):
            self._writing.connection.execute(statement, values)

    def _insert(self, rows: Sequence[Row], nodes: Sequence[Node]) -> None:
        self._add(_INSERT, rows)
        self._add(_KEEP_NODES, nodes)

    def _add(self, statement: bytes, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            self._writing.connection.execute(statement, [list(c) for c in zip(*rows, strict=True)], binary=True)

"""Filling an empty file with events as they were recorded elsewhere: their positions, times and roles are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ipo_ledger.adapters.sqlite.recorder import INSERT_EVENT, KEEP_NODE, MOVE_HEAD, SqliteWriting
from ipo_ledger.adapters.store.loading import LoadingPlace

if TYPE_CHECKING:
    from ipo_ledger.evidence.tree import Node, Row


class SqliteLoading(LoadingPlace[SqliteWriting]):
    """A transaction that alone may write."""

    def keep_answers(self, answers: Sequence[tuple[str, str, bytes]]) -> None:
        """Keep answers."""
        self._writing.connection.executemany(
            "INSERT INTO answers (command_id, fingerprint, answer) VALUES (?, ?, ?)", answers
        )

    def keep_checkpoints(self, checkpoints: Sequence[tuple[int, str, int]]) -> None:
        """Keep checkpoints."""
        self._writing.connection.executemany(
            "INSERT INTO checkpoints (size, note, made_at) VALUES (?, ?, ?)", checkpoints
        )

    def move_head(self, position: int, recorded_at: int, frontier: bytes) -> None:
        """Set the head of the ledger."""
        self._writing.connection.execute(MOVE_HEAD, (position, recorded_at, frontier))

    def _insert(self, rows: Sequence[Row], nodes: Sequence[Node]) -> None:
        self._writing.connection.executemany(INSERT_EVENT, rows)
        self._writing.connection.executemany(KEEP_NODE, nodes)

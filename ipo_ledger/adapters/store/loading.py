"""Filling an empty ledger, the same for both stores: the events as they are, then the read model from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from ipo_ledger.adapters.store.rebuilding import Projection
from ipo_ledger.adapters.store.tables import KEPT_FROM
from ipo_ledger.application.ports.rows import Head
from ipo_ledger.domain.events import Fact

if TYPE_CHECKING:
    from ipo_ledger.adapters.postgres.recorder import PostgresWriting
    from ipo_ledger.adapters.sqlite.recorder import SqliteWriting
    from ipo_ledger.evidence.tree import Node, Row

W = TypeVar("W", bound="SqliteWriting | PostgresWriting")


class LoadingPlace(ABC, Generic[W]):
    """An empty ledger that is filled inside one transaction."""

    def __init__(self, writing: W) -> None:
        """Use a transaction that alone may write, and may set what is otherwise stamped."""
        self._writing = writing
        self._projection = Projection(writing)

    def head(self) -> Head:
        """Return the end of the ledger."""
        return self._writing.head()

    def empty(self) -> bool:
        """Tell whether the ledger holds nothing at all."""
        here = self._writing
        anything = here.head().position or here.counted() or here.kept_checkpoints() or next(here.answers(), None)
        return not anything

    def fact(self, row: Row) -> Fact:
        """Return the fact that a stored event is. Raises `UnreadableEvent`."""
        return self._writing.fact(row)

    def take(self, rows: Sequence[Row], facts: Sequence[Fact], nodes: Sequence[Node]) -> None:
        """Insert events as they are, with the nodes of the tree that became complete, and project them."""
        self._insert(rows, [node for node in nodes if node[0] >= KEPT_FROM])
        self._projection.take(facts)

    @abstractmethod
    def keep_answers(self, answers: Sequence[tuple[str, str, bytes]]) -> None:
        """Keep answers: command id, fingerprint, answer."""

    @abstractmethod
    def keep_checkpoints(self, checkpoints: Sequence[tuple[int, str, int]]) -> None:
        """Keep checkpoints: size, signed note, when."""

    @abstractmethod
    def move_head(self, position: int, recorded_at: int, frontier: bytes) -> None:
        """Set the head of the ledger."""

    @abstractmethod
    def _insert(self, rows: Sequence[Row], nodes: Sequence[Node]) -> None:
        """Insert events and nodes."""

"""The transactions that write: one that appends, and one that fills an empty ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ipo_ledger.application.ports.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ipo_ledger.application.ports.rows import Head, KnownAnswer
    from ipo_ledger.domain.entry import Entry
    from ipo_ledger.domain.events import Fact
    from ipo_ledger.evidence.tree import Node, Row


class Writing(Reading, Protocol):
    """A transaction that alone may append: it holds the head of the ledger until it ends."""

    def append(self, entry: Entry) -> None:
        """Append the facts of an entry, project them, and move the head, all in this transaction."""
        ...

    def remember_answer(self, command_id: str, answer: KnownAnswer) -> None:
        """Keep the first answer to a command id."""
        ...

    def keep_checkpoint(self, size: int, note: str) -> None:
        """Keep a checkpoint that is given out; one that is kept already stays."""
        ...


class Loading(Protocol):
    """A transaction that fills an empty ledger with events as they were recorded elsewhere."""

    def head(self) -> Head:
        """Return the end of the ledger."""
        ...

    def empty(self) -> bool:
        """Tell whether the ledger holds nothing at all."""
        ...

    def fact(self, row: Row) -> Fact:
        """Return the fact that a stored event is. Raises `StoreUnusable` for what this release cannot read."""
        ...

    def take(self, rows: Sequence[Row], facts: Sequence[Fact], nodes: Sequence[Node]) -> None:
        """Insert events as they are, with the nodes of the tree that became complete, and project them."""
        ...

    def keep_answers(self, answers: Sequence[tuple[str, str, bytes]]) -> None:
        """Keep answers: command id, fingerprint, answer."""
        ...

    def keep_checkpoints(self, checkpoints: Sequence[tuple[int, str, int]]) -> None:
        """Keep checkpoints: size, signed note, when."""
        ...

    def move_head(self, position: int, recorded_at: int, frontier: bytes) -> None:
        """Set the head of the ledger."""
        ...

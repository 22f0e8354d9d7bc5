"""What every whole ledger has, whatever the store: its tables, and a head that is where its last event is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ipo_ledger.adapters.store.tables import READ_MODEL

Row: TypeAlias = tuple[Any, ...]

TABLES = frozenset(
    {
        *("head", "stored_events", "answers", "tree_nodes", "checkpoints", "schema_migrations"),
        *(table.name for table in READ_MODEL),
    }
)
_HASH = 32  # bytes of each root that a head keeps, after eight for the size of the tree


def head_differs(rows: Sequence[tuple[Any, ...]]) -> str | None:
    """Return how the head does not fit the last event; None: it does.

    Of each row of the head: position, recorded_at, frontier; position and recorded_at of the last event, or None.
    """
    if len(rows) != 1:
        return f"its head has {len(rows)} rows, where one must be"
    ((position, recorded_at, frontier, last, last_recorded_at),) = rows
    if position != (last or 0):
        return f"its head is at event {position}, and its last event is {last or 'none'}"
    if recorded_at != (last_recorded_at or 0):
        return f"its head has another time than event {last}, which is the last one"
    kept = bytes(frontier) if isinstance(frontier, bytes | memoryview) else b""
    size = int.from_bytes(kept[:8], "big")
    if size != position or len(kept) != 8 + _HASH * size.bit_count():
        return f"what its head keeps of the tree is not of {position} events"
    return None


def as_many_as_can_be_read(
    ask: Callable[[int], list[Row]], limit: int, unreadable: tuple[type[Exception], ...]
) -> list[Row]:
    """Ask for so many rows, or for fewer where one of them cannot be read: all that come before it.

    Raises what `ask` raises where not even one row can be read.
    """
    while True:
        try:
            return ask(limit)
        except unreadable:
            if limit <= 1:
                raise
            limit //= 2

"""Columns of many rows as binary arrays: one statement then writes them all, however many there are.

psycopg's own lists become the same bytes, at three times the price: it looks at each element for its type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from struct import Struct as Layout
from typing import Any

from psycopg.abc import AdaptContext
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_HEADER = Layout(">iiIii")  # dimensions, whether there are NULLs, type of an element, length, lower bound
_EMPTY = Layout(">iiI")
_LENGTH = Layout(">i").pack
_INT8 = Layout(">iq").pack
_NULL = _LENGTH(-1)
_TRUE, _FALSE = _LENGTH(1) + b"\x01", _LENGTH(1) + b"\x00"


class Column:
    """The values of one column, in the order of the rows; None is NULL. Its subclasses say of which type."""

    def __init__(self, values: Sequence[Any]) -> None:
        """Keep the values."""
        self.values = values


class BigintColumn(Column):
    """Whole numbers."""


class TextColumn(Column):
    """Texts, in UTF-8 as every connection of ours is."""


class BooleanColumn(Column):
    """Truths; 0 and 1 will do."""


class ByteaColumn(Column):
    """Bytes."""


def _bigints(values: Iterable[Any]) -> Iterable[bytes]:
    return [_INT8(8, value) if value is not None else _NULL for value in values]


def _texts(values: Iterable[Any]) -> Iterable[bytes]:
    return _byteas([value.encode() if value is not None else None for value in values])


def _booleans(values: Iterable[Any]) -> Iterable[bytes]:
    return [_NULL if value is None else _TRUE if value else _FALSE for value in values]


def _byteas(values: Iterable[Any]) -> Iterable[bytes]:
    return [_LENGTH(len(value)) + value if value is not None else _NULL for value in values]


class _ColumnDumper(Dumper):
    """Writes a column as `array_send` would (PostgreSQL, src/backend/utils/adt/arrayfuncs.c)."""

    format = Format.BINARY
    element: int
    each: Callable[[Iterable[Any]], Iterable[bytes]]

    def dump(self, obj: Column) -> Buffer:
        """Return the bytes of an array of one dimension."""
        if not obj.values:
            return _EMPTY.pack(0, 0, self.element)
        has_nulls = None in obj.values
        header = _HEADER.pack(1, has_nulls, self.element, len(obj.values), 1)
        return header + b"".join(type(self).each(obj.values))


def _dumper(element: int, array: int, each: Callable[[Iterable[Any]], Iterable[bytes]]) -> type[Dumper]:
    return type("ColumnDumper", (_ColumnDumper,), {"oid": array, "element": element, "each": staticmethod(each)})


# The numbers are PostgreSQL's for these types and their arrays, the same in every database (pg_type.dat).
_DUMPERS: dict[type[Column], type[Dumper]] = {
    BigintColumn: _dumper(20, 1016, _bigints),
    TextColumn: _dumper(25, 1009, _texts),
    BooleanColumn: _dumper(16, 1000, _booleans),
    ByteaColumn: _dumper(17, 1001, _byteas),
}
_KINDS: dict[str, type[Column]] = {
    "bigint": BigintColumn,
    "text": TextColumn,
    "boolean": BooleanColumn,
    "bytea": ByteaColumn,
}


def columns(rows: Iterable[Sequence[Any]], kinds: Sequence[str]) -> list[Column]:
    """Return rows as one array a column; `kinds` are the columns' types."""
    turned = list(zip(*rows, strict=True)) or [()] * len(kinds)
    return [_KINDS[kind](values) for kind, values in zip(kinds, turned, strict=True)]


def placeholders(kinds: Sequence[str]) -> str:
    """Return what stands for such columns in a statement."""
    return ", ".join(f"%b::{kind}[]" for kind in kinds)


def register(context: AdaptContext) -> None:
    """Let a connection, or another place where psycopg keeps its types, take columns."""
    for kind, dumper in _DUMPERS.items():
        context.adapters.register_dumper(kind, dumper)

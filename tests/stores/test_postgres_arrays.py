"""Columns as binary arrays: the server reads back what was written, and psycopg writes the same bytes itself."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.numeric import Int8

from ipo_ledger.adapters.postgres.arrays import columns, placeholders, register

KINDS = ("bigint", "text", "boolean", "bytea")
ROWS: list[tuple[Any, ...]] = [
    (0, "", False, b""),
    (-(2**63), "ÁñØ 電話 \N{GRINNING FACE} 'x' {a,\"b\"}", True, b"\x00\xff\\x"),
    (2**63 - 1, "NULL", True, b"NULL"),
]
NOTHING = (None, None, None, None)


@pytest.mark.parametrize("rows", [[], ROWS, [NOTHING], [NOTHING, *ROWS, NOTHING]], ids=["no", "full", "null", "mixed"])
def test_the_server_reads_the_rows_that_were_given(rows: list[tuple[Any, ...]], postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        register(connection)
        asked = f"SELECT * FROM unnest({placeholders(KINDS)})".encode()

        found = connection.execute(asked, columns(rows, KINDS), binary=True).fetchall()

    assert found == rows


@given(
    st.one_of(
        st.tuples(st.just("bigint"), st.lists(st.integers(-(2**63), 2**63 - 1) | st.none())),
        st.tuples(st.just("text"), st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.none())),
        st.tuples(st.just("boolean"), st.lists(st.booleans() | st.none())),
        st.tuples(st.just("bytea"), st.lists(st.binary() | st.none())),
    ).filter(lambda drawn: any(value is not None for value in drawn[1]))  # psycopg cannot know the type of nothing
)
def test_the_bytes_are_those_of_psycopgs_own_lists(drawn: tuple[str, list[Any]]) -> None:
    kind, values = drawn
    transformer = Transformer()
    register(transformer)
    theirs = [Int8(v) if kind == "bigint" and v is not None else v for v in values]

    ours, expected = transformer.dump_sequence(
        [*columns([(v,) for v in values], (kind,)), theirs], [PyFormat.BINARY, PyFormat.BINARY]
    )

    assert bytes(ours or b"") == bytes(expected or b"")

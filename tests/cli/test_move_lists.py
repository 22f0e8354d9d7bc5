"""Lists of moves are read by their header, in whatever form a spreadsheet saves them."""

from __future__ import annotations

import codecs
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ipo_ledger
from ipo_ledger import MoveAsked, read_moves
from ipo_ledger.errors import Malformed

ROWS = "Extension ID{0}BASE_EXTENSION\n2{0}203\n3{0}\n4{0}-\n"
READ = [("2", "203"), ("3", None), ("4", None)]


def said(moves: list[MoveAsked]) -> list[tuple[object, str | None]]:
    """Return the extensions and bases of a list that has no fault."""
    assert not [move.fault for move in moves if move.fault]
    return [(move.extension_id, move.base_extension) for move in moves]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_encodings_and_line_ends_are_recognised(delimiter: str, encoding: str, end: str) -> None:
    text = ROWS.format(delimiter).replace("\n", end)

    moves = read_moves(io.BytesIO(text.encode(encoding)))

    assert said(moves) == READ


def test_big_endian_with_its_mark_is_read() -> None:
    stream = io.BytesIO(codecs.BOM_UTF16_BE + ROWS.format(";").encode("utf-16-be"))

    assert said(read_moves(stream)) == READ


def test_rows_say_where_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "moves.csv"
    file.write_text('user,extension_id,note\n202,3,"two\nlines"\n\nRosaMeyer,2,\n', encoding="utf-8")

    moves = read_moves(file)

    assert [(m.user, m.extension_id, m.where) for m in moves] == [
        ("202", "3", f"{file}, line 2"),
        ("RosaMeyer", "2", f"{file}, line 5"),
    ]


def test_what_cannot_be_read_of_a_row_is_its_fault_and_the_others_are_read() -> None:
    text = "extension_id,base_extension\n2,203\n3\n,204\n5,206,207\n6,205\n"

    moves = read_moves(io.BytesIO(text.encode()))

    assert [move.fault for move in moves] == [
        None,
        "base_extension is missing",
        "extension_id is empty",
        "it has 3 cells, but the header has 2",
        None,
    ]


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        (
            "extension_id,base_extension,user",
            ["the header has base_extension and user: a list has one of them"],
        ),
        ("extension_id,user,User", ["the header has user twice"]),
        ("base_extension", ["the header lacks extension_id: it is 'base_extension'"]),
        ("extension_id", ["the header lacks base_extension (or user): it is 'extension_id'"]),
    ],
)
def test_a_header_that_will_not_do_is_a_fault_of_its_line(header: str, faults: list[str]) -> None:
    moves = read_moves(io.BytesIO(f"{header}\n".encode()))

    assert [move.fault for move in moves] == faults
    assert {move.where for move in moves} == {"standard input, line 1"}


def test_a_list_without_bases_never_blanks_anything() -> None:
    moves = read_moves(io.BytesIO(b"extension_id,number\n2,203\n"))

    assert [move.fault is not None for move in moves] == [True, False]
    assert moves[1].base_extension is None  # and the fault of the header keeps the list from being drafted


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n \n",
        b"\x89PNG\r\n",
        b"<response status='1'/>",
        b'{"a":1}',
        b"PK\x03\x04",
        b'extension_id,"base',
        b"\xff\xfea",
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        read_moves(io.BytesIO(content))

    assert refused.value.code == "moves-unreadable"
    assert refused.value.message.startswith("standard input: ")


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_cannot_be_opened_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Malformed, match=r"no such file|is a directory"):
        read_moves(tmp_path / name)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        moves = read_moves(io.BytesIO(content))
    except Malformed:
        return
    assert all(isinstance(move, MoveAsked) for move in moves)


def test_it_is_part_of_the_public_api() -> None:
    assert "read_moves" in ipo_ledger.__all__


@pytest.mark.parametrize("text", [";", ",", "\t", ";;\n;", "\n;\n"])
def test_a_list_of_empty_cells_has_no_header(text: str) -> None:
    faults = [row.fault for row in _read_or_refused(text)]

    assert None not in faults


def _read_or_refused(text: str) -> list[MoveAsked]:
    try:
        return read_moves(io.BytesIO(text.encode()))
    except Malformed:
        return []

"""What is too large is refused before it fills the memory, and what is deep or long costs no more than it is."""

from __future__ import annotations

import io
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from ipo_ledger.adapters.exports import management_api_json, pages, read_site
from ipo_ledger.adapters.exports.files import LARGEST_FILE
from ipo_ledger.adapters.move_csv import MovesUnreadable, read_moves
from tests.adapters.handmade_exports import refusal
from tests.cli.programs import ENVIRONMENT
from tests.hostile.mutating import BOMB, OUTSIDE, REMOTE

GIGABYTE = 1 << 30

Line = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def huge(folder: Path) -> Path:
    """A gigabyte of nothing, which takes no room on the disk."""
    path = folder / "huge"
    with path.open("wb") as file:
        file.truncate(GIGABYTE)
    return path


@pytest.mark.parametrize(
    ("arguments", "code", "saying"),
    [
        (["import", "huge"], 2, "larger than 32 MiB"),
        (["check", "huge"], 2, "larger than 32 MiB"),
        (["import", "users-1.xml", "--map", "huge"], 2, "larger than 32 MiB"),
        (["batch", "huge"], 2, "larger than 32 MiB"),
        (["rollback", "--plan", "huge"], 2, "larger than 8 MiB"),
        (["verify", "--against", "huge"], 2, "too long"),
        (["prove", "2", "--checkpoint", "huge", "-o", "out"], 2, "too long"),
        (["checkpoint", "--key", "huge"], 2, "no signing key"),
        (["load", "huge", "--ledger", "sqlite:///new.db"], 2, "Line 1"),
        (["--ledger", "sqlite:///huge", "seats"], 6, "not a SQLite file"),
    ],
)
def test_a_gigabyte_is_refused_before_it_fills_the_memory(
    line: Line, huge: Path, arguments: list[str], code: int, saying: str
) -> None:
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC")
    tracemalloc.start()
    try:
        ended, said = line(*arguments)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert ended == code
    assert any(saying in text for text in said), said
    assert most < 200 << 20
    assert not Path("new.db").exists()


def test_a_gigabyte_without_a_line_end_is_one_line_that_is_too_long() -> None:
    from ipo_ledger.application.record import LONGEST_LINE
    from ipo_ledger_cli import record

    chunks = iter([b"x" * (1 << 20)] * (2 + (LONGEST_LINE >> 20)) + [b"\n{}\n", b""])

    class Endless(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            return next(chunks)

    groups = list(record._groups(Endless()))  # type: ignore[arg-type] # noqa: SLF001 - as bytes come from a pipe

    assert [len(each) for group in groups for each in group] == [LONGEST_LINE + 1, 2]


@pytest.mark.parametrize("bomb", [BOMB, OUTSIDE, REMOTE], ids=["laughs", "a file", "a server"])
def test_entities_are_never_read(tmp_path: Path, bomb: bytes) -> None:
    path = tmp_path / "users.xml"
    path.write_bytes(bomb)

    assert "document type or entities" in refusal([path]).message
    path.write_bytes(b"<?xml version='1.0'?><!-- x -->" + bomb)
    assert "document type or entities" in refusal([path]).message


MANY = 30_000
LONG: dict[str, bytes] = {
    "spaces": b" " * (MANY * 40) + b"<a/>",
    "deep XML": b"<a>" * MANY,
    "deep in a user": b"<response><data><ws_object>" + b"<User>" * MANY,
    "pages": b"<response>" + b"<data/>" * MANY + b"</response>",
    "records": b"<response><data><ws_object>" + b"<User/>" * MANY + b"</ws_object></data></response>",
    "errors": b'<response status="0">' + b"<error/>" * MANY + b"</response>",
    "deep JSON": b"[" * MANY,
    "deep objects": b'{"a":' * MANY,
    "objects": b"[" + b"{}," * (MANY * 6) + b"{}]",
    "the same name": b"{" + b'"data":{},' * MANY + b'"data":{}}',
    "digits": b'{"response":' + b"9" * MANY + b"}",
    "an exponent": b'{"response":{"data":{"@totalRecords":1e999999999,"ws_object":[]}}}',
    "cells": b"name,number" + b",x" * MANY,
    "rows": b"name,number\n" + b"a,1\n" * MANY,
    "bad rows": b"name,number\n" + b"a,1,2\n" * MANY,
    "a quote": b'name,number\n"' + b"a" * MANY,
    "headers": (b"h" * 60_000 + b",") * 3,
}


@pytest.mark.parametrize("case", LONG)
def test_what_is_long_or_deep_is_refused(tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Had any of it a cost that grows with its square, it would take minutes here."""
    monkeypatch.setattr(pages, "MOST", MANY // 3)
    monkeypatch.setattr(management_api_json, "MOST_OBJECTS", MANY * 4)
    path = tmp_path / "export"
    path.write_bytes(LONG[case])

    assert len(refusal([path]).message) < 20_000


def test_a_list_of_moves_has_as_many_rows_as_a_system_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipo_ledger.adapters.move_csv.MOST", 10)
    header = b"extension_id,base_extension\n"

    assert len(read_moves(io.BytesIO(header + b"2,203\n" * 10))) == 10
    with pytest.raises(MovesUnreadable, match="more than 10 rows"):
        read_moves(io.BytesIO(header + b"2,203\n" * 11))
    with pytest.raises(MovesUnreadable, match="larger than"):
        read_moves(io.BytesIO(bytes(LARGEST_FILE + 1)))


def test_a_cell_that_nobody_would_read_is_not_repeated() -> None:
    (move,) = read_moves(io.BytesIO(b"extension_id,base_extension\n2," + b"x" * 70_000 + b"\n"))

    assert move.fault == "a cell has more than 200 characters"


def test_the_largest_system_is_read(tmp_path: Path) -> None:
    rows = "".join(f"u{n},{10_000 + n}\n" for n in range(3000))
    path = tmp_path / "users.csv"
    path.write_text(f"name,number\n{rows}", encoding="utf-8")

    users = read_site([path]).users

    assert users is not None
    assert len(users) == 3000
    assert len(users) < pages.MOST


def test_whatever_a_stranger_is_given_to_check_is_of_limited_size(tmp_path: Path) -> None:
    import subprocess

    from tests.cli.pages import ROOT

    path = tmp_path / "evidence.json"
    with path.open("wb") as file:
        file.truncate(GIGABYTE)

    script = [sys.executable, "-I", str(ROOT / "docs" / "verify_evidence.py"), str(path)]
    done = subprocess.run(script, capture_output=True, text=True, check=False, env=ENVIRONMENT)

    assert (done.returncode, done.stderr) == (2, "")
    assert "larger than any evidence" in done.stdout

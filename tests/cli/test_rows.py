"""Rows for programs: CSV says what was there and runs nowhere, and JSON shows a terminal nothing to obey."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo_ledger_cli.output import clean, encoded
from ipo_ledger_cli.rows import csv_line
from tests.cli.commands import every_command
from tests.cli.transcript import heard

Line = Callable[..., tuple[int, list[str]]]

LISTS = {"config show", "system list", *"batches check diff history log seats sheet status verify where who".split()}  # noqa: SIM905 - one line


def read_back(line: bytes) -> list[str]:
    """Return the cells of a line of CSV, as another program reads them."""
    (cells,) = csv.reader(io.StringIO(line.decode(), newline=""))
    return cells


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(first: str) -> None:
    assert read_back(csv_line([f"{first}cmd|' /C calc'!A0"])) == [f"'{first}cmd|' /C calc'!A0"]


@pytest.mark.parametrize("first", ["\t", "\r"])
def test_controls_before_a_formula_are_spelled_out(first: str) -> None:
    assert read_back(csv_line([f"{first}=1+1"])) == [first.encode("unicode_escape").decode() + "=1+1"]


@given(st.lists(st.text(), min_size=1))
def test_any_text_is_a_cell_that_is_read_back_and_never_run(cells: list[str]) -> None:
    seen = [clean(cell) for cell in cells]

    found = read_back(csv_line(cells))

    assert [cell.removeprefix("'") for cell in found] == [cell.removeprefix("'") for cell in seen]
    assert not [cell for cell in found if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_values_are_written_as_in_json() -> None:
    cells = read_back(csv_line([None, True, False, 7, ["202", "203"], [], {"a": None}, [["202"], ["203"]]]))

    assert cells == ["", "true", "false", "7", "202 203", "", '{"a":null}', '[["202"],["203"]]']


def test_a_line_ends_as_lines_do_on_this_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "linesep", "\r\n")

    assert csv_line(["a", "b"]) == b"a,b\r\n"


@given(st.text(), st.text())
def test_json_shows_a_terminal_nothing_to_obey_and_is_the_same_value(name: str, text: str) -> None:
    document = encoded({name: text}).decode()

    assert document == clean(document)
    assert json.loads(document) == {name: text}


def test_half_characters_in_json_become_a_mark() -> None:
    assert json.loads(encoded(["\udcff\u202e"])) == ["\ufffd\u202e"]


def test_each_command_whose_answer_is_a_list_has_its_rows() -> None:
    found = {words for words, command in every_command() if "--nl" in {o for p in command.params for o in p.opts}}

    assert found == LISTS


@pytest.mark.parametrize("form", ["--csv", "--nl", "--json", "--limit=1000"])
def test_a_hostile_label_reaches_no_terminal(form: str, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2026-03-02T07:00")
    line("import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-02T08:00")
    hostile = '{"do":"swap","users":["202","203"],"at":"2026-03-02T10:00","reason":"\\u202eevil\\u009b31m\\u2066x"}\n'
    line("record", "-", stdin=hostile)

    _, said = line("log", form)

    assert said
    assert not [text for text in said if clean(text) != text]


def test_rows_are_utf_8_whatever_the_console_is(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2026-03-02T07:00")
    line("import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-02T08:00")
    line("label", "2", "Fenêtre 東")

    with heard() as said:
        assert isinstance(sys.stdout, io.TextIOWrapper)
        sys.stdout.reconfigure(encoding="cp1252")
        from ipo_ledger_cli.main import run

        code = run(["seats", "--csv"], environment={"IPO_LEDGER_URL": "sqlite:///ledger.db"})

    assert code == 0
    assert any("Fenêtre 東" in text for text in said.lines())

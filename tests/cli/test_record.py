"""`record` answers each line as it comes, and says what became of the whole in its exit code."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ipo_ledger.application import record as application
from tests.cli.programs import ENVIRONMENT, PROGRAM

Line = Callable[..., tuple[int, list[str]]]

ADD = '{"do":"system add","name":"hq","release":"11.1","timezone":"UTC","at":"2026-03-02T07:00:00Z"}\n'
AGAIN = '{"do":"system add","name":"hq","release":"11.1","timezone":"UTC"}\n'


def test_each_line_is_answered_before_the_next_one_is_given(folder: Path) -> None:
    url = "sqlite:///ledger.db"
    with subprocess.Popen(
        [*PROGRAM, "record", "-", "--keep-going", "--ledger", url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers = []
        for line in (ADD, AGAIN):
            process.stdin.write(line.encode())
            process.stdin.flush()
            answers.append(json.loads(process.stdout.readline()))
        process.communicate()

    assert [answer["ok"] for answer in answers] == [True, False]
    assert process.returncode == 3


def test_a_line_that_is_too_long_is_refused_and_the_next_one_is_read(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "LONGEST_LINE", 200)

    code, said = line("record", "-", "--keep-going", stdin=f'{{"do":"{"x" * 5_000_000}"}}\n{ADD}')

    assert code == 2
    refused, added = (json.loads(text) for text in said[:2])
    assert refused["line"] == 1
    assert refused["error"]["code"] == "bad-record-line"
    assert (added["line"], added["ok"]) == (2, True)


def test_a_mark_before_the_first_line_is_passed_over(line: Line, folder: Path) -> None:
    Path("day.jsonl").write_text(ADD, encoding="utf-8-sig")

    code, said = line("record", "day.jsonl")

    assert code == 0
    assert json.loads(said[0])["ok"] is True


def test_a_file_that_does_not_end_with_a_line_feed_is_read_whole(line: Line) -> None:
    code, said = line("record", "-", stdin=ADD.rstrip("\n"))

    assert (code, len(said)) == (0, 2)


def test_the_exit_code_is_that_of_the_first_line_that_failed(line: Line) -> None:
    code, said = line("record", "-", "--keep-going", stdin=f'{ADD}{AGAIN}not JSON\n{{"do":"restart"}}\n')

    assert code == 3
    assert [json.loads(text).get("exit") for text in said[:4]] == [None, 3, 2, 4]


def test_who_acts_is_said_once_for_all_lines_that_do_not(line: Line) -> None:
    other = AGAIN.replace('"hq"', '"ny"').replace('"UTC"', '"UTC","actor":"bruno"')

    line("record", "-", "--actor", "night", stdin=ADD + other)

    actors = [line("log", "--system", name, "--json")[1][0] for name in ("hq", "ny")]
    assert ['"actor":"night"' in actors[0], '"actor":"bruno"' in actors[1]] == [True, True]

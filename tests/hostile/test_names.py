"""Names, labels and reasons made to harm go the whole way, on both stores: nothing obeys them, nothing loses them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ipo_ledger_cli.main import run
from tests.adapters.handmade_exports import refusal
from tests.cli.played_stores import PlayedStore
from tests.cli.transcript import heard

EMOJI = "😀" * 15
NAMES = {
    "a combining stack": "e\u0301\u0316\u0323\u0301\u0316\u0323",
    "fifteen emoji": EMOJI,
    "SQL": "'; DROP TABLE h",
    "SQL in a name": '" OR 1=1 --',
    "a shell": "$(touch pwned)",
    "a backquote": "`touch pwned`",
    "HTML": "&lt;b onx=1;",
    "an entity": "&amp;&quot;",
    "a formula": "=cmd|' C calc'",
    "a formula with @": "@SUM(1+1)*cmd",
    "a formula with -": "-2+3+cmd|'x'",
    "a path": "c:\\x\\NUL",
    "Windows": "CON",
    "format": "%s%n{0}{x!r}",
    "JSON": '{"a":1}\\u0000',
    "Arabic": "مرحبا بكم",
    "full width": "２０２",
    "an option": "--debug",
    "a minus": "-1",
    "spaces": "a  b   c",
    "null": "null",
}
FORBIDDEN = {  # what the telephone system forbids in a user's name, or nobody could see
    "right to left": "Ana\u202eziuR",
    "an isolate": "\u2066Ana\u2069",
    "zero width": "Ana\u200bRuiz",
    "a joiner": "👩\u200d💻",
    "a mark": "\ufeffAna",
    "a line separator": "Ana\u2028x",
    "sixteen letters": "abcdefghijklmnop",
    "markup": "<script>alert(1)",
}
EVIL = (
    "\u202eevil\u2066 <script>alert(1)</script> ${x} \u200b=1+1 '; DROP TABLE head; -- &amp; \U0001f468\u200d\U0001f4bb"
)
DANGEROUS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

Program = Callable[..., tuple[int, str, str]]


@pytest.fixture
def program(store: PlayedStore) -> Program:
    """Run the program on a store: exit code, stdout and stderr."""

    def play(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        now = datetime.fromisoformat("2026-06-01T12:00+02:00")
        with heard(stdin) as said:
            code = run(
                arguments, environment={"IPO_LEDGER_URL": store.url, "IPO_LEDGER_ACTOR": "ana"}, clock=lambda: now
            )
        texts = {mark: b"".join(part for m, part in said.parts if m == mark).decode() for mark in ("", "2> ")}
        assert not DANGEROUS.search(texts[""].replace("\r\n", "\n")), texts[""]
        assert not DANGEROUS.search(texts["2> "]), texts["2> "]
        assert "Traceback" not in texts["2> "]
        return code, texts[""], texts["2> "]

    return play


def _begun(program: Program, names: list[str]) -> int:
    """Import people of these names, each at a desk."""
    assert program("init")[0] == 0
    program("system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2026-03-02T07:00")
    users, extensions = io.StringIO(), io.StringIO()
    rows = [[name, str(201 + n), EVIL] for n, name in enumerate(names)]
    csv.writer(users).writerows([["name", "number", "full_name"], *rows])
    places = [[n + 1, "BD", n + 1, 201 + n] for n in range(len(names))]
    csv.writer(extensions).writerows([["extension_id", "module", "port", "base_extension"], *places])
    Path("users.csv").write_text(users.getvalue(), encoding="utf-8")
    Path("extensions.csv").write_text(extensions.getvalue(), encoding="utf-8")
    return program("import", "users.csv", "extensions.csv", "--at", "2026-03-02T08:00")[0]


class _Tags(HTMLParser):
    """The tags and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs), attrs

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_names_that_somebody_chose_to_harm_are_names(program: Program, folder: Path) -> None:
    names = list(NAMES.values())
    before = {path.name for path in folder.iterdir()}

    assert _begun(program, names) == 0
    assert program("label", "1", EVIL)[0] == 0
    code, said, _ = program("swap", "201", "202", "--done", "-m", EVIL, "--json", "--at", "2026-03-02T09:00")
    assert code == 0
    assert json.loads(said)["batch"] == "B1"

    seats = json.loads(program("seats", "--json")[1])["seats"]
    assert sorted(seat["user"] for seat in seats) == sorted(names), "to the character"
    for command in (["seats"], ["log"], ["status"], ["show", "B1"], ["batches"], ["history", "--user", "201"]):
        assert program(*command)[0] == 0
    for name in names:
        code, said, why = program("where", "--json", "--on", "2026-03-02", "--", name)
        assert (code, json.loads(said)["user"] if said else why) == (0, name)
    assert program("verify")[0] == 0
    assert program("export", "-o", "ledger.jsonl")[0] == 0
    assert program("load", "ledger.jsonl", "--ledger", "sqlite:///other.db")[0] == 0
    assert json.loads(program("seats", "--json", "--ledger", "sqlite:///other.db")[1])["seats"] == seats
    made = {path.name for path in folder.iterdir()} - before
    assert made <= {
        "users.csv",
        "extensions.csv",
        "ledger.db",
        "ledger.db-wal",
        "ledger.db-shm",
        "ledger.jsonl",
        "other.db",
    }


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_tables_that_a_spreadsheet_opens_hold_no_formula(program: Program) -> None:
    _begun(program, list(NAMES.values()))
    program("swap", NAMES["a formula"], NAMES["a formula with @"], "--at", "2026-03-02T09:00")

    code, said, _ = program("sheet", "B1", "--csv")

    assert code == 0
    cells = [cell for row in csv.reader(io.StringIO(said)) for cell in row]
    assert any("cmd" in cell for cell in cells)
    assert not any(cell[:1] in set("=+-@\t\r") and not cell.lstrip("-").isdigit() for cell in cells), cells


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_pages_show_names_and_run_nothing_of_them(program: Program) -> None:
    _begun(program, list(NAMES.values()))
    program("swap", "201", "202", "-m", EVIL, "--at", "2026-03-02T09:00")
    assert program("report", "-o", "report.html")[0] == 0
    code, sheet, _ = program("sheet", "B1", "--html")
    assert code == 0

    plain = _Tags()
    plain.feed(sheet)

    assert "b" not in plain.tags or "&lt;b" in sheet
    assert "script" not in plain.tags
    assert EMOJI in "".join(plain.said)
    report = Path("report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in report
    assert report.count("<script") == _Tags_of(report).count("script")


def _Tags_of(page: str) -> list[str]:  # noqa: N802
    tags = _Tags()
    tags.feed(page)
    return tags.tags


@pytest.mark.parametrize("case", FORBIDDEN)
def test_names_that_nobody_could_see_or_type_are_refused(tmp_path: Path, case: str) -> None:
    path = tmp_path / "users.csv"
    path.write_text(f"name,number\nAna,201\n{FORBIDDEN[case]},202\n", encoding="utf-8")

    assert "the user name" in refusal([path]).message


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a\x1b[31m", "a\x85b"])
def test_what_no_store_and_no_terminal_takes_is_refused_the_same_on_both(program: Program, text: str) -> None:
    _begun(program, ["Ana", "Eva"])
    lines = [
        {"do": "swap", "users": ["201", "202"], "reason": text},
        {"do": "swap", "users": ["201", text]},
        {"do": "label", "extension": 1, "text": text},
        {"do": "label", "extension": f"@{text}", "text": "x"},
        {"do": "login", "user": "201", "extension": text},
        {"do": "send", "batch": text},
        {"do": "restart", "command_id": text},
        {"do": "restart", "actor": text},
        {"do": "restart", "at": text},
        {"do": "restart", "system": text},
        {"do": "system add", "name": text, "release": "11.1", "timezone": "UTC"},
        {"do": "system add", "name": "x", "release": text, "timezone": "UTC"},
        {"do": "system add", "name": "x", "release": "11.1", "timezone": text},
        {"do": "system set", "logout_code": text},
        {"do": "change", "extension": 1, "base": text},
        {"do": "batch", "moves": [{"extension_id": 1, "base_extension": text}], "title": text},
        {"do": "user renumber", "user": "201", "number": text},
        {"do": "import", "exports": [text]},
    ]
    told = "\n".join(json.dumps(line) for line in lines) + "\n"

    code, said, _ = program("record", "-", "--keep-going", stdin=told)

    answers = [json.loads(line) for line in said.splitlines()]
    assert code in {2, 3, 4}
    assert [answer["ok"] for answer in answers] == [False] * len(lines)
    assert {answer["exit"] for answer in answers} <= {2, 3, 4}
    assert program("verify")[0] == 0

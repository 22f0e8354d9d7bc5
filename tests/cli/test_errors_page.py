"""Every error that can be raised is explained in docs/errors.md, says what to do now, and names commands that exist."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import ipo_ledger
import ipo_ledger_cli
from ipo_ledger.errors import LedgerError
from ipo_ledger_cli.command import EXIT_CODES
from tests.cli.commands import every_command
from tests.cli.errors_page import FAMILIES, FILE, OTHERS, commands_of, errors_page, every_module
from tests.cli.played_stores import PlayedSqlite
from tests.cli.shown_errors import every_error, examples
from tests.cli.transcript import FOLDER, Player, compare

list(every_module())
ERRORS = sorted((e for e in every_error() if not e.__module__.startswith("tests.")), key=lambda e: e.__qualname__)
FOLDERS = [Path(package.__path__[0]) for package in (ipo_ledger, ipo_ledger_cli)]
WITHOUT_A_WAY_OUT = {
    "row-fault": "a line in the list of `batch-faults`, which has the way out",
    "rollback-blocked": "its ways out are made from what is in the way",
}


def test_the_page_is_as_the_errors_would_have_it() -> None:
    written = FILE.read_text(encoding="utf-8")

    assert written == errors_page(), "run `python -m tests.cli.errors_page`"


def test_every_class_of_error_in_the_code_is_known() -> None:
    """A class that no import reaches would be missing from the page: so the code is read, too."""
    coded = {name for folder in FOLDERS for file in folder.rglob("*.py") for name in _with_sentences(file)}

    assert coded - {LedgerError.__name__} <= {error.__name__ for error in ERRORS}
    assert len(coded) > 90


def _with_sentences(file: Path) -> Iterator[str]:
    """Yield the classes of a file that have `says`."""
    name = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"class (\w+)", line):
            name = found[1]
        elif line.startswith(("    says = ", "    says: ")):
            yield name


def test_every_error_has_its_place_in_the_page_under_its_exit_code() -> None:
    sections = re.split(r"^## Exit ", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = {int(section.partition(":")[0]): section for section in sections}

    assert set(found) == set(FAMILIES) == set(EXIT_CODES) - {0, 141}
    for error in ERRORS:
        assert f"\n### {error.code}\n" in found[error.exit_code], error
    for code, (exit_code, _, _) in OTHERS.items():
        assert f"\n### {code}\n" in found[exit_code]


def test_a_code_stands_for_one_thing() -> None:
    codes = Counter(error.code for error in ERRORS)

    assert {code for code, times in codes.items() if times > 1} == {"store-unreachable"}
    assert not set(codes) & set(OTHERS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_an_error_says_what_and_why_and_what_to_do_now() -> None:
    silent = {error.code for error in ERRORS if error.way_out in {"", "{ways}"}}

    assert silent == set(WITHOUT_A_WAY_OUT)
    assert [error for error in ERRORS if not error.says.strip() or not (error.__doc__ or "").strip()] == []


def test_the_commands_of_the_ways_out_exist() -> None:
    known = {words: {name for p in command.params for name in p.opts} for words, command in every_command()}

    named = [typed for error in ERRORS for typed in commands_of(error)]

    assert [typed for typed in named if not _exists(typed, known)] == []
    assert len(named) > 60


def _exists(typed: str, known: dict[str, set[str]]) -> bool:
    words = [word for word in shlex.split(re.sub(r"[{}]", "", typed))[1:] if word != "..."]
    if words[0] == "--ledger":
        words = words[2:]
    if words[0] in {"COMMAND", "what_command"}:  # any of them; the one that is planned
        return True
    found = next((called for called in (" ".join(words[:2]), words[0]) if called in known), None)
    options = {word for word in words if word.startswith("--")}
    return found is not None and options <= known[found] | {"--help", "--ledger", "--system"}


def test_most_errors_are_shown_as_they_really_came() -> None:
    shown = [error for error in ERRORS if error in examples()]

    assert len(shown) > len(ERRORS) * 2 // 3


def test_errors_that_no_other_transcript_shows_are_shown_by_one(folder: Path) -> None:
    file = FOLDER / "stores" / "errors.txt"

    compare(file, Player(PlayedSqlite()).play(file.read_text(encoding="utf-8")))

"""What the README and the pages show is what the commands say; what cannot be played is listed, with the reason."""

from __future__ import annotations

import re
import secrets
import shlex
import subprocess
import sys
import uuid
from collections.abc import Callable
from itertools import count

import pytest

from tests.cli.commands import every_command
from tests.cli.pages import ROOT, blocks, compare, every_page, named_commands

Line = Callable[..., tuple[int, list[str]]]

PLAYED = {  # the page, and how many blocks of it are played: a file in a folder of its own
    "docs/evidence.md": 5,
    "docs/how-to/answer-an-auditor.md": 8,
    "docs/how-to/import-from-your-system.md": 4,
    "docs/how-to/move-a-floor.md": 6,
    "docs/how-to/undo-a-bad-batch.md": 8,
    "docs/importing.md": 1,
    "docs/python.md": 6,
    "docs/time.md": 4,
    "docs/tutorial.md": 13,
}
ON_A_SERVER = {"README.md": 8, "docs/how-to/run-it-for-a-team-on-postgresql.md": 3, "docs/postgresql.md": 3}
"""Played by test_compose.py, on the server of the compose file."""

NOT_PLAYED = {  # by the line a block begins with
    "python3 -m venv .venv && .venv/bin/pip install -q . ": "installs this from a package registry; "
    "tests/test_packaging.py builds the wheel and looks into it",
    "python3 -m venv .venv && .venv/bin/pip install -q -e ": "what the build runs itself (.ci/run)",
    "python3 -m venv .venv\n": "installs, as above",
    "py -m venv": "the same on Windows",
    "python3 -m pip install .": "installs, as above",
    "export POSTGRES_PASSWORD": "takes Docker; test_compose.py does what the image does",
    "createdb --host": "takes a server of that name; `init` is played in docs/postgresql.md",
    "IPO=https": "takes a telephone system",
    "# drill: ": "played by tests/hostile/restore_drills.py",
    "archive_mode = ": "settings of a server; played by tests/hostile/restore_drills.py",
}
_LINK = re.compile(r"\]\((?P<to>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

ELSEWHERE = {"docs/high-availability.md", "docs/reliability.md"}
"""Pages on servers that die: what they show was measured by the programs they name."""


@pytest.fixture
def same_chances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the command ids and the key the same in every run, and so hashes and signatures."""
    numbers = count(1)
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=next(numbers), version=4))
    monkeypatch.setattr(secrets, "token_bytes", lambda size: bytes(range(size)))


@pytest.mark.usefixtures("same_chances")
@pytest.mark.parametrize(("page", "played"), PLAYED.items())
def test_the_commands_of_a_page_say_what_it_shows(page: str, played: int, line: Line) -> None:
    def run(*words: str, **given: str) -> tuple[int, list[str]]:
        if words[0] != "verify_evidence.py":
            return line(*words, **given)
        script = [sys.executable, "-I", str(ROOT / "docs" / words[0]), *words[1:]]
        done = subprocess.run(script, capture_output=True, text=True, encoding="utf-8", check=False)
        assert not done.stderr
        return done.returncode, done.stdout.splitlines()

    assert compare(ROOT / page, run) == played


def test_every_block_of_every_page_is_played_or_listed_with_the_reason() -> None:
    forgotten = []
    for page in every_page():
        name = page.relative_to(ROOT).as_posix()
        played = {"console", "python", "text", "sql"} if name in PLAYED | ON_A_SERVER else set()
        for kind, text in blocks(page) if name not in ELSEWHERE else ():
            if kind not in played and not text.startswith(tuple(NOT_PLAYED)):
                forgotten.append((name, kind, text.partition("\n")[0]))

    assert forgotten == []


def test_every_reason_not_to_play_a_block_is_still_needed() -> None:
    texts = [text for page in every_page() for _, text in blocks(page)]

    assert [begins for begins in NOT_PLAYED if not any(text.startswith(begins) for text in texts)] == []


def test_the_commands_that_sentences_name_exist() -> None:
    known = {words: {name for p in command.params for name in p.opts} for words, command in every_command()}

    wrong = [
        f"{page.name}: {typed}"
        for page in every_page()
        for typed in named_commands(page)
        if not _exists(shlex.split(typed.partition(" > ")[0])[1:], known)
    ]

    assert wrong == []


def _exists(words: list[str], known: dict[str, set[str]]) -> bool:
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] == "--ledger" else words[1:]
    if not words or words[0] == "COMMAND":  # of the program itself; of any command
        return True
    found = next((called for called in (" ".join(words[:2]), words[0]) if called in known), None)
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    return found is not None and options <= known[found] | {"--help", "--ledger", "--system"}


def test_every_link_of_every_page_leads_somewhere() -> None:
    broken = []
    for page in every_page():
        for target in _LINK.findall(page.read_text(encoding="utf-8")):
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if target.startswith(("http:", "https:")) or file in {ROOT / name for name in ELSEWHERE}:
                continue
            if not file.exists() or (anchor and anchor not in _anchors(file.read_text(encoding="utf-8"))):
                broken.append(f"{page.name}: {target}")

    assert broken == []


def _anchors(text: str) -> set[str]:
    """Return the anchors of the headings, as the forges make them."""
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in _HEADING.findall(text)}


def test_the_readme_leads_to_every_page() -> None:
    linked = set(_LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")))

    pages = {page.relative_to(ROOT).as_posix() for page in every_page() if page.parent != ROOT}

    assert pages - linked - ELSEWHERE == set()

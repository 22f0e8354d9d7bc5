"""What docs/evidence.md shows is what the commands, and the script for strangers, say: made of the same chances."""

from __future__ import annotations

import secrets
import subprocess
import sys
import uuid
from collections.abc import Callable
from itertools import count

import pytest

from tests.cli.pages import ROOT, compare

Line = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def same_chances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the command ids and the key the same in every run, and so hashes and signatures."""
    numbers = count(1)
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=next(numbers), version=4))
    monkeypatch.setattr(secrets, "token_bytes", lambda size: bytes(range(size)))


@pytest.mark.usefixtures("same_chances")
def test_the_example_comes_out_as_the_page_shows_it(line: Line) -> None:
    def run(*words: str, **given: str) -> tuple[int, list[str]]:
        if words[0] != "verify_evidence.py":
            return line(*words, **given)
        script = [sys.executable, "-I", str(ROOT / "docs" / words[0]), *words[1:]]
        done = subprocess.run(script, capture_output=True, text=True, encoding="utf-8", check=False)
        assert not done.stderr
        return done.returncode, done.stdout.splitlines()

    assert compare(ROOT / "docs" / "evidence.md", run) == 5

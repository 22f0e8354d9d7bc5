"""The reference says what the commands say of themselves."""

from __future__ import annotations

from tests.cli.commands import every_command
from tests.cli.reference import FILE, reference


def test_the_reference_is_as_the_commands_would_have_it() -> None:
    written = FILE.read_text(encoding="utf-8")

    assert written == reference(), "run `python -m tests.cli.reference`"


def test_every_command_has_its_place_in_the_reference() -> None:
    written = FILE.read_text(encoding="utf-8")

    for words, _ in every_command():
        assert f"\n## {words}\n" in written

"""What is written in a command to be typed next is one word in every shell."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo_ledger_cli.quoting import quoted


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("B1", "B1"),
        ("sqlite:///kept/ledger.db", "sqlite:///kept/ledger.db"),
        ("2026-03-02T10:06+01:00", "2026-03-02T10:06+01:00"),
        ("two words", '"two words"'),
        ("@Window", '"@Window"'),
        ("202,203", '"202,203"'),
        ("postgresql://ana@hq/ledger?a=b&c=d", '"postgresql://ana@hq/ledger?a=b&c=d"'),
        ("O'Brien", '"O\'Brien"'),
        ("", '""'),
    ],
)
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_most_words_are_typed_alike_everywhere(text: str, typed: str, platform: str) -> None:
    assert quoted(text, platform) == typed


@pytest.mark.parametrize(("platform", "typed"), [("linux", "'C:\\two words\\$x'"), ("win32", '"C:\\two words\\$x"')])
def test_what_a_shell_would_obey_is_quoted_as_its_system_does(platform: str, typed: str) -> None:
    assert quoted("C:\\two words\\$x", platform) == typed


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_posix_shell_takes_any_word_as_it_was(text: str) -> None:
    assert shlex.split(quoted(text, "linux")) == [text]

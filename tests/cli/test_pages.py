"""What the README and the pages with an example show is what the commands say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.pages import ROOT, compare


@pytest.mark.parametrize(("page", "blocks"), [("README.md", 5), ("docs/time.md", 4)])
def test_the_commands_of_a_page_say_what_it_shows(
    page: str, blocks: int, line: Callable[..., tuple[int, list[str]]]
) -> None:
    assert compare(ROOT / page, line) == blocks

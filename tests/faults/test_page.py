"""The page of reliability says of every kind of fault what a run of it found, in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.catalogue import trials
from tests.faults.page import row, rows, write
from tests.faults.trial import Found


def test_the_page_has_a_row_of_every_kind() -> None:
    assert rows() == [trial.name for trial in trials()]


def test_a_run_replaces_its_own_row_and_no_other(tmp_path: Path) -> None:
    one, other, *_ = trials()
    page = tmp_path / "page.md"
    page.write_text(f"words\n\n{row(one, Found())}\n{row(other, Found())}\n", encoding="utf-8")

    write(other, Found(injected=1000, acknowledged=3, lost=0), page)

    words, _, first, second = page.read_text("utf-8").splitlines()
    assert (words, first) == ("words", row(one, Found()))
    assert "| 1,000 | 3 | 0 |" in second


def test_a_kind_without_a_row_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("words\n", encoding="utf-8")

    with pytest.raises(LookupError, match=f"0 rows of {trials()[0].name}"):
        write(trials()[0], Found(), page)

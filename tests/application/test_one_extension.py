"""An extension changed and corrected thousands of times answers as quickly as a quiet one: counted, not timed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.one_extension import BEGAN, BUSY, QUIET, made

POINTS = 4000
STEPS = 10  # of the database's machine, between two counts


def steps(store: Any, ask: Callable[[], object]) -> int:
    """Return how many steps SQLite takes for a question."""
    ask()  # what it keeps for later is there
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += STEPS
        return 0

    with store.reading() as reading:
        connection = reading.connection
    connection.set_progress_handler(count, STEPS)
    ask()
    connection.set_progress_handler(None, 0)
    return counted


def test_corrections_do_not_make_an_extension_slow(tmp_path: Path) -> None:
    hq, last = made(f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}", POINTS)
    middle, store = BEGAN + timedelta(minutes=POINTS // 2), hq._store  # noqa: SLF001 - its statements are counted

    for on in ("now", middle):
        for known_at in (None, last - 1, last - POINTS // 2):
            busy, quiet = (
                steps(store, lambda i=extension, o=on, k=known_at: hq.who(i, on=o, known_at=k))  # type: ignore[misc]
                for extension in (BUSY, QUIET)
            )
            assert 0 < busy <= 2 * quiet, (on, known_at)

    assert hq.who(BUSY, on=middle).stays[0].from_ != hq.who(QUIET, on=middle).stays[0].from_

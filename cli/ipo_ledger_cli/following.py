"""What is recorded while somebody looks: each new event of a log, once, in the order of positions.

Positions are given in the order of commits and without gaps: whatever is recorded after a look has a higher position
than everything in it, whichever process recorded it, in either store. So reading on from the last one misses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ipo_ledger.application.answers import Log, LogEntry

INTERVAL = 1.0
"""Seconds between two looks."""

_AT_ONCE = 1000  # events asked for in one go, while catching up


class ReadsLog(Protocol):
    """Reads a page of a log, newest first."""

    def __call__(self, *, limit: int, before: int | None = None) -> Log:
        """Return at most so many events, before a position."""


def follow(read: ReadsLog, sleep: Callable[[float], None], *, limit: int, after: int | None) -> Iterator[LogEntry]:
    """Yield the last events there are (or all after a position), oldest first, then each new one; never ends by itself.

    Waits between two looks by `sleep`.
    """
    if after is None:
        begun = read(limit=limit).events[::-1]
        after = begun[-1].position if begun else 0
        yield from begun
    while True:
        for entry in reversed(_since(read, after)):
            yield entry
            after = entry.position
        sleep(INTERVAL)


def _since(read: ReadsLog, after: int) -> list[LogEntry]:
    """Return every event after a position, newest first, however many pages that takes."""
    found: list[LogEntry] = []
    before: int | None = None
    while True:
        page = read(limit=_AT_ONCE, before=before)
        new = [entry for entry in page.events if entry.position > after]
        found += new
        if page.next is None or len(new) < len(page.events):
            return found
        before = page.next

"""How far a long command is: one line on a terminal that is written over and over, and nothing anywhere else."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from ipo_ledger_cli.colours import is_drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Progress: TypeAlias = Callable[[str, int, int], None]

_SECONDS = 0.1  # between two words of progress
_CLEAR = "\r\x1b[K"


@contextmanager
def watched() -> Iterator[Progress | None]:
    """Give what is told how far a command is, or None where nobody is looking; clear the line at the end."""
    if not is_drawn(sys.stderr):
        yield None
        return
    last = time.monotonic()

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last < _SECONDS:
            return
        last = time.monotonic()
        of = f" of {total}" if total else ""
        sys.stderr.write(f"{_CLEAR}{stage}: {done}{of}")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        sys.stderr.write(_CLEAR)
        sys.stderr.flush()


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say what a command is busy with that cannot tell how far it is, where somebody is looking."""
    if not is_drawn(sys.stderr):
        yield
        return
    sys.stderr.write(f"{what} ...")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write(_CLEAR)
        sys.stderr.flush()

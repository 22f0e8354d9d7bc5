"""A program that appends entries, one after the other, and says each position once it is acknowledged.

`python -m tests.stores.appender URL SYSTEM TIMES FACTS`: TIMES entries (0: without end) of FACTS facts each.
It says 0 when it is about to begin.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ipo_ledger.domain import events as e
from ipo_ledger.domain.entry import Entry, Given
from ipo_ledger.domain.system import System

if TYPE_CHECKING:
    from tests.stores.places import AnyStore

ROOT = Path(__file__).parents[2]


def command(url: str, name: str, *, times: int, facts: int) -> list[str]:
    """Return the command that runs this program; its working directory is `ROOT`."""
    return [sys.executable, "-m", "tests.stores.appender", url, name, str(times), str(facts)]


def open_store(url: str) -> AnyStore:
    """Open a store by its URL."""
    if url.startswith("sqlite:///"):
        from ipo_ledger.adapters.sqlite.store import SqliteStore

        return SqliteStore(Path(url.removeprefix("sqlite:///")), lambda: datetime.now(UTC))
    from ipo_ledger.adapters.postgres.store import PostgresStore

    return PostgresStore(url)


def append(store: AnyStore, name: str, facts: int) -> int:
    """Append an entry of that many facts, and return the last position."""
    with store.writing() as writing:
        before = writing.system(name) or System(name)
        given = Given(at=datetime.now(UTC), actor="ana", command_id="c")
        entry = Entry(before, given, after=writing.head().position)
        if before.settings is None:
            entry.happens(e.SystemAdded("11.1", "UTC", "merge", "*36"))
        while len(entry.facts) < facts:
            user = f"U{before.version + len(entry.facts)}"
            entry.happens(e.UserAdded(user, None, None, False, False))
        writing.append(entry)
    return entry.facts[-1].position


def main(url: str, name: str, times: int, facts: int) -> None:
    """Append until done, or until killed."""
    store = open_store(url)
    sys.stdout.write("0\n")
    done = 0
    while not times or done < times:
        sys.stdout.write(f"{append(store, name, facts)}\n")
        sys.stdout.flush()
        done += 1
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

"""What a long run of one fault needs, and what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.faults.site import Looked
from tests.postgres_home import session_home
from tests.postgres_installations import found_installations
from tests.postgres_server import Server


@dataclass(slots=True)
class Found:
    """How often a fault was injected, how many commands were acknowledged beside it, and what was seen."""

    injected: int = 0
    acknowledged: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def take(self, looked: Looked, acknowledged: int) -> None:
        """Take in what a look at the ledger found, of so many commands that were acknowledged."""
        self.acknowledged += acknowledged
        self.lost += len(looked.lost)
        self.wrong += looked.wrong


@dataclass(frozen=True, slots=True)
class Trial:
    """One kind of fault: what it is, how many rounds it is given, and what does them."""

    name: str
    what: str
    rounds: int
    run: Callable[[int, Random], Found]


@contextmanager
def a_folder() -> Iterator[Path]:
    """Give an empty folder, and remove it."""
    with TemporaryDirectory(prefix="ipo-faults-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def a_server(**settings: str) -> Iterator[Server]:
    """Start a PostgreSQL of our own, the first there is, with these settings."""
    with session_home() as home, Server(found_installations()[0], home, settings=settings) as server:
        yield server

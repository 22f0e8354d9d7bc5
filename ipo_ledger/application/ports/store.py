"""Where a ledger is kept, and what long commands on it tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from msgspec import Struct

from ipo_ledger.application.ports.glances import Glancing
from ipo_ledger.application.ports.rows import Head

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ipo_ledger.application.ports.examining import Examining
    from ipo_ledger.application.ports.reading import Reading
    from ipo_ledger.application.ports.shadow import Shadow
    from ipo_ledger.application.ports.writing import Loading, Writing

Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told how far a long command is: its stage, how much is done, of how much (0: not known)."""

TILE_LEVEL = 8
"""The level of the tree whose nodes part the events into tiles of 256: nodes are kept from there up, not below."""


class Backup(Struct, frozen=True, kw_only=True):
    """A copy that was made of a store: the head of the ledger in it, what the tree goes on from, and its bytes."""

    head: Head
    frontier: bytes
    size: int


class StoreReport(Struct, frozen=True, kw_only=True):
    """What a store is, and what it lets whoever asks do: `excess` are the rights that nobody who records needs."""

    kind: Literal["sqlite", "postgresql"]
    size: int | None
    role: str | None
    rights: tuple[str, ...]
    mode: str | None
    excess: tuple[str, ...]


class Store(Glancing, Protocol):
    """Where a ledger is kept."""

    @property
    def url(self) -> str:
        """Return the ledger's URL without a password."""
        ...

    @property
    def makes_itself(self) -> bool:
        """Tell whether the store is made on first use (embedded), or by an administrator."""
        ...

    def create(self) -> bool:
        """Make the store, or bring it to this release; tell whether anything had to be done."""
        ...

    def reading(self) -> AbstractContextManager[Reading]:
        """Look at the ledger as it is at one moment."""
        ...

    def examining(self) -> AbstractContextManager[Examining]:
        """Look at the ledger even where it is damaged; writes nothing, not even what opening it otherwise would."""
        ...

    def writing(self) -> AbstractContextManager[Writing]:
        """Begin a transaction that commits when the block ends, and leaves nothing when it raises."""
        ...

    def loading(self) -> AbstractContextManager[Loading]:
        """Begin a transaction that may set positions, times and roles; raises `StoreUnusable` saying who may.

        An embedded store is made by it where there is none, and is not there when it raises.
        """
        ...

    def backup(self, to: Path, progress: Progress | None) -> Backup:
        """Copy the ledger as it is at one moment into a new file; raises `BackupElsewhere` where the database does so.

        Raises `BackupThere`, `BackupNotWritten` too; then there is no file.
        """
        ...

    def shadow(self) -> AbstractContextManager[Shadow]:
        """Make room for a read model to be made anew, of nothing yet."""
        ...

    def report(self) -> StoreReport:
        """Return what the store is, and what it lets whoever asks do."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Let this thread's transactions be parts of one: a part that raises leaves nothing, all commit at the end."""
        ...

    def wait_for_writers(self) -> None:
        """Return once every append that had begun is committed, or given up.

        Raises `StoreUnusable` where that cannot be known: on a copy that may be behind.
        """
        ...

    def note(self) -> str | None:
        """Return what whoever read has to know: that it was a copy, and how far that is. None: it is the ledger."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...

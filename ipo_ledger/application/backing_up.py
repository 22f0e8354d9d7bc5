"""A copy of a whole ledger as it is at one moment, to go back to: what it holds, so that it can be checked later."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ipo_ledger.application import answers as a
from ipo_ledger.application.ports.store import Progress, Store
from ipo_ledger.application.refusals import Damaged
from ipo_ledger.evidence.tree import Frontier


class BackedUp(a.Answer, frozen=True):
    """A backup that was made: its file, how many events it holds and their root, as a checkpoint says them.

    `recorded_at`: of the last event (UTC), None for an empty ledger. `size` in bytes.
    """

    file: str
    events: int
    root: str
    recorded_at: datetime | None
    size: int


def back_up(store: Store, to: Path, progress: Progress | None) -> BackedUp:
    """Copy the ledger into a new file. Raises what `Store.backup` raises, and `Damaged`."""
    made = store.backup(to, progress)
    try:
        root = Frontier.from_bytes(made.frontier).root()
    except ValueError as fault:
        raise Damaged(why=str(fault)) from fault
    return BackedUp(
        file=str(to),
        events=made.head.position,
        root=root.hex(),
        recorded_at=made.head.recorded_at if made.head.position else None,
        size=made.size,
    )

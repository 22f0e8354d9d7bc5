"""One system of a ledger, as questions hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipo_ledger.application.glances import Glances

if TYPE_CHECKING:
    from ipo_ledger.application.ports.exports import ReadsExports
    from ipo_ledger.application.ports.store import Store


class Handle:
    """A system by its name, in a store."""

    def __init__(self, store: Store, name: str, read_exports: ReadsExports, timezone: str | None = None) -> None:
        """Hold the system of this name, which was seen to have this time zone; nothing is read yet."""
        self.name = name
        self._store = store
        self._read_exports = read_exports
        self._glances = Glances(store, name, timezone)

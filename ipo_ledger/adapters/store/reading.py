"""One look at a ledger by way of its read model, the same for both stores: rows in, records out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipo_ledger.adapters.store.asking import EVER
from ipo_ledger.adapters.store.batches import Batches
from ipo_ledger.adapters.store.from_rows import extension_of, mark_of, system_of, user_of
from ipo_ledger.adapters.store.whole_systems import WholeSystems
from ipo_ledger.domain.moments import EARLIEST
from ipo_ledger.domain.records import Extension, Mark, Settings

if TYPE_CHECKING:
    from ipo_ledger.application.ports.rows import SystemRow
    from ipo_ledger.domain.system import System


class ReadModel(WholeSystems, Batches):
    """One consistent look at a ledger, by way of its read model: its systems, and all that is asked about them."""

    def systems(self) -> list[SystemRow]:
        """Return every system, by name."""
        return [system_of(row) for row in self._rows("systems", {})]

    def system_row(self, name: str) -> SystemRow | None:
        """Return one system's settings and counts, or None."""
        row = self._row("system", name=name)
        return system_of(row) if row is not None else None

    def system(self, name: str, known: int | None = None) -> System | None:
        """Return a system as it is now or, at position `known`, was known to be; None if it was not.

        As it is now it is the state that decisions are made from; as it was known it is for looking at only.
        """
        from ipo_ledger.domain.system import System

        row = self._row("system", name=name)
        if row is None or (known is not None and row[0] > known):
            return None
        system = System(name)
        system.key, system.version, system.last_batch = row[0], row[2], row[13]
        system.settings = self.settings(row[0], known) or Settings(row[3], row[4], row[5], row[6])
        system.take_in_marks(mark_of(*row[7:10]), mark_of(*row[10:13]))
        if known is not None and known < self.head().position:
            return self._as_known(system, known)
        for values in self._rows("extensions", {"key": system.key}):
            (system.take_in_removed if values[-1] else system.take_in)(extension_of(values))
        for values in self._rows("users", {"key": system.key}):
            (system.take_in_removed if values[-1] else system.take_in_user)(user_of(values))
        for batch in self._batches(system.key, "open_batches", "changes_open", {"key": system.key}):
            system.take_in_batch(batch)
        return system

    def _as_known(self, system: System, known: int) -> System:
        nothing = Mark(EARLIEST, 0, "")
        for seat in self.seats(system.key, EVER, known):
            system.take_in(
                Extension(
                    extension_id=seat.extension_id,
                    module=seat.module,
                    port=seat.port,
                    kind=seat.kind,
                    label=seat.label,
                    base=seat.base,
                    base_batch=seat.base_batch,
                    base_position=seat.base_position,
                    user=seat.user,
                    since=seat.since,
                    seat_position=seat.position,
                    last=nothing,
                )
            )
        for user in self._users_as_known(system.key, known):
            system.take_in_user(user)
        for number in self._open_at(system.key, known):
            batch = self.batch(system.key, number, known)
            if batch is not None and batch.status in {"draft", "sent"}:
                system.take_in_batch(batch)
        return system

    def settings(self, key: int, known: int | None) -> Settings | None:
        """Return the settings a system was known to have at a position, where they are others now."""
        row = self._row("former_settings", key=key, known=known) if known is not None else None
        return Settings(*row) if row is not None else None

"""Batches with their changes and what reverses them: as they are, or as they were known to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.json import encode
from msgspec.structs import replace

from ipo_ledger.adapters.store.asking import LATEST, Asking, condition, micros
from ipo_ledger.adapters.store.from_rows import as_it_was, batch_of
from ipo_ledger.domain.connected import connected
from ipo_ledger.domain.records import Batch, Change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ipo_ledger.application.ports.rows import BatchFilter

_TOUCHES = "EXISTS (SELECT 1 FROM {{schema}}changes c WHERE c.system_id = b.system_id AND c.batch = b.batch AND {})"


class Batches(Asking):
    """Questions about batches."""

    def batch(self, key: int, number: int, known: int | None = None) -> Batch | None:
        """Return a batch with its changes and what reverses it, as it is or was known to be, or None."""
        row = self._row("batch", key=key, batch=number)
        if row is None or (known is not None and row[5] > known):
            return None
        known = LATEST if known is None else known
        about = {"key": key, "batch": number}
        changes = {c[0]: Change(*c) for c in self._rows("changes_known", about | {"known": known})}
        reverses = tuple(r for (r,) in self._rows("reverses", about))
        reversed_by = tuple(r for (r,) in self._rows("reversed_by", about | {"known": known}))
        batch = batch_of(row, changes, reverses, reversed_by)
        former = self._row("former_batch", key=key, batch=number, known=known) if known < LATEST else None
        return as_it_was(batch, former[1:]) if former is not None else batch

    def batches(self, key: int, wanted: BatchFilter) -> list[tuple[Batch, int]]:
        """Return batches without their changes but with their number of changes, newest first."""
        where, values = ["1 = 1"], {"key": key, "limit": wanted.limit}
        condition(where, values, "b.status = :status", status=wanted.status)
        condition(where, values, "b.actor = :actor", actor=wanted.actor)
        condition(where, values, "b.batch < :before", before=wanted.before)
        condition(where, values, "b.opened_at >= :since", since=micros(wanted.since))
        condition(where, values, "b.opened_at < :until", until=micros(wanted.until))
        condition(where, values, _TOUCHES.format("c.extension_id = :ext"), ext=wanted.extension_id)
        condition(
            where, values, _TOUCHES.format("(c.old_base = :number OR c.new_base = :number)"), number=wanted.number
        )
        rows = self._rows("batches", values, " AND ".join(where))
        reverses: dict[int, list[int]] = {}
        for number, other in self._rows("reversals", {"key": key}):
            reverses.setdefault(number, []).append(other)
        return [(batch_of(row, {}, tuple(reverses.get(row[0], ())), ()), row[-1]) for row in rows]

    def all_batches(self, key: int, known: int) -> list[Batch]:
        """Return every batch, oldest first, as it was known to be at a position."""
        found = {b.number: b for b in self._batches(key, "batches_all", "changes_all", {"key": key, "known": known})}
        former = {row[0]: row for row in self._rows("former_batches", {"key": key, "known": known})}
        for number, batch in found.items():
            then = replace(batch, reversed_by=tuple(n for n in batch.reversed_by if n in found))
            found[number] = as_it_was(then, former[number][1:]) if number in former else then
        return list(found.values())

    def connected_after(self, key: int, batch: Batch) -> list[Batch]:
        """Return the batches connected with this one that took effect after it, oldest first, with their changes.

        Of all others only what they touch is read: of thousands of later batches a few are connected.
        """
        about = {"key": key, "in_force": batch.in_force_position or 0, "batch": batch.number}
        touches = self._rows("touched_after", about)
        numbers = connected(batch, touches, self._rows("reversals", {"key": key}))
        if not numbers:
            return []
        among = {"key": key, "numbers": encode(sorted(numbers)).decode()}
        found = self._batches(key, "batches_among", "changes_among", among)
        return sorted((other for other in found if other.order > batch.order), key=lambda other: other.order)

    def batches_sent_after(self, key: int, position: int) -> list[Batch]:
        """Return the batches whose send, recorded after a position, stands; with their changes."""
        return self._batches(key, "sent_after", "changes_sent_after", {"key": key, "position": position})

    def settled_between(self, key: int, first: int, last: int) -> list[tuple[int, int]]:
        """Return the batches that a fact from `first` to `last` settled, with the position of the fact."""
        return [(n, p) for n, p in self._rows("settled_by", {"key": key, "first": first, "last": last})]

    def _batches(self, key: int, question: str, changes: str, about: Mapping[str, Any]) -> list[Batch]:
        rows = self._rows(question, about)
        if not rows:
            return []
        of: dict[int, dict[int, Change]] = {}
        for number, extension_id, old, new in self._rows(changes, about):
            of.setdefault(number, {})[extension_id] = Change(extension_id, old, new)
        reverses: dict[int, list[int]] = {}
        reversed_by: dict[int, list[int]] = {}
        for number, other in self._rows("reversals", {"key": key}):
            reverses.setdefault(number, []).append(other)
            reversed_by.setdefault(other, []).append(number)
        return [
            batch_of(row, of.get(row[0], {}), tuple(reverses.get(row[0], ())), tuple(reversed_by.get(row[0], ())))
            for row in rows
        ]

    def _open_at(self, key: int, known: int) -> list[int]:
        """Return the batches that may have been open at a position."""
        former = {row[0]: row[1] for row in self._rows("former_batches", {"key": key, "known": known})}
        now = {row[0] for row in self._rows("open_batches", {"key": key}) if row[0] not in former}
        return sorted({n for n, status in former.items() if status in {"draft", "sent"}} | now)

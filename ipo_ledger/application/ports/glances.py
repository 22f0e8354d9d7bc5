"""Glances: questions so simple that a store answers them with one statement, which is a snapshot of its own.

A store answers None where there is more to it, or where it cannot answer just now; then a `Reading` has to be asked,
which also finds out why. So nothing is refused by a glance.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct


class SeatGlance(Struct, frozen=True):
    """The stay at an extension at an instant (user None: vacant), in a system of this time zone.

    Times are aware UTC. `until` None: it goes on; `ended` says why it ended.
    """

    timezone: str
    at: datetime
    since: datetime
    until: datetime | None
    cause: str
    ended: str | None
    batch: int | None
    module: str
    port: int
    label: str | None
    user: str | None
    number: str | None


class PlaceGlance(Struct, frozen=True):
    """The stay of a user at an instant (extension_id None: off the air), in the same way."""

    timezone: str
    at: datetime
    since: datetime
    until: datetime | None
    cause: str
    ended: str | None
    batch: int | None
    module: str | None
    port: int | None
    label: str | None
    extension_id: int | None
    user: str
    number: str | None
    full_name: str | None


class Glancing(Protocol):
    """A store that can be glanced at. `at` None: now, by its clock; `known` None: all there is."""

    def seat_at(self, system: str, extension_id: int, at: datetime | None, known: int | None) -> SeatGlance | None:
        """Return who sat at an extension at an instant."""
        ...

    def place_at(self, system: str, user: str, at: datetime | None, known: int | None) -> PlaceGlance | None:
        """Return where the user of that name or number was at an instant."""
        ...

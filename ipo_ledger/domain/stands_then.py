"""What stands once a correction has taken facts away: of each extension, user and batch, spelled out."""

from __future__ import annotations

from ipo_ledger.domain import events as e
from ipo_ledger.domain.records import Mark
from ipo_ledger.domain.system import mark_of
from ipo_ledger.domain.touched import Touched
from ipo_ledger.domain.trail import BasePoint, NumberPoint, PlacePoint, Point, SeatPoint


class StandsThen(Touched):
    """Says how what was touched stands without what is taken away."""

    def unsettle(self) -> None:
        """Look at the batches that came to rest since, at what was touched: perhaps they did not."""
        at_rest = set(self.extensions)
        for number in self.numbers:
            at_rest |= self._homes(number)
        for batch in self.history.settled_since(self.first):
            if at_rest & self.history.batch(batch).changes.keys():
                self.batches.add(batch)

    def extension_stands(self, extension_id: int) -> e.ExtensionStands:
        """Return an extension as it stands without what is taken away."""
        extension = self.system.extensions[extension_id]
        seat = self._top("seats", extension_id, extension.seat_position)
        base = self._top("bases", extension_id, extension.base_position)
        assert isinstance(seat, SeatPoint)
        assert isinstance(base, BasePoint)
        last = self._mark(seat, base)
        return e.ExtensionStands(
            extension_id=extension_id,
            user=seat.user,
            since=seat.at,
            seat_position=seat.position,
            base=base.base,
            base_batch=base.batch,
            base_position=base.position,
            last_at=last.at,
            last_position=last.position,
            last_name=last.name,
        )

    def user_stands(self, name: str) -> e.UserStands:
        """Return a user as they stand without what is taken away."""
        user = self.system.users[name]
        place = self._top("places", name, user.place_position)
        number = self._top("numbers", name, user.number_position)
        assert isinstance(place, PlacePoint)
        assert isinstance(number, NumberPoint)
        last = self._mark(place, number)
        return e.UserStands(
            user=name,
            number=number.number,
            number_position=number.position,
            extension_id=place.extension_id,
            since=place.at,
            place_position=place.position,
            last_at=last.at,
            last_position=last.position,
            last_name=last.name,
        )

    def batch_stands(self, number: int) -> e.BatchStands:
        """Return how far a batch is without what is taken away."""
        batch = self.history.batch(number)
        sent = bool(batch.sends) and batch.sends[-1].position not in self.took
        in_force = sent and batch.in_force_position is not None and batch.in_force_position not in self.took
        if not sent:
            before = batch.sends[-1].position if batch.sends else batch.last.position
            last = mark_of(self.history.last_drafting(number, before))
        elif not in_force:
            last = Mark(batch.sends[-1].at, batch.sends[-1].position, "ConfigurationSent")
        else:
            last = batch.last
        return e.BatchStands(
            batch=number,
            status="sent" if sent else "draft",
            sent=sent,
            in_force_at=batch.in_force_at if in_force else None,
            in_force_position=batch.in_force_position if in_force else None,
            last_at=last.at,
            last_position=last.position,
            last_name=last.name,
        )

    def floor(self) -> e.FloorStands | None:
        """Return the last restart that stands, where one is taken away."""
        if not self.restarts:
            return None
        before = self.history.restart_before(self.restarts[0].position)
        return e.FloorStands(before.occurred_at, before.position) if before is not None else e.FloorStands()

    def _mark(self, one: Point, other: Point) -> Mark:
        last = max(one, other, key=lambda p: (p.at, p.position))
        fact = self.history.facts_at([last.position])[last.position]
        return Mark(last.at, last.position, fact.name)

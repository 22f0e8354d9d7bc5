"""What differs between two looks at a whole system."""

from __future__ import annotations

from ipo_ledger.application import answers as a


def between(before: a.Seats, after: a.Seats) -> a.Diff:
    """Return the seats and base extensions that differ, and who came or went, by extension id and by name."""
    earlier = {seat.extension_id: seat for seat in before.seats}
    later = {seat.extension_id: seat for seat in after.seats}
    there = sorted(earlier.keys() & later.keys())
    people_before, people_after = _people(before), _people(after)
    off_before, off_after = set(before.off_the_air), set(after.off_the_air)
    return a.Diff(
        system=before.system,
        before=a.Instant(on=before.on, read_as=before.read_as, known_at=before.known_at),
        after=a.Instant(on=after.on, read_as=after.read_as, known_at=after.known_at),
        seats=tuple(
            a.SeatDiff(
                extension_id=i,
                module=later[i].module,
                port=later[i].port,
                label=later[i].label,
                before=_person(earlier[i]),
                after=_person(later[i]),
            )
            for i in there
            if earlier[i].user != later[i].user
        ),
        base_extensions=tuple(
            a.BaseDiff(extension_id=i, before=earlier[i].base_extension, after=later[i].base_extension)
            for i in there
            if earlier[i].base_extension != later[i].base_extension
        ),
        added=tuple(sorted(later.keys() - earlier.keys())),
        removed=tuple(sorted(earlier.keys() - later.keys())),
        users_added=tuple(sorted(people_after - people_before)),
        users_removed=tuple(sorted(people_before - people_after)),
        off_the_air=tuple(sorted((off_after - off_before) & people_before)),
        back_on_the_air=tuple(sorted((off_before - off_after) & people_after)),
    )


def _people(look: a.Seats) -> set[str]:
    """Return everybody there was: each is seated somewhere, or off the air."""
    return {seat.user for seat in look.seats if seat.user is not None}.union(look.off_the_air)


def _person(seat: a.Seat) -> a.Person | None:
    return a.Person(user=seat.user, number=seat.number) if seat.user is not None else None

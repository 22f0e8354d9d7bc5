"""Four cases in which other systems that undo go wrong, on both stores; each says what goes wrong elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipo_ledger import Ledger, SystemLedger
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain.refusals import RollbackBlocked


def desks(system: SystemLedger) -> dict[int, str | None]:
    """Return the base extensions in force, and see that nobody sits twice and no number is at two desks."""
    seats = system.seats().seats
    for found in ([s.base_extension for s in seats], [s.user for s in seats]):
        known = [each for each in found if each is not None]
        assert len(known) == len(set(known))
    return {s.extension_id: s.base_extension for s in seats}


def test_an_older_swap_under_a_later_swap(hq: SystemLedger) -> None:
    """An audit table that replays old values puts two people on one desk here, and reports success."""
    hq.swap("202", "203", done=True)
    hq.swap("203", "204", done=True)
    before, position = desks(hq), hq.log(limit=1).events[0].position

    with pytest.raises(RollbackBlocked) as refused:
        hq.rollback("B1", done=True)

    assert {b.by.batch for b in refused.value.details["blocked"]} == {"B2"}
    assert refused.value.details["in_the_way"] == ("B2",)
    assert (desks(hq), hq.log(limit=1).events[0].position) == (before, position)
    hq.rollback("B1", strategy="replan", done=True)
    assert [desks(hq)[i] for i in (2, 3, 4)] == ["202", "204", "203"], "the later swap stays"


def test_the_latest_swap_where_every_number_is_unique(hq: SystemLedger) -> None:
    """Row by row, a swap cannot be undone under a unique key: the first row back meets the second."""
    before = desks(hq)
    hq.swap("202", "203", done=True)

    undone = hq.rollback("B1", done=True)

    assert undone.status == "settled"
    assert desks(hq) == before


def test_a_desk_taken_by_someone_else_meanwhile(hq: SystemLedger) -> None:
    """A revert that writes old values without a look overwrites the newcomer, without a word."""
    hq.swap("202", "203", done=True)
    hq.batch([{"extension_id": 2, "base_extension": "209"}, {"extension_id": 9, "base_extension": "203"}], done=True,
             reason="Vera needs that desk")  # fmt: skip
    before = desks(hq)

    with pytest.raises(RollbackBlocked, match="Vera needs that desk"):
        hq.rollback("B1", done=True)

    assert desks(hq) == before
    partial = next(w for w in hq_ways(hq) if w.option == "partial")
    assert not partial.possible


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # large, so on one store; the rules are the same on both
def test_fifty_later_batches_on_a_site_of_6000_extensions(ledger: Ledger, tmp_path: Path) -> None:
    """A merge engine says no more here than how many conflicts there are: not whose, and not what to do."""
    ledger.add_system("big", release="11", timezone="UTC", at="2026-03-01T00:00")
    big = ledger.system("big")
    big.import_exports(*write_export(synthetic_site(6_000), tmp_path / "big", page_size=5000), at="2026-03-01T00:00")
    seats = [s for s in big.seats().seats if s.base_extension is not None and s.user is not None]
    numbers = [str(s.base_extension) for s in seats]
    big.batch(_trade(seats[:50]), done=True)
    for n in range(50):  # one in five touches a desk of the first batch
        one = n // 5 if n % 5 == 0 else 100 + 2 * n
        big.swap(_at(big, seats[one].extension_id), numbers[1000 + n], done=True, reason=f"later {n}")

    with pytest.raises(RollbackBlocked) as refused:
        big.rollback("B1")

    named = refused.value.details["in_the_way"]
    assert set(named) == {f"B{2 + n}" for n in range(0, 50, 5)}
    assert named == tuple(sorted(named, key=lambda b: -int(b[1:])))
    undone = big.rollback("B1", strategy="cascade", done=True)
    assert len(undone.reverses) == 11
    now = desks(big)
    assert all(now[s.extension_id] == s.base_extension for s in seats[:50])
    assert sum(1 for n in range(50) if big.show(f"B{2 + n}").live) == 40


def _trade(seats: list) -> list[dict[str, object]]:  # type: ignore[type-arg]  # seats of an answer
    pairs = zip(seats[::2], seats[1::2], strict=True)
    return [
        {"extension_id": here.extension_id, "base_extension": there.base_extension}
        for pair in pairs
        for here, there in (pair, pair[::-1])
    ]


def _at(system: SystemLedger, extension_id: int) -> str:
    (stay,) = system.who(extension_id).stays
    return str(stay.number)


def hq_ways(hq: SystemLedger) -> list:  # type: ignore[type-arg]  # ways out of an answer
    with pytest.raises(RollbackBlocked) as refused:
        hq.rollback("B1")
    found: list = refused.value.details["ways_out"]  # type: ignore[type-arg]  # as above
    return found

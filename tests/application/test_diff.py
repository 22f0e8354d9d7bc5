"""What differs between two instants, or between two states of knowledge."""

from __future__ import annotations

import pytest

from ipo_ledger import SystemLedger
from ipo_ledger.application.refusals import BadArgument, NotKnownThen, NotYetKnown, UnknownPosition


def test_two_instants(hq: SystemLedger) -> None:
    hq.swap("202", "203", at="2026-03-02T10:00")
    hq.send("B1", at="2026-03-02T10:05")
    hq.logout("202", at="2026-03-02T10:06")

    found = hq.diff("2026-03-01", "2026-03-02")

    assert [(d.extension_id, d.before and d.before.number, d.after) for d in found.seats] == [(2, "202", None)]
    assert [(d.extension_id, d.before, d.after) for d in found.base_extensions] == [
        (2, "202", "203"),
        (3, "203", "202"),
    ]
    assert found.off_the_air == (hq.where("202").user,)
    assert (found.added, found.removed, found.back_on_the_air) == ((), (), ())
    back = hq.diff("2026-03-02", "2026-03-01")
    assert back.back_on_the_air == found.off_the_air


def test_two_states_of_knowledge_of_one_instant(hq: SystemLedger) -> None:
    hq.swap("202", "203", at="2026-03-02T10:00", done=True)
    before = hq.log(limit=1).events[0].position
    hq.correct("B1", never=True)

    found = hq.diff("2026-03-02", known_at=before, other_known_at=hq.log(limit=1).events[0].position)

    assert [d.extension_id for d in found.seats] == [2, 3]
    assert found.before.known_at == before
    assert [d.extension_id for d in hq.diff("2026-03-01", "2026-03-02", known_at=before).seats] == [2, 3]
    assert hq.diff("2026-03-01", "2026-03-02").seats == ()


def test_what_cannot_be_compared(hq: SystemLedger) -> None:
    with pytest.raises(BadArgument):
        hq.diff("2026-03-01")
    with pytest.raises(UnknownPosition):
        hq.diff("2026-03-01", "2026-03-02", known_at=10_000)
    with pytest.raises(NotYetKnown):
        hq.diff("2026-03-01", "2026-03-02", known_at="2099-01-01")
    with pytest.raises(NotKnownThen):
        hq.diff("2026-03-01", "2026-03-02", known_at=0)

"""Recorded late, on both stores: what numbers changed hands or desks since is in the way of what they would decide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from ipo_ledger import SystemLedger
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain.refusals import OutOfOrder
from ipo_ledger.domain.site import Site

BEFORE, LATE, SINCE, AFTER = (f"2026-03-0{day}T10:00" for day in (2, 3, 4, 5))


def its_desk_was_changed(hq: SystemLedger, _: Path) -> str:
    """202 would have come home to extension 2."""
    hq.login("202", 9, at=BEFORE)
    hq.change(2, "298", at=SINCE)
    hq.send("B1", at=SINCE)
    return "202"


def its_desk_was_removed(hq: SystemLedger, folder: Path) -> str:
    """The same, and the phone is gone."""
    hq.login("202", 9, at=BEFORE)
    site = synthetic_site(9)
    assert site.extensions is not None
    rest = replace(site, extensions=tuple(x for x in site.extensions if x.extension_id != 2))
    hq.import_exports(*write_export(rest, folder / "rest", page_size=50), at=SINCE, removed=True)
    return "202"


def it_was_given_up(hq: SystemLedger, _: Path) -> str:
    """209 would have got extension 9 back."""
    hq.login("202", 9, at=BEFORE)
    hq.user_renumber("209", "799", at=SINCE)
    return "209"


def its_person_was_removed(hq: SystemLedger, folder: Path) -> str:
    """The same, and the person is gone."""
    hq.login("202", 9, at=BEFORE)
    users = synthetic_site(9).users
    assert users is not None
    rest = Site(extensions=None, users=tuple(u for u in users if u.number != "209"))
    hq.import_exports(*write_export(rest, folder / "rest", page_size=50), at=SINCE, removed=True)
    return "209"


@pytest.mark.parametrize("told", [its_desk_was_changed, its_desk_was_removed, it_was_given_up, its_person_was_removed])
def test_nobody_logs_out_before_what_decides_where_they_go(
    hq: SystemLedger, tmp_path: Path, told: Callable[[SystemLedger, Path], str]
) -> None:
    number = told(hq, tmp_path)
    last = hq.log(limit=1).events[0].position

    with pytest.raises(OutOfOrder) as refused:
        hq.logout("202", at=LATE)

    assert refused.value.details["what"] == f"number {number}"
    assert hq.log(limit=1).events[0].position == last


def test_a_batch_is_not_sent_before_its_number_was_at_another_desk(hq: SystemLedger) -> None:
    hq.change(2, "298", at=BEFORE)
    hq.change(9, "298", at=BEFORE)
    hq.send("B2", at=SINCE)
    hq.change(9, "209", at=SINCE)
    hq.send("B3", at=SINCE)

    with pytest.raises(OutOfOrder) as refused:
        hq.send("B1", at=LATE)

    assert refused.value.details["what"] == "number 298"


def test_the_very_instant_is_not_before_it(hq: SystemLedger, tmp_path: Path) -> None:
    its_desk_was_changed(hq, tmp_path)
    hq.login("204", 5, at=AFTER)

    assert [event.cause for event in hq.logout("202", at=SINCE).events] == ["dialled", "automatic"]

"""Questions on both stores: days and instants, clocks that change, paging, drift."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ipo_ledger import Ledger, SystemLedger
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain.refusals import NothingKnown


def test_a_day_with_several_changes_shows_every_stay_in_order(hq: SystemLedger) -> None:
    hq.user_set("205", login_code=True)
    hq.login("206", 5, at="2026-03-03T09:00")
    hq.login("205", 5, at="2026-03-03T12:00")

    stays = hq.who(5, on="2026-03-03").stays

    assert [(s.number, s.cause) for s in stays] == [
        ("205", "baseline"),
        ("206", "dialled"),
        ("205", "dialled"),
    ]
    assert [s.ended for s in stays] == ["displaced", "displaced", None]
    assert stays[1].to is not None
    assert stays[1].to.isoformat() == "2026-03-03T12:00:00+01:00"


def test_an_instant_includes_what_happened_at_it(hq: SystemLedger) -> None:
    hq.login("206", 5, at="2026-03-03T09:00")

    (stay,) = hq.who(5, on="2026-03-03T09:00").stays
    (before,) = hq.who(5, on="2026-03-03T08:59:59.999999").stays

    assert stay.number == "206"
    assert before.number == "205"


def test_a_day_on_which_the_clock_changes_is_its_own_length(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add_system("hq", release="11", timezone="Europe/Madrid", at="2025-10-01T10:00")
    hq = ledger.system("hq")
    hq.import_exports(*write_export(synthetic_site(9), tmp_path / "x"), at="2025-10-01T10:00")
    hq.login("206", 5, at="2025-10-26T02:30+02:00")
    hq.login("205", 5, at="2025-10-26T02:30+01:00")

    stays = hq.who(5, on="2025-10-26").stays

    assert [s.from_.isoformat() for s in stays[1:]] == ["2025-10-26T02:30:00+02:00", "2025-10-26T02:30:00+01:00"]
    assert len(stays) == 3
    assert stays[1].to is not None
    assert stays[1].to.astimezone(UTC) - stays[1].from_.astimezone(UTC) == timedelta(hours=1)


def test_nothing_is_known_before_the_baseline(hq: SystemLedger) -> None:
    with pytest.raises(NothingKnown, match="before 2026-03-01T10:00:00"):
        hq.who(2, on="2026-02-28")
    with pytest.raises(NothingKnown):
        hq.where("202", on="2026-03-01T09:59")
    with pytest.raises(NothingKnown):
        hq.seats(on="2026-02-01")

    (stay,) = hq.who(2, on="2026-03-01").stays
    assert stay.from_.isoformat() == "2026-03-01T10:00:00+01:00"


def test_a_whole_day_of_seats_is_taken_as_it_ended(hq: SystemLedger) -> None:
    hq.login("206", 5, at="2026-03-03T23:59:59")

    seats = {s.extension_id: s.number for s in hq.seats(on="2026-03-03").seats}

    assert seats[5] == "206"


def test_known_at_a_position_answers_as_the_ledger_would_have_then(hq: SystemLedger) -> None:
    position = hq.log(limit=1).events[0].position
    hq.login("206", 5, at="2026-03-03T09:00")

    then = hq.who(5, on="2026-03-04T09:00", known_at=position).stays
    now = hq.who(5, on="2026-03-04T09:00").stays

    assert [s.number for s in then] == ["205"]
    assert [s.number for s in now] == ["206"]


def test_logs_are_paged_without_gap_or_overlap(hq: SystemLedger) -> None:
    hq.swap("202", "203", done=True)
    whole = [entry.position for entry in hq.log(limit=1000).events]

    pages: list[int] = []
    before = None
    while True:
        page = hq.log(limit=4, before=before)
        pages += [entry.position for entry in page.events]
        if page.next is None:
            break
        before = page.next

    assert pages == whole == list(range(whole[0], 0, -1))


def test_lists_are_filtered(hq: SystemLedger) -> None:
    hq.swap("202", "203", actor="bea", at="2026-03-02T10:00", done=True)
    hq.swap("204", "205", at="2026-03-03T10:00")

    assert [b.batch for b in hq.batches().batches] == ["B2", "B1"]
    assert [b.batch for b in hq.batches(status="draft").batches] == ["B2"]
    assert [b.batch for b in hq.batches(user="203").batches] == ["B1"]
    assert [b.batch for b in hq.batches(extension=4).batches] == ["B2"]
    assert [b.batch for b in hq.batches(actor="bea").batches] == ["B1"]
    assert [b.batch for b in hq.batches(since="2026-03-03").batches] == ["B2"]
    assert [b.batch for b in hq.batches(until="2026-03-02").batches] == ["B1"]
    assert {e.batch for e in hq.log(batch="B1").events} == {"B1"}
    assert {e.actor for e in hq.log(actor="bea").events} == {"bea"}
    assert all(e.user == hq.where("202").user for e in hq.history(user="202").entries)
    assert {e.extension_id for e in hq.history(extension=2).entries} == {2}


def test_a_fresh_export_that_differs_is_drift(hq: SystemLedger, export: list[Path]) -> None:
    assert hq.check(*export).agrees

    hq.swap("202", "203", done=True)
    checked = hq.check(*export)

    assert [(d.extension_id, d.ledger, d.export) for d in checked.drift] == [(2, "203", "202"), (3, "202", "203")]
    assert not checked.agrees


def test_an_observed_batch_is_rolled_back_like_any_other(hq: SystemLedger, export: list[Path]) -> None:
    hq.swap("202", "203", at="2026-03-02T10:00", done=True)

    observed = hq.import_exports(*export, at="2026-03-04T10:00")
    back = hq.rollback("B2", at="2026-03-05T10:00", done=True)

    assert observed.batch == "B2"
    assert hq.show("B2").observed
    assert back.status == "settled"
    assert hq.seats().seats[1].base_extension == "203"


def test_times_are_aware_and_in_the_systems_zone(hq: SystemLedger) -> None:
    stay = hq.who(2).stays[0]

    assert isinstance(stay.from_, datetime)
    assert str(stay.from_.tzinfo) == "Europe/Madrid"

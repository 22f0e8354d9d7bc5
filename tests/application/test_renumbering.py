"""Numbers change hands: answers for a date use the number of that date, and a rollback says what it meets."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from ipo_ledger import SystemLedger
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.site import Site


def swapped(hq: SystemLedger) -> tuple[str, str]:
    """Swap 202 and 203 and settle it; return the names of the two."""
    hq.swap("202", "203", at="2026-03-02T10:00", done=True)
    return hq.where("202").user, hq.where("203").user


def test_a_number_is_whose_it_was_on_that_date(hq: SystemLedger) -> None:
    one, other = hq.where("202").user, hq.where("203").user
    hq.user_renumber("202", "777", at="2026-03-03T10:00")
    hq.user_renumber("203", "202", at="2026-03-04T10:00")

    assert hq.where("202", on="2026-03-02").user == one
    assert hq.where("202", on="2026-03-04T12:00").user == other
    assert hq.where("777").user == one
    assert (hq.where(one, on="2026-03-02").number, hq.where(one).number) == ("202", "777")
    assert [(s.user, s.number) for s in hq.who(2, on="2026-03-02").stays] == [(one, "202")]
    assert [(s.user, s.number) for s in hq.who(2, on="2026-03-05").stays] == [(one, "777")]
    assert {s.extension_id: s.number for s in hq.seats(on="2026-03-03T09:59").seats}[2] == "202"
    assert {s.extension_id: s.number for s in hq.seats(on="2026-03-03T10:00").seats}[2] == "777"


def test_a_number_is_taken_once_and_is_digits(hq: SystemLedger) -> None:
    with pytest.raises(r.NumberTaken, match="203 is the number of"):
        hq.user_renumber("202", "203")
    with pytest.raises(r.BadNumber):
        hq.user_renumber("202", "20 2")
    assert hq.user_renumber("202", "202").position is None
    assert hq.user_renumber("202", None).number is None


def test_a_rollback_is_refused_where_the_base_extension_did_not_follow(hq: SystemLedger) -> None:
    one, _ = swapped(hq)
    hq.user_renumber("202", "777", at="2026-03-03T10:00")
    head = hq.log(limit=1).events[0].position

    with pytest.raises(r.AcrossRenumber, match=f"202 was {one}'s, who is 777 now, and extension 3 still has 202"):
        hq.rollback("B1")

    assert hq.log(limit=1).events[0].position == head


def test_a_rollback_follows_the_person_where_the_base_extension_did(hq: SystemLedger) -> None:
    one, other = swapped(hq)
    hq.user_renumber("202", "777", at="2026-03-03T10:00")
    hq.change(3, "777", at="2026-03-03T10:01")
    hq.send("B2", at="2026-03-03T10:02")

    back = hq.rollback("B1", at="2026-03-04T10:00", done=True)

    assert {(c.extension_id, c.old, c.new) for c in back.changes} == {(3, "777", "203"), (2, "203", "777")}
    assert [w.message for w in back.warnings if w.code == "renumbered"] == [
        f"202 was the number of {one}, who is 777 now: the plan follows"
    ]
    assert (hq.where(one).stays[0].extension_id, hq.where(other).stays[0].extension_id) == (2, 3)
    assert not hq.show("B1").live


def test_a_rollback_is_refused_where_the_number_is_somebody_elses_now(hq: SystemLedger) -> None:
    swapped(hq)
    hq.user_renumber("202", "777", at="2026-03-03T10:00")
    hq.user_renumber("204", "202", at="2026-03-03T11:00")

    with pytest.raises(r.AcrossRenumber):
        hq.rollback("B1")
    with pytest.raises(r.AcrossRenumber):
        hq.rollback("B1", strategy="cascade")


def test_no_way_out_gives_desks_to_numbers_that_changed_hands(hq: SystemLedger) -> None:
    swapped(hq)
    hq.swap("202", "204", at="2026-03-03T10:00", done=True)
    hq.user_renumber("203", "777", at="2026-03-04T10:00")
    hq.change(2, "777", at="2026-03-04T10:01")
    hq.send("B3", at="2026-03-04T10:02")

    with pytest.raises(r.RollbackBlocked) as refused:
        hq.rollback("B1")

    ways = refused.value.details["ways_out"]
    assert [(way.option, way.possible) for way in ways] == [("cascade", False), ("replan", False), ("partial", False)]
    with pytest.raises(r.StrategyNotPossible):
        hq.rollback("B1", strategy="cascade")


def test_what_was_known_is_asked_by_the_names_of_then(hq: SystemLedger) -> None:
    hq.label(2, "window", at="2026-03-02T10:00")
    one = hq.where("202").user
    then = hq.log(limit=1).events[0].position
    on = "2026-03-02T12:00"
    who, where = hq.who("@window", on=on, known_at=then), hq.where("202", on=on, known_at=then)
    history = hq.history(user="202", known_at=then)

    hq.label(2, "door", at="2026-03-03T10:00")
    hq.label(3, "window", at="2026-03-03T10:00")
    hq.user_renumber("202", "777", at="2026-03-03T10:00")
    hq.user_renumber("203", "202", at="2026-03-03T10:00")

    assert (hq.who("@window").extension_id, hq.where("202").user == one) == (3, False)
    assert hq.who("@window", on=on, known_at=then) == who
    assert hq.where("202", on=on, known_at=then) == where
    assert hq.history(user="202", known_at=then) == history
    with pytest.raises(r.UnknownUser):
        hq.where("777", known_at=then)
    with pytest.raises(r.UnknownExtension):
        hq.who("@door", known_at=then)


def test_a_rollback_is_refused_where_somebody_has_no_number_now(hq: SystemLedger) -> None:
    swapped(hq)
    one = hq.where("202").user
    hq.user_renumber("202", None, at="2026-03-03T10:00")

    with pytest.raises(r.AcrossRenumber, match=f"202 was {one}'s, who has no number now"):
        hq.rollback("B1")


def test_a_rollback_is_refused_where_a_removed_persons_number_was_given_on(hq: SystemLedger, tmp_path: Path) -> None:
    swapped(hq)
    one, users = hq.where("202").user, synthetic_site(9).users
    assert users is not None
    newcomer = [replace(u, name="Newcomer") if u.number == "202" else u for u in users]
    export = write_export(Site(extensions=None, users=tuple(newcomer)), tmp_path / "newcomer", page_size=50)
    hq.import_exports(*export, at="2026-03-03T10:00", removed=True)

    with pytest.raises(r.AcrossRenumber, match=f"202 was {one}'s, and is Newcomer's now"):
        hq.rollback("B1")

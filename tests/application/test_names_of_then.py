"""Names, numbers, labels and days as known at an earlier position: once given, an answer stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from ipo_ledger import SystemLedger
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain.refusals import AmbiguousName
from ipo_ledger.domain.site import Site, SiteUser

ON = "2026-03-04T10:00"


def position(hq: SystemLedger) -> int:
    """Return the last position recorded."""
    return hq.log(limit=1).events[0].position


def test_a_number_that_nobody_has_any_more_is_of_whoever_had_it_last(hq: SystemLedger) -> None:
    one = hq.where("202").user
    hq.user_renumber("202", "777", at="2026-03-03T10:00")
    then = position(hq)
    answer = hq.where("202", on=ON, known_at=then)

    hq.user_renumber("203", "202", at="2026-03-03T11:00")

    assert (answer.user, answer.number) == (one, "777")
    assert hq.where("202", on=ON, known_at=then) == answer
    assert hq.where("202", on=ON).user != one


def test_a_person_is_called_as_they_were(hq: SystemLedger, tmp_path: Path) -> None:
    then = position(hq)
    before = hq.where("202", on=ON, known_at=then)
    site = synthetic_site(9)
    assert site.users is not None
    renamed = tuple(replace(u, full_name="Somebody Else") if u.number == "202" else u for u in site.users)

    hq.import_exports(*write_export(replace(site, users=renamed), tmp_path / "renamed", page_size=50))

    assert hq.where("202", on=ON).full_name == "Somebody Else"
    assert hq.where("202", on=ON, known_at=then) == before


def test_a_name_that_is_the_number_of_another_is_refused_for_any_time(hq: SystemLedger, tmp_path: Path) -> None:
    site = synthetic_site(9)
    assert site.users is not None
    digits = SiteUser(
        name="203", number="299", full_name=None, has_login_code=None, forced_login=None, source="users.xml"
    )
    hq.import_exports(
        *write_export(Site(extensions=None, users=(*site.users, digits)), tmp_path / "more", page_size=50)
    )

    for known_at in (None, position(hq)):
        with pytest.raises(AmbiguousName, match="the user named 203 or"):
            hq.where("203", known_at=known_at)


def test_a_place_is_that_of_then_and_the_label_too(hq: SystemLedger) -> None:
    hq.label(2, "window", at="2026-03-02T10:00")
    then = position(hq)
    by_place, by_id = hq.who("BD/3", on=ON, known_at=then), hq.who(2, on=ON, known_at=then)

    hq.label(2, "door", at="2026-03-03T10:00")
    hq.label(3, "window", at="2026-03-03T10:00")

    assert (by_place.extension_id, by_place.label, by_id.label) == (3, None, "window")
    assert hq.who("BD/3", on=ON, known_at=then) == by_place
    assert hq.who(2, on=ON, known_at=then) == by_id


def test_a_day_is_taken_as_it_is_now_while_it_lasts_and_as_known_as_it_ends(hq: SystemLedger) -> None:
    today = hq.seats(on="today")
    known = hq.seats(on="today", known_at=position(hq))

    assert today.on < known.on
    assert "T23:59:59.999999" in known.on
    assert hq.seats(on="2026-03-03").on.startswith("2026-03-03T23:59:59.999999")
    assert hq.seats(on="2026-03-03", known_at=position(hq)).on == hq.seats(on="2026-03-03").on

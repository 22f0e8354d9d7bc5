"""Extensions and users that come and go: history stays, and a question about a removed one is about its time."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipo_ledger import SystemLedger
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.site import Site


def smaller(tmp_path: Path, *, without: set[int]) -> list[Path]:
    """Write the site's export without some extensions and their users."""
    site = synthetic_site(9)
    assert site.extensions is not None
    assert site.users is not None
    kept = Site(
        extensions=tuple(x for x in site.extensions if x.extension_id not in without),
        users=tuple(u for u in site.users if u.number not in {f"20{i}" for i in without}),
    )
    return write_export(kept, tmp_path / "smaller", page_size=50)


def test_what_a_full_export_lacks_is_removed_and_stays_in_the_past(hq: SystemLedger, tmp_path: Path) -> None:
    gone = hq.where("209").user

    found = hq.import_exports(*smaller(tmp_path, without={9}), at="2026-03-03T10:00", removed=True)

    assert (found.extensions_removed, found.users_removed) == ((9,), (gone,))
    assert (found.missing_extensions, found.missing_users) == ((), ())
    assert [s.extension_id for s in hq.seats().seats] == list(range(1, 9))
    assert len(hq.seats(on="2026-03-02").seats) == 9
    assert [s.user for s in hq.who(9, on="2026-03-02").stays] == [gone]
    assert [s.extension_id for s in hq.where(gone, on="2026-03-03").stays] == [9]
    with pytest.raises(r.Removed, match=r"Extension 9 was removed at 2026-03-03T10:00") as refused:
        hq.who(9)
    assert "--on 2026-03-03" in refused.value.hint
    with pytest.raises(r.Removed, match="User"):
        hq.where(gone)


def test_without_it_what_is_missing_is_only_named(hq: SystemLedger, tmp_path: Path) -> None:
    found = hq.import_exports(*smaller(tmp_path, without={9}), at="2026-03-03T10:00")

    assert found.missing_extensions == (9,)
    assert found.extensions_removed == ()
    assert len(hq.seats().seats) == 9


def test_who_sat_at_a_removed_phone_goes_home_and_a_phone_left_goes_back(hq: SystemLedger, tmp_path: Path) -> None:
    hq.user_set("202", login_code=True)
    away, gone = hq.where("202").user, hq.where("209").user
    hq.login("202", 9, at="2026-03-02T10:00")
    assert gone in hq.status().off_the_air

    hq.import_exports(*smaller(tmp_path, without={9}), at="2026-03-03T10:00", removed=True)

    assert [s.extension_id for s in hq.where(away).stays] == [2]
    assert hq.status().off_the_air == ()


def test_an_extension_and_a_user_come_back(hq: SystemLedger, export: list[Path], tmp_path: Path) -> None:
    who = hq.where("209").user
    hq.import_exports(*smaller(tmp_path, without={9}), at="2026-03-03T10:00", removed=True)
    then = hq.log(limit=1).events[0].position

    hq.import_exports(*export, at="2026-03-05T10:00")

    assert [s.user for s in hq.who(9).stays] == [who]
    with pytest.raises(r.Removed):
        hq.who(9, on="2026-03-04")
    with pytest.raises(r.Removed):
        hq.who(9, known_at=then)
    with pytest.raises(r.OutOfOrder):
        hq.login("201", 9, at="2026-03-04T09:00")


def test_a_day_on_which_something_was_removed_or_came_back_is_told(
    hq: SystemLedger, export: list[Path], tmp_path: Path
) -> None:
    who = hq.where("209").user
    hq.import_exports(*smaller(tmp_path, without={9}), at="2026-03-03T10:00", removed=True)
    hq.import_exports(*export, at="2026-03-05T10:00")

    assert [s.user for s in hq.who(9, on="2026-03-03").stays] == [who]
    assert [s.user for s in hq.who(9, on="2026-03-03T09:59:59").stays] == [who]
    with pytest.raises(r.Removed):
        hq.who(9, on="2026-03-03T10:00")
    assert [s.user for s in hq.who(9, on="2026-03-05").stays] == [who]
    with pytest.raises(r.Removed):
        hq.who(9, on="2026-03-05T09:59:59")


def test_what_was_removed_at_midnight_was_there_the_day_before(hq: SystemLedger, tmp_path: Path) -> None:
    hq.import_exports(*smaller(tmp_path, without={9}), at="2026-03-03T00:00", removed=True)

    with pytest.raises(r.Removed) as refused:
        hq.who(9, on="2026-03-03")

    assert "--on 2026-03-02" in refused.value.hint
    assert len(hq.who(9, on="2026-03-02").stays) == 1

"""A slip for each person a batch moves: what to dial where, in words that nothing in a name can leave."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo_ledger.application import answers as a
from ipo_ledger.domain.moments import Day, Instant
from ipo_ledger_cli.output import in_one_line
from ipo_ledger_cli.sheet_page import page
from ipo_ledger_cli.slips import said_day, slips, slips_page

Line = Callable[..., tuple[int, list[str]]]


class Read(HTMLParser):
    """What a browser reads of a page: its tags, and its text without the style."""

    def __init__(self, written: str) -> None:
        """Read a page."""
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data)


def extension(extension_id: int, label: str | None = None) -> a.ExtensionAnswer:
    """Return an extension."""
    return a.ExtensionAnswer(
        system="hq",
        extension_id=extension_id,
        module="BD",
        port=extension_id,
        kind=None,
        label=label,
        base_extension=None,
        user=None,
    )


def dial(name: str, **more: object) -> a.Dial:
    """Return somebody who moves from extension 2 to 3, unless it is said otherwise."""
    fields = {"number": "202", "at": extension(2), "code": "*36", "by_hand": False, "to": extension(3, "3.14")} | more
    return msgspec.convert({"user": name, "full_name": name, **fields}, a.Dial)


def sheet(*dials: a.Dial, **more: object) -> a.Sheet:
    """Return a work order of these people."""
    fields = {"ticket": None, "send_by": "merge", "e911": (), "reason": None, "status": "draft", "typing": ()} | more
    return msgspec.convert({"system": "hq", "batch": "B1", "title": "moves", "dials": dials, **fields}, a.Sheet)


def said(found: a.Sheet, day: str | None = None) -> str:
    """Return what stands on the one slip there is."""
    (slip,) = slips(found, day)
    return " ".join(Read(slip).texts)


def test_a_slip_says_where_the_number_moves_what_to_dial_and_what_will_be_seen() -> None:
    assert said(sheet(dial("Ana", at=extension(2, "2.01")), ticket="4711"), "On Monday, 2026-03-09,") == (
        "Ana, 202 Your number moves to  desk 3.14 . On Monday, 2026-03-09, dial  *36  at your phone, desk 2.01. "
        "You will see NoUser there, or the name of whoever has the phone now: that is as it should be. "
        "As soon as desk 3.14 is free, it shows your name, and calls to you ring there. You need not log in. "
        "hq/B1, ticket 4711"
    )


@pytest.mark.parametrize(
    ("more", "has", "has_not"),
    [
        ({"by_hand": True}, "Then log in with your own code at  desk 3.14 :", "You need not log in"),
        ({"by_hand": True, "code": None}, "When you are told that it is time, log in with your own code", "dial"),
        ({"to": None}, "no phone has your number: ask before you dial.", "Your number moves"),
        (
            {"to": extension(2), "by_hand": True},
            "log in with your own code at  extension 2 (BD/2)",
            "Your number moves",
        ),
        ({"at": None, "code": None, "by_hand": True}, "Your number moves to  desk 3.14 .", "at your phone"),
    ],
)
def test_who_cannot_just_dial_is_told_so(more: dict[str, object], has: str, has_not: str) -> None:
    told = said(sheet(dial("Ana", **more)))

    assert has in told
    assert has_not not in told


def test_where_a_restart_moves_everybody_nobody_is_told_to_dial() -> None:
    moves = (
        a.E911Change(number="202", user="Ana", from_=extension(2), to=extension(3)),
        a.E911Change(number="203", user="Bea", from_=extension(3), to=None),
        a.E911Change(number="299", user=None, from_=None, to=extension(4)),
    )

    first, second = slips(sheet(send_by="reboot", e911=moves), "On Monday, 2026-03-09,")

    assert "On Monday, 2026-03-09, the telephone system restarts. You need not dial anything." in first
    assert "no phone has your number" in second


def test_slips_come_in_the_order_of_the_phones_where_they_are_handed_out() -> None:
    people = [dial("Cem", at=extension(9)), dial("Ana", at=extension(11)), dial("Bea", at=None, to=extension(10))]

    names = [re.findall(r"<h2>(\w+)", slip)[0] for slip in slips(sheet(*people))]

    assert names == ["Cem", "Bea", "Ana"]


@given(st.text(), st.text(), st.text(min_size=1))
def test_nothing_in_a_name_leaves_its_text(name: str, ticket: str, label: str) -> None:
    plain = Read(slips_page(sheet(dial("Ana", to=extension(3, "x")), ticket="1")))

    found = sheet(dial(name, to=extension(3, label)), ticket=ticket or "1")
    hostile = Read(slips_page(found))

    assert hostile.tags == plain.tags
    assert f"desk {in_one_line(label)}" in hostile.texts
    assert Read(page(found)).tags == Read(page(sheet(dial("Ana", to=extension(3, "x")), ticket="1"))).tags


def test_a_page_of_slips_breaks_none_and_loads_nothing() -> None:
    written = slips_page(sheet(*(dial(f"Ana {n}") for n in range(40))))

    assert written.count('<div class="slip">') == 40
    assert re.search(r"\.slip \{[^}]*break-inside: avoid", written)
    assert "default-src 'none'" in written
    assert not {"script", "img", "link", "iframe"} & set(Read(written).tags)


@given(st.dates(date(1971, 1, 1), date(2400, 1, 1)))
def test_the_day_of_the_week_is_that_of_the_calendar(day: date) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)

    whole = said_day(Day(day, start, start + timedelta(days=1)), day.isoformat())
    instant = said_day(Instant(start), f"{day.isoformat()}T18:30:00+00:00")

    assert whole == f"On {day:%A}, {day.isoformat()},"
    assert instant == f"On {day:%A}, {day.isoformat()}, from 18:30 on,"


def test_slips_are_written_to_a_file_whole(line: Line, folder: Path) -> None:
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--at", "2026-03-02T07:00")
    line("import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-02T08:00")
    line("label", "2", "Fenêtre 東", "--at", "2026-03-02T08:00")
    line("swap", "202", "203")

    code, told = line("sheet", "B1", "--slips", "--day", "tomorrow", "-o", "slips.html")
    assert (code, Path("slips.html").exists()) == (2, False)

    code, told = line("sheet", "B1", "--slips", "--day", "2026-06-08", "-o", "slips.html")
    assert code == 0
    assert told == [
        "2> To be dialled 2026-06-08, the whole day, UTC",
        "2> Written to slips.html: open it in a browser, and print it.",
    ]
    assert "desk Fenêtre 東" in Path("slips.html").read_text(encoding="utf-8")

"""The report as a file: where it goes, what is in it and how it is escaped, and that it needs nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.cli.reported_site import a_report

Line = Callable[..., tuple[int, list[str]]]

ODD = ("</script><b>bold</b>", "<!--<script>", "quote \" and ' and &amp;", "\u202eright to left", "chair \U0001fa91")


class Parsed(HTMLParser):
    """The elements of a page, and the text of those that hold text alone."""

    def __init__(self, page: str) -> None:
        """Parse a page."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, dict[str, str | None], str]] = []
        self._raw = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._raw = ""

    def handle_data(self, data: str) -> None:
        self._raw += data

    def handle_endtag(self, tag: str) -> None:
        if self.tags and self.tags[-1][0] == tag:
            self.texts.append((tag, self.tags[-1][1], self._raw))

    def text_of(self, tag: str, **attributes: str) -> str:
        """Return the text of the one element of that kind with these attributes."""
        (found,) = (text for name, attrs, text in self.texts if name == tag and attributes.items() <= attrs.items())
        return found

    @property
    def data(self) -> dict[str, Any]:
        """Return the data of the page."""
        found: dict[str, Any] = json.loads(self.text_of("script", id="data"))
        return found

    @property
    def policy(self) -> dict[str, str]:
        """Return the rules of the Content-Security-Policy."""
        (said,) = (a["content"] for t, a in self.tags if t == "meta" and "http-equiv" in a)
        assert said is not None
        return {rule.split()[0]: rule.strip().partition(" ")[2] for rule in said.split(";")}


@pytest.fixture
def site(line: Line, folder: Path) -> None:
    """A site of nine people, one swap, and desks and reasons that are no plain names."""
    line("system", "add", "hq", "--release", "11.1", "--timezone", "Europe/Madrid", "--at", "2026-03-01T10:00")
    line("import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-01T10:00")
    line("swap", "202", "203", "--at", "2026-03-02T10:00", "--done", "--reason", ODD[0])
    line("rollback", "B1", "--at", "2026-03-03T10:00", "--done", "--yes", "--reason", ODD[1])
    for extension_id, text in enumerate(ODD, 1):
        assert line("label", str(extension_id), text)[0] in (0, 2), (
            "control characters are refused where they are typed"
        )


def written(line: Line, *arguments: str) -> Parsed:
    """Write the report and parse it."""
    code, said = line("report", *arguments)
    assert code == 0, said
    return Parsed(Path("report-hq.html").read_text(encoding="utf-8"))


def test_it_is_written_beside_you_and_says_how_large_it_is(site: None, line: Line) -> None:
    last = json.loads(line("log", "--limit", "1", "--json")[1][0])["events"][0]["position"]

    code, said = line("report")

    size = Path("report-hq.html").stat().st_size
    assert code == 0
    assert said == [
        "2> hq: 2026-03-01T10:00:00+01:00 to 2026-06-01T12:00:00+02:00, Europe/Madrid, as known at event " + str(last),
        f"2> Written to report-hq.html: 9 extensions, 9 people, 2 batches; {size / 1000:.0f} kB.",
        f"2> Open it in a browser: {Path('report-hq.html').absolute().as_uri()}",
    ]


def test_with_json_it_says_the_same_in_fields(site: None, line: Line) -> None:
    code, said = line("report", "--json", "--known-at", "40")

    assert code == 0
    told = json.loads(said[0])
    assert told.keys() == {"system", "from", "to", "timezone", "known_at", "position", "file", "bytes"}
    assert (told["file"], told["known_at"], told["position"]) == ("report-hq.html", 40, 40)
    assert told["bytes"] == Path("report-hq.html").stat().st_size


def test_it_goes_to_standard_output_whole(site: None, line: Line) -> None:
    line("report")
    code, said = line("report", "-o", "-")

    page = "".join(f"{text}\n" for text in said if not text.startswith("2> "))
    assert code == 0
    assert page == Path("report-hq.html").read_text(encoding="utf-8")
    assert line("report", "-o", "-", "--json")[0] == 2


def test_the_same_ledger_gives_the_same_page(site: None, line: Line) -> None:
    line("report", "-o", "one.html")
    line("report", "-o", "other.html")
    line("report", "-o", "known.html", "--known-at", "40")
    line("swap", "204", "205", "--at", "2026-03-04T10:00", "--done")
    line("label", "6", "window")
    line("report", "-o", "known again.html", "--known-at", "40")

    assert Path("one.html").read_bytes() == Path("other.html").read_bytes()
    assert Path("known.html").read_bytes() == Path("known again.html").read_bytes()


def test_a_report_is_overwritten_but_no_other_file(site: None, line: Line) -> None:
    line("report")
    before = Path("report-hq.html").read_bytes()
    line("swap", "204", "205", "--at", "2026-03-04T10:00", "--done")
    Path("mine.html").write_text("<p>mine</p>", encoding="utf-8")

    assert line("report")[0] == 0
    refused, said = line("report", "-o", "mine.html")

    assert Path("report-hq.html").read_bytes() != before
    assert refused == 2
    assert "mine.html is there already, and no report" in said[0]
    assert Path("mine.html").read_text(encoding="utf-8") == "<p>mine</p>"
    assert line("report", "-o", "mine.html", "--force")[0] == 0
    assert sorted(p.name for p in Path().iterdir() if p.suffix == ".html" or "html." in p.name) == [
        "mine.html",
        "report-hq.html",
    ]


@pytest.mark.parametrize("where", ["no such folder/report.html", "."])
def test_where_nothing_can_be_written_that_is_said(site: None, line: Line, where: str) -> None:
    code, said = line("report", "-o", where)

    assert code == 6
    assert said[0].startswith("2> Error: The report cannot be written to ")


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes of POSIX")
def test_a_link_stays_and_leads_to_the_new_report(site: None, line: Line) -> None:
    Path("reports").mkdir()
    Path("report-hq.html").symlink_to("reports/latest.html")

    assert line("report")[0] == 0

    assert Path("report-hq.html").is_symlink()
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(Path("reports/latest.html").stat().st_mode) == 0o666 & ~mask


def test_a_span_and_what_was_known_stand_on_the_page(site: None, line: Line) -> None:
    page = written(line, "--from", "2026-03-02", "--to", "2026-03-02", "--known-at", "40")

    shown = re.sub(r"<[^>]*>", " ", Path("report-hq.html").read_text(encoding="utf-8"))
    assert "2026-03-02T00:00+01:00" in shown
    assert "2026-03-02T23:59:59+01:00" in shown
    assert "Europe/Madrid" in shown
    assert "event 40, recorded " in shown
    assert page.data["from"] == 1772406000 * 10**6
    assert page.data["to"] == 1772406000 * 10**6 + 86400 * 10**6 - 1
    assert len(page.data["batches"]) == 1


def test_a_span_that_is_none_is_refused(site: None, line: Line) -> None:
    assert line("report", "--from", "2026-03-04", "--to", "2026-03-03")[0] == 2
    assert line("report", "--to", "2026-02-03")[0] == 4
    assert line("report", "--known-at", "99999")[0] == 4
    assert not Path("report-hq.html").exists()


# --- what is in it ------------------------------------------------------------------------------------------


def test_nothing_from_outside_is_asked_for(site: None, line: Line) -> None:
    page = written(line)

    assert {tag for tag, _ in page.tags}.isdisjoint(
        {"link", "img", "iframe", "object", "embed", "base", "svg", "audio"}
    )
    for tag, attributes in page.tags:
        assert attributes.keys().isdisjoint({"src", "srcset", "action", "formaction", "style", "background"}), tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert attributes.get("href", "#").startswith("#")  # type: ignore[union-attr]  # links with an address
    assert "@import" not in page.text_of("style")
    assert "url(" not in page.text_of("style")
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|importScripts|eval|Function)\b\(", _script(page)
    )
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", _script(page))


def test_the_policy_allows_the_page_its_own_script_and_style_and_nothing_else(site: None, line: Line) -> None:
    page = written(line)

    assert page.policy == {
        "default-src": "'none'",
        "script-src": _hash(_script(page)),
        "style-src": _hash(page.text_of("style")),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }


def _script(page: Parsed) -> str:
    (found,) = (text for tag, attributes, text in page.texts if tag == "script" and not attributes)
    return found


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_names_are_data_and_nothing_else(site: None, line: Line) -> None:
    page = written(line)

    source = Path("report-hq.html").read_text(encoding="utf-8")
    assert {ODD[0], ODD[1], ODD[2], ODD[4]} <= set(page.data["strings"])
    assert source.count("</script>") == 2
    assert "bold</b>" not in source
    assert "<!--" not in source
    assert "\u202e" not in source


def test_control_characters_that_came_from_an_export_are_spelled_out() -> None:
    from msgspec.structs import replace

    from ipo_ledger_cli.report_page import page

    report = a_report(9, 4)
    odd = tuple(replace(user, full_name=f"{ODD[n % len(ODD)]}\u202e\x07") for n, user in enumerate(report.users))

    strings = Parsed(page(replace(report, users=odd))).data["strings"]

    assert "</script><b>bold</b>\\u202e\\x07" in strings
    assert not [text for text in strings if re.search("[\x00-\x1f\u202a-\u202e\u2066-\u2069]", text)]


def test_every_text_and_every_time_is_there_once() -> None:
    from ipo_ledger_cli.report_page import page

    data = Parsed(page(a_report(40, 60))).data

    assert len(set(data["strings"])) == len(data["strings"])
    assert data["times"][0] == 0
    assert all(step > 0 for step in data["times"][1:])
    assert data["unit"] == 60 * 10**6, "they are all whole minutes"


@pytest.mark.parametrize(
    ("extensions", "batches", "largest"), [(9, 4, 60_000), (384, 500, 300_000), (3000, 5000, 2_500_000)]
)
def test_a_page_is_no_larger_than_it_has_to_be(extensions: int, batches: int, largest: int) -> None:
    from ipo_ledger_cli.report_page import page

    assert len(page(a_report(extensions, batches)).encode()) < largest


def test_the_parts_of_the_page_are_plain_files() -> None:
    folder = Path(__file__).parents[2] / "cli" / "ipo_ledger_cli" / "report"

    for part in sorted(folder.iterdir()):
        text = part.read_text(encoding="utf-8")
        assert text.isascii(), part.name
        assert part.suffix == ".html" or "</" not in text, part.name

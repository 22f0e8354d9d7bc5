"""The report in a real Chromium: slider, search and keyboard; a phone, the dark, paper; three thousand extensions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import ipo_ledger
from ipo_ledger import SystemLedger
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger_cli.report_page import page as page_of
from tests.cli.browser import chromium
from tests.cli.reported_site import a_report
from tests.domain.story import moment as story_moment
from tests.stores.random_steps import EXTENSIONS, STEPS, play
from tests.stores.stored_story import a_stored_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open = Callable[..., "Page"]

BOLD = '</script><b class="odd">bold</b>'
CHAIR, ARABIC, TURNED = "chair \U0001fa91", "\u0645\u0643\u062a\u0628 3", "turned \u202e round"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a module."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemLedger]:
    """A system of nine people where much happened, on days of 23 and 25 hours among others."""
    folder = tmp_path_factory.mktemp("hq")
    with ipo_ledger.open(f"sqlite:///{(folder / 'ledger.db').as_posix()}", actor="ana") as ledger:
        ledger.add_system("hq", release="11.1", timezone="Europe/Madrid", at="2025-10-01T10:00")
        system = ledger.system("hq")
        system.import_exports(*write_export(synthetic_site(9), folder / "export"), at="2025-10-01T10:00")
        for extension_id, label in ((1, BOLD), (2, CHAIR), (3, ARABIC), (4, TURNED), (5, "Büro 5")):
            system.label(extension_id, label)
        system.swap("202", "203", at="2025-10-10T10:00", done=True, reason=BOLD, ticket="CHG-7")
        system.user_set("205", login_code=True)
        system.login("206", 5, at="2025-10-26T02:30+02:00")
        system.login("205", 5, at="2025-10-26T02:30+01:00")
        system.rollback("B1", at="2025-11-10T10:00:07.000123", done=True)
        system.swap("204", "207", at="2026-01-12T10:00")
        system.send("B3", at="2026-01-12T11:00")
        system.logout("204", at="2026-01-12T12:00")
        system.swap("202", "209", at="2026-03-30T10:00", done=True)
        system.swap("201", "208", at="2026-04-01T10:00")
        yield system


@pytest.fixture(scope="module")
def file(hq: SystemLedger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of it, up to a day in May."""
    return saved(hq, tmp_path_factory.mktemp("page"), to="2026-05-01T10:00")


def saved(hq: SystemLedger, folder: Path, **asked: Any) -> Path:
    """Save a report and return the file."""
    written = folder / "report.html"
    written.write_bytes(page_of(hq.report_data(**asked)).encode())
    return written


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Return what opens a file on a page of its own; whatever the page complains of fails the test."""
    contexts, complaints = [], list[str]()

    def opened(file: Path, **settings: Any) -> Page:
        context = browser.new_context(viewport=settings.pop("viewport", {"width": 1200, "height": 900}), **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: complaints.append(f"{fault}"))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("request", lambda asked: complaints.append(asked.url) if asked.url != file.as_uri() else None)
        page.goto(file.as_uri())
        page.wait_for_function("document.querySelector('#summary').textContent !== ''")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


# --- what is read off the page ------------------------------------------------------------------------------


def settled(page: Page) -> None:
    """Wait until what was asked for is drawn."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def moment(page: Page) -> str:
    """Return the moment the page shows, as `--on` reads it."""
    return page.locator("#moment").inner_text().replace(" ", "T")


def rows(page: Page) -> list[list[str]]:
    """Return the cells of the rows of the seating that are in view, in order."""
    settled(page)
    found: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll('#seating .row')].filter(row => !row.hidden)
          .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
          .map(row => ['.what bdi', '.what small', '.base', '.who bdi', '.who small']
            .map(cell => row.querySelector(cell).textContent))"""
    )
    return found


def same_seats(page: Page, hq: SystemLedger) -> None:
    """Hold what the page shows against the answer to `seats` at that moment."""
    at = moment(page)
    answer = hq.seats(on=at)
    shown = {int(row[0]): row[2:] for row in rows(page) if row[0].isdigit()}
    there = {i: cells for i, cells in shown.items() if cells[1] != "not there"}
    since = {i: datetime.fromisoformat(cells[2][6:].replace(" ", "T")).isoformat() for i, cells in there.items()}

    assert {i: cells[:2] for i, cells in there.items()} == {
        s.extension_id: [s.base_extension or "blank", _person(s.user, s.number)] for s in answer.seats
    }, at
    assert since == {s.extension_id: s.since.replace(microsecond=0).isoformat() for s in answer.seats}
    off = page.locator("#off bdi").all_inner_texts()
    assert [text.partition(" ")[0] for text in off] == list(answer.off_the_air)


def _person(user: str | None, number: str | None) -> str:
    return "NoUser" if user is None else user if number is None else f"{user} ({number})"


def every_change(page: Page) -> Iterator[str]:
    """Go back from change to change, and yield each moment."""
    seen = None
    while moment(page) != seen:
        seen = moment(page)
        yield seen
        page.locator("#before").evaluate("button => button.click()")


# --- the moment ---------------------------------------------------------------------------------------------


def test_at_every_change_the_page_says_what_seats_says(open_page: Open, file: Path, hq: SystemLedger) -> None:
    page = open_page(file)
    seen = []

    for at in every_change(page):
        same_seats(page, hq)
        seen.append(at)

    assert seen == sorted(seen, key=datetime.fromisoformat, reverse=True)
    assert seen[-1] == "2025-10-01T10:00+02:00"
    assert "2025-11-10T10:00:07.000123+01:00" in seen
    assert {"2025-10-26T02:30+02:00", "2025-10-26T02:30+01:00"} <= set(seen)
    assert len(seen) == 9


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happened_the_page_says_what_seats_says(open_page: Open, tmp_path: Path, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - what happened, no secret
    with ipo_ledger.open(f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}") as ledger:
        ledger.init()
        story = a_stored_site(ledger._store, EXTENSIONS)  # noqa: SLF001 - to tell a story into
        play(story, [(chance.choice(STEPS), chance.randrange(2**16)) for _ in range(60)])
        hq = ledger.system("hq")
        page = open_page(saved(hq, tmp_path, to=story_moment(story.minute + 1)))

        moments = []
        for at in every_change(page):
            same_seats(page, hq)
            moments.append(at)

        assert len(moments) > 5


def test_the_slider_goes_by_days_of_the_zone_by_four_weeks_and_to_the_ends(
    open_page: Open, file: Path, hq: SystemLedger
) -> None:
    page = open_page(file)
    slider = page.locator("#slider")
    slider.focus()

    went = []
    for key in ("Home", "ArrowRight", "PageUp", "ArrowLeft", "ArrowLeft", "ArrowUp", "End", "PageDown", "ArrowDown"):
        page.keyboard.press(key)
        went.append(moment(page))
        same_seats(page, hq)
        assert slider.get_attribute("aria-valuetext") == page.locator("#moment").inner_text()

    assert went == [
        "2025-10-01T10:00+02:00",
        "2025-10-02T10:00+02:00",
        "2025-10-30T10:00+01:00",  # over the day of 25 hours
        "2025-10-29T10:00+01:00",
        "2025-10-28T10:00+01:00",
        "2025-10-29T10:00+01:00",
        "2026-05-01T10:00+02:00",
        "2026-04-03T10:00+02:00",
        "2026-04-02T10:00+02:00",
    ]


def test_a_drag_and_a_time_that_is_typed_move_the_moment(open_page: Open, file: Path, hq: SystemLedger) -> None:
    page = open_page(file)
    box = page.locator("#slider").bounding_box()
    assert box is not None

    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    dragged = moment(page)
    same_seats(page, hq)
    page.locator("#exact").fill("2026-01-12T12:30:00")

    assert dragged.startswith("2025-12-")
    assert moment(page) == "2026-01-12T12:30+01:00"
    same_seats(page, hq)
    assert page.locator("#off bdi").count() == 1
    page.locator("#exact").fill("2025-10-26T02:30:00")
    assert moment(page) == "2025-10-26T02:30+02:00", "of two such times the first"
    page.locator("#exact").fill("2026-03-29T02:30:00")
    assert moment(page) == "2026-03-29T03:00+02:00", "the clocks never show it"


def test_the_readers_own_time_zone_does_not_matter(open_page: Open, file: Path) -> None:
    shown = []
    for zone in ("Europe/Madrid", "Pacific/Kiritimati", "America/Los_Angeles"):
        page = open_page(file, timezone_id=zone)
        page.locator("#exact").fill("2026-01-12T12:30:00")
        shown.append((moment(page), rows(page), page.locator("#batches").inner_text()))

    assert shown[0] == shown[1] == shown[2]


def test_an_earlier_known_at_is_what_seats_says_of_it(open_page: Open, hq: SystemLedger, tmp_path: Path) -> None:
    known = hq.log(batch="B2").events[-1].position - 1
    page = open_page(saved(hq, tmp_path, known_at=known))

    assert f"event {known}, recorded " in page.locator("#about").inner_text()
    page.locator("#exact").fill("2026-01-01T10:00:00")
    settled(page)
    answer = hq.seats(on=moment(page), known_at=known)
    assert [row[3].partition(" ")[0] for row in rows(page)[:9]] == [s.user for s in answer.seats]


# --- the search ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sought", "extensions", "batches"),
    [
        ("RosaMeyer", ["2", "3"], ["B2", "B1"]),
        ("  rosa MEYER", ["2", "3"], ["B2", "B1"]),
        ("extension 5", ["5"], []),
        ("buro", ["5"], []),
        ("@B\u00fcro 5", ["5"], []),
        ("BD/7", ["7"], []),
        (CHAIR, ["2"], []),
        ("B1", ["2", "3"], ["B2", "B1"]),
        ("hq/b2", ["2", "3"], ["B2", "B1"]),
        ("CHG-7", [], ["B1"]),
        ("nobody at all", [], []),
    ],
)
def test_a_search_finds(open_page: Open, file: Path, sought: str, extensions: list[str], batches: list[str]) -> None:
    page = open_page(file)

    page.locator("#search").fill(sought)

    assert [row[0] for row in rows(page) if row[0].isdigit()] == extensions
    listed = page.locator("#batches .row:visible .name").all_inner_texts()
    assert sorted(listed) == sorted(batches)
    assert page.locator("#found").inner_text().startswith(f"{len(extensions)} of 9 extensions")
    page.locator("#search").fill("")
    assert len([row for row in rows(page) if row[0].isdigit()]) == 9


def test_a_number_finds_who_had_it_and_the_desks_it_was_the_base_of(open_page: Open, file: Path) -> None:
    page = open_page(file)

    page.locator("#search").fill("209")

    assert [row[0] for row in rows(page) if row[0].isdigit()] == ["2", "9"]
    assert page.locator("#batches .row:visible .name").all_inner_texts() == ["B4"]


# --- the batches --------------------------------------------------------------------------------------------


def test_batches_say_what_reversed_them_and_what_waits_is_listed(open_page: Open, file: Path) -> None:
    page = open_page(file)

    states = dict(
        zip(
            page.locator("#batches .row:visible .name").all_inner_texts(),
            page.locator("#batches .row:visible .state").all_inner_texts(),
            strict=True,
        )
    )

    assert states == {
        "B5": "draft",
        "B4": "settled, live",
        "B3": "sent, live",
        "B2": "settled, live",
        "B1": "settled, reversed by B2",
    }
    pending = page.locator("#pending").inner_text()
    assert "B5" in pending
    assert "dials *36 there" in pending
    page.locator("#batches .name", has_text=re.compile("^B1$")).click()
    assert page.locator("#details-title").inner_text().startswith("B1: ")
    assert BOLD in page.locator("#details-text").inner_text()
    page.get_by_role("button", name="Open B2").click()
    assert page.locator("#details-title").inner_text().startswith("B2: ")
    page.get_by_role("button", name="Show that moment").click()
    assert moment(page) == "2025-11-10T10:00:07.000123+01:00"


# --- the keyboard, and what others are told ---------------------------------------------------------------------


def test_it_all_works_with_the_keyboard_alone(open_page: Open, file: Path) -> None:
    page = open_page(file)
    reached = []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the seating"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top >= 0"), "it is seen when it has the focus"
    for _ in range(40):
        page.keyboard.press("Tab")
        settled(page)
        name, outline = page.evaluate(
            "[document.activeElement.id || document.activeElement.textContent, "
            "getComputedStyle(document.activeElement).outlineStyle]"
        )
        if name == "Skip to the seating":
            break
        if name not in reached and page.evaluate("document.activeElement !== document.body"):
            assert outline != "none", name
            reached.append(name)
    assert reached == ["slider", "exact", "before", "after", "search", "zoom", "seating", "B3", "B5", "batches"]

    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "seating"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert moment(page) == "2026-03-30T10:00+02:00", "the last change of the row"
    page.keyboard.press("Enter")
    assert page.locator("#details-title").inner_text() == f"Extension 2, BD/2, {CHAIR}"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "seating"
    page.keyboard.press("End")
    active = page.locator("#seating").get_attribute("aria-activedescendant")
    assert active is not None
    assert page.locator(f"#{active}").get_attribute("aria-rowindex") == page.locator("#seating").get_attribute(
        "aria-rowcount"
    )


def test_rows_are_told_to_who_cannot_see_them(open_page: Open, file: Path) -> None:
    page = open_page(file)
    rows(page)

    told = page.get_by_role("grid", name="Seating").get_by_role("row").first.get_attribute("aria-label")

    assert told is not None
    assert told.startswith(f"1, BD/1, {BOLD}, base 201, InesOrtega (201), since 2025-10-01 10:00+02:00")
    for role, name in (("slider", "Moment"), ("searchbox", "Search"), ("combobox", "Draw"), ("grid", "Batches")):
        assert page.get_by_role(role, name=name).count() == 1, name  # type: ignore[arg-type]  # roles as literals
    assert page.locator("canvas:not([aria-hidden]):not([aria-hidden] *)").count() == 0


# --- a phone, the dark, paper ----------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [320, 360, 768, 1200])
def test_nothing_has_to_be_scrolled_sideways(open_page: Open, file: Path, width: int) -> None:
    page = open_page(file, viewport={"width": width, "height": 740})
    rows(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#seating .row").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_rows_of_a_phone_do_not_lie_on_each_other(open_page: Open, file: Path) -> None:
    page = open_page(file, viewport={"width": 360, "height": 740})
    rows(page)

    overlaps = page.evaluate(
        """() => [...document.querySelectorAll('.list .row')].filter(row => !row.hidden).flatMap(row => {
          const inside = row.getBoundingClientRect();
          return [...row.children].map(cell => cell.getBoundingClientRect())
            .filter(cell => cell.top < inside.top - 1 || cell.bottom > inside.bottom + 1).map(cell => row.textContent);
        })"""
    )

    assert overlaps == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_readers_colours_and_can_be_read_in_both(open_page: Open, file: Path, scheme: str) -> None:
    page = open_page(file, color_scheme=scheme)
    rows(page)

    contrasts = page.evaluate(_CONTRASTS)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 24, 27)")
    assert min(contrasts.values()) >= 4.5, contrasts
    assert page.evaluate(_COLOURS) > 20, "the bars are drawn"


_CONTRASTS = """() => {
  const linear = c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const under = e => {
    const colour = rgb(getComputedStyle(e).backgroundColor);
    return colour.length === 4 && colour[3] === 0 ? under(e.parentElement) : colour;
  };
  const found = {};
  const all = 'h1, h2, dt, dd, label, .hint, #summary, .row bdi, .row small, button, #pending li';
  for (const e of document.querySelectorAll(all)) {
    if (!e.checkVisibility() || !e.textContent) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(under(e))].sort((x, y) => y - x);
    found[e.className + e.tagName + e.textContent] = (a + 0.05) / (b + 0.05);
  }
  return found;
}"""
_COLOURS = """() => {
  const canvas = document.querySelector('#seating .row canvas'), pen = canvas.getContext('2d');
  const points = new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return new Set(points).size;
}"""


def test_on_paper_there_are_tables_of_everything(open_page: Open, file: Path) -> None:
    page = open_page(file)
    page.locator("#search").fill("RosaMeyer")

    page.emulate_media(media="print")
    page.wait_for_selector("#print table")

    assert not page.locator("#live").is_visible()
    assert page.locator("canvas:visible").count() == 0
    captions = page.locator("#print caption:visible").all_inner_texts()
    assert captions == [
        "Who sits where",
        "The seating over time, of what was searched for: RosaMeyer",
        "Batches",
        "Still pending",
    ]
    assert page.locator("#print table").first.locator("tbody tr").count() == 2
    page.emulate_media(media="screen")
    page.wait_for_selector("#print table", state="detached")
    page.locator("#search").fill("")
    page.emulate_media(media="print")
    page.wait_for_selector("#print table")
    assert page.locator("#print table").first.locator("tbody tr").count() == 9
    assert page.locator("#print table").nth(1).locator("tbody tr").count() == 5


# --- what came from the ledger, and what the page may do ----------------------------------------------------------


def test_names_are_shown_as_they_are_and_never_become_elements(open_page: Open, file: Path) -> None:
    page = open_page(file)
    shown = {row[0]: row[1] for row in rows(page)}

    assert shown["1"] == f"BD/1, {BOLD}"
    assert shown["2"] == f"BD/2, {CHAIR}"
    assert shown["3"] == f"BD/3, {ARABIC}"
    assert shown["4"] == "BD/4, turned \\u202e round"
    page.locator("#seating .row").first.click()
    page.emulate_media(media="print")
    page.wait_for_selector("#print table")
    assert page.locator("b, .odd").count() == 0


def test_the_page_may_neither_load_nor_run_what_is_not_its_own(browser: Browser, file: Path, tmp_path: Path) -> None:
    tampered = tmp_path / "tampered.html"
    text = file.read_text(encoding="utf-8")
    more = (
        '<script>window.ran = 1</script><img src="x.png" onerror="window.ran = 2"><p id="red" style="color: red">.</p>'
    )
    tampered.write_text(text.replace("</body>", f"{more}</body>"), encoding="utf-8")
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))

    page.goto(tampered.as_uri())
    page.wait_for_function("document.querySelector('#summary').textContent !== ''")

    assert page.evaluate("window.ran") is None
    assert page.evaluate("getComputedStyle(document.querySelector('#red')).color") != "rgb(255, 0, 0)"
    assert len([said for said in refused if "Content Security Policy" in said]) >= 3
    page.close()


# --- three thousand phones ----------------------------------------------------------------------------------------


def test_three_thousand_extensions_and_five_thousand_batches_are_a_few_elements(
    open_page: Open, tmp_path: Path
) -> None:
    large = tmp_path / "large.html"
    report = a_report(3000, 5000)
    large.write_bytes(page_of(report).encode())
    page = open_page(large)
    count = "document.querySelectorAll('*').length"
    begun = page.evaluate(count)
    assert begun < 700

    page.locator("#slider").press("PageDown")
    page.evaluate("document.querySelector('#seating').scrollTop = 90000")
    page.evaluate("document.querySelector('#batches').scrollTop = 90000")
    shown = rows(page)

    assert page.evaluate(count) < begun + 50
    assert shown[0][0] in {str(x.extension_id) for x in report.extensions}
    assert page.locator("#seating").get_attribute("aria-rowcount") is not None
    page.locator("#seating").press("End")
    last = rows(page)[-1]
    assert not last[0].isdigit(), "people who were off the air come after the extensions"
    page.locator("#search").fill("B4321")
    changed = {str(i) for i in report.batches[4320].batch.changes}
    assert {row[0] for row in rows(page) if row[0].isdigit()} == changed
    assert page.evaluate(count) < begun + 50

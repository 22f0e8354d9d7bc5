"""A made-up report of a site of any size: people trade desks for years, some batches are taken back, one is pending.

The picture in the docs is of one: `python -m tests.cli.reported_site docs/report.png`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from ipo_ledger.application.report import (
    Report,
    ReportedBatch,
    ReportedExtension,
    ReportedUser,
    clock_changes,
)
from ipo_ledger.demo_site import synthetic_site
from ipo_ledger.domain.moments import local
from ipo_ledger.domain.records import Batch, Change, Mark, Send
from ipo_ledger.domain.trail import BasePoint, NumberPoint, PlacePoint, SeatPoint

ZONE = ZoneInfo("Europe/Madrid")
BEGINS = datetime(2024, 9, 2, 8, tzinfo=ZONE)
YEARS = timedelta(days=731)
LARGEST, SEEN = 6, 12  # desks of a batch; rows of the picture
REASONS = ("new floor plan", "team moves together", "back from leave", "desk repaired", "asked by facilities", None)
ACTORS = ("ana", "ben", "operations")


class Site:
    """A site as it goes on: whoever is at whose desk, and the points that everything left."""

    def __init__(self, extensions: int, seed: int) -> None:
        """Seat everybody at their own desk."""
        site = synthetic_site(extensions, seed=seed)
        assert site.users is not None
        assert site.extensions is not None
        self.chance = Random(seed)  # noqa: S311 - which desks, no secret
        self.ports = site.extensions
        self.people = site.users
        self.number_of = {u.name: u.number for u in site.users}
        self.base = {x.extension_id: x.base_extension for x in site.extensions}
        by_number = {u.number: u.name for u in site.users if u.number is not None}
        self.at = {i: by_number[number] for i, number in self.base.items() if number is not None}
        self.seats = {i: [SeatPoint(i, BEGINS, 1, self.at.get(i), None, "baseline", None)] for i in self.base}
        self.bases = {i: [BasePoint(i, BEGINS, 1, number, None)] for i, number in self.base.items()}
        home = {name: i for i, name in self.at.items()}
        self.places = {u.name: [PlacePoint(u.name, BEGINS, 1, home.get(u.name), "baseline", None)] for u in site.users}
        self.batches: list[ReportedBatch] = []

    def trade(self, ids: Sequence[int], at: datetime, *, reverses: int | None = None) -> datetime:
        """Let the people at these desks move on by one, each logging out some minutes later; return when all have."""
        number = len(self.batches) + 1
        olds, moved = [self.base[i] for i in ids], [self.at[i] for i in ids]
        changes = {i: Change(i, olds[n], olds[(n + 1) % len(ids)]) for n, i in enumerate(ids)}
        gone = [at + timedelta(minutes=self.chance.randint(2, 40)) for _ in ids]
        for n, i in enumerate(ids):
            self.base[i] = changes[i].new
            self.bases[i].append(BasePoint(i, at, number, self.base[i], number))
            name, free = moved[(n + 1) % len(ids)], gone[n]
            left = gone[(n + 1) % len(ids)]
            if free < left:
                self.seats[i].append(SeatPoint(i, free, number, None, None, "dialled", number))
            elif left < free:
                self.places[name].append(PlacePoint(name, left, number, None, "dialled", number))
            seated = max(free, left)
            self.seats[i].append(SeatPoint(i, seated, number, name, self.number_of[name], "automatic", number))
            self.places[name].append(PlacePoint(name, seated, number, i, "automatic", number))
            self.at[i] = name
        self._batch(number, changes, at, max(gone), reverses)
        return max(gone)

    def draft(self, ids: Sequence[int], at: datetime) -> None:
        """Draft a trade that nobody sent yet."""
        olds = [self.base[i] for i in ids]
        changes = {i: Change(i, olds[n], olds[(n + 1) % len(ids)]) for n, i in enumerate(ids)}
        self._batch(len(self.batches) + 1, changes, at, None, None)

    def _batch(
        self, number: int, changes: dict[int, Change], at: datetime, settled: datetime | None, reverses: int | None
    ) -> None:
        actor = self.chance.choice(ACTORS)
        title = f"roll back B{reverses}" if reverses is not None else f"{len(changes)} desks, {at:%B}"
        batch = Batch(
            number=number,
            status="draft" if settled is None else "settled",
            title=title,
            observed=False,
            opened_at=at,
            opened_position=number,
            actor=actor,
            reason=self.chance.choice(REASONS),
            ticket=f"CHG-{1000 + number}" if number % 3 else None,
            last=Mark(at, number, "BaseExtensionChanged"),
            reverses=(reverses,) if reverses is not None else (),
            changes=changes,
            sends=(Send(at, number, "merge", "clean", (), actor),) if settled is not None else (),
            in_force_at=at if settled is not None else None,
            in_force_position=number if settled is not None else None,
            settled_at=settled,
            settled_position=number if settled is not None else None,
        )
        self.batches.append(ReportedBatch(batch=batch, live=settled is not None, reversed_by=(), pending=()))
        if reverses is not None:
            before = self.batches[reverses - 1]
            self.batches[reverses - 1] = ReportedBatch(
                batch=before.batch, live=False, reversed_by=(number,), pending=before.pending
            )


def a_report(extensions: int, batches: int, *, seed: int = 1) -> Report:
    """Return two years of a site; the same arguments make the same report."""
    site = Site(extensions, seed)
    desks, end = sorted(site.at), BEGINS + YEARS
    step = (YEARS - timedelta(days=7)) / max(1, batches)
    done = BEGINS
    for n in range(batches):
        at = max(done, (BEGINS + step * (n + site.chance.random())).replace(second=0, microsecond=0))
        last = site.batches[-1].batch if site.batches else None
        if n == batches - 1:
            site.draft(site.chance.sample(desks, 2), at)
        elif last is not None and not last.reverses and site.chance.random() < 0.1:
            done = site.trade(list(reversed(list(last.changes))), at, reverses=last.number)
        else:
            done = site.trade(
                site.chance.sample(desks, min(len(desks), site.chance.choice((2, 2, 2, 2, 3, 3, LARGEST)))), at
            )
    return Report(
        system="hq",
        release="11.1.2.1.0",
        timezone=ZONE.key,
        logout_code="*36",
        start=BEGINS,
        end=end,
        known_at=None,
        position=99_999,
        recorded_at=end,
        clocks=tuple(clock_changes(ZONE, BEGINS, end)),
        extensions=tuple(
            ReportedExtension(
                extension_id=x.extension_id,
                module=x.module,
                port=x.port,
                label=f"Desk {1 + place // 40}.{1 + place % 40:02}" if place % 5 else None,
                seats=tuple(site.seats[x.extension_id]),
                bases=tuple(site.bases[x.extension_id]),
            )
            for place, x in enumerate(site.ports)
        ),
        users=tuple(
            ReportedUser(
                name=u.name,
                full_name=u.full_name,
                places=tuple(site.places[u.name]),
                numbers=(NumberPoint(u.name, BEGINS, 1, u.number),),
            )
            for u in sorted(site.people, key=lambda u: u.name)
        ),
        batches=tuple(site.batches),
    )


def picture(file: Path) -> None:
    """Save a picture of the report of 384 extensions and 500 batches."""
    from ipo_ledger_cli.report_page import page
    from tests.cli.browser import chromium

    report = a_report(384, 500)
    busy = [b.batch for b in report.batches if len(b.batch.changes) == LARGEST and min(b.batch.changes) < SEEN]
    moment = local(busy[len(busy) // 2].opened_at + timedelta(minutes=12), ZONE)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        written = Path(folder) / "report.html"
        written.write_bytes(page(report).encode())
        shown = browser.new_page(viewport={"width": 1180, "height": 960})
        shown.goto(written.as_uri())
        shown.locator("#zoom").select_option("365")
        shown.locator("#exact").fill(f"{moment:%Y-%m-%dT%H:%M:%S}")
        shown.locator("#slider").focus()
        shown.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        shown.screenshot(path=file)


if __name__ == "__main__":
    picture(Path(sys.argv[1]))

"""Questions about one extension that was changed and corrected half a million times, against a quiet one.

    python -m benchmarks.one_extension [--points 500000] [--postgres URL]

Half of its points were taken off again by corrections. The points are written as the projection would write them;
medians of interleaved rounds are printed, and the ratio to the quiet extension of the same ledger.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ipo_ledger
from ipo_ledger.adapters.store import tables
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain.moments import to_micros

FOREVER = 2**63 - 1
BUSY, QUIET = 2, 3
ROUNDS = 200
BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)


def made(url: str, points: int) -> tuple[ipo_ledger.SystemLedger, int]:
    """Make a ledger in which extension 2 has so many points; return its system and the last position."""
    ledger = ipo_ledger.open(url, actor="bench")
    ledger.init()
    ledger.add_system("hq", release="11.1", timezone="UTC", at=BEGAN)
    hq = ledger.system("hq")
    with tempfile.TemporaryDirectory() as folder:
        hq.import_exports(*write_export(synthetic_site(9), Path(folder) / "export"), at=BEGAN)
    store: Any = ledger._store  # noqa: SLF001 - the points are written past the commands: they would take hours
    with store.writing() as writing:
        key = writing.system_row("hq").key
        below = next(p.position for p in writing.seat_points(key, BUSY, BEGAN, BEGAN, FOREVER - 1)[::-1])
        head = writing.head().position
        _write(writing, key, below, head, points)
    return hq, head + points


def _write(writing: Any, key: int, below: int, head: int, points: int) -> None:
    """Write pairs of points, each on the one that stands; the second of a pair is taken off by the next position."""
    columns = [*tables.SEATS.columns, "recorded_to"]
    rows = []
    for n in range(points):
        position = head + 1 + n
        taken = n % 2 == 1
        at = to_micros(BEGAN + timedelta(minutes=1 + n))
        to = position + 1 if taken else FOREVER
        user = None if n % 4 < 2 else "VeraLefevre"  # noqa: PLR2004 - now vacant, now not
        rows.append((key, BUSY, position, at, user, "209" if user else None, "dialled", None, False, below, to))
        below = position if not taken else below
    connection = writing.connection
    if hasattr(connection, "executemany"):
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO seats ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608
        connection.execute("UPDATE extensions SET corrected = ? WHERE extension_id = ?", (head + points, BUSY))
        connection.execute("UPDATE head SET position = ?, recorded_at = recorded_at + 1", (head + points,))
        return
    cursor = connection.cursor()
    with cursor.copy(f"COPY ipo_ledger.seats ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute("UPDATE ipo_ledger.extensions SET corrected = %s WHERE extension_id = %s", (head + points, BUSY))
    cursor.execute("UPDATE ipo_ledger.head SET position = %s", (head + points,))
    cursor.execute("ANALYZE ipo_ledger.seats")


def measured(hq: ipo_ledger.SystemLedger, last: int, points: int) -> None:
    """Print medians of both extensions, asked in turn, and their ratio."""
    middle = BEGAN + timedelta(minutes=points // 2)
    questions: dict[str, Callable[[int], object]] = {
        "now": hq.who,
        "on an old date": lambda extension: hq.who(extension, on=middle),
        "now, as known in the middle": lambda extension: hq.who(extension, known_at=last - points // 2),
        "on an old date, as known then": lambda extension: hq.who(extension, on=middle, known_at=last - points // 2),
    }
    for name, ask in questions.items():
        times: dict[int, list[float]] = {BUSY: [], QUIET: []}
        for _ in range(ROUNDS):
            for extension, found in times.items():
                begun = time.perf_counter()
                ask(extension)
                found.append(time.perf_counter() - begun)
        busy, quiet = statistics.median(times[BUSY]), statistics.median(times[QUIET])
        print(f"  {name}: {busy / quiet:.2f} x quiet ({busy * 1e6:.0f} µs against {quiet * 1e6:.0f} µs)")


def main() -> None:
    """Read the options, and measure each store."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--points", type=int, default=500_000)
    parser.add_argument("--postgres", metavar="URL")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        urls = [f"sqlite:///{(Path(folder) / 'ledger.db').as_posix()}", *([given.postgres] if given.postgres else [])]
        for url in urls:
            hq, last = made(url, given.points)
            print(f"{url.partition(':')[0]}, {given.points} points, half of them corrected:")
            measured(hq, last, given.points)


if __name__ == "__main__":
    main()

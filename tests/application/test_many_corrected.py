"""A correction of everybody's moves does not make earlier answers slow: statements are counted, not timed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import ipo_ledger
from ipo_ledger import SystemLedger
from ipo_ledger.demo_site import synthetic_site, write_export

FEW, MANY = 10, 60


def statements(hq: SystemLedger, ask: Callable[[], object]) -> int:
    """Return how many statements a question takes."""
    asked: list[str] = []
    store: Any = hq._store  # noqa: SLF001 - its statements are counted
    with store.reading() as reading:
        connection = reading.connection
    connection.set_trace_callback(asked.append)
    ask()
    connection.set_trace_callback(None)
    return len(asked)


def corrected(folder: Path, people: int) -> tuple[SystemLedger, int, int]:
    """Return a system all of whose people moved, which never happened, with the last positions before and after."""
    ledger = ipo_ledger.open(f"sqlite:///{(folder / f'{people}.db').as_posix()}", actor="ana")
    ledger.add_system("hq", release="11.1", timezone="UTC")
    hq = ledger.system("hq")
    hq.import_exports(*write_export(synthetic_site(people), folder / str(people)))
    seats = [seat for seat in hq.seats().seats if seat.user is not None and seat.base_extension is not None]
    assert len(seats) >= people // 2
    others = seats[1:] + seats[:1]
    moved = hq.batch(
        [
            {"extension_id": s.extension_id, "base_extension": o.base_extension}
            for s, o in zip(seats, others, strict=True)
        ],
        done=True,
    )
    assert moved.position is not None
    taken = hq.correct("B1", never=True)
    assert taken.position is not None
    hq.restart()  # so that what was known after the correction is not all that is known
    return hq, moved.position, taken.position


def test_as_many_statements_answer_however_many_were_corrected(tmp_path: Path) -> None:
    few, many = corrected(tmp_path, FEW), corrected(tmp_path, MANY)

    for ask in (SystemLedger.seats, SystemLedger.status):
        counts = [
            [statements(hq, partial(ask, hq, known_at=known)) for known in (before, after)]
            for hq, before, after in (few, many)
        ]
        assert counts[0] == counts[1], ask.__name__
        assert min(counts[0]) > 0


def test_each_answer_is_that_of_its_position(tmp_path: Path) -> None:
    hq, before, after = corrected(tmp_path, FEW)

    then = [seat.user for seat in hq.seats(known_at=before).seats]
    since = [seat.user for seat in hq.seats(known_at=after).seats]

    assert since == [seat.user for seat in hq.seats().seats]
    assert then == since[1:] + since[:1]

"""Several at once: nothing is lost, nothing is doubled, positions have no gaps."""

from __future__ import annotations

import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from ipo_ledger.adapters.store.faults import StoreBusy
from tests.stores import appender
from tests.stores.places import Place
from tests.stores.stored_story import a_stored_site, note


class TogetherContract:
    """Threads and processes on one ledger."""

    def test_positions_have_no_gaps_whoever_appends(self, place: Place) -> None:
        store = place.ledger()
        children = [_appender(place, f"p{n}", 10) for n in range(2)]

        def append(name: str) -> None:
            for _ in range(10):
                note(store, name)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(append, [f"t{n}" for n in range(8)]))
        for child in children:
            _finished(child)

        with store.reading() as reading:
            facts = list(reading.facts())
            assert [fact.position for fact in facts] == list(range(1, 101))
            assert reading.head().position == 100
        assert set(Counter(fact.system for fact in facts).values()) == {10}
        for name in {fact.system for fact in facts}:
            assert [fact.version for fact in facts if fact.system == name] == list(range(1, 11))
        assert [f.recorded_at for f in facts] == sorted(f.recorded_at for f in facts if f.recorded_at is not None)

    def test_appends_to_one_system_follow_each_other(self, place: Place) -> None:
        store = place.ledger()
        note(store, "hq")
        children = [_appender(place, "hq", 10) for _ in range(2)]

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: note(store, "hq"), range(40)))
        for child in children:
            _finished(child)

        with store.reading() as reading:
            versions = [fact.version for fact in reading.facts()]
            row = reading.system_row("hq")
        assert versions == list(range(1, 62))
        assert row is not None
        assert row.version == 61

    def test_a_reader_sees_one_moment_while_others_write(self, place: Place) -> None:
        story = a_stored_site(place.ledger(), 2)
        begun, written = Event(), Event()

        def read() -> list[int]:
            with place.store().reading() as reading:
                first = reading.head().position
                begun.set()
                assert written.wait(30)
                system = reading.system("hq")
                assert system is not None
                return [first, reading.head().position, system.version, len(list(reading.facts()))]

        with ThreadPoolExecutor(1) as thread:
            future = thread.submit(read)
            assert begun.wait(30)
            story.draft({1: None})
            written.set()
            seen = future.result(30)

        assert seen == [7, 7, 7, 7]

    def test_who_waits_too_long_for_a_writer_is_told_so(self, place: Place) -> None:
        store = place.ledger()
        before = place.dump()
        impatient = place.store(busy_seconds=0.05)

        with store.writing(), ThreadPoolExecutor(1) as thread, pytest.raises(StoreBusy, match=r"0\.05"):
            thread.submit(note, impatient, "hq").result(30)

        assert place.dump() == before
        note(impatient, "hq")


def _appender(place: Place, system: str, times: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        appender.command(place.url, system, times=times, facts=1),
        cwd=appender.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finished(child: subprocess.Popen[str]) -> None:
    _, complaint = child.communicate(timeout=60)
    assert child.returncode == 0, complaint

"""Several programs on one ledger at once, and a reader who follows the log by position meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from random import Random
from statistics import median

from tests.faults.site import a_ledger, a_store, look
from tests.faults.trial import Found, Trial, a_folder, a_server
from tests.faults.writers import Writers

WRITERS = 4


class Follower:
    """Reads what is new of a ledger again and again, from the last position on that it has seen."""

    def __init__(self, url: str) -> None:
        """Begin at the beginning."""
        self._store = a_store(url)
        self._stop = threading.Event()
        self.positions: list[int] = []
        self.looks = 0
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look a last time, and end."""
        self._stop.set()
        self._thread.join()
        self._look()
        self._store.close()

    def _follow(self) -> None:
        while not self._stop.is_set():
            self._look()

    def _look(self) -> None:
        with self._store.reading() as reading:
            self.positions += [fact.position for fact in reading.facts(after=len(self.positions))]
        self.looks += 1


def write_together(url: str, seconds: float, writers: int = WRITERS) -> Found:
    """Let programs record as fast as they can for a while, and one reader follow; say what each had to wait."""
    a_ledger(url)
    follower = Follower(url)
    with Writers(url, writers) as recording:
        recording.wait_for(1)
        time.sleep(seconds)
        recording.wait_for(1)
        waits = [writer.waits for writer in recording.alive]
        recording.stop()
    follower.stop()
    found = Found(injected=sum(map(len, waits)))
    looked = look(url, recording.acknowledged, recording.denied)
    found.take(looked, len(recording.acknowledged))
    if follower.positions != list(range(1, len(follower.positions) + 1)):
        found.wrong.append("the reader who followed the log missed events, or saw them twice")
    found.seen["writers"] = writers
    found.seen["looks of the reader"] = follower.looks
    found.seen["fewest of a writer"] = min(map(len, waits))
    found.seen["most of a writer"] = max(map(len, waits))
    found.seen["ms at least"] = round(min(map(min, waits)))
    found.seen["ms in the middle"] = round(median(ms for each in waits for ms in each))
    found.seen["ms at most"] = round(max(map(max, waits)))
    found.seen.update(recording.faults)
    return found


def _load(place: Callable[[ExitStack], str], seconds: int, _: Random) -> Found:
    with ExitStack() as stack:
        return write_together(place(stack), seconds)


def _file(stack: ExitStack) -> str:
    return f"sqlite:///{(stack.enter_context(a_folder()) / 'ledger.db').as_posix()}"


def _database(stack: ExitStack) -> str:
    return stack.enter_context(a_server()).create_database("ledger")


TRIALS = [
    Trial("load-sqlite", "programs record together in one file; rounds are seconds", 60, partial(_load, _file)),
    Trial("load-postgres", "programs record together on one server; rounds are seconds", 60, partial(_load, _database)),
]

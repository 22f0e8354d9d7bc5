"""Programs that go on recording while faults are injected beside them, and what each was told."""

from __future__ import annotations

import itertools
import subprocess
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from ipo_ledger.adapters.store.faults import CommitUnknown
from tests.faults import swapper

PATIENCE = 120.0  # seconds, for what takes a few


class Writer:
    """One program; its lines are read as they come, with the time."""

    def __init__(self, url: str, name: str, *, seconds: float = PATIENCE) -> None:
        """Start it; it swaps without end, and tries for `seconds` when it is told of a fault."""
        self._process = subprocess.Popen(
            swapper.command(url, name, 0, seconds),
            cwd=swapper.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self.lines: list[tuple[float, str]] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Return the process."""
        return self._process.pid

    @property
    def answered(self) -> list[float]:
        """Return when each command was acknowledged."""
        with self._news:
            return [at for at, line in self.lines if line.startswith("done")]

    @property
    def waits(self) -> list[float]:
        """Return how long each acknowledged command took, in milliseconds."""
        with self._news:
            return [float(line.rpartition("\t")[2]) for _, line in self.lines if line.startswith("done")]

    def wait_for(self, more: int) -> float:
        """Return when so many more commands are acknowledged than now; the time of the last."""
        until = time.monotonic() + PATIENCE
        with self._news:
            wanted = sum(line.startswith("done") for _, line in self.lines) + more
            while sum(line.startswith("done") for _, line in self.lines) < wanted:
                left = until - time.monotonic()
                assert left > 0, f"nothing more was acknowledged; at last {self.lines[-1:]}"
                assert self._process.poll() is None, f"it ended by itself; at last {self.lines[-1:]}"
                self._news.wait(min(left, 1))
            return self.lines[-1][0]

    def kill(self) -> tuple[dict[str, int], list[str]]:
        """Kill it; return what was acknowledged, and the faults that were told."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        return swapper.told([line for _, line in self.lines])

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                if line.endswith("\n"):  # what was cut off says nothing
                    with self._news:
                        self.lines.append((time.monotonic(), line.rstrip("\n")))
                        self._news.notify_all()


class Writers:
    """Several of them; a context manager that leaves none behind."""

    def __init__(self, url: str, count: int) -> None:
        """Start so many."""
        self._url = url
        self._started = 0
        self.acknowledged: dict[str, int] = {}
        self.denied: list[str] = []
        self.faults: list[str] = []
        self.alive = [self._another() for _ in range(count)]

    def wait_for(self, more: int) -> None:
        """Return when every one of them has so many more acknowledged."""
        for writer in self.alive:
            writer.wait_for(more)

    def replace(self, writer: Writer) -> None:
        """Kill one, and start another."""
        self.alive.remove(writer)
        self._take(writer)
        self.alive.append(self._another())

    def stop(self) -> None:
        """Kill all."""
        while self.alive:
            self._take(self.alive.pop())

    def silence(self) -> float:
        """Return the longest time, in seconds, without any acknowledgement from those that are alive."""
        return longest_pause([at for writer in self.alive for at in writer.answered])

    def _another(self) -> Writer:
        self._started += 1
        return Writer(self._url, f"writer {self._started}")

    def _take(self, writer: Writer) -> None:
        acknowledged, faults = writer.kill()
        self.acknowledged |= acknowledged
        told = [fault.split("\t") for fault in faults]
        self.denied += [name for code, name, _ in told if code != CommitUnknown.code]
        self.faults += [code for code, _, _ in told]

    def __enter__(self) -> Self:
        """Use them within a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave none behind."""
        self.stop()


def longest_pause(moments: Sequence[float]) -> float:
    """Return the longest time between two of these."""
    ordered = sorted(moments)
    return max((later - earlier for earlier, later in itertools.pairwise(ordered)), default=0.0)

"""One connection for each thread that uses a store, and none for a thread that has ended."""

from __future__ import annotations

import threading
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Let go."""
        ...


C = TypeVar("C", bound=Closable)


class _InUse(Generic[C]):
    """The time in which a thing is in use. A generator would take four times as long, for every question."""

    __slots__ = ("_all", "_thing")

    def __init__(self, all_: PerThread[C], thing: C) -> None:
        """Begin with the block."""
        self._all, self._thing = all_, thing

    def __enter__(self) -> None:
        """Begin."""
        self._all.begin(self._thing)

    def __exit__(self, *raised: object) -> None:
        """End, whatever was raised."""
        self._all.end(self._thing)


class PerThread(Generic[C]):
    """Keeps what belongs to one thread each."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._guard = threading.Lock()
        self._of: dict[threading.Thread, C] = {}
        self._busy: list[C] = []
        self._late: list[C] = []  # to be closed when it is not in use any more

    def mine(self) -> C | None:
        """Return what belongs to this thread, or None."""
        return self._of.get(threading.current_thread())

    def keep(self, thing: C) -> None:
        """Let a thing belong to this thread, and close what belonged to threads that have ended."""
        with self._guard:
            ended = [thread for thread in self._of if not thread.is_alive()]
            left = [self._of.pop(thread) for thread in ended]
            self._of[threading.current_thread()] = thing
        for other in left:
            other.close()

    def drop(self) -> None:
        """Close what belongs to this thread."""
        with self._guard:
            thing = self._of.pop(threading.current_thread(), None)
        if thing is not None:
            thing.close()

    def in_use(self, thing: C) -> _InUse[C]:
        """Let a thing be in use by its thread; who closes everything meanwhile leaves this one until after."""
        return _InUse(self, thing)

    def begin(self, thing: C) -> None:
        """Note that a thing is in use from now on."""
        with self._guard:
            self._busy.append(thing)

    def end(self, thing: C) -> None:
        """Note that a thing is not in use any more, and close it where that was wanted meanwhile."""
        with self._guard:
            self._busy.remove(thing)
            late = thing in self._late
            if late:
                self._late.remove(thing)
        if late:
            thing.close()

    def close(self) -> None:
        """Close what belongs to any thread: now, or, what is in use, when it is not any more."""
        with self._guard:
            things = list(self._of.values())
            self._of.clear()
            self._late += [thing for thing in things if thing in self._busy]
            things = [thing for thing in things if thing not in self._busy]
        for thing in things:
            thing.close()

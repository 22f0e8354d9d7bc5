"""One connection for each thread that uses a store, and none for a thread that has ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Let go."""
        ...


C = TypeVar("C", bound=Closable)


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

    @contextmanager
    def in_use(self, thing: C) -> Iterator[None]:
        """Let a thing be in use by its thread; who closes everything meanwhile leaves this one until after."""
        with self._guard:
            self._busy.append(thing)
        try:
            yield
        finally:
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

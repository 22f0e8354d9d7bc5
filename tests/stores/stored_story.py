"""The domain tests' story, told into a store: each step is loaded, decided and appended there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ipo_ledger.application.ports.store import Store
from ipo_ledger.domain import events as e
from ipo_ledger.domain.entry import Entry, Given
from ipo_ledger.domain.system import System
from tests.domain.given import site
from tests.domain.story import Story, moment

T = TypeVar("T")


class StoredStory(Story):
    """One system of a ledger, and beside it what the domain itself made of the same steps."""

    def __init__(self, store: Store, name: str = "hq") -> None:
        """Begin with a system that nothing is recorded of."""
        super().__init__()
        self.store = store
        self.name = name
        self.system = System(name)

    def record(self, command: Callable[[Entry], T], *, at: int | None = None, actor: str = "ana") -> T:
        """Record a command; when it is refused nothing is recorded."""
        minute = self.minute + 1 if at is None else at
        with self.store.writing() as writing:
            before = writing.system(self.name) or System(self.name)
            position = writing.head().position
            given = Given(at=moment(minute), actor=actor, command_id=f"c{position + 1}", reason="why not", ticket="T1")
            entry = Entry(before, given, after=position)
            result = command(entry)
            writing.append(entry)
        self._keep(entry, minute)
        return result


def a_stored_system(store: Store, name: str = "hq") -> StoredStory:
    """Return a story that begins with a system nothing is known of."""
    story = StoredStory(store, name)
    story.happens(e.SystemAdded("11.1", "UTC", "merge", "*36"), at=0)
    return story


def a_stored_site(store: Store, n: int, name: str = "hq") -> StoredStory:
    """Return a story that begins with n users U1, U2, ... (201, 202, ...), each at their base: extension 1, 2, ..."""
    story = a_stored_system(store, name)
    story.observe(site(n), at=0)
    return story


def note(store: Store, name: str, release: str = "11.1") -> list[e.Fact]:
    """Append the smallest entry there is: a system is added, or its settings are said again."""
    story = StoredStory(store, name)
    with store.reading() as reading:
        there = reading.system_row(name) is not None
    kind = e.SystemChanged if there else e.SystemAdded
    story.happens(kind(release, "UTC", "merge", "*36"))
    return story.last

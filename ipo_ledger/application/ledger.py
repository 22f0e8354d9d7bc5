"""A ledger: its systems, and the way to each of them."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

import msgspec

from ipo_ledger.application import answers as a
from ipo_ledger.application import settings, telling
from ipo_ledger.application.commands import Commands
from ipo_ledger.application.naming import system_called
from ipo_ledger.application.ports import KnownAnswer, ReadsExports, Store
from ipo_ledger.application.questions import Questions
from ipo_ledger.application.recording import answered, fingerprint
from ipo_ledger.application.saying import Said, given
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.events import SystemAdded
from ipo_ledger.domain.moments import zone_of
from ipo_ledger.domain.refusals import SystemExists
from ipo_ledger.domain.system import System

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class SystemLedger(Commands, Questions):
    """The ledger of one system: everything that can be recorded of it, and asked."""


class Ledger:
    """A store of facts about telephone systems. Use as a context manager, or `close` it."""

    def __init__(self, store: Store, *, actor: str, read_exports: ReadsExports) -> None:
        """Use a store, in the name of `actor`; nothing is read yet."""
        self._store = store
        self._actor = actor
        self._read_exports = read_exports
        self._systems: dict[str, SystemLedger] = {}

    @property
    def url(self) -> str:
        """Return the ledger's URL, without a password."""
        return self._store.url

    def init(self) -> bool:
        """Make the store, or bring it to this release; tell whether anything had to be done."""
        return self._store.create()

    def systems(self) -> a.SystemList:
        """Return every system, by name."""
        with self._store.reading() as reading:
            rows = reading.systems()
        return a.SystemList(systems=tuple(telling.system_answer(row, zone_of(row.settings.timezone)) for row in rows))

    def system(self, name: str | None = None) -> SystemLedger:
        """Return one system's ledger; the name is not needed while there is one system.

        Raises `UnknownSystem`, `NoSystem`, `SystemNeeded`.
        """
        if name is None or name not in self._systems:
            with self._store.reading() as reading:
                name = system_called(reading, name).name
            self._systems.setdefault(name, SystemLedger(self._store, name, self._actor, self._read_exports))
        return self._systems[name]

    def add_system(
        self,
        name: str,
        *,
        release: str,
        timezone: str,
        base_extension_by: str | None = None,
        logout_code: str | None = None,
        **said: Unpack[Said],
    ) -> a.SystemAnswer:
        """Keep a system in this ledger from now on; an embedded store is made where there is none yet.

        Raises `SystemExists`, `BadSetting`, `UnknownZone`.
        """
        new = settings.new(release, timezone, base_extension_by, logout_code)
        asked = {"name": settings.system_name(name), "settings": new}
        known = fingerprint(name, "system add", asked, said)
        zone = zone_of(timezone)
        if self._store.makes_itself:
            self._store.create()
        with self._store.writing() as writing:
            again = answered(writing, said, known)
            if again is not None:
                return msgspec.json.decode(again, type=a.SystemAnswer)
            if writing.system_row(name) is not None:
                raise SystemExists(name=name)
            before = System(name)
            told = given(said, zone=zone, now=writing.now(), actor=self._actor)
            entry = Entry(before, told, after=writing.head().position)
            entry.happens(SystemAdded(new.release, new.timezone, new.base_extension_by, new.logout_code))
            writing.append(before, entry)
            row = writing.system_row(name)
            assert row is not None
            answer = telling.system_answer(row, zone, entry.facts[-1].position)
            command_id = said.get("command_id")
            if command_id:
                writing.remember_answer(command_id, KnownAnswer(known, msgspec.json.encode(answer)))
        return answer

    def record(
        self, lines: Iterable[bytes | str], *, system: str | None = None, keep_going: bool = False
    ) -> Iterator[a.LineAnswer]:
        """Carry out many commands, one JSON object a line, and answer line by line, in order.

        Stops after the first line that fails, unless `keep_going`; nothing is recorded twice when run again with the
        same command ids.
        """
        from ipo_ledger.application.record import carry_out

        return carry_out(self, lines, system=system, keep_going=keep_going)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def __enter__(self) -> Self:
        """Use the ledger within a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the store at the end of the block."""
        self.close()

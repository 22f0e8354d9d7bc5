"""How a command is recorded: decided on the state in force, appended whole, answered once.

`Recorder.record` is the one way in. The store's transaction holds the ledger's head from before the decision until
after the append, so what was decided on is what is written to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from ipo_ledger.application.naming import system_called
from ipo_ledger.application.outcome import named, redone, refuse_recorded
from ipo_ledger.application.past import StoredPast
from ipo_ledger.application.ports.reading import Reading
from ipo_ledger.application.ports.rows import KnownAnswer
from ipo_ledger.application.ports.store import Store
from ipo_ledger.application.ports.writing import Writing
from ipo_ledger.application.refusals import CommandIdReused
from ipo_ledger.application.saying import Said, given
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.moments import zone_of
from ipo_ledger.domain.refusals import NothingKnownYet, UnknownSystem
from ipo_ledger.domain.system import System
from ipo_ledger.errors import OutcomeUnknown

A = TypeVar("A", bound=msgspec.Struct)


class Deciding:
    """What a command decides with: its entry on the system, and the past where it needs it."""

    def __init__(self, entry: Entry, reading: Reading, zone: ZoneInfo) -> None:
        """Gather what one decision may look at."""
        self.entry = entry
        self.reading = reading
        self.zone = zone
        self.past = StoredPast(reading, entry.system.key)

    @property
    def system(self) -> System:
        """Return the system as the entry leaves it so far."""
        return self.entry.system


class Recorder:
    """Records commands on one system; keeps the system's state between them, as long as nobody else wrote."""

    def __init__(self, store: Store, name: str, actor: str) -> None:
        """Record on the system of this name, in the name of `actor` unless a command says otherwise."""
        self.store = store
        self.name = name
        self.actor = actor
        self._kept: System | None = None

    def record(  # noqa: PLR0913 - what identifies a command, and what it does
        self,
        verb: str,
        asked: Mapping[str, Any],
        said: Said,
        decide: Callable[[Deciding], A],
        *,
        answer: type[A],
        needs_baseline: bool = True,
    ) -> A:
        """Decide, append and answer in one transaction; a command id given before gives its first answer again.

        When the store is lost on the way and nothing was recorded, it is decided and appended anew. Raises what
        `decide` raises, and then nothing is written; `CommandIdReused` for an id of another command.
        """
        command_id = said.get("command_id") or None
        told = fingerprint(self.name, verb, asked, said) if command_id else ""

        def once() -> A:
            deciding: Deciding | None = None
            try:
                with self.store.writing() as writing:
                    known = answered(writing, said, told)
                    if known is not None:
                        return msgspec.json.decode(known, type=answer)
                    before = self._system(writing, needs_baseline=needs_baseline)
                    deciding = self._deciding(before, writing, said)
                    found = decide(deciding)
                    writing.append(deciding.entry)
                    if command_id:
                        writing.remember_answer(command_id, KnownAnswer(told, msgspec.json.encode(found)))
            except OutcomeUnknown as unknown:
                raise named(unknown, deciding.entry if deciding is not None else None, command_id) from unknown
            self._kept = deciding.entry.system
            return found

        return redone(once, self.forget)

    def try_out(self, said: Said, decide: Callable[[Deciding], A]) -> A:
        """Decide without appending: the dry run is the run, stopped. Writes nothing."""
        with self.store.reading() as reading:
            before = self._system(reading, needs_baseline=True)
            return decide(self._deciding(before, reading, said))

    def forget(self) -> None:
        """Forget the system's state: it is read again."""
        self._kept = None

    def _deciding(self, before: System, reading: Reading, said: Said) -> Deciding:
        zone = zone_of(before.settings.timezone if before.settings is not None else "UTC")
        told = given(said, zone=zone, now=reading.now(), actor=self.actor)
        late = told.at < before.newest
        moved_on = reading.moved_on(before.key, told.at) if late else {}
        entry = Entry(before, told, after=reading.head().position, moved_on=moved_on)
        return Deciding(entry, reading, zone)

    def _system(self, reading: Reading, *, needs_baseline: bool) -> System:
        row = reading.system_row(self.name)
        if row is None:
            self._kept = None
            system_called(reading, self.name)
            raise UnknownSystem(asked=self.name)
        if self._kept is None or (self._kept.key, self._kept.version) != (row.key, row.version):
            self._kept = reading.system(self.name)
        assert self._kept is not None
        if needs_baseline and self._kept.baseline is None:
            raise NothingKnownYet(system=self.name)
        return self._kept


def answered(writing: Writing, said: Said, told: str) -> bytes | None:
    """Return the first answer to the command id, or None.

    Raises `CommandIdReused` when it was another command's, `AlreadyRecorded` when it was recorded without an answer.
    """
    command_id = said.get("command_id")
    if not command_id:
        return None
    known = writing.answer_to(command_id)
    if known is None:
        refuse_recorded(writing, command_id)
        return None
    if known.fingerprint != told:
        raise CommandIdReused(command_id=command_id)
    return known.answer


def fingerprint(system: str, verb: str, asked: Mapping[str, Any], said: Said) -> str:
    """Return what tells one command from another: the verb, its arguments, its time; not who says it, or why."""
    told = {"system": system, "do": verb, "at": said.get("at"), **asked}
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()

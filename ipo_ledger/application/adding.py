"""How a system is taken into a ledger."""

from __future__ import annotations

import msgspec

from ipo_ledger.application import answers as a
from ipo_ledger.application import settings, telling
from ipo_ledger.application.outcome import named
from ipo_ledger.application.ports.rows import KnownAnswer
from ipo_ledger.application.ports.store import Store
from ipo_ledger.application.recording import answered, fingerprint
from ipo_ledger.application.saying import Said, given
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.events import SystemAdded
from ipo_ledger.domain.moments import zone_of
from ipo_ledger.domain.records import Settings
from ipo_ledger.domain.refusals import SystemExists
from ipo_ledger.domain.system import System
from ipo_ledger.errors import OutcomeUnknown


class Wanted(msgspec.Struct, frozen=True):
    """A system that is to be kept from now on: its name and settings, checked."""

    name: str
    settings: Settings


def wanted(name: str, release: str, timezone: str, base_extension_by: str | None, logout_code: str | None) -> Wanted:
    """Read and complete what is given. Raises `BadSetting`, `UnknownZone`."""
    new = settings.new(release, timezone, base_extension_by, logout_code)
    return Wanted(settings.system_name(name), new)


def add(store: Store, actor: str, wanted: Wanted, said: Said) -> a.SystemAnswer:
    """Record the first event of a system. Raises `SystemExists`."""
    name, new = wanted.name, wanted.settings
    told = fingerprint(name, "system add", {"name": name, "settings": new}, said)
    zone = zone_of(new.timezone)
    command_id = said.get("command_id") or None
    entry: Entry | None = None
    try:
        with store.writing() as writing:
            again = answered(writing, said, told)
            if again is not None:
                return msgspec.json.decode(again, type=a.SystemAnswer)
            if writing.system_row(name) is not None:
                raise SystemExists(name=name)
            says = given(said, zone=zone, now=writing.now(), actor=actor)
            entry = Entry(System(name), says, after=writing.head().position)
            entry.happens(SystemAdded(new.release, new.timezone, new.base_extension_by, new.logout_code))
            writing.append(entry)
            row = writing.system_row(name)
            assert row is not None
            answer = telling.system_answer(row, zone, entry.facts[-1].position)
            if command_id:
                writing.remember_answer(command_id, KnownAnswer(told, msgspec.json.encode(answer)))
    except OutcomeUnknown as unknown:
        raise named(unknown, entry, command_id) from unknown
    return answer

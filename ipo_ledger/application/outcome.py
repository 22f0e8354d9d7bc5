"""When the store is lost on the way: what is done again by itself, and how a command is asked for afterwards.

Every event bears the id of its command. A command that was given none can be asked for by the id that was made for
it, together with the position of its last event: where that event has that id, the command was recorded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from ipo_ledger.application.refusals import AlreadyRecorded
from ipo_ledger.errors import StoreUnusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ipo_ledger.application.ports.reading import Reading
    from ipo_ledger.domain.entry import Entry
    from ipo_ledger.errors import OutcomeUnknown

T = TypeVar("T")

TURNS = 3
"""How often something is done anew before the fault is told: a store that is lost so often in a row will not do."""

_MADE = r"(?a:(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@(?P<position>[1-9][0-9]{0,17}))"


def redone(once: Callable[[], T], forget: Callable[[], None]) -> T:
    """Do something; do it anew when the store was lost and nothing was recorded. `forget` what was known before."""
    for _ in range(TURNS - 1):
        try:
            return once()
        except StoreUnusable as fault:
            forget()
            if not fault.again:
                raise
    return once()


def named(unknown: OutcomeUnknown, entry: Entry | None, command_id: str | None) -> OutcomeUnknown:
    """Return a fault of which nobody knows what it left, with the id by which the command can be asked for."""
    if command_id is None and entry is not None and entry.facts:
        command_id = f"{entry.given.command_id}@{entry.facts[-1].position}"
    return unknown.of_command(command_id) if command_id is not None else unknown


def refuse_recorded(reading: Reading, command_id: str) -> None:
    """Raise `AlreadyRecorded` where an id that was made for a command is that of the event it names."""
    made = re.fullmatch(_MADE, command_id)
    if made is None:
        return
    position = int(made["position"])
    fact = reading.facts_at([position]).get(position)
    if fact is not None and fact.command_id == made["id"]:
        raise AlreadyRecorded(command_id=command_id, position=position, system=fact.system)

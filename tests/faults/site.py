"""The ledger that faults are tried on, the command that meets them, and what has to be true of it afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import ipo_ledger
from ipo_ledger import Ledger
from ipo_ledger.domain.events import Fact
from ipo_ledger.opening import open_ledger
from tests.stores.places import AnyStore, machine_clock
from tests.stores.stored_story import a_stored_site

USERS = ("U1", "U2")
EVENTS = 8  # of a swap of them that is done: the batch, two changes, the send, two log-outs, two log-ins
SYSTEM = "hq"


def a_ledger(url: str) -> None:
    """Make a ledger of nine users there."""
    with ipo_ledger.open(url, actor="ana") as ledger:
        ledger.init()
    store = a_store(url)
    a_stored_site(store, 9, SYSTEM)
    store.close()


def a_store(url: str, busy_seconds: float = 30.0) -> AnyStore:
    """Return a store by its URL, as patient as one likes."""
    from ipo_ledger.adapters.postgres.store import PostgresStore
    from ipo_ledger.adapters.sqlite.store import SqliteStore

    if url.startswith("sqlite:///"):
        return SqliteStore(Path(url.removeprefix("sqlite:///")), machine_clock, busy_seconds=busy_seconds)
    return PostgresStore(url, busy_seconds=busy_seconds)


def opened(url: str, busy_seconds: float = 30.0) -> Ledger:
    """Return a ledger by its URL, as patient as one likes."""
    with open_ledger(url) as known:
        return Ledger(a_store(url, busy_seconds), actor="ana", read_exports=known._read_exports)  # noqa: SLF001 - as it is opened, but for its patience


def swap(ledger: Ledger, name: str, *, command_id: str | None = None) -> int:
    """Record a swap under a name, and return the position that is answered."""
    answer = ledger.system(SYSTEM).swap(*USERS, done=True, reason=name, command_id=command_id)
    assert answer.position is not None
    return answer.position


def recorded(url: str) -> dict[str, list[Fact]]:
    """Return the events of each command by the name it was given; what has none is left out."""
    found: dict[str, list[Fact]] = defaultdict(list)
    store = a_store(url)
    with store.reading() as reading:
        for fact in reading.facts():
            if fact.reason is not None and fact.batch is not None:
                found[fact.reason].append(fact)
    store.close()
    return dict(found)


@dataclass(slots=True)
class Looked:
    """What a look at a ledger after faults found: how many commands, which acknowledged ones are lost, what else."""

    commands: int
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def look(url: str, acknowledged: Mapping[str, int], denied: Collection[str] = ()) -> Looked:
    """Look whether all is well; `denied` are commands of which it was told that nothing was recorded.

    Every command that was acknowledged is there at its position, every other whole or not at all, each once;
    positions have no gap; `verify` finds nothing; and the next command works.
    """
    found = recorded(url)
    looked = Looked(len(found))
    for name, facts in found.items():
        positions = [fact.position for fact in facts]
        if positions != list(range(positions[0], positions[0] + EVENTS)) or len({f.command_id for f in facts}) != 1:
            looked.wrong.append(f"{name} is at {positions}, in part or twice")
    for name, position in acknowledged.items():
        if name not in found:
            looked.lost.append(name)
        elif found[name][-1].position != position:
            looked.wrong.append(f"{name} was acknowledged at {position} and is at {found[name][-1].position}")
    looked.wrong += [f"{name} is said not to be recorded, and is there" for name in denied if name in found]
    with opened(url) as ledger:
        verdict = ledger.verify()
        looked.wrong += [finding.message for finding in verdict.findings]
        next_one = swap(ledger, f"after {verdict.events}")
    if next_one != verdict.events + EVENTS:
        looked.wrong.append(f"the next command is at {next_one}, after {verdict.events} events")
    return looked


def refuse_unsound(url: str, acknowledged: Mapping[str, int]) -> int:
    """Raise unless all is well (see `look`); return how many commands are there."""
    looked = look(url, acknowledged)
    assert not looked.lost
    assert not looked.wrong
    return looked.commands

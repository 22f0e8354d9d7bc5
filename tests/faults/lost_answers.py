"""One command, and the wire to the server cut at one place of its conversation: what is said of it, and what is true.

Three things may come after the cut: the server answers again (the command has to be answered as if nothing had been),
it stays away (what is said must be true, and asking again has one effect), or its end of the wire stays open, so that
the old transaction still holds the head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Literal

from ipo_ledger.application.refusals import AlreadyRecorded
from ipo_ledger.errors import OutcomeUnknown, StoreUnusable
from tests.faults.site import a_ledger, look, opened, recorded, swap
from tests.faults.trial import Found, Trial, a_server
from tests.faults.wire import PATIENCE, Cut, Side, Wire, wire

Then = Literal["answers again", "stays away", "hangs on"]
IMPATIENT = 0.2  # seconds: so long a server that stays away is waited for


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody was told (`done`, or the slug of the error), whether it was so, and where it is by now."""

    what: str
    done: bool
    position: int | None


def conversation(through: Wire, name: str = "counted") -> dict[Side, int]:
    """Return how many messages each side sends for one command on a new connection."""
    with opened(through.url) as ledger:
        ledger.systems()
        through.arm(Cut("client", 1 << 30))
        swap(ledger, name)
        return through.seen


def try_one(through: Wire, url: str, cut: Cut, then: Then, name: str) -> Told:
    """Record a swap while the wire is cut; raise unless what is told is true, and the command was done once at most."""
    with opened(through.url, PATIENCE if then == "answers again" else IMPATIENT) as ledger:
        ledger.systems()
        through.arm(cut, stays_cut=then == "stays away")
        try:
            position = swap(ledger, name)
        except StoreUnusable as fault:
            assert then != "answers again", f"{name}: {fault}"
            assert through.happened.wait(PATIENCE)
            told = _ask_again(through, url, name, fault)
        else:
            facts = recorded(url)[name]
            assert position == facts[-1].position
            told = Told("done", done=True, position=position)
    through.mend()
    return told


def _ask_again(through: Wire, url: str, name: str, fault: StoreUnusable) -> Told:
    """Hold what was said of a command against what is there; ask again where nobody knew."""
    if not isinstance(fault, OutcomeUnknown):
        through.mend()
        assert name not in recorded(url), f"{name} is said not to be recorded: {fault}"
        return Told(fault.code, done=False, position=None)
    command_id = fault.details["command_id"]
    assert f"--command-id {command_id}" in fault.hint
    through.mend()  # before that the old session may still hold the head
    with opened(url) as ledger:
        try:
            position = swap(ledger, name, command_id=command_id)
        except AlreadyRecorded as known:
            position, done = known.details["position"], True
        else:
            done = False
            assert swap(ledger, name, command_id=command_id) == position
    facts = recorded(url)[name]
    assert position == facts[-1].position
    return Told(fault.code, done=done, position=position)


def everywhere(then: Then, rounds: int, _: Random) -> Found:
    """Cut the wire before and within every message of both sides, `rounds` times over."""
    found, acknowledged = Found(), {}
    with a_server() as server:
        url = server.create_database("ledger")
        a_ledger(url)
        with wire(url) as cut_wire:
            for number in range(rounds):
                for cut in _places(conversation(cut_wire, f"counted {number}"), leaving=then == "hangs on"):
                    name = f"{number}: {cut}"
                    told = try_one(cut_wire, url, cut, then, name)
                    found.injected += 1
                    found.seen[told.what + (" and done" if told.done and told.what != "done" else "")] += 1
                    if told.position is not None:
                        acknowledged[name] = told.position
        found.take(look(url, acknowledged), len(acknowledged))
    return found


def _places(messages: Mapping[Side, int], *, leaving: bool) -> Iterator[Cut]:
    for side, count in messages.items():
        for after in range(count):
            for share in (0.0, 0.5):
                yield Cut(side, after, share, leaving)


TRIALS = [
    Trial("lost-answers", "the wire is cut, and the server answers again", 1, partial(everywhere, "answers again")),
    Trial("server-gone", "the wire is cut, and the server stays away", 1, partial(everywhere, "stays away")),
    Trial("hung-session", "the wire is cut, and the server does not notice", 1, partial(everywhere, "hangs on")),
]

"""Taking back what is wrong in the ledger: it never happened, or it happened otherwise (docs/time.md).

A correction takes a fact away with everything that followed from it by itself, and spells out what stands then.
Nothing is erased: answers as known before it stay. It is refused when later facts rest on what it takes away: facts
of the same extension or user, of whoever would have come back to that phone, or phones that would have gone back to
that user, another change of the same number, a restart since, or a reversal; where facts stand again, also when their
batch went on since, or another correction took away what they had rested on (beneath.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ipo_ledger.domain import batch as batches
from ipo_ledger.domain import events as e
from ipo_ledger.domain import hot_desking
from ipo_ledger.domain import refusals as r
from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.looking_back import History
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.rests import RestedOn, Rests
from ipo_ledger.domain.stands_then import StandsThen

How: TypeAlias = Literal["never", "otherwise", "again"]


class Found(Struct, frozen=True):
    """What is to be taken away: the fact that was named, everything that goes with it, and its roots in order."""

    target: e.Fact
    facts: tuple[e.Fact, ...]
    roots: tuple[e.Fact, ...]


# --- what goes with a fact ----------------------------------------------------------------------------------


def with_consequences(history: History, target: e.Fact) -> Found:
    """Return a fact and what followed from it by itself. Raises `NotCorrectable`, `OnlyAConsequence`."""
    _refuse_taken(history, target)
    command = history.command_of(target)
    by_position = {fact.position: fact for fact in command}
    root = root_of(target, by_position)
    if root is not target and not _same_move(root, target):
        raise r.OnlyAConsequence(position=target.position, type=target.name, root=root.position, root_type=root.name)
    if not _may_be_taken(root):
        raise r.NotCorrectable(position=target.position, type=target.name, **_instead(root, history))
    if isinstance(root.event, e.Corrected):
        return Found(target, tuple(command), (root,))
    roots = _traded(root, command)
    return Found(target, tuple(f for f in command if root_of(f, by_position) in roots), roots)


def _traded(root: e.Fact, command: Sequence[e.Fact]) -> tuple[e.Fact, ...]:
    """Return a fact and, of a renumber, those of the same command without which two people had one number."""
    if not isinstance(root.event, e.UserRenumbered):
        return (root,)
    renumbers = {f.position: (f, {f.event.old, f.event.new}) for f in command if isinstance(f.event, e.UserRenumbered)}
    found, numbers = {root.position}, {root.event.old, root.event.new} - {None}
    while more := {p for p, (_, said) in renumbers.items() if p not in found and said & numbers}:
        found |= more
        numbers |= {n for p in more for n in renumbers[p][1] if n is not None}
    return tuple(renumbers[p][0] for p in sorted(found))


def of_batch(history: History, batch: Batch) -> Found:
    """Return the send of a batch with what was recorded with it. Raises `NotCorrectable`."""
    if batch.status == "draft":
        raise r.NotCorrectable(
            position=batch.opened_position,
            type="BatchOpened",
            why=f"{batch.name} is a draft: nothing of it happened yet",
            instead=f"ipo-ledger abandon {batch.name}",
        )
    if not batch.sends:
        raise r.NotCorrectable(
            position=batch.opened_position,
            type="BatchOpened",
            why=f"{batch.name} is abandoned, and nothing of it is in effect",
            instead=f"ipo-ledger show {batch.name}",
        )
    sent = history.facts_at([batch.sends[-1].position])[batch.sends[-1].position]
    command = history.command_of(sent)
    by_position = {fact.position: fact for fact in command}
    root = {f.position: root_of(f, by_position).position for f in command}
    roots = tuple(
        f
        for f in command
        if root[f.position] == f.position
        and (f.position == sent.position or (f.position > sent.position and _may_be_taken(f)))
    )
    taken = {f.position for f in roots}
    return Found(sent, tuple(f for f in command if root[f.position] in taken), roots)


def root_of(fact: e.Fact, by_position: dict[int, e.Fact]) -> e.Fact:
    """Return the fact of the same command that a fact followed from, at the beginning: what somebody did."""
    while fact.caused_by is not None and fact.caused_by in by_position:
        cause = by_position[fact.caused_by]
        if isinstance(cause.event, e.Corrected) and not isinstance(fact.event, e.Corrected):
            return fact
        fact = cause
    return fact


def _same_move(root: e.Fact, target: e.Fact) -> bool:
    """Tell whether two facts are one thing somebody did: a log-in begins with leaving, or displacing."""
    return isinstance(target.event, e.UserLoggedIn) and target.event.cause == "dialled" and _leaves(root)


def _leaves(fact: e.Fact) -> bool:
    return isinstance(fact.event, e.UserLoggedOut) and fact.event.cause in {"moved", "displaced"}


def _may_be_taken(fact: e.Fact) -> bool:
    match fact.event:
        case e.UserLoggedOut():
            return fact.event.cause in {"dialled", "moved", "displaced"}
        case e.UserLoggedIn():
            return fact.event.cause == "dialled"
        case e.ConfigurationSent() | e.SystemRestarted() | e.BatchAbandoned() | e.UserRenumbered() | e.Corrected():
            return True
        case _:
            return False


def _instead(fact: e.Fact, history: History) -> dict[str, str]:
    match fact.event:
        case e.BatchOpened() | e.BaseExtensionChanged():
            batch = history.batch(fact.event.batch)
            way = "abandon" if batch.status == "draft" else "show" if not batch.sends else "correct"
            return {
                "why": "a draft says what is meant; what happened is its send",
                "instead": f"ipo-ledger {way} {batch.name}" + (" --never" if way == "correct" else ""),
            }
        case e.SystemAdded() | e.SystemChanged():
            return {"why": "settings are set anew", "instead": "ipo-ledger system set"}
        case e.UserChanged():
            return {"why": "what exports do not say is set anew", "instead": f"ipo-ledger user set {fact.event.user}"}
        case e.ExtensionChanged():
            return {"why": "a label is set anew", "instead": f"ipo-ledger label {fact.event.extension_id} TEXT"}
        case _:
            return {"why": "an export said so; a fresh one is taken in anew", "instead": "ipo-ledger import EXPORT"}


def _refuse_taken(history: History, target: e.Fact) -> None:
    by = history.taken_away_by(target.position)
    if by is not None:
        raise r.CorrectedAlready(position=target.position, by=by)


# --- taking away --------------------------------------------------------------------------------------------


def take_away(entry: Entry, found: Found, history: History, how: How) -> e.Fact:
    """Record the correction that takes facts away. Raises `RestedOn` with the positions of later facts in the way."""
    took = {f.position for f in found.facts}
    looked = _Looked(entry.system, history, took)
    for fact in found.facts:
        looked.at(fact)
    looked.refuse_what_rests()
    looked.unsettle()
    event = found.target.event
    for number in looked.batches:
        entry.system.open.setdefault(number, history.batch(number))
    corrected = entry.happens(
        e.Corrected(
            target=found.target.position,
            type=found.target.name,
            how=how,
            took=tuple(sorted(took)),
            extensions=tuple(looked.extension_stands(i) for i in sorted(looked.extensions)),
            users=tuple(looked.user_stands(name) for name in sorted(looked.users)),
            batches=tuple(looked.batch_stands(n) for n in sorted(looked.batches)),
            floor=looked.floor(),
            user=getattr(event, "user", None),
            extension_id=getattr(event, "extension_id", None),
        ),
        batch=found.target.batch,
    )
    entry.because = corrected
    return corrected


class _Looked(Rests, StandsThen):
    """What the facts to be taken away touched, what rests on it, and what stands then."""


# --- saying it anew -----------------------------------------------------------------------------------------


def said_otherwise(entry: Entry, found: Found, *, at: datetime | None, extension_id: int | None) -> None:
    """Record what really happened instead: the same at another time, or a log-in at another extension."""
    if at is not None:
        entry.given = replace(entry.given, at=at)
    for root in found.roots:
        if at is None:
            entry.given = replace(entry.given, at=root.occurred_at)
        _again(entry, root, found, extension_id)


def _again(entry: Entry, root: e.Fact, found: Found, extension_id: int | None) -> None:
    event: Any = root.event
    seated = next(
        (f.event for f in found.facts if isinstance(f.event, e.UserLoggedIn) and f.event.cause == "dialled"), None
    )
    match event:
        case e.UserLoggedOut() if event.cause == "dialled":
            hot_desking.log_out(entry, event.user)
        case e.UserLoggedOut() | e.UserLoggedIn():
            assert seated is not None
            hot_desking.log_in(entry, seated.user, seated.extension_id if extension_id is None else extension_id)
        case e.ConfigurationSent():
            batches.send(entry, event.batch, event.mode, with_conflicts=event.outcome == "conflicts")
        case e.SystemRestarted():
            hot_desking.restart(entry)
        case e.BatchAbandoned():
            batches.abandon(entry, event.batch)
        case e.UserRenumbered():
            entry.happens(e.UserRenumbered(event.user, event.old, event.new))


def stands_again(entry: Entry, found: Found, history: History) -> None:
    """Record anew, at their own times, the facts that a correction had taken away and that stand again."""
    target = found.target.event
    assert isinstance(target, e.Corrected)
    earlier = history.facts_at(target.took)
    now: dict[int, e.Fact] = {}
    for position in sorted(earlier):
        fact = earlier[position]
        if isinstance(fact.event, e.Corrected):
            continue  # what it had said is taken away with the correction that is taken back now
        cause = now.get(fact.caused_by) if fact.caused_by is not None else None
        now[position] = entry.stands_again(fact, because=cause)


def refuse_held_twice(entry: Entry, corrected: e.Fact) -> None:
    """Refuse to make a batch hold again what another one holds by now. Raises `RestedOn` with what opened that."""
    event = corrected.event
    assert isinstance(event, e.Corrected)
    rests = set()
    for number in (stands.batch for stands in event.batches):
        batch = entry.system.open[number]
        for other in entry.system.open.values() if batch.pending_in_configuration else ():
            shared = other.changes.keys() & batch.changes.keys()
            if other.number != number and other.pending_in_configuration and shared:
                rests.add(other.opened_position)
    if rests:
        raise RestedOn(sorted(rests, reverse=True))


def abandon_taken(entry: Entry, batch: int) -> None:
    """Record that a batch, whose send was taken away because the batch never was, is given up."""
    entry.given = replace(entry.given, at=max(entry.given.at, entry.system.open[batch].last.at))
    batches.abandon(entry, batch)

"""The rules run again over what is recorded, to see that what followed by itself really follows.

Of every command what somebody did is taken as it is, and done again to the system as it was before; what comes of
it must be what was recorded, fact for fact: automatic log-ins (H3, H4), displaced people (H1), restarts (H8),
what a send puts in force, what stands once a correction took something away.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from msgspec import Struct
from msgspec.structs import asdict, replace

from ipo_ledger.application.corrections import StoredHistory
from ipo_ledger.application.listing import in_words
from ipo_ledger.application.ports.shadow import Shadow
from ipo_ledger.application.recording import Deciding
from ipo_ledger.domain import baseline, correction, hot_desking
from ipo_ledger.domain import batch as batches
from ipo_ledger.domain import events as e
from ipo_ledger.domain.correction import Found
from ipo_ledger.domain.entry import Entry, Given
from ipo_ledger.domain.moments import zone_of
from ipo_ledger.domain.rests import RestedOn
from ipo_ledger.domain.system import System
from ipo_ledger.errors import LedgerError


class Broken(Struct, frozen=True):
    """Where a rule does not hold, and how."""

    position: int
    message: str


class _Unfounded(Exception):
    """Nothing that was recorded before makes this event possible."""


def broken(shadow: Shadow, command: Sequence[e.Fact]) -> Broken | None:
    """Return where a command does not follow from what `shadow` took before it by the rules, or None."""
    if any(isinstance(fact.event, e.Corrected) for fact in command):
        shadow.flush()  # a correction looks back
    return _Replay(shadow, command).broken()


class _Replay:
    """One command, done again."""

    def __init__(self, shadow: Shadow, command: Sequence[e.Fact]) -> None:
        first = command[0]
        given = Given(
            at=first.occurred_at,
            actor=first.actor,
            command_id=first.command_id,
            reason=first.reason,
            ticket=first.ticket,
        )
        self.shadow = shadow
        self.command = command
        self.entry = Entry(shadow.before(first.system), given, after=first.position - 1)
        self.came_back = False

    @property
    def system(self) -> System:
        return self.entry.system

    def broken(self) -> Broken | None:
        """Return the first fact that does not follow."""
        made = self.entry.facts
        while len(made) < len(self.command):
            done = len(made)
            root = self.command[done]
            try:
                self._again(root)
            except _Unfounded as why:
                return Broken(root.position, f"Event {root.position} ({in_words(root.event)}) does not follow: {why}.")
            except LedgerError as refused:
                return Broken(root.position, f"The rules refuse event {root.position}: {refused.message}")
            except (LookupError, AssertionError, TypeError, ValueError, RestedOn) as fault:
                what = f"{type(fault).__name__}: {fault}"
                return Broken(root.position, f"Event {root.position} does not fit what was before it ({what}).")
            found = self._first_difference(done)
            if found is not None:
                return found
        if not self.came_back:
            self._come_back()
        return self._first_difference(len(self.command))

    def _first_difference(self, start: int) -> Broken | None:
        for said, follows in zip_longest(self.command[start : len(self.entry.facts)], self.entry.facts[start:]):
            if said is None:
                last = self.command[-1].position
                return Broken(last, f"After event {last} should have followed: {in_words(follows.event)}.")
            if replace(said, recorded_at=None) != follows:
                return Broken(said.position, _difference(said, follows))
        return None

    # --- what somebody did ----------------------------------------------------------------------------------

    def _again(self, root: e.Fact) -> None:  # noqa: C901 - one case an event
        entry, event = self.entry, root.event
        match event:
            case e.UserLoggedOut(cause="dialled"):
                hot_desking.log_out(entry, event.user)
            case e.UserLoggedOut(cause="moved" | "displaced") | e.UserLoggedIn(cause="dialled"):
                seated = self._dialled()
                hot_desking.log_in(entry, seated.user, seated.extension_id)
            case e.UserLoggedOut(cause="removed"):
                hot_desking.leave_removed(entry, event.user)
            case e.UserLoggedOut() | e.UserLoggedIn():
                self._come_back()
            case e.SystemRestarted():
                hot_desking.restart(entry)
            case e.ConfigurationSent():
                conflicts = event.outcome == "conflicts" or event.mode == "observed"
                batches.send(entry, event.batch, event.mode, with_conflicts=conflicts)
            case e.BatchAbandoned():
                batches.abandon(entry, event.batch)
            case e.Corrected():
                self._correct(event)
            case e.BatchOpened() | e.BaseExtensionChanged():
                self._drafted(event)
                entry.happens(event, batch=event.batch)
            case _:
                self._said(event)
                entry.happens(event)
        if entry.facts and entry.facts[-1].position < root.position:
            raise _Unfounded("nothing made it happen")

    def _dialled(self) -> e.UserLoggedIn:
        for fact in self.command[len(self.entry.facts) :]:
            if isinstance(fact.event, e.UserLoggedIn) and fact.event.cause == "dialled":
                return fact.event
        raise _Unfounded("nobody logs in there")

    def _drafted(self, event: e.BatchOpened | e.BaseExtensionChanged) -> None:
        if isinstance(event, e.BatchOpened):
            if event.batch != self.system.last_batch + 1:
                raise _Unfounded(f"the next batch is B{self.system.last_batch + 1}")
            if any(not 0 < number < event.batch for number in event.reverses):
                raise _Unfounded("it reverses a batch that was not there")
            return
        draft = self.system.open.get(event.batch)
        if draft is None or draft.status != "draft":
            raise _Unfounded(f"B{event.batch} is no draft")
        said = batches.base_said(self.system, draft, event.extension_id)
        if event.old != said:
            raise _Unfounded(f"extension {event.extension_id} had {batches.shown(said)} then")
        holder = self.system.holder(event.extension_id)
        if holder is not None and holder.number != event.batch and not draft.observed:
            raise _Unfounded(f"{holder.name} holds extension {event.extension_id}")

    def _said(self, event: e.Event) -> None:
        """Refuse what is said of something that is not there, or added where it is there already."""
        system = self.system
        match event:
            case e.SystemAdded():
                wrong = system.version > 0
            case e.ExtensionAdded():
                wrong = event.extension_id in system.extensions
            case e.ExtensionChanged():
                wrong = event.extension_id not in system.extensions
            case e.ExtensionRemoved():
                wrong = system.extensions[event.extension_id].user is not None
            case e.UserAdded():
                wrong = event.user in system.users
            case e.UserChanged():
                wrong = event.user not in system.users
            case e.UserRenumbered():
                wrong = system.users[event.user].number != event.old
            case e.UserRemoved():
                wrong = system.users[event.user].extension_id is not None
            case _:
                wrong = False
        if wrong or (system.settings is None and not isinstance(event, e.SystemAdded)):
            raise _Unfounded("what it is about was not so then")

    # --- what an import ends with ---------------------------------------------------------------------------

    def _come_back(self) -> None:
        """Do what an import ends with, once a command."""
        if self.came_back:
            raise _Unfounded("nothing made it happen")
        self.came_back = True
        baseline.come_back(self.entry)

    # --- corrections ----------------------------------------------------------------------------------------

    def _correct(self, event: e.Corrected) -> None:
        entry = self.entry
        history = StoredHistory(Deciding(entry, self.shadow, zone_of("UTC")))
        found = _found(history, event)
        rest = self.command[len(entry.facts) + 1 :]
        correction.take_away(entry, found, history, event.how)
        if event.how == "again":
            correction.stands_again(entry, found, history)
        elif event.how == "otherwise" and rest:
            logged_in = (f.event for f in rest if isinstance(f.event, e.UserLoggedIn) and f.event.cause == "dialled")
            seated = next(logged_in, None)
            extension_id = seated.extension_id if seated is not None else None
            correction.said_otherwise(entry, found, at=rest[0].occurred_at, extension_id=extension_id)
        elif rest and isinstance(rest[0].event, e.BatchAbandoned):
            correction.abandon_taken(entry, rest[0].event.batch)


def _found(history: StoredHistory, event: e.Corrected) -> Found:
    """Return what a correction was about: a fact with what followed, or the send of a batch with all its log-outs."""
    target = history.facts_at([event.target]).get(event.target)
    if target is None:
        raise _Unfounded(f"there is no event {event.target}")
    found = correction.with_consequences(history, target)
    took = tuple(fact.position for fact in found.facts)
    if took != event.took and isinstance(target.event, e.ConfigurationSent):
        return correction.of_batch(history, history.batch(target.event.batch))
    return found


def _difference(said: e.Fact, follows: e.Fact) -> str:
    if said.event != follows.event:
        spelled = f" (it says {said.event}, and it should be {follows.event})" if said.name == follows.name else ""
        return (
            f"Event {said.position} says: {in_words(said.event)}. By the rules it is: "
            f"{in_words(follows.event)}{spelled}."
        )
    ours, theirs = asdict(follows), asdict(replace(said, recorded_at=None))
    fields = ", ".join(
        f"{name} {theirs[name]} where {ours[name]} follows" for name in ours if ours[name] != theirs[name]
    )
    return f"Event {said.position} ({in_words(said.event)}) has {fields}."

"""One IP Office as its events leave it: the state that decisions are made from.

`System` holds what is true now (settings, extensions, users, open batches), never the history, so that a command
costs the same after ten years. It is loaded from the read model, or folded from the events (fold.py): both are equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from ipo_ledger.domain import events as e
from ipo_ledger.domain.moments import EARLIEST
from ipo_ledger.domain.records import (
    Batch,
    Extension,
    Mark,
    Settings,
    User,
    Waiting,
)
from ipo_ledger.domain.trail import Trail

_INDEXES = frozenset({"extensions", "users", "gone_extensions", "gone_users", "by_number", "_homes"})


class System:
    """One IP Office: its extensions, its users, who is seated where, and the batches that are not settled."""

    def __init__(self, name: str) -> None:
        """Begin with a system of which nothing is known yet."""
        self.name = name
        self.key = 0  # position of its SystemAdded: its short name in the read model
        self.version = 0
        self.settings: Settings | None = None
        self.extensions: Mapping[int, Extension] = {}
        self.users: Mapping[str, User] = {}
        self.open: dict[int, Batch] = {}  # drafts, and sent batches that are not settled
        self.gone_extensions: Mapping[int, Extension] = {}  # as they were last; `last` is their removal
        self.gone_users: Mapping[str, User] = {}
        self.last_batch = 0
        self.baseline: Mark | None = None  # the first extension or user: nothing is known before
        self.floor: Mark | None = None  # the last restart: it touched everything
        self.by_number: Mapping[str, str] = {}
        self._homes: Mapping[str, tuple[int, ...]] = {}
        self._borrowed: frozenset[str] = frozenset()  # which of these another copy has, too
        self.shared: frozenset[str] = frozenset()  # numbers that are the base of several extensions
        self.restless: dict[int, set[int]] = {}  # batch in force -> extensions not yet at rest
        self.owned: set[int] = set()  # batches whose changes this copy may mutate
        self.newest = EARLIEST  # nothing of it happened later: no fact dated from then on comes late
        self.trail = Trail()

    # --- looking ------------------------------------------------------------------------------------------

    def user_with(self, number: str | None) -> User | None:
        """Return the user who has this number, or None."""
        name = self.by_number.get(number) if number is not None else None
        return self.users[name] if name is not None else None

    def homes(self, number: str | None) -> tuple[int, ...]:
        """Return the extensions whose base extension in force is this number, by id."""
        return self._homes.get(number, ()) if number is not None else ()

    def default_user(self, extension_id: int) -> User | None:
        """Return the user whose number is the base extension in force, or None."""
        return self.user_with(self.extensions[extension_id].base)

    def at_rest(self, extension_id: int) -> bool:
        """Tell whether an extension is as its base says: its default user sits there, or has none and is vacant."""
        extension = self.extensions.get(extension_id)
        if extension is None:
            return True
        default = self.user_with(extension.base)
        return extension.user == (default.name if default is not None else None)

    def holder(self, extension_id: int) -> Batch | None:
        """Return the draft, or the sent batch that waits for its restart, that holds this extension."""
        for batch in self.open.values():
            if batch.pending_in_configuration and extension_id in batch.changes:
                return batch
        return None

    def open_batch_at(self, extension_id: int) -> int | None:
        """Return the batch, not settled, that changed this extension in force last."""
        found = [b for b in self.open.values() if b.in_force and b.status == "sent" and extension_id in b.changes]
        return max(found, key=lambda b: b.order).number if found else None

    def waiting(self, batch: Batch) -> list[Waiting]:
        """Return what a batch in force still waits for, by extension id."""
        if not batch.in_force or batch.status != "sent":
            return []
        found = []
        for extension_id in sorted(self.restless.get(batch.number, ())):
            extension = self.extensions[extension_id]
            if extension.user is not None:
                user = self.users[extension.user]
                found.append(Waiting(extension_id, "log-out", user.name, user.number, False, extension_id))
                continue
            default = self.user_with(extension.base)
            if default is not None:
                by_hand = default.forced_login or len(self.homes(default.number)) > 1
                found.append(
                    Waiting(extension_id, "log-in", default.name, default.number, by_hand, default.extension_id)
                )
        return found

    def in_the_way(self, event: e.Event, at: datetime, moved_on: Mapping[str, Mark]) -> tuple[str, Mark] | None:
        """Return what `event` dated `at` would come before, with the words for it, or None.

        Of several the latest in time: from then on the event would be taken. `moved_on` are the numbers that changed
        hands or desks since.
        """
        if at >= self.newest and not moved_on:
            return None
        marks = [*self._marks(event)]
        marks += [(f"number {n}", moved_on[n]) for n in sorted(self._numbers(event) & moved_on.keys())]
        late = [(what, mark) for what, mark in marks if mark.at > at]
        return max(late, key=lambda found: (found[1].at, found[1].position), default=None)

    def later_than(
        self, at: datetime, extension_ids: Sequence[int], users: Sequence[str], others: Sequence[tuple[str, Mark]]
    ) -> tuple[str, Mark] | None:
        """Return the latest fact after `at` recorded of one of these extensions or users, or of `others`, or None."""
        if at >= self.newest and not others:
            return None
        marks = [found for i in extension_ids for found in self._touched(i)]
        marks += [found for name in users for found in self._touched(None, name)]
        marks += others
        late = [(what, mark) for what, mark in marks if mark.at > at]
        return max(late, key=lambda found: (found[1].at, found[1].position), default=None)

    def _marks(self, event: e.Event) -> Iterator[tuple[str, Mark]]:  # noqa: C901, PLR0912 - one case an event
        if self.baseline is not None and not isinstance(event, e.SystemChanged):  # settings hold from the first
            yield f"the baseline of {self.name}", self.baseline
        match event:
            case e.UserLoggedIn() | e.UserLoggedOut():
                yield from self._touched(event.extension_id, event.user)
            case e.BaseExtensionChanged() | e.BatchAbandoned():
                yield f"batch B{event.batch}", self.open[event.batch].last
            case e.ConfigurationSent():
                yield f"batch B{event.batch}", self.open[event.batch].last
                yield from self._touched(None)
                yield from self._waiting_with(self.open[event.batch])
                for change in self.open[event.batch].changes.values():
                    if event.in_force or change.old is None:  # a blank base has no number to see its change by
                        yield from self._touched(change.extension_id)
                    if event.in_force:
                        yield from self._people_of(change.old)
                        yield from self._people_of(change.new)
            case e.SystemRestarted():
                for number in event.in_force:
                    yield f"batch B{number}", self.open[number].last
                for extension_id in self.extensions:
                    yield from self._touched(extension_id)
                for user in self.users:
                    yield from self._touched(None, user)
                for gone in self.gone_extensions.values():  # a restart would have found it there
                    yield f"extension {gone.extension_id}", gone.last
                for left in self.gone_users.values():
                    yield f"user {left.name}", left.last
            case e.ExtensionAdded():
                if event.extension_id in self.gone_extensions:
                    yield f"extension {event.extension_id}", self.gone_extensions[event.extension_id].last
                yield from self._people_of(event.base)
            case e.UserAdded():
                if event.user in self.gone_users:
                    yield f"user {event.user}", self.gone_users[event.user].last
                yield from self._desks_of(event.number)
            case e.ExtensionRemoved():
                yield from self._touched(event.extension_id)
                yield from self._people_of(self.extensions[event.extension_id].base)
            case e.UserRenumbered():
                yield from self._touched(None, event.user)
                yield from self._desks_of(event.old)
                yield from self._desks_of(event.new)
            case e.UserRemoved():
                yield from self._touched(None, event.user)
                yield from self._desks_of(self.users[event.user].number)
            case _:
                return

    def _numbers(self, event: e.Event) -> AbstractSet[str]:
        """Return the numbers that must not have changed hands or desks after an event."""
        found: set[str | None] = set()
        match event:
            case e.ConfigurationSent():
                return self.open[event.batch].numbers
            case e.SystemRestarted():
                return self._homes.keys() | self.by_number.keys()
            case e.ExtensionAdded():
                found = {event.base}
            case e.ExtensionRemoved():
                found = {self.extensions[event.extension_id].base}
            case e.UserAdded():
                found = {event.number}
            case e.UserRenumbered():
                found = {event.old, event.new}
            case e.UserRemoved():
                found = {self.users[event.user].number}
        return {n for n in found if n is not None}

    def _waiting_with(self, batch: Batch) -> Iterator[tuple[str, Mark]]:
        """Yield the sends that wait for a restart and share a number with a batch: each is the other's conflict."""
        numbers = batch.numbers
        for other in self.open.values():
            if other.waits_for_restart and numbers & other.numbers:
                yield f"batch {other.name}", other.last

    def _people_of(self, number: str | None) -> Iterator[tuple[str, Mark]]:
        """Yield the last fact of whoever has a number: where they went was decided by where their home was."""
        user = self.user_with(number)
        if user is not None:
            yield from self._touched(None, user.name)

    def _desks_of(self, number: str | None) -> Iterator[tuple[str, Mark]]:
        """Yield the last facts of the extensions that are home to a number: who came back there was decided by it."""
        for extension_id in self.homes(number):
            yield from self._touched(extension_id)

    def _touched(self, extension_id: int | None, user: str | None = None) -> Iterator[tuple[str, Mark]]:
        if self.floor is not None:
            yield f"the restart of {self.name}", self.floor
        if extension_id is not None and extension_id in self.extensions:
            yield f"extension {extension_id}", self.extensions[extension_id].last
        if user is not None and user in self.users:
            yield f"user {user}", self.users[user].last

    # --- changing -----------------------------------------------------------------------------------------

    def copy(self) -> System:
        """Return a copy to work on, with an empty trail; the values inside are shared and frozen."""
        twin = System.__new__(System)
        self._borrowed = _INDEXES
        twin.__dict__.update(self.__dict__)
        twin.open = {n: b for n, b in self.open.items() if b.status in ("draft", "sent")}
        twin.restless = {number: set(found) for number, found in self.restless.items()}
        twin.owned = set()
        twin.trail = Trail()
        return twin

    def _own(self, name: str) -> dict[Any, Any]:
        """Return an index to write to: copies share them until one of them is changed. A command changes few."""
        if name in self._borrowed:
            self._borrowed -= {name}
            setattr(self, name, dict(getattr(self, name)))
        found: dict[Any, Any] = self.__dict__[name]
        return found

    def take_in_marks(self, baseline: Mark | None, floor: Mark | None) -> None:
        """Put the marks of the whole system into place, as the read model knows them."""
        self.baseline, self.floor = baseline, floor
        self.newest = max(mark.at if mark is not None else EARLIEST for mark in (baseline, floor))

    def take_in(self, extension: Extension) -> None:
        """Put an extension as the read model knows it into place."""
        self.newest = max(self.newest, extension.last.at)
        self._own("extensions")[extension.extension_id] = extension
        self.add_home(extension.base, extension.extension_id)

    def take_in_user(self, user: User) -> None:
        """Put a user as the read model knows them into place."""
        self.newest = max(self.newest, user.last.at)
        self._own("users")[user.name] = user
        if user.number is not None:
            self._own("by_number")[user.number] = user.name

    def take_in_removed(self, removed: Extension | User) -> None:
        """Put an extension or user that was removed aside, should they come back."""
        self.newest = max(self.newest, removed.last.at)
        if isinstance(removed, Extension):
            self._own("gone_extensions")[removed.extension_id] = removed
        else:
            self._own("gone_users")[removed.name] = removed

    def take_in_batch(self, batch: Batch) -> None:
        """Put an open batch as the read model knows it into place; extensions and users come first."""
        self.newest = max(self.newest, batch.last.at)
        self.open[batch.number] = batch
        if batch.in_force:
            self.restless[batch.number] = {i for i in batch.changes if not self.at_rest(i)}

    def add_home(self, number: str | None, extension_id: int) -> None:
        """Enter an extension in the index of base extensions in force."""
        if number is not None:
            others = self._homes.get(number)
            homes = tuple(sorted({*others, extension_id})) if others else (extension_id,)
            self._own("_homes")[number] = homes
            if len(homes) > 1:
                self.shared |= {number}

    def drop_home(self, number: str | None, extension_id: int) -> None:
        """Take an extension out of the index of base extensions in force."""
        if number is None:
            return
        rest = tuple(i for i in self._homes[number] if i != extension_id)
        if rest:
            self._own("_homes")[number] = rest
        else:
            del self._own("_homes")[number]
        if len(rest) < 2 and number in self.shared:  # noqa: PLR2004 - shared by two at least
            self.shared -= {number}

    def put(self, extension: Extension) -> None:
        """Put a changed extension into place, and mark it as touched."""
        self._own("extensions")[extension.extension_id] = extension
        self.trail.extensions.add(extension.extension_id)

    def put_user(self, user: User) -> None:
        """Put a changed user into place, and mark them as touched."""
        self._own("users")[user.name] = user
        self.trail.users.add(user.name)

    def remove(self, extension_id: int, mark: Mark) -> Extension:
        """Put an extension that is no longer there aside, and mark it as touched; return what it was."""
        extension: Extension = self._own("extensions").pop(extension_id)
        self.drop_home(extension.base, extension_id)
        self._own("gone_extensions")[extension_id] = replace(extension, last=mark)
        self.trail.extensions.add(extension_id)
        return extension

    def remove_user(self, name: str, mark: Mark) -> User:
        """Put a user who is no longer there aside, and mark them as touched; return who they were."""
        user: User = self._own("users").pop(name)
        self.renumber(name, user.number, None)
        self._own("gone_users")[name] = replace(user, last=mark)
        self.trail.users.add(name)
        return user

    def return_extension(self, extension_id: int) -> Extension | None:
        """Take back an extension that had been put aside, if there is one; return what it was last."""
        if extension_id not in self.gone_extensions:
            return None
        found: Extension = self._own("gone_extensions").pop(extension_id)
        return found

    def return_user(self, name: str) -> User | None:
        """Take back a user who had been put aside, if there is one; return who they were last."""
        if name not in self.gone_users:
            return None
        found: User = self._own("gone_users").pop(name)
        return found

    def renumber(self, name: str, old: str | None, new: str | None) -> None:
        """Enter a user's number in the index, in place of an old one that is still theirs."""
        if old is not None and self.by_number.get(old) == name:
            del self._own("by_number")[old]
        if new is not None:
            self._own("by_number")[new] = name

    def put_batch(self, batch: Batch, fact: e.Fact) -> None:
        """Put a batch that a fact changed into place, and mark it as touched."""
        before = self.open.get(batch.number)
        if before is not None and _how_far(before) != _how_far(batch):
            self.trail.batches_until.setdefault((batch.number, fact.position), before)
        self.open[batch.number] = batch
        self.trail.batches.add(batch.number)

    def put_in_force(self, fact: e.Fact, number: int) -> None:
        """Put a batch's changes in force with this fact: the bases change, and nobody moves."""
        batch = self.open[number]
        mark = mark_of(fact)
        for change in batch.changes.values():
            extension = self.extensions.get(change.extension_id)
            if extension is None:
                continue
            self.drop_home(extension.base, change.extension_id)
            self.add_home(change.new, change.extension_id)
            last = later(extension.last, mark)
            self.put(replace(extension, base=change.new, base_batch=number, base_position=fact.position, last=last))
            self.trail.base(fact, change.extension_id, change.new, number, below=extension.base_position)
        self.put_batch(
            replace(
                batch,
                status="sent",
                in_force_at=fact.occurred_at,
                in_force_position=fact.position,
                last=mark,
            ),
            fact,
        )
        self.restless[number] = set(batch.changes)
        for change in batch.changes.values():
            self.reconsider(change.extension_id)

    def reconsider(self, extension_id: int) -> None:
        """See whether an extension came to rest, or lost it, for the batches that wait for it."""
        if not self.restless:
            return
        rest = self.at_rest(extension_id)
        for number in [n for n in self.restless if extension_id in self.open[n].changes]:
            restless = self.restless[number]
            if rest:
                restless.discard(extension_id)
            else:
                restless.add(extension_id)

    def settle(self, fact: e.Fact) -> None:
        """Settle every batch in force that waits for nobody any more.

        Settled is derived, never declared, and stays: what people do at their desks later does not unsettle.
        """
        for number in [n for n, restless in self.restless.items() if not restless]:
            del self.restless[number]
            batch = self.open[number]
            at = fact.occurred_at
            if isinstance(fact.event, e.Corrected):  # it came to rest when the last fact that stands there happened
                there = [self.extensions[i].last.at for i in batch.changes if i in self.extensions]
                at = max(there, default=batch.in_force_at or at)
            self.put_batch(replace(batch, status="settled", settled_at=at, settled_position=fact.position), fact)


def _how_far(batch: Batch) -> tuple[object, ...]:
    return (batch.status, batch.sends, batch.in_force_position, batch.settled_position)


def mark_of(fact: e.Fact) -> Mark:
    """Return the mark that a fact leaves on what it touches."""
    return Mark(fact.occurred_at, fact.position, e.NAMES[type(fact.event)])


def later(last: Mark, mark: Mark) -> Mark:
    """Return the later of two marks in time: what stands again after a correction may be before the last one."""
    return last if last.at > mark.at else mark

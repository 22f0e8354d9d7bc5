"""The fold: one function an event, saying what is true of a system after it.

No rule of the telephone system is applied here: events spell out what happened. The one thing derived is when
a batch is settled (`System.settle`). The same fold serves decisions, the read model and its rebuild.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ipo_ledger.domain import events as e
from ipo_ledger.domain.records import Batch, Change, Extension, Send, Settings, User
from ipo_ledger.domain.system import System, mark_of


def apply(system: System, fact: e.Fact) -> None:
    """Take one fact into account. The facts of a system come in the order of their versions."""
    system.version = fact.version
    _FOLD[type(fact.event)](system, fact, fact.event)
    if not (isinstance(fact.event, e.UserLoggedOut) and fact.event.cause == "displaced"):
        system.settle(fact)  # whoever displaced them is seated by the next fact: that phone is never vacant


def _system_added(system: System, fact: e.Fact, event: e.SystemAdded) -> None:
    system.key = fact.position
    system.settings = Settings(event.release, event.timezone, event.base_extension_by, event.logout_code)


def _system_changed(system: System, fact: e.Fact, event: e.SystemChanged) -> None:
    del fact
    system.settings = Settings(event.release, event.timezone, event.base_extension_by, event.logout_code)


def _extension_added(system: System, fact: e.Fact, event: e.ExtensionAdded) -> None:
    mark = mark_of(fact)
    system.baseline = system.baseline or mark
    system.put(
        Extension(
            extension_id=event.extension_id,
            module=event.module,
            port=event.port,
            kind=event.kind,
            label=event.label,
            base=event.base,
            base_batch=fact.batch,
            base_position=fact.position,
            user=None,
            since=fact.occurred_at,
            last=mark,
        )
    )
    system.add_home(event.base, event.extension_id)
    system.trail.base(fact, event.extension_id, event.base, fact.batch)
    system.trail.seat(fact, event.extension_id, None, None, "added")
    system.reconsider(event.extension_id)  # it may have been there before


def _extension_changed(system: System, fact: e.Fact, event: e.ExtensionChanged) -> None:
    del fact
    extension = system.extensions[event.extension_id]
    system.put(replace(extension, module=event.module, port=event.port, kind=event.kind, label=event.label))


def _extension_removed(system: System, fact: e.Fact, event: e.ExtensionRemoved) -> None:
    extension = system.extensions.pop(event.extension_id)
    system.drop_home(extension.base, event.extension_id)
    system.trail.extensions.add(event.extension_id)
    system.trail.seat(fact, event.extension_id, None, None, "removed", gone=True)
    system.reconsider(event.extension_id)


def _user_added(system: System, fact: e.Fact, event: e.UserAdded) -> None:
    mark = mark_of(fact)
    system.baseline = system.baseline or mark
    user = User(
        name=event.user,
        number=event.number,
        full_name=event.full_name,
        has_login_code=event.has_login_code,
        forced_login=event.forced_login,
        extension_id=None,
        since=fact.occurred_at,
        last=mark,
    )
    system.put_user(user)
    system.trail.numbered(fact, event.user, event.number)
    system.trail.place(fact, event.user, None, "added")
    if event.number is not None:
        system.by_number[event.number] = event.user
        _reconsider_homes(system, event.number)


def _user_changed(system: System, fact: e.Fact, event: e.UserChanged) -> None:
    del fact
    system.put_user(
        replace(
            system.users[event.user],
            full_name=event.full_name,
            has_login_code=event.has_login_code,
            forced_login=event.forced_login,
        )
    )


def _user_renumbered(system: System, fact: e.Fact, event: e.UserRenumbered) -> None:
    if event.old is not None and system.by_number.get(event.old) == event.user:
        del system.by_number[event.old]
    if event.new is not None:
        system.by_number[event.new] = event.user
    system.put_user(replace(system.users[event.user], number=event.new, last=mark_of(fact)))
    system.trail.numbered(fact, event.user, event.new)
    for number in (event.old, event.new):
        _reconsider_homes(system, number)


def _user_removed(system: System, fact: e.Fact, event: e.UserRemoved) -> None:
    user = system.users.pop(event.user)
    if user.number is not None and system.by_number.get(user.number) == event.user:
        del system.by_number[user.number]
    system.trail.users.add(event.user)
    system.trail.place(fact, event.user, None, "removed", gone=True)
    _reconsider_homes(system, user.number)


def _reconsider_homes(system: System, number: str | None) -> None:
    for extension_id in system.homes(number):
        system.reconsider(extension_id)


def _batch_opened(system: System, fact: e.Fact, event: e.BatchOpened) -> None:
    system.last_batch = event.batch
    system.owned.add(event.batch)
    for number in event.reverses:
        if number in system.open:
            reversed_ = system.open[number]
            system.put_batch(replace(reversed_, reversed_by=(*reversed_.reversed_by, event.batch)))
    system.put_batch(
        Batch(
            number=event.batch,
            status="draft",
            title=event.title,
            observed=event.observed,
            opened_at=fact.occurred_at,
            opened_position=fact.position,
            actor=fact.actor,
            reason=fact.reason,
            ticket=fact.ticket,
            last=mark_of(fact),
            reverses=event.reverses,
            part=event.part,
        )
    )


def _base_extension_changed(system: System, fact: e.Fact, event: e.BaseExtensionChanged) -> None:
    batch = system.open[event.batch]
    changes = batch.changes
    if event.batch not in system.owned:
        changes = dict(changes)
        system.owned.add(event.batch)
    earlier = changes.get(event.extension_id)
    net = Change(event.extension_id, earlier.old if earlier is not None else event.old, event.new)
    if net.old == net.new:
        changes.pop(event.extension_id, None)
    else:
        changes[event.extension_id] = net
    system.put_batch(replace(batch, changes=changes, last=mark_of(fact)))


def _batch_abandoned(system: System, fact: e.Fact, event: e.BatchAbandoned) -> None:
    system.put_batch(replace(system.open[event.batch], status="abandoned", last=mark_of(fact)))


def _configuration_sent(system: System, fact: e.Fact, event: e.ConfigurationSent) -> None:
    batch = system.open[event.batch]
    send = Send(fact.occurred_at, fact.position, event.mode, event.outcome, event.conflicts, fact.actor)
    system.put_batch(replace(batch, status="sent", sends=(*batch.sends, send), last=mark_of(fact)))
    if event.in_force:
        system.put_in_force(fact, event.batch)


def _system_restarted(system: System, fact: e.Fact, event: e.SystemRestarted) -> None:
    system.floor = mark_of(fact)
    for number in event.in_force:
        system.put_in_force(fact, number)


def _user_logged_out(system: System, fact: e.Fact, event: e.UserLoggedOut) -> None:
    mark = mark_of(fact)
    extension, user = system.extensions[event.extension_id], system.users[event.user]
    system.put(replace(extension, user=None, since=fact.occurred_at, last=mark))
    system.put_user(replace(user, extension_id=None, since=fact.occurred_at, last=mark))
    system.trail.seat(fact, event.extension_id, None, None, event.cause)
    system.trail.place(fact, event.user, None, event.cause)
    system.reconsider(event.extension_id)


def _user_logged_in(system: System, fact: e.Fact, event: e.UserLoggedIn) -> None:
    mark = mark_of(fact)
    extension, user = system.extensions[event.extension_id], system.users[event.user]
    system.put(replace(extension, user=event.user, since=fact.occurred_at, last=mark))
    system.put_user(replace(user, extension_id=event.extension_id, since=fact.occurred_at, last=mark))
    system.trail.seat(fact, event.extension_id, event.user, event.number, event.cause)
    system.trail.place(fact, event.user, event.extension_id, event.cause)
    system.reconsider(event.extension_id)


_FOLD: dict[type[e.Event], Callable[[System, e.Fact, Any], None]] = {
    e.SystemAdded: _system_added,
    e.SystemChanged: _system_changed,
    e.ExtensionAdded: _extension_added,
    e.ExtensionChanged: _extension_changed,
    e.ExtensionRemoved: _extension_removed,
    e.UserAdded: _user_added,
    e.UserChanged: _user_changed,
    e.UserRenumbered: _user_renumbered,
    e.UserRemoved: _user_removed,
    e.BatchOpened: _batch_opened,
    e.BaseExtensionChanged: _base_extension_changed,
    e.BatchAbandoned: _batch_abandoned,
    e.ConfigurationSent: _configuration_sent,
    e.SystemRestarted: _system_restarted,
    e.UserLoggedOut: _user_logged_out,
    e.UserLoggedIn: _user_logged_in,
}

"""The fold: one function an event, saying what is true of a system after it.

No rule of the telephone system is applied here: events spell out what happened. The one thing derived is when
a batch is settled (`System.settle`). The same fold serves decisions, the read model and its rebuild.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ipo_ledger.domain import events as e
from ipo_ledger.domain.records import Batch, Change, Extension, Mark, Send, Settings, User
from ipo_ledger.domain.system import System, later, mark_of
from ipo_ledger.domain.trail import Drafted


def apply(system: System, fact: e.Fact) -> None:
    """Take one fact into account. The facts of a system come in the order of their versions."""
    event = fact.event
    system.version = fact.version
    system.newest = max(system.newest, fact.occurred_at)
    _FOLD[type(event)](system, fact, event)
    if system.restless and not _half_said(event):  # mostly nothing waits to come to rest
        system.settle(fact)


def _half_said(event: e.Event) -> bool:
    """Tell whether the next fact belongs to this one, so that nothing comes to rest between them."""
    match event:
        case e.UserLoggedOut():
            return event.cause == "displaced"  # whoever displaced them is seated next: that phone is never vacant
        case e.Corrected():
            return event.how != "never"  # what happened instead, or again, is said next
        case _:
            return False


def _system_added(system: System, fact: e.Fact, event: e.SystemAdded) -> None:
    system.key = fact.position
    system.settings = Settings(event.release, event.timezone, event.base_extension_by, event.logout_code)


def _system_changed(system: System, fact: e.Fact, event: e.SystemChanged) -> None:
    assert system.settings is not None
    system.trail.settings_until.append((system.settings, fact.position))
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
            seat_position=fact.position,
            last=mark,
        )
    )
    system.add_home(event.base, event.extension_id)
    removed = system.return_extension(event.extension_id)
    below = removed.last.position if removed is not None else None
    if removed is not None:
        system.trail.extensions_until.append((removed, fact.position))
    below_base = removed.base_position if removed is not None else None
    system.trail.base(fact, event.extension_id, event.base, fact.batch, below=below_base)
    system.trail.seat(fact, event.extension_id, None, None, "added", below=below)
    system.reconsider(event.extension_id)  # it may have been there before


def _extension_changed(system: System, fact: e.Fact, event: e.ExtensionChanged) -> None:
    extension = system.extensions[event.extension_id]
    system.trail.extensions_until.append((extension, fact.position))
    system.put(replace(extension, module=event.module, port=event.port, kind=event.kind, label=event.label))


def _extension_removed(system: System, fact: e.Fact, event: e.ExtensionRemoved) -> None:
    extension = system.remove(event.extension_id, mark_of(fact))
    system.trail.seat(fact, event.extension_id, None, None, "removed", below=extension.seat_position, gone=True)
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
        place_position=fact.position,
        number_position=fact.position,
        last=mark,
    )
    system.put_user(user)
    removed = system.return_user(event.user)
    below = removed.last.position if removed is not None else None
    if removed is not None:
        system.trail.users_until.append((removed, fact.position))
    below_number = removed.number_position if removed is not None else None
    system.trail.numbered(fact, event.user, event.number, below=below_number)
    system.trail.place(fact, event.user, None, "added", below=below)
    if event.number is not None:
        system.renumber(event.user, None, event.number)
        _reconsider_homes(system, event.number)


def _user_changed(system: System, fact: e.Fact, event: e.UserChanged) -> None:
    system.trail.users_until.append((system.users[event.user], fact.position))
    system.put_user(
        replace(
            system.users[event.user],
            full_name=event.full_name,
            has_login_code=event.has_login_code,
            forced_login=event.forced_login,
        )
    )


def _user_renumbered(system: System, fact: e.Fact, event: e.UserRenumbered) -> None:
    system.renumber(event.user, event.old, event.new)
    user = system.users[event.user]
    last = later(user.last, mark_of(fact))
    system.put_user(replace(user, number=event.new, number_position=fact.position, last=last))
    system.trail.numbered(fact, event.user, event.new, below=user.number_position)
    for number in (event.old, event.new):
        _reconsider_homes(system, number)


def _user_removed(system: System, fact: e.Fact, event: e.UserRemoved) -> None:
    user = system.remove_user(event.user, mark_of(fact))
    system.trail.place(fact, event.user, None, "removed", below=user.place_position, gone=True)
    _reconsider_homes(system, user.number)


def _reconsider_homes(system: System, number: str | None) -> None:
    for extension_id in system.homes(number):
        system.reconsider(extension_id)


def _batch_opened(system: System, fact: e.Fact, event: e.BatchOpened) -> None:
    system.last_batch = event.batch
    system.owned.add(event.batch)
    for place, number in enumerate(event.reverses):
        system.trail.reversals.append((event.batch, number, place, fact.position))
        if number in system.open:
            reversed_ = system.open[number]
            system.put_batch(replace(reversed_, reversed_by=(*reversed_.reversed_by, event.batch)), fact)
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
        ),
        fact,
    )


def _base_extension_changed(system: System, fact: e.Fact, event: e.BaseExtensionChanged) -> None:
    batch = system.open[event.batch]
    changes = batch.changes
    if event.batch not in system.owned:
        changes = dict(changes)
        system.owned.add(event.batch)
    earlier = changes.get(event.extension_id)
    net = Change(event.extension_id, earlier.old if earlier is not None else event.old, event.new)
    if earlier is None:
        system.trail.drafted.append(Drafted(event.batch, len(changes), net, fact.position))
        changes[event.extension_id] = net
    else:  # its row is said anew, and for the order's sake so are all others
        if net.old == net.new:
            del changes[event.extension_id]
        else:
            changes[event.extension_id] = net
        system.trail.redrafted.append((event.batch, fact.position))
        for place, change in enumerate(changes.values()):
            system.trail.drafted.append(Drafted(event.batch, place, change, fact.position))
    system.put_batch(replace(batch, changes=changes, last=mark_of(fact)), fact)


def _batch_abandoned(system: System, fact: e.Fact, event: e.BatchAbandoned) -> None:
    system.put_batch(replace(system.open[event.batch], status="abandoned", last=mark_of(fact)), fact)


def _configuration_sent(system: System, fact: e.Fact, event: e.ConfigurationSent) -> None:
    batch = system.open[event.batch]
    send = Send(fact.occurred_at, fact.position, event.mode, event.outcome, event.conflicts, fact.actor)
    system.put_batch(replace(batch, status="sent", sends=(*batch.sends, send), last=mark_of(fact)), fact)
    if event.in_force:
        system.put_in_force(fact, event.batch)


def _system_restarted(system: System, fact: e.Fact, event: e.SystemRestarted) -> None:
    system.floor = mark_of(fact)
    system.trail.restarts.append((fact.position, fact.occurred_at))
    for number in event.in_force:
        system.put_in_force(fact, number)


def _user_logged_out(system: System, fact: e.Fact, event: e.UserLoggedOut) -> None:
    extension, user = system.extensions[event.extension_id], system.users[event.user]
    mark = mark_of(fact)
    _seat(system, mark, extension, None)
    _place(system, mark, user, None)
    system.trail.seat(fact, event.extension_id, None, None, event.cause, below=extension.seat_position)
    system.trail.place(fact, event.user, None, event.cause, below=user.place_position)
    system.reconsider(event.extension_id)


def _user_logged_in(system: System, fact: e.Fact, event: e.UserLoggedIn) -> None:
    extension, user = system.extensions[event.extension_id], system.users[event.user]
    mark = mark_of(fact)
    _seat(system, mark, extension, event.user)
    _place(system, mark, user, event.extension_id)
    system.trail.seat(fact, event.extension_id, event.user, event.number, event.cause, below=extension.seat_position)
    system.trail.place(fact, event.user, event.extension_id, event.cause, below=user.place_position)
    system.reconsider(event.extension_id)


def _seat(system: System, mark: Mark, extension: Extension, user: str | None) -> None:
    last = later(extension.last, mark)
    system.put(replace(extension, user=user, since=mark.at, seat_position=mark.position, last=last))


def _place(system: System, mark: Mark, user: User, extension_id: int | None) -> None:
    system.put_user(
        replace(
            user,
            extension_id=extension_id,
            since=mark.at,
            place_position=mark.position,
            last=later(user.last, mark),
        )
    )


def _corrected(system: System, fact: e.Fact, event: e.Corrected) -> None:
    trail = system.trail
    trail.taken += [(position, fact.position) for position in event.took]
    if event.floor is not None:
        at, position = event.floor.at, event.floor.position
        system.floor = Mark(at, position, "SystemRestarted") if at is not None and position is not None else None
    touched = {stands.extension_id for stands in event.extensions}
    for extension in event.extensions:
        _extension_stands(system, fact, extension)
    for user in event.users:
        touched.update(_user_stands(system, fact, user))
    for batch in event.batches:
        _batch_stands(system, fact, batch)
    for extension_id in touched:
        system.reconsider(extension_id)


def _extension_stands(system: System, fact: e.Fact, stands: e.ExtensionStands) -> None:
    extension = system.extensions[stands.extension_id]
    system.drop_home(extension.base, stands.extension_id)
    system.add_home(stands.base, stands.extension_id)
    system.put(
        replace(
            extension,
            user=stands.user,
            since=stands.since,
            seat_position=stands.seat_position,
            base=stands.base,
            base_batch=stands.base_batch,
            base_position=stands.base_position,
            last=Mark(stands.last_at, stands.last_position, stands.last_name),
        )
    )
    if stands.seat_position != extension.seat_position:
        system.trail.close("seats", stands.extension_id, stands.seat_position, fact)
    if stands.base_position != extension.base_position:
        system.trail.close("bases", stands.extension_id, stands.base_position, fact)


def _user_stands(system: System, fact: e.Fact, stands: e.UserStands) -> set[int]:
    """Put a user as they stand; return the extensions that their number is or was the base of."""
    user = system.users[stands.user]
    homes = {*system.homes(user.number), *system.homes(stands.number)} if user.number != stands.number else set()
    system.renumber(stands.user, user.number, stands.number)
    system.put_user(
        replace(
            user,
            number=stands.number,
            number_position=stands.number_position,
            extension_id=stands.extension_id,
            since=stands.since,
            place_position=stands.place_position,
            last=Mark(stands.last_at, stands.last_position, stands.last_name),
        )
    )
    if stands.place_position != user.place_position:
        system.trail.close("places", stands.user, stands.place_position, fact)
    if stands.number_position != user.number_position:
        system.trail.close("numbers", stands.user, stands.number_position, fact)
    return homes


def _batch_stands(system: System, fact: e.Fact, stands: e.BatchStands) -> None:
    batch = system.open[stands.batch]
    system.put_batch(
        replace(
            batch,
            status=stands.status,
            sends=batch.sends if stands.sent else (),
            in_force_at=stands.in_force_at,
            in_force_position=stands.in_force_position,
            settled_at=None,
            settled_position=None,
            last=Mark(stands.last_at, stands.last_position, stands.last_name),
        ),
        fact,
    )
    system.restless.pop(stands.batch, None)
    if stands.status == "sent" and stands.in_force_position is not None:
        system.restless[stands.batch] = {i for i in batch.changes if not system.at_rest(i)}


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
    e.Corrected: _corrected,
}

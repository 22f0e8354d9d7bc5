"""Who ends up on which phone: rules H1 to H10 of the telephone system (SWAP; Manager R8.1; Installation R9.0).

Each function records what a person did and everything that follows from it by itself, every consequence an
event of its own with its cause.
"""

from __future__ import annotations

from ipo_ledger.domain.entry import Entry
from ipo_ledger.domain.events import (
    Fact,
    LogInCause,
    LogOutCause,
    SystemRestarted,
    UserLoggedIn,
    UserLoggedOut,
)
from ipo_ledger.domain.records import User
from ipo_ledger.domain.refusals import AlreadyThere, LogOutForbidden, NotSeated
from ipo_ledger.domain.system import System


def may_log_out(system: System, user: User) -> bool:
    """H7: a user with a login code may; or one at an extension whose base no longer is their own number.

    The second is what the swap without a reboot is built on (release 4.2 and later; SWAP, Manager R8.1; C2).
    """
    if user.extension_id is None:
        return False
    base = system.extensions[user.extension_id].base
    return user.has_login_code or base is None or base != user.number


def home_of(system: System, user: User) -> int | None:
    """Return the one extension whose base is the user's number; None where there is none, or more than one.

    A user who is the default of two extensions is nowhere logged in automatically until that is mended.
    """
    homes = system.homes(user.number)
    return homes[0] if len(homes) == 1 else None


def log_out(entry: Entry, name: str) -> Fact:
    """Record that a user dialled the log-out code. H5 and H6 follow: off the air, or straight back in.

    Raises `NotSeated` or `LogOutForbidden` (H7).
    """
    user = entry.system.users[name]
    if user.extension_id is None:
        raise NotSeated(user=name)
    if not may_log_out(entry.system, user):
        raise LogOutForbidden(user=name, number=user.number, extension_id=user.extension_id)
    left = user.extension_id
    out = _leave(entry, user, left, "dialled", None)
    _phone_returns(entry, left, out)  # C11: the phone first (H4),
    _person_returns(entry, name, out)  # then the person (H3); both orders end alike
    return out


def log_in(entry: Entry, name: str, extension_id: int) -> Fact:
    """Record that a user logged in at a phone by hand. Raises `AlreadyThere`."""
    system = entry.system
    user = system.users[name]
    if user.extension_id == extension_id:
        raise AlreadyThere(user=name, extension_id=extension_id)
    left = user.extension_id
    displaced = system.extensions[extension_id].user
    cause: Fact | None = None
    if left is not None:  # H2: at one phone at most
        cause = _leave(entry, user, left, "moved", None)
    if displaced is not None:  # H1: logging in takes the phone over
        gone = _leave(entry, system.users[displaced], extension_id, "displaced", cause)
        cause = cause or gone
    seated = _sit(entry, system.users[name], extension_id, "dialled", cause)
    if displaced is not None:
        _person_returns(entry, displaced, seated)
    if left is not None:
        _phone_returns(entry, left, seated)
    return seated


def restart(entry: Entry, *, because: Fact | None = None) -> Fact:
    """Record a restart: waiting batches take effect, then everybody goes back to base (H8, H9).

    Forced-login users are off the air until they log in. Only people whose seat really changes get events.
    """
    system = entry.system
    waiting = sorted((b for b in system.open.values() if b.waits_for_restart), key=lambda b: b.sends[-1].position)
    restarted = entry.happens(
        SystemRestarted(in_force=tuple(b.number for b in waiting)),
        batch=because.batch if because is not None else None,
        because=because,
    )
    seats = seats_after_restart(system)
    movers = [u for u in system.users.values() if u.extension_id != seats.get(u.name)]
    for user in sorted(movers, key=lambda u: (u.extension_id is None, u.extension_id, u.name)):
        if user.extension_id is not None:
            _leave(entry, user, user.extension_id, "restart", restarted)
    for user in sorted(movers, key=lambda u: seats.get(u.name, 0)):
        seat = seats.get(user.name)
        if seat is not None:
            _sit(entry, system.users[user.name], seat, "restart", restarted)
    return restarted


def seats_after_restart(system: System) -> dict[str, int]:
    """H8: who sits where right after a restart, by user name; who is not in it is off the air."""
    seats = {}
    for extension_id in system.extensions:
        user = system.default_user(extension_id)
        if user is not None and not user.forced_login and home_of(system, user) == extension_id:
            seats[user.name] = extension_id
    return seats


def return_phone(entry: Entry, extension_id: int, because: Fact, cause: LogInCause = "automatic") -> None:
    """H4 for a phone that nobody is at: it returns to its default user, if they are nowhere and not Force Login."""
    _phone_returns(entry, extension_id, because, cause)


def return_person(entry: Entry, name: str, because: Fact, cause: LogInCause = "automatic") -> None:
    """H3 for a user who is nowhere: back in at their base, if that phone is vacant and they are not Force Login."""
    _person_returns(entry, name, because, cause)


def leave_removed(entry: Entry, name: str, because: Fact | None = None) -> None:
    """Record that a user left their phone because they, or it, are removed; the phone is not returned here."""
    user = entry.system.users[name]
    if user.extension_id is not None:
        _leave(entry, user, user.extension_id, "removed", because)


def _phone_returns(entry: Entry, extension_id: int, because: Fact, cause: LogInCause = "automatic") -> None:
    system = entry.system
    if system.extensions[extension_id].user is not None:
        return
    base = system.extensions[extension_id].base
    default = system.default_user(extension_id)
    if default is None or default.forced_login:
        entry.must_not_precede([], [], base, because.event)
        return
    entry.must_not_precede(system.homes(base), [default.name], base, because.event)
    if default.extension_id is None and home_of(system, default) == extension_id:
        _sit(entry, default, extension_id, cause, because)


def _person_returns(entry: Entry, name: str, because: Fact, cause: LogInCause = "automatic") -> None:
    system = entry.system
    user = system.users[name]
    if user.extension_id is not None or user.forced_login:
        return
    entry.must_not_precede(system.homes(user.number), [name], user.number, because.event)
    home = home_of(system, user)
    if home is not None and system.extensions[home].user is None:
        _sit(entry, user, home, cause, because)


def _leave(entry: Entry, user: User, extension_id: int, cause: LogOutCause, because: Fact | None) -> Fact:
    return entry.happens(
        UserLoggedOut(user.name, user.number, extension_id, cause),
        batch=_batch(entry, extension_id, because),
        because=because,
    )


def _sit(entry: Entry, user: User, extension_id: int, cause: LogInCause, because: Fact | None) -> Fact:
    return entry.happens(
        UserLoggedIn(user.name, user.number, extension_id, cause),
        batch=_batch(entry, extension_id, because),
        because=because,
    )


def _batch(entry: Entry, extension_id: int, because: Fact | None) -> int | None:
    """Return the batch a move belongs to: the one not settled that changed the extension, else the cause's."""
    batch = entry.system.open_batch_at(extension_id)
    return batch if batch is not None else because.batch if because is not None else None

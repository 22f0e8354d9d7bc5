"""How the answers are said in words: one phrase for one thing, the same in every command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipo_ledger_cli.output import in_one_line, out, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session

GOES_ON = "still"
NOBODY = "NoUser"  # what the phone shows, and Manager


def moment(at: datetime | None) -> str:
    """Return a time in ISO 8601 with its offset, as `--on` and `--at` read it; nothing for no time."""
    if at is None:
        return ""
    return at.isoformat(timespec="seconds" if at.second or at.microsecond else "minutes")


def base(number: str | None) -> str:
    """Return a base extension."""
    return number if number is not None else "blank"


def place(module: str | None, port: int | None) -> str:
    """Return where an extension is: module and port, or that it is an IP phone."""
    if module is None or port is None:
        return ""
    return "IP" if (module, port) == ("0", 0) else f"{module}/{port}"


def extension(extension_id: int, module: str, port: int, label: str | None) -> str:
    """Return an extension with all that it is called."""
    more = [place(module, port), *([in_one_line(label)] if label else [])]
    return f"extension {extension_id} ({', '.join(more)})"


def person(name: str, number: str | None) -> str:
    """Return a user with their number."""
    return f"{in_one_line(name)} ({number})" if number is not None else in_one_line(name)


def names(found: Iterable[object], *, at_most: int = 12) -> str:
    """Return a list in one line."""
    listed = [in_one_line(str(each)) for each in found]
    rest = f" and {len(listed) - at_most} more" if len(listed) > at_most else ""
    return ", ".join(listed[:at_most]) + rest


def extensions(ids: Sequence[int]) -> str:
    """Return "extension 2", "extensions 2, 3"."""
    return f"extension{'' if len(ids) == 1 else 's'} {names(ids)}"


def users(found: Sequence[str]) -> str:
    """Return "user Ana", "users Ana, Ben"."""
    return f"user{'' if len(found) == 1 else 's'} {names(found)}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return "1 phone", "2 phones"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def changes(found: Sequence[a.ChangeAnswer], indent: str = "  ") -> list[str]:
    """Return the changes of a batch, a line each."""
    width = max((len(str(change.extension_id)) for change in found), default=0)
    return [f"{indent}extension {c.extension_id:>{width}}: {base(c.old)} -> {base(c.new)}" for c in found]


def conflicts(found: Sequence[a.Conflict]) -> list[str]:
    """Return what Manager would warn of, a line each."""
    return [f"  conflict: {each.base_extension} would be the base of {extensions(each.extensions)}" for each in found]


def waiting(pending: a.PendingAnswer, logout_code: str) -> str:
    """Return what one phone still waits for."""
    who = person(pending.user, pending.number)
    if pending.waiting_for == "log-out":
        return f"extension {pending.extension_id}: {who} dials {logout_code} there"
    if pending.by_hand:
        now = f", and is at extension {pending.seated_at} now" if pending.seated_at is not None else ""
        return f"extension {pending.extension_id}: {who} logs in there by hand{now}"
    if pending.seated_at is not None:
        return f"extension {pending.extension_id}: waits for {who}, who is at extension {pending.seated_at}"
    return f"extension {pending.extension_id}: {who} is off the air, and logs in there by hand"


def happened(event: a.EventAnswer) -> str | None:
    """Return what an event did to somebody's seat, or None where it did nothing to any."""
    user = in_one_line(event.user or "")
    if event.type == "UserLoggedOut":
        return f"{user} left extension {event.extension_id} ({LEFT[event.cause or '']})"
    if event.type == "UserLoggedIn":
        return f"{user} is at extension {event.extension_id} ({CAME[event.cause or '']})"
    return None


LEFT = {
    "dialled": "dialled log-out",
    "displaced": "somebody took the phone",
    "moved": "logged in elsewhere",
    "restart": "restart",
    "removed": "removed",
}
CAME = {
    "automatic": "automatic",
    "dialled": "logged in by hand",
    "restart": "restart",
    "baseline": "baseline",
}


def why(cause: str, *, seated: bool) -> str:
    """Return why a stay began: of somebody, or of nobody."""
    first, then = (CAME, LEFT) if seated else (LEFT, CAME)
    return first.get(cause) or then.get(cause, cause)


def ended(cause: str | None, *, seated: bool) -> str:
    """Return why a stay was over: of somebody, or of nobody; nothing where it goes on."""
    return why(cause, seated=not seated) if cause is not None else ""


def known(position: int | None) -> str:
    """Return as known when an answer is given, to stand after what it is about; nothing for what is known now."""
    return f", as known at event {position}" if position is not None else ""


def seats_changed(events: Iterable[a.EventAnswer]) -> None:
    """Write what became of people's seats, and who has none now."""
    nowhere: dict[str, None] = {}
    for event in events:
        line = happened(event)
        if line is not None:
            out(f"  {line}")
        if event.user is not None and event.type == "UserLoggedOut":
            nowhere[event.user] = None
        elif event.user is not None and event.type == "UserLoggedIn":
            nowhere.pop(event.user, None)
    for user in nowhere:
        out(f"  {in_one_line(user)} is off the air")


def notes(warnings: Iterable[a.WarningAnswer]) -> None:
    """Say what to know of a batch."""
    for warning in warnings:
        say(f"Note: {warning.message}.")


def next_step(session: Session, text: str, when: str = "") -> None:
    """Say which command comes next."""
    say(f"Next: {session.command(text)}" + (f"  ({when})" if when else ""))

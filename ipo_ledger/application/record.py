"""Many commands in one go: one JSON object a line in, one answer a line out, in order.

A line is the verb of the command (`do`), its options with underscores, and what every command takes. Each line is
a command of its own: it takes effect whole, or says why not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ipo_ledger.application import answers as a
from ipo_ledger.application.move_lists import MoveAsked
from ipo_ledger.application.outcome import redone
from ipo_ledger.application.refusals import BadArgument, BadRecordLine
from ipo_ledger.errors import LedgerError, StoreUnusable

if TYPE_CHECKING:
    from ipo_ledger.application.ledger import Ledger
    from ipo_ledger.application.saying import Said
    from ipo_ledger.application.system_ledger import SystemLedger

Text: TypeAlias = str | int  # a number that somebody's script wrote without quotes


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every line may say beside its own."""

    system: str | None = None
    at: str | None = None
    reason: str | None = None
    ticket: str | None = None
    actor: str | None = None
    command_id: str | None = None

    @property
    def said(self) -> Said:
        """Return what goes with the command."""
        return {
            "at": self.at,
            "reason": self.reason,
            "ticket": self.ticket,
            "actor": self.actor,
            "command_id": self.command_id,
        }


class Swap(Line, frozen=True, kw_only=True, tag_field="do", tag="swap"):
    """Two users trade base extensions."""

    users: tuple[Text, Text]
    done: bool = False


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of a batch: an extension and its base, or a user and the extension they get."""

    extension_id: Text
    base_extension: str | UnsetType | None = UNSET
    user: Text | None = None


class Batch(Line, frozen=True, kw_only=True, tag_field="do", tag="batch"):
    """A list of moves."""

    moves: list[Row]
    title: str | None = None
    done: bool = False


class Change(Line, frozen=True, kw_only=True, tag_field="do", tag="change"):
    """One change, into a draft."""

    extension: Text
    base: str | None
    batch: str | None = None


class Send(Line, frozen=True, kw_only=True, tag_field="do", tag="send"):
    """The configuration was sent."""

    batch: str
    mode: Literal["merge", "immediate", "when-free", "timed"] = "merge"
    with_conflicts: bool = False


class Abandon(Line, frozen=True, kw_only=True, tag_field="do", tag="abandon"):
    """A draft is given up."""

    batch: str


class Restart(Line, frozen=True, kw_only=True, tag_field="do", tag="restart"):
    """The system restarted."""


class Logout(Line, frozen=True, kw_only=True, tag_field="do", tag="logout"):
    """A user logged out."""

    user: Text


class Login(Line, frozen=True, kw_only=True, tag_field="do", tag="login"):
    """A user logged in."""

    user: Text
    extension: Text


class Rollback(Line, frozen=True, kw_only=True, tag_field="do", tag="rollback"):
    """A batch is taken back; a rollback here needs no yes."""

    batch: str
    strategy: Literal["plain", "cascade", "replan", "partial"] | None = None
    frame: Literal["people", "ports"] = "people"
    only: tuple[Text, ...] = ()
    done: bool = False


class Restore(Line, frozen=True, kw_only=True, tag_field="do", tag="restore"):
    """Base extensions as they were."""

    on: str
    extensions: tuple[Text, ...] = ()
    users: tuple[Text, ...] = ()
    done: bool = False


class UserSet(Line, frozen=True, kw_only=True, tag_field="do", tag="user set"):
    """What exports do not say of a user."""

    user: Text
    forced_login: bool | None = None
    login_code: bool | None = None


class UserRenumber(Line, frozen=True, kw_only=True, tag_field="do", tag="user renumber"):
    """A user's number changed; null is none."""

    user: Text
    number: Text | None


class Correct(Line, frozen=True, kw_only=True, tag_field="do", tag="correct"):
    """A fact never happened, or at another time (`at`), or a log-in at another extension: by event, or by batch."""

    event: int | None = None
    batch: str | None = None
    never: bool = False
    extension: Text | None = None


class Label(Line, frozen=True, kw_only=True, tag_field="do", tag="label"):
    """The name of a desk."""

    extension: Text
    text: str | None


class Import(Line, frozen=True, kw_only=True, tag_field="do", tag="import"):
    """Export files of a system."""

    exports: tuple[str, ...]
    map: str | None = None
    removed: bool = False


class SystemAdd(Line, frozen=True, kw_only=True, tag_field="do", tag="system add"):
    """A system is kept from now on."""

    name: str
    release: str
    timezone: str
    base_extension_by: Literal["merge", "reboot"] | None = None
    logout_code: str | None = None


class SystemSet(Line, frozen=True, kw_only=True, tag_field="do", tag="system set"):
    """The settings of a system."""

    release: str | None = None
    timezone: str | None = None
    base_extension_by: Literal["merge", "reboot"] | None = None
    logout_code: str | None = None


Command: TypeAlias = (
    Swap
    | Batch
    | Change
    | Send
    | Abandon
    | Restart
    | Logout
    | Login
    | Rollback
    | Restore
    | UserSet
    | UserRenumber
    | Correct
    | Label
    | Import
    | SystemAdd
    | SystemSet
)

_ADDS_A_SYSTEM = '"system add"'
LONGEST_LINE = 64 * 1024 * 1024
"""Bytes. The largest batch is 3000 rows, less than a thousandth of it: what is longer is no line."""

_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)


def carry_out(
    ledger: Ledger,
    groups: Iterable[Sequence[bytes | str]],
    together: Callable[[], AbstractContextManager[None]],
    *,
    system: str | None = None,
    keep_going: bool = False,
) -> Iterator[a.LineAnswer]:
    """Carry out the lines in order and answer each; stop after the first that fails, unless `keep_going`.

    The lines of one group are committed together, and answered after that: what is answered is there. Empty lines
    are passed over, and counted. A line that names no system means `system`.
    """
    number = 0
    for group in groups:
        lines = [(n, line) for n, line in enumerate(group, number + 1) if line.strip()]
        number += len(group)
        if not lines:
            continue
        if any(
            _ADDS_A_SYSTEM in (line if isinstance(line, str) else line.decode(errors="replace")) for _, line in lines
        ):
            ledger.make_if_embedded()  # before the transaction begins: it cannot be made inside it
        once = partial(_carry_out_together, ledger, lines, together, system, keep_going=keep_going)
        try:
            answers = redone(once, ledger.forget)
        except StoreUnusable as fault:
            answers = [a.LineAnswer(line=lines[0][0], ok=False, exit=fault.exit_code, error=fault.told())]
            yield from answers
            return  # nothing of this group was acknowledged, and the store is not there for another
        yield from answers
        if answers and not (answers[-1].ok or keep_going):
            return


def _carry_out_together(
    ledger: Ledger,
    lines: Sequence[tuple[int, bytes | str]],
    together: Callable[[], AbstractContextManager[None]],
    system: str | None,
    *,
    keep_going: bool,
) -> list[a.LineAnswer]:
    answers: list[a.LineAnswer] = []
    meant = _Meant(ledger, system)
    try:
        with together():
            for n, line in lines:
                answers.append(_answer(meant, n, line))
                if not (answers[-1].ok or keep_going):
                    break
    except BaseException:
        ledger.forget()  # what the lines left is in no store
        raise
    return answers


class _Meant:
    """The ledger, and which of its systems the lines of a group mean."""

    def __init__(self, ledger: Ledger, system: str | None) -> None:
        """Mean `system` where a line names none; None: the only one there is."""
        self.ledger = ledger
        self._system = system
        self._only: str | None = None

    def system(self, name: str | None) -> SystemLedger:
        """Return the system of that name, or the one that is meant. Raises as `Ledger.system` does."""
        found = self.ledger.system(name or self._system or self._only)
        if not (name or self._system):
            self._only = found.name  # asked for once in a transaction
        return found

    def another(self) -> None:
        """Note that there is one system more."""
        self._only = None


def _answer(meant: _Meant, number: int, line: bytes | str) -> a.LineAnswer:
    try:
        return a.LineAnswer(line=number, ok=True, result=_carry_out(meant, _read(number, line)))
    except StoreUnusable:
        raise
    except LedgerError as fault:
        return a.LineAnswer(line=number, ok=False, exit=fault.exit_code, error=fault.told())


def _read(number: int, line: bytes | str) -> Command:
    if len(line) > LONGEST_LINE:
        raise BadRecordLine(line=number, why=f"it is longer than {LONGEST_LINE >> 20} MiB")
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise BadRecordLine(line=number, why=f"{fault!s:.200}") from None


def _carry_out(meant: _Meant, command: Command) -> a.Answer:
    if isinstance(command, SystemAdd):
        meant.another()
        return meant.ledger.add_system(
            command.name,
            release=command.release,
            timezone=command.timezone,
            base_extension_by=command.base_extension_by,
            logout_code=command.logout_code,
            **command.said,
        )
    return _VERBS[type(command)](meant.system(command.system), command)


def _swap(on: SystemLedger, c: Swap) -> a.Answer:
    return on.swap(str(c.users[0]), str(c.users[1]), done=c.done, **c.said)


def _batch(on: SystemLedger, c: Batch) -> a.Answer:
    return on.batch([_row(row) for row in c.moves], title=c.title, done=c.done, **c.said)


def _row(row: Row) -> MoveAsked:
    if row.user is not None:
        fault = "it names a user and a base extension" if row.base_extension is not UNSET else None
        return MoveAsked(extension_id=row.extension_id, user=str(row.user), fault=fault)
    if row.base_extension is UNSET:
        return MoveAsked(extension_id=row.extension_id, fault="base_extension is missing (null is blank)")
    return MoveAsked(extension_id=row.extension_id, base_extension=row.base_extension)


def _change(on: SystemLedger, c: Change) -> a.Answer:
    return on.change(c.extension, c.base, batch=c.batch, **c.said)


def _send(on: SystemLedger, c: Send) -> a.Answer:
    return on.send(c.batch, mode=c.mode, with_conflicts=c.with_conflicts, **c.said)


def _abandon(on: SystemLedger, c: Abandon) -> a.Answer:
    return on.abandon(c.batch, **c.said)


def _restart(on: SystemLedger, c: Restart) -> a.Answer:
    return on.restart(**c.said)


def _logout(on: SystemLedger, c: Logout) -> a.Answer:
    return on.logout(str(c.user), **c.said)


def _login(on: SystemLedger, c: Login) -> a.Answer:
    return on.login(str(c.user), c.extension, **c.said)


def _rollback(on: SystemLedger, c: Rollback) -> a.Answer:
    only = tuple(str(n) for n in c.only)
    return on.rollback(c.batch, strategy=c.strategy, frame=c.frame, only=only, done=c.done, **c.said)


def _restore(on: SystemLedger, c: Restore) -> a.Answer:
    users = tuple(str(u) for u in c.users)
    return on.restore(c.on, extensions=c.extensions, users=users, done=c.done, **c.said)


def _user_set(on: SystemLedger, c: UserSet) -> a.Answer:
    return on.user_set(str(c.user), forced_login=c.forced_login, login_code=c.login_code, **c.said)


def _user_renumber(on: SystemLedger, c: UserRenumber) -> a.Answer:
    return on.user_renumber(str(c.user), str(c.number) if c.number is not None else None, **c.said)


def _correct(on: SystemLedger, c: Correct) -> a.Answer:
    what: int | str | None = c.event if c.batch is None else c.batch
    if what is None or (c.event is not None and c.batch is not None):
        raise BadArgument(what="correct", why="name one event or one batch")
    return on.correct(what, never=c.never, extension=c.extension, **c.said)


def _label(on: SystemLedger, c: Label) -> a.Answer:
    return on.label(c.extension, c.text, **c.said)


def _import(on: SystemLedger, c: Import) -> a.Answer:
    return on.import_exports(*c.exports, mapping=c.map, removed=c.removed, **c.said)


def _system_set(on: SystemLedger, c: SystemSet) -> a.Answer:
    return on.set(
        release=c.release,
        timezone=c.timezone,
        base_extension_by=c.base_extension_by,
        logout_code=c.logout_code,
        **c.said,
    )


_VERBS: dict[type[Line], Callable[[SystemLedger, Any], a.Answer]] = {
    Swap: _swap,
    Batch: _batch,
    Change: _change,
    Send: _send,
    Abandon: _abandon,
    Restart: _restart,
    Logout: _logout,
    Login: _login,
    Rollback: _rollback,
    Restore: _restore,
    UserSet: _user_set,
    UserRenumber: _user_renumber,
    Correct: _correct,
    Label: _label,
    Import: _import,
    SystemSet: _system_set,
}

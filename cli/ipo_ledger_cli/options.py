"""The options that many commands share, as decorators; what they say is kept in the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ipo_ledger_cli.session import Session

if TYPE_CHECKING:
    from ipo_ledger_cli.session import Form

F = TypeVar("F", bound=Callable[..., Any])

PAGE = 50  # entries of a list, unless --limit says otherwise
LARGEST = 2**63 - 1  # of a position or a batch, as the stores keep them


class Words(click.ParamType[str]):
    """A text as somebody can type it; arguments that are no characters at all are refused."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text. Fails where it is not valid in the encoding of this system."""
        text = str(value)
        if any("\ud800" <= character <= "\udfff" for character in text):
            self.fail("it holds bytes that are no characters in the encoding of this system.", param, ctx)
        return text


class Several(Words):
    """Values separated by commas; the option can also be given several times."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the values of one occurrence of the option."""
        found = [part.strip() for part in super().convert(value, param, ctx).split(",")]
        return tuple(part for part in found if part)


class Position(click.ParamType[int]):
    """A whole number that a position or a count can be."""

    name = "number"

    def __init__(self, smallest: int = 0, largest: int = LARGEST) -> None:
        """Take the smallest and the largest."""
        self.smallest = smallest
        self.largest = largest

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number. Fails where it is none, or out of range."""
        text = str(value)
        number = int(text) if text.isdecimal() and text.isascii() and len(text) <= len(str(LARGEST)) else -1
        if not self.smallest <= number <= self.largest:
            upper = f"from {self.smallest} to {self.largest}" if self.largest < LARGEST else f"from {self.smallest} on"
            self.fail(f"{value!r} is no whole number {upper}.", param, ctx)
        return number


class KnownAt(Words):
    """A time, or the position of an event; which position a time stands for, the ledger says."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text. Fails where it is a number that no position is."""
        text = super().convert(value, param, ctx).strip()
        if text.removeprefix("-").isdigit():
            Position().convert(text, param, ctx)
        return text


WORDS = Words()
SEVERAL = Several()


def first(command: F) -> F:
    """Add what can stand before the command's name."""
    return _shared(command, debug_is_shown=True)


def shared(command: F) -> F:
    """Add what every command takes."""
    return _shared(command, debug_is_shown=False)


def _shared(command: F, *, debug_is_shown: bool) -> F:
    return _added(
        command,
        _kept(
            "--ledger",
            "ledger_option",
            metavar="URL",
            help_="The ledger: sqlite:///PATH or postgresql://...",
            env="URL",
        ),
        _kept(
            "--system",
            "system_option",
            metavar="NAME",
            help_="Which system; not needed while there is one.",
            env="SYSTEM",
        ),
        _form("json", "Print the result as one JSON document."),
        _debug(hidden=not debug_is_shown),
    )


def reading(command: F) -> F:
    """Add the options of every command that only asks."""
    return shared(command)


def listing(command: F) -> F:
    """Add the options of a command whose answer is a list: its rows as JSON lines or CSV."""
    forms = (
        _form("nl", "Print the rows as JSON lines: one object a row."),
        _form("csv", "Print the rows as CSV, in UTF-8."),
    )
    return reading(_added(command, *forms))


def writing(command: F) -> F:
    """Add the options of every command that records."""
    return _writing(command, at="When it was true at the desks; default now.")


def correcting(command: F) -> F:
    """Add the options of a command that records what is right: here --at is the time that is corrected."""
    return _writing(command, at="It happened, but then: when it was really true at the desks.")


def _writing(command: F, *, at: str) -> F:
    return _added(
        shared(command),
        _told("--at", "at", metavar="WHEN", help_=at),
        _told("--reason", "reason", "-m", metavar="TEXT", help_="Why."),
        _told("--ticket", "ticket", metavar="TEXT", help_="The number of a ticket."),
        acting,
        _told(
            "--command-id",
            "command_id",
            metavar="ID",
            help_="The same id twice has one effect and one answer.",
        ),
    )


def acting(command: F) -> F:
    """Add who acts."""
    help_ = "Who did it; default the name of the account.  [env: IPO_LEDGER_ACTOR]"
    return _added(command, _told("--actor", "actor", metavar="NAME", help_=help_))


def done(command: F) -> F:
    """Add --done, for work already finished."""
    help_ = "It is finished already: record the send and every log-out as well."
    return click.option("--done", is_flag=True, help=help_)(command)


def known_at(command: F) -> F:
    """Add --known-at, to ask what the ledger knew."""
    return _added(command, _known_at())


def each_known_at(command: F) -> F:
    """Add --known-at for two looks: once for both, or for each."""
    return _added(command, _known_at(" Once for both, or twice: for the one and the other.", multiple=True))


def _known_at(more: str = "", *, multiple: bool = False) -> Callable[[Any], Any]:
    help_ = f"As the ledger knew it by then (2026-11-23T12:00, yesterday), or after an event (57).{more}"
    return click.option("--known-at", metavar="WHEN|POSITION", type=KnownAt(), multiple=multiple, help=help_)


def on(command: F) -> F:
    """Add --on, a day or an instant."""
    return click.option(
        "--on",
        metavar="WHEN",
        type=WORDS,
        default="now",
        help="A day (2026-11-20, today, yesterday), or an instant (2026-11-20T14:05, now: the default).",
    )(command)


def page(command: F) -> F:
    """Add what every list takes: by whom, from when to when, how many."""
    return _added(
        command,
        click.option("--actor", metavar="NAME", type=WORDS, help="Only what they did."),
        click.option("--since", metavar="WHEN", type=WORDS, help="From this day or instant on."),
        click.option("--until", metavar="WHEN", type=WORDS, help="Up to the end of this day, or before this instant."),
        click.option("--limit", metavar="N", type=Position(1, 1000), default=PAGE, help="At most so many (50)."),
    )


def _session(ctx: click.Context) -> Session:
    found = ctx.find_object(Session)
    assert found is not None
    return found


def _added(command: F, *options: Callable[[Any], Any]) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def _kept(name: str, attribute: str, *, metavar: str, help_: str, env: str) -> Callable[[Any], Any]:
    def keep(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            setattr(_session(ctx), attribute, value)

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
        from ipo_ledger_cli import named

        return named.SYSTEM.shell_complete(ctx, param, incomplete) if attribute == "system_option" else []

    text = f"{help_}  [env: IPO_LEDGER_{env}]"
    return click.option(
        name, metavar=metavar, help=text, expose_value=False, is_eager=True, callback=keep, shell_complete=complete
    )


def _form(form: Form, help_: str) -> Callable[[Any], Any]:
    def keep(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        session = _session(ctx)
        if value and session.form not in {"words", form}:
            raise click.UsageError(f"--{session.form} and --{form} are two forms: give one.", ctx)
        if value:
            session.form = form

    return click.option(f"--{form}", is_flag=True, help=help_, expose_value=False, is_eager=True, callback=keep)


def _debug(*, hidden: bool) -> Callable[[Any], Any]:
    def keep(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            _session(ctx).debug = True

    help_ = "Show the traceback of an unexpected fault.  [env: IPO_LEDGER_DEBUG]"
    return click.option(
        "--debug", is_flag=True, help=help_, hidden=hidden, expose_value=False, is_eager=True, callback=keep
    )


def _told(name: str, key: str, *more: str, metavar: str, help_: str) -> Callable[[Any], Any]:
    def keep(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            _session(ctx).told[key] = value  # type: ignore[literal-required]  # one of the keys of Told

    return click.option(name, *more, metavar=metavar, help=help_, type=WORDS, expose_value=False, callback=keep)

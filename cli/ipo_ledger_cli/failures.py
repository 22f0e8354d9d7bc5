"""From whatever went wrong to an exit code and what is said of it: what, why, and what to do now."""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import click

from ipo_ledger.errors import LedgerError
from ipo_ledger_cli.colours import is_terminal
from ipo_ledger_cli.output import complain, say, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ipo_ledger_cli.session import Session

UNEXPECTED, USAGE, INTERRUPTED, READER_GONE = 1, 2, 130, 141

_IN_URL = re.compile(r"(?<=://)([^\s:/@]*):[^\s/]*@")
_SECRET = re.compile(r"://[^\s:/@]*:([^\s/]*)@|password=([^\s&'\"]+)")


class Declined(click.Abort):
    """Somebody saw the plan and did not say yes."""


def tell(fault: BaseException, session: Session, arguments: Sequence[str]) -> int:
    """Say what went wrong, on stderr, and return the exit code it stands for."""
    if _reader_is_gone(fault):
        _point_to_nowhere()
        return READER_GONE
    as_json = session.json or _asks_for_json(arguments)
    if isinstance(fault, LedgerError):
        return _told(fault.told(), fault.exit_code, as_json=as_json)
    if isinstance(fault, click.exceptions.NoArgsIsHelpError):
        say(fault.format_message())
        return USAGE
    if isinstance(fault, click.ClickException):
        return _told(_usage(fault), USAGE, as_json=as_json)
    if isinstance(fault, click.Abort | KeyboardInterrupt):
        return _interrupted("Nothing was recorded." if isinstance(fault, Declined) else "Interrupted.", as_json=as_json)
    return _unexpected(fault, session, as_json=as_json)


def _told(error: dict[str, Any], exit_code: int, *, as_json: bool) -> int:
    """Say an error in three parts: what, why (the rest of the message), and what to do now."""
    if as_json:
        write_json({"error": error}, sys.stderr)
        return exit_code
    what, _, why = str(error["message"]).partition("\n")
    complain("Error:", what)
    for line in why.splitlines():
        say(line if line.startswith(" ") else f"  {line}")
    hint = str(error["hint"]).rstrip()
    if "\n" in hint:
        say(f"What you can do:\n{hint}")
    elif hint:
        say(f"Hint: {hint.strip()}")
    return exit_code


def _interrupted(message: str, *, as_json: bool) -> int:
    if as_json:
        error = {"code": "interrupted", "message": message, "hint": "", "details": {}}
        write_json({"error": error}, sys.stderr)
    else:
        say(f"\n{message}" if is_terminal(sys.stderr) else message)  # below what the terminal made of Ctrl-C
    return INTERRUPTED


def _usage(fault: click.ClickException) -> dict[str, Any]:
    context = getattr(fault, "ctx", None)
    path = context.command_path if context is not None else "ipo-ledger"
    details = {"usage": context.get_usage().removeprefix("Usage: ")} if context is not None else {}
    return {
        "code": "usage",
        "message": fault.format_message().replace("\t", "  "),  # click lists choices with tabs
        "hint": f"See `{path} -h`.",
        "details": details,
    }


def _unexpected(fault: BaseException, session: Session, *, as_json: bool) -> int:
    said = _without_secrets(f"{type(fault).__name__}: {fault}".partition("\n")[0], session)
    if session.debug:
        import traceback

        say(_without_secrets("".join(traceback.format_exception(fault)).rstrip(), session))
    error = {
        "code": "unexpected",
        "message": f"Something went wrong that should not: {said.rstrip('.')}.",
        "hint": "This is a fault of ipo-ledger, and not yours. Begin with `ipo-ledger --debug` (or set "
        "IPO_LEDGER_DEBUG=1) to see the traceback, which bears no password, and report it; "
        "`ipo-ledger verify` says whether the ledger is sound.",
        "details": {},
    }
    return _told(error, UNEXPECTED, as_json=as_json)


def _without_secrets(text: str, session: Session) -> str:
    """Take out passwords: of any URL in the text, and of the ledger's wherever it stands."""
    text = _IN_URL.sub(r"\1:***@", text)
    url = session.named_url
    found = {secret for pair in _SECRET.findall(url) for secret in pair if secret}
    found |= {session.environment[name] for name in ("PGPASSWORD",) if session.environment.get(name)}
    for secret in found | {unquote(each) for each in found}:
        text = text.replace(secret, "***")
    return text


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """Tell whether JSON was asked for, where the arguments could not even be read."""
    before = list(arguments)
    return "--json" in (before[: before.index("--")] if "--" in before else before)


def _reader_is_gone(fault: BaseException) -> bool:
    if isinstance(fault, BrokenPipeError):
        return True
    # Windows reports a closed pipe as EINVAL.
    return sys.platform == "win32" and isinstance(fault, OSError) and fault.errno == errno.EINVAL


def _point_to_nowhere() -> None:
    """Send what is still buffered nowhere, or the interpreter would complain of it when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                os.dup2(nowhere, stream.fileno())
        os.close(nowhere)

"""The commands for what people and the system do at the desks: log-outs, log-ins, restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ipo_ledger_cli.command import WRITES, command
from ipo_ledger_cli.named import EXTENSION, USER
from ipo_ledger_cli.options import writing
from ipo_ledger_cli.output import answer, out
from ipo_ledger_cli.progress import went_on

if TYPE_CHECKING:
    from ipo_ledger_cli.session import Session


@command(
    "logout", examples=("ipo-ledger logout 205", "ipo-ledger logout InesOrtega --at 2026-03-06T12:00"), exits=WRITES
)
@click.argument("user", metavar="USER", type=USER)
@writing
@click.pass_obj
def logout(session: Session, user: str) -> None:
    """Record that a user dialled the log-out code.

    What the system does of itself then (who is logged in where automatically) is recorded with it. USER is a
    number or a name.
    """
    found = session.system().logout(user, **session.said)
    answer(session, found, lambda: went_on(session, found))


@command(
    "login",
    examples=("ipo-ledger login VeraLefevre 8", 'ipo-ledger login 204 BD/8 -m "sits there today"'),
    exits=WRITES,
)
@click.argument("user", metavar="USER", type=USER)
@click.argument("extension", metavar="EXTENSION", type=EXTENSION)
@writing
@click.pass_obj
def login(session: Session, user: str, extension: str) -> None:
    """Record that a user logged in at a phone by hand.

    Whoever was on it is logged out of it. USER is a number or a name; EXTENSION an extension id,
    MODULE/PORT or @LABEL.
    """
    found = session.system().login(user, extension, **session.said)
    answer(session, found, lambda: went_on(session, found))


@command("restart", examples=("ipo-ledger restart", 'ipo-ledger restart -m "power cut"'), exits=WRITES)
@writing
@click.pass_obj
def restart(session: Session) -> None:
    """Record that the system restarted.

    Batches that wait for a restart take effect, and everybody goes back to their base extension; users with
    Force Login are off the air until they log in.
    """
    found = session.system().restart(**session.said)

    def tell() -> None:
        moved = any(event.user is not None for event in found.events)
        out("Restarted" + ("" if moved else ": nobody's seat changed"))
        went_on(session, found)

    answer(session, found, tell)

"""The commands that make a ledger and keep telephone systems in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import Family, command
from ipo_ledger_cli.named import SYSTEM
from ipo_ledger_cli.options import WORDS, listing, reading, shared, writing
from ipo_ledger_cli.output import answer, answer_rows, listed, out, say
from ipo_ledger_cli.tables import table

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session


_GRANTS = (
    "Then give rights, in psql as who made it:",
    "  GRANT ipo_ledger_writer TO ana;      to each role that records",
    "  GRANT ipo_ledger_auditor TO auditor; to each role that only reads and verifies",
    "Nobody needs ipo_ledger_owner. `ipo-ledger status --store` says what a role may do, and what is too much.",
)


@command("init", examples=("ipo-ledger init", "ipo-ledger init --ledger sqlite:///hq.db"), exits=(0, 2, 6))
@reading
@click.pass_obj
def init(session: Session) -> None:
    """Make the ledger, or bring it to this release.

    A ledger in a file makes itself when the first system is added. On PostgreSQL an administrator does it
    once, as a role that may create roles and schemas, and then grants ipo_ledger_writer to those who
    record, and ipo_ledger_auditor to those who only read.
    """
    ledger = session.ledger()
    made = ledger.init()
    said = "is ready" if made else "was ready: nothing to do"

    def tell() -> None:
        out(f"The ledger at {ledger.url} {said}")
        if made and not ledger.url.startswith("sqlite:"):
            for line in _GRANTS:
                say(line)

    answer(session, {"ledger": ledger.url, "made": made}, tell)


@click.group("system", cls=Family)
@shared
def system() -> None:
    """Add, list and set telephone systems."""


def settings(*, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the settings of a system."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        options = [
            click.option(
                "--release",
                metavar="R",
                type=WORDS,
                required=required,
                help="Its release, such as 11.1 or 4.0(10).",
            ),
            click.option(
                "--timezone",
                metavar="TZ",
                type=WORDS,
                required=required,
                help="Its time zone, such as Europe/Madrid.",
            ),
            click.option(
                "--base-extension-by",
                type=click.Choice(["merge", "reboot"]),
                metavar="HOW",
                help="How base extension changes take effect: merge (default from release 4.2 on) or reboot.",
            ),
            click.option("--logout-code", metavar="CODE", type=WORDS, help="What is dialled to log out; default *36."),
        ]
        for option in reversed(options):
            function = option(function)
        return function

    return add


@system.command(
    "add",
    examples=(
        "ipo-ledger system add madrid --release 11.1 --timezone Europe/Madrid",
        'ipo-ledger system add depot --release 4.0 --timezone America/New_York --logout-code "*37"',
    ),
    exits=(0, 2, 3, 6),
)
@click.argument("name", metavar="NAME", type=WORDS)
@settings(required=True)
@writing
@click.pass_obj
def add(session: Session, /, name: str, **given: str) -> None:
    """Keep a telephone system in this ledger from now on.

    NAME is one word. Times are read and shown in the time zone of the system.
    """
    found = session.ledger().add_system(name, **given, **session.said)

    def tell() -> None:
        tell_system(found)
        text = f"import EXPORT... --system {name}"
        say(f"Next: {session.command(text)}  (its baseline: who is where to begin with)")

    answer(session, found, tell)


@system.command("list", examples=("ipo-ledger system list", "ipo-ledger system list --json"), exits=(0, 2, 6))
@listing
@click.pass_obj
def list_(session: Session) -> None:
    """List the systems of this ledger, with their settings."""
    found = session.ledger().systems()

    def tell() -> None:
        titles = [
            "system",
            "release",
            "time zone",
            "base by",
            "log-out",
            "extensions",
            "users",
            "batches",
            "known since",
        ]
        rows = [
            (
                s.system,
                s.release,
                s.timezone,
                s.base_extension_by,
                s.logout_code,
                s.extensions,
                s.users,
                s.batches,
                wording.moment(s.known_since),
            )
            for s in found.systems
        ]
        if rows:
            table(titles, rows, right=("extensions", "users", "batches"))
        else:
            say("No system yet.")
            say(f"Next: {session.command('system add NAME --release R --timezone TZ')}")

    answer_rows(session, found, tell, lambda: listed("SystemAnswer", found.systems))


@system.command(
    "set",
    examples=(
        "ipo-ledger system set hq --release 11.1.2",
        'ipo-ledger system set depot --base-extension-by reboot -m "as its manual says"',
    ),
    exits=(0, 2, 3, 4, 6),
)
@click.argument("name", metavar="[NAME]", required=False, type=SYSTEM)
@settings(required=False)
@writing
@click.pass_obj
def set_(session: Session, /, name: str | None, **given: str | None) -> None:
    """Change the settings of a system; what is not given stays.

    NAME is the system; it can also be given with --system, and is not needed while there is one.
    """
    found = session.ledger().system(name or session.system_name).set(**given, **session.said)

    def tell() -> None:
        tell_system(found)
        if found.position is None:
            say("That is how it was: nothing to record.")

    answer(session, found, tell)


def tell_system(found: a.SystemAnswer) -> None:
    """Write a system and its settings."""
    out(f"{found.system}: release {found.release}, {found.timezone}")
    out(f"  base extensions change by {found.base_extension_by}, log-out code {found.logout_code}")

"""The commands about exports, and about what exports do not say."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import WRITES, Family, command
from ipo_ledger_cli.named import EXTENSION, USER
from ipo_ledger_cli.options import WORDS, listing, shared, writing
from ipo_ledger_cli.output import answer, answer_rows, in_one_line, out, say
from ipo_ledger_cli.tables import table
from ipo_ledger_cli.watching import working

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.rows import Rows
    from ipo_ledger_cli.session import Session


def exports(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the files of an export."""
    mapping = click.option(
        "--map",
        "mapping",
        metavar="FILE",
        type=click.Path(),
        help="A TOML file that names the columns of CSV lists.",
    )
    files = click.argument("files", metavar="EXPORT...", nargs=-1, required=True, type=click.Path())
    return files(mapping(function))


@command(
    "import",
    examples=(
        "ipo-ledger import users-1.xml extensions-1.xml --at 2026-03-06T08:00",
        'ipo-ledger import *.xml --removed -m "weekly export"',
    ),
    exits=WRITES,
)
@exports
@click.option(
    "--removed",
    is_flag=True,
    help="Record what the export lacks as removed; only for a complete export of the system.",
)
@writing
@click.pass_obj
def import_(session: Session, files: Sequence[str], mapping: str | None, *, removed: bool) -> None:
    """Take in exports of a system: its baseline, or what changed since.

    The first import is the baseline: everybody sits at their base extension. A later one records what
    differs; base extensions that differ become an observed batch, which can be rolled back like any other.
    Give --at the time of the export.

    What a later export lacks is named and kept. With --removed it is recorded as removed: give that only with
    a complete export, every page of users and extensions, or all that is on the missing pages is gone.

    Read are Management API XML and JSON, Web Manager's users.xml, and CSV lists by their header: files are
    recognised by content. Give all files of a system in one command.
    """
    with working("Taking in the export"):
        found = session.system().import_exports(*expanded(files), mapping=mapping, removed=removed, **session.said)
    answer(session, found, lambda: tell_import(session, found))


def expanded(files: Sequence[str]) -> list[str]:
    """Return files with * and ? filled in, where the shell did not do it (on Windows)."""
    found: list[str] = []
    for file in files:
        pattern = glob.has_magic(file) and not Path(file).exists()
        fitting = sorted(glob.glob(file)) if pattern else []  # noqa: PTH207 - a pattern may be absolute
        found += fitting or [file]
    return found


def tell_import(session: Session, found: a.Imported) -> None:
    """Write what an import took in, what it observed, and what the export no longer names."""
    now = "" if session.told.get("at") else ", now: give --at for another time of the export"
    say(f"Taken as of {wording.moment(found.at)}{now}")
    if found.baseline:
        extensions, users = (
            wording.counted(found.extensions_added, "extension"),
            wording.counted(found.users_added, "user"),
        )
        out(f"Baseline of {found.system}: {extensions}, {users}, {found.seated} seated")
    else:
        out(f"{found.system}: {_taken_in(found)}")
    if found.batch is not None:
        out(f"{found.batch} observed: base extensions that differed from those in force")
        for line in wording.changes(found.changes):
            out(line)
    _tell_missing(found)
    wording.notes(found.warnings)
    if found.batch is not None:
        wording.next_step(session, f"show {found.batch}", "or take it back with rollback")
    elif found.baseline:
        wording.next_step(session, "seats")


def _tell_missing(found: a.Imported) -> None:
    """Write what the export no longer names: what was recorded as removed, or else kept."""
    of = ((found.extensions_removed, found.users_removed), (found.missing_extensions, found.missing_users))
    for said, (ids, names) in zip(("Removed, not in this export", "Not in this export, and kept"), of, strict=True):
        if ids:
            out(f"{said}: {wording.extensions(ids)}")
        if names:
            out(f"{said}: {wording.users(names)}")
    if found.missing_extensions or found.missing_users:
        say("Note: where the export is complete, --removed records them as removed.")


def _taken_in(found: a.Imported) -> str:
    counts = [
        (found.extensions_added, "extension", "added"),
        (found.extensions_changed, "extension", "changed"),
        (found.users_added, "user", "added"),
        (found.users_changed, "user", "changed"),
        (found.users_renumbered, "user", "renumbered"),
        (len(found.extensions_removed), "extension", "removed"),
        (len(found.users_removed), "user", "removed"),
    ]
    said = [f"{wording.counted(count, noun)} {verb}" for count, noun, verb in counts if count]
    if found.seated:
        said.append(f"{found.seated} seated")
    if not said and found.batch is None:
        return "nothing new, nothing to record"
    return ", ".join(said) or "base extensions only"


@command(
    "check",
    examples=("ipo-ledger check users-1.xml extensions-1.xml", "ipo-ledger check extensions-1.xml --json"),
    exits=(0, 2, 4, 5, 6),
)
@exports
@listing
@click.pass_context
def check(ctx: click.Context, files: Sequence[str], mapping: str | None) -> None:
    """Compare a fresh export with the base extensions in force.

    Nothing is recorded. It speaks of the configuration on the system, not of who sits where.
    """
    session: Session = ctx.obj
    with working("Comparing the export"):
        found = session.questions().check(*expanded(files), mapping=mapping)
    answer_rows(session, found, lambda: _tell_check(session, found), lambda: _rows(found))
    if not found.agrees:
        ctx.exit(5)


def _rows(found: a.Checked) -> Rows:
    """Return a row for each extension that differs, is only in the export, or only in the ledger."""
    from ipo_ledger_cli.rows import Rows

    none = {"ledger": None, "export": None}
    drift = [
        {"what": "differs", "extension_id": d.extension_id, "ledger": d.ledger, "export": d.export} for d in found.drift
    ]
    unknown = [{"what": "unknown", "extension_id": i, **none} for i in found.unknown_extensions]
    missing = [{"what": "missing", "extension_id": i, **none} for i in found.missing_extensions]
    return Rows(("what", "extension_id", "ledger", "export"), [*drift, *unknown, *missing])


def _tell_check(session: Session, found: a.Checked) -> None:
    compared = wording.counted(found.compared, "extension")
    if found.agrees:
        out(f"{found.system} agrees with the export: {compared} compared")
        return
    out(f"{found.system} differs from the export: {compared} compared")
    if found.drift:
        rows = [(d.extension_id, wording.base(d.ledger), wording.base(d.export)) for d in found.drift]
        table(("extension", "ledger", "export"), rows, right=("extension",))
    if found.unknown_extensions:
        out(f"Only in the export: {wording.extensions(found.unknown_extensions)}")
    if found.missing_extensions:
        out(f"Only in the ledger: {wording.extensions(found.missing_extensions)}")
    if found.drift or found.unknown_extensions:
        wording.next_step(session, "import EXPORT...", "records the differences as an observed batch")


@click.group("user", cls=Family)
@shared
def user() -> None:
    """Say of a user what exports do not say, or a new number."""


@user.command(
    "renumber",
    examples=("ipo-ledger user renumber 209 219 --at 2026-03-05T18:00", "ipo-ledger user renumber VeraLefevre -"),
    exits=WRITES,
)
@click.argument("name", metavar="USER", type=USER)
@click.argument("number", metavar="NUMBER", type=WORDS)
@writing
@click.pass_obj
def renumber(session: Session, name: str, number: str) -> None:
    """Record that a user has another number.

    NUMBER is the new one, or - for none. Nobody moves by it, and base extensions do not follow it: those are
    changed in Manager, and recorded as a batch. A number in a question about an earlier time is whose it was
    then.
    """
    found = session.system().user_renumber(name, number, **session.said)

    def tell() -> None:
        out(f"{in_one_line(found.user)}: {f'number {found.number}' if found.number is not None else 'no number'}")
        if found.position is None:
            say("That is how it was: nothing to record.")

    answer(session, found, tell)


@user.command(
    "set",
    examples=("ipo-ledger user set 207 --forced-login", "ipo-ledger user set RosaMeyer --login-code"),
    exits=WRITES,
)
@click.argument("name", metavar="USER", type=USER)
@click.option("--forced-login/--no-forced-login", default=None, help="Whether they have to log in by hand everywhere.")
@click.option(
    "--login-code/--no-login-code",
    default=None,
    help="Whether they have a login code; never the code itself.",
)
@writing
@click.pass_obj
def set_(session: Session, name: str, *, forced_login: bool | None, login_code: bool | None) -> None:
    """Say whether a user is Force Login, and whether they have a login code."""
    if forced_login is None and login_code is None:
        raise click.UsageError("Say what to set: --forced-login, --no-forced-login, --login-code or --no-login-code.")
    found = session.system().user_set(name, forced_login=forced_login, login_code=login_code, **session.said)

    def tell() -> None:
        forced = "Force Login" if found.forced_login else "no Force Login"
        code = "has a login code" if found.has_login_code else "has no login code"
        out(f"{wording.person(found.user, found.number)}: {forced}, {code}")

    answer(session, found, tell)


@command("label", examples=('ipo-ledger label 7 "Window, second floor"', "ipo-ledger label BD/7 -"), exits=WRITES)
@click.argument("extension", metavar="EXTENSION", type=EXTENSION)
@click.argument("text", metavar="TEXT", type=WORDS)
@writing
@click.pass_obj
def label(session: Session, extension: str, text: str) -> None:
    """Name the desk of an extension.

    From then on @TEXT means this extension; PowerShell needs "@TEXT" in quotes. TEXT - takes the name away.
    """
    found = session.system().label(extension, "" if text == "-" else text, **session.said)

    def tell() -> None:
        said = f": {in_one_line(found.label)}" if found.label else ": no label"
        out(f"extension {found.extension_id} ({wording.place(found.module, found.port)}){said}")

    answer(session, found, tell)

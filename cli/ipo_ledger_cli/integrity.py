"""The commands that check a whole ledger, and make its read model anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import command
from ipo_ledger_cli.files import note_in
from ipo_ledger_cli.options import WORDS, Position, listing, reading
from ipo_ledger_cli.output import answer, answer_rows, listed, out, say
from ipo_ledger_cli.tables import table
from ipo_ledger_cli.watching import watched

if TYPE_CHECKING:
    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.rows import Rows
    from ipo_ledger_cli.session import Session

_MADE_ANEW = {"read-model"}  # what `rebuild` sets right


@command(
    "verify",
    examples=("ipo-ledger verify", "ipo-ledger verify --against kept.txt --json"),
    exits=(0, 2, 4, 5, 6),
)
@click.option(
    "--against",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="A checkpoint that was kept elsewhere: the ledger must go on from it.",
)
@click.option("--key", metavar="VERIFIER_KEY", type=WORDS, help="The verifier key of whoever signs the checkpoints.")
@click.option(
    "--from",
    "start",
    metavar="EVENT",
    type=Position(),
    default=0,
    help="Check events from this position on only; what is before is taken from the kept hashes.",
)
@click.option(
    "--rules/--no-rules",
    default=True,
    help="Whether to follow the rules of the telephone system, too (default): without, it is quicker.",
)
@listing
@click.pass_context
def verify(ctx: click.Context, *, against: str | None, key: str | None, start: int, rules: bool) -> None:
    """Check the whole ledger, and end with one verdict.

    Events, tree and checkpoints, and that every answer follows from the events. It goes through all stages,
    whatever it finds; any finding is exit 5. Nothing is written.

    What somebody rewrote who can write everything, the tree too, agrees with itself. A checkpoint that was kept
    elsewhere shows it: --against. With --key it also counts who signed the checkpoints.
    """
    session: Session = ctx.obj
    kept = note_in(against) if against is not None else None
    with watched() as progress:
        found = session.ledger().verify(against=kept, key=key, start=start, rules=rules, progress=progress)
    answer_rows(session, found, lambda: _tell_verdict(session, found), lambda: _findings(found))
    if not found.verified:
        ctx.exit(5)


def _findings(found: a.Verified) -> Rows:
    """Return the findings; the verdict is said beside them."""
    say(_verdict(found))
    return listed("FindingAnswer", found.findings)


def _verdict(found: a.Verified) -> str:
    if found.verified:
        return f"VERIFIED: {wording.counted(found.events, 'event')}, root {found.root}"
    count = sum(stage.findings for stage in found.stages)
    return f"NOT VERIFIED: {wording.counted(count, 'finding')} in {wording.counted(found.events, 'event')}"


def _tell_verdict(session: Session, found: a.Verified) -> None:
    rows = [
        (
            "FAILED" if stage.findings else "ok" if stage.checked else "-",
            stage.stage,
            stage.checked,
            stage.findings or None,
            stage.note,
        )
        for stage in found.stages
    ]
    table(("", "stage", "checked", "findings", "note"), rows, right=("checked", "findings"), optional=("findings",))
    if found.findings:
        out()
        table(
            ("check", "event", "finding"), [(f.check, f.position, f.message) for f in found.findings], right=("event",)
        )
    for doubt in found.in_doubt:
        vouched = f"; a checkpoint of {doubt.vouched_by} events vouches for them" if doubt.vouched_by else ""
        out(f"In doubt: {_events(doubt.first, doubt.last)}{vouched}")
    _tell_against(found.against)
    out()
    out(_verdict(found))
    _tell_next(session, found)


def _tell_against(against: a.AgainstAnswer | None) -> None:
    if against is None:
        return
    signed = f"signed by {against.signed_by}" if against.signed_by else "whose signature was not checked"
    said = "goes on from" if against.extends else "DOES NOT GO ON FROM"
    out(f"The ledger {said} the checkpoint of {wording.counted(against.size, 'event')} of {against.origin}, {signed}")


def _tell_next(session: Session, found: a.Verified) -> None:
    if found.verified and found.against is None:
        say("Nothing kept elsewhere was compared: `ipo-ledger verify --against FILE` takes a checkpoint.")
    elif found.verified and found.against is not None and found.against.signed_by is None:
        say("The signature was not checked: give the verifier key with --key.")
    elif not found.verified and {f.check for f in found.findings} <= _MADE_ANEW:
        wording.next_step(session, "rebuild", "the events are sound: it makes the rest of them anew")
    elif found.against is not None and found.against.extends and {f.check for f in found.findings} == {"against"}:
        say("The ledger does go on from it. See first whether --key is the verifier key of whoever signed it.")
    elif not found.verified:
        say("Keep this ledger as it is, and go back to a backup that `verify --against` a kept checkpoint accepts.")


def _events(first: int, last: int) -> str:
    return f"event {first}" if first == last else f"events {first} to {last}"


@command("rebuild", examples=("ipo-ledger rebuild --dry-run", "ipo-ledger rebuild"), exits=(0, 2, 6))
@click.option("--dry-run", is_flag=True, help="Only say what differs; nothing is written.")
@reading
@click.pass_obj
def rebuild(session: Session, *, dry_run: bool) -> None:
    """Make the read model anew from the events, and write what differs.

    The read model is what questions are answered from. The events stay as they are. Others go on recording
    meanwhile.
    """
    with watched() as progress:
        found = session.ledger().rebuild(dry_run=dry_run, progress=progress)
    answer(session, found, lambda: _tell_rebuilt(found))


def _tell_rebuilt(found: a.Rebuilt) -> None:
    differ = [t for t in found.tables if t.missing or t.extra or t.different]
    if differ:
        rows = [(t.table, t.rows, t.missing or None, t.extra or None, t.different or None) for t in differ]
        titles = ("table", "rows", "missing", "too many", "different")
        table(titles, rows, right=titles[1:])
    of = f"made anew from {wording.counted(found.events, 'event')}"
    if not found.changed:
        out(f"The read model is as it is {of}: nothing to write")
    elif found.dry_run:
        out(f"{wording.counted(found.changed, 'row')} would be written: not as {of}")
    else:
        out(f"{wording.counted(found.changed, 'row')} written: the read model is {of}")

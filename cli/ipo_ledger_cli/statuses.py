"""The command that says what is going on, and who waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import READS, command
from ipo_ledger_cli.options import known_at, listing
from ipo_ledger_cli.output import answer_rows, in_one_line, out, say
from ipo_ledger_cli.progress import dialled, next_is_send, say_next

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.rows import Rows
    from ipo_ledger_cli.session import Session


@command(
    "status",
    examples=("ipo-ledger status --known-at 2026-03-02T12:00", "ipo-ledger status --store"),
    exits=READS,
)
@known_at
@click.option("--store", is_flag=True, help="What the store is, and what you may do there, instead.")
@listing
@click.pass_obj
def status(session: Session, *, known_at: str | None, store: bool) -> None:
    """Show what goes on now: drafts, who waits for whom, who is off the air.

    What a draft says, what is in force, and who is seated where are three things: each line says which it is.

    With --store: where the ledger is, how large, the last checkpoint, and which rights you have there, with a
    warning for each that is more than recording needs.
    """
    if store:
        if known_at is not None:
            raise click.UsageError("--store is of now: leave --known-at out.")
        if session.form in {"nl", "csv"}:
            raise click.UsageError(
                f"--store says one thing, and has no rows: leave --{session.form} out, or take --json."
            )
        from ipo_ledger_cli.stores import tell_store

        tell_store(session)
        return
    found = session.questions().status(known_at=known_at)
    answer_rows(session, found, lambda: _tell_status(session, found), lambda: _rows(found))


def _tell_status(session: Session, found: a.StatusAnswer) -> None:
    if found.known_at is not None:
        say(f"{found.system}{wording.known(found.known_at)}")
    out(f"{found.system}: {', '.join(_at_a_glance(found))}")
    for draft in found.drafts:
        _tell_draft(draft)
    code = dialled(session, found.known_at) if found.sent else ""
    for sent in found.sent:
        out(f"{sent.batch}, sent ({sent.mode}) at {wording.moment(sent.sent_at)}: {in_one_line(sent.title)}")
        if sent.waits_for_restart:
            out("  waits for the restart of the system")
        for pending in sent.pending:
            out(f"  {wording.waiting(pending, code)}")
    if found.off_the_air:
        out(f"Off the air: {wording.names(found.off_the_air)}")
    if found.vacant:
        out(f"Vacant: {wording.extensions(found.vacant)}")
    _what_next(session, found)


def _at_a_glance(found: a.StatusAnswer) -> Iterator[str]:
    """Yield what is open, counted: drafts, phones that wait for somebody, a restart, people without a phone."""
    if not found.sent and not found.drafts:
        yield "no draft, and nothing waits for anybody"
    if found.drafts:
        yield wording.counted(len(found.drafts), "draft")
    waiting = [pending for sent in found.sent for pending in sent.pending]
    if waiting:
        people = len({pending.user for pending in waiting})
        yield f"{wording.counted(len(waiting), 'phone')} waiting for {wording.counted(people, 'person', 'people')}"
    restarts = sum(sent.waits_for_restart for sent in found.sent)
    if restarts:
        yield f"{wording.counted(restarts, 'batch', 'batches')} waiting for a restart"
    if found.off_the_air:
        yield f"{wording.counted(len(found.off_the_air), 'person', 'people')} off the air"
    if found.vacant:
        yield f"{wording.counted(len(found.vacant), 'phone')} vacant"


def _rows(found: a.StatusAnswer) -> Rows:
    """Return a row for each thing that is open: what it is, and whom it waits for."""
    from ipo_ledger_cli.rows import Rows

    columns = ("what", "batch", "title", "waiting_for", "extension_id", "user", "number", "seated_at")
    return Rows(columns, (dict.fromkeys(columns) | row for row in _open(found)))


def _open(found: a.StatusAnswer) -> Iterator[dict[str, Any]]:
    for draft in found.drafts:
        yield {"what": "draft", "batch": draft.batch, "title": draft.title, "waiting_for": "send"}
    for sent in found.sent:
        named = {"what": "sent", "batch": sent.batch, "title": sent.title}
        if sent.waits_for_restart:
            yield {**named, "waiting_for": "restart"}
        for p in sent.pending:
            phone = {"extension_id": p.extension_id, "user": p.user, "number": p.number, "seated_at": p.seated_at}
            yield {**named, "waiting_for": p.waiting_for, **phone}
    yield from ({"what": "off-the-air", "user": user} for user in found.off_the_air)
    yield from ({"what": "vacant", "extension_id": extension} for extension in found.vacant)


def _tell_draft(draft: a.DraftStatus) -> None:
    reason = f": {in_one_line(draft.reason)}" if draft.reason else ""
    by = f"{in_one_line(draft.actor)}, {wording.moment(draft.opened_at)}{reason}"
    out(f"{draft.batch}, draft: {in_one_line(draft.title)} ({by})")
    for line in wording.changes(draft.changes):
        out(line)
    for line in wording.conflicts(draft.conflicts):
        out(line)


def _what_next(session: Session, found: a.StatusAnswer) -> None:
    if found.known_at is not None or not (found.sent or found.drafts):
        return
    if found.sent and found.sent[0].waits_for_restart:
        wording.next_step(session, "restart", "when the system has restarted")
    elif found.sent:
        say_next(session, found.sent[0].pending)
    else:
        next_is_send(session, found.drafts[0].batch)

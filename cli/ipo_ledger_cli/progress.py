"""How far a batch is, in words: what was drafted, what it waits for, and which command comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipo_ledger_cli import wording
from ipo_ledger_cli.output import in_one_line, out, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session


def drafted(session: Session, found: a.Drafted) -> None:
    """Write a batch just drafted (or, with --done, sent and settled), and what comes next."""
    out(f"{found.batch}, {found.status}: {in_one_line(found.title)}")
    for line in wording.changes(found.changes):
        out(line)
    wording.seats_changed(found.events)
    wording.notes(found.warnings)
    if not found.changes:
        out("  no change is left")
        wording.next_step(session, f"abandon {found.batch}")
    elif found.status == "draft":
        next_is_send(session, found.batch)
    elif found.pending:
        still_waiting(session, found.batch, found.pending)


def next_is_send(session: Session, batch: str | None) -> None:
    """Say how to record that a draft was sent, in the way that this system takes."""
    mode = " --mode immediate" if session.questions().info().base_extension_by == "reboot" else ""
    wording.next_step(session, f"send {batch}{mode}", "when Manager has sent the configuration")


def went_on(session: Session, found: a.Done) -> None:
    """Write what a send, log-out, log-in or restart did to people's seats, and what is still waited for."""
    wording.seats_changed(found.events)
    if found.batch is None:
        return
    if found.pending:
        still_waiting(session, found.batch, found.pending)
    elif found.status == "settled":
        out(f"{found.batch} is settled: everybody is where the base extensions say")
    elif found.status == "sent":
        wording.next_step(session, "restart", "when the system has restarted")


def still_waiting(session: Session, batch: str | None, pending: Sequence[a.PendingAnswer]) -> None:
    """Write what a batch in force waits for, and the command that records the first of it."""
    code = dialled(session, None)
    out(f"{batch} waits for {wording.counted(len(pending), 'phone')}:")
    for each in pending:
        out(f"  {wording.waiting(each, code)}")
    say_next(session, pending)


def dialled(session: Session, known_at: int | None) -> str:
    """Return what people dial to log out; of what was known earlier, only that it is the log-out code."""
    return session.questions().info().logout_code if known_at is None else "the log-out code"


def say_next(session: Session, pending: Sequence[a.PendingAnswer]) -> None:
    """Say how to record the first thing that somebody can do: a log-out, or else a log-in by hand."""
    first = next((p for p in pending if p.waiting_for == "log-out"), None)
    if first is not None:
        wording.next_step(session, f"logout {first.number or first.user}", "when they have dialled it")
        return
    by_hand = next((p for p in pending if p.seated_at is None or p.by_hand), None)
    if by_hand is not None:
        command = f"login {by_hand.number or by_hand.user} {by_hand.extension_id}"
        wording.next_step(session, command, "when they have logged in")
    else:
        say(f"See who is where: {session.command('seats')}")

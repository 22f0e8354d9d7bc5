"""What is said with every command: when, by whom, why, and under which command id."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from ipo_ledger.application.refusals import BadText
from ipo_ledger.domain.entry import Given
from ipo_ledger.domain.moments import iso, read_instant
from ipo_ledger.domain.refusals import FutureTime

LONGEST = 2000
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # controls but tab and line feed; half characters


class Said(TypedDict, total=False):
    """What every writing command takes beside its own arguments.

    `at`: when it was true at the desks, as text (read in the system's time zone) or an aware datetime; default
    now. `actor`: who did it; default whoever opened the ledger. `command_id`: the same id twice has one effect
    and gives the first answer again.
    """

    at: str | datetime | None
    reason: str | None
    ticket: str | None
    actor: str | None
    command_id: str | None


def given(said: Said, *, zone: ZoneInfo, now: datetime, actor: str) -> Given:
    """Return what was said, complete and checked. Raises `FutureTime`, `BadText`, or what a bad time raises."""
    at = instant(said.get("at"), zone, now)
    if at > now:
        raise FutureTime(at=iso(at, zone), now=iso(now, zone))
    return Given(
        at=at,
        actor=checked("the actor", said.get("actor")) or checked("the actor", actor) or "unknown",
        command_id=checked("the command id", said.get("command_id")) or str(uuid.uuid4()),
        reason=checked("the reason", said.get("reason")),
        ticket=checked("the ticket", said.get("ticket")),
    )


def instant(at: str | datetime | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Return an instant in UTC, now where none is given."""
    if at is None:
        return now
    if isinstance(at, str):
        return read_instant(at, zone, now)
    return at.astimezone(UTC)


def checked(what: str, text: str | None) -> str | None:
    """Return a text that people will read, blank as None. Raises `BadText` for control characters."""
    if text is None or not text.strip():
        return None
    unseen = _UNSEEN.search(text)
    if unseen is not None:
        raise BadText(what=what, found=f"characters that nobody sees (U+{ord(unseen[0]):04X})", longest=LONGEST)
    if len(text) > LONGEST:
        raise BadText(what=what, found=f"{len(text)} characters", longest=LONGEST)
    return text

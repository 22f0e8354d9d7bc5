"""A rollback plan kept in a file: shown and agreed to now, carried out later exactly so, or refused."""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from msgspec import Struct

from ipo_ledger.application.answers import Drafted
from ipo_ledger.errors import Malformed

FORMAT: Final = "ipo-ledger-plan/1"


class UnreadablePlan(Malformed):
    """The file given with --plan is not one that --plan-out wrote."""

    code = "unreadable-plan"
    says = "{where} is no rollback plan: {why}."
    way_out = "Make one with `ipo-ledger rollback B1 --plan-out FILE`."


class SavedPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a plan file holds: what was asked, and the dry run's answer that is to be carried out."""

    format: Literal["ipo-ledger-plan/1"] = FORMAT
    system: str
    batch: str
    strategy: Literal["cascade", "replan", "partial"] | None
    frame: Literal["people", "ports"]
    only: tuple[str, ...]
    plan: Drafted


def dumped(plan: SavedPlan) -> bytes:
    """Return the text of a plan file, UTF-8."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2) + b"\n"


def loaded(text: bytes, *, where: str) -> SavedPlan:
    """Return the plan in a file. Raises `UnreadablePlan`."""
    try:
        return msgspec.json.decode(text, type=SavedPlan)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise UnreadablePlan(where=where, why=f"{fault!s:.200}") from None

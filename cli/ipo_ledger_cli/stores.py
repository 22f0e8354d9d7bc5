"""What a store is, and what it lets whoever asks do: the other half of `status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipo_ledger_cli import wording
from ipo_ledger_cli.output import answer, in_one_line, out, say

if TYPE_CHECKING:
    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.session import Session

_KINDS = {"sqlite": "a SQLite file", "postgresql": "a PostgreSQL database"}
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_THOUSAND = 1000


def tell_store(session: Session) -> None:
    """Give what the store is: as JSON, or in words with a warning for each right too many."""
    found = session.ledger().store()
    answer(session, found, lambda: _tell(found))


def _tell(found: a.StoreAnswer) -> None:
    out(f"{found.ledger}: {_KINDS[found.kind]}")
    for name, value in _facts(found):
        if value:
            out(f"  {name:<11} {value}")
    for warning in found.warnings:
        say(f"Warning: more rights than recording needs: {in_one_line(warning.message)}.")


def _facts(found: a.StoreAnswer) -> list[tuple[str, str]]:
    kept = f"{found.checkpoints}, the last of {wording.counted(found.last_checkpoint or 0, 'event')}"
    return [
        ("position", str(found.position)),
        ("size", _size(found.size) if found.size is not None else ""),
        ("role", in_one_line(found.role or "")),
        ("rights", " and ".join(found.rights)),
        ("mode", found.mode or ""),
        ("checkpoints", kept if found.checkpoints else "none"),
    ]


def _size(count: int) -> str:
    """Return a size in three digits."""
    size, unit = float(count), 0
    while size >= _THOUSAND and unit < len(_UNITS) - 1:
        size, unit = size / _THOUSAND, unit + 1
    return f"{size:.3g} {_UNITS[unit]}"

"""ipo-ledger: who sat where, when and why, on Avaya IP Office telephone systems.

    import ipo_ledger

    with ipo_ledger.open("sqlite:///ledger.db", actor="ana") as ledger:
        ledger.add_system("hq", release="11.1", timezone="Europe/Madrid")
        hq = ledger.system("hq")
        hq.import_exports("users.xml", "extensions.xml")
        swapped = hq.swap("202", "203", reason="Ana sits by the window now")
        hq.send(swapped.batch)
        hq.logout("202")
        hq.logout("203")
        print(hq.who(2, on="today").stays)
        hq.rollback(swapped.batch, done=True)

Everything raised on purpose derives from `LedgerError`. Nothing here prints, exits or reads the environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ipo_ledger.adapters.move_csv import read_moves
    from ipo_ledger.application.ledger import Ledger
    from ipo_ledger.application.move_lists import MoveAsked
    from ipo_ledger.application.questions import Questions
    from ipo_ledger.application.system_ledger import SystemLedger
    from ipo_ledger.errors import Differs, LedgerError, Malformed, NotFound, Refused, StoreDamaged, StoreUnusable
    from ipo_ledger.opening import open_ledger as open  # noqa: A004 - ipo_ledger.open(url) reads as it should

__all__ = [
    "Differs",
    "Ledger",
    "LedgerError",
    "Malformed",
    "MoveAsked",
    "NotFound",
    "Questions",
    "Refused",
    "StoreDamaged",
    "StoreUnusable",
    "SystemLedger",
    "open",
    "read_moves",
]

_ERRORS = {"Differs", "LedgerError", "Malformed", "NotFound", "Refused", "StoreDamaged", "StoreUnusable"}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: `ipo-ledger --help` needs none of it."""
    if name == "open":
        from ipo_ledger.opening import open_ledger

        return open_ledger
    if name == "Ledger":
        from ipo_ledger.application.ledger import Ledger

        return Ledger
    if name == "SystemLedger":
        from ipo_ledger.application.system_ledger import SystemLedger

        return SystemLedger
    if name == "Questions":
        from ipo_ledger.application.questions import Questions

        return Questions
    if name == "MoveAsked":
        from ipo_ledger.application.move_lists import MoveAsked

        return MoveAsked
    if name == "read_moves":
        from ipo_ledger.adapters.move_csv import read_moves

        return read_moves
    if name in _ERRORS:
        from ipo_ledger import errors

        return getattr(errors, name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)

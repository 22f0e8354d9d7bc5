"""What the ledger answers: one frozen type an answer, named and shaped as in JSON.

Times are aware datetimes in the system's own time zone, so that JSON shows them with its offset. Every type is found
here, whichever module it is in. A module is imported when one of its types is used first: a question starts sooner.
Type checkers read `__init__.pyi` instead.
"""

from __future__ import annotations

from typing import Any

_TYPES = {
    "answer": "Answer ChangeAnswer WarningAnswer EventAnswer PendingAnswer Conflict",
    "batches": "DraftStatus SentStatus StatusAnswer SendAnswer Shown BatchLine BatchList",
    "corrections": "Effect BatchEffect Correction",
    "evidence": "CheckpointAnswer Proof",
    "integrity": "StoreAnswer FindingAnswer StageAnswer DoubtAnswer AgainstAnswer Verified RebuiltTable Rebuilt Loaded",
    "log": "LogEntry Log HistoryEntry History",
    "recorded": "Drafted Done LineAnswer",
    "rollbacks": "ByAnswer BlockedAnswer WayOutAnswer LinkAnswer Graph",
    "seating": "WhoStay Who WhereStay Where Seat Seats Instant Person SeatDiff BaseDiff Diff",
    "sheet": "TypingStep Dial E911Change Sheet",
    "systems": "SystemAnswer SystemList Imported UserAnswer ExtensionAnswer DriftAnswer Checked",
}
_HOMES = {name: module for module, names in _TYPES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Import a type where it is used first, and keep it here."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = __import__(f"{__name__}.{_HOMES[name]}", fromlist=[name])  # import_module would hide it from -X importtime
    found = getattr(module, name)
    globals()[name] = found
    return found

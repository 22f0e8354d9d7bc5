"""What is wrong with an export: one complaint each, and the one error that says them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec

from ipo_ledger.errors import Malformed

LONGEST_LIST = 50
"""Complaints that the message spells out; `details` always keeps all."""


class Complaint(msgspec.Struct, frozen=True):
    """One thing wrong, in one place. Never quotes a login or voicemail code."""

    file: str
    where: str
    """`record 12`, `line 4`, or nothing for the file as a whole."""
    message: str

    @classmethod
    def at(cls, source: str, message: str) -> Self:
        """Complain about a source as site values carry it: `file, record 12`."""
        file, _, where = source.rpartition(", ")
        return cls(file, where, message)

    @property
    def place(self) -> int:
        """The record or line, to sort by; 0 for the file as a whole."""
        number = self.where.rpartition(" ")[2]
        return int(number) if number.isdigit() else 0

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.file}, {self.where}: {self.message}" if self.where else f"{self.file}: {self.message}"


class NotReadable(Exception):
    """Stops the reading of one file; the sentence says why, in words that go after the file's name."""


class ExportUnreadable(Malformed):
    """An export, or several files that are one, cannot be taken as what a site is. Nothing of it was read."""

    code = "export-unreadable"
    says = "The export cannot be read:\n{listing}"
    way_out = (
        "Mend or export these files again, then give all files of the site in one command; "
        "`ipo-ledger import --help` says what can be read."
    )

    def __init__(self, *, hint: str | None = None, complaints: Sequence[dict[str, str]]) -> None:
        """Take every complaint, as `{"file", "where", "message"}`."""
        super().__init__(hint=hint, complaints=list(complaints), listing=_listed(complaints))
        del self.details["listing"]  # made of the complaints, also when it is unpickled

    @classmethod
    def because(cls, complaints: Sequence[Complaint]) -> Self:
        """Make the error that says all these complaints."""
        return cls(complaints=[msgspec.structs.asdict(complaint) for complaint in complaints])


def _listed(complaints: Sequence[dict[str, str]]) -> str:
    lines = [str(Complaint(**complaint)) for complaint in complaints[:LONGEST_LIST]]
    if len(complaints) > LONGEST_LIST:
        lines.append(f"... and {len(complaints) - LONGEST_LIST} more")
    return "\n".join(lines)

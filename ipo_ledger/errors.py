"""Everything the ledger can refuse or fail at: one class each, with its slug, its sentence and its way out.

A class is its own documentation: `says` is the sentence (what and why), `way_out` what to do now.
Families decide what a script does about it: the exit codes stand here, in one place.
"""

from __future__ import annotations

from typing import Any, ClassVar

# Details that are sentences made from other details: they stand in the message, and are left out of JSON.
ONLY_WORDS = frozenset({"listing", "ways"})


class LedgerError(Exception):
    """The root of all errors this library raises on purpose."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "unexpected"
    says: ClassVar[str] = "{what}"
    way_out: ClassVar[str] = ""

    def __init__(self, *, hint: str | None = None, **details: Any) -> None:
        """Fill `says` and `way_out` from `details`; `hint` replaces the way out where only the caller knows it."""
        self.details: dict[str, Any] = details
        self.message = self.says.format(**details)
        self.hint = hint if hint is not None else self.way_out.format(**details)
        super().__init__(self.message)

    def told(self) -> dict[str, Any]:
        """Return the error as it stands in JSON: code, message, hint, details."""
        details = {name: value for name, value in self.details.items() if name not in ONLY_WORDS}
        return {"code": self.code, "message": self.message, "hint": self.hint, "details": details}

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling (process pools), which an exception with keyword arguments does not by itself."""
        return (_again, (type(self), self.hint, self.details))


def _again(kind: type[LedgerError], hint: str, details: dict[str, Any]) -> LedgerError:
    return kind(hint=hint, **details)


# --- families ----------------------------------------------------------------------------------------------


class Malformed(LedgerError):
    """What was given cannot be read as what it should be. Nothing was written."""

    exit_code = 2
    code = "malformed"


class Refused(LedgerError):
    """A rule forbids it. Nothing was written."""

    exit_code = 3
    code = "refused"


class NotFound(LedgerError):
    """What was named does not exist, or nothing is known of it."""

    exit_code = 4
    code = "not-found"


class Differs(LedgerError):
    """A comparison found a difference: drift, or a failed verification."""

    exit_code = 5
    code = "differs"


class StoreUnusable(LedgerError):
    """The store cannot be reached, read or written as it should be."""

    exit_code = 6
    code = "store-unusable"
    again: ClassVar[bool] = False
    """Whether nothing was recorded for certain, and the same may succeed when it is simply done again."""


class OutcomeUnknown(StoreUnusable):
    """Whether something was recorded cannot be found out now."""

    code = "outcome-unknown"

    def of_command(self, command_id: str) -> OutcomeUnknown:
        """Return the same fault of a command that has this id."""
        return type(self)(**self.details, command_id=command_id)


class StoreDamaged(StoreUnusable):
    """What lies in the store is not what was written there: nothing is appended, and `verify` says what it is."""

    code = "damaged"

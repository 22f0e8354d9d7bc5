"""Extensions and users by what they are called: as they are, as they were last, or as they were called then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipo_ledger.adapters.store.asking import Asking
from ipo_ledger.adapters.store.from_rows import extension_of, user_of

if TYPE_CHECKING:
    from ipo_ledger.domain.records import Extension, User


class ExtensionsAndUsers(Asking):
    """Questions about extensions and users by their names, numbers and places."""

    def extension(self, key: int, extension_id: int, known: int | None = None) -> Extension | None:
        """Return an extension as it is now or, if it was removed, as it was last; None if it never was.

        With `known`, what it is called (module, port, kind, label) is what it was called at that position.
        """
        row = self._row("extension", key=key, extension_id=extension_id)
        if row is None:
            return None
        former = self._row("former_extension", key=key, of=extension_id, known=known) if known is not None else None
        return extension_of(row if former is None else (*former, *row[5:]))

    def once_called(self, key: int) -> list[int]:
        """Return the ids of the extensions that were once called otherwise than now: another label or place."""
        return [i for (i,) in self._rows("once_called", {"key": key})]

    def extensions_labelled(self, key: int, label: str) -> list[int]:
        """Return the ids of the extensions with this label, present ones first."""
        return [i for (i,) in self._rows("extensions_labelled", {"key": key, "label": label})]

    def extensions_at(self, key: int, module: str, port: int) -> list[int]:
        """Return the ids of the extensions at this module and port, present ones first."""
        return [i for (i,) in self._rows("extensions_at", {"key": key, "module": module, "port": port})]

    def all_extensions(self, key: int, known: int) -> list[Extension]:
        """Return every extension there is or was, by id, called as it was at a position."""
        former = {row[0]: row for row in self._rows("former_extensions", {"key": key, "known": known})}
        rows = self._rows("extensions", {"key": key})
        found = [extension_of((*former[row[0]], *row[5:]) if row[0] in former else row) for row in rows]
        return sorted(found, key=lambda extension: extension.extension_id)

    def user(self, key: int, name: str, known: int | None = None) -> User | None:
        """Return a user as they are now or, if removed, as they were last; None if they never were.

        With `known`, what exports do not date (full name, flags) is what it was at that position.
        """
        row = self._row("user", key=key, user_name=name)
        if row is None:
            return None
        former = self._row("former_user", key=key, of=name, known=known) if known is not None else None
        return user_of(row if former is None else (row[0], row[1], *former[1:], *row[5:]))

    def users_called(self, key: int, text: str) -> list[str]:
        """Return the names of the users who have, or last had, this name or number, present ones first."""
        rows = self._rows("users_called", {"key": key, "text": text})
        return [name for name, _ in sorted(rows, key=lambda row: (bool(row[1]), row[0]))]

    def all_users(self, key: int) -> list[tuple[str, str | None]]:
        """Return the name and number of everybody there is or was."""
        return [(name, number) for name, number in self._rows("all_users", {"key": key})]

    def everybody(self, key: int, known: int) -> list[User]:
        """Return every user there is or was, by name, with the full name and flags they had at a position."""
        former = {row[0]: row for row in self._rows("former_users", {"key": key, "known": known})}
        rows = self._rows("users", {"key": key})
        found = [user_of((*row[:2], *former[row[0]][1:], *row[5:]) if row[0] in former else row) for row in rows]
        return sorted(found, key=lambda user: user.name)

"""Arguments that name something in the ledger: users, extensions, batches; a shell can complete them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import click

from ipo_ledger_cli.options import Words
from ipo_ledger_cli.output import in_one_line
from ipo_ledger_cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import CompletionItem

    import ipo_ledger


class Named(Words, ABC):
    """Something in the ledger, by what it is called there."""

    @abstractmethod
    def offered(self, session: Session, incomplete: str) -> Iterator[tuple[str, str]]:
        """Yield the words that somebody who began like this may mean, each with what it says about them."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the words that begin as given; none where anything at all goes wrong."""
        from click.shell_completion import CompletionItem

        del param
        session = ctx.find_object(Session)
        if session is None:
            return []
        try:
            with session:
                known = list(self.offered(session, incomplete))
        except Exception:  # noqa: BLE001 - who presses a key waits for words, not for complaints
            return []
        return [CompletionItem(word, help=in_one_line(text)) for word, text in known if _goes_on(word, incomplete)]


class InSystem(Named):
    """Something in one system."""

    @abstractmethod
    def known(self, system: ipo_ledger.SystemLedger) -> Iterator[tuple[str, str]]:
        """Yield the words that name such things in a system, each with what it says about them."""

    def offered(self, session: Session, incomplete: str) -> Iterator[tuple[str, str]]:
        """Yield all of them."""
        del incomplete
        yield from self.known(session.system())


class User(InSystem):
    """A user, by number or name."""

    name = "user"

    def known(self, system: ipo_ledger.SystemLedger) -> Iterator[tuple[str, str]]:
        """Yield the numbers and names of everybody there is now."""
        now = system.seats()
        for seat in now.seats:
            if seat.user is not None:
                yield seat.user, f"{seat.number}, at extension {seat.extension_id}"
                if seat.number is not None:
                    yield seat.number, seat.user
        for user in now.off_the_air:
            yield user, "off the air"


class Extension(InSystem):
    """An extension, by id; by its label where an @ is typed, by its place where a slash is."""

    name = "extension"

    def known(self, system: ipo_ledger.SystemLedger) -> Iterator[tuple[str, str]]:
        """Yield the ids of all extensions there are now, and what else they are called."""
        for seat in system.seats().seats:
            place = f"{seat.module}/{seat.port}"
            about = f"{seat.label or place}: {seat.user or 'NoUser'}"
            yield str(seat.extension_id), about
            yield place, about
            if seat.label:
                yield f"@{seat.label}", about

    def offered(self, session: Session, incomplete: str) -> Iterator[tuple[str, str]]:
        """Yield each extension once: by its id, or in the way it was begun."""
        mark = "@" if incomplete.startswith("@") else "/" if "/" in incomplete else ""
        for word, about in super().offered(session, incomplete):
            if (mark in word) if mark else word.isdecimal():
                yield word, about


class Batch(InSystem):
    """A batch, by id; only those of one status where that is given."""

    name = "batch"

    def __init__(self, status: str | None = None) -> None:
        """Offer all batches, or those of this status."""
        self.status = status

    def known(self, system: ipo_ledger.SystemLedger) -> Iterator[tuple[str, str]]:
        """Yield the ids of the batches, newest first."""
        for batch in system.batches(status=self.status, limit=200).batches:
            yield batch.batch, f"{batch.status}: {batch.title}"


class System(Named):
    """A system, by name."""

    name = "system"

    def offered(self, session: Session, incomplete: str) -> Iterator[tuple[str, str]]:
        """Yield the names of all systems of the ledger."""
        del incomplete
        for system in session.ledger().systems().systems:
            yield system.system, f"release {system.release}, {system.timezone}"


def _goes_on(word: str, incomplete: str) -> bool:
    """Tell whether a word can be offered: one with control characters cannot be typed."""
    return word.startswith(incomplete) and word == in_one_line(word)


USER = User()
EXTENSION = Extension()
BATCH = Batch()
DRAFT = Batch("draft")
SYSTEM = System()

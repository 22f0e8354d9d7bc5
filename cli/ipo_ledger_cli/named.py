"""Arguments that name something in the ledger: users, extensions, batches; a shell can complete them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ipo_ledger_cli.options import Words
from ipo_ledger_cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import CompletionItem

    import ipo_ledger


class Named(Words):
    """Something in the ledger, by what it is called there."""

    def known(self, system: ipo_ledger.SystemLedger) -> Iterator[tuple[str, str]]:
        """Yield the words that name such things in a system, each with what it says about them."""
        raise NotImplementedError

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the words that begin as given; none where anything at all goes wrong."""
        from click.shell_completion import CompletionItem

        del param
        session = ctx.find_object(Session)
        if session is None:
            return []
        try:
            with session:
                known = list(self.known(session.system()))
        except Exception:  # noqa: BLE001 - who presses a key waits for words, not for complaints
            return []
        return [CompletionItem(word, help=text) for word, text in known if word.startswith(incomplete)]


class User(Named):
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


class Extension(Named):
    """An extension, by id."""

    name = "extension"

    def known(self, system: ipo_ledger.SystemLedger) -> Iterator[tuple[str, str]]:
        """Yield the ids of all extensions there are now."""
        for seat in system.seats().seats:
            yield (
                str(seat.extension_id),
                f"{seat.label or f'{seat.module}/{seat.port}'}: {seat.user or 'NoUser'}",
            )


class Batch(Named):
    """A batch, by id; only those of one status where that is given."""

    name = "batch"

    def __init__(self, status: str | None = None) -> None:
        """Offer all batches, or those of this status."""
        self.status = status

    def known(self, system: ipo_ledger.SystemLedger) -> Iterator[tuple[str, str]]:
        """Yield the ids of the batches, newest first."""
        for batch in system.batches(status=self.status, limit=200).batches:
            yield batch.batch, f"{batch.status}: {batch.title}"


USER = User()
EXTENSION = Extension()
BATCH = Batch()
DRAFT = Batch("draft")

"""The command that compares two looks at a system: at two times, or as known at two times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ipo_ledger_cli import wording
from ipo_ledger_cli.command import READS, command
from ipo_ledger_cli.options import WORDS, each_known_at, listing
from ipo_ledger_cli.output import answer_rows, out, say
from ipo_ledger_cli.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ipo_ledger.application import answers as a
    from ipo_ledger_cli.rows import Rows
    from ipo_ledger_cli.session import Session


@command(
    "diff",
    examples=(
        "ipo-ledger diff 2026-03-02T09:00 now",
        "ipo-ledger diff 2026-03-02 --known-at 36 --known-at 2026-03-06",
    ),
    exits=READS,
)
@click.argument("one", metavar="WHEN", type=WORDS)
@click.argument("other", metavar="[WHEN]", required=False, type=WORDS)
@each_known_at
@listing
@click.pass_obj
def diff(session: Session, one: str, other: str | None, *, known_at: tuple[str, ...]) -> None:
    """Show what differs between two times, or between what was known of one.

    With two times: who sits where and which base extensions are in force, then and then. With one time and
    --known-at twice: what the ledger said of it, and what it says since. A whole day is taken as it ended.
    """
    if len(known_at) > 2:  # noqa: PLR2004 - a look before and a look after
        raise click.UsageError("Give --known-at once for both times, or twice: for the one and the other.")
    if other is None and len(known_at) < 2:  # noqa: PLR2004 - likewise
        raise click.UsageError("Give two times, or one time and --known-at twice.")
    before, after = (*known_at, None, None)[:2]
    found = session.questions().diff(one, other, known_at=before, other_known_at=after)
    answer_rows(session, found, lambda: _tell(found), lambda: _rows(found))


def _rows(found: a.Diff) -> Rows:
    """Return a row for each thing that differs."""
    from ipo_ledger_cli.rows import Rows

    return Rows(("what", "extension_id", "user", "before", "after"), _differing(found))


def _differing(found: a.Diff) -> Iterator[dict[str, Any]]:
    for seat in found.seats:
        before, after = (person.user if person is not None else None for person in (seat.before, seat.after))
        yield {"what": "seat", "extension_id": seat.extension_id, "user": None, "before": before, "after": after}
    for base in found.base_extensions:
        told = {"extension_id": base.extension_id, "user": None, "before": base.before, "after": base.after}
        yield {"what": "base-extension", **told}
    for what, ids in (("added", found.added), ("removed", found.removed)):
        for extension_id in ids:
            yield {"what": what, "extension_id": extension_id, "user": None, "before": None, "after": None}
    people = {
        "user-added": found.users_added,
        "user-removed": found.users_removed,
        "off-the-air": found.off_the_air,
        "back-on-the-air": found.back_on_the_air,
    }
    for what, names in people.items():
        for user in names:
            yield {"what": what, "extension_id": None, "user": user, "before": None, "after": None}


def _tell(found: a.Diff) -> None:
    for look, said in (("before", found.before), ("after", found.after)):
        say(f"{found.system} {look}: {said.read_as}{wording.known(said.known_at)}")
    if found.seats:
        out("Who is seated:")
        rows = [
            (d.extension_id, wording.place(d.module, d.port), d.label, _person(d.before), _person(d.after))
            for d in found.seats
        ]
        titles = ("extension", "place", "label", "before", "after")
        table(titles, rows, right=("extension",), optional=("label",))
    if found.base_extensions:
        out("Base extensions in force:")
        bases = [(d.extension_id, wording.base(d.before), wording.base(d.after)) for d in found.base_extensions]
        table(("extension", "before", "after"), bases, right=("extension",))
    rest = _rest(found)
    for line in rest:
        out(line)
    if not (found.seats or found.base_extensions or rest):
        out(f"{found.system}: nothing differs")


def _rest(found: a.Diff) -> list[str]:
    lists = (
        ("Added: ", wording.extensions(found.added) if found.added else ""),
        ("Removed: ", wording.extensions(found.removed) if found.removed else ""),
        ("Users added: ", wording.names(found.users_added)),
        ("Users removed: ", wording.names(found.users_removed)),
        ("Off the air, and was not before: ", wording.names(found.off_the_air)),
        ("Off the air before, and not after: ", wording.names(found.back_on_the_air)),
    )
    return [f"{title}{listed}" for title, listed in lists if listed]


def _person(person: a.Person | None) -> str:
    return wording.person(person.user, person.number) if person is not None else wording.NOBODY

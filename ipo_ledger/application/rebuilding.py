"""The read model, made anew from the events: beside the ledger and without a lock, then only what differs is written.

Appends go on meanwhile. Whoever writes waits only while the last differences are written, in one transaction: when
that is interrupted nothing was changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from ipo_ledger.application import answers as a
from ipo_ledger.application.ports.shadow import TableCompared
from ipo_ledger.application.ports.store import Progress, Store
from ipo_ledger.domain.events import Fact

_SAID_EVERY = 5000  # events


def rebuild(store: Store, progress: Progress | None, *, dry_run: bool) -> a.Rebuilt:
    """Make the read model anew and mend the ledger's own. Raises `StoreUnusable` for unusable events."""
    with store.shadow() as shadow:
        with store.reading() as reading:
            events = reading.head().position
            if reading.agreed(partial(_tell, progress, events)) is not None:
                compared = list(shadow.as_it_is(reading))
                return _answer(events, compared, compared, dry_run=dry_run)
            shadow.take(_said(reading.facts(), events, progress))
            compared = list(shadow.compare(reading))
        if dry_run or all(table.agrees for table in compared):
            return _answer(events, compared, compared, dry_run=dry_run)
        shadow.watch()
        with store.writing() as writing:
            shadow.take(writing.facts(after=events))
            mended = list(shadow.mend(writing))
    return _answer(events, compared, mended, dry_run=False)


def _tell(progress: Progress | None, of: int, done: int) -> None:
    if progress is not None:
        progress("events", done, of)


def _said(facts: Iterable[Fact], of: int, progress: Progress | None) -> Iterator[Fact]:
    for fact in facts:
        yield fact
        if progress is not None and (fact.position % _SAID_EVERY == 0 or fact.position == of):
            progress("events", fact.position, of)


def _answer(
    events: int, compared: Sequence[TableCompared], done: Sequence[TableCompared], *, dry_run: bool
) -> a.Rebuilt:
    return a.Rebuilt(
        events=events,
        changed=sum(table.missing + table.extra + table.different for table in done),
        tables=tuple(
            a.RebuiltTable(
                table=made.table,
                rows=made.rows,
                digest=made.digest,
                missing=mended.missing,
                extra=mended.extra,
                different=mended.different,
            )
            for made, mended in zip(compared, done, strict=True)
        ),
        dry_run=dry_run,
    )

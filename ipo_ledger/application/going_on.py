"""What goes on in a system: drafts, batches that wait for somebody, and who is off the air."""

from __future__ import annotations

from ipo_ledger.application import answers as a
from ipo_ledger.application import telling, telling_batches
from ipo_ledger.application.asking import Look
from ipo_ledger.domain.moments import local


def status(at: Look) -> a.StatusAnswer:
    """Return what goes on, now or as known then."""
    zone = at.zone
    system = at.reading.system(at.row.name, at.asked)
    assert system is not None
    open_batches = sorted(system.open.values(), key=lambda b: b.number)
    return a.StatusAnswer(
        system=at.row.name,
        known_at=at.asked,
        drafts=tuple(
            a.DraftStatus(
                batch=b.name,
                title=b.title,
                opened_at=local(b.opened_at, zone),
                actor=b.actor,
                reason=b.reason,
                reverses=telling.batch_ids(b.reverses),
                changes=telling.changes(b.changes.values()),
                conflicts=telling_batches.conflicts(system, b),
            )
            for b in open_batches
            if b.status == "draft"
        ),
        sent=tuple(
            a.SentStatus(
                batch=b.name,
                title=b.title,
                sent_at=local(b.sends[-1].at, zone),
                mode=b.sends[-1].mode,
                waits_for_restart=b.waits_for_restart,
                pending=telling_batches.pending(system, b),
            )
            for b in open_batches
            if b.status == "sent"
        ),
        off_the_air=tuple(sorted(u.name for u in system.users.values() if u.extension_id is None)),
        vacant=tuple(sorted(x.extension_id for x in system.extensions.values() if x.user is None)),
    )

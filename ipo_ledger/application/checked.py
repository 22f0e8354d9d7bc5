"""A fresh export held against the base extensions in force."""

from __future__ import annotations

from ipo_ledger.application import answers as a
from ipo_ledger.application.asking import Look
from ipo_ledger.application.refusals import BadArgument
from ipo_ledger.domain import baseline
from ipo_ledger.domain.site import Site


def check(at: Look, site: Site) -> a.Checked:
    """Return what differs between what fresh export files say and the base extensions in force."""
    said = site.extensions
    if said is None:
        raise BadArgument(what="check", why="these files say nothing of extensions")
    system = at.reading.system(at.row.name)
    assert system is not None
    there = {s.extension_id for s in said}
    unknown = tuple(sorted(there - system.extensions.keys()))
    missing = tuple(sorted(system.extensions.keys() - there))
    found = baseline.drift(system, said)
    return a.Checked(
        system=at.row.name,
        agrees=not (found or unknown or missing),
        compared=len(there & system.extensions.keys()),
        drift=tuple(a.DriftAnswer(extension_id=d.extension_id, ledger=d.ledger, export=d.export) for d in found),
        unknown_extensions=unknown,
        missing_extensions=missing,
    )

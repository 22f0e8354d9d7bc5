"""The numbered SQL files that make a store, in both dialects: found, checksummed, and held against a store."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct

from ipo_ledger.adapters.store.faults import MigrationChanged, StoreAhead, StoreBehind

Dialect: TypeAlias = Literal["sqlite", "postgres"]

_NAME = re.compile(r"([0-9]{4})_([a-z0-9_]+)\.sql")


class Migration(Struct, frozen=True):
    """One numbered SQL file. Never edited once released: its checksum is kept in every store it was applied to."""

    number: int
    name: str
    sql: str

    @property
    def rebuilds(self) -> bool:
        """Tell whether it makes tables of the read model anew, so that the events have to be projected again."""
        return "\n-- rebuild\n" in self.sql.replace("\r\n", "\n")

    @property
    def grows_the_tree(self) -> bool:
        """Tell whether it makes the tables of the tree, so that it has to be grown over the events there are."""
        return "\n-- tree\n" in self.sql.replace("\r\n", "\n")

    @property
    def checksum(self) -> str:
        """Return SHA-256 over the text, line ends made equal so that a checkout on Windows agrees."""
        return hashlib.sha256(self.sql.replace("\r\n", "\n").encode()).hexdigest()


def migrations(dialect: Dialect) -> list[Migration]:
    """Return the migrations of a dialect in order of their numbers."""
    found = []
    for file in _folder().joinpath(dialect).iterdir():
        named = _NAME.fullmatch(file.name)
        if named is not None:
            found.append(Migration(int(named[1]), file.name, file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda m: m.number)


def roles() -> str:
    """Return the SQL that makes PostgreSQL's roles; it is run before its migrations and has no number."""
    return _folder().joinpath("postgres", "roles.sql").read_text(encoding="utf-8")


def _folder() -> Path:
    """Return where the SQL lies: inside the installed package, or beside it in a checkout.

    Not by `importlib.resources`: what it imports takes longer than a question, and a wheel is always unpacked.
    """
    package = Path(__file__).parent.parent
    inside = package / "migrations"
    return inside if inside.is_dir() else package.parent / "migrations"


def pending(known: list[Migration], applied: dict[int, str], url: str) -> list[Migration]:
    """Return what a store still lacks; `applied` maps numbers to checksums.

    Raises `StoreAhead` for a store of a later release, `MigrationChanged` when a checksum differs.
    """
    newest = known[-1].number
    if applied and max(applied) > newest:
        raise StoreAhead(url=url, at=max(applied), needed=newest)
    for migration in known:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise MigrationChanged(url=url, name=migration.name)
    return [m for m in known if m.number not in applied]


def refuse_unless_current(dialect: Dialect, applied: dict[int, str], url: str) -> None:
    """Raise `StoreBehind`, `StoreAhead` or `MigrationChanged` unless a store is at this release."""
    known = migrations(dialect)
    if pending(known, applied, url):
        raise StoreBehind(url=url, at=max(applied, default=0), needed=known[-1].number)

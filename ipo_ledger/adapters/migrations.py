"""The numbered SQL files that make a store, in both dialects: found, checksummed, and held against a store."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from msgspec import Struct

from ipo_ledger.adapters.store.faults import MigrationChanged, StoreAhead, StoreBehind

Dialect: TypeAlias = Literal["sqlite", "postgres"]

_NAME = re.compile(r"([0-9]{4})_([a-z0-9_]+)\.sql")


RELEASED = {
    ("sqlite", "0001_ledger.sql"): "e5849f05e3d8dce9f5ea15dd79ce483281dbc676cbb880ae48c7e2c115db04ef",
    ("sqlite", "0002_two_times.sql"): "68de2f6ab2a30410209a13e07419510f3213a153ca1f92ff744d89e4f0dcf236",
    ("sqlite", "0003_tree.sql"): "85cb29cb1d8dd12831297dfb40235189847496ebd23c7fcae3b8d23d8da3aa5d",
    ("postgres", "0001_ledger.sql"): "c377e0445723a20755ac54bd25211580cb137d7172463013098c0c832d652a25",
    ("postgres", "0002_two_times.sql"): "77284e925873cc5f346b8d9b3456f30aa20510e8923976d30013d8d91ddfe1e0",
    ("postgres", "0003_tree.sql"): "4059bf7fe7750523081075189f732cecf8eef1ee9a99cef46ec60a9eab8a3004",
}
"""The checksums of the released files: they never change, so that a store is looked at without hashing anything."""


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
        import hashlib  # which takes longer to import than a question to answer

        return hashlib.sha256(self.sql.replace("\r\n", "\n").encode()).hexdigest()


class Listed(Struct, frozen=True):
    """What it takes to see whether a store is at this release."""

    number: int
    name: str
    checksum: str


M = TypeVar("M", Migration, Listed)


def migrations(dialect: Dialect) -> list[Migration]:
    """Return the migrations of a dialect in order of their numbers."""
    return [Migration(number, file.name, file.read_text(encoding="utf-8")) for number, file in _files(dialect)]


def _listed(dialect: Dialect) -> Iterator[Listed]:
    for number, file in _files(dialect):
        released = RELEASED.get((dialect, file.name))
        text = file.read_text(encoding="utf-8") if released is None else ""
        yield Listed(number, file.name, released or Migration(number, file.name, text).checksum)


def _files(dialect: Dialect) -> list[tuple[int, Path]]:
    found = [(_NAME.fullmatch(file.name), file) for file in _folder().joinpath(dialect).iterdir()]
    return sorted((int(named[1]), file) for named, file in found if named is not None)


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


def pending(known: Sequence[M], applied: dict[int, str], url: str) -> list[M]:
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


def is_behind(dialect: Dialect, applied: dict[int, str], url: str) -> bool:
    """Tell whether a store lacks a migration. Raises as `pending` does."""
    return bool(pending([*_listed(dialect)], applied, url))


def refuse_unless_current(dialect: Dialect, applied: dict[int, str], url: str) -> None:
    """Raise `StoreBehind`, `StoreAhead` or `MigrationChanged` unless a store is at this release."""
    if is_behind(dialect, applied, url):
        raise StoreBehind(url=url, at=max(applied, default=0), needed=_files(dialect)[-1][0])

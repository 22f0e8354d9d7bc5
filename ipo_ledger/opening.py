"""From a ledger URL to a ledger: the one place where stores, clock and readers are put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ipo_ledger.adapters.store.faults import BadLedgerUrl
from ipo_ledger.adapters.store.urls import certainly_public
from ipo_ledger.application.ledger import Ledger

if TYPE_CHECKING:
    from ipo_ledger.application.ports.store import Store
    from ipo_ledger.domain.site import Site

Clock = Callable[[], datetime]


def open_ledger(
    url: str | None = None,
    *,
    actor: str | None = None,
    clock: Clock | None = None,
    warned: Callable[[str], None] | None = None,
) -> Ledger:
    """Open a ledger: `sqlite:///PATH`, `postgresql://...`, or by default the file in the user's data directory.

    `actor` is who acts, by default the name of the account. `clock` returns aware datetimes and is for tests: the
    default is this machine's clock for a file, the server's for PostgreSQL. `warned` is told once when a connection
    that leaves this machine is not encrypted. Nothing is made or reached yet.
    Raises `BadLedgerUrl`.
    """
    store = _store(url if url is not None else default_url(), clock, warned)
    return Ledger(store, actor=actor if actor is not None else account_name, read_exports=_read_exports)


def default_url() -> str:
    """Return the URL of the ledger in the user's data directory."""
    from platformdirs import user_data_path

    return f"sqlite:///{(user_data_path('ipo-ledger', appauthor=False) / 'ledger.db').as_posix()}"


def account_name() -> str:
    """Return the name of the account this program runs as."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no such account (a container), or no pwd module (Windows)
        return "unknown"


def _store(url: str, clock: Clock | None, warned: Callable[[str], None] | None) -> Store:
    scheme, colon, rest = url.partition(":")
    if colon and scheme == "sqlite":
        from ipo_ledger.adapters.sqlite.store import SqliteStore

        return SqliteStore(_sqlite_path(url, rest), clock if clock is not None else _system_clock)
    if colon and scheme in {"postgresql", "postgres"}:
        from ipo_ledger.adapters.postgres.store import PostgresStore  # psycopg costs 140 ms: only where it is used

        return PostgresStore(url, clock=clock, warned=warned)
    raise BadLedgerUrl(url=certainly_public(url), why="it begins with neither sqlite:/// nor postgresql://")


def _sqlite_path(url: str, rest: str) -> Path:
    """Return the file meant: `sqlite:///relative`, `sqlite:////absolute`, `sqlite:///C:/windows`."""
    if not rest.startswith("///"):
        raise BadLedgerUrl(url=url, why="a file is written with three slashes, sqlite:///PATH")
    text = unquote(rest[3:])
    if not text or text.endswith("/"):
        raise BadLedgerUrl(url=url, why="it names no file")
    if "\0" in text or text == ":memory:":
        raise BadLedgerUrl(url=url.replace("\0", ""), why="a ledger is a file that stays")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise BadLedgerUrl(url=url, why="there is no such home folder") from None


def _system_clock() -> datetime:
    return datetime.now(UTC)


def _read_exports(paths: Sequence[Path], mapping: Path | None) -> Site:
    from ipo_ledger.adapters.exports import read_site

    return read_site(paths, mapping)

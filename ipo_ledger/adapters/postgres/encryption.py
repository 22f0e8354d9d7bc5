"""Whether somebody on the way can read what goes to a PostgreSQL server, and was not meant to."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

    from ipo_ledger.adapters.postgres.address import Address

_UNSAID = {None, b"", b"prefer"}  # libpq's own choice: encrypted if the server can, else in the clear, without a word
_WARNING = (
    "the connection to {host} is not encrypted: everybody on the way can read, and change, what is recorded and asked. "
    "Ask for TLS with ?sslmode=verify-full in the URL, or say that it is meant so with ?sslmode=disable (or PGSSLMODE)"
)


def in_the_clear(connection: Connection[Any], address: Address) -> str | None:
    """Return a warning for a connection that leaves this machine unencrypted, unless that was asked for."""
    if connection.pgconn.ssl_in_use or "sslmode" in address.parameters:
        return None
    modes = {option.val for option in connection.pgconn.info if option.keyword == b"sslmode"}
    if not modes <= _UNSAID or is_here(connection.info.host, connection.info.hostaddr):
        return None
    return _WARNING.format(host=connection.info.host)


def is_here(host: str, hostaddr: str) -> bool:
    """Tell whether a host is this machine: a Unix socket, or a loopback address."""
    if host.startswith(("/", "@")):
        return True
    try:
        return ip_address(hostaddr or host).is_loopback
    except ValueError:
        return False

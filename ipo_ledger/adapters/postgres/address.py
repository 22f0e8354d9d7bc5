"""A `postgresql://` URL: what to hand to libpq, and what of it may be shown (never a password)."""

from __future__ import annotations

import re
from urllib.parse import unquote

from msgspec import Struct
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from ipo_ledger.adapters.store.faults import BadLedgerUrl
from ipo_ledger.adapters.store.urls import certainly_public

APPLICATION_NAME = "ipo-ledger"
CONNECT_SECONDS = 10
# A machine that is gone says nothing: it is noticed within half a minute, where the system would wait for hours.
_NOTICING: dict[str, str | int] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

_SECRETS = frozenset({"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"})
_URL = re.compile(r"postgres(?:ql)?://(?P<authority>[^/?]*)(?P<path>[^?]*)(?P<query>\?.*)?", re.DOTALL)
_HOST = re.compile(r"(?:\[[^\]]*\]|[^:\[\]]*)(?::[0-9]*)?")
_UNKNOWN = re.compile(r'invalid URI query parameter: "(?P<name>[a-z_]{1,40})"')
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_ESCAPE = "in a user name or password, write @ as %40, : as %3A, / as %2F, ? as %3F and % as %25"


class Address(Struct, frozen=True):
    """Where a ledger is: `shown` is its URL without any password, `parameters` are libpq's."""

    shown: str
    parameters: dict[str, str | int]


def address(url: str) -> Address:
    """Read a URL. Raises `BadLedgerUrl`, which shows no more of it than cannot be secret."""
    if _NO_TEXT.search(url):
        raise BadLedgerUrl(url=certainly_public(url), why="it holds bytes that are no characters")
    parts = _URL.fullmatch(url)
    if parts is None:
        raise BadLedgerUrl(url=certainly_public(url), why="it does not begin with postgresql://")
    authority, path, query = parts["authority"], parts["path"], parts["query"] or ""
    # libpq would take `user:pa/ss@host` for the host `user`, and show the rest in its messages.
    if authority.count("@") > 1 or "@" in path + query:
        raise BadLedgerUrl(url=certainly_public(url), why=f"it has an @ too many: {_ESCAPE}")
    user, at, hosts = authority.rpartition("@")
    if not all(map(_HOST.fullmatch, hosts.split(","))):  # `ana:s3cret/ledger` lacks a host: it is a port to libpq
        why = f"what follows a : there is no port; a password stands before an @, and {_ESCAPE}"
        raise BadLedgerUrl(url=certainly_public(url), why=why)
    if set("=&") & set(hosts + path):
        raise BadLedgerUrl(
            url=certainly_public(url), why="settings stand after a ?, and in a name = is %3D and & is %26"
        )
    public = f"postgresql://{user.partition(':')[0]}{at}{hosts}{path}"
    _understood(public)
    shown = f"{public}{_without_secrets(query)}"
    _query_understood(public, shown)
    try:
        given = conninfo_to_dict(url)
    except (ProgrammingError, UnicodeDecodeError):  # its message may hold what is not to be shown
        raise BadLedgerUrl(url=shown, why=f"its password cannot be read: {_ESCAPE}") from None
    parameters: dict[str, str | int] = {"fallback_application_name": APPLICATION_NAME}
    parameters |= {"connect_timeout": CONNECT_SECONDS, **_NOTICING}
    parameters |= {name: value for name, value in given.items() if value is not None}
    return Address(shown, parameters)


def _understood(shown: str) -> None:
    try:
        conninfo_to_dict(shown)
    except (ProgrammingError, UnicodeDecodeError) as fault:
        raise BadLedgerUrl(url=shown, why=" ".join(str(fault).split())) from fault


def _query_understood(public: str, shown: str) -> None:
    """Refuse settings that libpq does not know, without a word of their values: one may be a misspelled password."""
    try:
        conninfo_to_dict(shown)
    except (ProgrammingError, UnicodeDecodeError) as fault:
        unknown = _UNKNOWN.search(str(fault))
        which = f"libpq has no setting {unknown['name']}" if unknown else "libpq cannot read its settings"
        why = f"{which}; after the ? stand name=value, such as sslmode=require, with & between them"
    else:
        return
    raise BadLedgerUrl(url=f"{public}?...", why=why)


def _without_secrets(query: str) -> str:
    pairs = query.removeprefix("?").split("&")
    kept = [pair for pair in pairs if pair and unquote(pair.partition("=")[0]) not in _SECRETS]
    return "?" + "&".join(kept) if kept else ""

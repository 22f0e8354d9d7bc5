"""Login roles for the tests of rights: as an administrator would make them, and dropped afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from tests.stores.places import PostgresPlace

PASSWORD = "let-me:in/5%@home"  # noqa: S105 - of roles that live for one test; every character a URL minds
_ENCODED = "let-me%3Ain%2F5%25%40home"


@contextmanager
def person(place: PostgresPlace, granted: str | None = None, *, attributes: str = "") -> Iterator[PostgresPlace]:
    """Make a login role that is granted a role, or nothing; give the same place as it is seen by that role."""
    name = f"ipo_ledger_test_{uuid.uuid4().hex[:12]}"
    place.run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' {attributes}")
    with ExitStack() as stack:
        stack.callback(_drop, place, name)
        if granted is not None:
            place.run(f"GRANT {granted} TO {name}")
        seen = PostgresPlace(url_of(place.url, name))
        stack.callback(seen.close)
        yield seen


def url_of(url: str, role: str) -> str:
    """Return a URL for another role, with the password."""
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{role}:{_ENCODED}@{hosts}").geturl()


def name_of(place: PostgresPlace) -> str:
    """Return the role that a place is seen by."""
    return urlsplit(place.url).username or ""


def _drop(place: PostgresPlace, name: str) -> None:
    place.run(f"DROP OWNED BY {name}")
    place.run(f"DROP ROLE {name}")

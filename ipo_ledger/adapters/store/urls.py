"""What may be shown of a URL that nobody can read."""

from __future__ import annotations

import re

_PUBLIC = re.compile(r"[A-Za-z]*(?:://[^:/?@=&]*)?")


def certainly_public(url: str) -> str:
    """Return the scheme and the first word after it: where the rest is unclear, a password may be in it."""
    beginning = _PUBLIC.match(url)
    return f"{beginning[0] if beginning else ''}..."

"""From what PostgreSQL and libpq report to the ledger's own words."""

from __future__ import annotations

import re

import psycopg

from ipo_ledger.adapters.store.faults import (
    ConnectionLost,
    DamagedLedger,
    NoDatabase,
    NoRights,
    NotLetIn,
    StoreBusy,
    StoreFailed,
    StoreReadOnly,
    StoreUnreachable,
)
from ipo_ledger.errors import StoreUnusable

# How a server refuses a connection. libpq hands on its words and not its code, so these are words; a server that
# speaks another language is merely unreachable, with its own words as the reason.
_NOT_LET_IN = re.compile(
    r"password authentication failed|authentication failed for user|no password supplied|no pg_hba\.conf entry"
    r'|role ".*" does not exist|is not permitted to log in'
)
_NO_DATABASE = re.compile(r'database ".*" does not exist')
# No such table, column, function, schema, though the ledger was seen to be one; data or an index that is corrupted, a
# file that is not there, bytes that are no text.
_DAMAGE = frozenset({"42P01", "42703", "42883", "3F000", "XX001", "XX002", "58P01", "22021"})
# What a server says of pages that it cannot make sense of, and of many other things: damage where it is looked for.
_LIKELY_DAMAGE = frozenset({"XX000", "58030", "22P03", "54000"})
_NO_CONNECT_RIGHT = re.compile(r"permission denied for database")


def refused(fault: psycopg.Error, url: str) -> StoreUnusable:
    """Return the fault of a connection that could not be made."""
    said = words(fault)
    if _NO_DATABASE.search(said):
        return NoDatabase(url=url, why=said)
    if _NOT_LET_IN.search(said):
        return NotLetIn(url=url, why=said)
    if _NO_CONNECT_RIGHT.search(said):
        return NoRights(url=url, why=said)
    return StoreUnreachable(url=url, why=said)


def failed(fault: psycopg.Error, url: str, *, busy_seconds: float, lost: bool) -> StoreUnusable:
    """Return the fault of something that went wrong on a connection; `lost`: it is closed now."""
    said, state = words(fault), fault.sqlstate or ""
    if state == "42501":
        return NoRights(url=url, why=said)
    if state == "25006":
        return StoreReadOnly(url=url)
    if state in {"55P03", "40001", "40P01"}:  # lock timeout, serialization failure, deadlock
        return StoreBusy(url=url, seconds=f"{busy_seconds:g}")
    if state in _DAMAGE:
        return DamagedLedger(url=url, why=said)
    if lost:
        return ConnectionLost(url=url, why=f"the connection was lost: {said}")
    return StoreFailed(url=url, why=said)


def unreadable(fault: psycopg.Error, url: str) -> DamagedLedger | None:
    """Return the damage that a question ran into, asked of a ledger that is being examined; None for another fault."""
    if (fault.sqlstate or "") in _DAMAGE | _LIKELY_DAMAGE:
        return DamagedLedger(url=url, why=words(fault))
    return None


def words(fault: psycopg.Error) -> str:
    """Return what was said in one line: the server's own words, or libpq's without its advice."""
    primary = fault.diag.message_primary
    if primary:
        return primary
    first = str(fault).partition("\nMultiple connection attempts failed")
    if not first[1]:
        return _one_line(first[0])
    # Of several hosts, each with its own reason: psycopg lists them as "- host: ..., hostaddr: ...: reason".
    reasons = re.split(r"^- host: .*?hostaddr: '[^']*': ", str(fault), flags=re.MULTILINE)[1:]
    return "; ".join(dict.fromkeys(_one_line(reason) for reason in reasons)) or _one_line(first[0])


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if not line.startswith("\t")]
    said = " ".join(line for line in lines if line)
    return re.sub(r"^connection (?:failed|is bad): ", "", said).rstrip(".")

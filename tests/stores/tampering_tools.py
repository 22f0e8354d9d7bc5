"""Tampering with a ledger: with the database's own tools, as its owner, who puts back what was in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import msgspec

from ipo_ledger.application.ledger import Ledger
from ipo_ledger.evidence.notes import SigningKey
from ipo_ledger.evidence.tree import Frontier, leaf_bytes, leaf_hash
from tests.domain.given import site
from tests.stores.places import Place, SqlitePlace

KEY = SigningKey.of("example.com/ledger", bytes(range(32)))
TILE = 256

_TABLES = ("stored_events", "answers", "tree_nodes", "checkpoints", "head")

Line = dict[str, Any]


def ledger_of(place: Place) -> Ledger:
    """Return the ledger at a place; what it imports is a site of nine people at their desks."""
    return Ledger(place.ledger(), actor="ana", read_exports=lambda paths, mapping: site(9))


@contextmanager
def unguarded(place: Place) -> Iterator[None]:
    """Take away what refuses to rewrite, and put it back."""
    if isinstance(place, SqlitePlace):
        triggers = place.run("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        for name, _ in triggers:
            place.run(f"DROP TRIGGER {name}")
        yield
        for _, sql in triggers:
            place.run(sql)
        return
    for table in _TABLES:
        place.run(f"ALTER TABLE ipo_ledger.{table} DISABLE TRIGGER ALL")
    yield
    for table, name in place.run(
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE c.relnamespace = 'ipo_ledger'::regnamespace AND NOT t.tgisinternal"
    ):
        place.run(f"ALTER TABLE ipo_ledger.{table} ENABLE ALWAYS TRIGGER {name}")


def sql(place: Place, *statements: str) -> None:
    """Run statements past the guards; `stored_events` and so on are the tables, `position` their key."""
    with unguarded(place):
        for statement in statements:
            place.run(_here(place, statement))


def payload(place: Place, old: str, new: str) -> str:
    """Return the SQL for a payload in which one text is replaced by another."""
    if isinstance(place, SqlitePlace):
        return f"CAST(replace(CAST(state AS TEXT), '{old}', '{new}') AS BLOB)"
    return f"convert_to(replace(convert_from(state, 'UTF8'), '{old}', '{new}'), 'UTF8')"


def some_hash(place: Place) -> str:
    """Return the SQL for 32 bytes."""
    return f"x'{'ab' * 32}'" if isinstance(place, SqlitePlace) else f"'\\x{'ab' * 32}'::bytea"


def _here(place: Place, statement: str) -> str:
    for table in (*_TABLES, "extensions", "seats", "log_entries"):
        for before in ("UPDATE", "FROM", "INTO"):
            statement = statement.replace(f"{before} {table} ", f"{before} {place.schema}{table} ")
    return statement.replace("[position]", place.position)


# --- the whole ledger written anew ----------------------------------------------------------------------------


def rewritten(lines: Sequence[bytes], change: Callable[[list[Line]], list[Line]]) -> list[bytes]:
    """Return an export whose events were changed, with everything that depends on them made to fit."""
    told = [msgspec.json.decode(line) for line in lines]
    events = change([line for line in told if line["line"] == "event"])
    rest = [line for line in told if line["line"] in {"answer", "checkpoint"}]
    frontier, written = Frontier(), [told[0]]
    for position, event in enumerate(events, 1):
        leaf = leaf_hash(
            leaf_bytes(
                position,
                event["stream"],
                event["version"],
                event["type"],
                event["recorded_at"],
                event["db_role"],
                event["payload"].encode(),
            )
        )
        frontier, _ = frontier.grown([leaf])
        written.append({**event, "position": position, "leaf": leaf.hex()})
        if position % TILE == 0:
            written.append({"line": "root", "size": position, "root": frontier.root().hex()})
    root = frontier.root().hex()
    counts = {"answers": _count(rest, "answer"), "checkpoints": _count(rest, "checkpoint")}
    written[0] = {**told[0], "events": len(events), **counts, "root": root}
    return sealed([*written, *rest, {**told[-1], "events": len(events), "root": root}])


def sealed(lines: Sequence[Line]) -> list[bytes]:
    """Return lines as they are written, the last one fitting the others."""
    written = [msgspec.json.encode(line) + b"\n" for line in lines[:-1]]
    end = {**lines[-1], "lines": len(written), "sha256": sha256(b"".join(written)).hexdigest()}
    return [*written, msgspec.json.encode(end) + b"\n"]


def without(kind: str, lines: Sequence[bytes]) -> list[bytes]:
    """Return an export without what it has of a kind, made to fit."""
    told = [line for line in map(msgspec.json.decode, lines) if line["line"] != kind]
    return sealed([{**told[0], f"{kind}s": 0}, *told[1:]])


def _count(lines: Sequence[Line], kind: str) -> int:
    return sum(line["line"] == kind for line in lines)

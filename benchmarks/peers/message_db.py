"""message-db: its own SQL, loaded from a folder that whoever runs the benchmarks names. None of it is kept here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from benchmarks.bench import Missing

NAME = "message-db"
_HOW = (
    "message-db: `npm pack @eventide/message-db`, unpack it, and give its folder: --message-db package/database "
    "(or IPO_LEDGER_BENCH_MESSAGE_DB)"
)
_FUNCTIONS = (  # in the order of its own install script: some use others
    "message-store-version", "hash-64", "acquire-lock", "category", "is-category", "id", "cardinal-id",
    "stream-version", "write-message",
)  # fmt: skip
_WRITE = """
SELECT count(write_message(gen_random_uuid()::varchar, %s::varchar, type::varchar, data::jsonb))
FROM unnest(%s::text[], %s::text[]) AS t(type, data)
"""


class MessageDb:
    """A message store in an empty database, written to in its fastest way: one statement for all messages."""

    def __init__(self, url: str, folder: Path | None) -> None:
        """Install it. Raises `Missing` unless a folder holds its SQL."""
        if folder is None or not (folder / "functions" / "write-message.sql").is_file():
            raise Missing(_HOW)
        self.version = (folder / "VERSION.txt").read_text(encoding="utf-8").strip()
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute("SET search_path = message_store, public")
        # Without pgcrypto, which it asks for on old servers: gen_random_uuid() is PostgreSQL's own since 13.
        files = ["schema/message-store", "tables/messages", "types/message"]
        files += [f"functions/{name}" for name in _FUNCTIONS]
        files += [f"indexes/{name}" for name in ("messages-id", "messages-category", "messages-stream")]
        for name in files:
            self._connection.execute((folder / f"{name}.sql").read_bytes())

    def append(self, payloads: Sequence[tuple[str, bytes]]) -> float:
        """Write messages to one stream in one transaction; return the seconds."""
        types, data = zip(*((topic, state.decode()) for topic, state in payloads), strict=True)
        began = time.perf_counter()
        self._connection.execute(_WRITE, ("system-1", list(types), list(data)), prepare=True)
        return time.perf_counter() - began

    @property
    def count(self) -> int:
        """Return how many messages there are."""
        row = self._connection.execute("SELECT count(*) FROM message_store.messages").fetchone()
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        """Close its connection."""
        self._connection.close()

"""The recorders that the eventsourcing library ships, and its way to project, as it comes out of the box."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from eventsourcing.persistence import ApplicationRecorder, StoredEvent, Tracking
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore, SQLiteTrackingRecorder

from benchmarks.bench import Missing
from benchmarks.places import Kind

NAME = "eventsourcing"


def needs_pool(kind: Kind) -> None:
    """Raise `Missing` where the library's way to PostgreSQL is not there."""
    if kind == "postgres" and find_spec("psycopg_pool") is None:
        raise Missing("eventsourcing on PostgreSQL needs psycopg_pool: pip install 'ipo-ledger[bench]'")


def sqlite_recorder(path: Path) -> SQLiteApplicationRecorder:
    """Return the library's recorder on a new file; it puts it into WAL, and SQLite syncs in full by itself."""
    datastore = SQLiteDatastore(str(path), originator_id_type="text")
    recorder = SQLiteApplicationRecorder(datastore)
    recorder.create_table()
    return recorder


def postgres_recorder(url: str) -> ApplicationRecorder:
    """Return the library's recorder on an empty database. Raises `Missing` without the pool it is built on."""
    needs_pool("postgres")
    from eventsourcing.postgres import PostgresApplicationRecorder

    recorder = PostgresApplicationRecorder(_postgres_datastore(url))
    recorder.create_table()
    return recorder


def _postgres_datastore(url: str) -> Any:
    from eventsourcing.postgres import PostgresDatastore

    parts = urlsplit(url)
    return PostgresDatastore(
        dbname=parts.path.lstrip("/"),
        host=parts.hostname or "",
        port=parts.port or 5432,
        user=parts.username or "",
        password=parts.password or "",
        pool_size=2,
        originator_id_type="text",
    )


def close(recorder: Any) -> None:
    """Let go of a recorder's connections."""
    recorder.datastore.close()


class Appender:
    """Writes plain events to a recorder, on and on, to one stream."""

    def __init__(self, recorder: ApplicationRecorder, stream: str = "system") -> None:
        """Begin with an empty stream."""
        self._recorder, self._stream, self._version = recorder, stream, 0

    def append(self, payloads: Sequence[tuple[str, bytes]]) -> float:
        """Append events in one transaction; return the seconds."""
        events: list[StoredEvent] = []
        for topic, state in payloads:
            self._version += 1
            events.append(StoredEvent(self._stream, self._version, topic, state))
        began = time.perf_counter()
        self._recorder.insert_events(events)
        return time.perf_counter() - began

    @property
    def count(self) -> int:
        """Return how many events the recorder says there are."""
        return self._recorder.max_notification_id() or 0


def project_sqlite(path: Path, rows: Sequence[tuple[Any, ...]], insert: str) -> float:
    """Write rows as a projection of the library does: each in its own transaction with its tracking.

    The library's runner needs a subscription, which its SQLite recorder does not have; this is what it would do.
    """
    recorder = SQLiteTrackingRecorder(SQLiteDatastore(str(path), originator_id_type="text"))
    recorder.create_table()
    began = time.perf_counter()
    for row in rows:
        with recorder.datastore.transaction(commit=True) as cursor:
            recorder._insert_tracking(cursor, Tracking("bench", row[0]))  # noqa: SLF001 - what its views call
            cursor.execute(insert, row)
    took = time.perf_counter() - began
    recorder.datastore.close()
    return took


def project_postgres(url: str, rows: Sequence[tuple[Any, ...]], insert: str) -> float:
    """Do the same on PostgreSQL."""
    from eventsourcing.postgres import PostgresTrackingRecorder

    recorder = PostgresTrackingRecorder(_postgres_datastore(url))
    recorder.create_table()
    began = time.perf_counter()
    for row in rows:
        with recorder.datastore.transaction(commit=True) as cursor:
            recorder._insert_tracking(cursor, Tracking("bench", row[0]))  # noqa: SLF001 - what its views call
            cursor.execute(insert.encode(), row)
    took = time.perf_counter() - began
    recorder.datastore.close()
    return took

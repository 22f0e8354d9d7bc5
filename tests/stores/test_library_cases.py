"""The eventsourcing library's own test cases for recorders, on both of ours."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import AggregateRecorder, ApplicationRecorder, StoredEvent
from eventsourcing.tests import persistence as cases

from ipo_ledger.adapters.postgres.recorder import PostgresRecorder
from ipo_ledger.adapters.postgres.store import PostgresStore
from ipo_ledger.adapters.sqlite.recorder import SqliteRecorder
from ipo_ledger.adapters.sqlite.store import SqliteStore
from tests.stores.places import Place, PostgresPlace, SqlitePlace


class OnAPlace:
    """A recorder on a new ledger for each test."""

    place: Place

    def create_recorder(self) -> Any:
        """Return a recorder that begins its own transactions."""
        return self.application_recorder()

    def application_recorder(self) -> ApplicationRecorder:
        """Return one with positions."""
        store = self.place.ledger()
        if isinstance(store, PostgresStore):
            return PostgresRecorder(store)
        assert isinstance(store, SqliteStore)
        return SqliteRecorder(store)

    def new_originator_id(self) -> str:
        """Return a stream: ours are texts."""
        return str(uuid.uuid4())


class OnSqlite(OnAPlace):
    """A file."""

    @pytest.fixture(autouse=True)
    def _a_file(self, tmp_path: Path) -> Iterator[None]:
        self.place = SqlitePlace(tmp_path / "ledger.db")
        yield
        self.place.close()


class OnPostgres(OnAPlace):
    """A database."""

    @pytest.fixture(autouse=True)
    def _a_database(self, postgres_url: str) -> Iterator[None]:
        self.place = PostgresPlace(postgres_url)
        yield
        self.place.close()


class ReturnsNothing(AggregateRecorder):
    """A recorder for streams alone, which has no positions to return: what the library's first case expects."""

    def __init__(self, recorder: ApplicationRecorder) -> None:
        """Hand everything on."""
        self._recorder = recorder

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        """Insert, and say nothing of positions."""
        self._recorder.insert_events(stored_events, **kwargs)

    def select_events(self, originator_id: Any, **kwargs: Any) -> Sequence[StoredEvent]:
        """Select from one stream."""
        return self._recorder.select_events(originator_id, **kwargs)


class StreamsAlone(OnAPlace):
    """The library's first case expects no positions."""

    def create_recorder(self) -> ReturnsNothing:
        """Return a recorder without them."""
        return ReturnsNothing(self.application_recorder())


class TestStreamsOnSqlite(StreamsAlone, OnSqlite, cases.AggregateRecorderTestCase):
    """Streams of events."""


class TestStreamsOnPostgres(StreamsAlone, OnPostgres, cases.AggregateRecorderTestCase):
    """Streams of events."""


class TestPositionsOnSqlite(OnSqlite, cases.ApplicationRecorderTestCase[ApplicationRecorder]):
    """Events of all streams, by position."""

    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = True


class TestPositionsOnPostgres(OnPostgres, cases.ApplicationRecorderTestCase[ApplicationRecorder]):
    """Events of all streams, by position."""

    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = True


class TestAppendsDoNotMixOnSqlite(OnSqlite, cases.NonInterleavingNotificationIDsBaseCase):
    """Two appends at once have their positions one after the other."""


class TestAppendsDoNotMixOnPostgres(OnPostgres, cases.NonInterleavingNotificationIDsBaseCase):
    """Two appends at once have their positions one after the other."""


@pytest.mark.parametrize("recorder", [SqliteRecorder(), PostgresRecorder()])
def test_a_recorder_without_a_store_needs_a_transaction(recorder: ApplicationRecorder) -> None:
    with pytest.raises(RuntimeError, match="within a transaction"):
        recorder.max_notification_id()


@pytest.mark.parametrize("recorder", [SqliteRecorder(), PostgresRecorder()])
def test_nobody_is_notified(recorder: ApplicationRecorder) -> None:
    with pytest.raises(NotImplementedError):
        recorder.subscribe()

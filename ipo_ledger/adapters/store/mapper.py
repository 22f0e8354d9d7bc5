"""Between facts and the eventsourcing library's stored events: explicit short names, and a whitelist."""

from __future__ import annotations

from typing import Any

from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from ipo_ledger.adapters.store import payload
from ipo_ledger.domain.events import Fact


class LedgerMapper(Mapper[str]):
    """The library's mapper, with our bytes: topics are `STORED_NAMES`, and nothing else is ever resolved."""

    def __init__(self) -> None:
        """Begin; the transcoder is never used, since the payload is typed and encoded as a whole."""
        super().__init__(transcoder=JSONTranscoder())

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Return the row of a fact."""
        topic, state = payload.encode(domain_event)
        return StoredEvent(domain_event.originator_id, domain_event.originator_version, topic, state)

    def to_domain_event(self, stored_event: StoredEvent) -> Fact:
        """Return the fact of a row; its position is known only where a notification brings it."""
        return payload.decode(
            getattr(stored_event, "id", 0),
            str(stored_event.originator_id),
            stored_event.originator_version,
            stored_event.topic,
            stored_event.state,
            None,
        )

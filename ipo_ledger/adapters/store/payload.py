"""The bytes of a stored event: JSON with a schema version, and a whitelist of what may be read back.

A name that is not in `STORED_NAMES` is refused, never imported: a row cannot make the program load code.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from ipo_ledger.adapters.store.faults import UnreadableEvent
from ipo_ledger.domain.events import STORED_NAMES, Event, Fact
from ipo_ledger.domain.moments import from_micros

_TYPES: dict[str, tuple[type[Event], int]] = {name: (kind, version) for kind, (name, version) in STORED_NAMES.items()}


class Payload(Struct, frozen=True, omit_defaults=True):
    """What lies in `state`: when it was true, who recorded it and why, and the event itself."""

    schema: int
    occurred_at: Annotated[datetime, Meta(tz=True)]
    actor: str
    command_id: str
    data: Raw
    reason: str | None = None
    ticket: str | None = None
    batch: int | None = None
    caused_by: int | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Payload)
_event_decoders = {name: msgspec.json.Decoder(kind) for name, (kind, _) in _TYPES.items()}


def encode(fact: Fact) -> tuple[str, bytes]:
    """Return the stable name and the payload bytes of a fact."""
    name, schema = STORED_NAMES[type(fact.event)]
    payload = Payload(
        schema,
        fact.occurred_at,
        fact.actor,
        fact.command_id,
        Raw(_encoder.encode(fact.event)),
        fact.reason,
        fact.ticket,
        fact.batch,
        fact.caused_by,
    )
    return name, _encoder.encode(payload)


def decode(position: int, stream: str, version: int, name: str, state: bytes, recorded_at: int | None) -> Fact:  # noqa: PLR0913, PLR0917 - the columns of a row
    """Return the fact that lies in a row. Raises `UnreadableEvent` for what this program cannot have written."""
    known = _TYPES.get(name)
    if known is None:
        raise UnreadableEvent(position=position, why=f"{name!r} is no event this release knows")
    try:
        payload = _decoder.decode(state)
        if payload.schema > known[1]:
            raise UnreadableEvent(
                position=position, why=f"it is written in version {payload.schema} of {name}, newer than this release"
            )
        event = _event_decoders[name].decode(payload.data)
    except msgspec.MsgspecError as fault:
        raise UnreadableEvent(position=position, why=str(fault)) from fault
    return Fact(
        position=position,
        system=stream,
        version=version,
        event=event,
        occurred_at=payload.occurred_at,
        actor=payload.actor,
        command_id=payload.command_id,
        reason=payload.reason,
        ticket=payload.ticket,
        batch=payload.batch,
        caused_by=payload.caused_by,
        recorded_at=from_micros(recorded_at) if recorded_at is not None else None,
    )

"""The bytes of a stored event: JSON with a schema version, and a whitelist of what may be read back.

A name that is not in `STORED_NAMES` is refused, never imported: a row cannot make the program load code.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct, defstruct

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


def _whole(kind: type[Event]) -> msgspec.json.Decoder[Any]:
    """Return what reads a payload and the event in it at once, which takes half as long as one after the other."""
    said = defstruct("PayloadOf", [("data", kind)], bases=(_PayloadOf,), frozen=True, kw_only=True)
    return msgspec.json.Decoder(said)


class _PayloadOf(Struct, frozen=True, kw_only=True):
    """As `Payload`, but for the event itself."""

    schema: int
    occurred_at: Annotated[datetime, Meta(tz=True)]
    actor: str
    command_id: str
    reason: str | None = None
    ticket: str | None = None
    batch: int | None = None
    caused_by: int | None = None


_whole_decoders = {name: (_whole(kind).decode, version) for name, (kind, version) in _TYPES.items()}
_recorded = lru_cache(maxsize=16)(from_micros)  # the facts of a command are recorded at one time


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
    known = _whole_decoders.get(name)
    if known is None:
        raise UnreadableEvent(position=position, why=f"{name!r} is no event this release knows")
    try:
        payload = known[0](state)
        event = payload.data
    except msgspec.MsgspecError:
        payload, event = _in_two(position, name, state)
    if payload.schema > known[1]:
        raise _newer(position, name, payload.schema)
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
        recorded_at=_recorded(recorded_at) if recorded_at is not None else None,
    )


def _in_two(position: int, name: str, state: bytes) -> tuple[Payload, Event]:
    """Read what could not be read as a whole, to say what is wrong with it. Raises `UnreadableEvent`."""
    kind, version = _TYPES[name]
    try:
        payload = _decoder.decode(state)
        if payload.schema > version:
            raise _newer(position, name, payload.schema)
        return payload, msgspec.json.decode(payload.data, type=kind)
    except msgspec.MsgspecError as fault:
        raise UnreadableEvent(position=position, why=str(fault)) from fault


def _newer(position: int, name: str, schema: int) -> UnreadableEvent:
    why = f"it is written in version {schema} of {name}, newer than this release"
    return UnreadableEvent(position=position, why=why)

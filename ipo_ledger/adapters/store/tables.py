"""The tables of the read model: their columns with PostgreSQL types, and their keys. One description, two stores."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from ipo_ledger.application.ports.store import TILE_LEVEL


class Table(Struct, frozen=True):
    """One table; `key` are its first columns, `fixed` never change. Rows are tuples in the order of `columns`."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    fixed: tuple[str, ...] = ()

    @property
    def others(self) -> tuple[str, ...]:
        """Return the columns that may change. To write one anew as it is would still write its index."""
        return tuple(c for c in self.columns if c not in self.key and c not in self.fixed)


def _table(name: str, key: str, columns: str, fixed: str = "") -> Table:
    pairs = [pair.split(":") for pair in columns.split()]
    kinds = {"i": "bigint", "t": "text", "b": "boolean"}
    return Table(
        name, tuple(key.split()), MappingProxyType({c: kinds[kind] for c, kind in pairs}), tuple(fixed.split())
    )


SYSTEMS = _table(
    "systems",
    "system_id",
    "system_id:i name:t version:i release:t timezone:t base_extension_by:t logout_code:t baseline_at:i "
    "baseline_position:i baseline_name:t floor_at:i floor_position:i floor_name:t last_batch:i extensions:i users:i",
    fixed="name",
)
EXTENSIONS = _table(
    "extensions",
    "system_id extension_id",
    "system_id:i extension_id:i module:t port:i kind:i label:t base:t base_batch:i base_position:i user_name:t "
    "since:i seat_position:i last_at:i last_position:i last_name:t removed:b",
)
USERS = _table(
    "users",
    "system_id user_name",
    "system_id:i user_name:t number:t full_name:t has_login_code:b forced_login:b extension_id:i since:i "
    "place_position:i number_position:i last_at:i last_position:i last_name:t removed:b",
)
BATCHES = _table(
    "batches",
    "system_id batch",
    "system_id:i batch:i status:t title:t observed:b opened_at:i opened_position:i actor:t reason:t ticket:t "
    "last_at:i last_position:i last_name:t part:t sent_at:i sent_position:i mode:t outcome:t conflicts:t sent_by:t "
    "in_force_at:i in_force_position:i settled_at:i settled_position:i",
)
CHANGES = _table(
    "changes",
    "system_id batch extension_id recorded_from",
    "system_id:i batch:i extension_id:i recorded_from:i place:i old_base:t new_base:t",
)
REVERSALS = _table("reversals", "system_id reverses batch", "system_id:i batch:i reverses:i place:i recorded_from:i")
SEATS = _table(
    "seats",
    "system_id extension_id recorded_from",
    "system_id:i extension_id:i recorded_from:i valid_from:i user_name:t number:t cause:t batch:i gone:b below:i",
)
PLACES = _table(
    "places",
    "system_id user_name recorded_from",
    "system_id:i user_name:t recorded_from:i valid_from:i extension_id:i cause:t batch:i gone:b below:i",
)
BASES = _table(
    "bases",
    "system_id extension_id recorded_from",
    "system_id:i extension_id:i recorded_from:i valid_from:i base:t batch:i below:i",
)
NUMBERS = _table(
    "numbers",
    "system_id user_name recorded_from",
    "system_id:i user_name:t recorded_from:i valid_from:i number:t below:i",
)
RESTARTS = _table("restarts", "system_id recorded_from", "system_id:i recorded_from:i valid_from:i")
FORMER_SETTINGS = _table(
    "former_settings",
    "system_id recorded_to",
    "system_id:i recorded_to:i release:t timezone:t base_extension_by:t logout_code:t",
)
FORMER_EXTENSIONS = _table(
    "former_extensions",
    "system_id extension_id recorded_to",
    "system_id:i extension_id:i recorded_to:i module:t port:i kind:i label:t",
)
FORMER_USERS = _table(
    "former_users",
    "system_id user_name recorded_to",
    "system_id:i user_name:t recorded_to:i full_name:t has_login_code:b forced_login:b",
)
FORMER_BATCHES = _table(
    "former_batches",
    "system_id batch recorded_to",
    "system_id:i batch:i recorded_to:i status:t sent_at:i sent_position:i mode:t outcome:t conflicts:t sent_by:t "
    "in_force_at:i in_force_position:i settled_at:i settled_position:i",
)
CORRECTIONS = _table("corrections", "position", "position:i corrected_by:i")
LOG_ENTRIES = _table(
    "log_entries",
    "position",
    "position:i system_id:i occurred_at:i actor:t batch:i extension_id:i user_name:t",
)

KEPT_FROM = TILE_LEVEL
"""The lowest level of the tree that is kept: below it, 256 events at most are hashed anew (one read of them)."""

CURRENT = (SYSTEMS, EXTENSIONS, USERS, BATCHES)
POINTS = (SEATS, PLACES, BASES, NUMBERS)
FORMER = (FORMER_SETTINGS, FORMER_EXTENSIONS, FORMER_USERS, FORMER_BATCHES)
READ_MODEL = (*CURRENT, CHANGES, REVERSALS, *POINTS, RESTARTS, *FORMER, CORRECTIONS, LOG_ENTRIES)

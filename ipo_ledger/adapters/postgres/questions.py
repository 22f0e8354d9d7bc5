"""The questions as PostgreSQL is asked them: its names of parameters, and its own words where it needs others."""

# ruff: noqa: S608 - made of constants; values are parameters

from __future__ import annotations

import re
from functools import lru_cache

from ipo_ledger.adapters.store.questions import QUESTIONS

_AT = (
    "valid_from <= :at AND recorded_from <= :known AND recorded_to > :known "
    "ORDER BY valid_from DESC, recorded_from DESC LIMIT 1"
)
# Comparing with the key of the last point, as the shared form does, PostgreSQL looks for it again for every point
# there is (33 s for 3000 extensions with 60 moves each); a lateral join looks once for each extension (40 ms).
OWN: dict[str, str] = {
    "seats": (
        "SELECT x.extension_id, x.module, x.port, x.kind, x.label, x.base, x.base_batch, x.base_position, "
        "x.user_name, x.since, x.last_at, x.last_position, x.last_name, "
        "b.base, s.user_name, s.number, s.valid_from "
        "FROM {schema}extensions x "
        "CROSS JOIN LATERAL (SELECT user_name, number, valid_from, gone FROM {schema}seats "
        f"WHERE system_id = x.system_id AND extension_id = x.extension_id AND {_AT}) s "
        "CROSS JOIN LATERAL (SELECT base FROM {schema}bases "
        f"WHERE system_id = x.system_id AND extension_id = x.extension_id AND {_AT}) b "
        "WHERE x.system_id = :key AND NOT s.gone ORDER BY x.extension_id"
    ),
    "off_the_air": (
        "SELECT u.user_name FROM {schema}users u "
        "CROSS JOIN LATERAL (SELECT extension_id, gone FROM {schema}places "
        f"WHERE system_id = u.system_id AND user_name = u.user_name AND {_AT}) p "
        "WHERE u.system_id = :key AND p.extension_id IS NULL AND NOT p.gone ORDER BY u.user_name"
    ),
}
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


@lru_cache(maxsize=256)
def sql(question: str, where: str) -> bytes:
    """Return a question with its condition, in psycopg's form."""
    text = {**QUESTIONS, **OWN}[question].replace("{where}", where)
    text = text.replace("{schema}", "ipo_ledger.").replace("{position}", "position")
    return _PARAMETER.sub(r"%(\1)s", text.replace("%", "%%")).encode()

"""The questions as PostgreSQL is asked them: its names of parameters, and its own words where it needs others."""

# ruff: noqa: S608 - made of constants; values are parameters

from __future__ import annotations

import re
from functools import lru_cache

from ipo_ledger.adapters.store.questions import LAST, OF, QUESTIONS, glances
from ipo_ledger.adapters.store.questions.standing import AMONG_NAMES, AMONG_NUMBERS
from ipo_ledger.adapters.store.questions.whole_systems import desks_of, of_whom, places_columns, seats_columns


def _last(pile: str, outer: str, way: str, what: str) -> str:
    of = OF[pile]
    return (
        f"CROSS JOIN LATERAL (SELECT {what} FROM {{schema}}{pile} WHERE system_id = {outer}.system_id "
        f"AND {of} = {outer}.{of} AND {LAST[way]})"
    )


def _laterals() -> dict[str, str]:
    """Return the questions of whole systems as lateral joins.

    Comparing with the key of the last point, as the shared form does, PostgreSQL looks for it again for every point
    there is (33 s for 3000 extensions with 60 moves each); a lateral join looks once for each extension (40 ms).
    """
    found = {}
    for way in LAST:
        seat = _last("seats", "x", way, "user_name, number, valid_from, recorded_from, recorded_to, gone")
        base = _last("bases", "x", way, "base, batch, valid_from, recorded_from, recorded_to")
        place = _last("places", "u", way, "extension_id, valid_from, recorded_from, recorded_to, gone")
        number = _last("numbers", "u", way, "number, valid_from, recorded_from, recorded_to")
        found[f"seats_{way}"] = (
            f"SELECT {seats_columns(way)} FROM {{schema}}extensions x {seat} s {base} b "
            f"WHERE x.system_id = :key AND {of_whom(way, 'x', 's')} ORDER BY x.extension_id"
        )
        found[f"places_{way}"] = (
            f"SELECT {places_columns(way)} FROM {{schema}}users u {place} p {number} n "
            f"WHERE u.system_id = :key AND {of_whom(way, 'u', 'p')} ORDER BY u.user_name"
        )
    found["desks"] = desks_of(found["seats_now"])
    found["off_the_air"] = (
        f"SELECT u.user_name FROM {{schema}}users u {_last('places', 'u', 'now', 'extension_id, gone')} p "
        f"WHERE u.system_id = :key AND u.user_name NOT IN {AMONG_NAMES} "
        "AND p.extension_id IS NULL AND NOT p.gone ORDER BY u.user_name"
    )
    return found


class _Laterals(glances.Dialect):
    """Each point by a lateral join; the clock, where no instant is asked about, is read once."""

    at, standby = "t.instant", "t.standby"
    here = (
        "(SELECT coalesce(CAST(:at AS bigint), {schema}clock_micros()) AS instant, "
        "pg_catalog.pg_is_in_recovery() AS standby) t CROSS JOIN "
    )

    def one(self, table: str, name: str, of: str, which: str, columns: str) -> str:
        """Return a lateral join."""
        return f"LATERAL (SELECT {columns} FROM {{schema}}{table} WHERE {of} AND {which}) {name} ON TRUE"


OWN = _laterals() | glances.texts(_Laterals())
_AMONG = {
    AMONG_NUMBERS: "(SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:numbers AS json)))",
    AMONG_NAMES: "(SELECT value FROM json_array_elements_text(CAST(:names AS json)))",
}
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


@lru_cache(maxsize=256)
def sql(question: str, where: str) -> bytes:
    """Return a question with its condition, in psycopg's form."""
    text = {**QUESTIONS, **OWN}[question].replace("{where}", where)
    for among, words in _AMONG.items():
        text = text.replace(among, words)
    text = text.replace("{schema}", "ipo_ledger.").replace("{position}", "position")
    return _PARAMETER.sub(r"%(\1)s", text.replace("%", "%%")).encode()

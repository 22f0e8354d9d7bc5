"""Questions about all extensions or users of a system at once."""

# ruff: noqa: S608 - made of constants; values are parameters

from __future__ import annotations

from ipo_ledger.adapters.store.questions.piles import OF
from ipo_ledger.adapters.store.questions.standing import AMONG_NAMES, STANDS

# Of a whole system at once: the last point of each extension or user, one way or the other.
# "now": among all that stands; "then": among what was recorded by then, where the time asked about is before that of
# the recording; "by": the same where it is not, so that nothing recorded by then is after it. Both ask what stands: of
# whom nothing was taken off since then, that is what stood then. Of the others, "corrected": the last that was recorded
# by then. Where it stood then, and is not after the time asked about, it is the last point.
LAST = {
    "now": f"{STANDS} AND valid_from <= :at ORDER BY valid_from DESC, recorded_from DESC LIMIT 1",
    "then": (
        f"{STANDS} AND valid_from <= :at AND recorded_from <= :known "
        "ORDER BY valid_from DESC, recorded_from DESC LIMIT 1"
    ),
    "by": f"recorded_from <= :known AND {STANDS} ORDER BY recorded_from DESC LIMIT 1",
    "corrected": "recorded_from <= :known ORDER BY recorded_from DESC LIMIT 1",
}
_SEATS = (
    "x.extension_id, x.module, x.port, x.kind, x.label, b.base, b.batch, b.recorded_from, "
    "s.user_name, s.valid_from, s.recorded_from, s.number"
)
_DESKS = "x.extension_id, x.module, x.port, x.label, b.base, s.user_name, s.number, s.valid_from"
_PLACES = (
    "u.user_name, n.number, u.full_name, u.has_login_code, u.forced_login, p.extension_id, p.valid_from, "
    "p.recorded_from, n.recorded_from"
)
_FINAL = (
    ", {point}.gone, {point}.recorded_to > :known AND {other}.recorded_to > :known "
    "AND {point}.valid_from <= :at AND {other}.valid_from <= :at"
)


def seats_columns(way: str) -> str:
    """Return the columns of everybody's seats; of "corrected" also whether they are gone, and it is the last point."""
    return _SEATS + (_FINAL.format(point="s", other="b") if way == "corrected" else "")


def desks_of(seats_now: str) -> str:
    """Return the question for what an answer shows of each seat: of thousands of rows every column counts."""
    return seats_now.replace(_SEATS, _DESKS)


def places_columns(way: str) -> str:
    """Return the columns of everybody's places, in the same way."""
    return _PLACES + (_FINAL.format(point="p", other="n") if way == "corrected" else "")


def of_whom(way: str, whose: str, point: str) -> str:
    """Return the condition for whom a way is asked: `corrected` is the last position that took off a point of theirs.

    Who is gone is left out, where that is known already.
    """
    if way == "corrected":
        return f"{whose}.corrected > :known"
    return f"NOT {point}.gone" if way == "now" else f"{whose}.corrected <= :known AND NOT {point}.gone"


def _last_key(pile: str, outer: str, way: str) -> str:
    of = OF[pile]
    return (
        f"(SELECT recorded_from FROM {{schema}}{pile} WHERE system_id = {outer}.system_id AND {of} = {outer}.{of} "
        f"AND {LAST[way]})"
    )


def _of_systems() -> dict[str, str]:
    found = {}
    for way in LAST:
        found[f"seats_{way}"] = (
            f"SELECT {seats_columns(way)} FROM {{schema}}extensions x "
            "JOIN {schema}seats s ON s.system_id = x.system_id AND s.extension_id = x.extension_id "
            f"AND s.recorded_from = {_last_key('seats', 'x', way)} "
            "JOIN {schema}bases b ON b.system_id = x.system_id AND b.extension_id = x.extension_id "
            f"AND b.recorded_from = {_last_key('bases', 'x', way)} "
            f"WHERE x.system_id = :key AND {of_whom(way, 'x', 's')} ORDER BY x.extension_id"
        )
        found[f"places_{way}"] = (
            f"SELECT {places_columns(way)} FROM {{schema}}users u "
            "JOIN {schema}places p ON p.system_id = u.system_id AND p.user_name = u.user_name "
            f"AND p.recorded_from = {_last_key('places', 'u', way)} "
            "JOIN {schema}numbers n ON n.system_id = u.system_id AND n.user_name = u.user_name "
            f"AND n.recorded_from = {_last_key('numbers', 'u', way)} "
            f"WHERE u.system_id = :key AND {of_whom(way, 'u', 'p')} ORDER BY u.user_name"
        )
    found["desks"] = desks_of(found["seats_now"])
    found["off_the_air"] = (
        "SELECT u.user_name FROM {schema}users u "
        "JOIN {schema}places p ON p.system_id = u.system_id AND p.user_name = u.user_name "
        f"AND p.recorded_from = {_last_key('places', 'u', 'now')} "
        f"WHERE u.system_id = :key AND u.user_name NOT IN {AMONG_NAMES} "
        "AND p.extension_id IS NULL AND NOT p.gone ORDER BY u.user_name"
    )
    return found


QUESTIONS: dict[str, str] = {
    **_of_systems(),
    "moved_after": "SELECT 1 FROM {schema}extensions WHERE system_id = :key AND last_at > :at LIMIT 1",
    # The same columns, where every extension is as it was at the time asked about.
    "desks_as_they_are": (
        "SELECT x.extension_id, x.module, x.port, x.label, x.base, x.user_name, u.number, x.since "
        "FROM {schema}extensions x "
        "LEFT JOIN {schema}users u ON u.system_id = x.system_id AND u.user_name = x.user_name "
        "WHERE x.system_id = :key AND NOT x.removed ORDER BY x.extension_id"
    ),
    # Numbers that changed hands or desks after an instant, with the last fact that did it.
    "desks_moved_on": (
        "SELECT c.old_base, c.new_base, b.in_force_at, b.in_force_position FROM {schema}batches b "
        "JOIN {schema}changes c ON c.system_id = b.system_id AND c.batch = b.batch "
        f"AND c.{STANDS} WHERE b.system_id = :key AND b.in_force_at > :at ORDER BY b.in_force_at, b.in_force_position"
    ),
    "desks_removed": (
        "SELECT base, last_at, last_position FROM {schema}extensions "
        "WHERE system_id = :key AND removed AND last_at > :at ORDER BY last_at, last_position"
    ),
    "hands_moved_on": (
        "SELECT n.number, o.number, n.valid_from, n.recorded_from FROM {schema}numbers n "
        "LEFT JOIN {schema}numbers o ON o.system_id = n.system_id AND o.user_name = n.user_name "
        "AND o.recorded_from = n.below "
        f"WHERE n.system_id = :key AND n.valid_from > :at AND n.{STANDS} ORDER BY n.valid_from, n.recorded_from"
    ),
    "hands_removed": (
        "SELECT number, last_at, last_position FROM {schema}users "
        "WHERE system_id = :key AND removed AND last_at > :at ORDER BY last_at, last_position"
    ),
}

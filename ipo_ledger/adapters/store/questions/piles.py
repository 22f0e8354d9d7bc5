"""Questions about single piles: the points of one extension or user, and what corrections took off."""

# ruff: noqa: S608 - made of constants; values are parameters

from __future__ import annotations

from ipo_ledger.adapters.store.questions.standing import KNOWN, STANDS

# The piles: whose they are, and what their points say. The first five columns are the same in all.
OF = {"seats": "extension_id", "places": "user_name", "bases": "extension_id", "numbers": "user_name"}
_SAYS = {
    "seats": "user_name, number, cause, batch, gone",
    "places": "extension_id, cause, batch, gone",
    "bases": "base, batch",
    "numbers": "number",
}


def point_columns(pile: str) -> str:
    """Return the columns of a pile's points: whose, since when, recorded from and to, on which other, and what."""
    return f"{OF[pile]}, valid_from, recorded_from, recorded_to, below, {_SAYS[pile]}"


def _lasting(pile: str, seen: str) -> str:
    """Return the question for the points of a whole system that last: the one in force at :start, and those after."""
    of = OF[pile]
    return (
        f"SELECT {point_columns(pile)} FROM (SELECT {point_columns(pile)}, "
        f"lead(valid_from) OVER (PARTITION BY {of} ORDER BY valid_from, recorded_from) AS next_from "
        f"FROM {{schema}}{pile} WHERE system_id = :key AND valid_from <= :end AND {seen}) p "
        "WHERE next_from IS NULL OR (next_from > :start AND next_from > valid_from) "
        "ORDER BY valid_from, recorded_from"
    )


def _of_piles() -> dict[str, str]:
    """Return the questions that are asked of each pile alike."""
    found: dict[str, str] = {}
    for pile, of in OF.items():
        select = f"SELECT {point_columns(pile)} FROM {{schema}}{pile} WHERE system_id = :key AND {of} = :of"
        found |= {
            f"{pile}_from": f"{select} AND recorded_from >= :position AND {STANDS} ORDER BY recorded_from",
            f"{pile}_at": f"{select} AND recorded_from = :position",
            f"{pile}_top": f"{select} AND recorded_from <= :known ORDER BY recorded_from DESC LIMIT 1",
            # From the last instant at or before :start to the first after :end, and none after :last.
            f"{pile}_around": (
                f"{select} AND {STANDS} AND recorded_from <= :known AND valid_from >= coalesce(("
                f"SELECT valid_from FROM {{schema}}{pile} WHERE system_id = :key AND {of} = :of "
                f"AND valid_from <= :start AND recorded_from <= :known AND {STANDS} "
                "ORDER BY valid_from DESC LIMIT 1), 0) AND valid_from <= coalesce(("
                f"SELECT valid_from FROM {{schema}}{pile} WHERE system_id = :key AND {of} = :of "
                f"AND valid_from > :end AND valid_from <= :last AND recorded_from <= :known AND {STANDS} "
                "ORDER BY valid_from LIMIT 1), :end) ORDER BY valid_from, recorded_from"
            ),
            f"{pile}_last": (
                f"{select} AND {STANDS} AND valid_from <= :at ORDER BY valid_from DESC, recorded_from DESC LIMIT 1"
            ),
            f"{pile}_taken_off": (
                f"SELECT recorded_from, recorded_to FROM {{schema}}{pile} WHERE system_id = :key AND {of} = :of "
                f"AND NOT {STANDS} AND valid_from BETWEEN :start AND :end ORDER BY recorded_from"
            ),
            f"{pile}_all_now": _lasting(pile, STANDS),
            f"{pile}_all_then": _lasting(pile, KNOWN),
            # Whoever made a point known makes what it says unknown again: only what stands, and only once.
            f"close_{pile}": (
                f"UPDATE {{schema}}{pile} SET recorded_to = :by WHERE system_id = :key AND {of} = :of "
                f"AND recorded_from > :above AND recorded_from < :by AND {STANDS}"
            ),
            # The rows that it closes, told from what the table says once they, and perhaps more, are closed.
            f"standing_{pile}": (
                f"SELECT system_id, {of}, recorded_from FROM {{schema}}{pile} WHERE system_id = :key AND {of} = :of "
                "AND recorded_from > :above AND recorded_from < :by AND recorded_to >= :by"
            ),
        }
    return found


QUESTIONS: dict[str, str] = {
    **_of_piles(),
    "first_seat": (
        "SELECT valid_from FROM {schema}seats WHERE system_id = :key AND extension_id = :extension_id "
        "AND recorded_from <= :known ORDER BY recorded_from LIMIT 1"  # recorded first, and true first
    ),
    "first_place": (
        "SELECT valid_from FROM {schema}places WHERE system_id = :key AND user_name = :user_name "
        "AND recorded_from <= :known ORDER BY recorded_from LIMIT 1"
    ),
    "renumbered": "SELECT DISTINCT user_name FROM {schema}numbers WHERE system_id = :key AND below IS NOT NULL",
    "any_hands": (
        "SELECT 1 FROM {schema}numbers WHERE system_id = :key AND below IS NOT NULL "
        "UNION SELECT 1 FROM {schema}users WHERE system_id = :key AND removed"
    ),
    "numbered": "SELECT DISTINCT user_name FROM {schema}numbers WHERE system_id = :key AND number = :number",
    # Whose last point by then has this number.
    "numbered_at": (
        "SELECT n.user_name FROM {schema}numbers n WHERE n.system_id = :key AND n.number = :number "
        f"AND n.{STANDS} AND n.valid_from <= :at AND NOT EXISTS (SELECT 1 FROM {{schema}}numbers m "
        f"WHERE m.system_id = n.system_id AND m.user_name = n.user_name AND m.{STANDS} AND m.valid_from <= :at "
        "AND (m.valid_from, m.recorded_from) > (n.valid_from, n.recorded_from)) ORDER BY n.user_name"
    ),
    "restarts_after": (
        "SELECT recorded_from FROM {schema}restarts "
        f"WHERE system_id = :key AND recorded_from > :position AND {STANDS} ORDER BY recorded_from"
    ),
    "restart_before": (
        "SELECT recorded_from FROM {schema}restarts "
        f"WHERE system_id = :key AND recorded_from < :position AND {STANDS} ORDER BY recorded_from DESC LIMIT 1"
    ),
    "corrections_between": (
        "SELECT position, corrected_by FROM {schema}corrections WHERE position BETWEEN :first AND :last"
    ),
    "close_restarts": (
        "UPDATE {schema}restarts SET recorded_to = "
        "(SELECT corrected_by FROM {schema}corrections c WHERE c.position = recorded_from) "
        f"WHERE system_id = :key AND recorded_from BETWEEN :first AND :last AND {STANDS} "
        "AND recorded_from IN (SELECT c.position FROM {schema}corrections c WHERE c.position BETWEEN :first AND :last)"
    ),
    "restarts_between": (
        "SELECT system_id, recorded_from FROM {schema}restarts "
        "WHERE system_id = :key AND recorded_from BETWEEN :first AND :last"
    ),
    "mark_extension": "UPDATE {schema}extensions SET corrected = :by WHERE system_id = :key AND extension_id = :of",
    "mark_user": "UPDATE {schema}users SET corrected = :by WHERE system_id = :key AND user_name = :of",
}

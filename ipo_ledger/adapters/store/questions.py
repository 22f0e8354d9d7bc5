"""The questions asked of the read model: SQL that both dialects understand, with named parameters.

`{schema}` is where the tables are. A store turns `:name` into its own form once, when it is opened.
"""

# ruff: noqa: S608 - made of constants; values are parameters

from __future__ import annotations

EXTENSION_COLUMNS = (
    "extension_id, module, port, kind, label, base, base_batch, base_position, user_name, since, "
    "seat_position, last_at, last_position, last_name"
)
USER_COLUMNS = (
    "user_name, number, full_name, has_login_code, forced_login, extension_id, since, place_position, "
    "number_position, last_at, last_position, last_name"
)
BATCH_COLUMNS = (
    "b.batch, b.status, b.title, b.observed, b.opened_at, b.opened_position, b.actor, b.reason, b.ticket, "
    "b.last_at, b.last_position, b.last_name, b.part, b.sent_at, b.sent_position, b.mode, b.outcome, b.conflicts, "
    "b.sent_by, b.in_force_at, b.in_force_position, b.settled_at, b.settled_position"
)
SYSTEM_COLUMNS = (
    "system_id, name, version, release, timezone, base_extension_by, logout_code, baseline_at, baseline_position, "
    "baseline_name, floor_at, floor_position, floor_name, last_batch, extensions, users"
)
_EVENT_COLUMNS = "e.{position}, e.originator_id, e.originator_version, e.topic, e.state, e.recorded_at"
FORMER_BATCH_COLUMNS = (
    "f.batch, f.status, f.sent_at, f.sent_position, f.mode, f.outcome, f.conflicts, f.sent_by, f.in_force_at, "
    "f.in_force_position, f.settled_at, f.settled_position"
)

# What still stands has this in `recorded_to`; spelled out, so that the partial indexes are used.
STANDS = "recorded_to = 9223372036854775807"
_KNOWN = "recorded_from <= :known AND recorded_to > :known"

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
            f"{pile}_within": (
                f"{select} AND {STANDS} AND valid_from <= :end AND recorded_from <= :known AND valid_from >= coalesce(("
                f"SELECT valid_from FROM {{schema}}{pile} WHERE system_id = :key AND {of} = :of "
                f"AND valid_from <= :start AND recorded_from <= :known AND {STANDS} "
                "ORDER BY valid_from DESC, recorded_from DESC LIMIT 1), 0) ORDER BY valid_from, recorded_from"
            ),
            f"{pile}_after": (
                f"{select} AND {STANDS} AND valid_from > :end AND recorded_from <= :known "
                "ORDER BY valid_from, recorded_from LIMIT 1"
            ),
            f"{pile}_taken_off": (
                f"SELECT recorded_from, recorded_to FROM {{schema}}{pile} WHERE system_id = :key AND {of} = :of "
                f"AND NOT {STANDS} AND valid_from BETWEEN :start AND :end ORDER BY recorded_from"
            ),
            f"{pile}_all_now": _lasting(pile, STANDS),
            f"{pile}_all_then": _lasting(pile, _KNOWN),
            # Whoever made a point known makes what it says unknown again: only what stands, and only once.
            f"close_{pile}": (
                f"UPDATE {{schema}}{pile} SET recorded_to = :by WHERE system_id = :key AND {of} = :of "
                f"AND recorded_from > :above AND recorded_from < :by AND {STANDS}"
            ),
        }
    return found


# Of a whole system at once: the last point of each extension or user, one way or the other.
# "now": among all that stands; "then": among what was recorded by then, where the time asked about is before that of
# the recording; "by": the same where it is not, so that nothing recorded by then is after it.
LAST = {
    "now": f"{STANDS} AND valid_from <= :at ORDER BY valid_from DESC, recorded_from DESC LIMIT 1",
    "then": (
        f"{STANDS} AND valid_from <= :at AND recorded_from <= :known "
        "ORDER BY valid_from DESC, recorded_from DESC LIMIT 1"
    ),
    "by": f"recorded_from <= :known AND {STANDS} ORDER BY recorded_from DESC LIMIT 1",
}
SEATS_COLUMNS = (
    "x.extension_id, x.module, x.port, x.kind, x.label, b.base, b.batch, b.recorded_from, "
    "s.user_name, s.valid_from, s.recorded_from, s.number"
)
PLACES_COLUMNS = (
    "u.user_name, n.number, u.full_name, u.has_login_code, u.forced_login, p.extension_id, p.valid_from, "
    "p.recorded_from, n.recorded_from"
)


def _last_key(pile: str, outer: str, way: str) -> str:
    of = OF[pile]
    return (
        f"(SELECT recorded_from FROM {{schema}}{pile} WHERE system_id = {outer}.system_id AND {of} = {outer}.{of} "
        f"AND {LAST[way]})"
    )


def _of_systems() -> dict[str, str]:
    found = {}
    for way in LAST:
        untouched = "" if way == "now" else "AND x.corrected = 0 "
        found[f"seats_{way}"] = (
            f"SELECT {SEATS_COLUMNS} FROM {{schema}}extensions x "
            "JOIN {schema}seats s ON s.system_id = x.system_id AND s.extension_id = x.extension_id "
            f"AND s.recorded_from = {_last_key('seats', 'x', way)} "
            "JOIN {schema}bases b ON b.system_id = x.system_id AND b.extension_id = x.extension_id "
            f"AND b.recorded_from = {_last_key('bases', 'x', way)} "
            f"WHERE x.system_id = :key {untouched}AND NOT s.gone ORDER BY x.extension_id"
        )
        found[f"places_{way}"] = (
            f"SELECT {PLACES_COLUMNS} FROM {{schema}}users u "
            "JOIN {schema}places p ON p.system_id = u.system_id AND p.user_name = u.user_name "
            f"AND p.recorded_from = {_last_key('places', 'u', way)} "
            "JOIN {schema}numbers n ON n.system_id = u.system_id AND n.user_name = u.user_name "
            f"AND n.recorded_from = {_last_key('numbers', 'u', way)} "
            f"WHERE u.system_id = :key {untouched.replace('x.', 'u.')}AND NOT p.gone ORDER BY u.user_name"
        )
    found["off_the_air"] = (
        "SELECT u.user_name FROM {schema}users u "
        "JOIN {schema}places p ON p.system_id = u.system_id AND p.user_name = u.user_name "
        f"AND p.recorded_from = {_last_key('places', 'u', 'now')} "
        "WHERE u.system_id = :key AND p.extension_id IS NULL AND NOT p.gone ORDER BY u.user_name"
    )
    return found


QUESTIONS: dict[str, str] = {
    "systems": f"SELECT {SYSTEM_COLUMNS} FROM {{schema}}systems ORDER BY name",
    "system": f"SELECT {SYSTEM_COLUMNS} FROM {{schema}}systems WHERE name = :name",
    "extensions": f"SELECT {EXTENSION_COLUMNS}, removed FROM {{schema}}extensions WHERE system_id = :key",
    "users": f"SELECT {USER_COLUMNS}, removed FROM {{schema}}users WHERE system_id = :key",
    "open_batches": (
        f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b "
        "WHERE b.system_id = :key AND b.status IN ('draft', 'sent') ORDER BY b.batch"
    ),
    "batch": f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b WHERE b.system_id = :key AND b.batch = :batch",
    "in_force_after": (
        f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b WHERE b.system_id = :key "
        "AND b.in_force_position >= :in_force AND b.batch <> :batch ORDER BY b.in_force_position, b.sent_position"
    ),
    "sent_after": (
        f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b "
        "WHERE b.system_id = :key AND b.sent_position > :position ORDER BY b.batch"
    ),
    "changes_sent_after": (
        "SELECT c.batch, c.extension_id, c.old_base, c.new_base FROM {schema}batches b "
        "JOIN {schema}changes c ON c.system_id = b.system_id AND c.batch = b.batch "
        f"WHERE b.system_id = :key AND b.sent_position > :position AND c.{STANDS} ORDER BY c.batch, c.place"
    ),
    "changes": (
        "SELECT extension_id, old_base, new_base FROM {schema}changes "
        f"WHERE system_id = :key AND batch = :batch AND {STANDS} ORDER BY place"
    ),
    "changes_known": (
        "SELECT extension_id, old_base, new_base FROM {schema}changes "
        f"WHERE system_id = :key AND batch = :batch AND {_KNOWN} ORDER BY place"
    ),
    "changes_open": (
        "SELECT c.batch, c.extension_id, c.old_base, c.new_base FROM {schema}changes c "
        "JOIN {schema}batches b ON b.system_id = c.system_id AND b.batch = c.batch "
        f"WHERE b.system_id = :key AND b.status IN ('draft', 'sent') AND c.{STANDS} ORDER BY c.batch, c.place"
    ),
    "changes_in_force_after": (
        "SELECT c.batch, c.extension_id, c.old_base, c.new_base FROM {schema}batches b "
        "JOIN {schema}changes c ON c.system_id = b.system_id AND c.batch = b.batch "
        f"WHERE b.system_id = :key AND b.in_force_position >= :in_force AND b.batch <> :batch AND c.{STANDS} "
        "ORDER BY c.batch, c.place"
    ),
    "reverses": ("SELECT reverses FROM {schema}reversals WHERE system_id = :key AND batch = :batch ORDER BY place"),
    "reversed_by": (
        "SELECT batch FROM {schema}reversals "
        "WHERE system_id = :key AND reverses = :batch AND recorded_from <= :known ORDER BY batch"
    ),
    "reversals": "SELECT batch, reverses FROM {schema}reversals WHERE system_id = :key ORDER BY batch, place",
    "batches_all": (
        f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b "
        "WHERE b.system_id = :key AND b.opened_position <= :known ORDER BY b.batch"
    ),
    "changes_all": (
        "SELECT batch, extension_id, old_base, new_base FROM {schema}changes "
        f"WHERE system_id = :key AND {_KNOWN} ORDER BY batch, place"
    ),
    "batches": (
        f"SELECT {BATCH_COLUMNS}, (SELECT count(*) FROM {{schema}}changes c "
        f"WHERE c.system_id = b.system_id AND c.batch = b.batch AND c.{STANDS}) "
        "FROM {schema}batches b WHERE b.system_id = :key AND {where} ORDER BY b.batch DESC LIMIT :limit"
    ),
    "extension": (
        f"SELECT {EXTENSION_COLUMNS} FROM {{schema}}extensions WHERE system_id = :key AND extension_id = :extension_id"
    ),
    "user": f"SELECT {USER_COLUMNS} FROM {{schema}}users WHERE system_id = :key AND user_name = :user_name",
    "once_called": (
        "SELECT DISTINCT extension_id FROM {schema}former_extensions WHERE system_id = :key ORDER BY extension_id"
    ),
    "extensions_labelled": (
        "SELECT extension_id FROM {schema}extensions WHERE system_id = :key AND label = :label "
        "ORDER BY removed, extension_id"
    ),
    "extensions_at": (
        "SELECT extension_id FROM {schema}extensions WHERE system_id = :key AND module = :module AND port = :port "
        "ORDER BY removed, extension_id"
    ),
    "users_called": (
        "SELECT user_name, removed FROM {schema}users WHERE system_id = :key AND user_name = :text "
        "UNION SELECT user_name, removed FROM {schema}users WHERE system_id = :key AND number = :text"
    ),
    "all_users": "SELECT user_name, number FROM {schema}users WHERE system_id = :key",
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
    "corrected_extensions": (
        "SELECT extension_id FROM {schema}extensions WHERE system_id = :key AND corrected > 0 ORDER BY extension_id"
    ),
    "corrected_users": (
        "SELECT user_name FROM {schema}users WHERE system_id = :key AND corrected > 0 ORDER BY user_name"
    ),
    # What something was called at a position: what it was until the first change after that.
    "former_settings": (
        "SELECT release, timezone, base_extension_by, logout_code FROM {schema}former_settings "
        "WHERE system_id = :key AND recorded_to > :known ORDER BY recorded_to LIMIT 1"
    ),
    "former_extensions": (
        "SELECT extension_id, module, port, kind, label FROM {schema}former_extensions "
        "WHERE system_id = :key AND recorded_to > :known ORDER BY recorded_to DESC"
    ),
    "former_extension": (
        "SELECT extension_id, module, port, kind, label FROM {schema}former_extensions "
        "WHERE system_id = :key AND extension_id = :of AND recorded_to > :known ORDER BY recorded_to LIMIT 1"
    ),
    "former_users": (
        "SELECT user_name, full_name, has_login_code, forced_login FROM {schema}former_users "
        "WHERE system_id = :key AND recorded_to > :known ORDER BY recorded_to DESC"
    ),
    "former_user": (
        "SELECT user_name, full_name, has_login_code, forced_login FROM {schema}former_users "
        "WHERE system_id = :key AND user_name = :of AND recorded_to > :known ORDER BY recorded_to LIMIT 1"
    ),
    "former_batch": (
        f"SELECT {FORMER_BATCH_COLUMNS} FROM {{schema}}former_batches f "
        "WHERE f.system_id = :key AND f.batch = :batch AND f.recorded_to > :known ORDER BY f.recorded_to LIMIT 1"
    ),
    "former_batches": (
        f"SELECT {FORMER_BATCH_COLUMNS} FROM {{schema}}former_batches f "
        "WHERE f.system_id = :key AND f.recorded_to > :known ORDER BY f.recorded_to DESC"
    ),
    "settled_by": (
        "SELECT batch, settled_position FROM {schema}batches "
        "WHERE system_id = :key AND settled_position BETWEEN :first AND :last"
    ),
    "restarts_after": (
        "SELECT recorded_from FROM {schema}restarts "
        f"WHERE system_id = :key AND recorded_from > :position AND {STANDS} ORDER BY recorded_from"
    ),
    "restart_before": (
        "SELECT recorded_from FROM {schema}restarts "
        f"WHERE system_id = :key AND recorded_from < :position AND {STANDS} ORDER BY recorded_from DESC LIMIT 1"
    ),
    "corrected_by": "SELECT corrected_by FROM {schema}corrections WHERE position = :position",
    "corrections_between": (
        "SELECT position, corrected_by FROM {schema}corrections WHERE position BETWEEN :first AND :last"
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
    "close_changes": (
        "UPDATE {schema}changes SET recorded_to = :by WHERE system_id = :key AND batch = :batch "
        f"AND recorded_from < :by AND {STANDS}"
    ),
    "close_restarts": (
        "UPDATE {schema}restarts SET recorded_to = "
        "(SELECT corrected_by FROM {schema}corrections c WHERE c.position = recorded_from) "
        f"WHERE system_id = :key AND recorded_from BETWEEN :first AND :last AND {STANDS} "
        "AND recorded_from IN (SELECT c.position FROM {schema}corrections c WHERE c.position BETWEEN :first AND :last)"
    ),
    "mark_extension": "UPDATE {schema}extensions SET corrected = :by WHERE system_id = :key AND extension_id = :of",
    "mark_user": "UPDATE {schema}users SET corrected = :by WHERE system_id = :key AND user_name = :of",
    **_of_piles(),
    **_of_systems(),
    "log": (
        f"SELECT {_EVENT_COLUMNS} FROM {{schema}}log_entries l "
        "JOIN {schema}stored_events e ON e.{position} = l.position "
        "WHERE {where} ORDER BY l.position DESC LIMIT :limit"
    ),
    # The events as they lie there: what is hashed and exported.
    "rows": (
        "SELECT e.{position}, e.originator_id, e.originator_version, e.topic, e.recorded_at, e.db_role, e.state "
        "FROM {schema}stored_events e WHERE e.{position} > :after ORDER BY e.{position} LIMIT :limit"
    ),
    "row_at": (
        "SELECT e.{position}, e.originator_id, e.originator_version, e.topic, e.recorded_at, e.db_role, e.state "
        "FROM {schema}stored_events e WHERE e.{position} = :position"
    ),
    "frontier": "SELECT frontier FROM {schema}head",
    "tree_node": "SELECT hash FROM {schema}tree_nodes WHERE level = :level AND place = :place",
    # `made_at` may be the same for several; the note itself is compared by its bytes in both stores.
    "kept_checkpoints": "SELECT size, note, made_at FROM {schema}checkpoints ORDER BY size, made_at, note",
    "counted": "SELECT count(*) FROM {schema}stored_events",
    "kept_nodes": (
        "SELECT place, hash FROM {schema}tree_nodes WHERE level = :level AND place BETWEEN :first AND :last"
    ),
    "stray_nodes": (
        "SELECT level, place FROM {schema}tree_nodes WHERE level < :lowest OR level > 62 OR place < 0 "
        "OR ((place + 1) << CAST(level AS integer)) > :size ORDER BY level, place LIMIT 100"
    ),
    "facts_at": (f"SELECT {_EVENT_COLUMNS} FROM {{schema}}stored_events e WHERE e.{{position}} = :position"),
    "facts_before": (
        f"SELECT {_EVENT_COLUMNS} FROM {{schema}}stored_events e WHERE e.{{position}} < :before "
        "ORDER BY e.{position} DESC LIMIT :limit"
    ),
    "recorded_at": "SELECT recorded_at FROM {schema}stored_events e WHERE e.{position} = :position",
    "facts": (
        f"SELECT {_EVENT_COLUMNS} FROM {{schema}}stored_events e WHERE e.{{position}} > :after "
        "ORDER BY e.{position} LIMIT :limit"
    ),
    "answer": "SELECT fingerprint, answer FROM {schema}answers WHERE command_id = :command_id",
}

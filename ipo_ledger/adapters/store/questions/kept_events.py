"""Questions about the events as they are kept, and what is kept beside them."""

# ruff: noqa: S608 - made of constants; values are parameters

from __future__ import annotations

_EVENT_COLUMNS = "e.{position}, e.originator_id, e.originator_version, e.topic, e.state, e.recorded_at"

QUESTIONS: dict[str, str] = {
    "log": (
        f"SELECT {_EVENT_COLUMNS} FROM {{schema}}log_entries l "
        "JOIN {schema}stored_events e ON e.{position} = l.position "
        "WHERE {where} ORDER BY l.position DESC LIMIT :limit"
    ),
    "facts": (
        f"SELECT {_EVENT_COLUMNS} FROM {{schema}}stored_events e WHERE e.{{position}} > :after "
        "ORDER BY e.{position} LIMIT :limit"
    ),
    "facts_at": (f"SELECT {_EVENT_COLUMNS} FROM {{schema}}stored_events e WHERE e.{{position}} = :position"),
    "facts_before": (
        f"SELECT {_EVENT_COLUMNS} FROM {{schema}}stored_events e WHERE e.{{position}} < :before "
        "ORDER BY e.{position} DESC LIMIT :limit"
    ),
    # System by system: the first event of each, how many it has, and its own in their order.
    "streams": (
        "SELECT e.originator_id, min(e.{position}) AS first, count(*) FROM {schema}stored_events e "
        "GROUP BY e.originator_id ORDER BY first"
    ),
    "stream": (
        f"SELECT {_EVENT_COLUMNS} FROM {{schema}}stored_events e WHERE e.originator_id = :stream "
        "AND e.originator_version > :after ORDER BY e.originator_version LIMIT :limit"
    ),
    "recorded_at": "SELECT recorded_at FROM {schema}stored_events e WHERE e.{position} = :position",
    # The events as they lie there: what is hashed and exported.
    "rows": (
        "SELECT e.{position}, e.originator_id, e.originator_version, e.topic, e.recorded_at, e.db_role, e.state "
        "FROM {schema}stored_events e WHERE e.{position} > :after ORDER BY e.{position} LIMIT :limit"
    ),
    "row_at": (
        "SELECT e.{position}, e.originator_id, e.originator_version, e.topic, e.recorded_at, e.db_role, e.state "
        "FROM {schema}stored_events e WHERE e.{position} = :position"
    ),
    "counted": "SELECT count(*) FROM {schema}stored_events",
    "frontier": "SELECT frontier FROM {schema}head",
    "tree_node": "SELECT hash FROM {schema}tree_nodes WHERE level = :level AND place = :place",
    "kept_nodes": (
        "SELECT place, hash FROM {schema}tree_nodes WHERE level = :level AND place BETWEEN :first AND :last"
    ),
    "stray_nodes": (
        "SELECT level, place FROM {schema}tree_nodes WHERE level < :lowest OR level > 62 OR place < 0 "
        "OR ((place + 1) << CAST(level AS integer)) > :size ORDER BY level, place LIMIT 100"
    ),
    # `made_at` may be the same for several; the note itself is compared by its bytes in both stores.
    "kept_checkpoints": "SELECT size, note, made_at FROM {schema}checkpoints ORDER BY size, made_at, note",
    "answer": "SELECT fingerprint, answer FROM {schema}answers WHERE command_id = :command_id",
}

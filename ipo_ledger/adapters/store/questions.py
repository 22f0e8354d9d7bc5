"""The questions asked of the read model: SQL that both dialects understand, with named parameters.

`{schema}` is where the tables are. A store turns `:name` into its own form once, when it is opened.
"""

# ruff: noqa: S608 - made of constants; values are parameters

from __future__ import annotations

EXTENSION_COLUMNS = (
    "extension_id, module, port, kind, label, base, base_batch, base_position, user_name, since, "
    "last_at, last_position, last_name"
)
USER_COLUMNS = (
    "user_name, number, full_name, has_login_code, forced_login, extension_id, since, last_at, last_position, last_name"
)
BATCH_COLUMNS = (
    "b.batch, b.status, b.title, b.observed, b.opened_at, b.opened_position, b.actor, b.reason, b.ticket, "
    "b.last_at, b.last_position, b.last_name, b.part, b.sent_at, b.sent_position, b.mode, b.outcome, b.conflicts, "
    "b.sent_by, b.in_force_at, b.in_force_position, b.settled_at"
)
SYSTEM_COLUMNS = (
    "system_id, name, version, release, timezone, base_extension_by, logout_code, baseline_at, baseline_position, "
    "baseline_name, floor_at, floor_position, floor_name, last_batch, extensions, users"
)
_EVENT_COLUMNS = "e.{position}, e.originator_id, e.originator_version, e.topic, e.state, e.recorded_at"
_KNOWN = "recorded_from <= :known AND recorded_to > :known"

QUESTIONS: dict[str, str] = {
    "systems": f"SELECT {SYSTEM_COLUMNS} FROM {{schema}}systems ORDER BY name",
    "system": f"SELECT {SYSTEM_COLUMNS} FROM {{schema}}systems WHERE name = :name",
    "extensions": f"SELECT {EXTENSION_COLUMNS} FROM {{schema}}extensions WHERE system_id = :key AND NOT removed",
    "users": f"SELECT {USER_COLUMNS} FROM {{schema}}users WHERE system_id = :key AND NOT removed",
    "open_batches": (
        f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b "
        "WHERE b.system_id = :key AND b.status IN ('draft', 'sent') ORDER BY b.batch"
    ),
    "batch": f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b WHERE b.system_id = :key AND b.batch = :batch",
    "in_force_after": (
        f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b WHERE b.system_id = :key "
        "AND b.in_force_position >= :in_force AND b.batch <> :batch ORDER BY b.in_force_position, b.sent_position"
    ),
    "changes": (
        "SELECT extension_id, old_base, new_base FROM {schema}changes "
        "WHERE system_id = :key AND batch = :batch ORDER BY place"
    ),
    "changes_open": (
        "SELECT c.batch, c.extension_id, c.old_base, c.new_base FROM {schema}changes c "
        "JOIN {schema}batches b ON b.system_id = c.system_id AND b.batch = c.batch "
        "WHERE b.system_id = :key AND b.status IN ('draft', 'sent') ORDER BY c.batch, c.place"
    ),
    "changes_in_force_after": (
        "SELECT c.batch, c.extension_id, c.old_base, c.new_base FROM {schema}batches b "
        "JOIN {schema}changes c ON c.system_id = b.system_id AND c.batch = b.batch "
        "WHERE b.system_id = :key AND b.in_force_position >= :in_force AND b.batch <> :batch "
        "ORDER BY c.batch, c.place"
    ),
    "reverses": ("SELECT reverses FROM {schema}reversals WHERE system_id = :key AND batch = :batch ORDER BY place"),
    "reversed_by": ("SELECT batch FROM {schema}reversals WHERE system_id = :key AND reverses = :batch ORDER BY batch"),
    "reversals": "SELECT batch, reverses FROM {schema}reversals WHERE system_id = :key ORDER BY batch, place",
    "batches": (
        f"SELECT {BATCH_COLUMNS}, (SELECT count(*) FROM {{schema}}changes c "
        "WHERE c.system_id = b.system_id AND c.batch = b.batch) "
        "FROM {schema}batches b WHERE b.system_id = :key AND {where} ORDER BY b.batch DESC LIMIT :limit"
    ),
    "extension": (
        f"SELECT {EXTENSION_COLUMNS} FROM {{schema}}extensions WHERE system_id = :key AND extension_id = :extension_id"
    ),
    "user": f"SELECT {USER_COLUMNS} FROM {{schema}}users WHERE system_id = :key AND user_name = :user_name",
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
    "seat_points": (
        "SELECT extension_id, valid_from, recorded_from, user_name, number, cause, batch, gone "
        "FROM {schema}seats WHERE system_id = :key AND extension_id = :extension_id "
        f"AND valid_from <= :end AND {_KNOWN} AND valid_from >= coalesce(("
        "SELECT max(valid_from) FROM {schema}seats WHERE system_id = :key AND extension_id = :extension_id "
        f"AND valid_from <= :start AND {_KNOWN}), 0) ORDER BY valid_from, recorded_from"
    ),
    "seat_point_after": (
        "SELECT extension_id, valid_from, recorded_from, user_name, number, cause, batch, gone "
        "FROM {schema}seats WHERE system_id = :key AND extension_id = :extension_id "
        f"AND valid_from > :end AND {_KNOWN} ORDER BY valid_from, recorded_from LIMIT 1"
    ),
    "place_points": (
        "SELECT user_name, valid_from, recorded_from, extension_id, cause, batch, gone "
        "FROM {schema}places WHERE system_id = :key AND user_name = :user_name "
        f"AND valid_from <= :end AND {_KNOWN} AND valid_from >= coalesce(("
        "SELECT max(valid_from) FROM {schema}places WHERE system_id = :key AND user_name = :user_name "
        f"AND valid_from <= :start AND {_KNOWN}), 0) ORDER BY valid_from, recorded_from"
    ),
    "place_point_after": (
        "SELECT user_name, valid_from, recorded_from, extension_id, cause, batch, gone "
        "FROM {schema}places WHERE system_id = :key AND user_name = :user_name "
        f"AND valid_from > :end AND {_KNOWN} ORDER BY valid_from, recorded_from LIMIT 1"
    ),
    "base_points": (
        "SELECT extension_id, valid_from, recorded_from, base, batch FROM {schema}bases "
        f"WHERE system_id = :key AND extension_id = :extension_id AND {_KNOWN} ORDER BY valid_from, recorded_from"
    ),
    "first_seat": ("SELECT min(valid_from) FROM {schema}seats WHERE system_id = :key AND extension_id = :extension_id"),
    "first_place": "SELECT min(valid_from) FROM {schema}places WHERE system_id = :key AND user_name = :user_name",
    "number_at": (
        "SELECT number FROM {schema}numbers WHERE system_id = :key AND user_name = :user_name "
        f"AND valid_from <= :at AND {_KNOWN} ORDER BY valid_from DESC, recorded_from DESC LIMIT 1"
    ),
    "seats": (
        "SELECT x.extension_id, x.module, x.port, x.kind, x.label, x.base, x.base_batch, x.base_position, "
        "x.user_name, x.since, x.last_at, x.last_position, x.last_name, "
        "b.base, s.user_name, s.number, s.valid_from "
        "FROM {schema}extensions x "
        "JOIN {schema}seats s ON s.system_id = x.system_id AND s.extension_id = x.extension_id "
        "AND (s.valid_from, s.recorded_from) = (SELECT p.valid_from, p.recorded_from FROM {schema}seats p "
        "WHERE p.system_id = x.system_id AND p.extension_id = x.extension_id AND p.valid_from <= :at "
        "AND p.recorded_from <= :known AND p.recorded_to > :known "
        "ORDER BY p.valid_from DESC, p.recorded_from DESC LIMIT 1) "
        "JOIN {schema}bases b ON b.system_id = x.system_id AND b.extension_id = x.extension_id "
        "AND (b.valid_from, b.recorded_from) = (SELECT q.valid_from, q.recorded_from FROM {schema}bases q "
        "WHERE q.system_id = x.system_id AND q.extension_id = x.extension_id AND q.valid_from <= :at "
        "AND q.recorded_from <= :known AND q.recorded_to > :known "
        "ORDER BY q.valid_from DESC, q.recorded_from DESC LIMIT 1) "
        "WHERE x.system_id = :key AND NOT s.gone ORDER BY x.extension_id"
    ),
    "off_the_air": (
        "SELECT u.user_name FROM {schema}users u "
        "JOIN {schema}places s ON s.system_id = u.system_id AND s.user_name = u.user_name "
        "AND (s.valid_from, s.recorded_from) = (SELECT p.valid_from, p.recorded_from FROM {schema}places p "
        "WHERE p.system_id = u.system_id AND p.user_name = u.user_name AND p.valid_from <= :at "
        "AND p.recorded_from <= :known AND p.recorded_to > :known "
        "ORDER BY p.valid_from DESC, p.recorded_from DESC LIMIT 1) "
        "WHERE u.system_id = :key AND s.extension_id IS NULL AND NOT s.gone ORDER BY u.user_name"
    ),
    "log": (
        f"SELECT {_EVENT_COLUMNS} FROM {{schema}}log_entries l "
        "JOIN {schema}stored_events e ON e.{position} = l.position "
        "WHERE {where} ORDER BY l.position DESC LIMIT :limit"
    ),
    "facts": (
        f"SELECT {_EVENT_COLUMNS} FROM {{schema}}stored_events e WHERE e.{{position}} > :after "
        "ORDER BY e.{position} LIMIT :limit"
    ),
    "answer": "SELECT fingerprint, answer FROM {schema}answers WHERE command_id = :command_id",
}

"""Questions about extensions and users by what they are, or were, called."""

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

QUESTIONS: dict[str, str] = {
    "extension": (
        f"SELECT {EXTENSION_COLUMNS} FROM {{schema}}extensions WHERE system_id = :key AND extension_id = :extension_id"
    ),
    "extensions": f"SELECT {EXTENSION_COLUMNS}, removed FROM {{schema}}extensions WHERE system_id = :key",
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
    "user": f"SELECT {USER_COLUMNS} FROM {{schema}}users WHERE system_id = :key AND user_name = :user_name",
    "users": f"SELECT {USER_COLUMNS}, removed FROM {{schema}}users WHERE system_id = :key",
    "users_called": (
        "SELECT user_name, removed FROM {schema}users WHERE system_id = :key AND user_name = :text "
        "UNION SELECT user_name, removed FROM {schema}users WHERE system_id = :key AND number = :text"
    ),
    "all_users": "SELECT user_name, number FROM {schema}users WHERE system_id = :key",
    # What something was called at a position: what it was until the first change after that.
    "former_extension": (
        "SELECT extension_id, module, port, kind, label FROM {schema}former_extensions "
        "WHERE system_id = :key AND extension_id = :of AND recorded_to > :known ORDER BY recorded_to LIMIT 1"
    ),
    "former_extensions": (
        "SELECT extension_id, module, port, kind, label FROM {schema}former_extensions "
        "WHERE system_id = :key AND recorded_to > :known ORDER BY recorded_to DESC"
    ),
    "former_user": (
        "SELECT user_name, full_name, has_login_code, forced_login FROM {schema}former_users "
        "WHERE system_id = :key AND user_name = :of AND recorded_to > :known ORDER BY recorded_to LIMIT 1"
    ),
    "former_users": (
        "SELECT user_name, full_name, has_login_code, forced_login FROM {schema}former_users "
        "WHERE system_id = :key AND recorded_to > :known ORDER BY recorded_to DESC"
    ),
}

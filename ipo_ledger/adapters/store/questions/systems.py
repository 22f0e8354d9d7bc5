"""Questions about systems and their settings."""

# ruff: noqa: S608 - made of constants; values are parameters

from __future__ import annotations

SYSTEM_COLUMNS = (
    "system_id, name, version, release, timezone, base_extension_by, logout_code, baseline_at, baseline_position, "
    "baseline_name, floor_at, floor_position, floor_name, last_batch, extensions, users"
)

QUESTIONS: dict[str, str] = {
    "systems": f"SELECT {SYSTEM_COLUMNS} FROM {{schema}}systems ORDER BY name",
    "system": f"SELECT {SYSTEM_COLUMNS} FROM {{schema}}systems WHERE name = :name",
    # What they were at a position: what they were until the first change after that.
    "former_settings": (
        "SELECT release, timezone, base_extension_by, logout_code FROM {schema}former_settings "
        "WHERE system_id = :key AND recorded_to > :known ORDER BY recorded_to LIMIT 1"
    ),
}

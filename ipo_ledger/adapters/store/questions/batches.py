"""Questions about batches, their changes and what reverses them."""

# ruff: noqa: S608 - made of constants; values are parameters

from __future__ import annotations

from ipo_ledger.adapters.store.questions.standing import AMONG_NUMBERS, KNOWN, STANDS

BATCH_COLUMNS = (
    "b.batch, b.status, b.title, b.observed, b.opened_at, b.opened_position, b.actor, b.reason, b.ticket, "
    "b.last_at, b.last_position, b.last_name, b.part, b.sent_at, b.sent_position, b.mode, b.outcome, b.conflicts, "
    "b.sent_by, b.in_force_at, b.in_force_position, b.settled_at, b.settled_position"
)
FORMER_BATCH_COLUMNS = (
    "f.batch, f.status, f.sent_at, f.sent_position, f.mode, f.outcome, f.conflicts, f.sent_by, f.in_force_at, "
    "f.in_force_position, f.settled_at, f.settled_position"
)

QUESTIONS: dict[str, str] = {
    "batch": f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b WHERE b.system_id = :key AND b.batch = :batch",
    "batches": (
        f"SELECT {BATCH_COLUMNS}, (SELECT count(*) FROM {{schema}}changes c "
        f"WHERE c.system_id = b.system_id AND c.batch = b.batch AND c.{STANDS}) "
        "FROM {schema}batches b WHERE b.system_id = :key AND {where} ORDER BY b.batch DESC LIMIT :limit"
    ),
    "open_batches": (
        f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b "
        "WHERE b.system_id = :key AND b.status IN ('draft', 'sent') ORDER BY b.batch"
    ),
    "batches_among": (
        f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b WHERE b.system_id = :key AND b.batch IN {AMONG_NUMBERS}"
    ),
    "sent_after": (
        f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b "
        "WHERE b.system_id = :key AND b.sent_position > :position ORDER BY b.batch"
    ),
    "batches_all": (
        f"SELECT {BATCH_COLUMNS} FROM {{schema}}batches b "
        "WHERE b.system_id = :key AND b.opened_position <= :known ORDER BY b.batch"
    ),
    "settled_by": (
        "SELECT batch, settled_position FROM {schema}batches "
        "WHERE system_id = :key AND settled_position BETWEEN :first AND :last"
    ),
    "changes_known": (
        "SELECT extension_id, old_base, new_base FROM {schema}changes "
        f"WHERE system_id = :key AND batch = :batch AND {KNOWN} ORDER BY place"
    ),
    "changes_open": (
        "SELECT c.batch, c.extension_id, c.old_base, c.new_base FROM {schema}changes c "
        "JOIN {schema}batches b ON b.system_id = c.system_id AND b.batch = c.batch "
        f"WHERE b.system_id = :key AND b.status IN ('draft', 'sent') AND c.{STANDS} ORDER BY c.batch, c.place"
    ),
    "touched_after": (
        "SELECT c.batch, c.extension_id, c.old_base, c.new_base FROM {schema}batches b "
        "JOIN {schema}changes c ON c.system_id = b.system_id AND c.batch = b.batch "
        f"WHERE b.system_id = :key AND b.in_force_position >= :in_force AND b.batch <> :batch AND c.{STANDS}"
    ),
    "changes_among": (
        "SELECT c.batch, c.extension_id, c.old_base, c.new_base FROM {schema}changes c "
        f"WHERE c.system_id = :key AND c.batch IN {AMONG_NUMBERS} AND c.{STANDS} ORDER BY c.batch, c.place"
    ),
    "changes_sent_after": (
        "SELECT c.batch, c.extension_id, c.old_base, c.new_base FROM {schema}batches b "
        "JOIN {schema}changes c ON c.system_id = b.system_id AND c.batch = b.batch "
        f"WHERE b.system_id = :key AND b.sent_position > :position AND c.{STANDS} ORDER BY c.batch, c.place"
    ),
    "changes_all": (
        "SELECT batch, extension_id, old_base, new_base FROM {schema}changes "
        f"WHERE system_id = :key AND {KNOWN} ORDER BY batch, place"
    ),
    "reverses": ("SELECT reverses FROM {schema}reversals WHERE system_id = :key AND batch = :batch ORDER BY place"),
    "reversed_by": (
        "SELECT batch FROM {schema}reversals "
        "WHERE system_id = :key AND reverses = :batch AND recorded_from <= :known ORDER BY batch"
    ),
    "reversals": "SELECT batch, reverses FROM {schema}reversals WHERE system_id = :key ORDER BY batch, place",
    # What they were at a position: what they were until the first change after that.
    "former_batch": (
        f"SELECT {FORMER_BATCH_COLUMNS} FROM {{schema}}former_batches f "
        "WHERE f.system_id = :key AND f.batch = :batch AND f.recorded_to > :known ORDER BY f.recorded_to LIMIT 1"
    ),
    "former_batches": (
        f"SELECT {FORMER_BATCH_COLUMNS} FROM {{schema}}former_batches f "
        "WHERE f.system_id = :key AND f.recorded_to > :known ORDER BY f.recorded_to DESC"
    ),
    "close_changes": (
        "UPDATE {schema}changes SET recorded_to = :by WHERE system_id = :key AND batch = :batch "
        f"AND recorded_from < :by AND {STANDS}"
    ),
    "standing_changes": (  # as `standing_seats`, see there
        "SELECT system_id, batch, extension_id, recorded_from FROM {schema}changes "
        "WHERE system_id = :key AND batch = :batch AND recorded_from < :by AND recorded_to >= :by"
    ),
}

"""What a PostgreSQL connection may do with a ledger, and what of that nobody who records or audits needs."""

from __future__ import annotations

from ipo_ledger.adapters.postgres.sessions import Connection
from ipo_ledger.application.ports.store import StoreReport

_ROLE = """
SELECT session_user::text, r.rolsuper, r.rolcreaterole,
  pg_catalog.pg_has_role(session_user, 'ipo_ledger_owner', 'MEMBER'),
  pg_catalog.pg_has_role(session_user, d.datdba, 'MEMBER'),
  pg_catalog.pg_has_role(session_user, 'pg_write_server_files', 'MEMBER')
    OR pg_catalog.pg_has_role(session_user, 'pg_execute_server_program', 'MEMBER'),
  pg_catalog.has_schema_privilege(session_user, 'ipo_ledger', 'CREATE'),
  pg_catalog.has_column_privilege(session_user, 'ipo_ledger.stored_events', 'state', 'INSERT')
    AND pg_catalog.has_column_privilege(session_user, 'ipo_ledger.head', 'position', 'UPDATE'),
  pg_catalog.has_column_privilege(session_user, 'ipo_ledger.stored_events', 'recorded_at', 'INSERT')
    OR pg_catalog.has_column_privilege(session_user, 'ipo_ledger.stored_events', 'db_role', 'INSERT'),
  (SELECT sum(pg_catalog.pg_total_relation_size(c.oid))::bigint FROM pg_catalog.pg_class c
    WHERE c.relnamespace = 'ipo_ledger'::regnamespace AND c.relkind = 'r')
FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
WHERE r.rolname = session_user AND d.datname = pg_catalog.current_database()
"""
# What is only ever added to. Of the head a writer needs two columns.
_REWRITABLE = """
SELECT t.name, array_agg(p.right ORDER BY p.place) FROM
  unnest(ARRAY['stored_events', 'tree_nodes', 'checkpoints', 'answers', 'schema_migrations']) AS t(name),
  unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) WITH ORDINALITY AS p("right", place)
WHERE pg_catalog.has_table_privilege(session_user, 'ipo_ledger.' || t.name, p.right)
  OR (p.right = 'UPDATE'
    AND pg_catalog.has_any_column_privilege(session_user, 'ipo_ledger.' || t.name, p.right))
GROUP BY t.name ORDER BY t.name
"""


def report(connection: Connection) -> StoreReport:
    """Return what the role that logged in may do; roles it could set count as its own."""
    row = connection.execute(_ROLE).fetchone()
    assert row is not None, "whoever is logged in is a role, in a database"
    role, superuser, makes_roles, owner, database, server, creates, appends, stamps, size = row
    if superuser:
        excess = ["it is a superuser, whom no rule of the database stops"]
    else:
        said = [
            (owner, "it may act as ipo_ledger_owner, who can drop tables and triggers"),
            (database, "it may act as the owner of the database, who can drop it"),
            (makes_roles, "it may make roles and hand them out (CREATEROLE), to itself too"),
            (server, "it may write files or run programs on the server"),
            (creates, "it may CREATE in the schema ipo_ledger"),
            (stamps, "it may INSERT times or database roles of its own choice into stored_events"),
        ]
        excess = [what for is_so, what in said if is_so]
        if not owner:
            rewritable = connection.execute(_REWRITABLE).fetchall()
            excess += [f"it may {', '.join(rights)} {table}" for table, rights in rewritable]
    return StoreReport(
        kind="postgresql",
        size=size,
        role=role,
        rights=("read", "append") if appends else ("read",),
        mode=None,
        excess=tuple(excess),
    )

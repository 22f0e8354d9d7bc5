"""What keeps a PostgreSQL ledger append-only, and whether it is all still there; whoever may read can look."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ipo_ledger.adapters.migrations import migrations
from ipo_ledger.adapters.postgres.sessions import Connection

_OWNER = "ipo_ledger_owner"
_ALWAYS = re.compile(r"ALTER TABLE ipo_ledger\.(\w+) ENABLE ALWAYS TRIGGER (\w+)")
_FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION ipo_ledger\.(\w+)\(\).*?AS \$\$(.*?)\$\$", re.DOTALL)

_TRIGGERS = """
SELECT c.relname, t.tgname, t.tgenabled::text FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'ipo_ledger'::regnamespace AND NOT t.tgisinternal
"""
_RULES = "SELECT tablename, rulename FROM pg_catalog.pg_rules WHERE schemaname = 'ipo_ledger' ORDER BY 1, 2"
_FUNCTIONS = "SELECT proname, prosrc FROM pg_catalog.pg_proc WHERE pronamespace = 'ipo_ledger'::regnamespace"
_OWNED_BY_OTHERS = """
SELECT what, owner FROM (
  SELECT 'table ' || tablename, tableowner::text FROM pg_catalog.pg_tables WHERE schemaname = 'ipo_ledger'
  UNION ALL SELECT 'function ' || proname, pg_catalog.pg_get_userbyid(proowner)::text FROM pg_catalog.pg_proc
    WHERE pronamespace = 'ipo_ledger'::regnamespace
  UNION ALL SELECT 'schema', pg_catalog.pg_get_userbyid(nspowner)::text FROM pg_catalog.pg_namespace
    WHERE nspname = 'ipo_ledger'
) AS owned (what, owner) WHERE owner <> 'ipo_ledger_owner' ORDER BY what
"""
_LOG_IN = """
SELECT rolname FROM pg_catalog.pg_roles WHERE rolcanlogin
AND rolname IN ('ipo_ledger_owner', 'ipo_ledger_writer', 'ipo_ledger_auditor') ORDER BY rolname
"""
_DEFAULTS = """
SELECT a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = 'ipo_ledger.stored_events'::regclass
"""
_UNIQUE = """
SELECT count(*) FROM pg_catalog.pg_constraint
WHERE conrelid = 'ipo_ledger.stored_events'::regclass AND contype IN ('p', 'u') AND convalidated
"""
# Rights on what is only ever added to, that somebody other than the owner was given: of whole tables, and of columns.
_GIVEN = """
SELECT c.relname, NULL, acl.privilege_type, acl.grantee FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) acl
WHERE c.relnamespace = 'ipo_ledger'::regnamespace AND acl.grantee <> c.relowner
UNION ALL
SELECT c.relname, a.attname, acl.privilege_type, acl.grantee
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid, pg_catalog.aclexplode(a.attacl) acl
WHERE c.relnamespace = 'ipo_ledger'::regnamespace AND acl.grantee <> c.relowner
"""
_ADDED_TO = frozenset({"stored_events", "answers", "tree_nodes", "checkpoints", "schema_migrations", "head"})
_MAY_BE_GIVEN = frozenset(
    {
        *(
            ("stored_events", c, "INSERT")
            for c in ("position", "originator_id", "originator_version", "topic", "state")
        ),
        *(("checkpoints", c, "INSERT") for c in ("size", "note")),
        *(("head", c, "UPDATE") for c in ("position", "frontier")),
        *((table, None, "INSERT") for table in ("answers", "tree_nodes")),
    }
)
_STAMPED = {"recorded_at": "ipo_ledger.recording_time()", "db_role": "SESSION_USER"}


def faults(connection: Connection) -> list[str]:
    """Return what is missing, switched off, another than this release makes, or allowed to others than the owner."""
    return [*_triggers(connection), *_functions(connection), *_owners(connection), *_rights(connection)]


def _triggers(connection: Connection) -> Iterator[str]:
    there = {(table, name): enabled for table, name, enabled in connection.execute(_TRIGGERS)}
    wanted = {(m[1], m[2]) for migration in migrations("postgres") for m in _ALWAYS.finditer(migration.sql)}
    for table, name in sorted(wanted | there.keys()):
        if (table, name) not in there:
            yield f"the trigger {name} on {table} is missing"
        elif (table, name) not in wanted:
            yield f"the trigger {name} on {table} is none that this release makes"
        elif there[table, name] != "A":
            yield f"the trigger {name} on {table} is not always enabled"
    for table, name in connection.execute(_RULES):
        yield f"the rule {name} on {table} is none that this release makes"


def _functions(connection: Connection) -> Iterator[str]:
    wanted: dict[str, str] = {}
    for migration in migrations("postgres"):
        wanted.update((m[1], m[2]) for m in _FUNCTION.finditer(migration.sql.replace("\r\n", "\n")))
    there = {name: str(body).replace("\r\n", "\n") for name, body in connection.execute(_FUNCTIONS)}
    for name in sorted(wanted.keys() | there.keys()):
        if name not in there:
            yield f"the function {name} is missing"
        elif there[name] != wanted.get(name):
            yield f"the function {name} is not as this release makes it"
    defaults: dict[str, str] = dict(connection.execute(_DEFAULTS).fetchall())
    for column, default in _STAMPED.items():
        if defaults.get(column) != default:
            yield f"the column {column} of stored_events is not stamped by the server"
    ((keys,),) = connection.execute(_UNIQUE).fetchall()
    if keys != 2:  # noqa: PLR2004 - by position, and by stream and version
        yield "stored_events lacks a key: a position, or a version of a stream, could be there twice"


def _owners(connection: Connection) -> Iterator[str]:
    for what, owner in connection.execute(_OWNED_BY_OTHERS):
        yield f"the {what} belongs to {owner}, not to {_OWNER}"
    for (name,) in connection.execute(_LOG_IN):
        yield f"the role {name} can log in"


def _rights(connection: Connection) -> Iterator[str]:
    names: dict[int, str] = dict(connection.execute("SELECT oid, rolname FROM pg_catalog.pg_roles").fetchall())
    found = []
    for table, column, right, grantee in connection.execute(_GIVEN):
        if table in _ADDED_TO and right != "SELECT" and (table, column, right) not in _MAY_BE_GIVEN:
            of = f"{table}.{column}" if column is not None else table
            found.append(f"{names.get(grantee, 'everybody')} may {right} {of}")
    yield from sorted(found)

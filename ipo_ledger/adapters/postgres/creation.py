"""Making a ledger in a PostgreSQL database, or bringing it to this release: all of it in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from ipo_ledger.adapters.migrations import Migration, migrations, pending, roles
from ipo_ledger.adapters.postgres.failures import words
from ipo_ledger.adapters.postgres.sessions import Connection, abandon, applied_migrations, end
from ipo_ledger.adapters.store.faults import NoRights, in_a_command

_ONE_AT_A_TIME = "SELECT pg_catalog.pg_advisory_xact_lock(hashtext('ipo_ledger migrations'))"
_OWN = "SET LOCAL ROLE ipo_ledger_owner"
_SCHEMA_MIGRATIONS = """
CREATE TABLE IF NOT EXISTS ipo_ledger.schema_migrations (
  number bigint PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
)
"""
_HEAD = "SELECT position, recorded_at, ipo_ledger.clock_micros() FROM ipo_ledger.head FOR UPDATE"
_RECORD = "INSERT INTO ipo_ledger.schema_migrations (number, name, checksum) VALUES (%s, %s, %s)"
_ASK_AN_ADMINISTRATOR = (
    "Let an administrator run `ipo-ledger --ledger {url} init` once, as a superuser or as a role with CREATEROLE and "
    "with CREATE on the database; then to whoever is to write: `GRANT ipo_ledger_writer TO your_role`."
)
_LET_AN_ADMINISTRATOR_LOAD = (
    "Times and roles of an export are set by nobody who records: let an administrator run "
    "`ipo-ledger --ledger {url} load`, as a superuser or as the role with CREATEROLE that made the ledger."
)


def create(connection: Connection, url: str) -> bool:
    """Make what is missing; tell whether anything was. Needs no rights when nothing is.

    Raises `NoRights`, which says who can do it.
    """
    connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
    try:
        connection.execute(_ONE_AT_A_TIME)
        wanted = pending(migrations("postgres"), applied_migrations(connection, url), url)
        if wanted:
            with _saying_what_to_do(url):
                _migrate(connection, wanted)
    except BaseException:
        abandon(connection)
        raise
    end(connection, url)
    return bool(wanted)


def _migrate(connection: Connection, wanted: list[Migration]) -> None:
    connection.execute(roles().encode())
    with _owning(connection):
        connection.execute(_SCHEMA_MIGRATIONS)
        for migration in wanted:
            connection.execute(migration.sql.encode())
            connection.execute(_RECORD, (migration.number, migration.name, migration.checksum))
        _catch_up(connection, wanted)


def _catch_up(connection: Connection, applied: list[Migration]) -> None:
    """Make of the events that are there what the new tables want of them."""
    # What appends is not needed to read; it imports the store, which imports this file.
    from ipo_ledger.adapters.postgres.recorder import PostgresWriting
    from ipo_ledger.adapters.store.rebuilding import Projection

    begun = connection.execute(_HEAD).fetchone()
    assert begun is not None
    writing = PostgresWriting(connection, begun, None)
    if not writing.head().position:
        return
    if any(m.grows_the_tree for m in applied):
        writing.grow_the_tree()
    if any(m.rebuilds for m in applied):
        Projection(writing).take(writing.facts())


@contextmanager
def _owning(connection: Connection) -> Iterator[None]:
    """Act as the owner, in its schema; afterwards be no member of it, unless one was before."""
    lent = not _may_own(connection)
    if lent:
        connection.execute("GRANT ipo_ledger_owner TO CURRENT_USER")
    there = connection.execute("SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'ipo_ledger'").fetchone()
    if there is None:
        connection.execute("CREATE SCHEMA ipo_ledger AUTHORIZATION ipo_ledger_owner")
    else:  # made ahead and empty, or ours already
        connection.execute("ALTER SCHEMA ipo_ledger OWNER TO ipo_ledger_owner")
    connection.execute(_OWN)
    yield
    connection.execute("RESET ROLE")
    if lent:
        connection.execute("REVOKE ipo_ledger_owner FROM CURRENT_USER")


def _may_own(connection: Connection) -> bool:
    try:
        with connection.transaction():  # a savepoint: being refused must not end the transaction
            connection.execute(_OWN)
            connection.execute("RESET ROLE")
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


@contextmanager
def owning_to_load(connection: Connection, url: str) -> Iterator[None]:
    """Act as the owner within a transaction, to fill an empty ledger. Raises `NoRights`, which says who can."""
    with ExitStack() as stack:
        with _saying_what_to_do(url, _LET_AN_ADMINISTRATOR_LOAD):
            stack.enter_context(_owning(connection))
        yield


@contextmanager
def _saying_what_to_do(url: str, hint: str = _ASK_AN_ADMINISTRATOR) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as fault:
        raise NoRights(url=url, why=words(fault), hint=hint.format(url=in_a_command(url))) from fault

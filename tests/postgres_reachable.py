"""A PostgreSQL server as most tests see it: a URL, behind which there is room for databases."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from tests.postgres_home import UnusableServer

# psycopg is imported where it is used: tests that need no server do not wait for it.

DSN_VARIABLE = "IPO_LEDGER_TEST_POSTGRES_DSN"


_CHOOSES_STRATEGY = 150_000


class ReachableServer:
    """A server that answers at a DSN, whoever runs it."""

    def __init__(self, dsn: str) -> None:
        """Take the `postgresql://` URL of a role that may create databases."""
        if not dsn.startswith(("postgresql://", "postgres://")):
            raise UnusableServer(f"{DSN_VARIABLE} has to be a URL: postgresql://user:password@host:port/database")
        self.dsn = dsn
        self._known_version: int | None = None

    def url(self, dbname: str, user: str | None = None) -> str:
        """Return the URL of one of its databases, for its own role or for another that needs no password."""
        parts = urlsplit(self.dsn)
        own, _, hosts = parts.netloc.rpartition("@")
        role = own if user is None else quote(user, safe="")
        query = f"?{parts.query}" if parts.query else ""
        return f"postgresql://{role}{'@' if role else ''}{hosts}/{quote(dbname, safe='')}{query}"

    def create_database(self, name: str, *, like: str = "template0") -> str:
        """Create a database, empty or like another to which nobody is connected, and return its URL."""
        # template0 is the one nobody can be connected to, so that nothing ever stands in the way. Copying its files is
        # quicker than writing each page to the log, where that can be chosen (PostgreSQL 15).
        copying = " STRATEGY FILE_COPY" if self._version() >= _CHOOSES_STRATEGY else ""
        self._administer("CREATE DATABASE {} TEMPLATE {}" + copying, name, like)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending whatever connections a test left open."""
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def check(self) -> None:
        """Raise unless it answers and lets us create databases."""
        import psycopg

        try:
            with psycopg.connect(self.dsn, connect_timeout=10) as connection:
                row = connection.execute(
                    "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.Error as error:
            raise UnusableServer(f"the server of {DSN_VARIABLE} does not answer: {error}") from error
        if row != (True,):
            raise UnusableServer(f"the role of {DSN_VARIABLE} may not create databases")

    def _version(self) -> int:
        if self._known_version is None:
            import psycopg

            with psycopg.connect(self.dsn) as connection:
                self._known_version = connection.info.server_version
        return self._known_version

    def _administer(self, statement: str, *names: str) -> None:
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

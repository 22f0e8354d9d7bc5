"""The store for a team: a schema `ipo_ledger` in a PostgreSQL database. Imported only for a `postgresql://` ledger."""

"""The embedded store: one SQLite file for one person. Reading needs nothing but `sqlite3`."""

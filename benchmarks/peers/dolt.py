"""Dolt's engine: a table with versions, a commit a batch; how long a revert and a look at the past take.

The engine takes the place of SQLite in a whole process, so it has one of its own: this file, run as a program.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NAME = "doltlite"
HOW = "doltlite (Dolt's engine as a Python package, Linux and macOS): pip install 'ipo-ledger[bench]'"


def is_there() -> bool:
    """Tell whether the package is installed; importing it here would change SQLite for everybody else."""
    return find_spec("doltlite") is not None


def main(path: str, extensions: int, changes: int, later: int, rounds: int) -> dict[str, Any]:
    """Commit a batch of changes and later ones elsewhere; time a revert of the first, and a look at the past."""
    doltlite = import_module("doltlite")  # first of all: from here on `sqlite3` is Dolt's
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None)

    def commit(message: str) -> str:
        ((found,),) = connection.execute("SELECT dolt_commit('-A', '-m', ?)", [message]).fetchall()
        return str(found)

    connection.execute("CREATE TABLE desks (extension_id INTEGER PRIMARY KEY, base TEXT NOT NULL)")
    connection.executemany("INSERT INTO desks VALUES (?, ?)", [(i, str(2000 + i)) for i in range(extensions)])
    start = commit("baseline")
    _change(connection, [(i, str(2000 + (i + 1) % changes)) for i in range(changes)])
    batch = commit("the batch")
    bases = {i: str(2000 + i) for i in range(extensions)}
    rest = extensions - changes
    for number in range(later):
        one, other = changes + number % rest, changes + (number + 1) % rest
        bases[one], bases[other] = bases[other], bases[one]
        _change(connection, [(one, bases[one]), (other, bases[other])])
        commit(f"batch {number}")
    reverts, looks = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        connection.execute("SELECT dolt_revert(?)", [batch]).fetchall()
        reverts.append(time.perf_counter() - began)
        back = dict(connection.execute("SELECT extension_id, base FROM desks").fetchall())
        assert all(back[i] == str(2000 + i) for i in range(changes)), "the revert took the batch back"
        connection.execute("SELECT dolt_reset('--hard', 'HEAD~1')").fetchall()
        began = time.perf_counter()
        look = f"SELECT base FROM dolt_at_desks('{start}') WHERE extension_id = ?"  # noqa: S608 - a hash
        (found,) = connection.execute(look, [0]).fetchone()
        looks.append(time.perf_counter() - began)
        assert found == "2000", "the past is as it was"
    size = Path(path).stat().st_size
    return {"version": doltlite.__version__, "revert": reverts, "as_of": looks, "bytes": size}


def _change(connection: Any, rows: list[tuple[int, str]]) -> None:
    connection.execute("BEGIN")
    connection.executemany("UPDATE desks SET base = ?2 WHERE extension_id = ?1", rows)
    connection.execute("COMMIT")


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], *map(int, sys.argv[2:]))))

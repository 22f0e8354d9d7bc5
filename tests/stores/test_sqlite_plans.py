"""How SQLite finds its answers: what is asked most never looks through a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipo_ledger.adapters.sqlite.store import sql
from tests.stores.places import SqlitePlace


@pytest.mark.parametrize("question", ["seat_now", "seat_then", "place_now", "place_then"])
def test_a_glance_looks_up_each_point_by_its_index(tmp_path: Path, question: str) -> None:
    place = SqlitePlace(tmp_path / "ledger.db")
    with place.ledger().reading() as reading:
        connection = getattr(reading, "connection")  # noqa: B009 - of this store, and not of the protocol
        about = {"name": "hq", "of": 1, "at": 1, "known": 1}
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql(question, '')}", about)]
    place.close()

    points = "seats_standing" if question.startswith("seat") else "places_standing"
    assert [step for step in steps if step.startswith("SCAN")] == ["SCAN h"], "of the head there is one row"
    assert sum(points in step for step in steps) == 2, "the point in force, and the next one"
    assert not any("TEMP B-TREE" in step for step in steps)

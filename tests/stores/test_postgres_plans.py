"""How PostgreSQL finds its answers: a question about everybody looks once for each, however long the history is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ipo_ledger.adapters.postgres.questions import sql
from ipo_ledger.domain.moments import to_micros
from tests.domain.story import DAWN, moment
from tests.postgres_reachable import ReachableServer
from tests.stores.places import PostgresPlace
from tests.stores.stored_story import StoredStory, a_stored_site

PEOPLE, MOVES = 300, 40
# What stands; what was known of an earlier time, and of the last time; the same of whom something was taken off since.
WAYS = ("now", "then", "by", "corrected")


@pytest.fixture(scope="module", params=[False, True], ids=["new", "analysed"])
def story(request: pytest.FixtureRequest, postgres_server: ReachableServer) -> Iterator[StoredStory]:
    """Return a site of 300 people, each of whom moved forty times as far as the points tell; looked at, not changed."""
    name = f"ipo_ledger_test_{uuid.uuid4().hex}"
    place = PostgresPlace(postgres_server.create_database(name))
    story = a_stored_site(place.ledger(), PEOPLE)
    key = story.system.key
    for table, of, columns, values in (
        ("seats", "extension_id", "user_name, number, cause", "x, 'U' || x, NULL, 'dialled'"),
        ("places", "user_name", "extension_id, cause", "'U' || x, nullif(x % 10, 0), 'dialled'"),
        ("bases", "extension_id", "base", "x, '2' || x"),
        ("numbers", "user_name", "number", "'U' || x, '2' || x"),
    ):
        place.run(
            f"INSERT INTO ipo_ledger.{table} (system_id, valid_from, recorded_from, {of}, {columns}) "
            f"SELECT {key}, 1772355600000000 + m * 1000000, 100000 + m * 1000 + x, {values} "
            f"FROM generate_series(1, {PEOPLE}) x, generate_series(1, {MOVES}) m"
        )
        place.run(
            f"UPDATE ipo_ledger.{table} t SET below = b.below FROM (SELECT {of} AS whose, recorded_from AS of, "
            f"lag(recorded_from) OVER (PARTITION BY {of} ORDER BY recorded_from) AS below FROM ipo_ledger.{table}) b "
            f"WHERE t.{of} = b.whose AND t.recorded_from = b.of"
        )
    if request.param:
        place.run("ANALYZE")
    yield story
    place.close()
    postgres_server.drop_database(name)


@pytest.fixture
def corrected(story: StoredStory, question: str) -> Iterator[None]:
    """Let everybody have been corrected since, where the question is about those."""
    place = PostgresPlace(story.store.url)
    changed = question.endswith("_corrected")
    for table in ("extensions", "users") if changed else ():
        place.run(f"UPDATE ipo_ledger.{table} SET corrected = {2**61}")
    yield
    for table in ("extensions", "users") if changed else ():
        place.run(f"UPDATE ipo_ledger.{table} SET corrected = 0")
    place.close()


@pytest.mark.parametrize(
    ("question", "tables"),
    [
        *((f"seats_{way}", {"seats", "bases"}) for way in WAYS),
        *((f"places_{way}", {"places", "numbers"}) for way in WAYS),
        ("desks", {"seats", "bases"}),
        ("off_the_air", {"places"}),
    ],
)
@pytest.mark.usefixtures("corrected")
def test_everybody_is_looked_up_once(story: StoredStory, question: str, tables: set[str]) -> None:
    with story.store.reading() as reading:
        about = {"key": story.system.key, "at": 2**60, "known": 2**60, "names": "[]"}
        connection = getattr(reading, "connection")  # noqa: B009 - of this store, and not of the protocol
        explain = b"EXPLAIN (ANALYZE, FORMAT JSON) " + sql(question, "")
        ((plan,),) = connection.execute(explain, about).fetchall()

    read = {node["Relation Name"]: node for node in _nodes(plan[0]["Plan"]) if "Relation Name" in node}
    assert read.keys() >= tables
    for table in tables:
        assert read[table]["Node Type"] == "Index Scan", json.dumps(plan)
        assert 0 < read[table]["Actual Loops"] <= PEOPLE
        assert read[table]["Actual Rows"] * read[table]["Actual Loops"] <= PEOPLE
        assert not read[table].get("Rows Removed by Filter"), json.dumps(plan)


@pytest.mark.parametrize("question", ["seat_now", "seat_then", "place_now", "place_then"])
def test_a_glance_looks_up_each_point_by_its_index(story: StoredStory, question: str) -> None:
    with story.store.reading() as reading:
        of = 1 if question.startswith("seat") else "U1"
        about = {"name": story.system.name, "of": of, "at": to_micros(moment(1)), "known": reading.head().position}
        connection = getattr(reading, "connection")  # noqa: B009 - as above
        explain = b"EXPLAIN (ANALYZE, FORMAT JSON) " + sql(question, "")
        ((plan,),) = connection.execute(explain, about).fetchall()

    read = [node for node in _nodes(plan[0]["Plan"]) if node.get("Relation Name") in {"seats", "places", "numbers"}]
    assert read
    for node in read:
        assert node["Node Type"] in {"Index Scan", "Index Only Scan"}, json.dumps(plan)
        assert node["Actual Rows"] * node["Actual Loops"] <= 1
        assert not node.get("Rows Removed by Filter"), json.dumps(plan)
    assert plan[0]["Plan"]["Actual Rows"] == 1


def test_the_answers_are_those_of_the_last_points(story: StoredStory) -> None:
    with story.store.reading() as reading:
        key = story.system.key
        assert len(reading.off_the_air(key, moment(10**6), 10**9)) == PEOPLE // 10
        assert reading.off_the_air(key, DAWN, 10**9) == []
        assert {row.base for row in reading.seats(key, moment(10**6), 10**9)} == {f"2{i}" for i in range(1, PEOPLE + 1)}
        assert [row.user for row in reading.seats(key, DAWN, 10**4)] == [f"U{i}" for i in range(1, PEOPLE + 1)]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)

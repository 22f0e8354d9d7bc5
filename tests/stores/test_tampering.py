"""What is changed behind the program's back is found, and located as closely as hashes can; on both stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from msgspec import Struct

from ipo_ledger.application import answers as a
from ipo_ledger.errors import LedgerError
from tests.stores.places import Place, PostgresPlace, SqlitePlace
from tests.stores.tampering_tools import (
    KEY,
    Line,
    ledger_of,
    payload,
    rewritten,
    some_hash,
    sql,
    unguarded,
    without,
)

SWAPS = 70
FIRST_CHECKPOINT, SECOND_CHECKPOINT = 10, 50  # swaps before them


class Told(Struct, frozen=True):
    """A ledger as it was written out, with the checkpoints that were taken of it."""

    lines: list[bytes]
    earlier: list[bytes]
    first: a.CheckpointAnswer
    second: a.CheckpointAnswer
    last: a.CheckpointAnswer

    @property
    def events(self) -> int:
        """How many there are."""
        return self.last.size


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Nine people who swapped desks seventy times; checkpoints after ten, fifty and all of it."""
    place = SqlitePlace(tmp_path_factory.mktemp("told") / "ledger.db")
    ledger = ledger_of(place)
    ledger.add_system("hq", release="11.1", timezone="UTC")
    hq = ledger.system("hq")
    hq.import_exports("site")
    taken: list[a.CheckpointAnswer] = []
    earlier: list[bytes] = []
    for n in range(SWAPS):
        if n in {FIRST_CHECKPOINT, SECOND_CHECKPOINT}:
            taken.append(ledger.checkpoint(KEY))
            earlier = list(ledger.export())
        hq.swap(f"U{n % 8 + 1}", f"U{n % 8 + 2}", done=True, command_id=f"swap-{n}", reason=f"why {n}")
    lines = list(ledger.export())
    last = ledger.checkpoint(KEY)
    place.close()
    first, second = taken
    return Told(lines, earlier, first, second, last)


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place for a ledger, on each store in turn."""
    place: Place
    if request.param == "sqlite":
        place = SqlitePlace(tmp_path / "ledger.db")
    else:
        place = PostgresPlace(request.getfixturevalue("postgres_ledger_url"))
    place.ledger()
    yield place
    place.close()


@pytest.fixture
def place(empty: Place, told: Told) -> Place:
    """The ledger that was told, at a place of its own."""
    ledger_of(empty).load(told.lines)
    return empty


def checks(found: a.Verified) -> set[str]:
    """Return the stages that found something."""
    return {finding.check for finding in found.findings}


def positions(found: a.Verified, check: str) -> set[int | None]:
    """Return the positions that a stage found something at."""
    return {finding.position for finding in found.findings if finding.check == check}


def doubts(found: a.Verified) -> list[tuple[int, int]]:
    """Return the events in doubt."""
    return [(doubt.first, doubt.last) for doubt in found.in_doubt]


class Case(Struct, frozen=True):
    """One way to tamper: what finds it (more may), at which position, and the events in doubt then."""

    name: str
    statements: Callable[[Place], Sequence[str]]
    check: str
    position: int | None
    in_doubt: list[tuple[int, int]] | None = None


def _set(what: Callable[[Place], str], where: str) -> Callable[[Place], Sequence[str]]:
    return lambda place: [f"UPDATE stored_events SET {what(place)} WHERE {where}"]


def _said(*statements: str) -> Callable[[Place], Sequence[str]]:
    return lambda place: statements


BROKEN = 'sch"ema'
SAID = '"position":'
LAST = "(SELECT recorded_at FROM stored_events WHERE [position] = {})"
COPY = (
    "INSERT INTO stored_events ([position], originator_id, originator_version, topic, state, recorded_at, db_role) "
    "SELECT {at}, originator_id, {version}, topic, state, {recorded_at}, db_role FROM stored_events "
    "WHERE [position] = 300"
)
TRADE = [
    "UPDATE stored_events SET [position] = 9000, originator_version = 9000 WHERE [position] = 300",
    "UPDATE stored_events SET [position] = 300, originator_version = 300 WHERE [position] = 301",
    "UPDATE stored_events SET [position] = 301, originator_version = 301 WHERE [position] = 9000",
]


def _other_position(place: Place) -> str:
    return payload(place, SAID, SAID + "1").replace("state", "answer")


CASES = [
    Case("a payload", _set(lambda p: f"state = {payload(p, 'why', 'who')}", "[position] = 300"), "tree", 257),
    Case(
        "an actor", _set(lambda p: f"state = {payload(p, 'ana', 'eva')}", "[position] = 300"), "tree", 257, [(257, 512)]
    ),
    Case(
        "an actor, to the event",
        _set(lambda p: f"state = {payload(p, 'ana', 'eva')}", "[position] = 300"),
        "read-model",
        300,
    ),
    Case(
        "a seat, by the rules",
        _set(lambda p: f"state = {payload(p, 'automatic', 'dialled')}", "[position] > 290 AND [position] < 300"),
        "tree",
        257,
    ),
    Case(
        "an event of the last tile",
        _set(lambda p: f"state = {payload(p, 'ana', 'eva')}", "[position] = 514"),
        "tree",
        513,
    ),
    Case(
        "no JSON any more",
        _set(lambda p: f"state = {payload(p, 'schema', BROKEN)}", "[position] = 300"),
        "streams",
        300,
    ),
    Case("a name of no event", _set(lambda p: "topic = 'os:system'", "[position] = 300"), "streams", 300),
    Case("a time", _set(lambda p: "recorded_at = recorded_at - 1", "[position] = 300"), "tree", 257),
    Case("a time, long before", _set(lambda p: "recorded_at = 1", "[position] = 300"), "positions", 300),
    Case("a role", _set(lambda p: "db_role = 'postgres'", "[position] = 300"), "tree", 257),
    Case("one deleted", _said("DELETE FROM stored_events WHERE [position] = 300"), "positions", 300, [(257, 512)]),
    Case("one deleted, seen in its system", _said("DELETE FROM stored_events WHERE [position] = 300"), "streams", 301),
    Case(
        "one deleted, the rest moved up",
        lambda place: [
            "DELETE FROM stored_events WHERE [position] = 300",
            *(f"UPDATE stored_events SET [position] = {p - 1} WHERE [position] = {p}" for p in range(301, 330)),
            "DELETE FROM stored_events WHERE [position] > 329",
        ],
        "streams",
        300,
    ),
    Case("two reordered", _said(*TRADE), "tree", 257, [(257, 512)]),
    Case(
        "two reordered, but not their versions",
        _said(
            "UPDATE stored_events SET [position] = 9000 WHERE [position] = 300",
            "UPDATE stored_events SET [position] = 300 WHERE [position] = 301",
            "UPDATE stored_events SET [position] = 301 WHERE [position] = 9000",
        ),
        "streams",
        300,
    ),
    Case("the head, set back", _said("UPDATE head SET position = 500 "), "positions", None),
    Case("the head, at another time", _said("UPDATE head SET recorded_at = recorded_at + 1 "), "positions", None),
    Case("the head, its tree", lambda p: [f"UPDATE head SET frontier = {some_hash(p)} "], "tree", None),
    Case("a node removed", _said("DELETE FROM tree_nodes WHERE level = 8 AND place = 1"), "tree", 257, []),
    Case(
        "a node changed",
        lambda p: [f"UPDATE tree_nodes SET hash = {some_hash(p)} WHERE level = 8 AND place = 1"],
        "tree",
        257,
        [],
    ),
    Case(
        "a node changed above",
        lambda p: [f"UPDATE tree_nodes SET hash = {some_hash(p)} WHERE level = 9 AND place = 0"],
        "tree",
        1,
    ),
    Case(
        "a node too many",
        lambda p: [f"INSERT INTO tree_nodes (level, place, hash) VALUES (8, 7, {some_hash(p)})"],
        "tree",
        None,
    ),
    Case(
        "an answer",
        lambda p: [f"UPDATE answers SET answer = {_other_position(p)} WHERE command_id = 'swap-7'"],
        "answers",
        None,
    ),
    Case("a checkpoint", _said("UPDATE checkpoints SET size = size + 1 "), "checkpoints", None),
    Case(
        "the read model", _said("UPDATE extensions SET user_name = 'U9' WHERE extension_id = 3"), "read-model", None, []
    ),
    Case("the read model, a row less", _said("DELETE FROM log_entries WHERE position = 300"), "read-model", 300, []),
    Case(
        "the read model, a row more",
        _said("INSERT INTO log_entries (position, system_id, occurred_at, actor) VALUES (9000, 1, 0, 'eva')"),
        "read-model",
        9000,
        [],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name.replace(" ", "-") for case in CASES])
def test_what_was_tampered_with_is_found(place: Place, tmp_path: Path, case: Case) -> None:
    statements = case.statements(place)
    sql(place, *statements)

    found = ledger_of(place).verify()

    assert not found.verified
    assert case.check in checks(found)
    if case.position is not None:
        assert case.position in positions(found, case.check)
    if case.in_doubt is not None:
        assert doubts(found) == case.in_doubt
    if "stored_events" in "".join(statements):  # and it cannot be carried elsewhere, to look unharmed there
        other = SqlitePlace(tmp_path / "other.db")
        with pytest.raises(LedgerError):
            ledger_of(other).load(list(ledger_of(place).export()))
        other.close()


def test_untouched_it_is_as_it_should_be(place: Place, told: Told) -> None:
    found = ledger_of(place).verify(against=told.last.note, key=str(KEY.verifier))

    assert found.findings == ()
    assert found.verified
    assert found.root == told.last.root
    assert found.against is not None
    assert found.against.extends


def test_what_only_the_read_model_says_wrongly_is_found_by_nothing_else(place: Place) -> None:
    sql(place, "UPDATE seats SET user_name = 'U9' WHERE extension_id = 3")

    found = ledger_of(place).verify()

    assert checks(found) == {"read-model"}
    assert found.in_doubt == ()


def test_an_event_taken_off_the_end_is_missed(place: Place, told: Told) -> None:
    sql(place, f"DELETE FROM stored_events WHERE [position] = {told.events}")

    found = ledger_of(place).verify()

    assert told.events - 1 in positions(found, "positions")
    assert {"positions", "tree", "read-model"} <= checks(found)


def test_an_event_taken_off_the_end_with_the_head_set_back_is_missed(place: Place, told: Told) -> None:
    last = told.events
    sql(
        place,
        f"DELETE FROM stored_events WHERE [position] = {last}",
        f"UPDATE head SET position = {last - 1}, recorded_at = {LAST.format(last - 1)}",
    )

    found = ledger_of(place).verify()

    assert {"tree", "read-model"} <= checks(found)


def test_a_copy_and_a_forgery_put_at_the_end_are_found(place: Place, told: Told) -> None:
    at = told.events + 1
    sql(
        place,
        COPY.format(at=at, version=at, recorded_at=LAST.format(at - 1)),
        f"UPDATE head SET position = {at} ",
    )

    found = ledger_of(place).verify()

    assert {"tree", "read-model"} <= checks(found)


def test_doubt_begins_where_the_last_checkpoint_within_a_tile_still_agrees(place: Place, told: Told) -> None:
    assert 257 < told.second.size < 500
    sql(place, f"UPDATE stored_events SET state = {payload(place, 'ana', 'eva')} WHERE [position] = 500")

    found = ledger_of(place).verify()

    assert doubts(found) == [(told.second.size + 1, 512)]
    assert "checkpoints" not in checks(found)


def test_a_kept_checkpoint_whose_signature_was_changed_is_found_with_the_key(place: Place) -> None:
    sql(place, "UPDATE checkpoints SET note = replace(note, substr(note, length(note) - 20, 3), 'AAA') ")

    assert ledger_of(place).verify().verified
    assert checks(ledger_of(place).verify(key=str(KEY.verifier))) == {"checkpoints"}


def test_a_kept_checkpoint_by_somebody_else_is_no_finding(place: Place) -> None:
    sql(place, "UPDATE checkpoints SET note = replace(note, 'example', 'Example') ")

    assert ledger_of(place).verify(key=str(KEY.verifier)).verified


def test_without_its_head_nothing_can_be_said(place: Place) -> None:
    sql(place, "DELETE FROM head ")

    found = ledger_of(place).verify()

    assert not found.verified
    assert [(finding.check, finding.position) for finding in found.findings] == [("store", None)]
    assert "its row is missing" in found.findings[0].message


def test_a_trigger_that_is_gone_is_found(place: Place) -> None:
    if isinstance(place, SqlitePlace):
        place.run("DROP TRIGGER stored_events_no_delete")
    else:
        place.run("ALTER TABLE ipo_ledger.stored_events DISABLE TRIGGER stored_events_append_only")

    found = ledger_of(place).verify()

    assert checks(found) == {"store"}


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT UPDATE ON ipo_ledger.stored_events TO ipo_ledger_writer",
        "GRANT INSERT ON ipo_ledger.stored_events TO ipo_ledger_writer",
        "GRANT DELETE ON ipo_ledger.answers TO PUBLIC",
        "GRANT INSERT (recorded_at) ON ipo_ledger.stored_events TO ipo_ledger_writer",
        "ALTER TABLE ipo_ledger.stored_events OWNER TO CURRENT_USER",
        "ALTER TABLE ipo_ledger.stored_events ALTER COLUMN db_role SET DEFAULT 'ana'",
        "CREATE OR REPLACE FUNCTION ipo_ledger.recording_time() RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'",
        "CREATE RULE quietly AS ON DELETE TO ipo_ledger.stored_events DO INSTEAD NOTHING",
        "ALTER TABLE ipo_ledger.stored_events DROP CONSTRAINT stored_events_originator_id_originator_version_key",
    ],
)
def test_what_weakens_the_server_is_found(postgres_url: str, statement: str) -> None:
    place = PostgresPlace(postgres_url)
    ledger = ledger_of(place)
    assert ledger.verify().verified

    place.run(statement)

    assert checks(ledger.verify()) == {"store"}
    place.close()


# --- what agrees with itself ----------------------------------------------------------------------------------


def _eva_did_it(events: list[Line]) -> list[Line]:
    return [{**e, "payload": e["payload"].replace('"ana"', '"eva"')} if e["position"] == 300 else e for e in events]


def test_history_rewritten_with_all_that_depends_on_it_is_found_by_a_checkpoint_only(empty: Place, told: Told) -> None:
    ledger = ledger_of(empty)
    ledger.load(without("checkpoint", rewritten(told.lines, _eva_did_it)))

    alone, held = ledger.verify(), ledger.verify(against=told.last.note)

    assert [f for f in alone.findings if f.check != "rules"] == []
    assert positions(held, "against") == {told.last.size}
    assert doubts(held) == [(1, told.last.size)]
    assert held.against is not None
    assert not held.against.extends


def test_history_rewritten_is_found_by_the_checkpoints_the_ledger_keeps(empty: Place, told: Told) -> None:
    ledger = ledger_of(empty)
    ledger.load(rewritten(told.lines, _eva_did_it))

    found = ledger.verify(key=str(KEY.verifier))

    assert positions(found, "checkpoints") == {told.second.size}
    assert doubts(found) == [(told.first.size + 1, told.second.size)]


def test_an_older_copy_put_back_is_found_by_a_checkpoint_only(empty: Place, told: Told) -> None:
    ledger = ledger_of(empty)
    ledger.load(told.earlier)

    alone, held = ledger.verify(), ledger.verify(against=told.last.note)

    assert alone.verified
    assert "older copy" in held.findings[0].message
    assert positions(held, "against") == {told.last.size}


def test_an_older_copy_gone_on_from_is_found_by_a_checkpoint_only(empty: Place, told: Told) -> None:
    ledger = ledger_of(empty)
    ledger.load(told.earlier)
    for n in range(SWAPS):
        ledger.system("hq").swap(f"U{n % 8 + 1}", f"U{n % 8 + 2}", done=True)

    alone, held = ledger.verify(), ledger.verify(against=told.last.note)

    assert alone.events > told.events
    assert alone.verified
    assert positions(held, "against") == {told.last.size}
    assert doubts(held) == [(told.second.size + 1, told.last.size)] or told.second.size > len(told.earlier)


def test_what_does_not_follow_by_the_rules_is_found_in_a_history_that_agrees_with_itself(
    empty: Place, told: Told
) -> None:
    ledger = ledger_of(empty)
    chosen = 0

    def dialled(events: list[Line]) -> list[Line]:
        nonlocal chosen
        chosen = next(e["position"] for e in events if e["position"] > 300 and '"automatic"' in e["payload"])
        return [
            {**e, "payload": e["payload"].replace("automatic", "dialled")} if e["position"] == chosen else e
            for e in events
        ]

    ledger.load(without("checkpoint", rewritten(told.lines, dialled)))

    found = ledger.verify()

    assert checks(found) == {"rules"}
    assert positions(found, "rules") == {chosen}
    quick = ledger.verify(rules=False)
    assert quick.verified, "the rules were left out"
    told_of = {stage.stage: stage for stage in quick.stages}
    assert (told_of["rules"].checked, told_of["rules"].note) == (0, "left out, as asked")
    assert told_of["read-model"].checked > 0


# --- what is not covered --------------------------------------------------------------------------------------


def test_an_answer_that_was_deleted_is_not_missed(place: Place) -> None:
    with unguarded(place):
        place.run(f"DELETE FROM {place.schema}answers WHERE command_id = 'swap-7'")

    found = ledger_of(place).verify()

    assert found.verified
    assert next(stage for stage in found.stages if stage.stage == "answers").note is not None

"""A damaged ledger is recognised when it is opened, looked over by `verify`, and never written to; on both stores."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ipo_ledger.adapters.sqlite.file import statements
from ipo_ledger.adapters.store.faults import DamagedHead, DamagedLedger, NotALedger
from ipo_ledger.application import answers as a
from ipo_ledger.application.ledger import Ledger
from ipo_ledger.application.refusals import Damaged
from tests.domain.given import site
from tests.hostile.pages import DAMAGES, PAGE, looked_at
from tests.postgres_server import Server
from tests.stores.places import Place, PostgresPlace, SqlitePlace
from tests.stores.tampering_tools import KEY, some_hash, sql

SWAPS = 4


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A ledger of nine people who swapped desks, on each store in turn; nobody has it open."""
    made: Place
    if request.param == "sqlite":
        made = SqlitePlace(tmp_path / "ledger.db")
    else:
        made = PostgresPlace(request.getfixturevalue("postgres_url"))
    _told(made)
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqlitePlace]:
    """The same, in a file."""
    made = SqlitePlace(tmp_path / "ledger.db")
    _told(made)
    yield made
    made.close()


def _ledger(place: Place) -> Ledger:
    return Ledger(place.store(), actor="ana", read_exports=lambda paths, mapping: site(9))


def _told(place: Place) -> None:
    with _ledger(place) as ledger:
        ledger.init()
        ledger.add_system("hq", release="11.1", timezone="UTC")
        hq = ledger.system("hq")
        hq.import_exports("site")
        for n in range(SWAPS):
            hq.swap(f"U{n % 8 + 1}", f"U{n % 8 + 2}", done=True, command_id=f"swap-{n}")


def _verified(place: Place) -> a.Verified:
    with _ledger(place) as ledger:
        return ledger.verify()


def _is_refused(place: Place, saying: str) -> None:
    """See that a ledger can neither be read, written nor made, and that it is as it was after all of it."""
    before = _held(place)
    store = place.store()
    for transaction in (store.reading, store.writing, store.loading):
        with pytest.raises((DamagedLedger, DamagedHead), match=saying), transaction():
            pass
    store.close()
    assert _held(place) == before


def _held(place: Place) -> object:
    return _files(place.path) if isinstance(place, SqlitePlace) else place.dump()


def _files(path: Path) -> dict[str, bytes]:
    return {end: p.read_bytes() for end in ("", "-wal") if (p := path.with_name(path.name + end)).exists()}


# --- at opening -----------------------------------------------------------------------------------------------

LAST = "(SELECT max([position]) FROM stored_events )"
SEEN = {
    "the head is behind": ("UPDATE head SET position = position - 1 ", "its head is at event"),
    "the head has another time": ("UPDATE head SET recorded_at = recorded_at + 1 ", "another time"),
    "the head keeps no tree": ("UPDATE head SET frontier = [hash] ", "of the tree"),
    "the head is gone": ("DELETE FROM head ", "its head has 0 rows"),
    "the last event is gone": (f"DELETE FROM stored_events WHERE [position] = {LAST}", "its last event is"),
    "all events are gone": ("DELETE FROM stored_events WHERE 1 = 1", "its last event is none"),
}


@pytest.mark.parametrize(
    ("place", "case"),
    [
        *(("sqlite", case) for case in SEEN),
        *(("postgres", case) for case in ("the head is behind", "the head is gone")),
    ],
    indirect=["place"],
)
def test_what_can_be_seen_at_once_is_refused_and_left_as_it_is(place: Place, case: str) -> None:
    statement, saying = SEEN[case]
    sql(place, statement.replace("[hash]", some_hash(place)))

    _is_refused(place, saying)

    assert not _verified(place).verified


def test_a_table_that_is_gone_is_a_damage(place: Place) -> None:
    place.run(f"ALTER TABLE {place.schema}stored_events RENAME TO elsewhere")

    _is_refused(place, "stored_events")

    assert not _verified(place).verified


def test_of_a_damaged_ledger_what_can_be_read_is_exported_up_to_the_damage(place: Place) -> None:
    sql(place, "UPDATE head SET position = position - 1 ")
    lines: list[bytes] = []

    with _ledger(place) as ledger, pytest.raises(Damaged):
        lines.extend(ledger.export())  # what came before the end stays

    assert sum(b'{"line":"event"' in line for line in lines) > SWAPS


# --- the file -------------------------------------------------------------------------------------------------


def _overwritten(path: Path, at: int, what: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(what)


def test_a_header_that_is_destroyed_is_a_damage_as_long_as_it_says_whose_it_was(file: SqlitePlace) -> None:
    _overwritten(file.path, 0, bytes(16))

    _is_refused(file, "not a database")

    assert [finding.check for finding in _verified(file).findings] == ["store"]
    _overwritten(file.path, 0, bytes(100))
    with pytest.raises(NotALedger), file.store().reading():
        pass


def test_a_file_that_was_cut_off_is_a_damage(file: SqlitePlace) -> None:
    file.path.write_bytes(file.path.read_bytes()[: 20 * PAGE])

    _is_refused(file, "malformed")

    assert not _verified(file).verified


def test_a_file_that_does_not_say_its_release_is_damaged_and_not_made_anew(file: SqlitePlace) -> None:
    file.run("DELETE FROM schema_migrations")

    _is_refused(file, "of which release")


def test_an_empty_file_beside_its_write_ahead_log_is_not_taken_for_a_new_place(file: SqlitePlace) -> None:
    with closing(sqlite3.connect(file.path)) as holding:
        holding.execute("SELECT * FROM head").fetchall()  # as long as it is open the log stays
        with _ledger(file) as ledger:
            ledger.system("hq").swap("U1", "U2")
        log = file.path.with_name("ledger.db-wal").read_bytes()
    file.path.write_bytes(b"")
    file.path.with_name("ledger.db-wal").write_bytes(log)

    _is_refused(file, "its file is empty")
    with pytest.raises(DamagedLedger), _ledger(file) as ledger:
        ledger.add_system("new", release="11.1", timezone="UTC")

    assert file.path.with_name("ledger.db-wal").read_bytes() == log


def test_the_log_of_a_damaged_file_is_not_put_into_it(file: SqlitePlace) -> None:
    with closing(sqlite3.connect(file.path)) as holding:
        holding.execute("SELECT * FROM head").fetchall()
        sql(file, "UPDATE head SET position = position - 1 ")
        kept = _files(file.path)
    for end, content in kept.items():
        file.path.with_name(f"ledger.db{end}").write_bytes(content)
    assert kept["-wal"]

    _is_refused(file, "its head is at event")
    assert not _verified(file).verified

    assert _files(file.path) == kept


def test_a_damaged_ledger_of_an_earlier_release_is_not_migrated(tmp_path: Path) -> None:
    from ipo_ledger.adapters.migrations import migrations

    place = SqlitePlace(tmp_path / "ledger.db")
    first = migrations("sqlite")[0]
    with closing(sqlite3.connect(place.path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE schema_migrations (number, name, checksum, applied_at)")
        for statement in statements(first.sql):
            connection.execute(statement)
        connection.execute("INSERT INTO schema_migrations VALUES (1, ?, ?, 0)", (first.name, first.checksum))
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    _overwritten(place.path, (pages - 1) * PAGE, b"\xff" * PAGE)

    _is_refused(place, "database disk image|Page|page|Tree|index")


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_anywhere_in_the_file_is_found_by_verify_and_ends_no_command_in_a_traceback(
    file: SqlitePlace, damage: str
) -> None:
    sound = file.path.read_bytes()
    random = Random(damage)  # noqa: S311 - the same damage each time

    wrong = [looked_at(file.path, sound, DAMAGES[damage], random) for _ in range(3)]

    assert wrong == [None] * 3


def test_what_lies_behind_a_damaged_page_is_in_doubt(file: SqlitePlace) -> None:
    with _ledger(file) as ledger:
        for n in range(60):
            reason = "here" if n == 30 else None
            ledger.system("hq").swap(f"U{n % 8 + 1}", f"U{n % 8 + 2}", done=True, reason=reason)
        last = ledger.checkpoint(KEY)
    page = file.path.read_bytes().index(b'"reason":"here"') // PAGE
    _overwritten(file.path, page * PAGE, bytes(PAGE))

    with _ledger(file) as ledger:
        found = ledger.verify(against=last.note)

    assert {"positions", "store"} <= {finding.check for finding in found.findings}
    assert any("table stored_events" in finding.message for finding in found.findings)
    (doubt,) = found.in_doubt
    assert 1 < doubt.first < last.size
    assert doubt.last == last.size


# --- a server's pages -----------------------------------------------------------------------------------------


def test_pages_that_a_server_cannot_read_are_findings(own_postgres: Server) -> None:
    place = PostgresPlace(own_postgres.create_database("ledger"))
    _told(place)
    ((path,),) = place.run("SELECT pg_relation_filepath('ipo_ledger.stored_events')")
    place.run("CHECKPOINT")
    own_postgres.stop()
    _overwritten(own_postgres.data / path, 8192, b"\x55" * 8192)
    own_postgres.start()

    found = _verified(place)

    assert not found.verified
    assert {"positions", "read-model"} <= {finding.check for finding in found.findings}
    assert {stage.stage for stage in found.stages} >= {"answers", "checkpoints", "store"}, "it goes on after it"
    with pytest.raises(DamagedLedger, match="page"), place.store().reading() as reading:
        list(reading.facts())
    place.close()

"""A whole ledger carried elsewhere: the same on the other side, or refused at the line where it was touched."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ipo_ledger
from ipo_ledger import Ledger, SystemLedger
from ipo_ledger.adapters.sqlite.store import SqliteStore
from ipo_ledger.adapters.store.faults import NoRights
from ipo_ledger.application.refusals import BadExport, Damaged, NotEmpty
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.evidence.notes import SigningKey
from tests.domain.thoroughness import examples
from tests.stores.people import person
from tests.stores.places import Place, PostgresPlace, SqlitePlace
from tests.stores.random_history import BEGIN, History, histories
from tests.stores.tampering_tools import ledger_of, payload, rewritten, sealed, sql

KEY = SigningKey.of("example.com/ledger", bytes(range(32)))


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The export of a ledger with two systems, a correction, a rollback, answers and a checkpoint."""
    place = SqlitePlace(tmp_path_factory.mktemp("told") / "ledger.db")
    ledger = ledger_of(place)
    for name in ("hq", "branch"):
        ledger.add_system(name, release="11.1", timezone="UTC")
        system = ledger.system(name)
        system.import_exports("site")
        for n in range(16):
            system.swap(f"U{n % 8 + 1}", f"U{n % 8 + 2}", done=True, command_id=f"{name}-{n}", reason="ñ → 🙂 \\")
        system.rollback("B16", done=True)
        system.correct(system.log(limit=1).events[0].caused_by or system.log(limit=1).events[0].position, never=True)
    ledger.checkpoint(KEY)
    ledger.system("hq").user_renumber("U9", "299", command_id="last")
    exported = list(ledger.export())
    place.close()
    return exported


@pytest.fixture(params=["sqlite", "postgres"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """Makes empty places: on SQLite by name, on PostgreSQL one."""
    made: list[Place] = []

    def make(name: str) -> Place:
        if request.param == "postgres" and name == "there":
            made.append(PostgresPlace(request.getfixturevalue("postgres_url")))
            made[-1].ledger()
        else:
            made.append(SqlitePlace(tmp_path / f"{name}.db"))
        return made[-1]

    yield make
    for place in made:
        place.close()


def test_there_and_back_it_is_the_same_byte_for_byte(lines: list[bytes], places: Callable[[str], Place]) -> None:
    there, back = places("there"), places("back")

    done = ledger_of(there).load(lines)
    again = list(ledger_of(there).export())
    ledger_of(back).load(again)

    assert again == lines
    assert list(ledger_of(back).export()) == lines
    assert (done.events, done.answers, done.checkpoints) == (msgspec.json.decode(lines[0])["events"], 33, 1)
    assert done.systems == ("branch", "hq")
    found = ledger_of(there).verify(key=str(KEY.verifier))
    assert found.findings == ()
    assert found.root == done.root


def test_the_same_is_answered_there_and_work_goes_on(
    lines: list[bytes], places: Callable[[str], Place], tmp_path: Path
) -> None:
    here = ledger_of(SqlitePlace(tmp_path / "here.db"))
    here.load(lines)
    there = ledger_of(places("there"))
    there.load(lines)

    for system in ("hq", "branch"):
        for known_at in (60, None):
            one, other = here.system(system), there.system(system)
            if known_at is None or system == "hq":
                assert one.seats(on="now", known_at=known_at).seats == other.seats(on="now", known_at=known_at).seats
        assert here.system(system).log(limit=500).events == there.system(system).log(limit=500).events
    before = there.verify().events
    assert there.system("hq").user_renumber("U9", "299", command_id="last").position is not None
    assert there.verify().events == before  # the same command id has one effect
    assert there.system("hq").swap("U1", "U5", done=True).status == "settled"
    assert there.verify().verified
    here.close()


def test_roles_are_carried(lines: list[bytes], places: Callable[[str], Place]) -> None:
    def by_eva(events: list[dict[str, object]]) -> list[dict[str, object]]:
        return [{**event, "db_role": "eva"} for event in events]

    there = places("there")
    ledger_of(there).load(rewritten([line for line in lines if b'"checkpoint"' not in line[:25]], by_eva))

    assert there.run(f"SELECT DISTINCT db_role FROM {there.schema}stored_events") == [("eva",)]


def test_a_ledger_that_holds_something_is_left_alone(lines: list[bytes], places: Callable[[str], Place]) -> None:
    place = places("there")
    ledger = ledger_of(place)
    ledger.add_system("mine", release="11", timezone="UTC")
    before = place.dump()

    with pytest.raises(NotEmpty, match="1 event"):
        ledger.load(lines)

    assert place.dump() == before


# --- what was touched on the way ------------------------------------------------------------------------------


def at(kind: str, lines: Sequence[bytes], nth: int = 0) -> int:
    """Return the index of the nth line of a kind."""
    return [i for i, line in enumerate(lines) if line.startswith(b'{"line":"' + kind.encode())][nth]


def _replaced(kind: str, nth: int, old: bytes, new: bytes) -> Callable[[list[bytes]], tuple[list[bytes], int]]:
    def touch(lines: list[bytes]) -> tuple[list[bytes], int]:
        i = at(kind, lines, nth)
        assert old in lines[i]
        return [*lines[:i], lines[i].replace(old, new, 1), *lines[i + 1 :]], i + 1

    return touch


def _dropped(kind: str, nth: int) -> Callable[[list[bytes]], tuple[list[bytes], int]]:
    return lambda lines: ([line for i, line in enumerate(lines) if i != at(kind, lines, nth)], at(kind, lines, nth) + 1)


def _traded(lines: list[bytes]) -> tuple[list[bytes], int]:
    i = at("event", lines, 100)
    return [*lines[:i], lines[i + 1], lines[i], *lines[i + 2 :]], i + 1


def _twice(lines: list[bytes]) -> tuple[list[bytes], int]:
    i = at("event", lines, 100)
    return [*lines[:i], lines[i], *lines[i:]], i + 2


TOUCHED: dict[str, Callable[[list[bytes]], tuple[list[bytes], int]]] = {
    "a payload": _replaced("event", 100, b"ana", b"eva"),
    "a time": _replaced("event", 100, b'"recorded_at":1', b'"recorded_at":2'),
    "a role": _replaced("event", 100, b'"db_role":""', b'"db_role":"eva"'),
    "a version": _replaced("event", 100, b'"version":', b'"version":9'),
    "a hash": _replaced("event", 100, b'"leaf":"', b'"leaf":"00'),
    "a root": _replaced("root", 0, b'"root":"', b'"root":"00'),
    "an answer": _replaced("answer", 3, b"position", b"Position"),
    "a fingerprint": _replaced("answer", 3, b'"fingerprint":"', b'"fingerprint":"0'),
    "a checkpoint": _replaced("checkpoint", 0, b"\\n\\n", b"\\n"),
    "a space": _replaced("event", 100, b",", b", "),
    "a line end": _replaced("event", 100, b"\n", b"\r\n"),
    "a field more": _replaced("event", 100, b"}\n", b',"more":1}\n'),
    "no JSON": _replaced("event", 100, b"{", b""),
    "an event less": _dropped("event", 100),
    "a root less": _dropped("root", 0),
    "an answer less": lambda lines: (_dropped("answer", 3)(lines)[0], at("checkpoint", lines)),
    "two in another order": _traded,
    "one twice": _twice,
    "cut short": lambda lines: (lines[:150], 151),
    "cut short by a line": lambda lines: (lines[:-1], len(lines)),
    "cut within a line": lambda lines: ([*lines[:150], lines[150][:40]], 151),
    "something after the end": lambda lines: ([*lines, lines[-1]], len(lines) + 1),
    "no beginning": lambda lines: (lines[1:], 1),
    "nothing": lambda lines: ([], 1),
    "another count": lambda lines: (_replaced("header", 0, b'"events":', b'"events":1')(lines)[0], len(lines) - 34),
    "another format": _replaced("header", 0, b"export/1", b"export/2"),
}


@pytest.mark.parametrize("how", TOUCHED)
def test_a_line_that_was_touched_is_named(lines: list[bytes], places: Callable[[str], Place], how: str) -> None:
    touched, line = TOUCHED[how](lines)
    place = places("there")
    place.ledger()
    before = place.dump()

    with pytest.raises(BadExport) as refused:
        ledger_of(place).load(touched)

    assert refused.value.details["line"] == line
    assert place.dump() == before


def test_a_line_touched_together_with_its_hash_is_found_within_its_tile(lines: list[bytes], tmp_path: Path) -> None:
    whole = rewritten(lines, lambda events: [
        {**e, "payload": e["payload"].replace("ana", "eva")} if e["position"] == 100 else e for e in events
    ])  # fmt: skip
    i = at("event", lines, 99)

    with pytest.raises(BadExport, match="events 1 to 256") as refused:
        ledger_of(SqlitePlace(tmp_path / "ledger.db")).load([*lines[:i], whole[i], *lines[i + 1 :]])

    assert refused.value.details["line"] == at("root", lines) + 1


def test_what_no_hash_of_its_own_covers_is_covered_by_the_end(lines: list[bytes], tmp_path: Path) -> None:
    i = at("checkpoint", lines)
    touched = [*lines[:i], re.sub(rb'"made_at":[0-9]+', b'"made_at":1', lines[i]), *lines[i + 1 :]]

    with pytest.raises(BadExport) as refused:
        ledger_of(SqlitePlace(tmp_path / "ledger.db")).load(touched)

    assert refused.value.details["line"] == len(lines)


def test_events_that_fit_the_tree_but_not_each_other_are_refused(lines: list[bytes], tmp_path: Path) -> None:
    def nobody(events: list[dict[str, object]]) -> list[dict[str, object]]:
        seated = next(i for i, e in enumerate(events) if e["type"] == "UserLoggedIn")
        changed = {**events[seated], "payload": str(events[seated]["payload"]).replace('"user":"U1"', '"user":"X"')}
        return [*events[:seated], changed, *events[seated + 1 :]]

    with pytest.raises(BadExport, match="cannot follow"):
        ledger_of(SqlitePlace(tmp_path / "ledger.db")).load(rewritten(lines, nobody))


@settings(max_examples=examples(30))
@given(data=st.data())
def test_no_byte_of_it_can_be_changed_unseen(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(lines)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    touched = (whole[:place] + bytes([other]) + whole[place + 1 :]).splitlines(keepends=True)

    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder, "ledger.db"), lambda: BEGIN)
        with pytest.raises(BadExport):
            Ledger(store, actor="ana", read_exports=_no_exports).load(touched)
        store.close()


# --- who may, and what is not in it ---------------------------------------------------------------------------


def test_on_a_server_only_an_administrator_loads(lines: list[bytes], postgres_url: str) -> None:
    place = PostgresPlace(postgres_url)
    place.ledger()
    before = place.dump()
    with (
        person(place, "ipo_ledger_writer") as seen,
        ipo_ledger.open(seen.url, actor="eva") as writer,
        pytest.raises(NoRights) as refused,
    ):
        writer.load(lines)
    assert "administrator" in refused.value.hint
    assert place.dump() == before
    place.close()


def test_after_loading_the_server_stamps_again(lines: list[bytes], postgres_url: str) -> None:
    place = PostgresPlace(postgres_url)
    ledger_of(place).load(lines)
    with person(place, "ipo_ledger_writer") as seen, ipo_ledger.open(seen.url, actor="eva") as writer:
        writer.system("hq").swap("U1", "U5", done=True)
        assert writer.verify().verified
    roles = place.run("SELECT DISTINCT db_role FROM ipo_ledger.stored_events ORDER BY 1")
    assert len(roles) == 2
    assert place.run("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'head_stamped'") == [("A",)]
    place.close()


def test_a_damaged_ledger_is_not_written_to_the_end(ledger: Ledger, hq: SystemLedger, url: str) -> None:
    place: Place
    place = SqlitePlace(Path(url.removeprefix("sqlite:///"))) if url.startswith("sqlite") else PostgresPlace(url)
    sql(place, f"UPDATE stored_events SET state = {payload(place, 'ana', 'eva')} WHERE [position] = 5")

    with pytest.raises(Damaged):
        list(ledger.export())


def test_an_export_is_of_one_moment(ledger: Ledger, hq: SystemLedger, url: str) -> None:
    written = ledger.export()
    first = next(written)
    with ipo_ledger.open(url, actor="eva") as other:
        other.system("hq").swap("202", "203", done=True)

    told = [first, *written]

    assert msgspec.json.decode(told[-1])["events"] == msgspec.json.decode(first)["events"] == 28
    assert sealed([msgspec.json.decode(line) for line in told]) == told


def test_no_login_code_of_an_import_can_be_found_in_it(tmp_path: Path) -> None:
    export = write_export(synthetic_site(384), tmp_path / "export")
    codes = {
        code.encode()
        for file in export
        for code in re.findall(r"<(?:LoginCode|VoicemailCode)>([0-9]{5,})<", file.read_text(encoding="utf-8"))
    }
    assert codes
    with ipo_ledger.open(f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}", actor="ana") as ledger:
        ledger.add_system("hq", release="11", timezone="UTC")
        ledger.system("hq").import_exports(*export, command_id="1")
        written = b"".join(msgspec.json.encode(_texts(line)) for line in ledger.export())

    assert not codes & set(re.findall(rb"[0-9]+", written))
    assert b"LoginCode" not in written


def _texts(line: bytes) -> dict[str, object]:
    """Return a line without its hashes, in whose digits anything may be found."""
    hashes = {"leaf", "root", "hash", "sha256", "fingerprint"}
    return {name: value for name, value in msgspec.json.decode(line).items() if name not in hashes}


@settings(max_examples=examples(15))
@given(histories)
def test_whatever_was_recorded_is_the_same_elsewhere(history: list[tuple[str, int]]) -> None:
    now = [BEGIN]

    def tick(by: timedelta) -> None:
        now[0] += by

    def clock() -> datetime:
        return now[0]

    with tempfile.TemporaryDirectory() as folder:
        store, other = (SqliteStore(Path(folder, name), clock) for name in ("one.db", "other.db"))
        told = History(store, "hq", now=clock, tick=tick)
        told.play(history)
        carried = Ledger(other, actor="ana", read_exports=_no_exports)
        written = list(told.ledger.export())

        carried.load(written)

        assert list(carried.export()) == written
        assert carried.system("hq").seats(on="now") == told.hq.seats(on="now")
        assert carried.rebuild(dry_run=True).tables == told.ledger.rebuild(dry_run=True).tables
        store.close()
        other.close()


def _no_exports(paths: object, mapping: object) -> ipo_ledger.domain.site.Site:
    raise AssertionError

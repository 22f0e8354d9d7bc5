"""Lines in groups leave, to the byte, what the same lines leave one by one; so do those that fail in the middle."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ipo_ledger import Ledger
from ipo_ledger.adapters.sqlite.store import SqliteStore
from ipo_ledger.adapters.sqlite.together import SqliteTogether
from ipo_ledger.application.ports.rows import KnownAnswer
from ipo_ledger.application.record import carry_out
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain import events as e
from ipo_ledger.domain.entry import Entry, Given
from ipo_ledger.domain.system import System
from ipo_ledger.opening import open_ledger
from tests.stores.places import SqlitePlace
from tests.stores.stored_story import a_stored_site

DAWN = datetime(2026, 3, 1, 6, tzinfo=UTC)
LATER = datetime(2026, 3, 20, 6, tzinfo=UTC)


class Site:
    """A ledger on which two systems of nine people begin; its clock stands still."""

    def __init__(self, folder: Path) -> None:
        """Make it in a new folder; both sites take in the same files."""
        self.place = SqlitePlace(folder / "ledger.db")
        self.ledger: Ledger = open_ledger(self.place.url, actor="ana", clock=lambda: LATER)
        export = write_export(synthetic_site(9), folder.parent / "export")
        for name in ("hq", "branch"):
            said = {"at": DAWN, "command_id": f"{name} is added"}
            self.ledger.add_system(name, release="11.1", timezone="UTC", **said)  # type: ignore[arg-type]
            self.ledger.system(name).import_exports(*export, at=DAWN, command_id=f"{name} is taken in")


def lines(chance: random.Random, count: int) -> Iterator[bytes]:
    """Yield lines of all kinds, of which many are refused; time goes on, but for some that come late."""
    users = [str(number) for number in range(201, 211)]  # there is no 210
    at = DAWN
    for number in range(count):
        at += timedelta(minutes=chance.randrange(1, 60))
        ids = [f"line {number}", f"line {max(0, number - chance.randrange(3))}"]
        batch = f"B{chance.randrange(1, 2 + number // 4)}"
        what: dict[str, object] = chance.choice(
            [
                {"do": "swap", "users": chance.sample(users, 2), "done": chance.random() < 0.5},
                {"do": "logout", "user": chance.choice(users)},
                {"do": "logout", "user": chance.choice(users)},
                {"do": "login", "user": chance.choice(users), "extension": chance.randrange(1, 11)},
                {"do": "send", "batch": batch},
                {"do": "abandon", "batch": batch},
                {"do": "change", "extension": chance.randrange(1, 10), "base": chance.choice([*users, None])},
                {"do": "correct", "event": 60 + chance.randrange(1, 2 + number * 2), "never": True},
                {"do": "rollback", "batch": batch, "done": True},
                {"do": "user renumber", "user": chance.choice(users), "number": chance.choice(users)},
                {"do": "label", "extension": chance.randrange(1, 10), "text": f"desk {number}"},
                {"do": "system add", "name": f"s{chance.randrange(9)}", "release": "11.1", "timezone": "UTC"},
                {"do": "restart"},
                {"do": "nonsense"},
            ]
        )
        said = {"system": chance.choice(["hq", "hq", "hq", "branch"]), "command_id": chance.choice([ids[0], *ids])}
        late = timedelta(hours=chance.choice([0] * 9 + [2]))
        yield json.dumps(what | said | {"at": (at - late).isoformat()}).encode()


@pytest.mark.parametrize(("seed", "size"), list(enumerate([1, 2, 3, 7, 1000])))
def test_groups_leave_what_lines_leave_by_themselves(tmp_path: Path, seed: int, size: int) -> None:
    story = list(lines(random.Random(seed), 150))  # noqa: S311 - no secret
    alone, grouped = Site(tmp_path / "alone"), Site(tmp_path / "grouped")
    groups = [story[first : first + size] for first in range(0, len(story), size)]

    by_themselves = list(carry_out(alone.ledger, groups, nullcontext, keep_going=True))
    together = list(grouped.ledger.record_groups(groups, keep_going=True))

    assert {answer.ok for answer in together} == {True, False}
    assert sum(answer.ok for answer in together) > 40, "many are taken"
    assert together == by_themselves
    assert grouped.place.dump() == alone.place.dump()
    assert grouped.ledger.verify().verified
    for site in (alone, grouped):
        site.ledger.close()


def test_commands_that_need_no_look_at_the_database_are_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, written = Site(tmp_path / "site"), list[int]()
    write = SqliteTogether._write_appended  # noqa: SLF001 - what is counted

    def counted(self: SqliteTogether, appended: list[Any]) -> None:
        written.append(len(appended))
        write(self, appended)

    monkeypatch.setattr(SqliteTogether, "_write_appended", counted)
    refused = {"do": "logout", "user": "299"}
    said = [{"do": "logout", "user": str(201 + number % 2), "command_id": str(number)} for number in range(5)]
    group = [json.dumps({"system": "hq"} | line) for line in (*said[:3], refused, *said[3:])]

    answers = list(site.ledger.record_groups([group], keep_going=True))

    assert [answer.ok for answer in answers] == [True, True, True, False, True, True]
    assert written == [3, 2], "the refusal made the ledger be looked at, for nothing else"
    assert list(site.ledger.record_groups([group[:2]])) == answers[:2]
    site.ledger.close()


@pytest.mark.parametrize("looked", [(), (1,), (2,), (1, 2)], ids=str)
def test_a_part_that_is_given_up_leaves_those_before_and_after_it(tmp_path: Path, looked: tuple[int, ...]) -> None:
    """Whether they were written by then (somebody looked at the database, in the parts of these numbers) or not."""
    story = a_stored_site(SqlitePlace(tmp_path / "ledger.db").ledger(), 2)
    store, before = story.store, story.facts[-1].position
    assert isinstance(store, SqliteStore)

    def part(number: int) -> None:
        with store.writing() as writing:
            assert writing.head().position == before + (0 if number == 1 else 1)
            given = Given(at=DAWN, actor="ana", command_id=f"part {number}")
            entry = Entry(System(f"s{number}"), given, after=writing.head().position)
            entry.happens(e.SystemAdded("11.1", "UTC", "merge", "*36"))
            writing.append(entry)
            writing.remember_answer(f"part {number}", KnownAnswer("f", b"{}"))
            if number in looked:
                assert [fact.system for fact in writing.facts(after=before)][-1] == f"s{number}"
                assert writing.system(f"s{number}") is not None
            if number == 2:
                raise _GivenUp

    with store.together():
        part(1)
        with pytest.raises(_GivenUp):
            part(2)
        with store.reading() as reading:
            assert reading.system_row("s2") is None
        part(3)

    with store.reading() as reading:
        assert [fact.command_id for fact in reading.facts(after=before)] == ["part 1", "part 3"]
        assert [row.name for row in reading.systems()] == ["hq", "s1", "s3"]
        assert [reading.answer_to(f"part {n}") is not None for n in (1, 2, 3)] == [True, False, True]


class _GivenUp(Exception):
    """Whatever makes a command be given up after it appended."""

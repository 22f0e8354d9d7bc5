"""`record`: many commands in one go, on both stores."""

from __future__ import annotations

import json

from ipo_ledger import Ledger, SystemLedger

LINES: list[dict[str, object]] = [
    {"do": "swap", "users": ["202", "203"], "at": "2026-03-02T10:00", "reason": "window", "command_id": "1"},
    {"do": "send", "batch": "B1", "mode": "merge", "at": "2026-03-02T10:01", "command_id": "2"},
    {"do": "logout", "user": "202", "at": "2026-03-02T10:02", "command_id": "3"},
    {"do": "logout", "user": 203, "at": "2026-03-02T10:03", "command_id": "4"},
    {"do": "batch", "moves": [{"extension_id": 7, "base_extension": "208"}, {"extension_id": 8, "user": "207"}],
     "at": "2026-03-03T10:00", "done": True, "command_id": "5"},
    {"do": "change", "extension": 9, "base": None, "at": "2026-03-04T10:00", "command_id": "6"},
    {"do": "abandon", "batch": "B3", "at": "2026-03-04T10:01", "command_id": "7"},
    {"do": "login", "user": "201", "extension": "BD/9", "at": "2026-03-04T10:02", "command_id": "8"},
    {"do": "restart", "at": "2026-03-04T11:00", "command_id": "9"},
    {"do": "rollback", "batch": "B1", "at": "2026-03-05T10:00", "done": True, "command_id": "10"},
    {"do": "restore", "on": "2026-03-03T12:00", "at": "2026-03-06T10:00", "command_id": "11"},
    {"do": "user set", "user": "204", "forced_login": True, "command_id": "12"},
    {"do": "label", "extension": 4, "text": "3.14", "command_id": "13"},
    {"do": "system set", "logout_code": "*99", "command_id": "14"},
]  # fmt: skip


def encoded(lines: list[dict[str, object]]) -> list[str]:
    """Return the lines as they stand in a file."""
    return [json.dumps(line) + "\n" for line in lines]


def test_every_writing_verb_is_taken(ledger: Ledger, hq: SystemLedger) -> None:
    answers = list(ledger.record(encoded(LINES)))

    assert [(a.line, a.ok) for a in answers] == [(n, True) for n in range(1, len(LINES) + 1)]
    assert hq.show("B1").reversed_by == "B4"
    assert hq.info().logout_code == "*99"


def test_run_again_with_the_same_ids_nothing_is_recorded_twice(ledger: Ledger, hq: SystemLedger) -> None:
    first = list(ledger.record(encoded(LINES)))
    last = hq.log(limit=1).events[0].position

    again = list(ledger.record(encoded(LINES)))

    assert again == first
    assert hq.log(limit=1).events[0].position == last


def test_it_stops_at_the_first_refusal(ledger: Ledger, hq: SystemLedger) -> None:
    lines = encoded([LINES[0], {"do": "logout", "user": "299"}, LINES[4]])

    answers = list(ledger.record(lines))

    assert [(a.line, a.ok, a.exit) for a in answers] == [(1, True, None), (2, False, 4)]
    assert [b.batch for b in hq.batches().batches] == ["B1"]


def test_it_goes_on_when_asked(ledger: Ledger, hq: SystemLedger) -> None:
    lines = [*encoded([LINES[0]]), "\n", "{nonsense\n", '{"do":"dance"}\n', '{"do":"swap","users":["1"]}\n',
             '{"do":"send","batch":"B1","surprise":1}\n', *encoded([LINES[1]])]  # fmt: skip

    answers = list(ledger.record(lines, keep_going=True))

    assert [(a.line, a.ok, a.exit) for a in answers] == [
        (1, True, None),
        (3, False, 2),
        (4, False, 2),
        (5, False, 2),
        (6, False, 2),
        (7, True, None),
    ]
    assert hq.show("B1").status == "sent"


def test_a_line_names_its_own_system(ledger: Ledger, hq: SystemLedger) -> None:
    add = '{"do":"system add","name":"lab","release":"11","timezone":"UTC"}'
    ambiguous = '{"do":"restart"}'
    named = '{"do":"swap","system":"hq","users":["202","203"]}'

    answers = list(ledger.record([add, ambiguous, named], keep_going=True))

    assert [(a.ok, a.exit) for a in answers] == [(True, None), (False, 2), (True, None)]
    assert hq.batches().batches[0].batch == "B1"

"""What the help promises is so: the table of commands, the examples, the exit codes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import click
import pytest
from msgspec.structs import replace

from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.domain.site import Site
from ipo_ledger_cli.command import EXIT_CODES
from ipo_ledger_cli.main import COMMANDS, OTHER_WORDS, program, run
from ipo_ledger_cli.topics import TOPICS
from tests.cli.commands import every_command, help_of
from tests.cli.played_stores import PlayedSqlite
from tests.cli.transcript import FOLDER, Player, compare, heard

EXAMPLES = [(words, example) for words, command in every_command() for example in command.examples]

MADE = """
= now 2026-03-01T17:00+01:00
$ ipo-ledger system add hq --release 11.1 --timezone Europe/Madrid
= now 2026-03-01T18:00+01:00
$ ipo-ledger import users-1.xml extensions-1.xml
= now 2026-03-02T10:00+01:00
$ ipo-ledger swap 202 203 --done
= now 2026-03-02T11:00+01:00
$ ipo-ledger change 9 -
$ cat > moves.csv <<END
extension_id,base_extension
1,206
6,201
END
$ cat > desks.csv <<END
user,extension_id
HugoOlsen,4
PabloSilva,5
END
$ cat > day.jsonl <<END
{"do":"swap","users":["201","ZoeLarsen"],"command_id":"a1"}
{"do":"send","batch":"B10","command_id":"a2"}
END
$ ipo-ledger key new hq.example/desk-moves --out ledger.key
$ ipo-ledger checkpoint --key ledger.key -o kept.txt
"""

EXITS: dict[str, int] = {}
"""What an example ends with that is no plain success."""


def with_bases(site: Site, bases: dict[int, str]) -> Site:
    """Return a site where these extensions have these base extensions."""
    assert site.extensions is not None
    extensions = [replace(x, base_extension=bases.get(x.extension_id, x.base_extension)) for x in site.extensions]
    return replace(site, extensions=tuple(extensions))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_commands_says_what_each_says_of_itself(name: str) -> None:
    found = program.get_command(click.Context(program), name)

    assert found is not None
    assert found.name == name
    assert (found.help or "").partition("\n")[0] == COMMANDS[name].help


def test_other_words_mean_commands_and_are_none() -> None:
    assert OTHER_WORDS.keys().isdisjoint(COMMANDS)
    assert COMMANDS.keys() >= set(OTHER_WORDS.values())


def test_every_command_has_two_examples_and_says_its_exit_codes() -> None:
    for words, command in every_command():
        assert len(command.examples) == 2, words
        assert all(example.startswith(f"ipo-ledger {words}") for example in command.examples), words
        assert set(command.exits) <= EXIT_CODES.keys(), words
        assert list(command.exits) == sorted(command.exits), words


def test_every_option_has_a_help() -> None:
    for words, command in every_command():
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, f"{words} {parameter.name}"


def test_the_examples_of_the_help_run_one_after_the_other_on_one_ledger(
    folder: Path, line: Callable[..., tuple[int, list[str]]]
) -> None:
    assert "[exit" not in Player(PlayedSqlite()).play(MADE)
    bases_swapped = synthetic_site(9)
    write_export(with_bases(bases_swapped, {2: "203", 3: "202"}), folder)
    now = datetime.fromisoformat("2026-03-06T12:00+01:00")
    wrong = []

    for _, example in EXAMPLES:
        now += timedelta(minutes=1)
        code, said = line(
            *shlex.split(example)[1:], now=now.isoformat(), IPO_LEDGER_SYSTEM="hq", IPO_LEDGER_KEY="ledger.key"
        )
        if code != EXITS.get(example, 0):
            wrong.append("\n".join([f"$ {example}", *said, f"[exit {code}]"]))

    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize(("words", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_an_example_can_be_typed_into_any_shell(words: str, example: str) -> None:
    unquoted = re.sub(r'"[^"]*"', "", example)

    assert "'" not in example, "cmd.exe knows double quotes only"
    assert not re.search(r"[$`!%\\]", example), "obeyed within double quotes by one shell or another"
    assert not re.search(r"[@,;&|<>(){}]", unquoted), "of a meaning in one shell or another: put it in double quotes"
    assert '""' not in example, "Windows PowerShell leaves out an empty argument"


def test_the_help_of_all_commands_is_as_it_is_written() -> None:
    pages = ["", *COMMANDS, *(words for words, _ in every_command() if " " in words)]

    written = [[f"$ ipo-ledger {f'{words} ' if words else ''}-h", *help_of(words), ""] for words in pages]
    text = "\n".join(line for page in written for line in page)

    compare(FOLDER / "help" / "help.txt", text)


def test_the_topics_are_as_they_are_written() -> None:
    asked = ["", *TOPICS, "system add", "datse", "system ad", "swap B1"]

    text = "\n".join(line for words in asked for line in [f"$ ipo-ledger help {words}".rstrip(), *_helped(words), ""])

    compare(FOLDER / "help" / "topics.txt", text)


def _helped(words: str) -> list[str]:
    with heard() as said:
        code = run(["help", *words.split()], environment={})
    return [*said.lines(), *([f"[exit {code}]"] if code else [])]


def test_the_help_of_a_command_is_what_its_option_prints() -> None:
    for words, _ in every_command():
        assert _helped(words) == help_of(words), words


def test_a_topic_is_in_a_field_of_json() -> None:
    with heard() as said:
        code = run(["help", "dates", "--json"], environment={})

    assert code == 0
    (document,) = said.lines()
    told = json.loads(document)
    assert told["about"] == "dates"
    assert told["text"].splitlines() == _helped("dates")


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_fits_a_hundred_columns(topic: str) -> None:
    assert max(map(len, _helped(topic))) <= 100


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_a_result_on_stdout(option: str) -> None:
    with heard() as said:
        code = run(["swap", option], environment={})

    assert code == 0
    assert next(said.lines()).startswith("Usage: ipo-ledger swap")


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_options_of_reading_stand_before_or_after_the_command(
    place: str, folder: Path, line: Callable[..., tuple[int, list[str]]]
) -> None:
    line("system", "add", "hq", "--release", "11.1", "--timezone", "UTC", "--ledger", "sqlite:///other.db")
    options = ["--ledger", "sqlite:///other.db", "--system", "hq", "--json"]

    code, said = line(*options, "status") if place == "before" else line("status", *options)

    assert code == 0
    assert said == ['{"system":"hq","known_at":null,"drafts":[],"sent":[],"off_the_air":[],"vacant":[]}']


def test_an_option_goes_before_the_environment_and_the_nearer_one_before_the_other(
    folder: Path, line: Callable[..., tuple[int, list[str]]]
) -> None:
    for name in ("a", "b"):
        line("system", "add", name, "--release", "11.1", "--timezone", "UTC")

    code, said = line("--system", "a", "status", "--system", "b", "--json", IPO_LEDGER_SYSTEM="nowhere")

    assert code == 0
    assert said[0].startswith('{"system":"b"')

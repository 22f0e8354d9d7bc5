"""What the help promises is so: the table of commands, the examples, the exit codes."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
import pytest

from ipo_ledger_cli.command import EXIT_CODES
from ipo_ledger_cli.main import COMMANDS, program, run
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
5,206
6,205
END
$ cat > day.jsonl <<END
{"do":"swap","users":["205","206"],"at":"2026-03-05T12:00","command_id":"a1"}
{"do":"send","batch":"B3","at":"2026-03-05T12:05","command_id":"a2"}
END
$ ipo-ledger key new hq.example/desk-moves --out ledger.key
$ ipo-ledger checkpoint --key ledger.key -o kept.txt
$ ipo-ledger export -o ledger.jsonl
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_commands_says_what_each_says_of_itself(name: str) -> None:
    found = program.get_command(click.Context(program), name)

    assert found is not None
    assert found.name == name
    assert (found.help or "").partition("\n")[0] == COMMANDS[name].help


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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a ledger with a batch that is settled and one that is drafted, and files for the examples."""
    from ipo_ledger.demo_site import synthetic_site, write_export

    folder = tmp_path_factory.mktemp("made")
    write_export(synthetic_site(9), folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        played = Player(PlayedSqlite()).play(MADE)
    assert "[exit" not in played
    return folder


@pytest.mark.parametrize(("words", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_the_examples_of_the_help_run(
    words: str, example: str, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(made, tmp_path / "here")
    monkeypatch.chdir(folder)
    environment = {"IPO_LEDGER_URL": "sqlite:///ledger.db", "IPO_LEDGER_ACTOR": "ana", "IPO_LEDGER_KEY": "ledger.key"}
    now = datetime.fromisoformat("2026-03-06T12:00+01:00")

    with heard() as said:
        code = run(shlex.split(example)[1:], environment=environment, clock=lambda: now)

    assert code in ({0, 5} if words == "check" else {0}), "\n".join(said.lines())


def test_the_help_of_all_commands_is_as_it_is_written() -> None:
    pages = ["", *COMMANDS, *(words for words, _ in every_command() if " " in words)]

    written = [[f"$ ipo-ledger {f'{words} ' if words else ''}-h", *help_of(words), ""] for words in pages]
    text = "\n".join(line for page in written for line in page)

    compare(FOLDER / "help" / "help.txt", text)


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

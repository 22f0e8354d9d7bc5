"""What `ipo-ledger help TOPIC` says: what holds for every command, and is not for one of them to explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ENVIRONMENT: Mapping[str, str] = {
    "IPO_LEDGER_URL": "`--ledger`",
    "IPO_LEDGER_SYSTEM": "`--system`",
    "IPO_LEDGER_ACTOR": "`--actor`",
    "IPO_LEDGER_KEY": "`--key FILE`: the key that checkpoints are signed with",
    "IPO_LEDGER_DEBUG": "`--debug`",
    "IPO_LEDGER_CONFIG": "the file of settings; set to nothing (NUL on Windows), none is read",
    "NO_COLOR": "no colours, also on a terminal",
    "FORCE_COLOR": "colours, also where nobody is looking; NO_COLOR goes before it",
}
"""Each variable that the program reads, and what it stands for."""

_DATES = """\
WHEN, in --on, --at, --since, --until, --known-at and wherever else a time is asked for:

  2026-11-20                  the whole day, 0:00 to 24:00 in the time zone of the system
  2026-11-20T14:05            an instant, in the time zone of the system
  2026-11-20T14:05:30         with seconds, and fractions of them
  2026-11-20T14:05+01:00      with an offset, or Z for UTC: in that zone
  today, yesterday            the whole day, in the time zone of the system
  now                         this instant

Nothing else is guessed: 20/11/2026, 20261120 and "last monday" are refused.

A question about a day is about the whole of it; one about an instant includes what happened at
that very instant. `seats`, `diff` and `restore` take a whole day as it ended. --until a day means
up to its end. How a time was read is said on standard error.

--at is when it was true at the desks; it needs a time of day. Recording late is normal, recording
the future is refused. A local time that daylight saving skips or repeats is refused, with the
offsets that would do.

--known-at takes a time too, or the position of an event (`log` shows them): the answer that the
ledger would have given then. Once given, it never changes.

  ipo-ledger who 2 --on 2026-11-20
  ipo-ledger seats --on 2026-11-20T14:05 --known-at 57
"""

_CONCEPTS = """\
An extension is the record of one port or IP phone. Its base extension is the number of the user
who belongs there by default. A user has a number, and is seated at one extension or off the air;
a phone where nobody is seated is vacant and shows NoUser.

A batch (B1, B2, ...) is a list of base extension changes that are sent together.

  draft      being typed into Manager; nothing has happened
  sent       the configuration was sent; it waits for people to log out, or for a restart
  settled    everybody is where the base extensions say
  abandoned  a draft that was given up

Three states that must not be confused: what a draft says; the base extensions in force, after the
send; who is seated where, after people have dialled log-out. `status` shows all three.

Two times. When it was true at the desks: --at, and --on in questions. When the ledger learned it:
never given, and asked for with --known-at.

Nothing is ever erased. `rollback` undoes from now on what did happen, by a new batch. `correct`
says that it never happened, or happened otherwise. `abandon` gives up a draft.

Every event has a position: 1, 2, 3, ... without gaps, over all systems of a ledger.

  ipo-ledger demo     plays all of it, on a ledger of its own
"""


def _exit_codes() -> str:
    from ipo_ledger_cli.command import EXIT_CODES

    return (
        "What a run of the program ends with:\n\n"
        + _listed((str(code), meaning) for code, meaning in EXIT_CODES.items())
        + "\n`ipo-ledger COMMAND -h` says which of them a command has. After 2, 3 and 4 nothing was recorded:\n"
        "mend the command. After 6 try again; with --command-id ID the same command has one effect, however\n"
        "often it is given. `record` ends with the code of the first line that failed.\n\n"
        "The result goes to standard output, the conversation to standard error. With --json an error is one\n"
        "JSON document there:\n\n"
        '  {"error":{"code":"slug","message":"...","hint":"...","details":{...}}}\n'
    )


def _environment() -> str:
    return (
        "Variables that the program reads, and what they stand for:\n\n"
        + _listed((name, meaning.replace("`", "")) for name, meaning in ENVIRONMENT.items())
        + "\nAn option on the command line goes before the environment, the environment before the file of\n"
        "settings. `ipo-ledger config path` says where that is, `ipo-ledger config show` what holds, and why.\n"
        "The file is TOML; it may hold these, and nothing else:\n\n"
        '  ledger = "postgresql://ana@db.example/ledger"\n'
        '  system = "hq"\n'
        '  actor = "ana"\n'
        '  key = "~/keys/ledger.key"\n'
        '  color = "auto"          always, never, or auto: on a terminal\n\n'
        "Passwords are never stored: a ledger in the file that has one in its URL is refused.\n\n"
        "On PostgreSQL the variables of its own clients count as well (PGHOST, PGUSER, PGPASSWORD,\n"
        "PGPASSFILE, ...), and so does ~/.pgpass.\n"
    )


def _listed(pairs: Iterable[tuple[str, str]]) -> str:
    rows = list(pairs)
    width = max(len(name) for name, _ in rows)
    return "".join(f"  {name:<{width}}  {text}\n" for name, text in rows)


TOPICS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "concepts": ("The words, and the states that must not be confused.", lambda: _CONCEPTS),
    "dates": ("How dates and times are written, and read.", lambda: _DATES),
    "environment": ("The variables that the program reads.", _environment),
    "exit-codes": ("What a run of the program ends with.", _exit_codes),
}
"""Each topic by name: the line that tells it from the others, and what makes its text."""

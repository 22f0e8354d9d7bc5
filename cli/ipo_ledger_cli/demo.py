"""The command that shows what this is: a swap, its questions, its rollback, on a temporary ledger."""

from __future__ import annotations

import io
import shlex
import sys
import tempfile
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ipo_ledger_cli.command import command
from ipo_ledger_cli.options import reading
from ipo_ledger_cli.output import out, say, write_json
from ipo_ledger_cli.quoting import quoted

if TYPE_CHECKING:
    from ipo_ledger_cli.session import Session


class Step(NamedTuple):
    """What is about to happen, and the command for it as somebody would type it."""

    about: str
    command: str


STEPS = (
    Step(
        "A system is kept in the ledger, and an export of it is its baseline: who is where to begin with.",
        "system add hq --release 11.1 --timezone Europe/Madrid --at 2026-03-02T08:00",
    ),
    Step("", "import users-1.xml extensions-1.xml --at 2026-03-02T08:00"),
    Step(
        "Elena (202) and Rosa (203) are to trade desks. The batch is drafted, as it is typed into Manager.",
        'swap 202 203 --at 2026-03-02T10:00 -m "Elena sits by the window now"',
    ),
    Step("Manager sends it, without a reboot. Nobody has moved yet.", "send B1 --at 2026-03-02T10:05"),
    Step(
        "Elena dials log-out. Her new phone is still taken, so she is off the air.",
        "logout 202 --at 2026-03-02T10:06",
    ),
    Step("", "where 202 --on 2026-03-02T10:06:30"),
    Step("", "who 2 --on 2026-03-02T10:06:30"),
    Step("Rosa dials log-out: both are logged in at their new phones.", "logout 203 --at 2026-03-02T10:07"),
    Step("So who sat at extension 2 that day, and where was Elena?", "who 2 --on 2026-03-02"),
    Step("", "where ElenaDuarte --on 2026-03-02"),
    Step(
        "The day after, Rosa and Hugo (204) swap too; that work is finished already.",
        'swap 203 204 --at 2026-03-03T09:00 -m "Hugo is back" --done',
    ),
    Step(
        "Now the first swap is to be undone. Hugo is in the way: refused, with the ways out and their cost.",
        "rollback B1 --yes --at 2026-03-04T09:00",
    ),
    Step(
        "Replanned, Hugo's swap stays and only Elena's is undone. What would that be?",
        "rollback B1 --replan --dry-run --at 2026-03-04T09:00",
    ),
    Step(
        "Hugo's swap turns out to be a mistake: it is taken back, and then the first one can be.",
        'rollback B2 --yes --done --at 2026-03-04T09:00 -m "Hugo stays away"',
    ),
    Step("", 'rollback B1 --yes --done --at 2026-03-04T09:30 -m "as it was"'),
    Step("Everybody is where they were, and nothing was erased.", "seats --on 2026-03-04T10:00"),
    Step("", "batches"),
    Step("And on the day of the swap it still was as it was.", "who 2 --on 2026-03-02"),
)


@command("demo", examples=("ipo-ledger demo", "ipo-ledger demo --keep demo-ledger"), exits=(0, 1, 2))
@click.option("--keep", metavar="DIR", type=click.Path(file_okay=False), help="Keep the ledger and the exports there.")
@reading
@click.pass_obj
def demo(session: Session, *, keep: str | None) -> None:
    """Play a swap, its questions and its rollback on a temporary ledger.

    Every command is shown as you would type it, with what it really answers. Your own ledger is not touched.
    """
    with ExitStack() as stack:
        folder = Path(keep) if keep else Path(stack.enter_context(_temporary()))
        if keep and (folder / "ledger.db").exists():
            raise click.UsageError(f"There is a ledger in {keep} already.")
        _export(folder)
        played = _play(folder, as_json=session.json)
    if session.json:
        write_json({"steps": played}, sys.stdout)
        return
    if keep:
        url = f"sqlite:///{(folder / 'ledger.db').as_posix()}"
        say(f"The ledger stays: try `ipo-ledger history ElenaDuarte --ledger {quoted(url)}`.")
    say("Next: ipo-ledger system add NAME --release R --timezone TZ, then ipo-ledger import EXPORT...")


def _temporary() -> tempfile.TemporaryDirectory[str]:
    # On Windows a virus scanner may still look at the file.
    return tempfile.TemporaryDirectory(prefix="ipo-ledger-demo-", ignore_cleanup_errors=True)


def _export(folder: Path) -> None:
    from ipo_ledger.demo_site import synthetic_site, write_export

    write_export(synthetic_site(9), folder)


def _play(folder: Path, *, as_json: bool) -> list[dict[str, Any]]:
    """Run every step with the folder as the current one, and nothing of this environment."""
    environment = {"IPO_LEDGER_URL": "sqlite:///ledger.db", "IPO_LEDGER_ACTOR": "ana", "IPO_LEDGER_CONFIG": ""}
    played = []
    with chdir(folder):
        for step in STEPS:
            arguments = shlex.split(step.command)
            if as_json:
                played.append(_silently(step, arguments, environment))
            else:
                _aloud(step, arguments, environment)
    return played


def _aloud(step: Step, arguments: list[str], environment: dict[str, str]) -> None:
    from ipo_ledger_cli.main import run

    if step.about:
        out(f"# {step.about}")
    out(f"$ ipo-ledger {step.command}")
    with redirect_stderr(sys.stdout):
        code = run(arguments, environment=environment)
    out(f"[exit {code}]\n" if code else "")


def _silently(step: Step, arguments: list[str], environment: dict[str, str]) -> dict[str, Any]:
    import msgspec

    from ipo_ledger_cli.main import run

    held = io.BytesIO()
    heard = io.TextIOWrapper(held, encoding="utf-8", write_through=True)
    with redirect_stdout(heard), redirect_stderr(heard):
        code = run([*arguments, "--json"], environment=environment)
    answer = msgspec.json.decode(held.getvalue())
    return {"about": step.about, "command": f"ipo-ledger {step.command}", "exit": code, "answer": answer}

"""The commands for signing keys, and the option that names one. What is private in a key is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ipo_ledger_cli.command import Family
from ipo_ledger_cli.options import WORDS, reading, shared
from ipo_ledger_cli.output import answer, out, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ipo_ledger.evidence.notes import SigningKey, VerifierKey
    from ipo_ledger_cli.session import Session

_SECRET = "PRIVATE+KEY"  # noqa: S105 - what a private key begins with


class KeyFile(click.Path):
    """The name of a key file. A key itself is refused: arguments are seen by everybody on a machine."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name. Fails for what is no name of a file, without repeating a key."""
        _refuse_a_key(str(value))
        return super().convert(value, param, ctx)


def key_file(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --key, the file of the key to sign with."""
    return click.option(
        "--key",
        "key",
        metavar="FILE",
        type=KeyFile(dir_okay=False),
        help="The key to sign with; default the one in your data directory.  [env: IPO_LEDGER_KEY]",
    )(function)


def signing_key(session: Session, file: str | None) -> SigningKey:
    """Read the key to sign with: of the file that was named, or the user's own. Says where others may read it."""
    from ipo_ledger.adapters import key_files

    path = _path(session, file)
    key = key_files.read(path)
    if not key_files.is_private(path):
        say(f"Note: others may read the key file {path}: `chmod 600` it, or make a new key.")
    return key


def _path(session: Session, file: str | None) -> Path:
    from ipo_ledger.adapters import key_files

    named = file or session.setting("key").value
    if not named:
        return key_files.default_path()
    _refuse_a_key(named)
    return Path(named).expanduser()


def _refuse_a_key(text: str) -> None:
    if _SECRET in text:
        raise click.UsageError("This is a private key, and not the name of a file that holds one: put it into a file.")


@click.group("key", cls=Family)
@shared
def key() -> None:
    """Make the key that checkpoints are signed with, or show its public half."""


@key.command(
    "new",
    examples=(
        "ipo-ledger key new hq.example/desk-moves --out new.key",
        "ipo-ledger key new hq.example/desk-moves --out second.key --json",
    ),
    exits=(0, 2, 3, 6),
)
@click.argument("name", metavar="NAME", type=WORDS)
@click.option(
    "--out",
    metavar="FILE",
    type=KeyFile(dir_okay=False),
    help="Where.  [env: IPO_LEDGER_KEY; default: your data directory]",
)
@reading
@click.pass_obj
def new(session: Session, name: str, *, out: str | None) -> None:
    """Make a signing key, in a file that you alone may read.

    NAME is what the ledger is called by those who check it, such as hq.example/desk-moves: a name of your own,
    without spaces. The verifier key that is printed is public: give it to the auditor, by another way than the
    checkpoints. A key is never written over.
    """
    from ipo_ledger.adapters import key_files

    path = _path(session, out)
    _tell(session, path, key_files.make(name, path))


@key.command("show", examples=("ipo-ledger key show", "ipo-ledger key show ledger.key --json"), exits=(0, 2, 4, 6))
@click.argument("file", metavar="[FILE]", required=False, type=KeyFile(dir_okay=False))
@reading
@click.pass_obj
def show(session: Session, file: str | None) -> None:
    """Show the name and the verifier key of a signing key."""
    path = _path(session, file)
    _tell(session, path, signing_key(session, str(path)).verifier)


def _tell(session: Session, path: Path, verifier: VerifierKey) -> None:
    def tell() -> None:
        say(f"The key of {verifier.name} is in {path}. Its verifier key, for whoever checks:")
        out(str(verifier))

    answer(session, {"name": verifier.name, "key": str(verifier), "file": str(path)}, tell)

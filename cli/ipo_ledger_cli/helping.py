"""The command that explains: the program, a command, or what holds for all of them."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING, Any

import click

from ipo_ledger_cli.command import command
from ipo_ledger_cli.options import Words, reading
from ipo_ledger_cli.output import write_json
from ipo_ledger_cli.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

    from ipo_ledger_cli.session import Session


class Explained(Words):
    """A topic, or the words of a command."""

    name = "topic"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the topics and the commands that begin as given."""
        from click.shell_completion import CompletionItem

        del param
        return [CompletionItem(word) for word in _known(ctx.find_root()) if word.startswith(incomplete)]


@command("help", examples=("ipo-ledger help dates", "ipo-ledger help system add"), exits=(0, 2))
@click.argument("words", metavar="[TOPIC|COMMAND...]", nargs=-1, type=Explained())
@reading
@click.pass_context
def help_(ctx: click.Context, words: Sequence[str]) -> None:
    """Explain a command, or what holds for all of them.

    The topics are concepts, dates, environment and exit-codes.
    """
    session: Session = ctx.obj
    text = _topic(words) or _help_of(ctx.find_root(), words)
    if session.json:
        write_json({"about": " ".join(words), "text": text}, sys.stdout)
    else:
        click.echo(text.rstrip("\n"))


def _topic(words: Sequence[str]) -> str | None:
    found = TOPICS.get(words[0]) if len(words) == 1 else None
    return found[1]() if found is not None else None


def _help_of(root: click.Context, words: Sequence[str]) -> str:
    """Return the help of a command, as `-h` gives it; without words that of the program, and the topics."""
    context = root
    for place, word in enumerate(words):
        group: Any = context.command
        found = group.get_command(context, word) if isinstance(group, click.Group) else None
        if found is None:
            raise _nothing_called(words[: place + 1], context)
        context = click.Context(found, info_name=word, parent=context, **found.context_settings)
    if context is not root:
        return context.get_help()
    formatter = root.make_formatter()
    with formatter.section("Topics, for `ipo-ledger help TOPIC`"):
        formatter.write_dl([(name, about) for name, (about, _) in TOPICS.items()])
    return f"{root.get_help()}\n\n{formatter.getvalue()}"


def _nothing_called(words: Sequence[str], context: click.Context) -> click.UsageError:
    known = _known(context)
    near = difflib.get_close_matches(words[-1], known, n=3)
    hint = f" Did you mean {' or '.join(repr(word) for word in near)}?" if near else ""
    what = "no command and no topic" if len(words) == 1 else "no command"
    return click.UsageError(f"There is {what} {' '.join(words)!r}.{hint}")


def _known(context: click.Context) -> list[str]:
    """Return what can be explained at this place."""
    group = context.command
    commands = group.list_commands(context) if isinstance(group, click.Group) else []
    return [*(TOPICS if context.parent is None else ()), *commands]

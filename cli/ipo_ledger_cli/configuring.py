"""The commands about the settings: what each is, and who said so."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ipo_ledger_cli import settings
from ipo_ledger_cli.command import Family
from ipo_ledger_cli.options import acting, listing, reading, shared
from ipo_ledger_cli.output import answer_rows, out, say, write_json
from ipo_ledger_cli.tables import table

if TYPE_CHECKING:
    from ipo_ledger_cli.rows import Rows
    from ipo_ledger_cli.session import Session


@click.group("config", cls=Family)
@shared
def config() -> None:
    """Show the settings, and where each comes from."""


@config.command(
    "show",
    examples=("ipo-ledger config show", "ipo-ledger config show --system hq --csv"),
    exits=(0, 2),
)
@acting
@listing
@click.pass_obj
def show(session: Session) -> None:
    """Show every setting, and where it comes from.

    An option goes before the environment, that before the user's file (`config path` says where it is), that
    before the default. Passwords in a ledger URL are hidden.

    The file is TOML. It may hold any of these, and nothing else; a password in it is refused:

    \b
      ledger = "postgresql://ana@db.example/ledger"
      system = "hq"
      actor = "ana"
      key = "~/keys/ledger.key"
      color = "auto"
    """  # noqa: D301 - \b is click's mark for a paragraph that stays as it is
    found = [_shown(session.setting(name)) for name in settings.VARIABLES]
    path = settings.file_path(session.environment)
    told = {
        "file": str(path) if path is not None else None,
        "settings": [dict(zip(_COLUMNS, setting, strict=True)) for setting in found],
    }

    def tell() -> None:
        rows = [(name, value or "not set", source, where) for name, value, source, where in found]
        table(("setting", "value", "from", "where"), rows, optional=("where",))

    answer_rows(session, told, tell, lambda: _rows(found))


_COLUMNS = ("setting", "value", "from", "where")


def _rows(found: list[settings.Setting]) -> Rows:
    from ipo_ledger_cli.rows import Rows

    return Rows(_COLUMNS, (dict(zip(_COLUMNS, setting, strict=True)) for setting in found))


def _shown(setting: settings.Setting) -> settings.Setting:
    """Return a setting as it may be shown, with its default where nobody set it."""
    if setting.source == "default":
        return setting._replace(value=_default(setting.name))
    if setting.name == "ledger" and setting.value is not None:
        return setting._replace(value=settings.without_password(setting.value))
    return setting


def _default(name: str) -> str | None:
    match name:
        case "ledger":
            from ipo_ledger.opening import default_url

            return default_url()
        case "actor":
            from ipo_ledger.opening import account_name

            return account_name()
        case "key":
            from ipo_ledger.adapters.key_files import default_path

            return str(default_path())
        case "color":
            return "auto"
    return None


@config.command(
    "path",
    examples=("ipo-ledger config path", "ipo-ledger config path --json"),
    exits=(0, 2),
)
@reading
@click.pass_obj
def path(session: Session) -> None:
    """Show where the file of settings is, or would be.

    IPO_LEDGER_CONFIG names another file; set to nothing, none is read.
    """
    found = settings.file_path(session.environment)
    there = found is not None and found.exists()
    if session.json:
        write_json({"file": str(found) if found is not None else None, "there": there}, sys.stdout)
    elif found is None:
        say(f"No file of settings is read: {settings.NAMES_FILE} is set to nothing.")
    else:
        out(str(found))
        if not there:
            say("There is no such file yet: `ipo-ledger config show -h` says what may stand in it.")

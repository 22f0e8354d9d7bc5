"""One run of the program: what its options and its environment say, and the ledger they lead to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self, TypedDict, cast

from ipo_ledger_cli.colours import of_environment
from ipo_ledger_cli.output import say
from ipo_ledger_cli.settings import COLORS, VARIABLES, BadSettings, Setting, file_path, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from types import TracebackType
    from typing import Literal, TypeAlias

    import ipo_ledger
    from ipo_ledger_cli.colours import Wish

    Form: TypeAlias = Literal["words", "json", "nl", "csv"]


class Told(TypedDict, total=False):
    """What the options of every writing command say; handed on to the API as it is."""

    at: str | None
    reason: str | None
    ticket: str | None
    actor: str | None
    command_id: str | None


class Session:
    """What one run works with. An option goes before the environment, that before the user's file of settings."""

    def __init__(
        self,
        environment: Mapping[str, str],
        clock: Callable[[], datetime] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the environment; `clock` stands in for the store's, and `sleep` for waiting, in tests and the demo."""
        self.environment = environment
        self.clock = clock
        self.sleep = sleep
        self.ledger_option: str | None = None
        self.system_option: str | None = None
        self.form: Form = "words"
        self.debug = bool(environment.get("IPO_LEDGER_DEBUG"))
        self.told: Told = {}
        self._file: Mapping[str, str] | None = None
        self._ledger: ipo_ledger.Ledger | None = None

    def color(self) -> Wish:
        """Return whether colours are wanted."""
        try:
            value = self.setting("color").value
        except BadSettings:  # it is said where a setting is needed, and not while that is being said
            return "auto"
        return cast("Wish", value) if value in COLORS else "auto"

    @property
    def json(self) -> bool:
        """Tell whether the result is to be one JSON document."""
        return self.form == "json"

    def setting(self, name: str) -> Setting:
        """Return a setting, and who said it; the user's file is read only where nobody nearer did.

        Raises `BadSettings`.
        """
        options = {"ledger": self.ledger_option, "system": self.system_option, "actor": self.told.get("actor")}
        if value := options.get(name):
            return Setting(name, value, "option", f"--{name}")
        for variable in VARIABLES[name]:
            value = self.environment.get(variable)
            said = of_environment({variable: value or ""}) if name == "color" else value
            if said:
                return Setting(name, said, "environment", variable)
        if self._file is None:
            self._file = read(self.environment)
        if value := self._file.get(name):
            return Setting(name, value, "file", str(file_path(self.environment)))
        return Setting(name, None, "default")

    @property
    def ledger_url(self) -> str | None:
        """Return the URL of the ledger that was asked for, or None for the default."""
        return self.setting("ledger").value

    @property
    def named_url(self) -> str:
        """Return the URL that the command line or the environment names: the only ones that may hold a password."""
        return self.ledger_option or self.environment.get("IPO_LEDGER_URL", "")

    @property
    def actor(self) -> str | None:
        """Return who acts, or None for the name of the account."""
        return self.setting("actor").value

    @property
    def said(self) -> Told:
        """Return what goes with a writing command."""
        return {**self.told, "actor": self.actor}

    @property
    def system_name(self) -> str | None:
        """Return the name of the system that was asked for, or None for the only one."""
        return self.setting("system").value

    def ledger(self) -> ipo_ledger.Ledger:
        """Return the ledger; it is opened once and closed with the session."""
        if self._ledger is None:
            from ipo_ledger import open as open_ledger

            self._ledger = open_ledger(self.ledger_url, actor=self.actor, clock=self.clock, warned=_warn)
        return self._ledger

    def system(self) -> ipo_ledger.SystemLedger:
        """Return the ledger of the system that was asked for."""
        return self.ledger().system(self.system_name)

    def questions(self) -> ipo_ledger.Questions:
        """Return what can be asked of that system: for commands that only ask, which begin sooner so."""
        return self.ledger().questions(self.system_name)

    def command(self, text: str) -> str:
        """Return a command to be typed next, with the ledger and system as this command line named them."""
        options = [("--ledger", self.ledger_option), ("--system", self.system_option)]
        from ipo_ledger_cli.quoting import quoted

        named = "".join(f" {name} {quoted(value)}" for name, value in options if value is not None)
        return f"ipo-ledger {text}{named}"

    def __enter__(self) -> Self:
        """Begin a run."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the ledger."""
        if self._ledger is not None:
            note = self._ledger.note()
            if note is not None and kind is None:  # a fault is all that is to be said, in JSON above all
                say(f"Note: {note}")
            self._ledger.close()
            self._ledger = None


def _warn(warning: str) -> None:
    from ipo_ledger_cli.output import say

    say(f"Warning: {warning}.")

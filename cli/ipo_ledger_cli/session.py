"""One run of the program: what its options and its environment say, and the ledger they lead to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self, TypedDict

from ipo_ledger_cli.colours import of_environment

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
    """What one run works with. An option goes before the environment, which goes before the default."""

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
        self._ledger: ipo_ledger.Ledger | None = None

    def color(self) -> Wish:
        """Return whether colours are wanted."""
        return of_environment(self.environment) or "auto"

    @property
    def json(self) -> bool:
        """Tell whether the result is to be one JSON document."""
        return self.form == "json"

    @property
    def ledger_url(self) -> str | None:
        """Return the URL of the ledger that was asked for, or None for the default."""
        return self.ledger_option or self.environment.get("IPO_LEDGER_URL") or None

    @property
    def actor(self) -> str | None:
        """Return who acts, or None for the name of the account."""
        return self.told.get("actor") or self.environment.get("IPO_LEDGER_ACTOR") or None

    @property
    def said(self) -> Told:
        """Return what goes with a writing command."""
        return {**self.told, "actor": self.actor}

    @property
    def system_name(self) -> str | None:
        """Return the name of the system that was asked for, or None for the only one."""
        return self.system_option or self.environment.get("IPO_LEDGER_SYSTEM") or None

    def ledger(self) -> ipo_ledger.Ledger:
        """Return the ledger; it is opened once and closed with the session."""
        if self._ledger is None:
            from ipo_ledger import open as open_ledger

            self._ledger = open_ledger(self.ledger_url, actor=self.actor, clock=self.clock)
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
            self._ledger.close()
            self._ledger = None

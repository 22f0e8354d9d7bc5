"""What the ledger answers: one frozen type an answer, named and shaped as in JSON.

Times are aware datetimes in the system's own time zone, so that JSON shows them with its offset.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from ipo_ledger.domain.events import Mode, Outcome
from ipo_ledger.domain.records import Status


class Answer(Struct, frozen=True, kw_only=True):
    """What every answer is: an immutable value that encodes to the JSON of the contract."""


# --- writing ------------------------------------------------------------------------------------------------


class ChangeAnswer(Answer, frozen=True):
    """One base extension change; None is blank."""

    extension_id: int
    old: str | None
    new: str | None


class WarningAnswer(Answer, frozen=True):
    """One warning: a stable code, and a sentence."""

    code: str
    message: str


class EventAnswer(Answer, frozen=True):
    """One event that a command recorded."""

    position: int
    type: str
    user: str | None = None
    extension_id: int | None = None
    cause: str | None = None


class PendingAnswer(Answer, frozen=True):
    """One extension that a sent batch waits for.

    `by_hand`: the user has to log in by hand (Force Login, or two base extensions). `seated_at`: where they are.
    """

    extension_id: int
    waiting_for: Literal["log-out", "log-in"]
    user: str
    number: str | None
    by_hand: bool
    seated_at: int | None


class Drafted(Answer, frozen=True):
    """What swap, batch, change, rollback and restore answer. `position` is of the last event appended."""

    system: str
    batch: str | None
    status: Status | None
    title: str
    reverses: tuple[str, ...]
    changes: tuple[ChangeAnswer, ...]
    warnings: tuple[WarningAnswer, ...]
    position: int | None
    dry_run: bool = False
    events: tuple[EventAnswer, ...] = ()
    pending: tuple[PendingAnswer, ...] = ()


class Done(Answer, frozen=True):
    """What send, logout, login, restart and abandon answer. `batch` is the batch it belongs to, if any."""

    system: str
    batch: str | None
    status: Status | None
    position: int
    events: tuple[EventAnswer, ...]
    pending: tuple[PendingAnswer, ...]


class SystemAnswer(Answer, frozen=True):
    """One system and its settings; `known_since` is its baseline (None: no export imported yet)."""

    system: str
    release: str
    timezone: str
    base_extension_by: Literal["merge", "reboot"]
    logout_code: str
    extensions: int
    users: int
    batches: int
    known_since: datetime | None
    position: int | None = None


class SystemList(Answer, frozen=True):
    """Every system of the ledger, by name."""

    systems: tuple[SystemAnswer, ...]


class Imported(Answer, frozen=True):
    """What an import recorded, by count, and what the export no longer names."""

    system: str
    baseline: bool
    at: datetime
    extensions_added: int
    extensions_changed: int
    users_added: int
    users_changed: int
    users_renumbered: int
    seated: int
    batch: str | None
    changes: tuple[ChangeAnswer, ...]
    missing_extensions: tuple[int, ...]
    missing_users: tuple[str, ...]
    warnings: tuple[WarningAnswer, ...]
    position: int | None
    extensions_removed: tuple[int, ...] = ()
    users_removed: tuple[str, ...] = ()


class UserAnswer(Answer, frozen=True):
    """One user as the ledger knows them."""

    system: str
    user: str
    number: str | None
    full_name: str | None
    has_login_code: bool
    forced_login: bool
    extension_id: int | None
    position: int | None = None


class ExtensionAnswer(Answer, frozen=True):
    """One extension as the ledger knows it."""

    system: str
    extension_id: int
    module: str
    port: int
    kind: int | None
    label: str | None
    base_extension: str | None
    user: str | None
    position: int | None = None


# --- correcting ---------------------------------------------------------------------------------------------


class Effect(Answer, frozen=True):
    """A stretch of time for which an answer becomes another: `who` of an extension, `where` of a user, ...

    `was` and `becomes` are a user's name, an extension id, a base extension or a number; None: nobody, off the air,
    blank, none. `to` None: it goes on.
    """

    about: Literal["who", "where", "base extension", "number"]
    extension_id: int | None
    user: str | None
    from_: datetime = field(name="from")
    to: datetime | None
    was: str | None
    becomes: str | None


class BatchEffect(Answer, frozen=True):
    """A batch that is another way now."""

    batch: str
    was: Status
    becomes: Status


class Correction(Answer, frozen=True):
    """What was corrected, how, and what that does to which answers; of a dry run nothing was recorded."""

    system: str
    corrected: int
    what: str
    occurred_at: datetime
    how: Literal["never", "otherwise", "again"]
    took: tuple[int, ...]
    effects: tuple[Effect, ...]
    batches: tuple[BatchEffect, ...]
    position: int | None
    events: tuple[EventAnswer, ...]
    dry_run: bool = False


# --- reading ------------------------------------------------------------------------------------------------
# `on` is the date or instant asked about, ISO 8601; `read_as` says in words how it was read.


class WhoStay(Answer, frozen=True):
    """One stay at an extension; user None: vacant. `to` None: it goes on. `ended` says why it ended."""

    user: str | None
    number: str | None
    from_: datetime = field(name="from")
    to: datetime | None
    cause: str
    batch: str | None
    ended: str | None = None


class Who(Answer, frozen=True):
    """Every stay at an extension in the time asked for, vacant times included."""

    system: str
    extension_id: int
    module: str
    port: int
    label: str | None
    on: str
    read_as: str
    known_at: int | None
    stays: tuple[WhoStay, ...]


class WhereStay(Answer, frozen=True):
    """One stay of a person; extension_id None: off the air. `to` None: it goes on."""

    extension_id: int | None
    module: str | None
    port: int | None
    label: str | None
    from_: datetime = field(name="from")
    to: datetime | None
    cause: str
    batch: str | None
    ended: str | None = None


class Where(Answer, frozen=True):
    """Every stay of a person in the time asked for, off-the-air times included."""

    system: str
    user: str
    number: str | None
    full_name: str | None
    on: str
    read_as: str
    known_at: int | None
    stays: tuple[WhereStay, ...]


class Seat(Answer, frozen=True):
    """One extension at an instant: its base extension in force, and who is seated there since when."""

    extension_id: int
    module: str
    port: int
    label: str | None
    base_extension: str | None
    user: str | None
    number: str | None
    since: datetime


class Seats(Answer, frozen=True):
    """The whole system at an instant."""

    system: str
    on: str
    read_as: str
    known_at: int | None
    seats: tuple[Seat, ...]
    off_the_air: tuple[str, ...]


class Instant(Answer, frozen=True):
    """One of the two looks that are compared: when, and as known at which position (None: now)."""

    on: str
    read_as: str
    known_at: int | None


class Person(Answer, frozen=True):
    """Who sat there."""

    user: str
    number: str | None


class SeatDiff(Answer, frozen=True):
    """An extension where somebody else sat; None: it was vacant."""

    extension_id: int
    module: str
    port: int
    label: str | None
    before: Person | None
    after: Person | None


class BaseDiff(Answer, frozen=True):
    """A base extension in force that was another; None is blank."""

    extension_id: int
    before: str | None
    after: str | None


class Diff(Answer, frozen=True):
    """What differs between two looks at a system; extensions and users that were added or removed are listed apart.

    `off_the_air` are those who were not before, `back_on_the_air` those who are not any more.
    """

    system: str
    before: Instant
    after: Instant
    seats: tuple[SeatDiff, ...]
    base_extensions: tuple[BaseDiff, ...]
    added: tuple[int, ...]
    removed: tuple[int, ...]
    users_added: tuple[str, ...]
    users_removed: tuple[str, ...]
    off_the_air: tuple[str, ...]
    back_on_the_air: tuple[str, ...]


class Conflict(Answer, frozen=True):
    """A number that would be the base of several extensions."""

    base_extension: str
    extensions: tuple[int, ...]


class DraftStatus(Answer, frozen=True):
    """A draft, and what Manager would still warn of."""

    batch: str
    title: str
    opened_at: datetime
    actor: str
    reason: str | None
    reverses: tuple[str, ...]
    changes: tuple[ChangeAnswer, ...]
    conflicts: tuple[Conflict, ...]


class SentStatus(Answer, frozen=True):
    """A sent batch that is not settled, and what it waits for."""

    batch: str
    title: str
    sent_at: datetime
    mode: Mode
    waits_for_restart: bool
    pending: tuple[PendingAnswer, ...]


class StatusAnswer(Answer, frozen=True):
    """What is going on in a system, now or as known at a position."""

    system: str
    known_at: int | None
    drafts: tuple[DraftStatus, ...]
    sent: tuple[SentStatus, ...]
    off_the_air: tuple[str, ...]
    vacant: tuple[int, ...]


class SendAnswer(Answer, frozen=True):
    """One sending of the configuration."""

    at: datetime
    mode: Mode
    outcome: Outcome
    conflicts: tuple[str, ...]
    actor: str
    position: int


class Shown(Answer, frozen=True):
    """Everything about one batch, now or as known at a position."""

    system: str
    known_at: int | None
    batch: str
    status: Status
    live: bool
    title: str
    reason: str | None
    actor: str
    ticket: str | None
    observed: bool
    opened_at: datetime
    in_force_at: datetime | None
    settled_at: datetime | None
    reverses: tuple[str, ...]
    reversed_by: str | None
    changes: tuple[ChangeAnswer, ...]
    cycles: tuple[tuple[str, ...], ...]
    live_cycles: tuple[tuple[str, ...], ...]
    conflicts: tuple[Conflict, ...]
    sends: tuple[SendAnswer, ...]
    pending: tuple[PendingAnswer, ...]


class BatchLine(Answer, frozen=True):
    """One batch in a list."""

    batch: str
    status: Status
    title: str
    opened_at: datetime
    in_force_at: datetime | None
    settled_at: datetime | None
    actor: str
    reason: str | None
    ticket: str | None
    reverses: tuple[str, ...]
    changes: int


class BatchList(Answer, frozen=True):
    """Batches, newest first; `next` goes on where this page ends (None: at its end)."""

    system: str
    batches: tuple[BatchLine, ...]
    next: str | None


class LogEntry(Answer, frozen=True):
    """One event as it was recorded; `corrected_by` is the event that took it away, if one did."""

    position: int
    type: str
    system: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    reason: str | None
    ticket: str | None
    command_id: str
    batch: str | None
    caused_by: int | None
    corrected_by: int | None
    data: dict[str, Any]


class Log(Answer, frozen=True):
    """Events, newest first; `next` is the position to go on before (None: at the end)."""

    events: tuple[LogEntry, ...]
    next: int | None


class HistoryEntry(Answer, frozen=True):
    """One thing that happened to a user or an extension, in words and in fields.

    Of a log-in or a log-out, `until` is when the stay (or the vacancy, or the time off the air) that it began was
    over, and `ended` why; None: it goes on.
    """

    position: int
    occurred_at: datetime
    type: str
    what: str
    user: str | None
    extension_id: int | None
    cause: str | None
    batch: str | None
    actor: str
    reason: str | None
    until: datetime | None = None
    ended: str | None = None


class History(Answer, frozen=True):
    """What happened to one user or extension, newest first; `next` as in `Log`."""

    system: str
    subject: str
    known_at: int | None
    entries: tuple[HistoryEntry, ...]
    next: int | None


class DriftAnswer(Answer, frozen=True):
    """One base extension that an export says otherwise than the ledger; None is blank."""

    extension_id: int
    ledger: str | None
    export: str | None


class Checked(Answer, frozen=True):
    """How a fresh export compares with the base extensions in force."""

    system: str
    agrees: bool
    compared: int
    drift: tuple[DriftAnswer, ...]
    unknown_extensions: tuple[int, ...]
    missing_extensions: tuple[int, ...]


# --- a blocked rollback (error.details) ---------------------------------------------------------------------


class ByAnswer(Answer, frozen=True):
    """The batch that is in the way."""

    batch: str | None
    actor: str | None
    occurred_at: datetime | None
    reason: str | None


class BlockedAnswer(Answer, frozen=True):
    """One extension that cannot be taken back, and who put there what is found."""

    extension_id: int
    why: Literal["changed", "taken", "held", "removed"]
    expected: str | None
    found: str | None
    at_extension: int | None
    by: ByAnswer


class WayOutAnswer(Answer, frozen=True):
    """One way to go on, and its cost: batches reversed, phones changed, people who move, log-outs to dial."""

    option: Literal["cascade", "replan", "partial"]
    possible: bool
    batches: tuple[str, ...]
    extensions: int
    users: tuple[str, ...]
    log_outs: int
    why_not: str | None


class LinkAnswer(Answer, frozen=True):
    """A later batch builds on an earlier one."""

    later: str
    earlier: str
    extensions: tuple[int, ...]
    numbers: tuple[str, ...]


class Graph(Answer, frozen=True):
    """A batch and the later ones that build on it, as fields and as text for DOT and Mermaid."""

    system: str
    batch: str
    batches: tuple[str, ...]
    links: tuple[LinkAnswer, ...]
    dot: str
    mermaid: str


# --- the work order -----------------------------------------------------------------------------------------


class TypingStep(Answer, frozen=True):
    """One base extension to type in Manager; `warns_of` are the numbers it warns of until later steps."""

    extension_id: int
    module: str
    port: int
    label: str | None
    old: str | None
    new: str | None
    warns_of: tuple[str, ...]


class Dial(Answer, frozen=True):
    """One person who has to act: dial `code` at `at`, and where `by_hand`, log in at `to` with their own code."""

    user: str
    number: str | None
    full_name: str | None
    at: ExtensionAnswer | None
    code: str | None
    by_hand: bool
    to: ExtensionAnswer | None


class E911Change(Answer, frozen=True):
    """One number whose emergency-call location changes; None: no such extension before, or after."""

    number: str
    user: str | None
    from_: ExtensionAnswer | None = field(name="from")
    to: ExtensionAnswer | None


class Sheet(Answer, frozen=True):
    """The work order of a batch: what to type, how to send it, who dials what where, what E911 has to learn."""

    system: str
    batch: str
    title: str
    status: Status
    reason: str | None
    ticket: str | None
    typing: tuple[TypingStep, ...]
    send_by: Literal["merge", "reboot"]
    dials: tuple[Dial, ...]
    e911: tuple[E911Change, ...]


# --- evidence -----------------------------------------------------------------------------------------------


class CheckpointAnswer(Answer, frozen=True):
    """A signed checkpoint: `note` is what to keep elsewhere; `not_kept` says why the ledger does not keep it too."""

    size: int
    root: str
    origin: str
    key: str
    note: str
    kept: bool
    not_kept: str | None = None


class Proof(Answer, frozen=True):
    """Evidence for some events: what it is about, under which checkpoint, and the text of the file."""

    what: str
    events: tuple[int, ...]
    size: int
    root: str
    origin: str
    signed_by: str
    key: str | None
    evidence: str


class StoreAnswer(Answer, frozen=True):
    """What a store is and holds, what this connection may do there, and which of that nobody who records needs.

    `size` in bytes and `role` None: not known, or none. `last_checkpoint`: how many events the last one kept covers.
    """

    ledger: str
    kind: Literal["sqlite", "postgresql"]
    position: int
    size: int | None
    role: str | None
    rights: tuple[str, ...]
    mode: str | None
    checkpoints: int
    last_checkpoint: int | None
    warnings: tuple[WarningAnswer, ...]


# --- verify, rebuild, export and load -----------------------------------------------------------------------


class FindingAnswer(Answer, frozen=True):
    """One thing that is wrong: which check found it, at which position (None: at none), and what."""

    check: str
    position: int | None
    message: str


class StageAnswer(Answer, frozen=True):
    """One stage of a verification: how many things were checked, how many found wrong, and what was left out."""

    stage: str
    checked: int
    findings: int
    note: str | None = None


class DoubtAnswer(Answer, frozen=True):
    """Events that are not, or may not be, what was recorded. `vouched_by`: the smallest checkpoint that covers them."""

    first: int
    last: int
    vouched_by: int | None


class AgainstAnswer(Answer, frozen=True):
    """How the ledger compares with a checkpoint kept elsewhere; `extends`: it goes on from it."""

    origin: str
    size: int
    root: str
    extends: bool
    signed_by: str | None


class Verified(Answer, frozen=True):
    """The verdict over the whole ledger, with everything that is wrong. `root` is that of the events as they are.

    `from`: the position that tree and streams were checked from. `in_doubt` is as narrow as the tree allows.
    """

    verified: bool
    events: int
    root: str
    from_: int = field(name="from")
    findings: tuple[FindingAnswer, ...]
    stages: tuple[StageAnswer, ...]
    in_doubt: tuple[DoubtAnswer, ...]
    against: AgainstAnswer | None


class RebuiltTable(Answer, frozen=True):
    """One table of the read model: its rows and SHA-256 as made anew, and how many rows were not like that."""

    table: str
    rows: int
    digest: str
    missing: int
    extra: int
    different: int


class Rebuilt(Answer, frozen=True):
    """The read model, made anew from the events; `changed`: rows that were (or with `dry_run` would be) written."""

    events: int
    changed: int
    tables: tuple[RebuiltTable, ...]
    dry_run: bool


class Loaded(Answer, frozen=True):
    """What was loaded into an empty ledger."""

    events: int
    root: str
    systems: tuple[str, ...]
    answers: int
    checkpoints: int


# --- record -------------------------------------------------------------------------------------------------


class LineAnswer(Answer, frozen=True, omit_defaults=True):
    """The answer to one line of `record`: its result, or its error with the exit code it stands for."""

    line: int
    ok: bool
    result: Answer | None = None
    exit: int | None = None
    error: dict[str, Any] | None = None

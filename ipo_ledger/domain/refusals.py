"""What the rules refuse, and what cannot be found: one class each (see `ipo_ledger.errors`)."""

from __future__ import annotations

from ipo_ledger.errors import Malformed, NotFound, Refused

# --- not found ----------------------------------------------------------------------------------------------


class UnknownSystem(NotFound):
    """The ledger keeps no system of that name."""

    code = "unknown-system"
    says = "There is no system {asked!r} in this ledger."
    way_out = "See `ipo-ledger system list`, or add it with `ipo-ledger system add {asked} --release R --timezone TZ`."


class NoSystem(NotFound):
    """The ledger keeps no system yet, so there is nothing to ask or record."""

    code = "no-system"
    says = "This ledger keeps no system yet."
    way_out = "Add one: `ipo-ledger system add NAME --release R --timezone TZ`, then `ipo-ledger import EXPORT...`."


class UnknownUser(NotFound):
    """No user has that name or number."""

    code = "unknown-user"
    says = "No user of {system} has the name or number {asked!r}."
    way_out = "See `ipo-ledger seats --system {system}` for everybody's number and name."


class UnknownExtension(NotFound):
    """No extension has that id, module/port or label."""

    code = "unknown-extension"
    says = "{system} has no extension {asked}."
    way_out = "Give an extension id, MODULE/PORT or @LABEL; `ipo-ledger seats --system {system}` lists them."


class UnknownBatch(NotFound):
    """No batch has that id."""

    code = "unknown-batch"
    says = "{system} has no batch {asked}."
    way_out = "See `ipo-ledger batches --system {system}`."


class UnknownEvent(NotFound):
    """The system has no event at that position."""

    code = "unknown-event"
    says = "{system} has no event {asked}."
    way_out = "See `ipo-ledger log --system {system}` for the events and their positions."


class NothingKnown(NotFound):
    """The question is about a time before the ledger's first fact of it."""

    code = "nothing-known"
    says = "Nothing is known of {what} before {since}."
    way_out = "The ledger begins with the baseline import; ask for {since} or later."


class Removed(NotFound):
    """The question is about a time after an extension or user was removed."""

    code = "removed"
    says = "{what} was removed at {since}."
    way_out = "Ask for a time before that: the answer for then stays, such as `--on {day}`."


class NothingKnownYet(NotFound):
    """The system is there, and who sits where is not: no export of it was taken in."""

    code = "nothing-known-yet"
    says = "Nothing is known of {system} yet: no export of it was imported."
    way_out = "Record its baseline: `ipo-ledger import EXPORT... --system {system}`."


# --- malformed ----------------------------------------------------------------------------------------------


class SystemNeeded(Malformed):
    """The ledger keeps several systems, and the command does not say which of them it is about."""

    code = "system-needed"
    says = "This ledger keeps several systems ({names}): say which one."
    way_out = "Add `--system NAME`, or set IPO_LEDGER_SYSTEM."


class AmbiguousName(Malformed):
    """What was given fits several: extensions with one label, or one user's name and another's number."""

    code = "ambiguous"
    says = "{asked!r} could mean {meanings}."
    way_out = "Use {instead}."


class BadBase(Malformed):
    """What was given as a base extension is none: it is a number that people dial."""

    code = "bad-base-extension"
    says = "{asked!r} cannot be a base extension: it has 2 to 15 digits, or is blank."
    way_out = "Give digits only, or `-` for blank."


class BadSetting(Malformed):
    """A setting of a system has a value it cannot have."""

    code = "bad-setting"
    says = "{what} cannot be {asked!r}: {why}."
    way_out = "See `ipo-ledger system add --help`."


class RowFault(Malformed):
    """One row of a list of moves does not say what it has to. It is one of those that `batch-faults` lists."""

    code = "row-fault"
    says = "{why}"


class BatchFaults(Malformed):
    """A list of moves has faults; all are named at once and nothing is drafted."""

    code = "batch-faults"
    says = "Nothing was drafted: the list has faults in {count} of its rows:\n{listing}"
    way_out = "Mend the lines named and give the whole list again."


# --- refused: the life of a batch ---------------------------------------------------------------------------


class FutureTime(Refused):
    """It is dated after now: only what has happened is recorded."""

    code = "future-time"
    says = "{at} has not come yet: it is {now}. Only what has happened can be recorded."
    way_out = "Leave out --at for now, or give the time at which it happened."


class OutOfOrder(Refused):
    """A fact is dated before what is already recorded of the same extension, user or batch."""

    code = "out-of-order"
    says = "{event} at {at} would come before what is recorded of {what}: {name} at {last_at} (event {position})."
    way_out = (
        "Give a time from {last_at} on; if event {position} never happened, or at another time, correct it first: "
        "`ipo-ledger correct {position} --never`, or with `--at WHEN`."
    )


class NotCorrectable(Refused):
    """It is no fact that a correction takes back: something else does."""

    code = "not-correctable"
    says = "Event {position} ({type}) cannot be corrected: {why}."
    way_out = "Do this instead: `{instead}`."


class OnlyAConsequence(Refused):
    """It followed from another event by itself, as a log-in does from a log-out, and goes with that."""

    code = "only-a-consequence"
    says = "Event {position} ({type}) followed by itself from event {root} ({root_type})."
    way_out = "Correct what it followed from: `ipo-ledger correct {root} --never`, or with `--at WHEN`."


class CorrectedAlready(Refused):
    """A correction said before that this never happened, or happened otherwise."""

    code = "corrected-already"
    says = "Event {position} does not stand: event {by} corrected it."
    way_out = "If that correction is wrong, correct it: `ipo-ledger correct {by} --never`."


class FactsRest(Refused):
    """Later facts rest on what a correction would take away."""

    code = "facts-rest"
    says = "{count} later {facts} on event {position}, newest first:\n{listing}"
    way_out = "Correct the newest first, then this one again: `ipo-ledger correct {first} --never`."


class BadNumber(Malformed):
    """What was given as the number of a user is none."""

    code = "bad-number"
    says = "{asked!r} is no number: it is 1 to 15 digits, or - for none."
    way_out = "Give the digits that people dial, such as 202."


class NumberTaken(Refused):
    """Another user has that number."""

    code = "number-taken"
    says = "{number} is the number of {other}."
    way_out = (
        "Renumber {other} first: `ipo-ledger user renumber {other} NUMBER` (- for none). "
        "If the two traded desks and kept their numbers, it is a swap."
    )


class AcrossRenumber(Refused):
    """A rollback would bring back a number that is not the same person's any more."""

    code = "across-renumber"
    says = "{batch} cannot be rolled back across a renumber: {listing}."
    way_out = (
        "Draft what you mean instead: `ipo-ledger change EXTENSION BASE`. Where the base extension follows the person "
        "to the new number first, {batch} can be rolled back."
    )


class SystemExists(Refused):
    """A system of that name is there already."""

    code = "system-exists"
    says = "There is a system {name!r} already."
    way_out = "Change its settings with `ipo-ledger system set {name}`."


class NothingToChange(Refused):
    """What was asked for is in force already, or nothing was asked for."""

    code = "nothing-to-change"
    says = "Nothing to change: {why}."
    way_out = "See who has which base extension: `ipo-ledger seats --system {system}`."


class NoHome(Refused):
    """A user's number is the base extension of nothing, so there is nothing to swap."""

    code = "no-base-extension"
    says = "No extension of {system} has {number}, the number of {user}, as its base extension."
    way_out = "Give them one first: `ipo-ledger change EXTENSION {number} --system {system}`."


class TwoHomes(Refused):
    """A user's number is the base extension of several extensions."""

    code = "base-extension-twice"
    says = "{number}, the number of {user}, is the base extension of {extensions}: which one is meant is unclear."
    way_out = "Mend that first with `ipo-ledger change EXTENSION BASE --system {system}`."


class NoNumber(Refused):
    """A user without a number cannot be anybody's base extension."""

    code = "no-number"
    says = "{user} has no number, so no extension can have it as base extension."
    way_out = "Give them one first: `ipo-ledger user renumber {user} NUMBER`."


class SameUser(Refused):
    """A swap needs two people."""

    code = "same-user"
    says = "{user} cannot swap with themselves."
    way_out = "Name two different users."


class ExtensionHeld(Refused):
    """Another batch that is not in force yet already changes this extension."""

    code = "extension-held"
    says = "Extension {extension_id} is already changed by {holder} ({status}: {title})."
    way_out = "Send or abandon it first: `ipo-ledger show {holder} --system {system}` says how far it is."


class NotADraft(Refused):
    """Only a draft can be changed, sent or abandoned."""

    code = "not-a-draft"
    says = "{batch} is {status}, not a draft: it cannot be {verb}."
    way_out = "See `ipo-ledger show {batch} --system {system}`."


class EmptyDraft(Refused):
    """A draft whose changes cancel out has nothing to send."""

    code = "empty-draft"
    says = "{batch} has no changes left to send."
    way_out = "Add one with `ipo-ledger change EXTENSION BASE --batch {batch}`, or `ipo-ledger abandon {batch}`."


class StaleDraft(Refused):
    """A base extension in force is no longer what the draft was made from."""

    code = "stale-draft"
    says = "{batch} is stale: {listing}."
    way_out = "Give it up, and draft it again from what is there now: `ipo-ledger abandon {batch} --system {system}`."


class BaseTwice(Refused):
    """The configuration that would be sent has the same base extension twice."""

    code = "base-extension-conflict"
    says = "With {batch} sent, {listing}. Manager warns of this too."
    way_out = (
        "Add the missing change (`ipo-ledger change EXTENSION BASE --batch {batch}`); if that is what really was "
        "sent, say so with --with-conflicts."
    )


class MergeRefused(Refused):
    """This system takes base extension changes by a reboot only: by its setting, and always before release 4.2."""

    code = "merge-refused"
    says = "{system} (release {release}) takes base extension changes by a reboot, not by merge{why}."
    way_out = "Say how it was sent: `ipo-ledger send {batch} --mode immediate` (or when-free, timed)."


# --- refused: hot desking -----------------------------------------------------------------------------------


class NotSeated(Refused):
    """Somebody who is logged in nowhere cannot log out."""

    code = "not-seated"
    says = "{user} is logged in nowhere, so cannot log out."
    way_out = "They are off the air; if they logged in somewhere: `ipo-ledger login {user} EXTENSION`."


class LogOutForbidden(Refused):
    """Who has no login code may log out only where the base extension is no longer their number (H7)."""

    code = "log-out-forbidden"
    says = (
        "{user} cannot log out of extension {extension_id}: they have no login code, and its base extension "
        "is still their own number {number} (rule H7)."
    )
    way_out = (
        "If a batch changes it, record its send first; if they do have a login code: "
        "`ipo-ledger user set {user} --login-code`."
    )


class AlreadyThere(Refused):
    """They are logged in at that phone already, so nothing would happen."""

    code = "already-there"
    says = "{user} is already logged in at extension {extension_id}."
    way_out = "Nothing to record; see `ipo-ledger who {extension_id}`."


# --- refused: rollback -----------------------------------------------------------------------------------------


class NotSentYet(Refused):
    """A draft never took effect: there is nothing to roll back."""

    code = "not-sent-yet"
    says = "{batch} is a draft: it never took effect, so there is nothing to roll back."
    way_out = "Give it up with `ipo-ledger abandon {batch}`."


class NeverInForce(Refused):
    """An abandoned draft never took effect."""

    code = "never-in-force"
    says = "{batch} was abandoned: it never took effect, so there is nothing to roll back."
    way_out = "See `ipo-ledger show {batch}`."


class WaitsForRestart(Refused):
    """A batch that waits for its restart has not taken effect yet."""

    code = "waits-for-restart"
    says = "{batch} was sent ({mode}) and takes effect at the next restart, which is not recorded yet."
    way_out = "Record the restart first (`ipo-ledger restart`), then roll back."


class ReversedAlready(Refused):
    """Another batch in effect takes it back already."""

    code = "reversed-already"
    says = "{batch} is rolled back already, by {by}."
    way_out = "To have it again, roll that back: `ipo-ledger rollback {by}`."


class ReversalDrafted(Refused):
    """A batch that takes it back is on its way."""

    code = "reversal-drafted"
    says = "A batch that rolls {batch} back is there already: {by} ({status})."
    way_out = "See `ipo-ledger show {by}`; send it, or abandon it to begin anew."


class RollbackBlocked(Refused):
    """Later work is in the way. It says what, by whom and why, and what each way out would cost."""

    code = "rollback-blocked"
    says = "{batch} cannot be rolled back as it stands: {count} of its {of} extensions changed since.\n{listing}"
    way_out = "{ways}"


class StrategyNotPossible(Refused):
    """This way of rolling back, asked for by its option, does not do here, for the reason given."""

    code = "strategy-not-possible"
    says = "{batch} cannot be rolled back with --{strategy}: {why}."
    way_out = "See what is in the way: `ipo-ledger rollback {batch} --dry-run`."


class PlanStale(Refused):
    """An extension of the plan moved between the plan and the yes."""

    code = "plan-stale"
    says = "The plan to {what} is stale: since it was shown, {listing}."
    way_out = "Look at the new plan: `ipo-ledger {what_command} --dry-run`."


class NotClosed(Refused):
    """The extensions named cannot be restored alone: others have their base extensions now."""

    code = "selection-not-closed"
    says = (
        "These extensions cannot be restored alone: their base extensions are at extension {extensions} now ({users})."
    )
    way_out = "Name these too: `--extensions {extensions}`, or restore everything."

"""The writing commands of one system, by the names they have on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Unpack

import msgspec

from ipo_ledger.application import answers as a
from ipo_ledger.application import settings, telling, telling_batches
from ipo_ledger.application.move_lists import MoveAsked, moves_of
from ipo_ledger.application.naming import extension_in, user_in
from ipo_ledger.application.recording import Deciding
from ipo_ledger.application.refusals import BadArgument
from ipo_ledger.application.rollbacks import Rollbacks
from ipo_ledger.application.saying import Said, checked
from ipo_ledger.domain import baseline, hot_desking, renumbering
from ipo_ledger.domain import batch as batches
from ipo_ledger.domain import events as e
from ipo_ledger.domain.moments import local, zone_of
from ipo_ledger.domain.records import Mode

MODES: tuple[Mode, ...] = ("merge", "immediate", "when-free", "timed")


class Commands(Rollbacks):
    """What can be recorded of one system. Every method takes what `Said` lists, by keyword."""

    # --- what exports do and do not say -------------------------------------------------------------------

    def set(
        self,
        *,
        release: str | None = None,
        timezone: str | None = None,
        base_extension_by: str | None = None,
        logout_code: str | None = None,
        **said: Unpack[Said],
    ) -> a.SystemAnswer:
        """Change the settings of the system; what is not given stays. Raises `BadSetting`."""
        wanted = {
            "release": release,
            "timezone": timezone,
            "base_extension_by": base_extension_by,
            "logout_code": logout_code,
        }

        def decide(deciding: Deciding) -> a.SystemAnswer:
            old = deciding.system.settings
            assert old is not None
            new = settings.changed(old, **wanted)
            if new != old:
                deciding.entry.happens(
                    e.SystemChanged(new.release, new.timezone, new.base_extension_by, new.logout_code)
                )
            row = deciding.reading.system_row(self.name)
            assert row is not None
            position = deciding.entry.facts[-1].position if deciding.entry.facts else None
            row = msgspec.structs.replace(row, settings=new)
            return telling.system_answer(row, zone_of(new.timezone), position)

        return self._recorder.record("system set", wanted, said, decide, answer=a.SystemAnswer, needs_baseline=False)

    def import_exports(
        self,
        *paths: str | Path,
        mapping: str | Path | None = None,
        removed: bool = False,
        **said: Unpack[Said],
    ) -> a.Imported:
        """Take in the export files of the system: its baseline, or what changed since, as an observed batch.

        Give `at` the time of the export. `removed` records what the files lack as no longer there: only for an
        export of everything. Raises `ExportUnreadable` with every complaint, `NumberTwice`.
        """
        files = [Path(path) for path in paths]
        if not files:
            raise BadArgument(what="import", why="it needs at least one export file")
        site = self._read_exports(files, Path(mapping) if mapping is not None else None)
        title = "observed in " + ", ".join(file.name for file in files)
        asked = {"site": site, "removed": removed} if removed else {"site": site}

        def decide(deciding: Deciding) -> a.Imported:
            entry, system = deciding.entry, deciding.system
            first = system.baseline is None
            found = baseline.observe(entry, site, title=title, removed=removed)
            observed = system.open.get(found.batch) if found.batch is not None else None
            return a.Imported(
                system=self.name,
                baseline=first,
                at=local(entry.given.at, deciding.zone),
                extensions_added=found.extensions_added,
                extensions_changed=found.extensions_changed,
                users_added=found.users_added,
                users_changed=found.users_changed,
                users_renumbered=found.users_renumbered,
                seated=found.seated,
                batch=telling.batch_id(found.batch),
                changes=telling.changes(observed.changes.values()) if observed is not None else (),
                missing_extensions=found.missing_extensions,
                missing_users=found.missing_users,
                extensions_removed=found.extensions_removed,
                users_removed=found.users_removed,
                warnings=tuple(a.WarningAnswer(code=w.code, message=w.message) for w in baseline.about(system, found)),
                position=entry.facts[-1].position if entry.facts else None,
            )

        return self._recorder.record("import", asked, said, decide, answer=a.Imported, needs_baseline=False)

    def user_set(
        self,
        user: str,
        *,
        forced_login: bool | None = None,
        login_code: bool | None = None,
        **said: Unpack[Said],
    ) -> a.UserAnswer:
        """Say what exports do not: whether a user is Force Login, and has a login code (never the code)."""
        asked = {"user": user, "forced_login": forced_login, "login_code": login_code}

        def decide(deciding: Deciding) -> a.UserAnswer:
            known = user_in(deciding.system, str(user))
            forced = known.forced_login if forced_login is None else forced_login
            code = known.has_login_code if login_code is None else login_code
            if (forced, code) != (known.forced_login, known.has_login_code):
                deciding.entry.happens(e.UserChanged(known.name, known.full_name, code, forced))
            position = deciding.entry.facts[-1].position if deciding.entry.facts else None
            return telling.user_answer(self.name, deciding.system.users[known.name], position)

        return self._recorder.record("user set", asked, said, decide, answer=a.UserAnswer)

    def user_renumber(self, user: str, number: str | None, **said: Unpack[Said]) -> a.UserAnswer:
        """Record that a user's number changed (None or `-`: to none). Base extensions do not follow: that is a batch.

        Raises `BadNumber`, or `NumberTaken` when another user has it.
        """
        asked = {"user": user, "number": number}
        new = renumbering.checked_number(str(number) if number is not None else None)

        def decide(deciding: Deciding) -> a.UserAnswer:
            known = user_in(deciding.system, str(user))
            renumbering.renumber(deciding.entry, known, new)
            position = deciding.entry.facts[-1].position if deciding.entry.facts else None
            return telling.user_answer(self.name, deciding.system.users[known.name], position)

        return self._recorder.record("user renumber", asked, said, decide, answer=a.UserAnswer)

    def label(self, extension: int | str, text: str | None, **said: Unpack[Said]) -> a.ExtensionAnswer:
        """Name the desk of an extension; an empty text takes the name away."""
        asked = {"extension": extension, "text": text}
        label = checked("a label", text)

        def decide(deciding: Deciding) -> a.ExtensionAnswer:
            known = extension_in(deciding.system, extension)
            if label != known.label:
                deciding.entry.happens(
                    e.ExtensionChanged(known.extension_id, known.module, known.port, known.kind, label)
                )
            position = deciding.entry.facts[-1].position if deciding.entry.facts else None
            now = deciding.system.extensions[known.extension_id]
            return telling.extension_answer(self.name, now, position)

        return self._recorder.record("label", asked, said, decide, answer=a.ExtensionAnswer)

    # --- batches ------------------------------------------------------------------------------------------

    def swap(self, one: str, other: str, *, done: bool = False, **said: Unpack[Said]) -> a.Drafted:
        """Draft a swap: the extensions that have these users' numbers as base in force trade them.

        `done` records the send and every log-out as well. Raises `NoHome`, `TwoHomes`, `ExtensionHeld`, ...
        """
        asked = {"users": [one, other], "done": done}

        def decide(deciding: Deciding) -> a.Drafted:
            first, second = user_in(deciding.system, str(one)), user_in(deciding.system, str(other))
            moves = batches.swap_moves(deciding.system, first, second)
            return _drafted(deciding, moves, f"swap {first.name} and {second.name}", done=done)

        return self._recorder.record("swap", asked, said, decide, answer=a.Drafted)

    def batch(
        self,
        moves: Sequence[MoveAsked | Mapping[str, object]],
        *,
        title: str | None = None,
        done: bool = False,
        **said: Unpack[Said],
    ) -> a.Drafted:
        """Draft a list of moves, all or nothing. Raises `BatchFaults` naming every fault of every row."""
        rows = [_move_asked(move) for move in moves]
        asked = {"moves": rows, "title": title, "done": done}
        name = checked("the title", title) or f"{len(rows)} moves"

        def decide(deciding: Deciding) -> a.Drafted:
            return _drafted(deciding, moves_of(deciding.system, rows), name, done=done)

        return self._recorder.record("batch", asked, said, decide, answer=a.Drafted)

    def change(
        self, extension: int | str, base: str | None, *, batch: str | None = None, **said: Unpack[Said]
    ) -> a.Drafted:
        """Draft one change, into draft `batch` or into a new one; `base` None or `-` is blank."""
        asked = {"extension": extension, "base": base, "batch": batch}

        def decide(deciding: Deciding) -> a.Drafted:
            known = extension_in(deciding.system, extension)
            wanted = batches.checked_base(base)
            number = self._draft_called(deciding, batch, "changed") if batch is not None else None
            title = f"change extension {known.extension_id} to {batches.shown(wanted)}"
            found = batches.draft(deciding.entry, [batches.Move(known.extension_id, wanted)], title=title, into=number)
            return telling_batches.drafted(deciding.entry, found.number, found.unchanged)

        return self._recorder.record("change", asked, said, decide, answer=a.Drafted)

    def send(self, batch: str, *, mode: str = "merge", with_conflicts: bool = False, **said: Unpack[Said]) -> a.Done:
        """Record that the configuration was sent with this batch in it.

        Raises `StaleDraft`, `BaseTwice`, `MergeRefused`, `NotADraft`.
        """
        asked = {"batch": batch, "mode": mode, "with_conflicts": with_conflicts}
        chosen = next((m for m in MODES if m == mode), None)
        if chosen is None:
            raise BadArgument(what=f"mode {mode!r}", why=f"it is one of {', '.join(MODES)}")

        def decide(deciding: Deciding) -> a.Done:
            number = self._draft_called(deciding, batch, "sent")
            batches.send(deciding.entry, number, chosen, with_conflicts=with_conflicts)
            return telling_batches.done(deciding.entry, number)

        return self._recorder.record("send", asked, said, decide, answer=a.Done)

    def abandon(self, batch: str, **said: Unpack[Said]) -> a.Done:
        """Record that a draft is given up. Raises `NotADraft`."""

        def decide(deciding: Deciding) -> a.Done:
            number = self._draft_called(deciding, batch, "abandoned")
            batches.abandon(deciding.entry, number)
            return telling_batches.done(deciding.entry, number)

        return self._recorder.record("abandon", {"batch": batch}, said, decide, answer=a.Done)

    # --- at the desks -------------------------------------------------------------------------------------

    def restart(self, **said: Unpack[Said]) -> a.Done:
        """Record that the system restarted: waiting batches take effect, and everybody goes back to base."""

        def decide(deciding: Deciding) -> a.Done:
            restarted = hot_desking.restart(deciding.entry)
            assert isinstance(restarted.event, e.SystemRestarted)
            waited = restarted.event.in_force
            return telling_batches.done(deciding.entry, waited[-1] if waited else None)

        return self._recorder.record("restart", {}, said, decide, answer=a.Done)

    def logout(self, user: str, **said: Unpack[Said]) -> a.Done:
        """Record that a user dialled the log-out code. Raises `NotSeated`, `LogOutForbidden` (H7)."""

        def decide(deciding: Deciding) -> a.Done:
            known = user_in(deciding.system, str(user))
            out = hot_desking.log_out(deciding.entry, known.name)
            return telling_batches.done(deciding.entry, out.batch)

        return self._recorder.record("logout", {"user": user}, said, decide, answer=a.Done)

    def login(self, user: str, extension: int | str, **said: Unpack[Said]) -> a.Done:
        """Record that a user logged in at a phone by hand. Raises `AlreadyThere`."""

        def decide(deciding: Deciding) -> a.Done:
            known = user_in(deciding.system, str(user))
            at = extension_in(deciding.system, extension)
            seated = hot_desking.log_in(deciding.entry, known.name, at.extension_id)
            return telling_batches.done(deciding.entry, seated.batch)

        return self._recorder.record("login", {"user": user, "extension": extension}, said, decide, answer=a.Done)


def _drafted(deciding: Deciding, moves: Sequence[batches.Move], title: str, *, done: bool) -> a.Drafted:
    found = batches.draft(deciding.entry, moves, title=title)
    if done:
        batches.finish(deciding.entry, found.number)
    return telling_batches.drafted(deciding.entry, found.number, found.unchanged)


def _move_asked(move: MoveAsked | Mapping[str, object]) -> MoveAsked:
    if isinstance(move, MoveAsked):
        return move
    try:
        return msgspec.convert(dict(move), MoveAsked)
    except msgspec.ValidationError as fault:
        return MoveAsked(fault=str(fault))

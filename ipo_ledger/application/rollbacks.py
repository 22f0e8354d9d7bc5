"""Rolling back and restoring: the plan, its explanation where it is blocked, and the batch that carries it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Unpack

import msgspec

from ipo_ledger.application import answers as a
from ipo_ledger.application import telling, telling_batches
from ipo_ledger.application.acting import Acting
from ipo_ledger.application.naming import batch_known, extension_in, user_in
from ipo_ledger.application.recording import Deciding
from ipo_ledger.application.refusals import BadArgument
from ipo_ledger.application.saying import Said
from ipo_ledger.domain import batch as batches
from ipo_ledger.domain import renumbering, ways_out, work_order
from ipo_ledger.domain import rollback as plain
from ipo_ledger.domain.in_the_way import blamed, in_the_way, leave_it_clean
from ipo_ledger.domain.moments import Day, Instant, iso, local, read_when
from ipo_ledger.domain.records import Batch, Change
from ipo_ledger.domain.refusals import (
    NotClosed,
    NothingKnown,
    NothingToChange,
    PlanStale,
    RollbackBlocked,
    StrategyNotPossible,
)
from ipo_ledger.domain.rollback import Blocked, Plan
from ipo_ledger.domain.ways_out import Frame, NotPossible

_NAMED = 8  # people in one line of a refusal; all are in the details
STRATEGIES = ("cascade", "replan", "partial")
FRAMES: tuple[Frame, ...] = ("people", "ports")


class Rollbacks(Acting):
    """Taking back what was done to one system, by recording its inverse."""

    def rollback(  # noqa: PLR0913 - the options of the command
        self,
        batch: str,
        *,
        strategy: str | None = None,
        frame: str = "people",
        only: Sequence[str] = (),
        done: bool = False,
        dry_run: bool = False,
        as_planned: a.Drafted | None = None,
        **said: Unpack[Said],
    ) -> a.Drafted:
        """Draft the batch that takes another one back; with `dry_run` show it and write nothing.

        `strategy` None is the plain rollback; `only` (numbers) picks cycles. `as_planned` is a dry run's answer that
        was agreed to: raises `PlanStale` when the plan is another by now. Raises `RollbackBlocked` with what is in
        the way and each way out, or what `refuse_unless_live` raises.
        """
        chosen = _strategy(strategy, only)
        in_frame = next((f for f in FRAMES if f == frame), None)
        if in_frame is None:
            raise BadArgument(what=f"frame {frame!r}", why=f"it is one of {', '.join(FRAMES)}")
        numbers = tuple(str(n) for n in only)
        asked = {"batch": batch, "strategy": chosen, "frame": frame, "only": numbers, "done": done}

        def decide(deciding: Deciding) -> a.Drafted:
            known = batch_known(deciding.reading, deciding.system, batch)
            _refuse_moved(deciding, known, as_planned)
            plan = _plan(deciding, known, chosen, in_frame, numbers)
            _refuse_other_plan(plan.changes, as_planned, "later work changed what it touches", known.name)
            title = _title(known, plan)
            answer = self._carry_out(deciding, plan.changes, title, plan, done=done, dry_run=dry_run)
            return msgspec.structs.replace(answer, warnings=(*answer.warnings, *_renumbered(deciding, known)))

        if dry_run:
            return self._recorder.try_out(said, decide)
        return self._recorder.record("rollback", asked, said, decide, answer=a.Drafted)

    def restore(  # noqa: PLR0913 - the options of the command
        self,
        on: str | datetime,
        *,
        extensions: Sequence[int | str] = (),
        users: Sequence[str] = (),
        done: bool = False,
        dry_run: bool = False,
        as_planned: a.Drafted | None = None,
        **said: Unpack[Said],
    ) -> a.Drafted:
        """Draft a batch that takes the base extensions in force to what they were then: all, or the named ones.

        Raises `NotClosed` naming who else would have to move, `NothingToChange`, `PlanStale`.
        """
        asked = {"on": on, "extensions": list(extensions), "users": list(users), "done": done}

        def decide(deciding: Deciding) -> a.Drafted:
            system = deciding.system
            at = _moment(on, deciding)
            then = {
                row.extension_id: row.base
                for row in deciding.reading.seats(system.key, at, deciding.reading.head().position)
            }
            if not then:
                since = system.baseline.at if system.baseline is not None else at
                raise NothingKnown(what=self.name, since=iso(since, deciding.zone))
            wanted = _selected(deciding, then, extensions, users)
            changes = [
                Change(i, system.extensions[i].base, then[i])
                for i in sorted(wanted)
                if system.extensions[i].base != then[i]
            ]
            shown = iso(at, deciding.zone)
            if not changes:
                raise NothingToChange(
                    system=self.name, why=f"the base extensions are what they were on {shown} already"
                )
            if extensions or users:
                _refuse_open(deciding, changes, then)
            _refuse_other_plan(changes, as_planned, "the base extensions in force changed", "")
            return self._carry_out(deciding, changes, f"restore as of {shown}", None, done=done, dry_run=dry_run)

        if dry_run:
            return self._recorder.try_out(said, decide)
        return self._recorder.record("restore", asked, said, decide, answer=a.Drafted)

    def _carry_out(  # noqa: PLR0913 - what is drafted, as what, and how far
        self,
        deciding: Deciding,
        changes: Sequence[Change],
        title: str,
        plan: Plan | None,
        *,
        done: bool,
        dry_run: bool,
    ) -> a.Drafted:
        found = batches.draft(
            deciding.entry,
            [batches.Move(c.extension_id, c.new) for c in changes],
            title=title,
            reverses=plan.reverses if plan is not None else (),
            part=plan.part if plan is not None else (),
        )
        if done:
            batches.finish(deciding.entry, found.number)
        return telling_batches.drafted(deciding.entry, found.number, dry_run=dry_run)


def _strategy(strategy: str | None, only: Sequence[str]) -> str | None:
    if only:
        if strategy not in (None, "partial"):
            raise BadArgument(what="only", why=f"it goes with partial, not with {strategy}")
        return "partial"
    if strategy in (None, "plain"):
        return None
    if strategy not in STRATEGIES:
        raise BadArgument(what=f"strategy {strategy!r}", why=f"it is one of {', '.join(STRATEGIES)}")
    return strategy


def _plan(deciding: Deciding, batch: Batch, strategy: str | None, frame: Frame, only: tuple[str, ...]) -> Plan:
    system, past = deciding.system, deciding.past
    plain.refuse_unless_live(past, batch)
    hands = past.changed_hands(system, batch, batch.changes.values())
    plan, blocked = plain.plan_plain(
        system, past, batch, lambda changes: renumbering.followed(system, batch.name, changes, hands)
    )
    if not blocked and not only:
        return plan  # where the plain rollback is clean, every strategy is the plain rollback
    if strategy is None:
        raise _explained(deciding, batch, blocked)
    try:
        if strategy == "cascade":
            found = ways_out.plan_cascade(system, past, batch)
        elif strategy == "replan":
            found = ways_out.plan_replan(system, past, batch, frame)
        else:
            found = ways_out.plan_partial(system, past, batch, only)
        _refuse_across_renumber(deciding, batch, found)
    except NotPossible as why:
        raise StrategyNotPossible(batch=batch.name, strategy=strategy, why=str(why)) from None
    return found


def _renumbered(deciding: Deciding, batch: Batch) -> Iterator[a.WarningAnswer]:
    """Yield whom a rollback follows to a number that they did not have when the batch took effect."""
    hands = deciding.past.changed_hands(deciding.system, batch, batch.changes.values())
    for number in sorted(hands.of(batch.changes.values())):
        message = f"{number} was the number of {hands.had[number]}, who is {hands.now[number]} now: the plan follows"
        yield a.WarningAnswer(code="renumbered", message=message)


def _refuse_across_renumber(deciding: Deciding, batch: Batch, plan: Plan) -> None:
    """Raise `NotPossible` where a plan would give desks to numbers that are not the same people's any more."""
    changed = (*plan.changes, *batch.changes.values())
    hands = deciding.past.changed_hands(deciding.system, batch, changed)
    moved = sorted(hands.of(changed))
    if moved:
        whose = ", ".join(f"{n} was {hands.had[n]}'s" for n in moved)
        raise NotPossible(f"numbers changed hands since ({whose})")


def _title(batch: Batch, plan: Plan) -> str:
    """Name a rollback for what it is: "B9 reverses B7, which reversed B3: B3 is live again"."""
    others = [f"B{n}" for n in plan.reverses if n != batch.number]
    what = f"roll back {batch.name}"
    if others:
        what += " and " + ", ".join(others)
    if plan.strategy == "replan":
        what += ", keeping later work"
    elif plan.part and not others:
        what += f", {len(plan.part)} of its {len(batch.changes)} changes"
    if batch.reverses and not plan.part:
        again = " and ".join(f"B{n}" for n in batch.reverses)
        what += f", which reversed {again}: {again} live again"
    return what


def _refuse_moved(deciding: Deciding, batch: Batch, agreed: a.Drafted | None) -> None:
    """Refuse a plan as stale when an extension of it moved since, before anything is planned anew."""
    if agreed is None:
        return
    plain.refuse_unless_live(deciding.past, batch)  # of two at once, the other is told who won
    moved = []
    for change in agreed.changes:
        extension = deciding.system.extensions.get(change.extension_id)
        if extension is None or extension.base != change.old:
            found = batches.shown(extension.base) if extension is not None else "removed"
            moved.append(f"extension {change.extension_id} changed to {found}")
    if moved:
        raise _stale("; ".join(moved), batch.name)


def _stale(why: str, batch: str) -> PlanStale:
    if not batch:
        return PlanStale(listing=why, what="restore", what_command="restore --on WHEN")
    return PlanStale(listing=why, what=f"roll back {batch}", what_command=f"rollback {batch}", batch=batch)


def _refuse_other_plan(changes: Sequence[Change], agreed: a.Drafted | None, why: str, batch: str) -> None:
    if agreed is None:
        return
    now = {(c.extension_id, c.old, c.new) for c in changes}
    if now != {(c.extension_id, c.old, c.new) for c in agreed.changes}:
        raise _stale(why, batch)


def _moment(on: str | datetime, deciding: Deciding) -> datetime:
    """Return the instant meant; a whole day is taken as it ended, or as it is now while it lasts."""
    now = deciding.reading.now()
    if isinstance(on, datetime):
        return on
    match read_when(on, deciding.zone, now):
        case Instant(at):
            return at
        case Day(_, _, end):
            return min(end, now)


def _selected(
    deciding: Deciding, then: dict[int, str | None], extensions: Sequence[int | str], users: Sequence[str]
) -> set[int]:
    """Return the extensions to restore: all that existed then and still do, or those named."""
    system = deciding.system
    there = {i for i in then if i in system.extensions}
    if not extensions and not users:
        return there
    wanted = {extension_in(system, x).extension_id for x in extensions}
    for text in users:
        number = user_in(system, str(text)).number
        wanted |= {i for i, base in then.items() if base == number and number is not None}
        wanted |= set(system.homes(number))
    return wanted & there


def _refuse_open(deciding: Deciding, changes: Sequence[Change], then: dict[int, str | None]) -> None:
    """Raise `NotClosed` unless the named extensions only trade among themselves what they had."""
    system = deciding.system
    chosen = {c.extension_id for c in changes}
    needed: set[int] = set()
    queue = list(changes)
    while queue:
        change = queue.pop()
        for other in system.homes(change.new):
            if other not in chosen and other not in needed and other in then:
                needed.add(other)
                queue.append(Change(other, system.extensions[other].base, then[other]))
    if needed:
        people = sorted(user.name for i in needed if (user := system.default_user(i)) is not None)
        raise NotClosed(
            extensions=", ".join(str(i) for i in sorted(needed)),
            users=", ".join(people) or "nobody",
            extension_ids=sorted(needed),
            user_names=people,
        )


# --- the explanation of a refusal ---------------------------------------------------------------------------


def _explained(deciding: Deciding, batch: Batch, blocked: Sequence[Blocked]) -> RollbackBlocked:
    way = in_the_way(deciding.system, deciding.past, batch)
    blocked = [msgspec.structs.replace(b, by=blamed(b, way)) for b in blocked]
    told = [_blocked(deciding, b) for b in blocked]
    lines = [f"  {_line(t, b)}" for t, b in zip(told, blocked, strict=True)]
    names = ", ".join(b.name for b in way)
    if way and not leave_it_clean(deciding.system, deciding.past, batch, way):
        lines.append(f"  {names} {'build' if len(way) > 1 else 'builds'} on it; without that it would not be clean.")
    elif len(way) > 1:
        lines.append(f"  In the way are {names}: taken back in this order, they leave it clean.")
    ways = [
        _way_out(deciding, _unless_across_renumber(deciding, batch, way))
        for way in ways_out.ways_out(deciding.system, deciding.past, batch)
    ]
    return RollbackBlocked(
        batch=batch.name,
        count=len(blocked),
        of=len(batch.changes),
        listing="\n".join(lines),
        ways="\n".join([*_drafts_in_the_way(deciding, blocked), *(_way_line(batch, way) for way in ways)]),
        blocked=told,
        in_the_way=telling.batch_ids(b.number for b in way),
        ways_out=ways,
    )


def _unless_across_renumber(deciding: Deciding, batch: Batch, way: ways_out.WayOut) -> ways_out.WayOut:
    if way.plan is None:
        return way
    try:
        _refuse_across_renumber(deciding, batch, way.plan)
    except NotPossible as why:
        return msgspec.structs.replace(way, possible=False, plan=None, why_not=str(why))
    return way


def _blocked(deciding: Deciding, blocked: Blocked) -> a.BlockedAnswer:
    by = deciding.past.batch(blocked.by) if blocked.by is not None else None
    at = (by.in_force_at or by.opened_at) if by is not None else None
    return a.BlockedAnswer(
        extension_id=blocked.extension_id,
        why=blocked.why,
        expected=blocked.expected,
        found=blocked.found,
        at_extension=blocked.at_extension,
        by=a.ByAnswer(
            batch=by.name if by is not None else None,
            actor=by.actor if by is not None else None,
            occurred_at=local(at, deciding.zone) if at is not None else None,
            reason=by.reason if by is not None else None,
        ),
    )


def _line(told: a.BlockedAnswer, blocked: Blocked) -> str:
    line = plain.told(blocked)
    by = told.by
    if by.batch is not None and by.occurred_at is not None:
        line += f" ({by.actor}, {by.occurred_at.isoformat(timespec='minutes')}"
        line += f": {by.reason})" if by.reason else ", no reason given)"
    return line


def _drafts_in_the_way(deciding: Deciding, blocked: Sequence[Blocked]) -> list[str]:
    """Return what to do about the batches that hold extensions: once they are gone or in force, ask again."""
    lines = []
    for number in sorted({b.by for b in blocked if b.why == "held" and b.by is not None}):
        holder = deciding.system.open[number]
        if holder.status == "draft":
            lines.append(f"  ipo-ledger abandon {holder.name}: gives up the draft that is in the way; or send it first")
        else:
            lines.append(f"  ipo-ledger restart: {holder.name} was sent and waits for the restart to be recorded")
    return lines


def _way_out(deciding: Deciding, way: ways_out.WayOut) -> a.WayOutAnswer:
    if way.plan is None:
        return a.WayOutAnswer(
            option=way.option,
            possible=False,
            batches=(),
            extensions=0,
            users=(),
            log_outs=0,
            why_not=way.why_not,
        )
    return a.WayOutAnswer(
        option=way.option,
        possible=True,
        batches=telling.batch_ids(way.plan.reverses),
        extensions=len(way.plan.changes),
        users=_movers(deciding, way.plan.changes),
        log_outs=_log_outs(deciding, way.plan),
        why_not=None,
    )


def _movers(deciding: Deciding, changes: Sequence[Change]) -> tuple[str, ...]:
    """Return the people whose own desk these changes move."""
    found = {user.name for c in changes if (user := deciding.system.user_with(c.new)) is not None}
    found |= {user.name for c in changes if (user := deciding.system.user_with(c.old)) is not None}
    return tuple(sorted(found))


def _log_outs(deciding: Deciding, plan: Plan) -> int:
    """Return how many people would have to dial the log-out code, as they sit now."""
    rolled_back = deciding.past.batch(plan.reverses[-1])
    planned = msgspec.structs.replace(
        rolled_back, changes={c.extension_id: c for c in plan.changes}, in_force_position=None
    )
    return sum(1 for d in work_order.diallers(deciding.system, planned) if d.logs_out)


def _way_line(batch: Batch, way: a.WayOutAnswer) -> str:
    if not way.possible:
        return f"  --{way.option}: not possible: {way.why_not}"
    what = {
        "cascade": f"takes back {', '.join(way.batches)} together",
        "replan": f"takes back {batch.name} and keeps all later work",
        "partial": f"takes back the cycles of {batch.name} that are clean",
    }[way.option]
    phones = "1 phone" if way.extensions == 1 else f"{way.extensions} phones"
    named = way.users[:_NAMED]
    more = f" and {len(way.users) - len(named)} more" if len(way.users) > len(named) else ""
    people = ", ".join(named) + more
    dial = "1 log-out" if way.log_outs == 1 else f"{way.log_outs} log-outs"
    return f"  ipo-ledger rollback {batch.name} --{way.option}: {what} ({phones}, {dial}: {people})"

"""A list of moves as somebody wrote it: checked as a whole, every fault named at once with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ipo_ledger.application.naming import extension_in, user_in
from ipo_ledger.domain.batch import Move, checked_base, shown
from ipo_ledger.domain.refusals import BatchFaults, RowFault
from ipo_ledger.domain.system import System
from ipo_ledger.errors import LedgerError

_LISTED = 50  # faults shown in the message; all of them are in the details


class MoveAsked(Struct, frozen=True, kw_only=True):
    """One row of a list: an extension and its new base, or a user and the extension they get.

    `where` names the row for complaints; `fault` is what is wrong with it before the system is even looked at.
    """

    extension_id: int | str | None = None
    base_extension: str | None = None
    user: str | None = None
    where: str = ""
    fault: str | None = None


class Fault(Struct, frozen=True):
    """One thing wrong with one row."""

    where: str
    message: str


def moves_of(system: System, asked: Sequence[MoveAsked]) -> list[Move]:
    """Return the moves meant, in order. Raises `BatchFaults` naming every fault of every row."""
    faults: list[Fault] = []
    moves: list[Move] = []
    order: dict[str, int] = {}
    for number, row in enumerate(asked, 1):
        where = row.where or f"move {number}"
        order.setdefault(where, number)
        if row.fault is not None:
            faults.append(Fault(where, row.fault))
            continue
        try:
            moves.append(_move(system, row, where))
        except LedgerError as fault:
            faults.append(Fault(where, fault.message.rstrip(".")))
    faults.extend(_twice(moves))
    if faults:
        raise _batch_faults(sorted(faults, key=lambda fault: order[fault.where]))
    return moves


def _move(system: System, row: MoveAsked, where: str) -> Move:
    if row.extension_id is None:
        raise RowFault(why="the extension is missing")
    extension = extension_in(system, row.extension_id)
    if row.user is None:
        return Move(extension.extension_id, checked_base(row.base_extension), where)
    user = user_in(system, row.user)
    if user.number is None:
        raise RowFault(why=f"{user.name} has no number")
    return Move(extension.extension_id, user.number, where)


def _twice(moves: Sequence[Move]) -> Iterator[Fault]:
    extensions: dict[int, Move] = {}
    bases: dict[str, Move] = {}
    for move in moves:
        first = extensions.setdefault(move.extension_id, move)
        if first is not move:
            yield Fault(move.where, f"extension {move.extension_id} stands on {first.where} already")
            continue
        if move.base is not None:
            other = bases.setdefault(move.base, move)
            if other is not move:
                yield Fault(move.where, f"base {shown(move.base)} is given on {other.where} already")


def _batch_faults(faults: list[Fault]) -> BatchFaults:
    listed = [f"  {f.where}: {f.message}" for f in faults[:_LISTED]]
    if len(faults) > _LISTED:
        listed.append(f"  ... and {len(faults) - _LISTED} more")
    count = len({f.where for f in faults})
    return BatchFaults(
        count=count,
        listing="\n".join(listed),
        faults=[{"where": f.where, "message": f.message} for f in faults],
    )

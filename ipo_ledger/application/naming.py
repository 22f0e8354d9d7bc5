"""From what people write to what is meant: users by number or name, extensions by id, place or label, batches.

Nothing is guessed: what fits nothing is not found, with near matches; what fits two is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ipo_ledger.application.ports.rows import SystemRow
from ipo_ledger.domain.refusals import (
    AmbiguousName,
    NoSystem,
    SystemNeeded,
    UnknownBatch,
    UnknownExtension,
    UnknownSystem,
    UnknownUser,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ipo_ledger.application.ports.reading import Reading
    from ipo_ledger.domain.records import Batch, Extension, User
    from ipo_ledger.domain.system import System

EVER = datetime.max.replace(tzinfo=UTC)
# Compiled (and kept) by `re` where one is used: that takes longer than most questions.
_BATCH = r"(?a:(?:(?P<system>.+)/)?[Bb](?P<number>[1-9][0-9]{0,8}))"
_PLACE = r"(?a:(?P<module>[^/@]+)/(?P<port>[0-9]{1,6}))"
_DIGITS = r"[1-9][0-9]{0,8}"
_ID = re.compile(r"[0-9]{1,10}", re.ASCII)


def system_called(reading: Reading, name: str | None) -> SystemRow:
    """Return the system of that name, or the only one. Raises `UnknownSystem`, `NoSystem`, `SystemNeeded`."""
    if name is not None:
        row = reading.system_row(name)
        if row is not None:
            return row
    rows = reading.systems()
    if not rows:
        raise NoSystem
    if name is None:
        if len(rows) == 1:
            return rows[0]
        raise SystemNeeded(names=", ".join(row.name for row in rows))
    near = _near(name, (row.name for row in rows))
    raise UnknownSystem(asked=name, near=near, hint=_did_you_mean(near))


def as_extension_id(asked: int | str) -> int | None:
    """Return the extension id that is asked for, or None where it is something else."""
    text = str(asked)
    return int(text) if _ID.fullmatch(text) else None


def user_in(system: System, text: str) -> User:
    """Return the user of that name or number, as the system is now. Raises `UnknownUser`, `AmbiguousName`."""
    named, numbered = system.users.get(text), system.user_with(text)
    if named is not None and numbered is not None and named is not numbered:
        raise _two_users(text, named.name, numbered.name)
    found = named or numbered
    if found is None:
        raise _unknown_user(system.name, text, ((u.name, u.number) for u in system.users.values()))
    return found


def user_known(reading: Reading, row: SystemRow, text: str) -> User:
    """Return the user of that name or number, there now or once. Raises `UnknownUser`, `AmbiguousName`."""
    names = reading.users_called(row.key, text)
    if not names:
        raise _unknown_user(row.name, text, reading.all_users(row.key))
    if len(names) > 1 and text in names:
        raise _two_users(text, text, next(n for n in names if n != text))
    user = reading.user(row.key, names[0])
    assert user is not None
    return user


def user_then(  # noqa: PLR0913 - whom, when, as known when
    reading: Reading, row: SystemRow, text: str, at: datetime, known: int, *, asked: bool
) -> User:
    """Return the user of that name, or who had that number at an instant; else whoever has or last had it.

    With `asked` only what was known at that position counts. Raises `UnknownUser`, `AmbiguousName`.
    """
    had = reading.numbered(row.key, text, at, known)
    if not had and asked and reading.user(row.key, text) is None:
        had = reading.numbered(row.key, text, EVER, known) or reading.once_numbered(row.key, text, known)
        if not had:
            later = reading.users_called(row.key, text)
            if later:
                hint = f"{later[0]} became known later than event {known}: give a later --known-at, or none."
                raise UnknownUser(system=row.name, asked=text, hint=hint)
            raise _unknown_user(row.name, text, reading.all_users(row.key))
    if not had:
        found = user_known(reading, row, text)
    else:
        if text not in had and reading.user(row.key, text) is not None:
            raise _two_users(text, text, had[0])
        user = reading.user(row.key, had[0])
        assert user is not None
        found = user
    return (reading.user(row.key, found.name, known) if asked else None) or found


def extension_then(reading: Reading, row: SystemRow, asked: int | str, known: int | None) -> Extension:
    """Return the extension meant, there now or once; with `known`, by what it was called at that position.

    Raises `UnknownExtension`, `AmbiguousName`.
    """
    if known is None:
        return extension_known(reading, row, asked)
    text = str(asked)
    if _ID.fullmatch(text):
        ids = [int(text)]
    else:
        called = [x for i in reading.once_called(row.key) if (x := reading.extension(row.key, i, known)) is not None]
        called += [x for x in _called_now(reading, row, text) if x.extension_id not in {c.extension_id for c in called}]
        place = re.fullmatch(_PLACE, text)
        ids = [
            x.extension_id
            for x in called
            if (text.startswith("@") and x.label == text[1:])
            or (place is not None and (x.module, x.port) == (place["module"], int(place["port"])))
        ]
    found = reading.extension(row.key, _one_extension(text, ids), known) if ids else None
    if found is None:
        raise _unknown_extension(row.name, text, reading.all_extensions(row.key, known))
    return found


def _called_now(reading: Reading, row: SystemRow, text: str) -> list[Extension]:
    place = re.fullmatch(_PLACE, text)
    ids: Iterable[int] = ()
    if text.startswith("@"):
        ids = reading.extensions_labelled(row.key, text[1:])
    elif place is not None:
        ids = reading.extensions_at(row.key, place["module"], int(place["port"]))
    return [x for i in ids if (x := reading.extension(row.key, i)) is not None]


def extension_in(system: System, asked: int | str) -> Extension:
    """Return the extension meant, as the system is now. Raises `UnknownExtension`, `AmbiguousName`."""
    text = str(asked)
    extensions = system.extensions.values()
    if _ID.fullmatch(text):
        ids = [int(text)] if int(text) in system.extensions else []
    elif text.startswith("@"):
        ids = [x.extension_id for x in extensions if x.label == text[1:]]
    elif place := re.fullmatch(_PLACE, text):
        ids = [x.extension_id for x in extensions if (x.module, x.port) == (place["module"], int(place["port"]))]
    else:
        ids = []
    if not ids:
        raise _unknown_extension(system.name, text, extensions)
    return system.extensions[_one_extension(text, ids)]


def extension_known(reading: Reading, row: SystemRow, asked: int | str) -> Extension:
    """Return the extension meant, there now or once. Raises `UnknownExtension`, `AmbiguousName`."""
    text = str(asked)
    ids: list[int] = []
    if _ID.fullmatch(text):
        ids = [int(text)]
    elif text.startswith("@"):
        ids = list(reading.extensions_labelled(row.key, text[1:]))
    elif place := re.fullmatch(_PLACE, text):
        ids = list(reading.extensions_at(row.key, place["module"], int(place["port"])))
    found = reading.extension(row.key, _one_extension(text, ids)) if ids else None
    if found is None:
        raise _unknown_extension(row.name, text, reading.all_extensions(row.key, reading.head().position))
    return found


def batch_number(system_name: str, asked: int | str) -> int:
    """Return the number in `B12` or `hq/B12`. Raises `UnknownBatch` for what is none, or another system's."""
    text = str(asked)
    found = re.fullmatch(_BATCH, text if not text.isdigit() else f"B{text}")
    if found is None or found["system"] not in (None, system_name):
        digits = re.findall(_DIGITS, text)
        near = [f"B{digits[-1]}"] if digits else []
        raise UnknownBatch(system=system_name, asked=text, near=near, hint=_did_you_mean(near))
    return int(found["number"])


def batch_known(reading: Reading, system: System | SystemRow, asked: int | str, known: int | None = None) -> Batch:
    """Return a batch, open or closed, as it is or was known to be. Raises `UnknownBatch`, with the ids there are."""
    number = batch_number(system.name, asked)
    batch = reading.batch(system.key, number, known)
    if batch is None and known is not None:
        later = reading.batch(system.key, number)
        if later is not None:
            hint = f"It was opened later, by event {later.opened_position}: ask as known then or later."
            raise UnknownBatch(system=system.name, asked=f"B{number}", hint=hint)
    if batch is None:
        last = system.batches if isinstance(system, SystemRow) else system.last_batch
        hint = f"The last one is B{last}; see `ipo-ledger batches`." if last else "There is none yet."
        raise UnknownBatch(system=system.name, asked=f"B{number}", hint=hint)
    return batch


def _one_extension(text: str, ids: list[int]) -> int:
    if len(ids) > 1:
        raise AmbiguousName(
            asked=text, meanings=" or ".join(f"extension {i}" for i in ids[:5]), instead="the extension id"
        )
    return ids[0]


def _two_users(text: str, named: str, numbered: str) -> AmbiguousName:
    return AmbiguousName(
        asked=text,
        meanings=f"the user named {named} or {numbered}, whose number it is",
        instead=f"the name {numbered}, or the number of {named}",
    )


def _unknown_user(system: str, text: str, known: Iterable[tuple[str, str | None]]) -> UnknownUser:
    names = [name for pair in known for name in pair if name is not None]
    near = _near(text, names)
    return UnknownUser(system=system, asked=text, near=near, hint=_did_you_mean(near))


def _unknown_extension(system: str, text: str, known: Collection[Extension]) -> UnknownExtension:
    """Return that there is none such: with the one whose base extension it is, or those that are called much alike."""
    if _ID.fullmatch(text):
        near = [f"{x.extension_id}, which has {text} as base extension" for x in known if x.base == text]
    else:
        labels = {f"@{x.label}" for x in known if x.label}
        near = _near(text, [*labels, *(f"{x.module}/{x.port}" for x in known if x.wired)])
    return UnknownExtension(system=system, asked=text, near=near, hint=_did_you_mean(near))


def _near(text: str, names: Iterable[str]) -> list[str]:
    import difflib  # only a mistake pays for it

    by_folded = {name.casefold(): name for name in names}
    return [by_folded[f] for f in difflib.get_close_matches(text.casefold(), by_folded, n=3, cutoff=0.6)]


def _did_you_mean(near: list[str]) -> str | None:
    named = [f'"{each}"' if each.startswith("@") else each for each in near]  # a label is quoted in a shell
    return f"Did you mean {' or '.join(named)}?" if near else None

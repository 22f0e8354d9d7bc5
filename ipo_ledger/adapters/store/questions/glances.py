"""Questions that one statement answers: who sat at an extension at an instant, and where somebody was.

Each gives one row, or none where there is more to it: no such system, name or time; several who are meant; something
removed, or taken off by a correction since the position asked about. Why there is none is found out by the others.
"""

# ruff: noqa: S608 - made of constants; values are parameters

from __future__ import annotations

from abc import ABC, abstractmethod

from ipo_ledger.adapters.store.questions.standing import STANDS

# The points asked about: in force at the instant, and the first after it. As known at a position it is looked for from
# the last one recorded by then (k), so that what was recorded later need not be walked through.
_POINTS = {
    "now": (
        f"{STANDS} AND valid_from <= {{at}} ORDER BY valid_from DESC, recorded_from DESC LIMIT 1",
        f"{STANDS} AND valid_from > {{at}} ORDER BY valid_from, recorded_from LIMIT 1",
    ),
    "then": (
        (
            f"{STANDS} AND recorded_from <= :known AND valid_from <= CASE WHEN k.valid_from < {{at}} THEN k.valid_from "
            "ELSE {at} END ORDER BY valid_from DESC, recorded_from DESC LIMIT 1"
        ),
        (
            f"{STANDS} AND recorded_from <= :known AND valid_from > {{at}} AND valid_from <= k.valid_from "
            "ORDER BY valid_from, recorded_from LIMIT 1"
        ),
    ),
}
_TOP = "recorded_from <= :known ORDER BY recorded_from DESC LIMIT 1"
_NUMBER = f"{STANDS} AND valid_from <= {{at}} ORDER BY valid_from DESC, recorded_from DESC LIMIT 1"
_FORMER = "recorded_to > :known ORDER BY recorded_to LIMIT 1"
_TIMEZONE_THEN = (
    f"coalesce((SELECT timezone FROM {{schema}}former_settings WHERE system_id = y.system_id AND {_FORMER}), "
    "y.timezone)"
)


class Dialect(ABC):
    """What a store says in its own words."""

    at: str
    """The instant asked about."""
    standby: str
    """Whether the store is a copy, which may be behind."""
    here: str
    """What there is to begin with."""

    @abstractmethod
    def one(self, table: str, name: str, of: str, which: str, columns: str) -> str:
        """Return what to join for one row of a table; `of` are pairs of a column and what it is equal to."""


class Shared(Dialect):
    """By the key of the row: what every dialect understands, and SQLite likes."""

    at, standby, here = ":at", "FALSE", ""

    def one(self, table: str, name: str, of: str, which: str, columns: str) -> str:
        """Return a join with the row of a key that is looked for first."""
        del columns
        key = "recorded_to" if table.startswith("former") else "recorded_from"
        mine = " AND ".join(f"{name}.{pair}" for pair in of.split(" AND "))
        looked_for = f"SELECT {key} FROM {{schema}}{table} WHERE {of} AND {which}"
        return f"{{schema}}{table} {name} ON {mine} AND {name}.{key} = ({looked_for})"


def texts(dialect: Dialect) -> dict[str, str]:
    """Return the questions in the words of a store."""
    found = {"seat": _seat, "place": _place}
    return {f"{what}_{way}": text(dialect, way) for what, text in found.items() for way in _POINTS}


def _seat(dialect: Dialect, way: str) -> str:
    of = "system_id = x.system_id AND extension_id = x.extension_id"
    # Whose number ever changed is looked up apart: here it is only told.
    renumbered = (
        "EXISTS (SELECT 1 FROM {schema}numbers c WHERE c.system_id = x.system_id "
        "AND c.user_name = p.user_name AND c.below IS NOT NULL)"
    )
    called, former = _called(dialect, way)
    return (
        f"SELECT {_columns(dialect, way)}, {called}, p.user_name, p.number, {renumbered} {_from(dialect)} "
        "JOIN {schema}extensions x ON x.system_id = y.system_id AND x.extension_id = :of "
        f"{_points(dialect, way, 'seats', of)} {former} WHERE {_simple(way)}"
    )


def _place(dialect: Dialect, way: str) -> str:
    of = "system_id = u.system_id AND user_name = u.user_name"
    by_number = "SELECT {}(c.user_name) FROM {{schema}}numbers c WHERE c.system_id = y.system_id AND c.number = :of"
    called, former = _called(dialect, way)
    number, full_name, simple = _NUMBER, "u.full_name", _simple(way)
    if way == "then":
        # A number may have been taken off by a correction that let the places stand.
        number, simple = f"recorded_from <= :known AND {_NUMBER}", f"{simple} AND u.corrected <= :known"
        full_name = "CASE WHEN v.recorded_to IS NULL THEN u.full_name ELSE v.full_name END"
        one = dialect.one("former_users", "v", of, _FORMER, "recorded_to, full_name")
        former += f" LEFT JOIN {one}"
    return (
        f"SELECT {_columns(dialect, way)}, {called}, p.extension_id, u.user_name, m.number, {full_name} "
        # Whoever ever had the number that is asked for, or else is called so: nobody else may be meant.
        f"{_from(dialect)} JOIN {{schema}}users u ON u.system_id = y.system_id "
        f"AND u.user_name = coalesce(({by_number.format('min')}), :of) "
        f"{_points(dialect, way, 'places', of)} "
        "LEFT JOIN {schema}extensions x ON x.system_id = y.system_id AND x.extension_id = p.extension_id "
        f"LEFT JOIN {dialect.one('numbers', 'm', of, number.format(at=dialect.at), 'number')} "
        f"{former} WHERE {simple} AND u.user_name = coalesce(({by_number.format('max')}), :of) "
        "AND NOT EXISTS (SELECT 1 FROM {schema}users o WHERE o.system_id = y.system_id AND o.user_name = :of "
        "AND o.user_name <> u.user_name)"
    )


def _columns(dialect: Dialect, way: str) -> str:
    timezone = "y.timezone" if way == "now" else _TIMEZONE_THEN
    return f"{dialect.standby}, {timezone}, {dialect.at}, p.valid_from, n.valid_from, p.cause, n.cause, p.batch"


def _from(dialect: Dialect) -> str:
    return f"FROM {dialect.here}{{schema}}head h JOIN {{schema}}systems y ON y.name = :name"


def _points(dialect: Dialect, way: str, pile: str, of: str) -> str:
    last, next_ = (which.format(at=dialect.at) for which in _POINTS[way])
    whom = "user_name, number" if pile == "seats" else "extension_id"
    found = f"JOIN {dialect.one(pile, 'k', of, _TOP, 'valid_from, recorded_to')} " if way == "then" else ""
    return (
        f"{found}JOIN {dialect.one(pile, 'p', of, last, f'valid_from, cause, batch, gone, {whom}')} "
        f"LEFT JOIN {dialect.one(pile, 'n', of, next_, 'valid_from, cause')}"
    )


def _called(dialect: Dialect, way: str) -> tuple[str, str]:
    """Return the columns of what the extension is, or was, called; and what to join for it."""
    if way == "now":
        return "x.module, x.port, x.label", ""
    of = "system_id = x.system_id AND extension_id = x.extension_id"
    one = dialect.one("former_extensions", "f", of, _FORMER, "recorded_to, module, port, label")
    label = "CASE WHEN f.recorded_to IS NULL THEN x.label ELSE f.label END"
    return f"coalesce(f.module, x.module), coalesce(f.port, x.port), {label}", f"LEFT JOIN {one}"


def _simple(way: str) -> str:
    """Return the condition that this is all there is to it."""
    found = "y.baseline_at IS NOT NULL AND NOT p.gone"
    if way == "now":
        return found
    # A correction takes points off the top: where the last one recorded by then stands, so do all that stood then.
    return f"{found} AND :known BETWEEN y.system_id AND h.position AND k.{STANDS}"


QUESTIONS: dict[str, str] = texts(Shared())

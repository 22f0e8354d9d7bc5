"""The Management API's answers in JSON, with what happens to them in the field. XML is the better export.

It is the XML, converted by a rule that keeps no types and stumbles over `Extension` within `Extension`:

- texts of digits are numbers, so leading zeros are lost; an empty element is `""`, `null` or `{}`;
- one child is an object, several are a list: `data`, `ws_object`, `User`, `Extension`, `error`;
- attributes are spelled `@status`, `-status` or `status`;
- the inner `Extension` collapses: the fields lie in the `ws_object` itself; or `Extension` is a list of the
  fields before the inner one and the base extension, the other fields lie beside it, and all objects but the
  first lie in a `ws_object` beside the `response` (as public scripts read such answers).

Several answers may be one file, as a list or simply one after the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ipo_ledger.adapters.exports.faults import Complaint, NotReadable
from ipo_ledger.adapters.exports.management_api_xml import refusal
from ipo_ledger.adapters.exports.pages import API_FIELDS, Page, Reading, total_of

Object = dict[str, object]
"""An object of the JSON. Scalars in it are text (numbers too, as they are written), True, False or None."""

MOST_OBJECTS = 1_000_000
"""In one file: a hundred times what the largest system has."""

_SPACE = re.compile(r"\s*")
_CODES = frozenset({"LoginCode", "VoicemailCode"})
_ANSWER = frozenset({"response", "data", "ws_object", "error"})
_NO_ANSWER = "is JSON, but no answer of the Management API: there is no `response` with `data` in it"


def read(file: str, body: str | bytes) -> Reading:
    """Read all answers of a file; raises NotReadable where the JSON itself is at fault."""
    reading = Reading()
    records = 0
    try:
        for answer in (answer for document in _documents(str(body)) for answer in _listed(document)):
            for page, items in _pages(file, answer, reading):
                for name, found in (found for item in items for found in _objects(item, page)):
                    records += 1
                    page.take(API_FIELDS[name][0], _fields(name, found), f"record {records}")
                reading.take(page)
    except RecursionError:
        raise NotReadable("is nested deeper than any export") from None
    return reading


def _documents(text: str) -> Iterator[object]:
    """Parse what there is, one document after the other; numbers stay as they are written."""
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=str)
    if text.count("{") > MOST_OBJECTS:
        raise NotReadable(f"holds more than {MOST_OBJECTS} objects: no export does")
    end = len(text.rstrip())
    at = 0
    while at < end:
        try:
            document, at = decoder.raw_decode(text, _after_space(text, at))
        except json.JSONDecodeError as error:
            if error.pos >= end or error.msg.startswith("Unterminated"):
                why = f"is cut off: the JSON ends in line {error.lineno}, before its objects do"
            else:
                why = f"is not well-formed JSON: {error.msg}, line {error.lineno}"
            raise NotReadable(why) from None
        yield document


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _object(pairs: list[tuple[str, object]]) -> Object:
    """Make an object: without codes, and with a name that is there twice as a list."""
    made: Object = {}
    several: dict[str, list[object]] = {}
    for name, value in pairs:
        if name in _CODES:
            made[name] = "yes" if _text(value) != "" else "no"
        elif name in several:
            several[name] += _listed(value)
        elif name in made:
            made[name] = several[name] = [*_listed(made[name]), *_listed(value)]
        else:
            made[name] = value
    return made


def _pages(file: str, answer: object, reading: Reading) -> Iterator[tuple[Page, list[object]]]:
    """Find the pages of an answer, each with its `ws_object`s, and complain of the errors it reports."""
    if not isinstance(answer, dict) or not _ANSWER & answer.keys():
        raise NotReadable(_NO_ANSWER)
    astray = _listed(answer.get("ws_object")) if "response" in answer else []
    for response in _listed(answer.get("response", answer)):
        if not isinstance(response, dict):
            raise NotReadable(_NO_ANSWER)
        errors = [*_errors(response)]
        if not errors and _attribute(response, "status") == "0":
            errors = ["the system answered that it failed (status 0), without saying why"]
        for message in errors:
            reading.complain(Complaint(file, "", message))
        astray += _listed(response.get("ws_object"))
        for data in _listed(response.get("data")):
            inside = data if isinstance(data, dict) else {}
            total = total_of(_attribute(inside, "totalRecords"), file, reading)
            yield Page(file=file, total=total), _listed(inside.get("ws_object")) + astray
            astray = []
    if astray:
        yield Page(file=file), astray


def _errors(node: object) -> Iterator[str]:
    """Find the errors of an answer, wherever they sit outside of users and extensions."""
    if isinstance(node, list):
        for item in node:
            yield from _errors(item)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "error":
                for error in _listed(value):
                    said = error if isinstance(error, dict) else {"error_desc": error}
                    yield refusal(_text(said.get("error_code")) or "", _text(said.get("error_desc")) or "")
            elif name not in API_FIELDS:
                yield from _errors(value)


def _objects(item: object, page: Page) -> Iterator[tuple[str, Object]]:
    """Find the users and extensions in a `ws_object`, collapsed or not."""
    if not isinstance(item, dict):
        page.others.add("ws_object")
        return
    for user in _listed(item.get("User")):
        yield "User", user if isinstance(user, dict) else {}
    if "Extension" in item:
        yield from _extensions(item)
    elif "User" not in item:
        page.others |= {name for name, value in item.items() if "Error" not in name or not value}


def _extensions(item: Object) -> Iterator[tuple[str, Object]]:
    """Find what `Extension` in a `ws_object` means: one object or several, or a collapsed one."""
    beside = {name: value for name, value in item.items() if name not in API_FIELDS}
    found = _listed(item["Extension"]) or [""]
    objects: list[Object] = [each for each in found if isinstance(each, dict) and len(each) > 0]
    scalars = [each for each in found if not (isinstance(each, dict) and len(each) > 0)]
    if len(objects) == 1 and len(scalars) == 1:
        yield "Extension", {**beside, **objects[0], "Extension": scalars[0]}
    elif objects and not scalars:
        for each in objects:
            yield "Extension", each
    elif not objects and len(scalars) == 1 and "User" not in item:
        name = "User" if "Name" in item and "Id" not in item else "Extension"
        yield name, {**beside, "Extension": scalars[0]}
    else:
        yield "Extension", {}


def _fields(name: str, found: Object) -> dict[str, str]:
    texts = {field: _text(found[theirs]) for theirs, field in API_FIELDS[name][1].items() if theirs in found}
    return {field: text for field, text in texts.items() if text is not None}


def _listed(value: object) -> list[object]:
    """Return the items of a list, one thing as a list of one, and nothing as none."""
    if isinstance(value, list):
        return [*value]
    return [] if value is None or value == "" else [value]


def _text(value: object) -> str | None:
    """Return a scalar as text, and what is an empty element as an empty one; None for anything else."""
    if value is None or value == {}:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.strip() if isinstance(value, str) else None


def _attribute(element: Object, name: str) -> str | None:
    for spelled in (f"@{name}", f"-{name}", name):
        if spelled in element:
            return _text(element[spelled])
    return None

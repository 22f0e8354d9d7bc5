"""Reading XML from outside: no DTD, no entity, nothing external; and codes are never taken in.

The XML is read as a stream into records, so that no tree with all the site's login codes ever exists.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TypeVar
from xml.parsers.expat import ErrorString, errors

from ipo_ledger.adapters.exports.faults import NotReadable
from ipo_ledger.adapters.exports.pages import API_FIELDS, Kind

_CUT_OFF = {
    errors.codes[message]
    for message in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_PARTIAL_CHAR,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}
MOST_ELEMENTS = 3_000_000
"""In one file: 3000 users with all they are made of have less than half of it."""
DEEPEST = 100
_SECOND_ROOT = errors.codes[errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_SEVERAL = "several"
_IN_FIELD = 2
_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>")

R = TypeVar("R", bound="Records")


class Records(ABC):
    """A parser's target that keeps the users and extensions; readers say which elements are some."""

    def __init__(self) -> None:
        """Begin outside of everything."""
        self.path: list[str] = []
        """The elements around, down to the user or extension that is being read."""
        self.astray = False
        self._count = 0
        self._inside = 0
        """How deep in a user or extension: 1 in it, 2 in one of its fields, 0 outside."""
        self._kept: Mapping[str, str] = {}
        self._kind = Kind.USER
        self._fields: dict[str, str] = {}
        self._field: str | None = None
        self._text: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the start of an element. Raises NotReadable where there are more, or deeper ones, than in any export."""
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self.path) + self._inside > DEEPEST:
            raise NotReadable("has more elements, or deeper ones, than any export")
        if self._inside:
            self._inside += 1
            if self._inside == _IN_FIELD:
                self._start_field(tag.rpartition("}")[2])
            return
        name = tag.rpartition("}")[2]
        self.path.append(name)
        self._text.clear()
        if self.opens_object(name, attributes):
            self._inside = 1
            self._kind, self._kept = API_FIELDS[name]
            self._fields = {}

    def _start_field(self, name: str) -> None:
        self._field = self._kept.get(name)
        self._text.clear()
        if self._field == "login_code":
            self._fields["login_code"] = "no"

    def data(self, text: str) -> None:
        """Take some text; of a code only that there is one."""
        if self._field == "login_code":
            if text.strip():
                self._fields["login_code"] = "yes"
        elif self._field or not self._inside:
            self._text.append(text)
            self.astray = self.astray or (self.path == [_SEVERAL] and not text.isspace())

    def end(self, _tag: str) -> None:
        """Take the end of an element."""
        if self._inside > 1:
            if self._inside == _IN_FIELD and self._field:
                self._end_field(self._field)
            self._inside -= 1
            return
        if self._inside:
            self._inside = 0
            self.found(self._kind, self._fields)
        else:
            self.ended(self.path[-1], "".join(self._text).strip())
        self._text.clear()
        self.path.pop()

    def _end_field(self, field: str) -> None:
        if field != "login_code":
            self._fields[field] = "".join(self._text).strip()
        self._field = None

    def close(self) -> None:  # noqa: B027 - most readers have nothing left to do
        """Take the end of the document."""

    @abstractmethod
    def opens_object(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Say whether this element, the last of `path`, is a user or an extension."""

    def ended(self, name: str, text: str) -> None:  # noqa: B027 - most readers need no other element
        """Take the end of an element that is no part of a user or an extension."""

    @abstractmethod
    def found(self, kind: Kind, fields: dict[str, str]) -> None:
        """Take a user or an extension."""


def parsed(body: str | bytes, target: Callable[[], R]) -> R:
    """Read a document, or several one after the other, into a new target; raises NotReadable."""
    from defusedxml.ElementTree import ParseError

    try:
        return _parsed_one(body, target())
    except ParseError as error:
        code, (line, _column) = error.code, error.position
    if code == _SECOND_ROOT and isinstance(body, str) and not body.startswith(f"<{_SEVERAL}>"):
        several = parsed(f"<{_SEVERAL}>{_DECLARATION.sub('', body)}</{_SEVERAL}>", target)
        if several.astray:
            raise NotReadable("has text between its answers or after them")
        return several
    if code in _CUT_OFF:
        raise NotReadable(f"is cut off: the XML ends in line {line}, before its elements do")
    hint = " (or in an encoding that it does not declare)" if isinstance(body, bytes) else ""
    raise NotReadable(f"is not well-formed XML{hint}: {ErrorString(code)}, line {line}")


def _parsed_one(body: str | bytes, target: R) -> R:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import XMLParser

    parser = XMLParser(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(body)
        parser.close()
    except DefusedXmlException:
        why = "has a document type or entities, which no export has and which can do harm: it was not read"
        raise NotReadable(why) from None
    except (LookupError, ValueError):
        raise NotReadable("declares an encoding that cannot be read: save it as UTF-8") from None
    return target

"""Telling by its content, never by its name, what a file is."""

from __future__ import annotations

import codecs
import re
from enum import Enum

import msgspec

from ipo_ledger.adapters.exports.faults import NotReadable


class Form(Enum):
    """The kinds of export there are."""

    MANAGEMENT_API_XML = "Management API, XML"
    MANAGEMENT_API_JSON = "Management API, JSON"
    WEB_MANAGER = "Web Manager users.xml"
    CSV = "CSV list"


class Recognised(msgspec.Struct, frozen=True):
    """What a file is, and its text; bytes only for XML in an encoding that it has to declare itself."""

    form: Form
    body: str | bytes


_MARKS = (  # UTF-32 before UTF-16: one's mark begins with the other's
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (save the sheet as 'CSV UTF-8')"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document (save the sheet as 'CSV UTF-8')"),
    (b"\x1f\x8b", "a compressed file (unpack it)"),
    (b"SQLite format 3\x00", "a database"),
)
_PROLOGUE = re.compile(r"(?:\s++|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)  # ++: without a memory of every space
_HTML = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_RESPONSE = re.compile(r"<(?:[\w.-]+:)?response[\s>/]")


def recognise(content: bytes) -> Recognised:
    """Say what a file's content is, as text; raises NotReadable for what is no export."""
    if not content.strip():
        raise NotReadable("is empty")
    body = _text(content)
    seen = body if isinstance(body, str) else body.decode("latin-1")
    start = seen.lstrip()[:1]
    if not start:
        raise NotReadable("is empty")
    if start == "<":
        return Recognised(_markup(seen), body)
    if isinstance(body, bytes):
        raise NotReadable("is neither UTF-8 nor UTF-16 text: save it as UTF-8 (in Excel: 'CSV UTF-8')")
    return Recognised(Form.MANAGEMENT_API_JSON if start in "{[" else Form.CSV, body)


def _markup(seen: str) -> Form:
    prologue = _PROLOGUE.match(seen)
    if _HTML.match(seen, prologue.end() if prologue else 0):
        raise NotReadable("is a web page (of a log-in or an error, perhaps), not an export")
    return Form.MANAGEMENT_API_XML if _RESPONSE.search(seen) else Form.WEB_MANAGER


def _text(content: bytes) -> str | bytes:
    """Decode by mark, else as UTF-8 whatever an XML declaration says: editors re-save and leave it."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content, encoding)
    for magic, what in _FOREIGN:
        if content.startswith(magic):
            raise NotReadable(f"is {what}, not an export")
    if b"\x00" in content:
        unmarked = {(True, False): "utf-16-be", (False, True): "utf-16-le"}
        encoding = unmarked.get((content[:1] == b"\x00", content[1:2] == b"\x00"), "")
        if not encoding:
            raise NotReadable("is not text, so it is no export")
        return _decoded(content, encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content


def _decoded(content: bytes, encoding: str) -> str:
    name = encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be").upper()
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        raise NotReadable(f"begins like {name} text but is not: it is cut off, damaged or no export")
    return text

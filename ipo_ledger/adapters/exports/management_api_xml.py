"""The Management API's answers in XML: `response`, in it pages (`data`), in them one `ws_object` a record.

Several answers may be one file, under one root or simply one after the other. Errors come as answers too:
`status="0"` and one `error` or several, wherever they sit in the answer. Unknown elements are let be.
"""

from __future__ import annotations

from collections.abc import Mapping

from ipo_ledger.adapters.exports.faults import Complaint
from ipo_ledger.adapters.exports.pages import API_FIELDS, Kind, Page, Reading, total_of
from ipo_ledger.adapters.exports.xml_records import Records, parsed

REFUSAL_WORDS = 200
"""Characters of an error's description that are passed on."""


def read(file: str, body: str | bytes) -> Reading:
    """Read all answers of a file; raises NotReadable where the XML itself is at fault."""
    return parsed(body, lambda: _Answers(file)).reading


def refusal(code: str, description: str) -> str:
    """Say an error that the system answered with, in its own words."""
    words = " ".join(description.split())[:REFUSAL_WORDS]
    return f"the system answered with error {code or 'without a code'}: {words or 'no description'}"


class _Answers(Records):
    """The pages of all answers, and the errors among them."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.reading = Reading()
        self._records = 0
        self._failed = False
        self._error: dict[str, str] = {}

    def opens_object(self, name: str, attributes: Mapping[str, str]) -> bool:
        if name == "response":
            self._failed = attributes.get("status", "1").strip() == "0"
        elif name == "data":
            total = total_of(attributes.get("totalRecords"), self.file, self.reading)
            self.reading.take(Page(file=self.file, total=total))
        elif name == "error":
            self._error = {}
        elif self.path[-2:-1] == ["ws_object"]:
            return self._is_record(name)
        return False

    def _is_record(self, name: str) -> bool:
        if name in API_FIELDS:
            return True
        if "Error" not in name:
            self._page().others.add(name)
        return False

    def _page(self) -> Page:
        return self.reading.pages[-1] if self.reading.pages else self.reading.take(Page(file=self.file))

    def ended(self, name: str, text: str) -> None:
        if name in {"error_code", "error_desc"}:
            self._error[name] = text
        elif name == "error":
            self._complain(refusal(self._error.get("error_code", ""), self._error.get("error_desc", "")))
            self._failed = False
        elif name == "response" and self._failed:
            self._complain("the system answered that it failed (status 0), without saying why")

    def _complain(self, message: str) -> None:
        self.reading.complain(Complaint(self.file, "", message))

    def found(self, kind: Kind, fields: dict[str, str]) -> None:
        self._records += 1
        self._page().take(kind, fields, f"record {self._records}")

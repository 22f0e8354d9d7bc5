"""Taking records, which are text, as the users and extensions of a site."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ipo_ledger.adapters.exports.faults import Complaint
from ipo_ledger.adapters.exports.pages import Kind, Page, Record
from ipo_ledger.domain.site import NOBODY, Site, SiteExtension, SiteUser, shown

_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_DECISIONS = {
    **dict.fromkeys(("yes", "true", "on", "1", "y"), True),
    **dict.fromkeys(("no", "false", "off", "0", "n"), False),
}


def site_of(pages: Sequence[Page]) -> tuple[Site, list[Complaint]]:
    """Take all records of all pages as one site, in an order that does not depend on the files' order.

    Records that cannot be taken are complained of and left out.
    """
    users: list[SiteUser] = []
    extensions: list[SiteExtension] = []
    found: list[Complaint] = []
    for record in (record for page in pages for record in page.records):
        if record.fields.get("name") in NOBODY:
            continue
        fields = _Fields(record)
        taken = _user(fields) if record.kind is Kind.USER else _extension(fields)
        if fields.faults:
            found += [Complaint.at(record.source, fault) for fault in fields.faults]
        elif isinstance(taken, SiteUser):
            users.append(taken)
        else:
            extensions.append(taken)
    kinds = {kind for page in pages for kind in page.kinds}
    site = Site(
        extensions=tuple(sorted(extensions, key=_by_id)) if Kind.EXTENSION in kinds else None,
        users=tuple(sorted(users, key=_by_number)) if Kind.USER in kinds else None,
    )
    return site, found


def _by_id(extension: SiteExtension) -> int:
    return extension.extension_id


def _by_number(user: SiteUser) -> tuple[bool, int, str, str]:
    number = user.number or ""
    return not number, len(number), number, user.name


class _Fields:
    """A record's fields, read one by one; what is wrong with them gathers in `faults`."""

    def __init__(self, record: Record) -> None:
        self.faults: list[str] = []
        self.source = record.source
        self.optional = record.fields
        self._what = f"the {record.kind.value}"

    def said(self, field: str, words: str) -> str:
        """Return a field that may be blank but not missing: its absence would be taken for a change."""
        if field not in self.optional:
            self.faults.append(f"{self._what} does not say its {words}")
        return self.optional.get(field, "")

    def filled(self, field: str, words: str) -> str:
        """Return a field that must not be blank."""
        text = self.said(field, words)
        if not text and field in self.optional:
            self.faults.append(f"{self._what} has a blank {words}")
        return text

    def whole(self, text: str, words: str) -> int:
        """Return the whole number that a field is; a blank or missing one has been complained of."""
        if not _WHOLE_NUMBER.fullmatch(text):
            self.faults += [f"the {words} {shown(text)} is not a whole number"] if text else []
            return 0
        return int(text)

    def decision(self, field: str, words: str) -> bool | None:
        """Return a yes or no, or None where it is missing or blank."""
        word = self.optional.get(field, "").casefold()
        if word and word not in _DECISIONS:
            self.faults.append(f"{words} is neither yes nor no")  # not quoted: a code may have slipped in
        return _DECISIONS.get(word)


def _user(fields: _Fields) -> SiteUser:
    return SiteUser(
        name=fields.filled("name", "user name"),
        number=fields.said("number", "number (a user's Extension)") or None,
        full_name=fields.optional.get("full_name"),
        has_login_code=fields.decision("login_code", "login code"),
        forced_login=fields.decision("forced_login", "forced login"),
        source=fields.source,
    )


def _extension(fields: _Fields) -> SiteExtension:
    module = fields.filled("module", "module")
    kind = fields.optional.get("kind")
    return SiteExtension(
        extension_id=fields.whole(fields.filled("extension_id", "extension id"), "extension id"),
        module=str(int(module)) if _WHOLE_NUMBER.fullmatch(module) else module,
        port=fields.whole(fields.filled("port", "port"), "port"),
        kind=fields.whole(kind, "kind (TypeInfo)") if kind else None,
        base_extension=fields.said("base_extension", "base extension (the inner Extension)") or None,
        source=fields.source,
    )

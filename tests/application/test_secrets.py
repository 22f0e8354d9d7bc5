"""Login codes come in clear in exports: they reach no store, no answer and no error."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

import ipo_ledger
from ipo_ledger.demo_site import synthetic_site, write_export
from ipo_ledger.evidence.notes import SigningKey

LONG = 5
"""Digits. Numbers so long are nowhere in this site but in codes: whole runs of digits are compared."""


@pytest.fixture
def export(tmp_path: Path) -> list[Path]:
    """An export of a site of 384 people, with their codes."""
    return write_export(synthetic_site(384), tmp_path / "export")


def codes_of(export: list[Path]) -> set[bytes]:
    """Return the codes in an export that cannot be taken for anything else."""
    texts = [file.read_text(encoding="utf-8") for file in export]
    found = {
        code.encode()
        for text in texts
        for code in re.findall(r"<(?:LoginCode|VoicemailCode)>([0-9]{4,})<", text)
        if len(code) >= LONG
    }
    assert len(found) > 100
    return found


def digits_in(texts: Iterable[bytes]) -> set[bytes]:
    """Return all runs of digits, also within words: hashes have digits by chance, so hexadecimal is left out."""
    return {run for text in texts for run in re.findall(rb"(?<![0-9a-zA-Z+/=])[0-9]{4,}(?![0-9a-zA-Z+/=])", text)}


def test_no_login_code_of_an_export_can_be_found_in_the_ledger(tmp_path: Path, export: list[Path]) -> None:
    """Nor in the write-ahead log, an export of the ledger, a checkpoint, or evidence."""
    codes = codes_of(export)
    key = SigningKey.of("hq.example/desk-moves", bytes(range(32)))

    with ipo_ledger.open(f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}", actor="ana") as ledger:
        ledger.add_system("hq", release="11", timezone="UTC")
        hq = ledger.system("hq")
        answers = [hq.import_exports(*export, command_id="1"), hq.log(limit=1000), hq.seats()]
        given_out = [*ledger.export(), ledger.checkpoint(key).note.encode(), msgspec.json.encode(ledger.verify())]
        given_out += [ledger.prove(e.position, key=key).evidence.encode() for e in hq.log(limit=40).events]
        files = {file.name: file.read_bytes() for file in tmp_path.glob("ledger.db*")}

    assert {"ledger.db", "ledger.db-wal"} <= files.keys()
    assert not codes & {run for text in files.values() for run in re.findall(rb"[0-9]{4,}", text)}
    assert not codes & digits_in([*given_out, msgspec.json.encode(answers)])
    assert not any(b"LoginCode" in text for text in (*files.values(), *given_out))


@pytest.mark.parametrize("damage", ["cut off", "unknown field", "number twice", "no number"])
def test_no_login_code_of_an_export_that_cannot_be_read_is_said(
    damage: str, tmp_path: Path, export: list[Path]
) -> None:
    codes = codes_of(export)
    users = next(file for file in export if file.name.startswith("users"))
    text = users.read_text(encoding="utf-8")
    users.write_text(
        {
            "cut off": text[: text.rindex("</LoginCode>")],
            "unknown field": text.replace("<LoginCode>", "<LoginCode><More/>"),
            "number twice": re.sub("<Extension>[0-9]+<", "<Extension>201<", text),
            "no number": re.sub("<Extension>[0-9]+<", "<Extension>nobody<", text),
        }[damage],
        encoding="utf-8",
    )

    with ipo_ledger.open(f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}", actor="ana") as ledger:
        ledger.add_system("hq", release="11", timezone="UTC")
        try:
            said = f"{ledger.system('hq').import_exports(*export)}"
        except ipo_ledger.LedgerError as refused:
            said = f"{''.join(traceback.format_exception(refused))} {refused.told()}"

    assert not codes & digits_in([said.encode()])


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ana:s3cr3t@host/ledger",
        "mysql://host/ledger?password=s3cr3t",
        "mysql://ana:s3/cr3t@host/ledger",
        "host=db password=s3cr3t",
        "postgresql://ana:s3cr3t@host@again/ledger",
        "postgresql://ana:s3cr3t@127.0.0.1:1/ledger?connect_timeout=1",
    ],
)
def test_no_error_shows_the_password_of_a_url(url: str) -> None:
    with pytest.raises(ipo_ledger.LedgerError) as refused, ipo_ledger.open(url, actor="ana") as ledger:
        ledger.systems()

    shown = f"{refused.value.told()} {refused.value!r}"
    assert "s3cr3t" not in shown
    assert "cr3t" not in shown

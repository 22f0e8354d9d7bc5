"""Login codes come in clear in exports: they reach no store, no answer and no error."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

import ipo_ledger
from ipo_ledger.demo_site import synthetic_site, write_export


def test_no_login_code_of_an_export_can_be_found_in_the_ledger(tmp_path: Path) -> None:
    export = write_export(synthetic_site(384), tmp_path / "export")
    codes = {
        code.encode()
        for file in export
        for code in re.findall(r"<(?:LoginCode|VoicemailCode)>([0-9]{4,})<", file.read_text(encoding="utf-8"))
    }
    assert len(codes) > 100

    with ipo_ledger.open(f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}", actor="ana") as ledger:
        ledger.add_system("hq", release="11", timezone="UTC")
        hq = ledger.system("hq")
        answers = [hq.import_exports(*export, command_id="1"), hq.log(limit=1000), hq.seats()]
        files = [file.read_bytes() for file in tmp_path.glob("ledger.db*")]

    assert files
    # Numbers of five digits and more are nowhere in this site but in codes: whole runs of digits are compared.
    found = {run for text in [*files, msgspec.json.encode(answers)] for run in re.findall(rb"[0-9]{4,}", text)}
    long_codes = {code for code in codes if len(code) > 4}
    assert not long_codes & found
    assert not any(b"LoginCode" in text for text in files)


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

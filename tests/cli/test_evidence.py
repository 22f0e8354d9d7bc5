"""What the commands for evidence write: notes to the byte, whole files or none, and never a private key."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ipo_ledger.adapters import key_files
from ipo_ledger.evidence.notes import Note, SigningKey
from ipo_ledger_cli import watching
from tests.cli.pages import ROOT
from tests.cli.programs import ENVIRONMENT, PROGRAM
from tests.cli.transcript import heard

Line = Callable[..., tuple[int, list[str]]]

KEY = SigningKey.of("hq.example/desk-moves", bytes(range(32)))
SECRET = KEY.secret().rpartition("+")[2]


@pytest.fixture
def kept(line: Line, folder: Path) -> Line:
    """Record a swap that is finished, B1, on a ledger in the folder; its key is in `ledger.key`."""
    line("system", "add", "hq", "--release", "11.1", "--timezone", "Europe/Madrid", "--at", "2026-03-02T07:00")
    line("import", "users-1.xml", "extensions-1.xml", "--at", "2026-03-02T08:00")
    code, _ = line("swap", "202", "203", "--done", "--at", "2026-03-02T10:00")
    assert code == 0
    (folder / "ledger.key").write_text(f"{KEY.secret()}\n")
    (folder / "ledger.key").chmod(0o600)
    return line


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a process of its own."""
    named = {**ENVIRONMENT, "IPO_LEDGER_URL": "sqlite:///ledger.db", "IPO_LEDGER_KEY": "ledger.key", **environment}
    return subprocess.run([*PROGRAM, *arguments], env=named, capture_output=True, check=False)


# --- checkpoints -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_what_a_checkpoint_prints_is_the_note_whatever_the_terminal_can_show(kept: Line, encoding: str) -> None:
    done = program("checkpoint", PYTHONIOENCODING=encoding)

    note = Note.read(done.stdout.decode())
    assert done.returncode == 0
    assert note.verify([KEY.verifier]) == [KEY.verifier]
    assert str(note).encode() == done.stdout


def test_a_checkpoint_in_a_file_is_the_same_note(kept: Line, folder: Path) -> None:
    printed = program("checkpoint").stdout

    kept("checkpoint", "-o", "monday.txt", IPO_LEDGER_KEY="ledger.key")

    assert (folder / "monday.txt").read_bytes() == printed


def test_a_checkpoint_that_was_kept_on_another_system_is_read(kept: Line, folder: Path) -> None:
    """Its line ends are others, and it begins with a mark."""
    kept("checkpoint", "-o", "monday.txt", IPO_LEDGER_KEY="ledger.key")
    text = (folder / "monday.txt").read_text(encoding="utf-8")
    (folder / "monday.txt").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    assert kept("prove", "2", "--checkpoint", "monday.txt", "-o", "evidence.json")[0] == 0
    assert kept("verify", "--against", "monday.txt", "--key", str(KEY.verifier))[0] == 0


def test_somebody_elses_verifier_key_is_not_taken_for_a_ledger_that_was_changed(kept: Line) -> None:
    kept("checkpoint", "-o", "monday.txt", IPO_LEDGER_KEY="ledger.key")
    other = SigningKey.of("hq.example/desk-moves", bytes(32)).verifier

    code, said = kept("verify", "--against", "monday.txt", "--key", str(other))

    assert code == 5
    assert said[-1] == (
        "2> The ledger does go on from it. See first whether --key is the verifier key of whoever signed it."
    )


def test_what_is_no_note_at_all_is_refused(kept: Line, folder: Path) -> None:
    for number, rubbish in enumerate((b"\xff\xfe\x00", b"", b"x" * 2_000_000)):
        (folder / f"{number}.txt").write_bytes(rubbish)

        code, said = kept("verify", "--against", f"{number}.txt")

        assert code == 2
        assert said[0].startswith("2> Error: This is no signed note")


# --- keys --------------------------------------------------------------------------------------------------


def test_a_new_key_is_the_one_that_signs_from_then_on(kept: Line) -> None:
    code, said = kept("key", "new", "hq.example/moves", "--json")
    made = json.loads(said[0])

    signed = json.loads(kept("checkpoint", "--json")[1][0])

    assert code == 0
    assert made["file"] == str(key_files.default_path())
    assert (signed["key"], signed["origin"]) == (made["key"], "hq.example/moves")
    assert json.loads(kept("key", "show", "--json")[1][0]) == made


@pytest.mark.skipif(sys.platform == "win32", reason="no Unix permissions there")
def test_a_key_that_others_may_read_is_noted(kept: Line, folder: Path) -> None:
    (folder / "ledger.key").chmod(0o644)

    code, said = kept("checkpoint", "--key", "ledger.key")

    assert code == 0
    assert said[0] == "2> Note: others may read the key file ledger.key: `chmod 600` it, or make a new key."


@pytest.mark.parametrize(
    "arguments",
    [
        ["key", "show", "ledger.key"],
        ["key", "show", KEY.secret()],
        ["key", "new", KEY.secret()],
        ["key", "new", "hq", "--out", KEY.secret()],
        ["checkpoint", "--key", "ledger.key"],
        ["checkpoint", "--key", KEY.secret()],
        ["checkpoint", "--key", "half.key"],
        ["checkpoint", "--key", "ledger.key", "-o", "no/such/folder"],
        ["prove", "B1", "--key", "ledger.key", "-o", "-"],
        ["prove", "B1", "--key", KEY.secret(), "-o", "-"],
        ["prove", "B1", "--checkpoint", "ledger.key", "-o", "-"],
        ["verify", "--key", KEY.secret()],
        ["verify", "--against", "ledger.key"],
        ["export"],
        ["log"],
        ["load", "ledger.key", "--ledger", "sqlite:///other.db"],
    ],
)
@pytest.mark.parametrize("json", [[], ["--json"], ["--debug"]])
def test_a_private_key_is_never_said(arguments: list[str], json: list[str], kept: Line, folder: Path) -> None:
    (folder / "half.key").write_text(KEY.secret()[:-2])

    for environment in ({}, {"IPO_LEDGER_KEY": KEY.secret()}):
        _, said = kept(*arguments, *json, **environment)

        assert not any(SECRET[at : at + 12] in each for each in said for at in range(len(SECRET) - 12)), said
    assert not any(SECRET[:20].encode() in file.read_bytes() for file in folder.glob("*.db*"))


# --- evidence ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [["B1"], ["2"], ["2", "--on", "2026-03-02"]])
def test_a_stranger_can_check_the_evidence(what: list[str], kept: Line, folder: Path) -> None:
    kept("prove", *what, "--key", "ledger.key", "-o", "evidence.json")

    script = [sys.executable, "-I", str(ROOT / "docs" / "verify_evidence.py"), "evidence.json"]
    done = subprocess.run([*script, "--key", str(KEY.verifier)], capture_output=True, text=True, check=False)
    (folder / "evidence.json").write_bytes((folder / "evidence.json").read_bytes().replace(b"hq", b"lab", 1))
    changed = subprocess.run([*script, "--key", str(KEY.verifier)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "PROVEN: the ledger has these events.")
    assert (changed.returncode, changed.stdout.splitlines()[-1]) == (5, "NOT PROVEN.")


def test_evidence_on_standard_output_is_the_file(kept: Line, folder: Path) -> None:
    kept("prove", "B1", "--key", "ledger.key", "-o", "evidence.json")

    done = program("prove", "B1", "-o", "-")

    assert done.returncode == 0
    assert done.stdout == (folder / "evidence.json").read_bytes()


@pytest.mark.parametrize("command", [["prove", "B1"], ["export"], ["checkpoint"]])
def test_a_file_that_is_there_is_replaced_only_by_a_whole_one(
    command: list[str], kept: Line, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "out").write_bytes(b"before")
    before = sorted(folder.glob(".*")) + sorted(folder.glob("*.part"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        code, said = kept(*command, "-o", "out", IPO_LEDGER_KEY="ledger.key")

    assert code == 6
    assert said[0] == "2> Error: The file out cannot be written: No space left on device."
    assert (folder / "out").read_bytes() == b"before"
    assert sorted(folder.glob(".*")) + sorted(folder.glob("*.part")) == before
    assert kept(*command, "-o", "out", IPO_LEDGER_KEY="ledger.key")[0] == 0
    assert (folder / "out").read_bytes() != b"before"


@pytest.mark.skipif(sys.platform == "win32", reason="no Unix permissions and links there")
def test_a_file_has_the_rights_that_a_new_file_has_and_a_link_stays_one(kept: Line, folder: Path) -> None:
    (folder / "link").symlink_to(folder / "evidence.json")
    before = os.umask(0o022)
    try:
        kept("prove", "B1", "--key", "ledger.key", "-o", "link")
    finally:
        os.umask(before)

    assert (folder / "link").is_symlink()
    assert stat.S_IMODE((folder / "evidence.json").stat().st_mode) == 0o644


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_what_is_no_file_is_written_to_as_it_is(kept: Line) -> None:
    assert kept("export", "-o", "/dev/null")[0] == 0
    assert kept("export", "-o", "/dev/full")[0] == 6
    assert Path("/dev/null").is_char_device()
    assert Path("/dev/full").is_char_device()


# --- the whole ledger --------------------------------------------------------------------------------------


def test_a_ledger_that_is_carried_elsewhere_is_the_same(kept: Line, folder: Path) -> None:
    kept("checkpoint", "--key", "ledger.key", "-o", "monday.txt")
    kept("export", "-o", "ledger.jsonl")

    code, said = kept("load", "ledger.jsonl", "--ledger", "sqlite:///copy.db", "--json")
    kept("export", "-o", "again.jsonl", "--ledger", "sqlite:///copy.db")
    checked, _ = kept("verify", "--against", "monday.txt", "--key", str(KEY.verifier), "--ledger", "sqlite:///copy.db")

    assert (code, checked) == (0, 0)
    assert json.loads(said[0])["events"] == 36
    assert (folder / "ledger.jsonl").read_bytes() == (folder / "again.jsonl").read_bytes()


def test_an_export_goes_through_a_pipe(kept: Line, folder: Path) -> None:
    written = program("export").stdout
    loaded = subprocess.run(
        [*PROGRAM, "load", "-", "--ledger", "sqlite:///copy.db"],
        env=ENVIRONMENT,
        input=written,
        capture_output=True,
        check=False,
    )

    assert loaded.returncode == 0
    assert program("export", IPO_LEDGER_URL="sqlite:///copy.db").stdout == written


def test_half_an_export_is_not_loaded(kept: Line, folder: Path) -> None:
    kept("export", "-o", "ledger.jsonl")
    lines = (folder / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "half.jsonl").write_bytes(b"".join(lines[:10]))

    code, said = kept("load", "half.jsonl", "--ledger", "sqlite:///copy.db")

    assert code == 2
    assert "Line 11 of the export" in said[0]
    assert not (folder / "copy.db").exists()


def test_a_ledger_that_was_changed_is_not_verified(kept: Line, folder: Path) -> None:
    import sqlite3
    from contextlib import closing

    kept("checkpoint", "--key", "ledger.key", "-o", "monday.txt")
    with closing(sqlite3.connect(folder / "ledger.db", isolation_level=None)) as connection:
        connection.execute("UPDATE seats SET user_name = 'Nobody' WHERE recorded_from = 36")

    code, said = kept("verify", "--against", "monday.txt", "--key", str(KEY.verifier))
    as_json = kept("verify", "--json")
    mended = kept("rebuild")

    assert code == 5
    assert any(each.startswith("FAILED  read-model") for each in said)
    assert said[-2] == "NOT VERIFIED: 1 finding in 36 events"
    assert said[-1].startswith("2> Next: ipo-ledger rebuild")
    assert as_json[0] == 5
    assert not json.loads(as_json[1][0])["verified"]
    assert mended == (
        0,
        [
            "TABLE  ROWS  MISSING  TOO MANY  DIFFERENT",
            "seats    22                             1",
            "1 row written: the read model is made anew from 36 events",
        ],
    )
    assert kept("verify")[0] == 0


def test_how_far_it_is_is_said_on_a_terminal_and_then_wiped_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with heard() as said, monkeypatch.context() as patch:
        patch.setattr(watching, "is_drawn", lambda _: True)
        patch.setattr(watching, "_SECONDS", 0)
        with watching.watched() as progress:
            assert progress is not None
            progress("events", 200, 1000)
            progress("read-model", 7, 0)

    assert b"".join(part for _, part in said.parts).decode().split("\r\x1b[K") == [
        "",
        "events: 200 of 1000",
        "read-model: 7",
        "",
    ]


def test_how_far_it_is_is_not_said_where_nobody_looks() -> None:
    with heard() as said, watching.watched() as progress:
        assert progress is None

    assert said.parts == []


# --- the store ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="no Unix permissions there")
def test_who_may_write_the_file_is_told(kept: Line, folder: Path) -> None:
    kept("checkpoint", "--key", "ledger.key")

    code, said = kept("status", "--store")
    (folder / "ledger.db").chmod(0o664)
    folder.chmod(0o777)
    warned = kept("status", "--store")[1]
    as_json = json.loads(kept("status", "--store", "--json")[1][0])

    assert code == 0
    assert [each for each in said if "size" not in each] == [
        "sqlite:///ledger.db: a SQLite file",
        "  position    36",
        "  rights      read and append",
        "  mode        -rw-------",
        "  checkpoints 1, the last of 36 events",
    ]
    assert warned[-2:] == [
        "2> Warning: more rights than recording needs: others than its owner may write the file.",
        (
            "2> Warning: more rights than recording needs: others than its owner may write its folder, and put another "
            "file in its place."
        ),
    ]
    assert len(as_json["warnings"]) == 2
    assert as_json["size"] > 100_000


def test_a_superuser_of_the_server_is_warned(line: Line, postgres_url: str) -> None:
    made = line("init", IPO_LEDGER_URL=postgres_url)[1]
    code, said = line("status", "--store", IPO_LEDGER_URL=postgres_url)

    assert any("GRANT ipo_ledger_auditor TO" in each for each in made)
    assert code == 0
    assert said[0].endswith(": a PostgreSQL database")
    assert [each.split()[0] for each in said[1:-1]] == ["position", "size", "role", "rights", "checkpoints"]
    assert said[-1] == (
        "2> Warning: more rights than recording needs: it is a superuser, whom no rule of the database stops."
    )

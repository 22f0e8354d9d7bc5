"""The script that strangers check evidence with: short, of the standard library alone, and clear in what it says."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from ipo_ledger.evidence import notes, proofs, tree
from ipo_ledger.evidence.notes import SigningKey
from ipo_ledger.evidence.tree import Frontier, Row

Run: TypeAlias = Callable[..., tuple[int, str]]

ROWS: list[Row] = [
    (1, "hq", 1, "SystemAdded", 1_772_445_600_000_000, "", b'{"actor":"maria"}'),
    (2, "hq", 2, "BatchOpened", 1_772_445_661_000_007, "writer", '{"title":"Málaga \u202e"}'.encode()),
    (3, "hq", 3, "BatchAbandoned", 2**62, "", b'{"batch":1}'),
]
SIGNED_BY = "example.com/ledger+93727de6"
EVENTS = """\
Event 2: BatchOpened, number 2 of hq, recorded 2026-03-02T10:01:01.000007+00:00 by database role writer
  {"title":"Málaga \\u202e"}
"""


@pytest.fixture
def note(key: SigningKey) -> notes.Note:
    frontier, _ = Frontier().grown(tree.leaf_hashes(ROWS))
    return notes.sign_checkpoint(3, frontier.root(), key)


@pytest.fixture
def file(tmp_path: Path, note: notes.Note) -> Path:
    """The evidence for the second of three events."""
    return evidence_of(2, note, tmp_path)


def evidence_of(position: int, note: notes.Note, folder: Path) -> Path:
    """Write the evidence for one of the events."""
    _, nodes = Frontier().grown(tree.leaf_hashes(ROWS))
    kept = {(level, index): value for level, index, value in nodes}
    path = folder / "evidence.json"
    path.write_bytes(proofs.written(proofs.gather([ROWS[position - 1]], note, lambda level, index: kept[level, index])))
    return path


@pytest.fixture
def run(verifier_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the script as a program, in this process; return its exit code and what it printed."""

    def run_it(*arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", [verifier_path.name, *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            runpy.run_path(str(verifier_path), run_name="__main__")
        assert isinstance(left.value.code, int)
        return left.value.code, capsys.readouterr().out

    return run_it


def test_it_is_short(verifier_path: Path) -> None:
    assert len(verifier_path.read_text(encoding="utf-8").splitlines()) <= 300


def test_it_needs_the_standard_library_and_cryptography_alone(verifier_path: Path) -> None:
    source = ast.parse(verifier_path.read_text(encoding="utf-8"), feature_version=(3, 9))
    needed = {name.name for node in ast.walk(source) if isinstance(node, ast.Import) for name in node.names}
    needed |= {node.module or "" for node in ast.walk(source) if isinstance(node, ast.ImportFrom)}

    others = {name.split(".")[0] for name in needed} - sys.stdlib_module_names

    assert others == {"cryptography"}


def test_it_runs_where_nothing_is_installed(verifier_path: Path, file: Path, key: SigningKey) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", verifier_path, file, "--key", str(key.verifier)], capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (3, b"")
    assert b"THE SIGNATURE WAS NOT CHECKED (pip install cryptography)" in done.stdout


def test_it_says_what_is_proven(run: Run, file: Path, note: notes.Note, key: SigningKey) -> None:
    """What could steer a terminal is escaped."""
    root = notes.Checkpoint.read(note.text).root.hex()

    code, said = run(file, "--key", f"{key.verifier}")

    assert code == 0
    assert said == (
        f"{EVENTS}"
        f"Ledger example.com/ledger, as it was with 3 events; root {root}.\n"
        f"Signed by {SIGNED_BY}, the key given.\n"
        "PROVEN: the ledger has these events.\n"
    )


def test_a_year_that_no_calendar_has_is_shown_as_the_number_it_is(run: Run, tmp_path: Path, note: notes.Note) -> None:
    _, said = run(evidence_of(3, note, tmp_path))

    assert said.startswith(
        "Event 3: BatchAbandoned, number 3 of hq, recorded 4611686018427387904 microseconds after 1970\n"
    )


def test_without_a_key_it_says_that_the_signature_was_not_checked(run: Run, file: Path) -> None:
    code, said = run(file)

    assert code == 3
    assert said.splitlines()[-2:] == [
        f"THE SIGNATURE WAS NOT CHECKED (give --key): it says that it is by {SIGNED_BY}.",
        "The evidence agrees with itself; who made it is not known.",
    ]


def test_the_checkpoint_that_was_kept_is_compared(run: Run, file: Path, note: notes.Note, key: SigningKey) -> None:
    """Who kept it may have let others sign it, on a system with other line ends."""
    kept = file.with_name("kept.txt")
    witness = SigningKey.of("witness.example", bytes(32))
    kept.write_bytes(f"{note}{notes.sign(note.text, witness).signatures[0]}".replace("\n", "\r\n").encode())

    code, said = run(file, "--key", f"{key.verifier}", "--checkpoint", kept)

    assert code == 0
    assert "This is the checkpoint that you kept.\n" in said


def test_another_checkpoint_than_the_one_that_was_kept_is_refused(run: Run, file: Path, key: SigningKey) -> None:
    kept = file.with_name("kept.txt")
    kept.write_text(str(notes.sign_checkpoint(2, bytes(32), key)), encoding="utf-8")

    assert run(file, "--checkpoint", kept) == (5, "The checkpoint is not the one that you kept.\nNOT PROVEN.\n")


def test_evidence_signed_by_another_key_is_refused(run: Run, file: Path) -> None:
    other = SigningKey.of("example.com/ledger", bytes(32)).verifier

    assert run(file, "--key", f"{other}") == (
        5,
        f"The checkpoint is signed by {SIGNED_BY}, and not by {other.label}.\nNOT PROVEN.\n",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"hq"', b'"lab"', "Event 2 is not proven: it was changed, or is not in this ledger."),
        (b'"position": 2', b'"position": 3', "Event 3 is not proven: its proof is too long."),
        (b"\\n3\\n", b"\\n1\\n", "Event 2 is not proven: the checkpoint covers 1 events only."),
        (b"\\n3\\n", b"\\n300\\n", "Event 2 is not proven: its proof is too short."),
        (b'"events"', b'"Events"', "The file does not have the fields format, events, checkpoint, in this order."),
        (b'"version": 2', b'"version": "2"', "The event after position 0 has a version that is no int."),
        (b"{", b"{ ", "The file is not written as evidence is: something in it was changed, if only a space."),
    ],
)
def test_it_says_what_is_wrong(old: bytes, new: bytes, said: str, run: Run, file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(old, new, 1))

    assert run(file) == (5, f"{said}\nNOT PROVEN.\n")


def test_a_wrong_signature_is_refused(run: Run, file: Path, note: notes.Note, key: SigningKey) -> None:
    begin = b"ledger " + b64encode(note.signatures[0].key_id + note.signatures[0].value[:2])
    other = b"ledger " + b64encode(note.signatures[0].key_id + b"..")
    file.write_bytes(file.read_bytes().replace(begin, other))

    assert run(file, "--key", f"{key.verifier}") == (
        5,
        "The signature is wrong: the checkpoint or its signature was changed.\nNOT PROVEN.\n",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no such file"],
        ["EVIDENCE", "--key", "no key"],
        ["EVIDENCE", "--key", "example.com/ledger+93727de7+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"],
        ["EVIDENCE", "--checkpoint", "no such file"],
        ["EVIDENCE", "--checkpoint", "EVIDENCE"],
        ["EVIDENCE", "--unknown"],
    ],
)
def test_what_cannot_be_used_is_told_apart_from_what_is_not_proven(arguments: list[str], run: Run, file: Path) -> None:
    code, _ = run(*(file if argument == "EVIDENCE" else argument for argument in arguments))

    assert code == 2

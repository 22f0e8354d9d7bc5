"""Signed notes, keys and checkpoints: as other tools write them, and nothing that looks nearly so."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo_ledger.errors import Malformed
from ipo_ledger.evidence import notes
from ipo_ledger.evidence.notes import Checkpoint, Note, SigningKey, VerifierKey

# From the tests of Go's note package.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"  # noqa: S105 - published
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
BY_PETER = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
BY_ENOCH = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
# From c2sp.org/signed-note and c2sp.org/tlog-checkpoint.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
CHECKPOINT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


@pytest.fixture
def peter() -> VerifierKey:
    return VerifierKey.read(PETER)


@pytest.fixture
def enoch() -> VerifierKey:
    return VerifierKey.read(ENOCH)


def test_a_text_is_signed_as_go_signs_it() -> None:
    note = notes.sign(TEXT, SigningKey.read(PETERS_SECRET))

    assert str(note) == f"{TEXT}\n{BY_PETER}"


def test_keys_are_written_as_they_were_read() -> None:
    signing = SigningKey.read(f"{PETERS_SECRET}\n")

    assert signing.secret() == PETERS_SECRET
    assert str(signing.verifier) == PETER
    assert str(VerifierKey.read(ENOCH)) == ENOCH


def test_a_signing_key_does_not_show_itself() -> None:
    signing = SigningKey.read(PETERS_SECRET)

    assert f"{signing} {signing!r}" == f"SigningKey({PETER}) SigningKey({PETER})"
    assert signing.__rich_repr__() == [("verifier", signing.verifier)]


def test_a_key_is_made_from_a_name_and_a_seed() -> None:
    signing = SigningKey.of("example.com/ledger", bytes(range(32)))

    assert SigningKey.read(signing.secret()) == signing
    assert notes.sign(TEXT, signing).verify([signing.verifier]) == [signing.verifier]


@pytest.mark.parametrize("name", ["", "two words", "a+b", "no\N{NO-BREAK SPACE}break", "line\n", "bell\a", "\ud800"])
def test_a_key_needs_a_name_that_a_note_can_hold(name: str) -> None:
    with pytest.raises(notes.UnreadableKey, match="its name is empty, or has a space"):
        SigningKey.of(name, bytes(32))


def test_signatures_by_other_keys_are_passed_over(peter: VerifierKey, enoch: VerifierKey) -> None:
    note = Note.read(f"{TEXT}\n{BY_PETER}{BY_ENOCH}")

    assert note.verify([peter]) == [peter]
    assert note.verify([enoch, peter]) == [peter, enoch]


def test_a_note_that_no_known_key_signed_is_not_signed(peter: VerifierKey) -> None:
    note = Note.read(f"{TEXT}\n{BY_ENOCH}")

    with pytest.raises(notes.NotSigned) as refused:
        note.verify([peter])

    assert refused.value.exit_code == 5
    assert refused.value.message == "This is signed by EnochRoot+af0cfe78 and not by PeterNeumann+c74f20a3."


@pytest.mark.parametrize(
    ("written", "same_key"),
    [
        (f"{TEXT.replace('answer', 'Answer')}\n{BY_PETER}", True),
        (f"{TEXT}\n{BY_PETER[:60]}ABCD{BY_PETER[60:]}", True),
        (f"{TEXT}\n{BY_PETER.replace('x08go/', 'x08go+')}", True),
        (f"{TEXT}\n— PeterNeumann {b64encode(bytes.fromhex('c74f20a3') + b'short').decode()}\n", True),
        (f"{TEXT}\n{BY_PETER}{BY_PETER.replace('x08go/', 'x08go+')}", True),
        (f"{TEXT}\n{BY_PETER.replace('PeterNeumann', 'CarmenSandiego')}", False),
        (f"{TEXT}\n{BY_PETER.replace('x08go', 'xxxxo')}", False),
    ],
)
def test_a_text_or_signature_that_was_changed_is_refused(written: str, same_key: bool, peter: VerifierKey) -> None:
    note = Note.read(written)

    with pytest.raises(notes.WrongSignature if same_key else notes.NotSigned):
        note.verify([peter])


@pytest.mark.parametrize("written", [POEM, f"{TEXT}\n{BY_PETER}{BY_ENOCH}", f"\n\n{BY_PETER}"])
def test_a_note_is_written_as_it_was_read(written: str) -> None:
    assert str(Note.read(written)) == written


def test_the_last_empty_line_ends_the_text() -> None:
    note = Note.read(POEM)

    assert note.text.endswith("di sole:\n\ned è subito sera.\n")
    assert [signature.label for signature in note.signatures] == ["quasimodo.example/salvatore+367ba04b"]


@pytest.mark.parametrize(
    "written",
    [
        "",
        TEXT,
        f"{TEXT}\n",
        f"{TEXT}\n{BY_PETER[:-1]}",
        f"{TEXT}{BY_PETER}",
        f"\x01{TEXT}\n{BY_PETER}",
        f"\ud800{TEXT}\n{BY_PETER}",
        f"{TEXT}\n{BY_PETER}".replace("\n", "\r\n"),
        f"{TEXT}\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFup=\n",
        f"{TEXT}\n{BY_PETER.replace('PeterNeumann', 'Peter+Neumann')}",
        f"{TEXT}\n{BY_PETER.replace('PeterNeumann', '')}",
        f"{TEXT}\n{BY_PETER.replace('PeterNeumann', 'Peter' + chr(0x2003) + 'Neumann')}",
        f"{TEXT}\n{BY_PETER.replace('—', '-')}",
        f"{TEXT}\n{BY_PETER.replace('AM=', 'AN=')}",
        f"{TEXT}\n{BY_PETER.replace('AM=', 'AM')}",
        f"{TEXT}\n{BY_PETER.replace('AM=', 'A*=')}",
        f"{TEXT}\n{BY_PETER.replace('AM=', 'Aé=')}",
        f"{TEXT}\n— PeterNeumann \n",
        f"{TEXT}\n— PeterNeumann x08gow==\n",
        f"{TEXT}\n{BY_PETER}Unexpected line.\n",
        f"{TEXT}\n{BY_PETER * 101}",
    ],
)
def test_what_is_no_note_is_refused(written: str) -> None:
    with pytest.raises(notes.UnreadableNote) as refused:
        Note.read(written)

    assert isinstance(refused.value, Malformed)


@pytest.mark.parametrize("text", ["", "no line end", "bell\a\n", "\ud800\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(notes.UnreadableNote):
        notes.sign(text, SigningKey.read(PETERS_SECRET))


def test_no_part_of_a_key_is_a_key() -> None:
    for start in range(len(PETER)):
        for end in range(start + 1, len(PETER) + 1):
            if end - start < len(PETER):
                with pytest.raises(notes.UnreadableKey):
                    VerifierKey.read(PETER[start:end])
    for end in range(len(PETERS_SECRET)):
        with pytest.raises(notes.UnreadableKey):
            SigningKey.read(PETERS_SECRET[:end])


def test_a_key_with_one_character_changed_is_no_key() -> None:
    for place, character in enumerate(PETER):
        with pytest.raises(notes.UnreadableKey):
            VerifierKey.read(PETER[:place] + chr(ord(character) + 1) + PETER[place + 1 :])
    for place, character in enumerate(PETERS_SECRET):
        with pytest.raises(notes.UnreadableKey):
            SigningKey.read(PETERS_SECRET[:place] + chr(ord(character) + 1) + PETERS_SECRET[place + 1 :])


@pytest.mark.parametrize(
    "key",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # longer
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # of another algorithm
        PETER.replace("c74f20a3", "C74F20A3"),
        PETERS_SECRET,
    ],
)
def test_other_keys_are_refused(key: str) -> None:
    with pytest.raises(notes.UnreadableKey) as refused:
        VerifierKey.read(key)

    assert refused.value.hint == "A verifier key is one line: name+id+base64"


def test_the_complaint_about_a_private_key_does_not_quote_it() -> None:
    damaged = PETERS_SECRET.replace("c74f20a3", "c74f20a4")

    with pytest.raises(notes.UnreadableKey) as refused:
        SigningKey.read(damaged)

    assert "AYEKFA" not in f"{refused.value.told()} {refused.value}"
    assert refused.value.message == "This is no signing key: its id is that of another key."


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    checkpoint = Checkpoint.read(CHECKPOINT)

    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert str(checkpoint) == CHECKPOINT


@given(
    origin=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
    size=st.integers(0, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), max_size=2),
)
def test_every_checkpoint_survives_writing(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))

    assert Checkpoint.read(str(checkpoint)) == checkpoint


ROOT = CHECKPOINT.splitlines()[2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        CHECKPOINT[:-1],
        "example.com\n5\n",
        f"\n5\n{ROOT}\n",
        f"example.com\n\n{ROOT}\n",
        f"example.com\n5\n{ROOT}\n\n",
        f"example.com\n5\n{ROOT}\n\nmore\n",
        f"example.com\n5\n{ROOT}\nmore",
        f"example.com\n05\n{ROOT}\n",
        f"example.com\n-5\n{ROOT}\n",
        f"example.com\n+5\n{ROOT}\n",
        f"example.com\n5 \n{ROOT}\n",
        f"example.com\n٥\n{ROOT}\n",
        f"example.com\n{2**63}\n{ROOT}\n",
        f"example.com\n5\n{ROOT[4:]}\n",
        f"example.com\n5\n{ROOT.replace('2I=', '2J=')}\n",
        "example.com\n5\nroot\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(notes.UnreadableCheckpoint):
        Checkpoint.read(text)


def test_only_signing_and_verifying_load_cryptography() -> None:
    program = (
        "import sys; from ipo_ledger.evidence import notes, proofs; "
        f"note = notes.Note.read({POEM!r}); key = notes.VerifierKey.read({PETER!r}); "
        "sys.exit('cryptography' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_errors_are_told_as_all_others_are() -> None:
    told = notes.WrongSignature(key="a+b").told()

    assert msgspec.json.encode(told).startswith(b'{"code":"wrong-signature"')
